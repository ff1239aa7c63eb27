"""What a ballot paper asks, and what is wrong with a filled-in one."""

import json
import math
from collections import Counter
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballots import papers
from ballots.papers import (
    BallotFormat,
    BallotPaper,
    Fault,
    PaperFault,
    PaperProject,
    canonical,
    faults_in,
    paper_as_json,
    shuffled,
)


def paper(
    ballot_format: BallotFormat = BallotFormat.APPROVAL,
    *,
    costs: dict[str, int] | None = None,
    budget_pence: int = 10_000,
    max_choices: int | None = None,
    min_choices: int = 1,
) -> BallotPaper:
    costs = {"bench": 3_000, "tree": 4_000, "lamp": 5_000} if costs is None else costs
    return BallotPaper(
        ballot_format=ballot_format,
        projects=tuple(PaperProject(project_id, cost) for project_id, cost in costs.items()),
        budget_pence=budget_pence,
        max_choices=max_choices,
        min_choices=min_choices,
    )


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


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
ids = st.sampled_from(["bench", "tree", "lamp"])


@settings(deadline=None)
@given(
    choices=json_values | st.lists(ids | json_values), ballot_format=st.sampled_from(BallotFormat)
)
def test_whatever_a_stranger_sends_is_answered_and_only_good_ballots_pass(
    choices: object, ballot_format: BallotFormat
) -> None:
    filled = paper(ballot_format, budget_pence=7_000, max_choices=2)
    if not faults_in(filled, choices):
        assert isinstance(choices, list)
        assert 1 <= len(set(choices)) == len(choices) <= filled.most_choices
        if ballot_format is BallotFormat.KNAPSACK:
            assert sum(filled.costs[choice] for choice in choices) <= 7_000


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
    assert canonical(["tree", "bench"]) == canonical(["bench", "tree"]) == '["bench","tree"]'


def test_the_canonical_text_is_plain_ascii_whatever_the_ids() -> None:
    assert canonical(["ł/1", 'a"b']) == '["a\\"b","\\u0142/1"]'


@settings(deadline=None)
@given(st.sets(st.text()))
def test_the_canonical_text_gives_back_the_same_choices(choices: set[str]) -> None:
    assert set(json.loads(canonical(choices))) == choices


def test_a_paper_is_frozen_as_plain_json() -> None:
    frozen = paper_as_json(paper(BallotFormat.KNAPSACK, costs={"tree": 5}, max_choices=1))
    assert json.dumps(frozen) == (
        '{"ballot_format": "knapsack", "budget_pence": 10000, "max_choices": 1, '
        '"min_choices": 1, "projects": [{"id": "tree", "cost_pence": 5}]}'
    )


def test_a_voter_sees_the_same_order_again_wherever_it_comes_from() -> None:
    assert shuffled(["a", "b", "c", "d"], "voter 1") == shuffled("dcba", "voter 1")


def test_other_voters_see_other_orders() -> None:
    letters = "abcdefgh"
    assert len({shuffled(letters, f"voter {voter}") for voter in range(50)}) == 50


@settings(deadline=None)
@given(st.sets(st.text()), st.text(st.characters()))
def test_shuffling_loses_and_adds_nothing(projects: set[str], seed: str) -> None:
    assert sorted(shuffled(projects, seed)) == sorted(projects)


def test_a_seed_of_broken_text_still_shuffles() -> None:
    assert sorted(shuffled("abc", "\ud800")) == ["a", "b", "c"]


def test_a_draw_that_would_favour_the_first_projects_is_thrown_away() -> None:
    assert papers._draw_below(3, iter([2**64 - 1, 2**64 - 2])) == 2  # 2^64 - 1 is a multiple of 3


def test_every_order_is_as_likely_as_any_other() -> None:
    voters = 6_000
    seen = Counter(shuffled("abc", str(voter)) for voter in range(voters))
    expected = voters / 6
    chi_square = sum((seen[order] - expected) ** 2 / expected for order in permutations("abc"))
    assert chi_square < 20.5  # five degrees of freedom, one in a thousand


def test_every_project_stands_in_every_place_as_often() -> None:
    voters, letters = 4_000, "abcdefgh"
    seen = Counter(
        place for voter in range(voters) for place in enumerate(shuffled(letters, f"seed {voter}"))
    )
    expected = voters / len(letters)
    chi_square = sum(
        (seen[place, letter] - expected) ** 2 / expected
        for place in range(len(letters))
        for letter in letters
    )
    assert chi_square < 85.4  # forty-nine degrees of freedom, one in a thousand
