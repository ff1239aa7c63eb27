"""What a ballot paper asks, and what is wrong with a filled-in one."""

import json
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballots.counting import BallotGroup, Election, Project
from ballots.papers import (
    NUMBERED,
    BallotFormat,
    BallotPaper,
    Fault,
    PaperFault,
    PaperProject,
    canonical,
    faults_in,
    marks_in,
    paper_as_json,
)


def paper(
    ballot_format: BallotFormat = BallotFormat.APPROVAL,
    *,
    costs: dict[str, int] | None = None,
    budget_pence: int = 10_000,
    max_choices: int | None = None,
    min_choices: int = 1,
    **limits: Any,
) -> BallotPaper:
    costs = {"bench": 3_000, "tree": 4_000, "lamp": 5_000} if costs is None else costs
    return BallotPaper(
        ballot_format=ballot_format,
        projects=tuple(PaperProject(project_id, cost) for project_id, cost in costs.items()),
        budget_pence=budget_pence,
        max_choices=max_choices,
        min_choices=min_choices,
        **limits,
    )


def points_paper(**limits: Any) -> BallotPaper:
    return paper(BallotFormat.POINTS, **{"points_to_give": 10, **limits})


def scores_paper(highest_score: int = 5) -> BallotPaper:
    return paper(BallotFormat.SCORES, highest_score=highest_score)


LISTED = [f for f in BallotFormat if f not in NUMBERED]
PAPERS = {
    **{f: paper(f, budget_pence=7_000, max_choices=2) for f in LISTED},
    BallotFormat.POINTS: points_paper(most_points_on_one=6),
    BallotFormat.SCORES: scores_paper(),
    BallotFormat.YES_NO: paper(BallotFormat.YES_NO),
}


def test_a_well_filled_approval_paper_has_no_faults() -> None:
    assert faults_in(paper(max_choices=2), ["tree", "bench"]) == []


def test_approval_without_a_limit_lets_a_voter_choose_everything() -> None:
    assert faults_in(paper(), ["tree", "bench", "lamp"]) == []


def test_an_approval_ballot_may_cost_more_than_the_budget() -> None:
    assert faults_in(paper(budget_pence=1), ["tree"]) == []


def test_one_choice_too_many_is_a_fault_with_both_numbers() -> None:
    found = faults_in(paper(max_choices=2), ["tree", "bench", "lamp"])
    assert found == [Fault(PaperFault.TOO_MANY, limit=2, actual=3)]


def test_choose_one_takes_one_choice_and_no_more() -> None:
    choose_one = paper(BallotFormat.CHOOSE_ONE)
    assert faults_in(choose_one, ["tree"]) == []
    assert faults_in(choose_one, ["tree", "lamp"]) == [
        Fault(PaperFault.TOO_MANY, limit=1, actual=2)
    ]


def test_a_knapsack_may_be_filled_to_the_last_penny() -> None:
    knapsack = paper(BallotFormat.KNAPSACK, budget_pence=7_000)
    assert faults_in(knapsack, ["tree", "bench"]) == []


def test_a_knapsack_a_penny_too_dear_is_a_fault_with_both_sums() -> None:
    knapsack = paper(BallotFormat.KNAPSACK, budget_pence=6_999)
    assert faults_in(knapsack, ["tree", "bench"]) == [
        Fault(PaperFault.OVER_BUDGET, limit=6_999, actual=7_000)
    ]


def test_a_knapsack_can_limit_the_number_of_choices_as_well() -> None:
    knapsack = paper(BallotFormat.KNAPSACK, budget_pence=1_000, max_choices=1)
    faults = [fault.fault for fault in faults_in(knapsack, ["tree", "bench"])]
    assert faults == [PaperFault.TOO_MANY, PaperFault.OVER_BUDGET]


