"""An election as a `.pb` file tells it. Pure and frozen."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import repeat, zip_longest
from operator import eq, itemgetter
from typing import NamedTuple, overload

from ballots.counting import BallotGroup, Election, Project, borda_points
from ballots.pabulib.undisturbed import undisturbed


class VoteType(StrEnum):
    """How the people of the file voted."""

    APPROVAL = "approval"
    CHOOSE_ONE = "choose-1"
    ORDINAL = "ordinal"
    CUMULATIVE = "cumulative"
    SCORING = "scoring"


@dataclass(frozen=True, slots=True)
class PabulibProject:
    """A project of the file.

    `votes`, `score` and `selected` are the file's own claims, None where it makes none.
    `selected` is 0 (lost), 1 (funded) or 2 (funded with money from elsewhere).
    """

    id: str
    name: str
    cost_pence: int
    categories: tuple[str, ...] = ()
    votes: int | None = None
    score: Decimal | None = None
    selected: int | None = None
    description: str = ""


class PabulibBallot(NamedTuple):
    """A ballot of the file: each project once, in the order given.

    `points` lie beside the choices and may be fewer.
    """

    voter_id: str
    choices: tuple[str, ...]
    points: tuple[Decimal, ...] = ()


# The choices of a ballot and the points beside them.
_Marks = tuple[tuple[str, ...], tuple[Decimal, ...]]

# Choices, the points beside them if points count, and how many ballots say just that.
AlikeBallots = tuple[tuple[str, ...], tuple[Decimal, ...] | None, int]


class BallotColumns(Sequence[PabulibBallot]):
    """Many ballots kept as three columns, for speed; to whoever looks, a tuple of ballots."""

    def __init__(
        self,
        voter_ids: Sequence[str],
        choices: Sequence[tuple[str, ...]],
        points: Sequence[tuple[Decimal, ...]],
    ) -> None:
        self._columns = voter_ids, choices, points

    @property
    def marks(self) -> Iterator["_Marks"]:
        """The choices and points of each ballot."""
        _, choices, points = self._columns
        return zip(choices, points, strict=True)

    def __len__(self) -> int:
        return len(self._columns[0])

    def __iter__(self) -> Iterator[PabulibBallot]:
        return map(PabulibBallot, *self._columns)

    @overload
    def __getitem__(self, at: int) -> PabulibBallot: ...
    @overload
    def __getitem__(self, at: slice) -> "BallotColumns": ...
    def __getitem__(self, at: int | slice) -> "PabulibBallot | BallotColumns":
        voter_ids, choices, points = self._columns
        if isinstance(at, slice):
            return BallotColumns(voter_ids[at], choices[at], points[at])
        return PabulibBallot(voter_ids[at], choices[at], points[at])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(eq, self, other))

    def __hash__(self) -> int:
        return hash(tuple(self))


def _in_order_of_ids(marks: _Marks) -> _Marks:
    choices, points = marks
    beside = dict(zip_longest(choices, points, fillvalue=Decimal(0)))
    in_order = tuple(sorted(choices))
    return in_order, tuple([beside[choice] for choice in in_order])


@dataclass(frozen=True)
class PabulibElection:
    """A whole file. `voters` are its ballots, one a row, in the file's order.

    `duplicates` are (voter id, project id) where a ballot named a project again, which counts
    once. `rounded` are ids of projects (and "budget") whose money had fractions of a penny:
    costs went up, the budget down. `remarks` are the ballots' other cells, one tuple a ballot in
    the order of `remark_columns`; they are looked up in the file each time somebody asks.
    """

    meta: Mapping[str, str]
    vote_type: VoteType
    budget_pence: int
    projects: tuple[PabulibProject, ...]
    voters: Sequence[PabulibBallot]
    remark_columns: tuple[str, ...] = ()
    remarks: Iterable[tuple[str, ...]] = field(default=(), repr=False, compare=False)
    duplicates: tuple[tuple[str, str], ...] = ()
    rounded: tuple[str, ...] = ()
    min_length: int | None = None
    max_length: int | None = None
    max_sum_cost_pence: int | None = None
    minimum_votes: int = 0

    @cached_property
    def repeated_voter_ids(self) -> tuple[str, ...]:
        """Voter ids that stand on several rows; each row is a ballot of its own."""
        rows = Counter(ballot.voter_id for ballot in self.voters)
        return tuple(voter_id for voter_id, times in rows.items() if times > 1)

    @undisturbed()
    def grouped_ballots(self) -> list[AlikeBallots]:
        """Ballots that say the same put together, in an order that tells nothing of arrival.

        Rankings keep their order; elsewhere choices stand in that of their ids. Points count in
        cumulative and scoring votes only, and a choice that got none there has 0.
        """
        if self.vote_type in (VoteType.CUMULATIVE, VoteType.SCORING):
            return self._grouped_with_points()
        choices: Iterable[tuple[str, ...]] = map(itemgetter(0), self._marks)
        if self.vote_type is not VoteType.ORDINAL:
            choices = map(tuple, map(sorted, choices))
        counted = Counter(choices)
        # As tuples of ids would stand, only faster: no letter comes before NUL.
        in_order = sorted(counted, key="\0".join)
        return list(zip(in_order, repeat(None), map(counted.__getitem__, in_order), strict=False))

    def _grouped_with_points(self) -> list[AlikeBallots]:
        counted: Counter[_Marks] = Counter()
        # Most ballots look like another: only then is each put in order.
        for marks, ballots in Counter(self._marks).items():
            counted[_in_order_of_ids(marks)] += ballots
        return [(*marks, ballots) for marks, ballots in sorted(counted.items())]

    @property
    def _marks(self) -> Iterable[_Marks]:
        if isinstance(self.voters, BallotColumns):
            return self.voters.marks
        return [(ballot.choices, ballot.points) for ballot in self.voters]

    def as_election(self) -> Election:
        """The same election as the counting rules see it: rankings give Borda points.

        Points are whole numbers there: where any has a fraction, all are multiplied by the
        power of ten that clears it, which changes no winner.
        """
        alike = self.grouped_ballots()
        plain = self.vote_type in (VoteType.APPROVAL, VoteType.CHOOSE_ONE)
        scale = 10 ** max((_places_of(points) for _, points, _ in alike if points), default=0)
        return Election.of(
            (
                Project(p.id, p.cost_pence, p.categories[0] if p.categories else None)
                for p in self.projects
            ),
            [
                BallotGroup(
                    choices, ballots, None if plain else self._whole_points(choices, points, scale)
                )
                for choices, points, ballots in alike
            ],
            self.budget_pence,
        )

    def _whole_points(
        self, choices: tuple[str, ...], points: tuple[Decimal, ...] | None, scale: int
    ) -> tuple[int, ...] | None:
        if self.vote_type is VoteType.ORDINAL:
            return borda_points(choices)
        return None if points is None else tuple([int(point * scale) for point in points])


def _places_of(points: tuple[Decimal, ...]) -> int:
    """How many digits after the point the finest of these numbers has."""
    return max(-int(point.as_tuple().exponent) for point in points)
