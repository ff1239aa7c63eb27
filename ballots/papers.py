"""What a ballot paper asks, and what is wrong with a filled-in one. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from ballots.counting.election import MOST_POINTS, borda_points

YES, NO = 1, -1


class BallotFormat(StrEnum):
    """How a resident fills in the paper.

    On the first three papers projects are chosen, on a ranking put in order; on the last three
    a number stands beside each: its points, its score, or 1 for yes and -1 for no.
    """

    APPROVAL = "approval"
    CHOOSE_ONE = "choose-one"
    KNAPSACK = "knapsack"
    RANKING = "ranking"
    POINTS = "points"
    SCORES = "scores"
    YES_NO = "yes-no"


# Papers on which a number stands beside each project.
NUMBERED = frozenset((BallotFormat.POINTS, BallotFormat.SCORES, BallotFormat.YES_NO))
# Papers that give a supporter's projects more than one point, or fewer: those can be added up.
GRADED = NUMBERED | {BallotFormat.RANKING}

# A well filled-in paper: project ids, or the whole number beside each id.
Choices = Sequence[str] | Mapping[str, int]


class PaperFault(StrEnum):
    """What can be wrong with a filled-in paper."""

    NOT_A_LIST = "not-a-list"
    NOT_NUMBERED = "not-numbered"
    NOT_A_PROJECT = "not-a-project"
    UNKNOWN_PROJECT = "unknown-project"
    CHOSEN_TWICE = "chosen-twice"
    NOT_A_WHOLE_NUMBER = "not-a-whole-number"
    LESS_THAN_ONE = "less-than-one"
    TOO_MANY_ON_ONE = "too-many-on-one"
    SCORE_TOO_HIGH = "score-too-high"
    NOT_YES_OR_NO = "not-yes-or-no"
    NOTHING_CHOSEN = "nothing-chosen"
    TOO_FEW = "too-few"
    TOO_MANY = "too-many"
    OVER_BUDGET = "over-budget"
    TOO_MANY_POINTS = "too-many-points"


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
    """A project as it stands on the paper, under its public code.

    What else is known of it belongs to no limit of the paper: conditions of the count ask for it.
    """

    id: str
    cost_pence: int
    category: str = ""
    area: str = ""
    minimum_cost_pence: int | None = None
    beneficiaries: int | None = None
    criteria: tuple[tuple[str, int], ...] = ()

    def as_json(self) -> dict[str, object]:
        """The project as plain JSON values; what is not known of it is left out."""
        known = {
            "category": self.category,
            "area": self.area,
            "minimum_cost_pence": self.minimum_cost_pence,
            "beneficiaries": self.beneficiaries,
            "criteria": dict(self.criteria),
        }
        return {
            "id": self.id,
            "cost_pence": self.cost_pence,
            **{name: fact for name, fact in known.items() if fact},
        }


@dataclass(frozen=True)
class BallotPaper:
    """The projects and the limits of one round's paper; raises ValueError if nobody could use it.

    `budget_pence` limits a ballot only in the knapsack format. `min_choices` 0 lets people
    hand in an empty ballot. A points paper has `points_to_give`, of which `most_points_on_one`
    may go to one project; fewer may be given. A scores paper has `highest_score`, the lowest is 1.
    """

    ballot_format: BallotFormat
    projects: tuple[PaperProject, ...]
    budget_pence: int
    max_choices: int | None = None
    min_choices: int = 1
    points_to_give: int | None = None
    most_points_on_one: int | None = None
    highest_score: int | None = None

    def __post_init__(self) -> None:
        """Refuse a paper that cannot be filled in."""
        if len(self.costs) != len(self.projects):
            raise ValueError("a project stands twice on the paper")
        if self.budget_pence < 0 or any(cost < 0 for cost in self.costs.values()):
            raise ValueError("money below zero")
        if not 0 <= self.min_choices <= self.most_choices:
            raise ValueError("no number of choices lies between the limits")
        self._check_numbers()

    def _check_numbers(self) -> None:
        points = self.ballot_format is BallotFormat.POINTS
        scores = self.ballot_format is BallotFormat.SCORES
        if (self.points_to_give is None) == points or (self.highest_score is None) == scores:
            raise ValueError("points to give belong to a points paper, a top score to a scores one")
        limits = (self.points_to_give, self.most_points_on_one, self.highest_score)
        if any(limit is not None and not 1 <= limit <= MOST_POINTS for limit in limits):
            raise ValueError("no number of points lies between the limits")
        if (self.most_points_on_one or 0) > (self.points_to_give or 0):
            raise ValueError("more points on one project than there are to give")

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

    @cached_property
    def longest_text(self) -> int:
        """How many characters the canonical text of a filled-in paper can have at most."""
        full: object = list(self.costs)
        if self.ballot_format in NUMBERED:
            full = dict.fromkeys(self.costs, min(NO, -(self.most_on_one or 1)))
        return len(json.dumps(full, ensure_ascii=True, separators=(",", ":")))

    @property
    def most_on_one(self) -> int | None:
        """The highest number that may stand beside a project; None where no numbers stand."""
        match self.ballot_format:
            case BallotFormat.POINTS:
                return self.most_points_on_one or self.points_to_give
            case BallotFormat.SCORES:
                return self.highest_score
            case BallotFormat.YES_NO:
                return YES
            case _:
                return None


def faults_in(paper: BallotPaper, choices: object) -> list[Fault]:
    """Everything wrong with untrusted `choices` (decoded JSON or form input); never raises.

    An empty list means that the ballot may be cast, and that `choices` are `Choices`: a list of
    ids, best first on a ranking, or on a numbered paper a dict from id to whole number. Shape
    comes first: limits are only judged once every choice is a project on the paper, chosen once,
    with a number that may stand beside it.
    """
    numbered = paper.ballot_format in NUMBERED
    if not isinstance(choices, dict if numbered else (list, tuple)):
        return [Fault(PaperFault.NOT_NUMBERED if numbered else PaperFault.NOT_A_LIST)]
    if len(choices) > len(paper.projects):
        # Longer than the paper itself: no honest form sends this, so look no further.
        return [Fault(PaperFault.TOO_MANY, limit=paper.most_choices, actual=len(choices))]
    costs = paper.costs
    misshapen = list(_faults_of_shape(costs, choices))
    if isinstance(choices, dict):
        misshapen = misshapen or list(_faults_of_numbers(paper, choices))
    return misshapen or list(_faults_of_limits(paper, choices))


def _faults_of_shape(
    costs: dict[str, int], choices: Sequence[object] | Mapping[object, object]
) -> Iterator[Fault]:
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


def _faults_of_numbers(paper: BallotPaper, numbers: Mapping[str, object]) -> Iterator[Fault]:
    for position, (project_id, number) in enumerate(numbers.items(), start=1):
        fault = _fault_of_number(paper, number)
        if fault is not None:
            yield Fault(fault, project_id, position, limit=paper.most_on_one)


def _fault_of_number(paper: BallotPaper, number: object) -> PaperFault | None:
    # bool is an int to Python, but `true` is no number of points.
    whole = number if type(number) is int else None
    if paper.ballot_format is BallotFormat.YES_NO:
        return None if whole in (YES, NO) else PaperFault.NOT_YES_OR_NO
    if whole is None:
        return PaperFault.NOT_A_WHOLE_NUMBER
    if whole < 1:
        return PaperFault.LESS_THAN_ONE
    if whole <= (paper.most_on_one or 0):
        return None
    scores = paper.ballot_format is BallotFormat.SCORES
    return PaperFault.SCORE_TOO_HIGH if scores else PaperFault.TOO_MANY_ON_ONE


def _faults_of_limits(paper: BallotPaper, choices: Choices) -> Iterator[Fault]:
    chosen = len(choices)
    if chosen < paper.min_choices:
        fault = PaperFault.TOO_FEW if chosen else PaperFault.NOTHING_CHOSEN
        yield Fault(fault, limit=paper.min_choices, actual=chosen)
    if chosen > paper.most_choices:
        yield Fault(PaperFault.TOO_MANY, limit=paper.most_choices, actual=chosen)
    costs = paper.costs
    total = sum(costs[choice] for choice in choices)
    if paper.ballot_format is BallotFormat.KNAPSACK and total > paper.budget_pence:
        yield Fault(PaperFault.OVER_BUDGET, limit=paper.budget_pence, actual=total)
    given = sum(choices.values()) if isinstance(choices, Mapping) else 0
    if paper.points_to_give is not None and given > paper.points_to_give:
        yield Fault(PaperFault.TOO_MANY_POINTS, limit=paper.points_to_give, actual=given)


def canonical(ballot_format: BallotFormat, choices: Choices) -> str:
    """The one JSON text of valid choices: compact, ASCII, the same whoever filled them in how.

    A ranking is the list of its ids, best first; a numbered paper an object from id to number,
    ids sorted; any other a sorted list of ids, each once. Sorted by code point, which is also
    the order of the UTF-8 bytes. The phone computes the same text for its commitment, where a
    default JavaScript sort (UTF-16 units) agrees for every id without characters beyond the
    basic plane.
    """
    plain: object
    if isinstance(choices, Mapping):
        plain = {project_id: choices[project_id] for project_id in sorted(choices)}
    else:
        ranked = ballot_format is BallotFormat.RANKING
        plain = list(choices) if ranked else sorted(set(choices))
    return json.dumps(plain, ensure_ascii=True, separators=(",", ":"))


class Marks(NamedTuple):
    """A ballot as a rule counts it: `choices` are ids, `points` beside them, None if all are one.

    Less than one point is no support.
    """

    choices: tuple[str, ...]
    points: tuple[int, ...] | None


def marks_in(ballot_format: BallotFormat, stored: str) -> Marks:
    """What a stored ballot, in its canonical text, says to a rule.

    A ranking of L projects gives its first L points (Borda) and its last one, whatever L is; a
    yes is one point and support, a no takes one point away.
    """
    choices = json.loads(stored)
    if ballot_format in NUMBERED:
        return Marks(tuple(choices), tuple(choices.values()))
    ranked = ballot_format is BallotFormat.RANKING
    return Marks(tuple(choices), borda_points(choices) if ranked else None)


def paper_as_json(paper: BallotPaper) -> dict[str, object]:
    """The paper as plain JSON values, in a stable order, to be frozen when the round opens.

    Limits of points and scores stand there only where the paper has them.
    """
    limits = {
        "points_to_give": paper.points_to_give,
        "most_points_on_one": paper.most_points_on_one,
        "highest_score": paper.highest_score,
    }
    return {
        "ballot_format": paper.ballot_format.value,
        "budget_pence": paper.budget_pence,
        "max_choices": paper.max_choices,
        "min_choices": paper.min_choices,
        **{name: limit for name, limit in limits.items() if limit is not None},
        "projects": [project.as_json() for project in paper.projects],
    }
