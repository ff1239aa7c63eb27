"""Equal shares: worked examples, an independent naive count, conditions, both inner loops."""

import sys
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ballots.counting import (
    REFUSE,
    BallotGroup,
    Completion,
    Election,
    Limit,
    LimitOn,
    Project,
    Reason,
    Rule,
    RuleName,
    Then,
    TieOrder,
    TieRefusedError,
    Utility,
    count,
    markets,
)
from ballots.counting import equal_shares as shares
from ballots.counting.exact_shares import ExactShares
from ballots.counting.prices import PLAIN
from ballots.counting.shares_run import SharesRun
from tests.ballots.elections import drawn_elections, groups_of

EQUAL = Rule(name=RuleName.EQUAL_SHARES)


def equal(**settings: object) -> Rule:
    """Equal shares with these settings."""
    return Rule(name=RuleName.EQUAL_SHARES, **settings)  # type: ignore[arg-type]


def naive(election: Election, rule: Rule, start: Fraction) -> list[str]:
    """Equal shares voter by voter in fractions, straight from its definition."""
    voters = [
        dict(zip(choices, points or (1,) * len(choices), strict=True))
        for choices, ballots, points in groups_of(election)
        for _ in range(ballots)
    ]
    purses = [start] * len(voters)
    order = {
        p.id: r
        for r, p in enumerate(
            sorted(election.projects, key=lambda p: (p.cost_pence, -election.votes[p.id], p.id))
        )
    }
    left = [p for p in election.projects if election.votes[p.id]]
    won: list[str] = []
    while True:
        offers = []
        for project in left:
            gives = {
                nth: (ballot[project.id] if rule.utility is Utility.POINTS else 1)
                for nth, ballot in enumerate(voters)
                if ballot.get(project.id, 0) > 0
            }
            price = naive_price(project.cost_pence, [(purses[nth], x) for nth, x in gives.items()])
            if price is not None:
                worth = project.cost_pence if rule.utility is Utility.COST else 1
                offers.append(
                    (
                        price / worth if worth else Fraction(0),
                        order[project.id],
                        project,
                        price,
                        gives,
                    )
                )
        if not offers:
            return won
        _, _, project, price, gives = min(offers, key=lambda offer: offer[:2])
        for nth, given_points in gives.items():
            purses[nth] -= min(purses[nth], price * given_points)
        left.remove(project)
        won.append(project.id)


def naive_price(cost: int, held: list[tuple[Fraction, int]]) -> Fraction | None:
    """The least r at which everybody together pays the cost, tried at every point of change."""
    if sum(purse for purse, _ in held) < cost:
        return None
    due, weight = Fraction(cost), sum(points for _, points in held)
    for purse, points in sorted(held, key=lambda one: one[0] / one[1]):
        if due * points <= purse * weight:
            return due / weight
        due, weight = due - purse, weight - points
    raise AssertionError("somebody can pay")


def start_of(election: Election) -> Fraction:
    return Fraction(election.budget_pence, election.ballots_cast)


def naive_add1(election: Election, rule: Rule) -> list[str]:
    """Every step in turn, up to the bound after which it is given up."""
    share = start_of(election)
    bound = share * (election.ballots_cast + 1)
    before: list[str] = []
    number = 0
    while share + number * rule.step_pence <= bound:
        now = naive(election, rule, share + number * rule.step_pence)
        costs = {p.id: p.cost_pence for p in election.projects}
        spent = sum(costs[winner] for winner in now)
        if spent > election.budget_pence:
            return before
        fits = [
            p.id
            for p in election.projects
            if election.votes[p.id]
            and p.id not in now
            and p.cost_pence <= election.budget_pence - spent
        ]
        if rule.completion is Completion.ADD1_EXHAUSTIVE and not fits:
            return now
        before, number = now, number + 1
    return before


@settings(max_examples=600, deadline=None)
@given(drawn_elections(), st.sampled_from(Utility))
def test_every_count_is_what_the_definition_says(election: Election, utility: Utility) -> None:
    rule = equal(utility=utility)
    assert list(count(election, rule).winners) == naive(election, rule, start_of(election))


