"""What a count tells besides its winners: claims are put to the test by counting again."""

import json
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ballots.counting import (
    DEFAULT_ORDER,
    REFUSE,
    BallotGroup,
    Completion,
    Election,
    Limit,
    LimitOn,
    Misfit,
    Project,
    RankedBy,
    Rule,
    RuleName,
    Then,
    TieOrder,
    Utility,
    count,
    explain,
    recounted_story,
)
from ballots.pabulib import read_file
from ballots.pabulib.official import official_election, official_rule
from tests.ballots.elections import drawn_elections, groups_of
from tests.ballots.test_pabulib import REAL

EQUAL = Rule(name=RuleName.EQUAL_SHARES)


def story_of(told: dict[str, object], project_id: str) -> dict[str, object]:
    projects = told["projects"]
    assert isinstance(projects, list)
    return next(story for story in projects if story["project_id"] == project_id)


def at_cost(election: Election, project_id: str, cost_pence: int) -> Election:
    """The same election with one project at another cost."""
    projects = [
        replace(p, cost_pence=cost_pence) if p.id == project_id else p for p in election.projects
    ]
    return Election.of(projects, groups_of(election), election.budget_pence)


def with_votes(election: Election, project_id: str, votes: int) -> Election:
    """The same election with so many further ballots that name only one project."""
    more = [BallotGroup((project_id,), votes)] if votes else []
    return Election.of(election.projects, [*groups_of(election), *more], election.budget_pence)


def with_idle(election: Election, project_id: str, idle: int, votes: int) -> Election:
    """So many voters who chose nothing, some of whom now support one project."""
    groups = [
        *groups_of(election),
        BallotGroup((project_id,), votes),
        BallotGroup((), idle - votes),
    ]
    kept = [group for group in groups if group.ballots]
    return Election.of(election.projects, kept, election.budget_pence)


GREEDY_RULES = st.builds(
    Rule,
    misfit=st.sampled_from(Misfit),
    ranked_by=st.sampled_from([RankedBy.VOTES, RankedBy.VOTES_PER_POUND]),
    minimum_votes=st.integers(0, 4),
)
TIE_ORDERS = st.sampled_from([DEFAULT_ORDER, TieOrder.drawn("lots")])


@settings(max_examples=400, deadline=None)
@given(drawn_elections(pointed=False), GREEDY_RULES)
def test_greedy_projects_win_with_the_votes_they_are_said_to_lack(
    election: Election, rule: Rule
) -> None:
    result = count(election, rule)
    told = explain(election, result)
    for verdict in result.verdicts:
        votes = story_of(told, verdict.project_id)["more_votes"]
        if not verdict.funded and isinstance(votes, int):
            more = with_votes(election, verdict.project_id, votes)
            assert verdict.project_id in count(more, rule).winners


@settings(max_examples=400, deadline=None)
@given(drawn_elections(pointed=False), GREEDY_RULES, TIE_ORDERS)
def test_greedy_projects_do_not_win_with_one_vote_less_than_they_are_said_to_lack(
    election: Election, rule: Rule, order: TieOrder
) -> None:
    result = count(election, rule, order)
    told = explain(election, result)
    for verdict in result.verdicts:
        votes = story_of(told, verdict.project_id)["more_votes"]
        if not verdict.funded and isinstance(votes, int):
            enough = with_votes(election, verdict.project_id, votes)
            assert verdict.project_id in count(enough, rule, order).winners
            fewer = with_votes(election, verdict.project_id, votes - 1)
            assert verdict.project_id not in count(fewer, rule, order).winners


@pytest.mark.parametrize(
    ("cost", "order", "votes"),
    [(9, DEFAULT_ORDER, 2), (10, DEFAULT_ORDER, 3), (10, TieOrder.from_list(["z", "a"]), 2)],
)
def test_a_loser_that_goes_first_when_level_lacks_one_vote_less(
    cost: int, order: TieOrder, votes: int
) -> None:
    # Level at 5 votes the cheaper goes first; at the same cost the id does, or what was drawn.
    groups = [BallotGroup(("a",), 5), BallotGroup(("z",), 3)]
    election = Election.of([Project("a", 10), Project("z", cost)], groups, 10)
    result = count(election, Rule(), order)
    assert story_of(explain(election, result), "z")["more_votes"] == votes


