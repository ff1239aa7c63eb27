"""What a rule counts: projects, grouped ballots, money. Pure and frozen."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Project:
    """A project under its public code, as a rule sees it."""

    id: str
    cost_pence: int
    category: str | None = None


class BallotGroup(NamedTuple):
    """So many identical ballots; `choices` are project ids, each once."""

    choices: tuple[str, ...]
    ballots: int


@dataclass(frozen=True)
class Election:
    """All that a rule may know; raises ValueError when it does not add up."""

    projects: tuple[Project, ...]
    groups: tuple[BallotGroup, ...]
    budget_pence: int

    def __post_init__(self) -> None:
        """Refuse what no rule could count."""
        if len({project.id for project in self.projects}) != len(self.projects):
            raise ValueError("two projects share an id")
        if self.budget_pence < 0 or any(project.cost_pence < 0 for project in self.projects):
            raise ValueError("money below zero")
        if any(group.ballots < 1 for group in self.groups):
            raise ValueError("a group without ballots")
        if any(len(set(group.choices)) != len(group.choices) for group in self.groups):
            raise ValueError("a ballot names a project twice")
        if not self.votes.keys() <= {project.id for project in self.projects}:
            raise ValueError("a ballot names an unknown project")

    @cached_property
    def votes(self) -> Mapping[str, int]:
        """How many ballots name each project, projects without any included."""
        votes = dict.fromkeys((project.id for project in self.projects), 0)
        for choices, ballots in self.groups:
            for choice in choices:
                votes[choice] = votes.get(choice, 0) + ballots
        return MappingProxyType(votes)

    @cached_property
    def ballots_cast(self) -> int:
        """How many ballots there are, empty ones included."""
        return sum(group.ballots for group in self.groups)


def grouped(ballots: Iterable[Iterable[str]]) -> tuple[BallotGroup, ...]:
    """Ballots whose order of choices means nothing, identical ones put together, in fixed order."""
    counted = Counter(tuple(sorted(set(choices))) for choices in ballots)
    return tuple(BallotGroup(choices, counted[choices]) for choices in sorted(counted))
