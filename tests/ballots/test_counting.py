"""The count: greedy, exact, explained."""

import json
from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballots.counting import (
    DEFAULT_ORDER,
    REFUSE,
    BallotGroup,
    Election,
    Misfit,
    Project,
    Reason,
    Rule,
    RuleError,
    Tie,
    TieBreak,
    TieOrder,
    TieRefusedError,
    TieStep,
    count,
    grouped,
)
from tests.ballots.elections import groups_of

SKIP, STOP = Rule(misfit=Misfit.SKIP), Rule(misfit=Misfit.STOP)


def election(budget_pence: int, **projects: tuple[int, int]) -> Election:
    """An election of projects given as `id=(cost, votes)`, each vote a ballot of its own."""
    return Election.of(
        projects=tuple(Project(project_id, cost) for project_id, (cost, _) in projects.items()),
        groups=tuple(BallotGroup((p,), votes) for p, (_, votes) in projects.items() if votes),
        budget_pence=budget_pence,
    )


def test_projects_win_in_the_order_of_their_votes_while_the_money_lasts() -> None:
    result = count(election(100, tree=(30, 5), lamp=(60, 9), bench=(10, 7)), SKIP)
    assert result.winners == ("lamp", "bench", "tree")
    assert (result.spent_pence, result.left_pence) == (100, 0)


def test_skipping_goes_on_to_the_next_that_fits() -> None:
    result = count(election(100, lamp=(60, 9), road=(50, 8), tree=(40, 7)), SKIP)
    assert result.winners == ("lamp", "tree")
    assert result.stopped_at is None


def test_stopping_ends_at_the_first_that_does_not_fit() -> None:
    result = count(election(100, lamp=(60, 9), road=(50, 8), tree=(40, 7)), STOP)
    assert result.winners == ("lamp",)
    assert result.stopped_at == "road"
    assert result.verdict_on("tree").reason is Reason.AFTER_THE_STOP


def test_a_project_that_does_not_fit_says_by_how_much() -> None:
    verdict = count(election(100, lamp=(60, 9), road=(50, 8)), SKIP).verdict_on("road")
    assert verdict.reason is Reason.DOES_NOT_FIT
    assert (verdict.left_before_pence, verdict.shortfall_pence) == (40, 10)


def test_a_project_that_had_no_turn_has_no_shortfall() -> None:
    verdict = count(election(100, lamp=(60, 0)), SKIP).verdict_on("lamp")
    assert (verdict.left_before_pence, verdict.shortfall_pence) == (None, None)


def test_a_project_nobody_voted_for_is_not_funded_though_money_is_left() -> None:
    verdict = count(election(100, tree=(1, 0)), SKIP).verdict_on("tree")
    assert (verdict.funded, verdict.reason) == (False, Reason.NO_VOTES)


def test_a_project_without_cost_wins_on_an_empty_budget() -> None:
    assert count(election(0, tree=(0, 1)), SKIP).winners == ("tree",)


def test_a_project_below_the_threshold_is_out_and_on_it_is_in() -> None:
    rule = Rule(minimum_votes=5)
    result = count(election(100, tree=(10, 5), lamp=(10, 4)), rule)
    assert result.winners == ("tree",)
    assert result.verdict_on("lamp").reason is Reason.BELOW_THRESHOLD


def test_a_project_below_the_threshold_never_stops_the_count() -> None:
    rule = Rule(misfit=Misfit.STOP, minimum_votes=5)
    result = count(election(100, lamp=(101, 4), tree=(10, 5)), rule)
    assert (result.winners, result.stopped_at) == (("tree",), None)


def test_every_project_has_a_verdict_in_the_order_of_rank() -> None:
    result = count(election(100, tree=(30, 5), lamp=(60, 9), bench=(10, 0)), SKIP)
    assert [(v.rank, v.project_id, v.votes) for v in result.verdicts] == [
        (1, "lamp", 9),
        (2, "tree", 5),
        (3, "bench", 0),
    ]


def test_a_verdict_on_a_project_that_did_not_stand_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        count(election(100), SKIP).verdict_on("tree")


def test_the_result_is_plain_json_with_whole_pence() -> None:
    result = count(election(100, lamp=(60, 9), road=(60, 9)), STOP)
    assert json.loads(json.dumps(result.to_json())) == {
        "rule": json.loads(json.dumps(STOP.as_json())),
        "tie_order": {"by": "default", "recorded": []},
        "budget_pence": 100,
        "spent_pence": 60,
        "left_pence": 40,
        "ballots_cast": 18,
        "winners": ["lamp"],
        "stopped_at": "road",
        "start_budget_pence": None,
        "steps": 0,
        "gave_way": False,
        "purchases": [
            {"project_id": "lamp", "paid_pence": 60, "left_pence": 40, "price_pence": None}
        ],
        "projects": [
            {
                "project_id": "lamp",
                "rank": 1,
                "votes": 9,
                "score": 9,
                "cost_pence": 60,
                "funded": True,
                "funded_pence": 60,
                "won": 1,
                "reason": "funded",
                "left_before_pence": 100,
                "shortfall_pence": None,
            },
            {
                "project_id": "road",
                "rank": 2,
                "votes": 9,
                "score": 9,
                "cost_pence": 60,
                "funded": False,
                "funded_pence": 0,
                "won": None,
                "reason": "does-not-fit",
                "left_before_pence": 40,
                "shortfall_pence": 20,
            },
        ],
        "ties": [
            {"votes": 9, "members": ["lamp", "road"], "steps": ["project-id"], "decisive": True}
        ],
    }


