"""In what order people speak: fair by default, and as a facilitator moved them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TurnKind(StrEnum):
    """What somebody asks to speak for."""

    SPEECH = "speech"
    POINT_OF_ORDER = "point-of-order"


class Side(StrEnum):
    """Which side somebody speaks for."""

    FOR = "for"
    AGAINST = "against"


# Whom the list takes for one person: a person checked in, a phone, or a name without a phone.
Speaker = tuple[str, int | str]


@dataclass(frozen=True)
class Asking:
    """One request that waits, as the order looks at it."""

    turn_id: int
    speaker: Speaker
    asked_at: datetime
    kind: TurnKind = TurnKind.SPEECH
    side: Side | None = None
    moved_to: int | None = None


@dataclass(frozen=True)
class Spoken:
    """How often somebody has had the floor in this meeting, and for how long."""

    times: int = 0
    seconds: int = 0


def speaking_order(
    asking: Iterable[Asking],
    spoken: Mapping[Speaker, Spoken],
    *,
    alternate: bool = False,
    last_side: Side | None = None,
) -> list[Asking]:
    """Who speaks next, and next after that.

    Points of order come before all speeches. Who has spoken less often comes first, then who has
    spoken more briefly, then who asked earlier. With `alternate`, a speech for one side is
    followed by one for the other as long as somebody of it waits; within a side the order stays.
    What a facilitator moved stands at the place it was moved to, counted within its kind.
    """
    waiting = sorted(asking, key=lambda one: _claim(one, spoken))
    points = [one for one in waiting if one.kind == TurnKind.POINT_OF_ORDER]
    speeches = [one for one in waiting if one.kind == TurnKind.SPEECH]
    unmoved = [one for one in speeches if one.moved_to is None]
    if alternate:
        unmoved = _in_turns(unmoved, last_side)
    return [
        *_with_moved([one for one in points if one.moved_to is None], points),
        *_with_moved(unmoved, speeches),
    ]


def _claim(one: Asking, spoken: Mapping[Speaker, Spoken]) -> tuple[int, int, datetime, int]:
    before = spoken.get(one.speaker, Spoken())
    return before.times, before.seconds, one.asked_at, one.turn_id


def _in_turns(speeches: Sequence[Asking], last_side: Side | None) -> list[Asking]:
    """The same speeches, the sides taking turns; who speaks for neither keeps their place."""
    left, ordered = list(speeches), []
    while left:
        here = next((one for one in left if one.side is None or one.side != last_side), left[0])
        left.remove(here)
        ordered.append(here)
        last_side = here.side or last_side
    return ordered


def _with_moved(unmoved: Sequence[Asking], waiting: Sequence[Asking]) -> list[Asking]:
    ordered = list(unmoved)
    moved = [(one.moved_to, one) for one in waiting if one.moved_to is not None]
    for place, one in sorted(moved, key=lambda pair: (pair[0], pair[1].turn_id)):
        ordered.insert(max(place, 1) - 1, one)
    return ordered
