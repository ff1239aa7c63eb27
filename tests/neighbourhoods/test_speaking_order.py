"""The fair order of speakers, on lists of every kind."""

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from neighbourhoods.speaking_order import (
    Asking,
    Side,
    Speaker,
    Spoken,
    TurnKind,
    speaking_order,
)

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
POINT = TurnKind.POINT_OF_ORDER

askings = st.lists(
    st.builds(
        lambda speaker, minute, kind, side, moved_to: Asking(
            0, ("phone", speaker), NOON + timedelta(minutes=minute), kind, side, moved_to
        ),
        st.integers(1, 8),
        st.integers(0, 5),
        st.sampled_from(TurnKind),
        st.sampled_from([None, *Side]),
        st.one_of(st.none(), st.integers(1, 12)),
    ),
    max_size=10,
).map(
    lambda many: [
        Asking(number, one.speaker, one.asked_at, one.kind, one.side, one.moved_to)
        for number, one in enumerate(many)
    ]
)
histories: st.SearchStrategy[dict[Speaker, Spoken]] = st.dictionaries(
    st.integers(1, 8).map(lambda number: ("phone", number)),
    st.builds(Spoken, st.integers(0, 3), st.integers(0, 300)),
)
last_sides = st.sampled_from([None, *Side])


def fresh(turn_id: int, minute: int = 0, **more: object) -> Asking:
    return Asking(turn_id, ("phone", turn_id), NOON + timedelta(minutes=minute), **more)  # type: ignore[arg-type]


def numbers(ordered: list[Asking]) -> list[int]:
    return [one.turn_id for one in ordered]


def test_who_has_not_spoken_comes_before_who_has_though_they_asked_later() -> None:
    spoken: dict[Speaker, Spoken] = {("phone", 1): Spoken(1, 20)}
    assert numbers(speaking_order([fresh(1, 0), fresh(2, 5)], spoken)) == [2, 1]


def test_of_two_who_spoke_as_often_the_briefer_comes_first() -> None:
    spoken: dict[Speaker, Spoken] = {("phone", 1): Spoken(1, 90), ("phone", 2): Spoken(1, 30)}
    assert numbers(speaking_order([fresh(1, 0), fresh(2, 5)], spoken)) == [2, 1]


def test_sides_take_turns_from_the_side_that_did_not_speak_last() -> None:
    asking = [
        fresh(1, 0, side=Side.FOR),
        fresh(2, 1, side=Side.FOR),
        fresh(3, 2, side=Side.AGAINST),
        fresh(4, 3, side=Side.AGAINST),
    ]
    assert numbers(speaking_order(asking, {}, alternate=True)) == [1, 3, 2, 4]
    after_for = speaking_order(asking, {}, alternate=True, last_side=Side.FOR)
    assert numbers(after_for) == [3, 1, 4, 2]
    assert numbers(speaking_order(asking, {})) == [1, 2, 3, 4]


def test_a_turn_moved_to_the_first_place_still_waits_for_a_point_of_order() -> None:
    asking = [fresh(1), fresh(2, 1, moved_to=1), fresh(3, 2, kind=POINT)]
    assert numbers(speaking_order(asking, {})) == [3, 2, 1]


@given(askings, histories, st.booleans(), last_sides, st.randoms())
def test_everybody_stands_there_once_and_the_order_asked_in_decides_nothing(
    asking: list[Asking],
    spoken: dict[Speaker, Spoken],
    alternate: bool,
    last: Side | None,
    chance: random.Random,
) -> None:
    ordered = speaking_order(asking, spoken, alternate=alternate, last_side=last)
    assert sorted(numbers(ordered)) == sorted(numbers(asking))
    chance.shuffle(asking)
    assert speaking_order(asking, spoken, alternate=alternate, last_side=last) == ordered


@given(askings, histories, st.booleans(), last_sides)
def test_points_of_order_come_before_every_speech(
    asking: list[Asking], spoken: dict[Speaker, Spoken], alternate: bool, last: Side | None
) -> None:
    ordered = speaking_order(asking, spoken, alternate=alternate, last_side=last)
    kinds = [one.kind == POINT for one in ordered]
    assert kinds == sorted(kinds, reverse=True)


@given(askings, histories)
def test_nobody_unmoved_waits_behind_somebody_who_spoke_more(
    asking: list[Asking], spoken: dict[Speaker, Spoken]
) -> None:
    ordered = [one for one in speaking_order(asking, spoken) if one.moved_to is None]
    for before, after in pairwise(ordered):
        if before.kind == after.kind:
            first = spoken.get(before.speaker, Spoken())
            second = spoken.get(after.speaker, Spoken())
            assert (first.times, first.seconds) <= (second.times, second.seconds)
            if first == second:
                assert before.asked_at <= after.asked_at


@given(askings, histories, last_sides)
def test_no_side_speaks_twice_running_while_the_other_waits(
    asking: list[Asking], spoken: dict[Speaker, Spoken], last: Side | None
) -> None:
    ordered = speaking_order(asking, spoken, alternate=True, last_side=last)
    speeches = [one for one in ordered if one.kind != POINT and one.moved_to is None]
    for place, one in enumerate(speeches):
        if one.side is not None and one.side == last:
            assert all(later.side in (None, one.side) for later in speeches[place:])
        last = one.side or last
    for side in Side:
        kept = [one for one in speeches if one.side == side]
        plain = [one for one in speaking_order(asking, spoken) if one in kept]
        assert kept == plain


@given(askings, histories, st.booleans(), last_sides)
def test_what_was_moved_stands_where_it_was_moved_to(
    asking: list[Asking], spoken: dict[Speaker, Spoken], alternate: bool, last: Side | None
) -> None:
    ordered = speaking_order(asking, spoken, alternate=alternate, last_side=last)
    for kind in TurnKind:
        of_kind = [one for one in ordered if one.kind == kind]
        moved = [one.moved_to for one in of_kind if one.moved_to is not None]
        if len(set(moved)) == len(moved):
            for one in of_kind:
                if one.moved_to is not None and one.moved_to <= len(of_kind) - len(moved) + 1:
                    assert of_kind[one.moved_to - 1] is one
