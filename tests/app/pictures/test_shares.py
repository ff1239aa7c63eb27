"""Shares by category: what is drawn adds up to the whole."""

from hypothesis import given
from hypothesis import strategies as st

from app.pictures.shares import WHOLE, shares, thousandths

PARKS = {"name": "Parks", "pence": 3_000, "votes": 10}
ROADS = {"name": "Roads", "pence": 1_000, "votes": 30}


def test_the_share_of_the_money_stands_beside_that_of_the_votes() -> None:
    assert [(s.name, s.of_money, s.of_votes) for s in shares([PARKS, ROADS], 4_000, 40)] == [
        ("Parks", 750, 250),
        ("Roads", 250, 750),
    ]


def test_projects_without_a_category_are_told_apart() -> None:
    found = shares([PARKS], 6_000, 40)
    assert [(s.name, s.pence, s.votes) for s in found] == [("Parks", 3_000, 10), ("", 3_000, 30)]
    assert [s.of_money for s in found] == [500, 500]


def test_a_single_category_is_no_comparison() -> None:
    assert shares([PARKS], 3_000, 10) == ()
    assert shares([], 3_000, 10) == ()


def test_without_money_or_votes_there_is_nothing_to_share() -> None:
    assert shares([{**PARKS, "pence": 0}, {**ROADS, "pence": 0}], 0, 40) == ()
    assert shares([{**PARKS, "votes": 0}, {**ROADS, "votes": 0}], 4_000, 0) == ()


@given(parts=st.lists(st.integers(0, 10**12), min_size=1).filter(any))
def test_bars_add_up_to_the_whole_and_none_is_a_thousandth_off(parts: list[int]) -> None:
    found = thousandths(parts)
    assert sum(found) == WHOLE
    assert all(
        abs(share * sum(parts) - part * WHOLE) < sum(parts)
        for share, part in zip(found, parts, strict=True)
    )
