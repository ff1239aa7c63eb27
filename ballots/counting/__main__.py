"""Count the election in a `.pb` file: a table for people, or one JSON object for programs.

Needs no database and no settings. Exits with 2 when something cannot be read, after one line
that says where, and with 1 after one line that says why it cannot be counted (the file declares
no rule that can be applied, it gives too many points, there are too many sets to compare) or
written. A reader that has seen enough may close the pipe.

Run: python -m ballots.counting FILE.pb --rule greedy
"""

import argparse
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from typing import Any

from ballots.counting import (
    DEFAULT_ORDER,
    Completion,
    Election,
    Misfit,
    RankedBy,
    Result,
    Rule,
    RuleError,
    RuleName,
    Then,
    TieOrder,
    TooHardError,
    Utility,
    count,
)
from ballots.counting.printing import as_json, page, printable, unreadable
from ballots.pabulib import PabulibElection, PabulibError, read_file
from ballots.pabulib.comparison import compared, has_outcome
from ballots.pabulib.official import (
    UnknownRuleError,
    is_graded,
    official_election,
    official_rule,
    with_threshold,
)

OFFICIAL = "official"
UNREADABLE, UNCOUNTABLE = 2, 1
# Every rule looks at the choices again for project after project, and equal shares asks all
# projects their price at every purchase. The largest real elections come to a tenth of this.
MOST_LOOKS = 1_000_000_000
_LOOKS_FOR_A_PRICE = 1_000
# An id a line: far more than all the projects of the largest file.
MOST_BYTES = 4 << 20


class UnreadableError(Exception):
    """Something given cannot be used; the message is the whole line to show."""


