"""Whether every rule has the same winners as pabutools, in exact fractions, on real elections.

    python -m benchmarks.peers [--parts 100] [FILE.pb ...]

Without files, those of ../shared/pabulib. Shares are raised by a hundredth of the first share (or
another part of it), pabutools' own default. A cell says how many rules of a family were compared
and that their winners are identical, in the same order where pabutools keeps one; each difference
is told below its file. Minutes in all. pabutools (GPL-3) comes with the tests, whose translation of
an election is used. It has no greedy that stops at the first project that does not fit.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ballots.counting import Election, RankedBy, Rule, RuleName, count
from ballots.pabulib import read_file
from tests.ballots.reference import (
    Reference,
    comparable_rules,
    deep_recursion,
    supported,
    without_points,
    worth,
)

REAL = Path(__file__).parents[2] / "shared" / "pabulib"
FAMILIES = "greedy", "equal shares", "+ add1", "+ add1-exhaustive", "phragmen", "knapsack"


def main() -> None:
    """Print a line for each file, and one for each difference."""
    options = argparse.ArgumentParser(description="Compare winners with pabutools.")
    options.add_argument("files", nargs="*", type=Path)
    options.add_argument("--parts", type=int, default=100, help="of the first share, for a step")
    chosen = options.parse_args()
    print(f"{'file':40}", *(f"{family:>17}" for family in FAMILIES), "  seconds", flush=True)
    for path in chosen.files or sorted(REAL.glob("*.pb")):
        with deep_recursion():
            print_file(path, chosen.parts)


def print_file(path: Path, parts: int) -> None:
    """One file's line, and its differences."""
    started = time.perf_counter()
    same: Counter[str] = Counter()
    differences: list[str] = []
    for family, difference in compared(supported(read_file(path).as_election()), parts):
        same[family] += not difference
        differences += [difference] * bool(difference)
    found = (f"{same[family]} identical" for family in FAMILIES)
    seconds = time.perf_counter() - started
    print(f"{path.stem[:40]:40}", *(f"{cell:>17}" for cell in found), f"{seconds:9.1f}")
    for difference in differences:
        print(f"    {difference}")
    print(end="", flush=True)


def compared(election: Election, parts: int) -> Iterator[tuple[str, str]]:
    """The family of each rule, and what differs: nothing if all is well."""
    asked = Reference(election)
    for rule in comparable_rules(election, parts):
        ours, theirs = list(count(election, rule).winners), asked.counted(rule)
        yield family_of(rule), "" if ours == theirs else f"{rule}: {ours} and {theirs}"
    plain = without_points(election)
    yield "phragmen", difference_by_phragmen(plain)
    yield "knapsack", difference_by_knapsack(plain, RankedBy.VOTES)
    yield "knapsack", difference_by_knapsack(plain, RankedBy.VOTES_TIMES_COST)
    if election.ballots.points is not None:
        yield "knapsack", difference_by_knapsack(election, RankedBy.SCORE)


def family_of(rule: Rule) -> str:
    """The column of a rule."""
    if rule.name is RuleName.GREEDY:
        return "greedy"
    return "equal shares" if rule.completion == "none" else f"+ {rule.completion}"


def difference_by_phragmen(election: Election) -> str:
    """What differs under Phragmén, whose winners pabutools sorts."""
    rule = Rule(name=RuleName.PHRAGMEN)
    ours, theirs = sorted(count(election, rule).winners), sorted(Reference(election).counted(rule))
    return "" if ours == theirs else f"{rule}: {ours} and {theirs}"


def difference_by_knapsack(election: Election, by: RankedBy) -> str:
    """What differs under the knapsack rule: winners, or where those are level, their worth."""
    rule = Rule(name=RuleName.KNAPSACK, ranked_by=by)
    result, theirs = count(election, rule), sorted(Reference(election).counted(rule))
    ours = sorted(result.winners)
    level = bool(result.ties) and worth(election, by, ours) == worth(election, by, theirs)
    return "" if level or ours == theirs else f"{rule}: {ours} and {theirs}"


if __name__ == "__main__":
    main()
