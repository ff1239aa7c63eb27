"""The outcome on the hall's screen: a line for every project, winners first."""

import pytest
from hypothesis import given

from app.facilitators.reveal import MOST_LINES, reveal
from app.pictures.balance import WIDTH
from neighbourhoods.phases import Phase
from tests.app.pictures.counts import Json, counted, stored_counts, titled
from tests.app.public.builders import counted_round
from tests.builders import Town
from tests.council import Site


def test_winners_come_in_the_order_they_won_and_then_the_others_by_rank() -> None:
    result = counted([90, 900, 20], [(1, 2), (1, 2), (1, 3), (2,)], 200)
    shown = reveal(result, {"P1": "Trees"})
    assert shown is not None
    assert [(line.title, line.backing, line.step is not None) for line in shown.lines] == [
        ("Trees", 3, True),
        ("P3", 1, True),
        ("P2", 3, False),
    ]
    assert [line.backing_width for line in shown.lines] == [WIDTH, WIDTH // 3, WIDTH]
    assert [line.step.left_pence for line in shown.lines if line.step] == [110, 90]


def test_where_points_are_given_the_hall_sees_points_and_no_bar_below_nothing() -> None:
    result = counted([90, 900], [(1, 2), (1, 2), (1,)], 200)
    for verdict, score in zip(result["projects"], (8, -2), strict=True):
        verdict["score"] = score
    shown = reveal(result, {}, in_points=True)
    assert shown is not None
    assert shown.in_points
    assert [(line.backing, line.backing_width) for line in shown.lines] == [(8, WIDTH), (-2, 0)]


@given(result=stored_counts())
def test_every_project_has_one_line(result: Json) -> None:
    shown = reveal(result, titled(result))
    if shown is None:
        assert not any(verdict["votes"] for verdict in result["projects"])
        return
    assert {line.title for line in shown.lines} == set(titled(result).values())
    assert len(shown.lines) == len(result["projects"])
    assert shown.more == 0
    assert all(0 <= line.backing_width <= WIDTH for line in shown.lines)


@pytest.mark.parametrize(("projects", "lines", "more"), [(20, 20, 0), (21, 19, 2), (40, 19, 21)])
def test_a_long_paper_leaves_the_last_line_to_count_the_rest(
    projects: int, lines: int, more: int
) -> None:
    shown = reveal(counted([10] * projects, [(1, 2)], 1000), {})
    assert shown is not None
    assert lines <= MOST_LINES
    assert (len(shown.lines), shown.more) == (lines, more)


def test_the_hall_sees_votes_and_the_falling_balance_after_the_count(
    town: Town, site: Site
) -> None:
    the_round = counted_round(town, [4, 1], [4, 1], [4, 3], [3])
    page = site.as_(None).get(f"/rounds/{the_round.id}/screen").text
    assert page.count('class="screen__won"') == 2
    assert ">£2,000</td>" in page
    assert "Counted. Waiting for sign-off" in page
    assert "left of £10,000" not in page


def test_when_nobody_voted_there_is_nothing_to_reveal(town: Town, site: Site) -> None:
    the_round = town.round(Phase.SIGN_OFF)
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}/screen").text
    assert "of 6 voted" in page
    assert "screen__reveal" not in page
