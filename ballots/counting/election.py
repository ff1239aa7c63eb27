"""What a rule counts: projects, packed ballots, money. Pure and frozen."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]

# Sums of ballots times points stay whole numbers of 64 bits below these.
MOST_POINTS = 1_000_000
MOST_BALLOTS = 10**9
# One byte each, for a moment.
_MOST_MARKS = 50_000_000


@dataclass(frozen=True, slots=True)
class Project:
    """A project under its public code, as a rule sees it.

    `minimum_cost_pence` says down to what it may be part-funded, None that it may not.
    `criteria` are points (0 to 10) by the name of a published social criterion.
    """

    id: str
    cost_pence: int
    category: str | None = None
    area: str | None = None
    minimum_cost_pence: int | None = None
    beneficiaries: int | None = None
    criteria: tuple[tuple[str, int], ...] = ()


class BallotGroup(NamedTuple):
    """So many identical ballots; `choices` are project ids, each once, `points` beside them.

    Without points every choice is worth one. A choice with less than one point is no support.
    """

    choices: tuple[str, ...]
    ballots: int
    points: tuple[int, ...] | None = None


@dataclass(frozen=True, eq=False)
class Ballots:
    """Groups of identical ballots, packed: group g names `choices[starts[g]:starts[g + 1]]`.

    `weights` (int64, one a group) are numbers of ballots, `choices` (int64) places of projects,
    `points` (int64, beside the choices) what each is worth, None if every choice is worth one.
    """

    weights: Whole
    starts: Whole
    choices: Whole
    points: Whole | None = None

    def __post_init__(self) -> None:
        """Let nobody change what was cast."""
        for column in (self.weights, self.starts, self.choices, self.points):
            if column is not None:
                column.setflags(write=False)

    def __reduce__(self) -> tuple[type[Self], tuple[Whole | None, ...]]:
        """Travel to another process without what was worked out on the way."""
        return type(self), (self.weights, self.starts, self.choices, self.points)

    @property
    def groups(self) -> int:
        """How many different ballots there are."""
        return len(self.weights)

    @cached_property
    def group_of_choice(self) -> Whole:
        """The group in which each choice stands."""
        return np.repeat(np.arange(self.groups, dtype=np.int64), np.diff(self.starts))

    @cached_property
    def weight_of_choice(self) -> Whole:
        """How many ballots hold each choice."""
        return self.weights[self.group_of_choice]


class Supporters(NamedTuple):
    """Who supports one project: groups, how many ballots each, points each gives (or None)."""

    groups: Whole
    weights: Whole
    points: Whole | None


@dataclass(frozen=True, eq=False)
class Election:
    """All that a rule may know; raises ValueError when it does not add up."""

    projects: tuple[Project, ...]
    ballots: Ballots
    budget_pence: int

    def __post_init__(self) -> None:
        """Refuse what no rule could count."""
        if len(self.places) != len(self.projects):
            raise ValueError("two projects share an id")
        if self.budget_pence < 0 or any(project.cost_pence < 0 for project in self.projects):
            raise ValueError("money below zero")
        _check_packed(self.ballots, len(self.projects))

    def __reduce__(self) -> tuple[type[Self], tuple[tuple[Project, ...], Ballots, int]]:
        """Travel to another process without what was worked out on the way."""
        return type(self), (self.projects, self.ballots, self.budget_pence)

    @classmethod
    def of(
        cls, projects: Iterable[Project], groups: Iterable[BallotGroup], budget_pence: int
    ) -> Self:
        """The election of these groups of ballots, whose choices are project ids."""
        standing, rows = tuple(projects), list(groups)
        places = {project.id: place for place, project in enumerate(standing)}
        return cls(standing, packed(rows, places), budget_pence)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each project stands among the projects, from 0."""
        return MappingProxyType({project.id: at for at, project in enumerate(self.projects)})

    @cached_property
    def vote_counts(self) -> tuple[int, ...]:
        """How many ballots support each project, in the order of the projects."""
        ballots = self.ballots
        weights = ballots.weight_of_choice
        if ballots.points is not None:
            weights = weights * (ballots.points > 0)
        return self._summed(weights)

    @cached_property
    def score_counts(self) -> tuple[int, ...]:
        """The points given to each project, in the order of the projects."""
        ballots = self.ballots
        if ballots.points is None:
            return self.vote_counts
        return self._summed(ballots.weight_of_choice * ballots.points)

    def _summed(self, weights: Whole) -> tuple[int, ...]:
        sums = np.zeros(len(self.projects), dtype=np.int64)
        np.add.at(sums, self.ballots.choices, weights)
        return tuple(sums.tolist())

    @cached_property
    def votes(self) -> Mapping[str, int]:
        """How many ballots support each project, by id, projects without any included."""
        ids = (project.id for project in self.projects)
        return MappingProxyType(dict(zip(ids, self.vote_counts, strict=True)))

    @cached_property
    def ballots_cast(self) -> int:
        """How many ballots there are, empty ones included."""
        return int(self.ballots.weights.sum())

    @cached_property
    def supporters(self) -> tuple[Supporters, ...]:
        """Who supports each project, groups in ascending order."""
        ballots = self.ballots
        kept = slice(None) if ballots.points is None else np.flatnonzero(ballots.points > 0)
        choices, groups = ballots.choices[kept], ballots.group_of_choice[kept]
        # Numbers of 16 bits are sorted five times as fast.
        small = len(self.projects) < 2**16
        order = np.argsort(choices.astype(np.uint16) if small else choices, kind="stable")
        groups = groups[order]
        points = None if ballots.points is None else ballots.points[kept][order]
        ends = np.cumsum(np.bincount(choices, minlength=len(self.projects))).tolist()
        return tuple(
            Supporters(
                groups[start:end],
                ballots.weights[groups[start:end]],
                None if points is None else points[start:end],
            )
            for start, end in zip([0, *ends], ends, strict=False)
        )


