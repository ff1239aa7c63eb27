"""What live figures give away of real elections to somebody who knows in which order people came.

    python -m benchmarks.disclosure [FILE.pb ...]

Without files, those of ../shared/pabulib. Every election is voted again in orders drawn by lot;
after each arrival the disclosure rule is asked, as the clerk does, and a step's ballots are drawn
by lot from those held back. The observer sees every snapshot. Two of them are measured:

* one who knows the order of arrival and, more than that, whom each draw took (as a copy of the
  database would tell): figures say the same whoever of the step cast which of its ballots, so a
  voter's whole ballot is certain if and only if every project got none or all of the step's
  votes, and one choice is if some project got all of them;
* one who knows the order of arrival and no more: a voter may be in any step since they came, so
  their ballot is certain only if all those steps, the one at the close too, say the same one.

That somebody did not choose a project that hardly anybody chose is no secret and not measured.

Promise: of the first, stronger one at most 2 % of voters at k = 10 and 1 % at k = 20, taken over
all elections; no step smaller than k, the last included, wherever 2k or more voted.
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ballots.disclosure import DisclosureProfile, next_step
from ballots.pabulib import read_file

FILES = Path(__file__).parents[2] / "shared" / "pabulib"
STEPS = (5, 10, 20)
ORDERS = 5
Papers: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True)
class Replay:
    """One vote in one order: its steps, and of how many voters what is certain."""

    voters: int
    steps: tuple[int, ...]
    # Whole ballots, to whoever knows whom each draw took, and to whoever knows who came when.
    ballots_by_draw: int
    ballots_by_order: int
    # At least one project that they chose, to the stronger of the two.
    choices_by_draw: int


class Step(NamedTuple):
    """Who was drawn into a step, by arrival, and how many people had come by then."""

    members: NDArray[np.int64]
    arrivals: int


def papers_in(path: Path) -> Papers:
    """Who chose what: a row a voter, a column a project."""
    election = read_file(path)
    places = {project.id: place for place, project in enumerate(election.projects)}
    papers = np.zeros((len(election.voters), len(places)), dtype=np.bool_)
    for voter, ballot in enumerate(election.voters):
        papers[voter, [places[choice] for choice in ballot.choices]] = True
    return papers


def replay(papers: Papers, k: int, dice: np.random.Generator) -> Replay:
    """Let everybody vote in an order drawn by lot, and publish as early as the rule allows."""
    came = dice.permutation(len(papers))
    steps: list[Step] = []
    held_back: list[int] = []
    covered = 0
    for arrivals in range(1, len(came) + 1):
        held_back.append(arrivals - 1)
        closed = arrivals == len(came)
        size = next_step(DisclosureProfile.LIVE, covered, len(held_back), k, closed=False)
        for step in (size, len(held_back) - size if closed else 0):
            if step:
                drawn = dice.choice(len(held_back), step, replace=False)
                steps.append(Step(np.array(held_back)[drawn], arrivals))
                held_back = [*np.delete(held_back, drawn)]
                covered += step
    return _told(papers[came], steps)


def _told(papers: Papers, steps: Sequence[Step]) -> Replay:
    """What the figures of these steps say of ballots that stand in the order of arrival."""
    votes = [papers[step.members].sum(axis=0) for step in steps]
    sizes = [len(step.members) for step in steps]
    by_all = [counts == size for counts, size in zip(votes, sizes, strict=True)]
    one_ballot = [
        bool(np.all(chosen | (counts == 0))) for chosen, counts in zip(by_all, votes, strict=True)
    ]
    # Whoever came after this many arrivals can only be in steps that all say the same ballot.
    certain_after = len(papers)
    for number in range(len(steps) - 1, -1, -1):
        if not one_ballot[number] or not np.array_equal(by_all[number], by_all[-1]):
            break
        certain_after = steps[number - 1].arrivals if number else 0
    return Replay(
        voters=len(papers),
        steps=tuple(sizes),
        ballots_by_draw=sum(size for size, told in zip(sizes, one_ballot, strict=True) if told),
        ballots_by_order=len(papers) - certain_after,
        choices_by_draw=sum(
            size for size, chosen in zip(sizes, by_all, strict=True) if chosen.any()
        ),
    )


def replays_of(papers: Papers, k: int, orders: int = ORDERS) -> list[Replay]:
    """The same vote in several orders, the same ones in every run."""
    return [replay(papers, k, np.random.default_rng(seed)) for seed in range(orders)]


def row_of(name: str, replays: Iterable[Replay]) -> str:
    """One line of the table: shares of voters in per cent, and the smallest step."""
    found = list(replays)
    voters = sum(each.voters for each in found)
    shares = [
        100 * sum(figures) / voters
        for figures in (
            [each.ballots_by_draw for each in found],
            [each.ballots_by_order for each in found],
            [each.choices_by_draw for each in found],
        )
    ]
    smallest = min(min(each.steps) for each in found)
    last = min(each.steps[-1] for each in found)
    told = " ".join(f"{share:8.2f}" for share in shares)
    return f"{name[:44]:44} {voters // len(found):7} {told} {smallest:8} {last:5}"


def main(arguments: list[str]) -> None:
    """Print a line for each election, and one for all of them, for each size of a step."""
    paths = [Path(argument) for argument in arguments] or sorted(FILES.glob("*.pb"))
    elections = {path.stem: papers_in(path) for path in paths}
    for k in STEPS:
        print(f"k = {k}: per cent of voters whose ballot is certain, by draw and by order; of whom")
        print("one choice is certain, by draw; smallest step; smallest last step")
        every: list[Replay] = []
        for name, papers in elections.items():
            replays = replays_of(papers, k)
            every += replays
            print(row_of(name, replays), flush=True)
        large = [each for each in every if each.voters >= 2 * k]
        print(row_of(f"all {len(elections)} elections", every))
        print(row_of(f"those of {2 * k} voters and more", large), end="\n\n")


if __name__ == "__main__":
    main(sys.argv[1:])