# Ties -------------------------------------------------------------------------------------------


def test_among_equals_the_cheaper_comes_first_and_then_the_id_by_code_point() -> None:
    result = count(election(100, b=(40, 5), Z=(40, 5), a=(30, 5)), SKIP)
    assert result.winners == ("a", "Z")
    assert result.ties == (
        Tie(5, ("a", "Z", "b"), (TieStep.LOWER_COST, TieStep.PROJECT_ID), decisive=True),
    )


def test_more_supporting_ballots_come_before_the_id() -> None:
    tied = (Project("a", 40), Project("b", 40))
    ordered, steps = DEFAULT_ORDER.arrange(tied, {"a": 1, "b": 2})
    assert ([project.id for project in ordered], steps) == (["b", "a"], (TieStep.MORE_BALLOTS,))


def test_a_recorded_list_goes_before_everything() -> None:
    order = TieOrder.from_list(["dear", "cheap"])
    result = count(election(100, cheap=(10, 5), dear=(95, 5)), SKIP, order)
    assert result.winners == ("dear",)
    assert result.ties[0].steps == (TieStep.RECORDED_LIST,)


def test_projects_missing_from_the_recorded_list_follow_it_in_the_default_order() -> None:
    tied = (Project("a", 9), Project("b", 8), Project("c", 99))
    ordered, steps = TieOrder.from_list(["c"]).arrange(tied, {"a": 1, "b": 1, "c": 1})
    assert [project.id for project in ordered] == ["c", "b", "a"]
    assert steps == (TieStep.RECORDED_LIST, TieStep.LOWER_COST)


def test_refusing_raises_when_the_winners_depend_on_the_tie() -> None:
    with pytest.raises(TieRefusedError) as refused:
        count(election(100, road=(60, 9), lamp=(70, 9)), SKIP, REFUSE)
    assert refused.value.members == ("road", "lamp")


def test_refusing_lets_a_tie_pass_on_which_nothing_depends() -> None:
    result = count(election(100, road=(40, 9), lamp=(50, 9)), SKIP, REFUSE)
    assert result.winners == ("road", "lamp")
    assert not result.ties[0].decisive


@pytest.mark.parametrize("rule", [SKIP, STOP])
def test_a_tie_among_projects_that_are_all_too_dear_decides_nothing(rule: Rule) -> None:
    result = count(election(100, road=(101, 9), lamp=(102, 9)), rule, REFUSE)
    assert not result.ties[0].decisive


def test_a_tie_decides_whether_a_count_stops_before_or_after_the_one_that_fits() -> None:
    tied = election(100, road=(101, 9), lamp=(10, 9))
    assert count(tied, STOP).ties[0].decisive
    assert not count(tied, SKIP).ties[0].decisive


def test_level_projects_that_had_no_turn_are_no_tie() -> None:
    tied = election(100, road=(101, 9), a=(1, 3), b=(2, 3), c=(3, 0), d=(4, 0))
    assert count(tied, STOP).ties == ()
    assert count(tied, Rule(minimum_votes=4)).ties == ()


@pytest.mark.parametrize(
    ("by", "recorded"),
    [(TieBreak.RECORDED, ()), (TieBreak.DEFAULT, ("a",)), (TieBreak.RECORDED, ("a", "a"))],
)
def test_an_order_that_contradicts_itself_is_refused(
    by: TieBreak, recorded: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match="recorded"):
        TieOrder(by, recorded)


def test_a_recorded_order_is_frozen_as_plain_json() -> None:
    assert TieOrder.from_list("ba").as_json() == {"by": "recorded-list", "recorded": ["b", "a"]}


# What is counted --------------------------------------------------------------------------------


def test_identical_ballots_are_put_together_whatever_the_order_of_choices() -> None:
    assert grouped([["b", "a"], [], ["a", "b", "a"], ["c"]]) == (
        BallotGroup((), 1),
        BallotGroup(("a", "b"), 2),
        BallotGroup(("c",), 1),
    )


def test_votes_count_every_ballot_of_a_group_and_empty_ballots_are_ballots() -> None:
    groups = (BallotGroup(("a", "b"), 3), BallotGroup(("b",), 2), BallotGroup((), 4))
    counted = Election.of((Project("a", 1), Project("b", 1), Project("c", 1)), groups, 10)
    assert dict(counted.votes) == {"a": 3, "b": 5, "c": 0}
    assert counted.ballots_cast == 9


