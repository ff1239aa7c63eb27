"""Who comes first among equals: an order given in advance, never an accident. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Self

from ballots.counting.election import Project


class TieBreak(StrEnum):
    """Where the order comes from."""

    DEFAULT = "default"
    RECORDED = "recorded-list"
    REFUSE = "refuse"


class TieStep(StrEnum):
    """Which step of the order put one project before another."""

    RECORDED_LIST = "recorded-list"
    LOWER_COST = "lower-cost"
    MORE_BALLOTS = "more-ballots"
    PROJECT_ID = "project-id"


class TieRefusedError(Exception):
    """The winners depend on a tie that may not be broken; `members` are the tied project ids."""

    def __init__(self, members: tuple[str, ...]) -> None:
        super().__init__(members)
        self.members = members


# What decides, in the order in which it is asked; the values of a key stand in the same places.
_STEPS = (
    TieStep.RECORDED_LIST,
    TieStep.LOWER_COST,
    TieStep.MORE_BALLOTS,
    TieStep.PROJECT_ID,
)
_Key = tuple[int, int, int, str]


@dataclass(frozen=True, slots=True)
class TieOrder:
    """An order over all projects: lower cost, more supporting ballots, id by code point.

    A recorded list (a lottery drawn beforehand, say) goes first; projects that it does not name
    follow it in the default order. *Refuse* raises `TieRefusedError` when winners depend on a tie.
    """

    by: TieBreak = TieBreak.DEFAULT
    recorded: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a list that contradicts itself, and one that nobody would look at."""
        if len(set(self.recorded)) != len(self.recorded):
            raise ValueError("the recorded list names a project twice")
        if bool(self.recorded) != (self.by is TieBreak.RECORDED):
            raise ValueError("a recorded list belongs to the recorded order, and only there")

    @classmethod
    def from_list(cls, ids: Iterable[str]) -> Self:
        """The order of a recorded list."""
        return cls(TieBreak.RECORDED, tuple(ids))

    def arrange(
        self, tied: Iterable[Project], votes: Mapping[str, int]
    ) -> tuple[tuple[Project, ...], tuple[TieStep, ...]]:
        """The projects, preferred first, and for each neighbouring pair the step that decided."""
        places = {project_id: place for place, project_id in enumerate(self.recorded)}

        def key_of(project: Project) -> _Key:
            place = places.get(project.id, len(places))
            return (place, project.cost_pence, -votes[project.id], project.id)

        ordered = tuple(sorted(tied, key=key_of))
        keys = map(key_of, ordered)
        return ordered, tuple(_deciding_step(one, other) for one, other in pairwise(keys))

    def as_json(self) -> dict[str, object]:
        """The order as plain JSON values."""
        return {"by": self.by.value, "recorded": list(self.recorded)}


def _deciding_step(one: _Key, other: _Key) -> TieStep:
    return next(step for step, a, b in zip(_STEPS, one, other, strict=True) if a != b)


DEFAULT_ORDER = TieOrder()
REFUSE = TieOrder(TieBreak.REFUSE)