def test_an_empty_ballot_is_a_fault_unless_the_paper_allows_it() -> None:
    assert faults_in(paper(), []) == [Fault(PaperFault.NOTHING_CHOSEN, limit=1, actual=0)]
    assert faults_in(paper(min_choices=0), []) == []


def test_fewer_choices_than_asked_for_are_too_few() -> None:
    assert faults_in(paper(min_choices=2), ["tree"]) == [
        Fault(PaperFault.TOO_FEW, limit=2, actual=1)
    ]


def test_the_same_project_twice_is_a_fault_that_names_it() -> None:
    assert faults_in(paper(), ["tree", "tree"]) == [
        Fault(PaperFault.CHOSEN_TWICE, project_id="tree", position=2)
    ]


def test_an_unknown_project_is_named_by_its_place_and_never_echoed() -> None:
    assert faults_in(paper(), ["tree", "<script>"]) == [
        Fault(PaperFault.UNKNOWN_PROJECT, position=2)
    ]


@pytest.mark.parametrize("choice", [1, True, math.nan, None, ["tree"], {"tree": 1}, b"tree"])
def test_a_choice_that_is_no_text_is_a_fault(choice: object) -> None:
    assert faults_in(paper(), [choice]) == [Fault(PaperFault.NOT_A_PROJECT, position=1)]


@pytest.mark.parametrize("choices", [None, "tree", {"tree"}, {"tree": 1}, 1, math.nan, True])
def test_choices_that_are_no_list_are_a_fault(choices: object) -> None:
    assert faults_in(paper(), choices) == [Fault(PaperFault.NOT_A_LIST)]


@pytest.mark.parametrize("lookalike", ["TREE", "tree ", "tre\u0435", "ｔree", "\ud800", "tree\0"])
def test_an_id_that_only_looks_alike_is_unknown(lookalike: str) -> None:
    assert faults_in(paper(), [lookalike]) == [Fault(PaperFault.UNKNOWN_PROJECT, position=1)]


def test_ten_thousand_entries_are_answered_with_one_fault() -> None:
    assert faults_in(paper(max_choices=2), ["tree"] * 10_000) == [
        Fault(PaperFault.TOO_MANY, limit=2, actual=10_000)
    ]


# --- points, scores, yes and no ------------------------------------------------------------------


def test_points_may_be_shared_out_to_the_last_one() -> None:
    assert faults_in(points_paper(), {"tree": 7, "bench": 3}) == []


def test_nobody_has_to_give_all_their_points() -> None:
    assert faults_in(points_paper(), {"tree": 1}) == []


def test_one_point_too_many_is_a_fault_with_both_sums() -> None:
    assert faults_in(points_paper(), {"tree": 7, "bench": 4}) == [
        Fault(PaperFault.TOO_MANY_POINTS, limit=10, actual=11)
    ]


def test_more_points_on_one_project_than_it_may_get_is_a_fault_that_names_it() -> None:
    assert faults_in(points_paper(most_points_on_one=3), {"bench": 3, "tree": 4}) == [
        Fault(PaperFault.TOO_MANY_ON_ONE, "tree", position=2, limit=3)
    ]


def test_without_a_limit_of_its_own_one_project_may_get_all_points_and_no_more() -> None:
    assert faults_in(points_paper(), {"tree": 10}) == []
    assert faults_in(points_paper(), {"tree": 11}) == [
        Fault(PaperFault.TOO_MANY_ON_ONE, "tree", position=1, limit=10)
    ]


def test_points_on_more_projects_than_the_paper_allows_are_a_fault() -> None:
    two = paper(BallotFormat.POINTS, max_choices=2, points_to_give=9)
    assert faults_in(two, {"bench": 1, "tree": 1, "lamp": 1}) == [
        Fault(PaperFault.TOO_MANY, limit=2, actual=3)
    ]


def test_a_score_above_the_highest_is_a_fault_that_names_the_project() -> None:
    assert faults_in(scores_paper(5), {"tree": 5, "lamp": 1}) == []
    assert faults_in(scores_paper(5), {"tree": 6}) == [
        Fault(PaperFault.SCORE_TOO_HIGH, "tree", position=1, limit=5)
    ]


