"""Who comes first among equals: an order given in advance, never an accident. Pure."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from operator import itemgetter
from typing import Self

from ballots.counting.election import Project


class TieBreak(StrEnum):
    """Where the order comes from."""

    DEFAULT = "default"
    RECORDED = "recorded-list"
    DRAWN = "drawn"
    REFUSE = "refuse"


class TieStep(StrEnum):
    """Which step of the order put one project before another."""

    RECORDED_LIST = "recorded-list"
    DRAW = "draw"
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
    TieStep.DRAW,
    TieStep.LOWER_COST,
    TieStep.MORE_BALLOTS,
    TieStep.PROJECT_ID,
)
_Key = tuple[int, bytes, int, int, str]


@dataclass(frozen=True, slots=True)
class TieOrder:
    """An order over all projects: lower cost, more supporting ballots, id by code point.

    A recorded list (a lottery drawn beforehand, say) goes first; projects that it does not name
    follow it in the default order. A draw sorts by SHA-256 of the seed and the project's id, so
    that anybody can repeat it. *Refuse* raises `TieRefusedError` when winners depend on a tie.
    """

    by: TieBreak = TieBreak.DEFAULT
    recorded: tuple[str, ...] = ()
    seed: str = ""

    def __post_init__(self) -> None:
        """Refuse a list that contradicts itself, and one that nobody would look at."""
        if len(set(self.recorded)) != len(self.recorded):
            raise ValueError("the recorded list names a project twice")
        if bool(self.recorded) != (self.by is TieBreak.RECORDED):
            raise ValueError("a recorded list belongs to the recorded order, and only there")
        if bool(self.seed) != (self.by is TieBreak.DRAWN):
            raise ValueError("a seed belongs to a draw, and only there")

    @classmethod
    def from_list(cls, ids: Iterable[str]) -> Self:
        """The order of a recorded list."""
        return cls(TieBreak.RECORDED, tuple(ids))

    @classmethod
    def drawn(cls, seed: str) -> Self:
        """The order that a seed draws: ascending SHA-256 of `wardmote tie 1|seed|project id`."""
        return cls(TieBreak.DRAWN, seed=seed)

    def arrange(
        self, tied: Sequence[Project], votes: Mapping[str, int]
    ) -> tuple[tuple[Project, ...], tuple[TieStep, ...]]:
        """The projects, preferred first, and for each neighbouring pair the step that decided."""
        ordered = sorted(zip(self._keys(tied, votes), tied, strict=True), key=itemgetter(0))
        return (
            tuple(project for _, project in ordered),
            tuple(_deciding_step(one, other) for (one, _), (other, _) in pairwise(ordered)),
        )

    def ranks(self, projects: Sequence[Project], votes: Mapping[str, int]) -> tuple[int, ...]:
        """Where the order puts each project among them all, from 0."""
        keys = self._keys(projects, votes)
        places = {key: rank for rank, key in enumerate(sorted(keys))}
        return tuple(map(places.__getitem__, keys))

    def _keys(self, projects: Iterable[Project], votes: Mapping[str, int]) -> list[_Key]:
        places = {project_id: place for place, project_id in enumerate(self.recorded)}
        unnamed = len(places)
        if self.by is TieBreak.DRAWN:
            return [(unnamed, self._draw(p.id), p.cost_pence, -votes[p.id], p.id) for p in projects]
        return [
            (places.get(p.id, unnamed), b"", p.cost_pence, -votes[p.id], p.id) for p in projects
        ]

    def _draw(self, project_id: str) -> bytes:
        return hashlib.sha256(f"wardmote tie 1|{self.seed}|{project_id}".encode()).digest()

    def as_json(self) -> dict[str, object]:
        """The order as plain JSON values."""
        written: dict[str, object] = {"by": self.by.value, "recorded": list(self.recorded)}
        return {**written, "seed": self.seed} if self.seed else written


def _deciding_step(one: _Key, other: _Key) -> TieStep:
    return next(step for step, a, b in zip(_STEPS, one, other, strict=True) if a != b)


DEFAULT_ORDER = TieOrder()
REFUSE = TieOrder(TieBreak.REFUSE)
