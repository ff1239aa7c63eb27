"""The falling balance: bars that hold together, and money that adds up."""

from itertools import pairwise

from hypothesis import given

from app.pictures.balance import WIDTH, falling_balance, paid_for_winners
from ballots.counting import Rule
from tests.app.pictures.counts import Json, counted, stored_counts, titled


def test_each_winner_lowers_what_is_left() -> None:
    result = counted([60_00, 30_00, 50_00], [(1, 2), (1, 2), (1, 3)], 100_00)
    balance = falling_balance(result, {"P1": "Trees"})
    assert balance is not None
    assert [(s.title, s.paid_pence, s.left_pence) for s in balance.steps] == [
        ("Trees", 60_00, 40_00),
        ("P2", 30_00, 10_00),
    ]
    assert [(s.kept, s.taken) for s in balance.steps] == [
        ((0, 400), (400, 600)),
        ((0, 100), (100, 300)),
    ]


@given(result=stored_counts())
def test_the_steps_join_without_a_gap_and_stay_inside(result: Json) -> None:
    balance = falling_balance(result, titled(result))
    if balance is None:
        assert not result["winners"] or result["budget_pence"] == 0
        return
    assert [step.code for step in balance.steps] == result["winners"]
    assert sum(step.paid_pence for step in balance.steps) + balance.left_pence == (
        balance.budget_pence
    )
    ends = [WIDTH, *(step.taken.at for step in balance.steps)]
    assert [step.taken.at + step.taken.width for step in balance.steps] == ends[:-1]
    for before, after in pairwise(ends):
        assert 0 <= after <= before <= WIDTH
    for step in balance.steps:
        assert step.kept.width >= 0
        assert step.kept.at + step.kept.width in (step.taken.at, step.kept.at)


def test_money_overspent_is_drawn_below_nothing() -> None:
    rule = Rule(overspend_pence=25_00)
    result = counted([50_00, 75_00], [(1, 2), (1,)], 100_00, rule)
    balance = falling_balance(result, {})
    assert balance is not None
    assert balance.left_pence == -25_00
    # 125 pounds in all: nothing stands at 25 of them, a fifth of the way.
    assert balance.steps[0].kept == (200, 400)
    assert balance.steps[1].kept == (200, 0)
    assert balance.steps[1].taken == (0, 600)


def test_nothing_is_drawn_when_nothing_was_funded() -> None:
    assert falling_balance(counted([50], [], 100), {}) is None


def test_an_outcome_of_the_first_version_can_be_drawn_too() -> None:
    result = counted([60, 30], [(1, 2), (1,)], 100)
    del result["purchases"]
    assert paid_for_winners(result) == {"P1": 60, "P2": 30}