@pytest.mark.parametrize("number", [0, -1, -(10**400)])
def test_points_and_scores_start_at_one(number: int) -> None:
    for numbered in (points_paper(), scores_paper(10)):
        assert faults_in(numbered, {"tree": number}) == [
            Fault(PaperFault.LESS_THAN_ONE, "tree", position=1, limit=10)
        ]


@pytest.mark.parametrize("number", [True, 1.0, 1e308, math.nan, "3", None, [1], {"tree": 1}])
def test_a_mark_that_is_no_whole_number_is_a_fault(number: object) -> None:
    for numbered in (points_paper(), scores_paper(10)):
        assert faults_in(numbered, {"tree": number}) == [
            Fault(PaperFault.NOT_A_WHOLE_NUMBER, "tree", position=1, limit=10)
        ]


def test_a_huge_number_is_answered_and_never_echoed() -> None:
    assert faults_in(points_paper(), {"tree": 10**4_000}) == [
        Fault(PaperFault.TOO_MANY_ON_ONE, "tree", position=1, limit=10)
    ]


def test_yes_and_no_are_the_only_answers() -> None:
    yes_no = paper(BallotFormat.YES_NO)
    assert faults_in(yes_no, {"tree": 1, "lamp": -1}) == []
    for answer in (0, 2, True, "yes", 1.0, None):
        assert faults_in(yes_no, {"tree": answer}) == [
            Fault(PaperFault.NOT_YES_OR_NO, "tree", position=1, limit=1)
        ]


@pytest.mark.parametrize("ballot_format", sorted(NUMBERED))
def test_a_numbered_paper_is_no_list_and_names_only_its_projects(
    ballot_format: BallotFormat,
) -> None:
    numbered = PAPERS[ballot_format]
    assert faults_in(numbered, ["tree"]) == [Fault(PaperFault.NOT_NUMBERED)]
    assert faults_in(numbered, {"<script>": 1}) == [Fault(PaperFault.UNKNOWN_PROJECT, position=1)]
    assert faults_in(numbered, {1: 1}) == [Fault(PaperFault.NOT_A_PROJECT, position=1)]
    assert faults_in(numbered, {}) == [Fault(PaperFault.NOTHING_CHOSEN, limit=1, actual=0)]
    assert faults_in(numbered, dict.fromkeys(map(str, range(4)), 1)) == [
        Fault(PaperFault.TOO_MANY, limit=3, actual=4)
    ]