@settings(max_examples=300, deadline=None)
@given(
    drawn_elections(),
    st.sampled_from(Utility),
    st.sampled_from([Completion.ADD1, Completion.ADD1_EXHAUSTIVE]),
    st.integers(1, 30),
)
def test_every_completion_is_what_step_by_step_gives(
    election: Election, utility: Utility, completion: Completion, step: int
) -> None:
    step = max(step, election.budget_pence // 40)
    rule = equal(utility=utility, completion=completion, step_pence=step)
    assert list(count(election, rule).winners) == naive_add1(election, rule)


@settings(max_examples=400, deadline=None)
@given(drawn_elections(), st.sampled_from(Utility), st.booleans())
def test_a_count_in_whole_pennies_still_ends_in_the_same_winners(
    election: Election, utility: Utility, raised: bool
) -> None:
    # Far too coarse on purpose: nearly every purchase is in doubt and settled in fractions.
    step = max(1, election.budget_pence // 20)
    completion = Completion.ADD1 if raised else Completion.NONE
    rule = equal(utility=utility, completion=completion, step_pence=step)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SharesRun, "grains_at", lambda _self, _last: 1)
        winners = list(count(election, rule).winners)
    expected = naive_add1(election, rule) if raised else naive(election, rule, start_of(election))
    assert winners == expected


def test_nobody_can_pay_for_what_was_not_bought() -> None:
    election = vote(30, {"a": 20}, (2, "a"))
    run = ExactShares(Fraction(5), election.supporters, (20,))
    assert run.price(0) is None
    with pytest.raises(ValueError, match="nobody can pay"):
        run.follow([0])


# Worked by hand -----------------------------------------------------------------------------------


def vote(budget_pence: int, costs: dict[str, int], *ballots: tuple[int, str]) -> Election:
    """An election of one-letter projects; each ballot as (how many, letters)."""
    projects = [Project(project_id, cost) for project_id, cost in costs.items()]
    return Election.of(projects, [BallotGroup(tuple(b), n) for n, b in ballots], budget_pence)


def test_a_third_of_the_voters_decide_a_third_of_the_money() -> None:
    # Greedy by votes gives everything to the larger side.
    election = vote(90, {"a": 30, "b": 30, "c": 30, "d": 30}, (6, "abc"), (3, "d"))
    assert set(count(election, Rule()).winners) == {"a", "b", "c"}
    assert set(count(election, EQUAL).winners) == {"a", "b", "d"}


def test_who_has_spent_cannot_pay_again() -> None:
    # Shares of 10: ada and ben pay 10 each for a, and hold nothing for b; cyd cannot pay alone.
    election = vote(30, {"a": 20, "b": 12}, (2, "ab"), (1, "b"))
    result = count(election, EQUAL)
    # b has three supporters and is cheaper a supporter (4), so it is bought first.
    assert result.winners == ("b",)
    assert result.verdict_on("a").reason is Reason.SUPPORTERS_SPENT
    assert [bought.price_pence for bought in result.purchases] == [4]
    assert result.start_budget_pence == 10


def test_utilities_rank_differently() -> None:
    # a costs 60 and has 6 supporters, b 10 and 2: full shares are 6 and 2, prices 10 and 5.
    election = vote(100, {"a": 60, "b": 10}, (4, "a"), (2, "ab"), (4, ""))
    assert count(election, EQUAL).winners == ("a",)
    cheap_first = count(election, equal(utility=Utility.CARDINALITY))
    assert cheap_first.winners[0] == "b"


def test_a_start_budget_can_be_rounded_down_to_whole_pounds() -> None:
    election = vote(1000, {"a": 999}, (3, "a"))
    assert count(election, EQUAL).winners == ("a",)
    rounded = count(election, equal(start_unit_pence=100))
    assert rounded.start_budget_pence == 300
    assert rounded.winners == ()


def test_raising_shares_stops_before_it_overspends() -> None:
    # Shares of 10 buy nothing; at 15 a is bought; at 20 both would cost 35 of 30.
    election = vote(30, {"a": 15, "b": 20}, (1, "a"), (1, "b"), (1, ""))
    result = count(election, equal(completion=Completion.ADD1, step_pence=1))
    assert (result.winners, result.steps, result.start_budget_pence) == (("a",), 9, Fraction(19))


def test_raising_shares_may_stop_as_soon_as_nothing_more_fits() -> None:
    election = vote(30, {"a": 15, "b": 20}, (1, "a"), (1, "b"), (1, ""))
    result = count(election, equal(completion=Completion.ADD1_EXHAUSTIVE, step_pence=1))
    assert (result.winners, result.steps) == (("a",), 5)


def test_the_step_that_stands_is_counted_anew_where_only_fractions_can_tell() -> None:
    projects = [Project("a", 1), Project("b", 8), Project("d", 2)]
    ballots = [BallotGroup(("a", "d"), 1), BallotGroup(("a", "b"), 4)]
    election = Election.of(projects, ballots, budget_pence=11)
    # After a each holds exactly 2 pence: one of them d's cost, four of them b's.
    rule = equal(completion=Completion.ADD1_EXHAUSTIVE, step_pence=1)
    result = count(election, rule)
    assert result.winners == ("a", "b", "d")
    assert result.steps == 0


def test_what_is_left_can_go_by_votes() -> None:
    election = vote(30, {"a": 15, "b": 14, "c": 15}, (2, "a"), (1, "b"), (1, "bc"), (1, "c"))
    plain = count(election, EQUAL)
    completed = count(election, equal(then=Then.UTILITARIAN))
    assert plain.spent_pence < completed.spent_pence <= 30
    assert Reason.COMPLETED in {verdict.reason for verdict in completed.verdicts}


def test_equal_shares_gives_way_when_more_voters_prefer_greedy() -> None:
    # Shares of 10 buy only s for one voter; greedy funds a for nine.
    election = vote(100, {"a": 100, "s": 10}, (9, "a"), (1, "s"))
    assert count(election, EQUAL).winners == ("s",)
    compared = count(election, equal(comparison=True))
    assert (compared.winners, compared.gave_way) == (("a",), True)
    assert compared.rule.name is RuleName.EQUAL_SHARES


def test_equal_shares_stays_when_not_more_voters_prefer_greedy() -> None:
    election = vote(90, {"a": 30, "b": 30, "c": 30, "d": 30}, (3, "abc"), (3, "d"))
    compared = count(election, equal(comparison=True))
    assert not compared.gave_way


def test_level_projects_follow_the_order_of_the_tie_and_are_recorded() -> None:
    election = vote(10, {"a": 10, "b": 10}, (2, "ab"))
    result = count(election, EQUAL, TieOrder.from_list(["b", "a"]))
    assert result.winners == ("b",)
    assert [tie.members for tie in result.ties] == [("b", "a")]
    with pytest.raises(TieRefusedError) as refused:
        count(election, EQUAL, REFUSE)
    assert refused.value.members == ("a", "b")


def passed_over() -> Election:
    """At the start budget p0 wins in any order; p1 and p2 are level at the next step only.

    If p1 comes first there, p0 and p1 and then p2 overspend: the step is taken back.
    """
    return Election.of(
        [Project("p0", 10), Project("p1", 8), Project("p2", 10)],
        [
            BallotGroup(("p0", "p1"), 2),
            BallotGroup(("p0",), 2),
            BallotGroup(("p2",), 2),
            BallotGroup(("p0", "p1", "p2"), 1),
        ],
        24,
    )


def test_a_tie_that_decides_how_far_shares_are_raised_is_recorded_and_refused() -> None:
    rule = equal(completion=Completion.ADD1, step_pence=2)
    orders = [TieOrder.from_list(ids) for ids in permutations(("p0", "p1", "p2"))]
    results = [count(passed_over(), rule, order) for order in orders]
    assert {frozenset(result.winners) for result in results} == {
        frozenset({"p0"}),
        frozenset({"p0", "p2"}),
    }
    assert all(result.ties for result in results)
    with pytest.raises(TieRefusedError):
        count(passed_over(), rule, REFUSE)


def test_a_project_without_cost_is_bought_first_and_an_empty_vote_buys_nothing() -> None:
    election = vote(10, {"a": 5, "f": 0}, (1, "a"), (1, "f"))
    assert count(election, EQUAL).winners == ("f", "a")
    assert count(vote(10, {"a": 5}), EQUAL).winners == ()


def test_ballots_without_a_choice_have_a_share_that_nobody_spends() -> None:
    assert count(vote(10, {"a": 6}, (1, "a"), (1, "")), EQUAL).winners == ()


def test_points_let_those_who_gave_more_pay_more() -> None:
    election = Election.of(
        [Project("a", 12)],
        [BallotGroup(("a",), 1, (3,)), BallotGroup(("a",), 1, (1,)), BallotGroup((), 2, ())],
        40,
    )
    result = count(election, equal(utility=Utility.POINTS))
    # 3 points and 1 point share 12: 3 a point.
    assert [bought.price_pence for bought in result.purchases] == [3]


# Conditions ---------------------------------------------------------------------------------------


def test_conditions_hold_in_every_round() -> None:
    projects = [
        Project("a", 10, category="parks"),
        Project("b", 10, category="parks"),
        Project("c", 10, category="roads"),
        Project("d", 10, category="roads"),
    ]
    election = Election.of(projects, [BallotGroup(("a", "b", "c", "d"), 4)], 40)
    capped = equal(caps=(Limit(LimitOn.CATEGORY, "parks", 10),), exclusive=(("c", "d"),))
    result = count(election, capped)
    assert result.winners == ("a", "c")
    assert result.verdict_on("b").reason is Reason.OVER_CAP
    assert result.verdict_on("d").reason is Reason.EXCLUDED


def test_what_is_already_chosen_is_paid_before_shares_are_cut() -> None:
    election = vote(30, {"a": 10, "b": 20}, (1, "b"), (1, "b"))
    result = count(election, equal(already_chosen=("a",)))
    assert (result.winners, result.start_budget_pence) == (("a", "b"), Fraction(10))


def test_criteria_make_a_vote_count_for_more() -> None:
    # 11 support a and 10 b; whichever comes first uses up what the other would need.
    projects = [Project("a", 10), Project("b", 10, criteria=(("access", 10),))]
    groups = [BallotGroup(("a",), 5), BallotGroup(("b",), 4), BallotGroup(("a", "b"), 6)]
    election = Election.of(projects, groups, 15)
    assert count(election, EQUAL).winners == ("a",)
    # A vote for b counts 1 + 50 x 10 / 1000 = 1.5 times.
    assert count(election, equal(criteria=(("access", 50),))).winners == ("b",)


def test_the_first_that_no_longer_fits_is_part_funded() -> None:
    projects = [Project("a", 10), Project("b", 20, minimum_cost_pence=5)]
    election = Election.of(projects, [BallotGroup(("a",), 1), BallotGroup(("b",), 1)], 20)
    result = count(election, equal(part_funding=True))
    assert result.winners == ("a", "b")
    assert result.verdict_on("b").reason is Reason.PART_FUNDED
    assert result.verdict_on("b").funded_pence == 10


def test_a_tie_for_the_part_is_recorded_and_refused() -> None:
    projects = [Project(p, 100, minimum_cost_pence=10) for p in ("a", "b")]
    election = Election.of(projects, [BallotGroup(("a",), 1), BallotGroup(("b",), 1)], 60)
    result = count(election, equal(part_funding=True), TieOrder.from_list(["b", "a"]))
    assert result.winners == ("b",)
    assert [(tie.members, tie.decisive) for tie in result.ties] == [(("b", "a"), True)]
    with pytest.raises(TieRefusedError):
        count(election, equal(part_funding=True), REFUSE)


def test_no_tie_for_the_part_is_told_where_there_is_too_little_for_either() -> None:
    projects = [Project(p, 100, minimum_cost_pence=61) for p in ("a", "b")]
    election = Election.of(projects, [BallotGroup(("a",), 1), BallotGroup(("b",), 1)], 60)
    assert count(election, equal(part_funding=True), REFUSE).ties == ()


def test_free_projects_that_exclude_each_other_are_a_tie() -> None:
    election = vote(10, {"a": 0, "b": 0, "c": 0, "d": 0}, (2, "abcd"))
    # a excludes b and b excludes c: either b wins, or both others. d is in nobody's way.
    rule = equal(exclusive=(("a", "b"), ("b", "c")))
    result = count(election, rule, TieOrder.from_list(["b", "d", "c", "a"]))
    assert result.winners == ("b", "d")
    assert [(tie.members, tie.decisive) for tie in result.ties] == [(("b", "c", "a"), True)]
    assert count(election, rule).winners == ("a", "c", "d")
    with pytest.raises(TieRefusedError):
        count(election, rule, REFUSE)


def test_a_tie_of_greedy_in_the_comparison_is_kept_though_greedy_does_not_take_over() -> None:
    # Shares of 10 buy a alone, for three. All three projects have three votes, so greedy funds
    # whoever comes first: c is preferred by three and loses by that.
    election = vote(60, {"a": 20, "b": 60, "c": 60}, (3, "a"), (3, "bc"))
    result = count(election, equal(comparison=True), TieOrder.from_list(["c", "b", "a"]))
    assert (result.winners, result.gave_way) == (("a",), False)
    assert [(tie.members, tie.decisive) for tie in result.ties] == [(("c", "b", "a"), None)]


# Two inner loops ----------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(drawn_elections(), st.sampled_from(Utility), st.integers(1, 20))
def test_the_compiled_loop_gives_the_same_result(
    election: Election, utility: Utility, step: int
) -> None:
    pytest.importorskip("numba")
    rule = equal(
        utility=utility,
        completion=Completion.ADD1,
        step_pence=max(step, election.budget_pence // 40),
    )
    compiled = count(election, rule).to_json()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shares, "market_for", lambda _many: PLAIN)
        assert count(election, rule).to_json() == compiled


def test_without_numba_shares_are_raised_on_the_plain_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ballots.counting.compiled_prices", None)
    markets._compiled.cache_clear()
    assert markets.market_for(many_runs=True) is PLAIN
    monkeypatch.undo()
    markets._compiled.cache_clear()
    assert markets.market_for(many_runs=False) is PLAIN
