"""An election as a `.pb` file tells it. Pure and frozen."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from ballots.counting import Election, Project, grouped


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

    `points` lie beside the choices and may be fewer. `remarks` are the row's other cells, in
    the order of the election's `remark_columns`.
    """

    voter_id: str
    choices: tuple[str, ...]
    points: tuple[Decimal, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class PabulibElection:
    """A whole file. `voters` are its ballots, one a row, in the file's order.

    `duplicates` are (voter id, project id) where a ballot named a project again, which counts
    once. `rounded` are ids of projects (and "budget") whose money had fractions of a penny:
    costs went up, the budget down.
    """

    meta: Mapping[str, str]
    vote_type: VoteType
    budget_pence: int
    projects: tuple[PabulibProject, ...]
    voters: tuple[PabulibBallot, ...]
    remark_columns: tuple[str, ...] = ()
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

    def as_election(self) -> Election:
        """The same election as the counting rules see it; order and points of choices are lost."""
        return Election(
            projects=tuple(
                Project(p.id, p.cost_pence, p.categories[0] if p.categories else None)
                for p in self.projects
            ),
            groups=grouped(ballot.choices for ballot in self.voters),
            budget_pence=self.budget_pence,
        )
