"""Votes against cost: every project once, inside the plot, named without a collision."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.facilitators.hall_pictures import HALL
from app.pictures.axes import LENGTH, axis_for
from app.pictures.scatter import (
    LETTER_WIDTH,
    LINE,
    NARROW,
    POINT,
    WIDE,
    Box,
    Frame,
    Name,
    Point,
    named,
    votes_against_cost,
)
from app.pictures.titles import cut
from tests.app.pictures.counts import Json, counted, stored_counts, titled


@given(result=stored_counts())
def test_every_project_is_drawn_once_and_inside(result: Json) -> None:
    scatter = votes_against_cost(result, titled(result))
    if scatter is None:
        few = len(result["projects"]) < 2 or not any(v["votes"] for v in result["projects"])
        budget = result["budget_pence"]
        assert few or all(v["cost_pence"] > 10 * budget for v in result["projects"])
        return
    budget = result["budget_pence"]
    within = [
        v for v in result["projects"] if not budget or v["funded"] or v["cost_pence"] <= 10 * budget
    ]
    assert [p.code for p in scatter.points] == [v["project_id"] for v in within]
    assert {p.code for p in scatter.points if p.funded} == set(result["winners"])
    assert len(scatter.table) == len(result["projects"])
    for place in (scatter.points, scatter.wide_names, scatter.narrow_names):
        assert all(0 <= one.x <= LENGTH and 0 <= one.y <= LENGTH for one in place)
    assert all(0 <= mark.at <= LENGTH for mark in scatter.costs + scatter.votes)


def test_more_votes_stand_higher_and_more_cost_further_right() -> None:
    result = counted([100_00, 400_00], [(1, 2), (1,)], 1000_00)
    scatter = votes_against_cost(result, {})
    assert scatter is not None
    assert [(p.code, p.x, p.y) for p in scatter.points] == [("P1", 250, 0), ("P2", 1000, 500)]
    assert [(mark.number, mark.at) for mark in scatter.costs] == [
        (0, 0),
        (100_00, 250),
        (200_00, 500),
        (300_00, 750),
        (400_00, 1000),
    ]
    assert [(mark.number, mark.at) for mark in scatter.votes] == [(0, 1000), (1, 500), (2, 0)]


def test_a_project_beyond_ten_budgets_is_left_to_the_table_and_flattens_nothing() -> None:
    withdrawn, dearest = 999_999_999_00, 10_000_00
    result = counted([400_00, withdrawn, dearest], [(1, 2), (1,), (3,)], 1000_00)
    scatter = votes_against_cost(result, {})
    assert scatter is not None
    assert [p.code for p in scatter.points] == ["P1", "P3"]
    assert scatter.costs[-1].number == dearest
    assert scatter.left_out == 1
    assert sorted(row.cost_pence for row in scatter.table) == [400_00, dearest, withdrawn]


def box_of(name: Name, frame: Frame) -> Box:
    x, y = name.x * frame.width / LENGTH, name.y * frame.height / LENGTH
    width = len(name.text) * LETTER_WIDTH
    left = x - width if name.ends_here else x
    return Box(left, y - LINE / 2, left + width, y + LINE / 2)


@pytest.mark.parametrize("frame", [WIDE, NARROW, HALL])
@given(
    places=st.lists(
        st.tuples(st.integers(0, LENGTH), st.integers(0, LENGTH), st.booleans()), max_size=40
    )
)
def test_names_touch_neither_each_other_nor_an_edge(
    frame: Frame, places: list[tuple[int, int, bool]]
) -> None:
    points = [
        Point(f"P{at}", "A bench by the canal and more", 1, 1, funded, x, y)
        for at, (x, y, funded) in enumerate(places)
    ]
    names = list(named(points, frame))
    assert len(names) <= frame.names
    # Places are rounded to thousandths, so that a name may stand half a pixel aside.
    boxes = [box_of(name, frame) for name in names]
    for box in boxes:
        assert box.left >= -1
        assert box.right <= frame.width + 1
        assert box.top >= -1
        assert box.bottom <= frame.height + 1
    inner = [Box(b.left + 1, b.top + 1, b.right - 1, b.bottom - 1) for b in boxes]
    assert not any(one.overlaps(other) for one, other in combinations(inner, 2))
    for point in points:
        x, y = point.x * frame.width / LENGTH, point.y * frame.height / LENGTH
        around = Box(x - POINT + 1, y - POINT + 1, x + POINT - 1, y + POINT - 1)
        assert not any(around.overlaps(box) for box in inner)


def test_funded_projects_are_named_first() -> None:
    crowd = [Point(f"P{at}", f"Bench {at}", at, 1, at == 7, 10, 20 * at) for at in range(50)]
    assert next(named(crowd, NARROW)).text == "Bench 7"


@pytest.mark.parametrize(
    ("highest", "most_steps", "unit", "marks"),
    [
        (0, 4, 1, [0, 1]),
        (1, 5, 1, [0, 1]),
        (7, 5, 1, [0, 2, 4, 6, 8]),
        (1_949, 5, 1, [0, 500, 1_000, 1_500, 2_000]),
        (12_000_50, 4, 100, [0, 5_000_00, 10_000_00, 15_000_00]),
        (30, 4, 100, [0, 100]),
    ],
)
def test_axes_are_marked_at_round_numbers(
    highest: int, most_steps: int, unit: int, marks: list[int]
) -> None:
    assert axis_for(highest, most_steps, unit).marks == marks


@given(highest=st.integers(0, 10**13), most_steps=st.integers(1, 6))
def test_an_axis_holds_its_highest_number_in_few_steps(highest: int, most_steps: int) -> None:
    axis = axis_for(highest, most_steps)
    assert 0 <= axis.place(highest) <= LENGTH
    assert 2 <= len(axis.marks) <= most_steps + 1


@pytest.mark.parametrize(
    ("title", "most", "shown"),
    [
        ("Trees", 5, "Trees"),
        ("Trees for\n the  green", 30, "Trees for the green"),
        ("Trees for the green", 12, "Trees for…"),
        ("Trees for the green", 10, "Trees for…"),
        ("Wolnostojącadrabinka", 10, "Wolnostoj…"),
        ("A Wolnostojącadrabinka", 10, "A Wolnost…"),
        ("Trees, shrubs", 8, "Trees…"),
    ],
)
def test_a_long_title_is_cut_between_words(title: str, most: int, shown: str) -> None:
    assert cut(title, most) == shown
    assert len(shown) <= most
