"""The knapsack rule: worked by hand, against every possible set, and under every condition."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain, combinations
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ballots.counting import (
    DEFAULT_ORDER,
    REFUSE,
    BallotGroup,
    Election,
    Limit,
    LimitOn,
    Project,
    RankedBy,
    Reason,
    Result,
    Rule,
    RuleError,
    RuleName,
    TieOrder,
    TieRefusedError,
    TieStep,
)
from ballots.counting import knapsack_lists as lists
from ballots.counting import knapsack_search as search
from ballots.counting.knapsack import count_by_knapsack
from ballots.counting.knapsack_lists import BestSets, Offer, TooHardError, best_sets
from tests.ballots.elections import drawn_elections

KNAPSACK = Rule(name=RuleName.KNAPSACK)
PARK, ROAD = "park", "road"


def election(budget_pence: int, **projects: tuple[int, int]) -> Election:
    """Projects given as `id=(cost, votes)`, each vote a ballot of its own."""
    return Election.of(
        [Project(project_id, cost) for project_id, (cost, _) in projects.items()],
        [BallotGroup((p,), votes) for p, (_, votes) in projects.items() if votes],
        budget_pence,
    )


def best(standing: Election, rule: Rule = KNAPSACK, order: TieOrder = DEFAULT_ORDER) -> Result:
    return count_by_knapsack(standing, rule, order)


def test_the_set_with_most_votes_wins_where_greedy_would_take_the_favourite() -> None:
    result = best(election(100, palace=(100, 9), tree=(50, 5), lamp=(50, 6)))
    assert result.winners == ("lamp", "tree")
    assert result.verdict_on("palace").reason is Reason.NOT_IN_BEST_SET
    assert result.ties == ()


def test_the_textbook_knapsack_of_seven_is_solved() -> None:
    # Martello and Toth, Knapsack Problems (1990), example 2.2: profits 70, 20, 39, 37, 7, 5, 10
    # and weights 31, 10, 20, 19, 4, 3, 6 in a sack of 50: items 1 and 4, worth 107.
    weights = (31, 10, 20, 19, 4, 3, 6)
    profits = (70, 20, 39, 37, 7, 5, 10)
    projects = dict(zip("abcdefg", zip(weights, profits, strict=True), strict=True))
    result = best(election(50, **projects))
    assert result.winners == ("a", "d")
    assert sum(result.verdict_on(winner).votes for winner in result.winners) == 107


def test_by_votes_times_cost_expensive_projects_weigh_more() -> None:
    # 3 x 60 = 180 against 4 x 40 = 160: not both fit.
    standing = election(60, road=(60, 3), tree=(40, 4))
    assert best(standing).winners == ("tree",)
    result = best(standing, replace(KNAPSACK, ranked_by=RankedBy.VOTES_TIMES_COST))
    assert result.winners == ("road",)
    assert [verdict.project_id for verdict in result.verdicts] == ["road", "tree"]


def test_by_score_points_are_added_up() -> None:
    standing = Election.of(
        [Project("a", 10), Project("b", 10), Project("c", 0), Project("d", 1)],
        [
            BallotGroup(("a", "b", "c", "d"), 1, (1, 5, 1, 1)),
            BallotGroup(("a", "c", "d"), 1, (1, -2, -1)),
        ],
        19,
    )
    result = best(standing, replace(KNAPSACK, ranked_by=RankedBy.SCORE))
    # a has 2 points, b 5; c has 1 - 2 and d 1 - 1, which adds nothing.
    assert result.winners == ("b",)
    assert result.verdict_on("c").reason is Reason.NOT_IN_BEST_SET
    assert result.verdict_on("d").reason is Reason.NOT_IN_BEST_SET


def test_a_project_that_costs_nothing_wins_with_a_single_vote() -> None:
    standing = election(10, gift=(0, 1), tree=(10, 5), nobody=(0, 0))
    for ranked_by in (RankedBy.VOTES, RankedBy.VOTES_TIMES_COST):
        result = best(standing, replace(KNAPSACK, ranked_by=ranked_by))
        assert sorted(result.winners) == ["gift", "tree"]
        assert result.verdict_on("nobody").reason is Reason.NO_VOTES


def test_what_is_dearer_than_the_money_does_not_fit() -> None:
    verdict = best(election(10, tree=(12, 5), lamp=(3, 1))).verdict_on("tree")
    assert (verdict.reason, verdict.shortfall_pence) == (Reason.DOES_NOT_FIT, 2)


def test_among_sets_of_the_same_votes_the_tie_order_chooses() -> None:
    standing = election(10, a=(5, 4), b=(5, 4), c=(5, 4))
    assert best(standing).winners == ("a", "b")
    result = best(standing, order=TieOrder.from_list(["c", "b", "a"]))
    assert result.winners == ("c", "b")
    # The next best by the list is c with a.
    (tie,) = result.ties
    assert tie.members == ("b", "a")
    assert tie.steps == (TieStep.RECORDED_LIST,)
    assert (tie.votes, tie.decisive) == (None, True)


def test_level_sets_may_differ_in_size() -> None:
    # a and b, five votes for 10 pence, or c alone, five votes for 9.
    standing = election(10, a=(4, 2), b=(6, 3), c=(9, 5))
    assert best(standing, order=TieOrder.from_list(["a"])).winners == ("b", "a")
    result = best(standing, order=TieOrder.from_list(["c"]))
    assert result.winners == ("c",)
    assert result.ties[0].members == ("c", "a", "b")


def test_a_tie_between_sets_may_be_refused() -> None:
    with pytest.raises(TieRefusedError) as refused:
        best(election(5, a=(5, 4), b=(5, 4)), order=REFUSE)
    assert refused.value.members == ("a", "b")
    assert best(election(10, a=(5, 4), b=(5, 4)), order=REFUSE).winners == ("a", "b")


def test_criteria_are_part_of_the_value() -> None:
    # tree counts 1 + 300 x 5 / 1000 = 2.5 a vote: 10 against 9.
    standing = Election.of(
        [Project("tree", 10, criteria=(("green", 5),)), Project("lamp", 10)],
        [BallotGroup(("tree",), 4), BallotGroup(("lamp",), 9)],
        10,
    )
    assert best(standing, replace(KNAPSACK, criteria=(("green", 300),))).winners == ("tree",)


def test_projects_chosen_before_the_count_take_their_money_first() -> None:
    result = best(
        election(10, hall=(6, 0), a=(5, 9), b=(4, 1)), replace(KNAPSACK, already_chosen=("hall",))
    )
    assert result.winners == ("hall", "b")
    assert result.verdict_on("a").reason is Reason.DOES_NOT_FIT


def test_what_the_best_set_leaves_goes_to_the_best_that_can_do_with_it() -> None:
    standing = Election.of(
        [Project("a", 10, minimum_cost_pence=1), Project("b", 8), Project("c", 3)],
        [BallotGroup(("a",), 5), BallotGroup(("b",), 4), BallotGroup(("c",), 2)],
        9,
    )
    assert best(standing).winners == ("b",)
    result = best(standing, replace(KNAPSACK, part_funding=True))
    assert result.winners == ("b", "a")
    assert result.verdict_on("a").reason is Reason.PART_FUNDED
    assert result.verdict_on("a").funded_pence == 1


def test_if_what_is_left_is_too_little_for_the_best_nobody_else_gets_it() -> None:
    standing = Election.of(
        [
            Project("a", 10, minimum_cost_pence=2),
            Project("b", 8),
            Project("c", 3, minimum_cost_pence=1),
        ],
        [BallotGroup(("a",), 5), BallotGroup(("b",), 4), BallotGroup(("c",), 2)],
        9,
    )
    assert best(standing, replace(KNAPSACK, part_funding=True)).winners == ("b",)


def test_who_gets_what_the_best_set_leaves_may_depend_on_a_tie() -> None:
    standing = Election.of(
        [Project("b", 8), *(Project(p, 10, minimum_cost_pence=1) for p in ("a", "z"))],
        [BallotGroup(("a", "z"), 5), BallotGroup(("b",), 4)],
        9,
    )
    rule = replace(KNAPSACK, part_funding=True)
    result = best(standing, rule, TieOrder.from_list(["z", "a"]))
    assert result.winners == ("b", "z")
    assert [(tie.members, tie.decisive) for tie in result.ties] == [(("z", "a"), True)]
    with pytest.raises(TieRefusedError):
        best(standing, rule, REFUSE)


def test_no_part_goes_to_a_project_that_adds_no_value() -> None:
    standing = Election.of(
        [Project("b", 8), Project("a", 10, minimum_cost_pence=1)],
        [BallotGroup(("a", "b"), 1, (1, 1)), BallotGroup(("a",), 1, (-1,))],
        9,
    )
    rule = replace(KNAPSACK, part_funding=True, ranked_by=RankedBy.SCORE)
    assert best(standing, rule).winners == ("b",)


def test_a_best_set_may_not_overspend() -> None:
    with pytest.raises(RuleError):
        replace(KNAPSACK, overspend_pence=1)


# --- conditions ---


def parks_and_roads(budget_pence: int = 100) -> Election:
    """Two parks, 9 and 8 votes for 50 each; two roads, 5 for 50 and 4 for 40."""
    return Election.of(
        [
            Project("a", 50, PARK, "north"),
            Project("b", 50, PARK, "south"),
            Project("c", 50, ROAD, "north"),
            Project("d", 40, ROAD, "south"),
        ],
        [BallotGroup((p,), n) for p, n in (("a", 9), ("b", 8), ("c", 5), ("d", 4))],
        budget_pence,
    )


def test_of_an_exclusive_set_only_one_is_in_the_best_set() -> None:
    result = best(parks_and_roads(), replace(KNAPSACK, exclusive=(("a", "b"), ("a", "x"))))
    assert result.winners == ("a", "c")
    assert result.verdict_on("b").reason is Reason.NOT_IN_BEST_SET


def test_a_rival_of_a_project_already_chosen_is_excluded() -> None:
    rule = replace(KNAPSACK, exclusive=(("a", "b"),), already_chosen=("b",))
    result = best(parks_and_roads(), rule)
    assert result.winners == ("b", "c")
    assert result.verdict_on("a").reason is Reason.EXCLUDED


def test_a_cap_holds_for_the_set_as_a_whole() -> None:
    cap = Limit(LimitOn.CATEGORY, PARK, 60)
    result = best(parks_and_roads(), replace(KNAPSACK, caps=(cap,)))
    assert result.winners == ("a", "c")
    assert result.verdict_on("b").reason is Reason.NOT_IN_BEST_SET


def test_what_a_cap_forbids_alone_says_so() -> None:
    cap = Limit(LimitOn.CATEGORY, PARK, 49)
    result = best(parks_and_roads(), replace(KNAPSACK, caps=(cap,)))
    assert result.winners == ("c", "d")
    assert result.verdict_on("a").reason is Reason.OVER_CAP


def test_money_kept_for_roads_is_spent_on_roads_or_not_at_all() -> None:
    fence = Limit(LimitOn.CATEGORY, ROAD, 40)
    result = best(parks_and_roads(), replace(KNAPSACK, ring_fences=(fence,)))
    # One park for at most 60, and 40 or more for roads.
    assert result.winners == ("a", "c")
    fence = Limit(LimitOn.CATEGORY, ROAD, 51)
    result = best(parks_and_roads(), replace(KNAPSACK, ring_fences=(fence,)))
    assert result.winners == ("c", "d")
    assert result.verdict_on("a").reason is Reason.RING_FENCED


def test_fences_by_category_and_by_area_may_be_filled_by_the_same_project() -> None:
    # 50 for roads and 50 for the south leave nothing for a and c together; d is both.
    fences = (Limit(LimitOn.CATEGORY, ROAD, 40), Limit(LimitOn.AREA, "south", 40))
    result = best(parks_and_roads(90), replace(KNAPSACK, ring_fences=fences))
    assert result.winners == ("a", "d")


def test_fences_that_need_more_than_there_is_let_nothing_through() -> None:
    fences = (Limit(LimitOn.CATEGORY, ROAD, 80), Limit(LimitOn.CATEGORY, PARK, 80))
    assert best(parks_and_roads(), replace(KNAPSACK, ring_fences=fences)).winners == ()


def test_gifts_are_taken_under_conditions_and_the_more_the_better() -> None:
    standing = election(10, a=(0, 1), b=(0, 1), c=(0, 1), d=(10, 1))
    rule = replace(
        KNAPSACK, ranked_by=RankedBy.VOTES_TIMES_COST, exclusive=(("a", "b"), ("a", "c"))
    )
    assert sorted(best(standing, rule).winners) == ["b", "c", "d"]


def test_level_sets_under_conditions_are_a_tie_too() -> None:
    result = best(parks_and_roads(50), replace(KNAPSACK, exclusive=(("a", "b", "c"),)))
    assert result.winners == ("a",)
    assert result.ties == ()
    standing = election(10, a=(5, 4), b=(5, 4), c=(5, 4))
    result = best(standing, replace(KNAPSACK, exclusive=(("a", "b"),)))
    assert result.winners == ("a", "c")
    assert result.ties[0].members == ("a", "b")


# --- against every possible set ---


def every_set(places: int) -> Iterable[tuple[int, ...]]:
    return chain.from_iterable(combinations(range(places), size) for size in range(places + 1))


def tried_out(offers: list[Offer], money: int) -> BestSets:
    """The best two of all sets, by value and then by who is in it, first offers first."""
    within = [
        (sum(offers[at].value for at in chosen), [-(at not in chosen) for at in range(len(offers))])
        for chosen in every_set(len(offers))
        if sum(offers[at].cost for at in chosen) <= money
    ]
    (value, first), *others = sorted(within, reverse=True)
    level = others[0][1] if others and others[0][0] == value else None
    return BestSets(_members(first), None if level is None else _members(level))


def _members(marks: list[int]) -> frozenset[int]:
    return frozenset(at for at, mark in enumerate(marks) if mark == 0)


@st.composite
def drawn_offers(draw: st.DrawFn) -> tuple[list[Offer], int]:
    """Up to nine offers: small numbers (ties), huge ones, equal costs, value in step with cost."""
    costs = st.integers(1, draw(st.sampled_from([1, 4, 60, 10**15])))
    values = st.integers(1, draw(st.sampled_from([1, 3, 60, 10**15])))
    offers = draw(st.lists(st.builds(Offer, costs, values), max_size=9))
    if draw(st.booleans()):
        step = draw(st.integers(0, 3))
        offers = [Offer(cost, cost + step) for cost, _ in offers]
    total = sum(offer.cost for offer in offers)
    return offers, draw(st.integers(0, total + 1))


@settings(max_examples=1_000, deadline=None)
@given(drawn_offers())
@example(([], 0))
def test_no_set_is_better_than_the_best_or_preferred_to_it(drawn: tuple[list[Offer], int]) -> None:
    offers, money = drawn
    assert best_sets(offers, money) == tried_out(offers, money)


def holds(standing: Election, rule: Rule, chosen: Iterable[str]) -> bool:
    """Whether a set holds all conditions, in the words of the rule."""
    projects = [project for project in standing.projects if project.id in set(chosen)]

    def spent(limit: Limit) -> int:
        named = (limit.name,)
        return sum(
            project.cost_pence
            for project in projects
            if named == ((project.category if limit.on is LimitOn.CATEGORY else project.area),)
        )

    left = standing.budget_pence - sum(project.cost_pence for project in projects)
    names = {project.id for project in projects}
    return (
        all(len(names.intersection(members)) <= 1 for members in rule.exclusive)
        and all(spent(cap) <= cap.pence for cap in rule.caps)
        and left >= sum(max(0, fence.pence - spent(fence)) for fence in rule.ring_fences)
    )


_NAMES = st.sampled_from(["x", "y", "elsewhere"])
_LIMITS = st.lists(
    st.builds(Limit, st.sampled_from(LimitOn), _NAMES, st.integers(0, 20)), max_size=3
).map(tuple)
_SETS = st.lists(
    st.lists(st.sampled_from("abcdef"), min_size=2, max_size=3, unique=True).map(tuple),
    max_size=2,
).map(tuple)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(drawn_elections(pointed=False), _LIMITS, _LIMITS, _SETS, st.data())
def test_no_permitted_set_has_more_votes_than_the_best(
    drawn: Election,
    caps: tuple[Limit, ...],
    fences: tuple[Limit, ...],
    exclusive: tuple[tuple[str, ...], ...],
    more: st.DataObject,
) -> None:
    names = st.sampled_from(["x", "y", None])
    projects = [
        replace(p, category=more.draw(names), area=more.draw(names)) for p in drawn.projects
    ]
    standing = Election(tuple(projects), drawn.ballots, drawn.budget_pence)
    rule = replace(KNAPSACK, caps=caps, ring_fences=fences, exclusive=exclusive)
    result = best(standing, rule)
    ids = [project.id for project in projects if standing.votes[project.id]]
    permitted = [
        chosen
        for places in every_set(len(ids))
        if holds(standing, rule, chosen := [ids[at] for at in places])
    ]
    worth = [sum(standing.votes[winner] for winner in chosen) for chosen in permitted]
    assert sum(standing.votes[winner] for winner in result.winners) == max(worth, default=0)
    assert not permitted or holds(standing, rule, result.winners)
    assert bool(result.ties) == (worth.count(max(worth, default=0)) > 1)
    for tie in result.ties:
        assert set(result.winners).symmetric_difference(tie.members) in map(set, permitted)


# --- as hard as it gets ---


def hard_offers(name: str, among: int) -> tuple[list[Offer], int]:
    """The classes of Pisinger, Where are the hard knapsack problems? (2005), in round thousands."""
    random = Random(name)
    costs = [random.randint(1_000, 100_000) * 1_000 for _ in range(among)]
    offers = {
        "equal costs": [Offer(70_000_000, random.randint(1, 500)) for _ in costs],
        "all equal": [Offer(70_000_000, 12) for _ in costs],
        "one vote each": [Offer(cost, 1) for cost in costs],
        "weakly correlated": [Offer(c, c // 10_000 + random.randint(-50, 50)) for c in costs],
        "strongly correlated": [Offer(cost, cost // 1_000 + 10_000) for cost in costs],
        "inversely correlated": [Offer(cost + 10_000_000, cost // 1_000) for cost in costs],
    }[name]
    return offers, sum(offer.cost for offer in offers) // 3


@pytest.mark.parametrize(
    ("name", "among"),
    [
        ("equal costs", 200),
        ("all equal", 200),
        ("one vote each", 200),
        ("weakly correlated", 200),
        ("strongly correlated", 50),
        ("inversely correlated", 40),
    ],
)
def test_notorious_instances_stay_below_half_the_bound(
    name: str, among: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "MOST_SUMS", lists.MOST_SUMS // 2)
    offers, money = hard_offers(name, among)
    found = best_sets(offers, money)
    for chosen in filter(None, found):
        assert sum(offers[at].cost for at in chosen) <= money
    # One more of anything that is left out would not fit: nobody stands by for nothing.
    left = money - sum(offers[at].cost for at in found.first)
    assert all(offer.cost > left for at, offer in enumerate(offers) if at not in found.first)


def test_two_hundred_sums_of_crooked_money_are_refused_and_not_waited_for() -> None:
    random = Random("crooked")
    costs = [random.randint(10**8, 10**9) for _ in range(200)]
    with pytest.raises(TooHardError):
        best_sets([Offer(cost, cost) for cost in costs], sum(costs) // 3)


def test_too_many_conditions_at_once_are_refused_and_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(search, "MOST_LOOKS", 20)
    with pytest.raises(TooHardError):
        best(parks_and_roads(), replace(KNAPSACK, exclusive=(("a", "b"),)))