def test_where_ties_are_refused_a_loser_has_to_come_before_the_winner() -> None:
    groups = [BallotGroup(("a",), 5), BallotGroup(("z",), 3)]
    election = Election.of([Project("a", 10), Project("z", 9)], groups, 10)
    result = count(election, Rule(), REFUSE)
    assert story_of(explain(election, result), "z")["more_votes"] == 3


@settings(max_examples=300, deadline=None)
@given(drawn_elections(), GREEDY_RULES)
def test_greedy_projects_win_at_the_cost_they_are_told(election: Election, rule: Rule) -> None:
    assume(rule.ranked_by is RankedBy.VOTES)
    result = count(election, rule)
    told = explain(election, result)
    for verdict in result.verdicts:
        cost = story_of(told, verdict.project_id)["lower_cost_pence"]
        if isinstance(cost, int):
            assert cost < verdict.cost_pence
            cheaper = at_cost(election, verdict.project_id, cost)
            assert verdict.project_id in count(cheaper, rule).winners


@settings(max_examples=400, deadline=None)
@given(drawn_elections(), st.sampled_from(Utility), st.sampled_from(Then), st.booleans())
def test_equal_shares_projects_win_at_the_cost_they_are_told(
    election: Election, utility: Utility, then: Then, halved: bool
) -> None:
    rule = replace(EQUAL, utility=utility, then=then)
    result = count(election, rule)
    told = explain(election, result)
    for verdict in result.verdicts:
        cost = story_of(told, verdict.project_id)["lower_cost_pence"]
        if isinstance(cost, int):
            assert 0 <= cost < verdict.cost_pence
            cheaper = at_cost(election, verdict.project_id, cost // 2 if halved else cost)
            assert verdict.project_id in count(cheaper, rule).winners


@settings(max_examples=400, deadline=None)
@given(drawn_elections(pointed=False), st.sampled_from([Utility.COST, Utility.CARDINALITY]))
def test_equal_shares_projects_win_with_so_many_more_supporters_with_whole_shares(
    election: Election, utility: Utility
) -> None:
    # The further supporters have voted already, for nothing: the shares stay the same.
    idle = 40
    rule = replace(EQUAL, utility=utility)
    crowd = with_idle(election, election.projects[0].id, idle, 0)
    result = count(crowd, rule)
    told = explain(crowd, result)
    for verdict in result.verdicts:
        votes = story_of(told, verdict.project_id)["more_votes"]
        if not verdict.funded and isinstance(votes, int) and votes <= idle:
            more = with_idle(election, verdict.project_id, idle, votes)
            assert verdict.project_id in count(more, rule).winners


@settings(max_examples=400, deadline=None)
@given(drawn_elections(pointed=False), st.sampled_from([Utility.COST, Utility.CARDINALITY]))
def test_no_more_supporters_are_said_to_be_lacking_than_there_are_other_voters(
    election: Election, utility: Utility
) -> None:
    told = explain(election, count(election, replace(EQUAL, utility=utility)))
    for project_id, votes in election.votes.items():
        more = story_of(told, project_id)["more_votes"]
        assert more is None or (isinstance(more, int) and votes + more <= election.ballots_cast)


@pytest.mark.parametrize(("untouched", "votes"), [(0, None), (1, 7), (2, 2), (3, 2)])
def test_supporters_are_lacking_only_where_so_many_still_have_their_share(
    untouched: int, votes: int | None
) -> None:
    # Each has 10, and seven pay 4 each for a. Then b (25) has 6: it lacks two whole shares. Before
    # that it would take eight supporters to be better value than a, so seven more.
    groups = [BallotGroup(("a",), 6), BallotGroup(("a", "b"), 1), BallotGroup((), untouched)]
    kept = [group for group in groups if group.ballots]
    projects = [Project("a", 28), Project("b", 25)]
    election = Election.of(projects, kept, 10 * (7 + untouched))
    told = explain(election, count(election, EQUAL))
    assert story_of(told, "b")["more_votes"] == votes


@settings(max_examples=150, deadline=None)
@given(
    drawn_elections(),
    st.sampled_from(Utility),
    st.sampled_from(Completion),
    st.sampled_from(Then),
    st.booleans(),
    st.sampled_from([1_000, 20_000]),
)
def test_where_shares_are_raised_or_compared_every_claim_is_borne_out_by_a_count(
    election: Election,
    utility: Utility,
    completion: Completion,
    then: Then,
    compared: bool,
    looks: int,
) -> None:
    assume(compared or completion is not Completion.NONE)
    step = max(1, election.budget_pence // 15)
    rule = Rule(
        RuleName.EQUAL_SHARES,
        utility=utility,
        completion=completion,
        step_pence=step,
        then=then,
        comparison=compared,
    )
    result = count(election, rule)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(recounted_story, "MOST_LOOKS", looks)
        told = explain(election, result)
    for verdict in result.verdicts:
        story = story_of(told, verdict.project_id)
        votes, cost = story["more_votes"], story["lower_cost_pence"]
        if isinstance(votes, int) and not verdict.funded:
            assert wins_with(election, rule, verdict.project_id, votes)
            if story["votes_are_least"]:
                assert not any(
                    wins_with(election, rule, verdict.project_id, fewer)
                    for fewer in range(1, votes)
                )
        if isinstance(cost, int):
            assert wins_at(election, rule, verdict.project_id, cost)
            unit = 100 if verdict.cost_pence > 100 else 1
            assert cost % unit == 0
            if story["cost_is_highest"]:
                assert not any(
                    wins_at(election, rule, verdict.project_id, dearer)
                    for dearer in range(cost + unit, verdict.cost_pence, unit)
                )


def wins_with(election: Election, rule: Rule, project_id: str, votes: int) -> bool:
    """Whether a project wins with so many further ballots that name only it, at one point each."""
    points = (1,) if election.ballots.points is not None else None
    more = [*groups_of(election), BallotGroup((project_id,), votes, points)]
    changed = Election.of(election.projects, more, election.budget_pence)
    return project_id in count(changed, rule).winners


def wins_at(election: Election, rule: Rule, project_id: str, cost_pence: int) -> bool:
    """Whether a project wins at another cost."""
    return project_id in count(at_cost(election, project_id, cost_pence), rule).winners


def assen() -> tuple[Election, Rule]:
    """A real election whose shares were raised step by step, and the rule it declares."""
    path = REAL / "Netherlands_Assen_2024.pb"
    if not path.exists():
        pytest.skip("the real elections are not here")
    read = read_file(path)
    return official_election(read), official_rule(read)


def test_in_a_real_election_the_least_votes_are_told_and_whether_the_cost_is_the_highest() -> None:
    election, rule = assen()
    told = explain(election, count(election, rule))
    least = {"10": 22, "4": 14, "1": 6, "8": 6}
    for project_id, votes in least.items():
        story = story_of(told, project_id)
        assert (story["more_votes"], story["votes_are_least"]) == (votes, True)
        assert wins_with(election, rule, project_id, votes)
        assert not any(wins_with(election, rule, project_id, n) for n in range(1, votes))
    # Its £40,000 are too many pounds to try each: between what is said and that, some may win.
    story = story_of(told, "1")
    cost = story["lower_cost_pence"]
    assert isinstance(cost, int)
    assert cost % 100 == 0
    assert wins_at(election, rule, "1", cost)
    assert not wins_at(election, rule, "1", cost + 100)
    assert cost >= 3_000_000
    assert story["cost_is_highest"] is False


def test_votes_that_were_not_all_tried_are_not_called_the_least(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    election, rule = assen()
    monkeypatch.setattr(recounted_story, "MOST_LOOKS", 50_000)  # five recounts a figure
    story = story_of(explain(election, count(election, rule)), "10")
    votes = story["more_votes"]
    assert isinstance(votes, int)
    assert wins_with(election, rule, "10", votes)
    assert story["votes_are_least"] is False


def test_where_recounts_would_take_too_long_nothing_is_claimed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    groups = [BallotGroup(("a",), 6), BallotGroup(("b",), 4)]
    election = Election.of([Project("a", 10), Project("b", 10)], groups, 10)
    result = count(election, replace(EQUAL, completion=Completion.ADD1, step_pence=1), REFUSE)
    assert story_of(explain(election, result), "b")["more_votes"] is not None
    monkeypatch.setattr(recounted_story, "MOST_WORK", 1)
    assert story_of(explain(election, result), "b")["more_votes"] is None


def test_a_vote_that_only_ties_with_the_stop_is_not_said_to_be_enough() -> None:
    """Two voters paid 1 a head for a; e would come at 3 and stops the count, as b would at 3."""
    costs = {"a": 2, "b": 3, "e": 4}
    projects = [Project(project_id, cost) for project_id, cost in costs.items()]
    election = Election.of(projects, [BallotGroup(("e", "a"), 2)], 5)
    rule = Rule(name=RuleName.PHRAGMEN)
    result = count(election, rule)
    assert result.winners == ("a",)
    assert result.stopped_at == "e"
    assert story_of(explain(election, result), "b")["more_votes"] == 2
    assert "b" not in count(with_votes(election, "b", 1), rule).winners
    assert "b" in count(with_votes(election, "b", 2), rule).winners


@settings(max_examples=400, deadline=None)
@given(drawn_elections(pointed=False), st.integers(0, 3))
def test_phragmen_projects_win_with_what_they_are_told(election: Election, minimum: int) -> None:
    rule = Rule(name=RuleName.PHRAGMEN, minimum_votes=minimum)
    result = count(election, rule)
    told = explain(election, result)
    for verdict in result.verdicts:
        if verdict.funded:
            continue
        story = story_of(told, verdict.project_id)
        votes, cost = story["more_votes"], story["lower_cost_pence"]
        if isinstance(votes, int):
            more = with_votes(election, verdict.project_id, votes)
            assert verdict.project_id in count(more, rule).winners
        if isinstance(cost, int):
            cheaper = at_cost(election, verdict.project_id, cost)
            assert verdict.project_id in count(cheaper, rule).winners


@settings(max_examples=300, deadline=None)
@given(
    drawn_elections(pointed=False),
    st.sampled_from([RankedBy.VOTES, RankedBy.VOTES_TIMES_COST]),
    st.integers(0, 3),
)
def test_knapsack_projects_win_with_what_they_are_told(
    election: Election, by: RankedBy, minimum: int
) -> None:
    rule = Rule(name=RuleName.KNAPSACK, ranked_by=by, minimum_votes=minimum)
    result = count(election, rule)
    told = explain(election, result)
    for verdict in result.verdicts:
        if verdict.funded:
            continue
        story = story_of(told, verdict.project_id)
        votes, cost = story["more_votes"], story["lower_cost_pence"]
        if isinstance(votes, int):
            more = with_votes(election, verdict.project_id, votes)
            assert verdict.project_id in count(more, rule).winners
        if isinstance(cost, int):
            cheaper = at_cost(election, verdict.project_id, cost)
            assert verdict.project_id in count(cheaper, rule).winners


def test_rounds_tell_effective_votes_and_the_money_behind_a_project() -> None:
    # Shares of 10. a (30 pence, 4 supporters) and b (20, 3), two voters want both.
    groups = [BallotGroup(("a", "b"), 2), BallotGroup(("a",), 2), BallotGroup(("b",), 1)]
    election = Election.of([Project("a", 30), Project("b", 20)], groups, 50)
    result = count(election, EQUAL)
    told = explain(election, result)
    assert result.winners == ("a",)
    # After a took 7.50 each, 2 x 2.50 + 10 = 15 stand behind b.
    assert story_of(told, "b")["standings"] == [
        {"round": 1, "effective_votes": "3.000000", "money_pence": 30},
        {"round": 2, "effective_votes": "0.000000", "money_pence": 15},
    ]
    assert story_of(told, "b")["lost_in_round"] == 2
    assert story_of(told, "b")["supporters_spent_on"] == [{"project_id": "a", "pence": 15}]


def test_who_is_served_and_where_the_money_goes() -> None:
    projects = [
        Project("a", 30, "parks", "north", beneficiaries=7),
        Project("b", 20, "roads", "south"),
        Project("c", 60, "parks", "south"),
    ]
    groups = [BallotGroup(("a",), 3), BallotGroup(("b", "c"), 2), BallotGroup(("c",), 1)]
    election = Election.of(projects, groups, 50)
    result = count(election, Rule())
    told = explain(election, result, count(election, Rule(minimum_votes=3)))
    assert told["ballots_with_a_winner"] == 5
    assert told["spending"] == {
        "category": [
            {"name": "parks", "pence": 30, "votes": 6},
            {"name": "roads", "pence": 20, "votes": 2},
        ],
        "area": [
            {"name": "north", "pence": 30, "votes": 3},
            {"name": "south", "pence": 20, "votes": 5},
        ],
    }
    # 30 pence for 7 people: 5 pence a person, rounded up.
    assert story_of(told, "a")["beneficiary_cost_pence"] == 5
    beside = told["alternative"]
    assert isinstance(beside, dict)
    assert (beside["winners"], beside["ballots_with_a_winner"]) == (["a"], 3)


def test_a_choice_without_points_serves_nobody() -> None:
    groups = [BallotGroup(("a", "b"), 4, (2, 0)), BallotGroup(("b",), 1, (1,))]
    election = Election.of([Project("a", 1), Project("b", 1)], groups, 1)
    rule = Rule(ranked_by=RankedBy.SCORE)
    result = count(election, rule)
    assert result.winners == ("a",)
    assert explain(election, result)["ballots_with_a_winner"] == 4


@pytest.mark.parametrize(
    "rule",
    [
        Rule(caps=(Limit(LimitOn.CATEGORY, "parks", 1),)),
        Rule(ranked_by=RankedBy.SCORE),
        Rule(minimum_score=2),
        replace(EQUAL, caps=(Limit(LimitOn.CATEGORY, "parks", 1),)),
        replace(EQUAL, comparison=True),
        replace(EQUAL, completion=Completion.ADD1),
        Rule(name=RuleName.PHRAGMEN),
        Rule(name=RuleName.PHRAGMEN, criteria=(("access", 5),)),
        Rule(name=RuleName.PHRAGMEN, part_funding=True),
        Rule(name=RuleName.KNAPSACK),
        Rule(name=RuleName.KNAPSACK, minimum_score=1),
        Rule(name=RuleName.KNAPSACK, exclusive=(("a", "d"),)),
    ],
)
def test_every_explanation_is_plain_json_with_every_project_once(rule: Rule) -> None:
    projects = [Project("a", 10, "parks"), Project("b", 0), Project("c", 99), Project("d", 5)]
    groups = [BallotGroup(("a", "b"), 9), BallotGroup(("c",), 2), BallotGroup((), 1)]
    election = Election.of(projects, groups, 20)
    told = explain(election, count(election, rule))
    assert json.loads(json.dumps(told)) == told
    stories = told["projects"]
    assert isinstance(stories, list)
    assert sorted(story["project_id"] for story in stories) == ["a", "b", "c", "d"]


def test_a_free_project_below_the_threshold_lacks_only_those_votes() -> None:
    projects = [Project("a", 10), Project("b", 20), Project("f", 0)]
    groups = [BallotGroup(("a",), 5), BallotGroup(("b",), 4), BallotGroup(("f",), 1)]
    election = Election.of(projects, groups, 15)
    rule = Rule(misfit=Misfit.STOP, ranked_by=RankedBy.VOTES_PER_POUND, minimum_votes=3)
    result = count(election, rule)
    assert result.stopped_at == "b"
    assert story_of(explain(election, result), "f")["more_votes"] == 2


def test_phragmen_with_points_and_part_funding_is_told_round_by_round() -> None:
    projects = [Project("a", 10), Project("b", 20, minimum_cost_pence=5), Project("c", 9)]
    groups = [BallotGroup(("a", "b", "c"), 3, (2, 1, 0)), BallotGroup(("c",), 1, (1,))]
    election = Election.of(projects, groups, 25)
    result = count(election, Rule(name=RuleName.PHRAGMEN, part_funding=True))
    # c at 9 and a at 10 / 3: a, then c (9 + 0), then b (20 + 10) / 3, for which 6 are left.
    assert result.winners == ("a", "c", "b")
    told = explain(election, result)
    assert story_of(told, "b")["more_votes"] is None
    # Nobody has paid yet; then three have paid 10 / 3 each, of which b's supporters all.
    assert story_of(told, "b")["standings"] == [
        {"round": 1, "effective_votes": "3.000000", "money_pence": 0},
        {"round": 2, "effective_votes": "2.000000", "money_pence": 0},
        {"round": 3, "effective_votes": "2.000000", "money_pence": 17},
    ]
    assert story_of(told, "b")["supporters_spent_on"] == [{"project_id": "a", "pence": 10}]


def test_where_points_let_in_nothing_is_said_of_votes() -> None:
    groups = [BallotGroup(("a",), 3), BallotGroup(("b",), 2)]
    election = Election.of([Project("a", 10), Project("b", 10)], groups, 10)
    for name in RuleName:
        result = count(election, Rule(name=name, minimum_score=1))
        assert story_of(explain(election, result), "b")["more_votes"] is None


def test_an_election_without_ballots_is_explained_too() -> None:
    election = Election.of([Project("a", 10)], [], 10)
    for rule in (Rule(), EQUAL, Rule(name=RuleName.PHRAGMEN), Rule(name=RuleName.KNAPSACK)):
        assert story_of(explain(election, count(election, rule)), "a")["standings"] == []