def test_a_ranking_takes_its_places_and_no_project_twice() -> None:
    ranking = paper(BallotFormat.RANKING, max_choices=2, min_choices=2)
    assert faults_in(ranking, ["tree", "bench"]) == []
    assert faults_in(ranking, ["tree"]) == [Fault(PaperFault.TOO_FEW, limit=2, actual=1)]
    assert faults_in(ranking, ["tree", "tree"]) == [
        Fault(PaperFault.CHOSEN_TWICE, "tree", position=2)
    ]
    assert faults_in(ranking, ["tree", "bench", "lamp"]) == [
        Fault(PaperFault.TOO_MANY, limit=2, actual=3)
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
ids = st.sampled_from(["bench", "tree", "lamp"])
small = st.integers(-2, 7)


@settings(deadline=None)
@given(
    choices=json_values
    | st.lists(ids | json_values)
    | st.dictionaries(ids | st.text(), small | json_values),
    ballot_format=st.sampled_from(BallotFormat),
)
def test_whatever_a_stranger_sends_is_answered_and_only_good_ballots_pass(
    choices: object, ballot_format: BallotFormat
) -> None:
    filled = PAPERS[ballot_format]
    if faults_in(filled, choices):
        return
    assert isinstance(choices, dict if ballot_format in NUMBERED else list)
    assert 1 <= len(set(choices)) == len(choices) <= filled.most_choices
    assert set(choices) <= filled.costs.keys()
    if ballot_format is BallotFormat.KNAPSACK:
        assert sum(filled.costs[choice] for choice in choices) <= 7_000
    if isinstance(choices, dict):
        assert all(type(number) is int for number in choices.values())
        allowed = {
            BallotFormat.POINTS: range(1, 7),
            BallotFormat.SCORES: range(1, 6),
            BallotFormat.YES_NO: (1, -1),
        }[ballot_format]
        assert all(number in allowed for number in choices.values())
    if ballot_format is BallotFormat.POINTS:
        assert isinstance(choices, dict)
        assert sum(choices.values()) <= 10


@pytest.mark.parametrize(
    ("ballot_format", "limits"),
    [
        (BallotFormat.POINTS, {}),
        (BallotFormat.SCORES, {}),
        (BallotFormat.APPROVAL, {"points_to_give": 5}),
        (BallotFormat.YES_NO, {"highest_score": 5}),
        (BallotFormat.SCORES, {"highest_score": 5, "most_points_on_one": 2}),
        (BallotFormat.POINTS, {"points_to_give": 0}),
        (BallotFormat.POINTS, {"points_to_give": 5, "most_points_on_one": 6}),
        (BallotFormat.POINTS, {"points_to_give": 5, "most_points_on_one": 0}),
        (BallotFormat.POINTS, {"points_to_give": 1_000_001}),
        (BallotFormat.SCORES, {"highest_score": 0}),
    ],
)
def test_limits_that_do_not_belong_together_make_no_paper(
    ballot_format: BallotFormat, limits: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="point"):
        paper(ballot_format, **limits)


# --- the paper itself ----------------------------------------------------------------------------


def test_a_paper_with_a_project_twice_is_no_paper() -> None:
    twice = (PaperProject("tree", 1), PaperProject("tree", 2))
    with pytest.raises(ValueError, match="twice"):
        BallotPaper(BallotFormat.APPROVAL, twice, 100)


@pytest.mark.parametrize(
    ("budget_pence", "cost"), [(-1, 0), (0, -1)], ids=["budget below zero", "cost below zero"]
)
def test_a_paper_knows_no_money_below_zero(budget_pence: int, cost: int) -> None:
    with pytest.raises(ValueError, match="money"):
        paper(costs={"tree": cost}, budget_pence=budget_pence)


@pytest.mark.parametrize(("least", "most"), [(-1, 2), (3, 2), (4, None)])
def test_a_paper_nobody_could_fill_in_is_no_paper(least: int, most: int | None) -> None:
    with pytest.raises(ValueError, match="choices"):
        paper(min_choices=least, max_choices=most)


def test_the_canonical_text_does_not_depend_on_the_order_of_tapping() -> None:
    for ticked in (BallotFormat.APPROVAL, BallotFormat.CHOOSE_ONE, BallotFormat.KNAPSACK):
        assert canonical(ticked, ["tree", "bench"]) == '["bench","tree"]'
        assert canonical(ticked, ["bench", "tree"]) == '["bench","tree"]'


def test_the_canonical_text_of_a_ranking_keeps_its_order() -> None:
    assert canonical(BallotFormat.RANKING, ["tree", "bench"]) == '["tree","bench"]'


@pytest.mark.parametrize("ballot_format", sorted(NUMBERED))
def test_the_canonical_text_of_a_numbered_paper_is_sorted_by_project(
    ballot_format: BallotFormat,
) -> None:
    assert canonical(ballot_format, {"tree": 1, "bench": -1}) == '{"bench":-1,"tree":1}'


def test_the_canonical_text_is_plain_ascii_whatever_the_ids() -> None:
    assert canonical(BallotFormat.APPROVAL, ["ł/1", 'a"b']) == '["a\\"b","\\u0142/1"]'


@settings(deadline=None)
@given(st.sets(st.text()))
def test_the_canonical_text_gives_back_the_same_choices(choices: set[str]) -> None:
    text = canonical(BallotFormat.APPROVAL, sorted(choices))
    assert set(marks_in(BallotFormat.APPROVAL, text).choices) == choices


@pytest.mark.parametrize(
    ("ballot_format", "stored", "choices", "points"),
    [
        (BallotFormat.APPROVAL, '["bench","tree"]', ("bench", "tree"), None),
        (BallotFormat.CHOOSE_ONE, '["tree"]', ("tree",), None),
        (BallotFormat.KNAPSACK, "[]", (), None),
        # Borda: the first of three gets three, whatever else stands on the paper.
        (BallotFormat.RANKING, '["tree","bench","lamp"]', ("tree", "bench", "lamp"), (3, 2, 1)),
        (BallotFormat.RANKING, '["tree"]', ("tree",), (1,)),
        (BallotFormat.POINTS, '{"bench":7,"tree":3}', ("bench", "tree"), (7, 3)),
        (BallotFormat.SCORES, '{"lamp":5}', ("lamp",), (5,)),
        (BallotFormat.YES_NO, '{"bench":-1,"tree":1}', ("bench", "tree"), (-1, 1)),
    ],
)
def test_a_stored_ballot_says_its_choices_and_points_to_a_rule(
    ballot_format: BallotFormat,
    stored: str,
    choices: tuple[str, ...],
    points: tuple[int, ...] | None,
) -> None:
    assert marks_in(ballot_format, stored) == (choices, points)


def test_only_a_yes_is_support_and_a_no_takes_a_point_away() -> None:
    projects = [Project("tree", 100), Project("lamp", 100)]
    stored = ['{"lamp":1,"tree":1}', '{"lamp":-1}', '{"lamp":-1}']
    groups = [
        BallotGroup(marks.choices, 1, marks.points)
        for marks in (marks_in(BallotFormat.YES_NO, text) for text in stored)
    ]
    election = Election.of(projects, groups, 1_000)
    assert election.vote_counts == (1, 1)
    assert election.score_counts == (1, -1)


def test_a_paper_is_frozen_as_plain_json() -> None:
    frozen = paper_as_json(paper(BallotFormat.KNAPSACK, costs={"tree": 5}, max_choices=1))
    assert json.dumps(frozen) == (
        '{"ballot_format": "knapsack", "budget_pence": 10000, "max_choices": 1, '
        '"min_choices": 1, "projects": [{"id": "tree", "cost_pence": 5}]}'
    )


def test_limits_of_points_and_scores_are_frozen_where_the_paper_has_them() -> None:
    points = paper_as_json(points_paper(most_points_on_one=3))
    assert (points["points_to_give"], points["most_points_on_one"]) == (10, 3)
    assert "highest_score" not in points
    assert paper_as_json(scores_paper(5))["highest_score"] == 5


@pytest.mark.parametrize("ballot_format", list(BallotFormat))
def test_no_filled_in_paper_is_longer_than_the_longest(ballot_format: BallotFormat) -> None:
    limits: dict[str, int] = {}
    if ballot_format is BallotFormat.POINTS:
        limits = {"points_to_give": 1_000}
    if ballot_format is BallotFormat.SCORES:
        limits = {"highest_score": 10}
    ids = ["1", "a/b", "\u00e9\U0001f333", "x" * 30]
    projects = tuple(PaperProject(project_id, 1) for project_id in ids)
    paper = BallotPaper(ballot_format, projects, 10, **limits)
    most = paper.most_on_one or 1
    numbered = ballot_format in NUMBERED
    for number in (most, -1) if ballot_format is BallotFormat.YES_NO else (most,):
        choices: Any = dict.fromkeys(ids, number) if numbered else ids
        assert len(canonical(ballot_format, choices)) <= paper.longest_text