@pytest.mark.parametrize(
    ("projects", "groups", "budget_pence", "complaint"),
    [
        ((Project("a", 1), Project("a", 2)), (), 1, "share an id"),
        ((Project("a", -1),), (), 1, "money"),
        ((Project("a", 1),), (), -1, "money"),
        ((Project("a", 1),), (BallotGroup(("a",), 0),), 1, "without ballots"),
        ((Project("a", 1),), (BallotGroup(("a", "a"), 1),), 1, "twice"),
        ((Project("a", 1),), (BallotGroup(("b",), 1),), 1, "unknown"),
    ],
)
def test_an_election_that_does_not_add_up_is_refused(
    projects: tuple[Project, ...],
    groups: tuple[BallotGroup, ...],
    budget_pence: int,
    complaint: str,
) -> None:
    with pytest.raises(ValueError, match=complaint):
        Election.of(projects, groups, budget_pence)


# Rules as JSON ----------------------------------------------------------------------------------


@given(st.sampled_from(Misfit), st.integers(0, 10**9))
def test_a_rule_comes_back_from_json_as_it_was(misfit: Misfit, minimum_votes: int) -> None:
    rule = Rule(misfit=misfit, minimum_votes=minimum_votes)
    assert Rule.from_json(json.loads(json.dumps(rule.as_json()))) == rule


def test_settings_left_out_take_their_default() -> None:
    assert Rule.from_json({}) == Rule()


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        {"name": "lottery"},
        {"misfit": ["skip"]},
        {"misfit": {}},
        {"ranked_by": 1},
        {"minimum_votes": -1},
        {"minimum_votes": True},
        {"minimum_votes": "5"},
        {"minimum_votes": 1.5},
        {"completion": "soon"},
        {"runoff": True},
    ],
)
def test_settings_that_are_no_rule_are_refused(stored: object) -> None:
    with pytest.raises(RuleError):
        Rule.from_json(stored)


# Promises that hold for every election ----------------------------------------------------------

IDS = "abcdef"


@st.composite
def elections(draw: st.DrawFn) -> Election:
    stand = draw(st.integers(0, len(IDS)))
    costs = draw(st.lists(st.integers(0, 12), min_size=stand, max_size=stand))
    ids = IDS[:stand]
    ballots = draw(st.lists(st.sets(st.sampled_from(ids)) if ids else st.just(set()), max_size=12))
    projects = tuple(Project(p, cost) for p, cost in zip(ids, costs, strict=True))
    return Election.of(projects, grouped(ballots), draw(st.integers(0, 30)))


rules = st.builds(Rule, misfit=st.sampled_from(Misfit), minimum_votes=st.integers(0, 4))


@settings(deadline=None)
@given(elections(), rules)
def test_the_count_never_overspends_and_has_one_verdict_for_every_project(
    counted: Election, rule: Rule
) -> None:
    result = count(counted, rule)
    assert result.spent_pence <= counted.budget_pence
    assert sorted(v.project_id for v in result.verdicts) == [p.id for p in counted.projects]
    assert all(
        verdict.votes >= max(1, rule.minimum_votes) for verdict in result.verdicts if verdict.funded
    )


@settings(deadline=None)
@given(elections(), rules, st.randoms(use_true_random=False))
def test_the_order_and_the_grouping_of_ballots_never_matter(
    counted: Election, rule: Rule, chance: Random
) -> None:
    single = [
        BallotGroup(choices, 1)
        for choices, ballots, _ in groups_of(counted)
        for _ in range(ballots)
    ]
    projects = list(counted.projects)
    chance.shuffle(single)
    chance.shuffle(projects)
    again = Election.of(tuple(projects), tuple(single), counted.budget_pence)
    assert count(again, rule).to_json() == count(counted, rule).to_json()


@settings(deadline=None)
@given(elections(), rules)
def test_more_support_never_hurts(counted: Election, rule: Rule) -> None:
    for winner in count(counted, rule).winners:
        groups = (*groups_of(counted), BallotGroup((winner,), 1))
        assert (
            winner
            in count(Election.of(counted.projects, groups, counted.budget_pence), rule).winners
        )


@settings(deadline=None, max_examples=60)
@given(elections(), rules)
def test_a_tie_is_called_decisive_exactly_when_another_order_gives_other_winners(
    counted: Election, rule: Rule
) -> None:
    result = count(counted, rule)
    for tie in result.ties:
        if len(tie.members) > 4:
            continue
        winners = set()
        for order in permutations(tie.members):
            again = count(counted, rule, TieOrder.from_list(order))
            winners.add(frozenset(again.winners) & frozenset(tie.members))
        assert (len(winners) > 1) == tie.decisive