def _check_packed(ballots: Ballots, projects: int) -> None:
    weights, starts, choices, points = (
        ballots.weights,
        ballots.starts,
        ballots.choices,
        ballots.points,
    )
    if len(starts) != len(weights) + 1 or starts[0] != 0 or starts[-1] != len(choices):
        raise ValueError("ballots that are not packed")
    if len(weights) and (weights.min() < 1 or int(weights.sum()) > MOST_BALLOTS):
        raise ValueError("a group without ballots, or more ballots than people")
    if len(choices) and not 0 <= choices.min() <= choices.max() < projects:
        raise ValueError("a ballot names an unknown project")
    if _any_twice(ballots.group_of_choice * projects + choices, ballots.groups * projects):
        raise ValueError("a ballot names a project twice")
    if points is None:
        return
    if len(points) != len(choices):
        raise ValueError("as many points as choices")
    if len(points) and max(abs(int(points.min())), int(points.max())) > MOST_POINTS:
        raise ValueError("more points than any paper allows")


def _any_twice(keys: Whole, below: int) -> bool:
    """Whether a key, of those from 0 on below a bound, stands there twice."""
    if below <= _MOST_MARKS:  # many times faster than sorting
        marked = np.zeros(below, dtype=np.bool_)
        marked[keys] = True
        return int(np.count_nonzero(marked)) != len(keys)
    in_order = np.sort(keys)
    return bool((in_order[1:] == in_order[:-1]).any())


def packed(groups: Sequence[BallotGroup], places: Mapping[str, int]) -> Ballots:
    """The groups as arrays; ValueError for a project without a place or missing points."""
    lengths = [len(group.choices) for group in groups]
    starts = np.zeros(len(groups) + 1, dtype=np.int64)
    np.cumsum(lengths, out=starts[1:])
    named = chain.from_iterable([group.choices for group in groups])
    try:
        choices = np.fromiter(map(places.__getitem__, named), np.int64, int(starts[-1]))
    except KeyError as error:
        raise ValueError("a ballot names an unknown project") from error
    weights = np.fromiter([group.ballots for group in groups], np.int64, len(groups))
    return Ballots(weights, starts, choices, _packed_points(groups, lengths))


def _packed_points(groups: Sequence[BallotGroup], lengths: list[int]) -> Whole | None:
    if all(group.points is None for group in groups):
        return None
    given = [
        (1,) * length if group.points is None else group.points
        for group, length in zip(groups, lengths, strict=True)
    ]
    if [len(points) for points in given] != lengths:
        raise ValueError("as many points as choices")
    return np.fromiter(chain.from_iterable(given), np.int64, sum(lengths))


def grouped(ballots: Iterable[Iterable[str]]) -> tuple[BallotGroup, ...]:
    """Ballots whose order of choices means nothing, identical ones put together, in fixed order."""
    counted = Counter(tuple(sorted(set(choices))) for choices in ballots)
    return tuple(BallotGroup(choices, counted[choices]) for choices in sorted(counted))


def borda_points(choices: Sequence[str]) -> tuple[int, ...]:
    """What a ranking gives: its first of L choices L points, its last one."""
    return tuple(range(len(choices), 0, -1))
