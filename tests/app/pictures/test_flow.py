"""Who funded what: bands that add up at both ends, and stay in their slots."""

import re

import pytest
from hypothesis import given

from app.pictures.flow import ACROSS, MOST_NODES, SLOT, Band, Flow, who_funded_what
from app.pictures.two_rules import two_rules
from ballots.counting import Rule, RuleName
from tests.app.pictures.counts import Json, counted, explanation, stored_payments, titled

Paid = dict[tuple[str, str], int]


def drawn(result: Json, paid: Paid) -> Flow:
    flow = who_funded_what(result, explanation(result, paid), titled(result))
    assert flow is not None
    return flow


def test_under_a_rule_in_which_nobody_pays_there_is_no_flow() -> None:
    result = counted([100], [(1,)], 1000)
    assert who_funded_what(result, explanation(result), {}) is None


def test_supporters_of_losers_stand_beside_the_winners_they_paid_for() -> None:
    result = counted([800, 900], [(1, 2), (1,)], 1000)
    flow = drawn(result, {("P1", "P1"): 600, ("P2", "P1"): 200})
    assert [node.code for node in flow.supporters] == ["P1", "P2"]
    assert [(node.code, node.pence) for node in flow.winners] == [("P1", 800)]
    assert [(band.source, band.target, band.own) for band in flow.bands] == [
        ("P1", "P1", True),
        ("P2", "P1", False),
    ]
    # Three quarters of the money came from the supporters of P1.
    assert flow.bands[0].height == pytest.approx(3 * flow.bands[1].height)
    assert flow.height == 2 * SLOT


def test_the_table_has_what_supporters_paid_undivided() -> None:
    result = counted([800, 100], [(1, 2), (1,)], 1000)
    # The two voters share one ballot each: both groups together paid more than the cost.
    flow = drawn(result, {("P1", "P1"): 800, ("P2", "P1"): 400, ("P2", "P2"): 100})
    told = [(row.title, [(one.title, one.pence) for one in row.paid]) for row in flow.table]
    assert told == [
        ("Bench 1", [("Bench 1", 800)]),
        ("Bench 2", [("Bench 1", 400), ("Bench 2", 100)]),
    ]


def test_the_table_has_full_titles_and_a_row_for_those_the_drawing_puts_together() -> None:
    several = range(1, MOST_NODES + 4)
    result = counted([100 * at for at in several], [tuple(several)], 100_000)
    titles = {
        f"P{at}": f"A long path with benches and trees beside the old canal, part {at}"
        for at in several
    }
    paid = {(f"P{at}", "P1"): 100 for at in several}
    flow = who_funded_what(result, explanation(result, paid), titles)
    assert flow is not None
    assert flow.supporters[-1].projects == 3
    assert flow.supporters[0].title.endswith("…")
    assert sorted(row.title for row in flow.table) == sorted(titles.values())
    assert {row.paid for row in flow.table} == {((titles["P1"], 1, 100),)}


@given(found=stored_payments())
def test_bands_fill_both_columns_exactly(found: tuple[Json, Paid]) -> None:
    result, paid = found
    flow = drawn(result, paid)
    for nodes, end in ((flow.supporters, "source"), (flow.winners, "target")):
        assert len({node.code for node in nodes}) == len(nodes) <= MOST_NODES + 1
        for slot, node in enumerate(nodes):
            bands = sum(band.height for band in flow.bands if getattr(band, end) == node.code)
            assert bands == pytest.approx(node.height)
            assert SLOT * slot <= node.top
            assert node.top + node.height <= SLOT * (slot + 1)
    paid_for = {target for _, target in paid}
    assert sum(node.pence or 0 for node in flow.winners) == sum(
        bought["paid_pence"] for bought in result["purchases"] if bought["project_id"] in paid_for
    )


def ends_of(band: Band) -> tuple[float, float]:
    """Where the upper edge of a band begins and ends."""
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", band.outline)]
    return numbers[1], numbers[7]


@given(found=stored_payments())
def test_bands_lie_one_under_the_other_at_both_ends(found: tuple[Json, Paid]) -> None:
    flow = drawn(*found)
    for nodes, end, side in ((flow.supporters, "source", 0), (flow.winners, "target", 1)):
        for node in nodes:
            top = node.top
            for band in flow.bands:
                if getattr(band, end) == node.code:
                    # Outlines are written to a tenth.
                    assert ends_of(band)[side] == pytest.approx(top, abs=0.06)
                    top += band.height


@given(found=stored_payments())
def test_a_winner_is_as_thick_as_the_money_it_received(found: tuple[Json, Paid]) -> None:
    flow = drawn(*found)
    most = max(flow.winners, key=lambda node: node.pence or 0)
    for node in flow.winners:
        assert node.height * (most.pence or 0) == pytest.approx(most.height * (node.pence or 0))


@given(found=stored_payments())
def test_nothing_is_drawn_outside_the_drawing(found: tuple[Json, Paid]) -> None:
    flow = drawn(*found)
    for band in flow.bands:
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", band.outline)]
        assert len(numbers) == 15
        assert all(0 <= number <= max(flow.height, ACROSS) for number in numbers)


@given(found=stored_payments())
def test_every_group_of_supporters_is_counted_somewhere(found: tuple[Json, Paid]) -> None:
    result, paid = found
    flow = drawn(result, paid)
    assert sum(node.projects for node in flow.supporters) == len({source for source, _ in paid})
    assert sum(node.projects for node in flow.winners) == len({target for _, target in paid})


def compared(result: Json, winners: list[str]) -> Json:
    other = {
        "rule": Rule(name=RuleName.PHRAGMEN).as_json(),
        "winners": winners,
        "spent_pence": 5,
        "ballots_with_a_winner": 2,
    }
    return explanation(result) | {"alternative": other, "ballots_with_a_winner": 1}


def test_two_rules_are_told_project_by_project() -> None:
    result = counted([800, 900, 50], [(1, 2), (1,), (3,)], 1000)
    found = two_rules(result, compared(result, ["P2"]), {"P1": "Trees"})
    assert found is not None
    assert [(f.title, f.funded, f.funded_otherwise) for f in found.projects] == [
        ("Trees", True, False),
        ("P3", True, False),
        ("P2", False, True),
    ]
    assert found.changed == 3
    assert found.other_rule.name is RuleName.PHRAGMEN
    # One and two of three ballots.
    assert (found.percent(found.with_a_winner), found.percent(found.with_a_winner_otherwise)) == (
        33,
        66,
    )


def test_there_is_no_second_rule_without_a_ballot_or_without_a_count() -> None:
    nobody = counted([800], [], 1000)
    assert two_rules(nobody, compared(nobody, []), {}) is None
    alone = counted([800], [(1,)], 1000)
    assert two_rules(alone, explanation(alone), {}) is None
