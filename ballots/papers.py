"""What a ballot paper asks, and what is wrong with a filled-in one. Pure."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum


class BallotFormat(StrEnum):
    """How a resident fills in the paper."""

    APPROVAL = "approval"
    CHOOSE_ONE = "choose-one"
    KNAPSACK = "knapsack"


class PaperFault(StrEnum):
    """What can be wrong with a filled-in paper."""

    NOT_A_LIST = "not-a-list"
    NOT_A_PROJECT = "not-a-project"
    UNKNOWN_PROJECT = "unknown-project"
    CHOSEN_TWICE = "chosen-twice"
    NOTHING_CHOSEN = "nothing-chosen"
    TOO_FEW = "too-few"
    TOO_MANY = "too-many"
    OVER_BUDGET = "over-budget"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, with the numbers a person needs to put it right.

    `project_id` is only ever an id that stands on the paper: what a stranger sent is never
    echoed. A choice that is no project on the paper is named by its place (`position`, from 1).
    """

    fault: PaperFault
    project_id: str | None = None
    position: int | None = None
    limit: int | None = None
    actual: int | None = None


@dataclass(frozen=True, slots=True)
class PaperProject:
    """A project as it stands on the paper, under its public code."""

    id: str
    cost_pence: int


@dataclass(frozen=True)
class BallotPaper:
    """The projects and the limits of one round's paper; raises ValueError if nobody could use it.

    `budget_pence` limits a ballot only in the knapsack format. `min_choices` 0 lets people
    hand in an empty ballot.
    """

    ballot_format: BallotFormat
    projects: tuple[PaperProject, ...]
    budget_pence: int
    max_choices: int | None = None
    min_choices: int = 1

    def __post_init__(self) -> None:
        """Refuse a paper that cannot be filled in."""
        if len(self.costs) != len(self.projects):
            raise ValueError("a project stands twice on the paper")
        if self.budget_pence < 0 or any(cost < 0 for cost in self.costs.values()):
            raise ValueError("money below zero")
        if not 0 <= self.min_choices <= self.most_choices:
            raise ValueError("no number of choices lies between the limits")

    @property
    def costs(self) -> dict[str, int]:
        """Cost in pence by project id."""
        return {project.id: project.cost_pence for project in self.projects}

    @property
    def most_choices(self) -> int:
        """How many projects a ballot may hold at most, whatever the format."""
        if self.ballot_format is BallotFormat.CHOOSE_ONE:
            return 1
        on_paper = len(self.projects)
        return on_paper if self.max_choices is None else min(self.max_choices, on_paper)


def faults_in(paper: BallotPaper, choices: object) -> list[Fault]:
    """Everything wrong with untrusted `choices` (decoded JSON or form input); never raises.

    An empty list means that the ballot may be cast. Shape comes first: limits are only judged
    once every choice is a project on the paper, chosen once.
    """
    if not isinstance(choices, list | tuple):
        return [Fault(PaperFault.NOT_A_LIST)]
    if len(choices) > len(paper.projects):
        # Longer than the paper itself: no honest form sends this, so look no further.
        return [Fault(PaperFault.TOO_MANY, limit=paper.most_choices, actual=len(choices))]
    costs = paper.costs
    misshapen = list(_faults_of_shape(costs, choices))
    return misshapen or list(_faults_of_limits(paper, [costs[choice] for choice in choices]))


def _faults_of_shape(costs: dict[str, int], choices: Sequence[object]) -> Iterator[Fault]:
    seen: set[str] = set()
    for position, choice in enumerate(choices, start=1):
        if not isinstance(choice, str):
            yield Fault(PaperFault.NOT_A_PROJECT, position=position)
        elif choice not in costs:
            yield Fault(PaperFault.UNKNOWN_PROJECT, position=position)
        elif choice in seen:
            yield Fault(PaperFault.CHOSEN_TWICE, project_id=choice, position=position)
        else:
            seen.add(choice)


def _faults_of_limits(paper: BallotPaper, chosen_costs: list[int]) -> Iterator[Fault]:
    chosen, total = len(chosen_costs), sum(chosen_costs)
    if chosen < paper.min_choices:
        fault = PaperFault.TOO_FEW if chosen else PaperFault.NOTHING_CHOSEN
        yield Fault(fault, limit=paper.min_choices, actual=chosen)
    if chosen > paper.most_choices:
        yield Fault(PaperFault.TOO_MANY, limit=paper.most_choices, actual=chosen)
    if paper.ballot_format is BallotFormat.KNAPSACK and total > paper.budget_pence:
        yield Fault(PaperFault.OVER_BUDGET, limit=paper.budget_pence, actual=total)


def canonical(choices: Iterable[str]) -> str:
    """The one JSON text of valid choices whose order means nothing: sorted, compact, ASCII.

    Sorted by code point, which is also the order of the UTF-8 bytes. The phone computes the
    same text for its commitment, where a default JavaScript sort (UTF-16 units) agrees for
    every id without characters beyond the basic plane.
    """
    return json.dumps(sorted(set(choices)), ensure_ascii=True, separators=(",", ":"))


def paper_as_json(paper: BallotPaper) -> dict[str, object]:
    """The paper as plain JSON values, in a stable order, to be frozen when the round opens."""
    return {
        "ballot_format": paper.ballot_format.value,
        "budget_pence": paper.budget_pence,
        "max_choices": paper.max_choices,
        "min_choices": paper.min_choices,
        "projects": [{"id": p.id, "cost_pence": p.cost_pence} for p in paper.projects],
    }


def shuffled(ids: Iterable[str], seed: str) -> tuple[str, ...]:
    """The ids in the order one voter sees them: fixed by the seed, every order as likely.

    Fisher-Yates over the sorted ids, so the database's order never matters, drawn from
    SHA-256 in counter mode with rejection, so there is no modulo bias. The order is as secret
    as the seed.
    """
    order = sorted(ids)
    draws = _draws(seed)
    for last in range(len(order) - 1, 0, -1):
        other = _draw_below(last + 1, draws)
        order[last], order[other] = order[other], order[last]
    return tuple(order)


def _draws(seed: str) -> Iterator[int]:
    """Endless 64-bit numbers from the seed."""
    key = hashlib.sha256(b"wardmote project order 1|" + seed.encode("utf-8", "surrogatepass"))
    counter = 0
    while True:
        block = key.copy()
        block.update(b"|%d" % counter)
        digest = block.digest()
        yield from (int.from_bytes(digest[at : at + 8]) for at in range(0, 32, 8))
        counter += 1


def _draw_below(limit: int, draws: Iterator[int]) -> int:
    unbiased = 2**64 - 2**64 % limit
    return next(draw for draw in draws if draw < unbiased) % limit
