"""Count the election in a `.pb` file: a table for people, or one JSON object for programs.

Needs no database and no settings. Exits with 2 when something cannot be read, after one line
that says where, and with 1 when the file declares no rule that can be applied.

Run: python -m ballots.counting FILE.pb --rule greedy
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from time import perf_counter

from ballots.counting import (
    DEFAULT_ORDER,
    Completion,
    Misfit,
    RankedBy,
    Result,
    Rule,
    RuleError,
    RuleName,
    Then,
    TieOrder,
    Utility,
    count,
)
from ballots.counting.printing import as_json, page, printable
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
UNREADABLE, NO_RULE = 2, 1


class UnreadableError(Exception):
    """Something given cannot be used; the message is the whole line to show."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Count as asked, print the outcome, return the exit code."""
    asked = _parser().parse_args(arguments)
    try:
        election = _read(asked.file)
        rule, order = _rule(asked, election), _tie_order(asked.tie_order, election)
    except UnreadableError as wrong:
        sys.stderr.write(f"{wrong}\n")
        return UNREADABLE
    except UnknownRuleError as unknown:
        declared = printable(unknown.declared) or "none"
        sys.stderr.write(f"{asked.file}: no rule that can be applied, but “{declared}”\n")
        return NO_RULE
    counted = official_election(election)
    started = perf_counter()
    result = count(counted, rule, order)
    seconds = perf_counter() - started
    if asked.json:
        told = json.dumps(as_json(result, asked.rule, seconds), ensure_ascii=False)
    else:
        told = "\n".join(_lines(result, election, asked.rule, seconds))
    sys.stdout.write(f"{told}\n")
    return 0


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
    parser.add_argument("--step", type=_money, default=100, help="in currency units, for add1")
    parser.add_argument(
        "--start-unit",
        type=_money,
        default=0,
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
    first = next(iter(words))
    parser.add_argument(
        option, choices=[word.value for word in words], default=first.value, help=meaning
    )


def _money(text: str) -> int:
    try:
        pence = Decimal(text) * 100
    except InvalidOperation:
        pence = Decimal(-1)
    if not 0 <= pence <= 10**15 or pence != int(pence):
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
        expected = wrong.expected.value.replace("-", " ")
        about = f" “{printable(wrong.subject)}”" if wrong.subject else ""
        found = f", found “{printable(wrong.found)}”" if wrong.found else ""
        where = f"{file}: line {wrong.line}, column {wrong.column}"
        raise UnreadableError(f"{where}: expected {expected}{about}{found}") from wrong
    except OSError as wrong:
        raise UnreadableError(f"{file}: {wrong.strerror}") from wrong


def _rule(asked: argparse.Namespace, election: PabulibElection) -> Rule:
    """The rule with the settings that belong to it; UnreadableError if they do not go together."""
    try:
        rule = official_rule(election) if asked.rule == OFFICIAL else _chosen_rule(asked)
    except RuleError as wrong:
        raise UnreadableError(f"--rule {asked.rule} --by {asked.by}: {wrong}") from wrong
    match asked.threshold:
        case "none":
            return replace(rule, minimum_votes=0, minimum_score=0)
        case "auto":
            return with_threshold(rule, election, election.minimum_votes)
        case least:
            return with_threshold(rule, election, least)


def _chosen_rule(asked: argparse.Namespace) -> Rule:
    match RuleName(asked.rule):
        case RuleName.GREEDY:
            return Rule(ranked_by=RankedBy(asked.by), misfit=Misfit(asked.misfit))
        case RuleName.EQUAL_SHARES:
            return Rule(
                RuleName.EQUAL_SHARES,
                utility=Utility(asked.utility),
                completion=Completion(asked.completion),
                step_pence=asked.step,
                start_unit_pence=asked.start_unit,
                then=Then(asked.then),
            )
        case RuleName.KNAPSACK:
            return Rule(RuleName.KNAPSACK, ranked_by=RankedBy(asked.by))
        case other:
            return Rule(other)


def _tie_order(file: Path | None, election: PabulibElection) -> TieOrder:
    """The order in a file of ids; UnreadableError if it names what does not stand, or twice."""
    if file is None:
        return DEFAULT_ORDER
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as wrong:
        raise UnreadableError(f"{file}: not readable as text in UTF-8") from wrong
    known = {project.id for project in election.projects}
    named: list[str] = []
    for number, line in enumerate(map(str.strip, lines), start=1):
        if line and (line not in known or line in named):
            expected = "a project once" if line in known else "the id of a project"
            found = printable(line[:80])
            raise UnreadableError(f"{file}: line {number}: expected {expected}, found “{found}”")
        named += [line] if line else []
    return TieOrder.from_list(named) if named else DEFAULT_ORDER


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