class UncountableError(Exception):
    """What was read cannot be counted; the message is the whole line to show."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Count as asked, print the outcome, return the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # not every terminal has every letter
    asked = _parser().parse_args(arguments)
    try:
        _refuse_foreign_options(asked)
        told = _told(asked)
    except (UnreadableError, UncountableError) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return UNREADABLE if isinstance(wrong, UnreadableError) else UNCOUNTABLE
    return _written(told)


def _told(asked: argparse.Namespace) -> str:
    election = _read(asked.file)
    rule, order = _rule(asked, election), _tie_order(asked.tie_order, election)
    try:
        counted = official_election(election)
        if _looks(counted, rule) > MOST_LOOKS:
            raise UncountableError(f"{asked.file}: too many choices of too many projects to count")
        started = perf_counter()
        result = count(counted, rule, order)
        seconds = perf_counter() - started
        if asked.json:
            return json.dumps(as_json(result, asked.rule, seconds))
        return "\n".join(_lines(result, election, asked.rule, seconds))
    except TooHardError as wrong:
        raise UncountableError(
            f"{asked.file}: too many sets of projects to compare; try another rule"
        ) from wrong
    except OverflowError as wrong:
        raise UncountableError(f"{asked.file}: numbers too large to be counted") from wrong
    except ValueError as wrong:
        raise UncountableError(f"{asked.file}: {wrong}") from wrong


def _looks(election: Election, rule: Rule) -> int:
    """How much the rule has to look at, at worst."""
    projects, choices = len(election.projects), len(election.ballots.choices)
    priced = _LOOKS_FOR_A_PRICE * projects if rule.name is RuleName.EQUAL_SHARES else 0
    return (choices + priced) * projects


def _written(told: str) -> int:
    """Print it all; the exit code."""
    if sys.stdout is None:  # as a shell’s `>&-` leaves it
        sys.stderr.write("standard output: closed\n")
        return UNCOUNTABLE
    try:
        sys.stdout.write(f"{told}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        code = 0  # whoever read it has seen enough
    except OSError as wrong:
        sys.stderr.write(f"standard output: {wrong.strerror}\n")
        code = UNCOUNTABLE
    else:
        return 0
    # What is still held back would be written once more at the end, and fail again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m ballots.counting", description=__doc__)
    parser.add_argument("file", type=Path, metavar="FILE.pb")
    parser.add_argument(
        "--rule",
        choices=[*map(str, RuleName), OFFICIAL],
        default=RuleName.GREEDY.value,
        help="official: the rule that the file declares",
    )
    _add_choice(parser, "--by", RankedBy, "what greedy and knapsack add up")
    _add_choice(parser, "--misfit", Misfit, "what greedy does at a project that does not fit")
    _add_choice(parser, "--utility", Utility, "what a project is worth under equal shares")
    _add_choice(parser, "--completion", Completion, "how equal shares spends what is left")
    _add_choice(parser, "--then", Then, "what equal shares does with money left at the end")
    parser.add_argument("--step", type=_money, help="in currency units, for add1 (default: 1)")
    parser.add_argument(
        "--start-unit",
        type=_money,
        help="start budgets under equal shares are whole multiples of it; 0: exact",
    )
    parser.add_argument(
        "--tie-order", type=Path, metavar="FILE", help="ids of projects, one a line, best first"
    )
    parser.add_argument(
        "--threshold", type=_threshold, default="auto", help="auto (the file’s own), none or N"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _add_choice(
    parser: argparse.ArgumentParser,
    option: str,
    words: type[RankedBy | Misfit | Utility | Completion | Then],
    meaning: str,
) -> None:
    first = next(iter(words)).value
    parser.add_argument(
        option, choices=[word.value for word in words], help=f"{meaning} (default: {first})"
    )


def _money(text: str) -> int:
    try:
        pence = Decimal(text) * 100
    except ArithmeticError:
        pence = Decimal(-1)
    if not (pence.is_finite() and 0 <= pence <= 10**15) or pence != int(pence):
        raise argparse.ArgumentTypeError(f"no sum of money: {text}")
    return int(pence)


def _threshold(text: str) -> int | str:
    if text in ("auto", "none"):
        return text
    if not (text.isascii() and text.isdecimal()) or len(text) > 15:
        raise argparse.ArgumentTypeError(f"neither auto, none nor a whole number: {text}")
    return int(text)


# --- what is asked -------------------------------------------------------------------------------


def _read(file: Path) -> PabulibElection:
    try:
        return read_file(file)
    except PabulibError as wrong:
        raise UnreadableError(f"{file}: {unreadable(wrong)}") from wrong
    except OSError as wrong:
        raise UnreadableError(f"{file}: {wrong.strerror}") from wrong


# Which rules each option means something to; the others mean something to all.
_BELONGS_TO = {
    "by": (RuleName.GREEDY, RuleName.KNAPSACK),
    "misfit": (RuleName.GREEDY,),
    "utility": (RuleName.EQUAL_SHARES,),
    "completion": (RuleName.EQUAL_SHARES,),
    "then": (RuleName.EQUAL_SHARES,),
    "step": (RuleName.EQUAL_SHARES,),
    "start_unit": (RuleName.EQUAL_SHARES,),
}


def _refuse_foreign_options(asked: argparse.Namespace) -> None:
    """UnreadableError for an option that was given and means nothing to the chosen rule."""
    for name, rules in _BELONGS_TO.items():
        if getattr(asked, name) is not None and asked.rule not in rules:
            option = f"--{name.replace('_', '-')}"
            raise UnreadableError(f"{option}: means nothing to --rule {asked.rule}")
    if asked.step == 0:
        raise UnreadableError("--step 0: shares are raised by more than nothing")


def _rule(asked: argparse.Namespace, election: PabulibElection) -> Rule:
    """The rule with the settings that belong to it; UnreadableError if they do not go together."""
    by = f" --by {asked.by}" if asked.by else ""
    option = f"--rule {asked.rule}{by}"
    try:
        rule = official_rule(election) if asked.rule == OFFICIAL else _chosen_rule(asked)
        option = f"--threshold {asked.threshold}"
        return _with_asked_threshold(rule, asked.threshold, election)
    except RuleError as wrong:
        raise UnreadableError(f"{option}: {wrong}") from wrong
    except UnknownRuleError as unknown:
        declared = printable(unknown.declared) or "none"
        raise UncountableError(
            f"{asked.file}: no rule that can be applied, but “{declared}”"
        ) from unknown


def _with_asked_threshold(rule: Rule, asked: int | str, election: PabulibElection) -> Rule:
    match asked:
        case int():
            return with_threshold(rule, election, asked)
        case "none":
            return replace(rule, minimum_votes=0, minimum_score=0)
        case _:
            return with_threshold(rule, election, election.minimum_votes)


def _chosen_rule(asked: argparse.Namespace) -> Rule:
    """The rule as chosen; what was not asked for keeps its default."""
    settings = {
        "ranked_by": RankedBy(asked.by) if asked.by else None,
        "misfit": Misfit(asked.misfit) if asked.misfit else None,
        "utility": Utility(asked.utility) if asked.utility else None,
        "completion": Completion(asked.completion) if asked.completion else None,
        "then": Then(asked.then) if asked.then else None,
        "step_pence": asked.step,
        "start_unit_pence": asked.start_unit,
    }
    given: dict[str, Any] = {name: word for name, word in settings.items() if word is not None}
    return Rule(RuleName(asked.rule), **given)


def _tie_order(file: Path | None, election: PabulibElection) -> TieOrder:
    """The order in a file of ids; UnreadableError if it names what does not stand, or twice."""
    if file is None:
        return DEFAULT_ORDER
    known = {project.id for project in election.projects}
    named: dict[str, int] = {}
    for number, line in enumerate(map(str.strip, _text_of(file).splitlines()), start=1):
        if line and (line not in known or line in named):
            expected = "a project once" if line in known else "the id of a project"
            found = printable(line[:80])
            raise UnreadableError(f"{file}: line {number}: expected {expected}, found “{found}”")
        if line:
            named[line] = number
    return TieOrder.from_list(named) if named else DEFAULT_ORDER


def _text_of(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise UnreadableError(f"{file}: expected a smaller file")
        return content.decode("utf-8-sig")
    except OSError as wrong:
        raise UnreadableError(f"{file}: {wrong.strerror}") from wrong
    except UnicodeDecodeError as wrong:
        raise UnreadableError(f"{file}: expected text in UTF-8") from wrong


# --- what is told --------------------------------------------------------------------------------


def _lines(
    result: Result, election: PabulibElection, asked_rule: str, seconds: float
) -> Iterator[str]:
    yield from page(result.to_json(), scores=is_graded(election), seconds=f"{seconds:.3f}")
    if asked_rule == OFFICIAL and has_outcome(election):
        yield _beside_the_file(election)


def _beside_the_file(election: PabulibElection) -> str:
    comparison = compared(election)
    if comparison.cause is not None:
        differing = ", ".join(printable(each.project_id) for each in comparison.differences)
        return f"The file’s own outcome differs ({comparison.cause.value}): {differing}."
    if comparison.from_columns:
        return "The file’s own outcome is that of its columns, which differ from its ballots."
    return "The file’s own outcome is the same."


if __name__ == "__main__":
    sys.exit(main())
