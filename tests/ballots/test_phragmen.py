"""Sequential Phragmén: worked by hand, against a naive count, and under every condition."""

from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ballots.counting import (
    DEFAULT_ORDER,
    REFUSE,
    BallotGroup,
    Election,
    Limit,
    LimitOn,
    Project,
    Reason,
    Result,
    Rule,
    RuleName,
    TieOrder,
    TieRefusedError,
    TieStep,
)
from ballots.counting import phragmen as phragmen_rule
from ballots.counting.phragmen import count_by_phragmen
from tests.ballots.elections import drawn_elections, groups_of

PHRAGMEN = Rule(name=RuleName.PHRAGMEN)


def election(budget_pence: int, costs: dict[str, int], **groups: int) -> Election:
    """An election; each group is written as `ab=3`: three ballots for a and b."""
    return Election.of(
        [Project(project_id, cost) for project_id, cost in costs.items()],
        [BallotGroup(tuple(choices), ballots) for choices, ballots in groups.items()],
        budget_pence,
    )


def counted(standing: Election, tie_order: TieOrder = DEFAULT_ORDER) -> Result:
    return count_by_phragmen(standing, PHRAGMEN, tie_order)


def prices(result: Result) -> list[Fraction | None]:
    return [purchase.price_pence for purchase in result.purchases]


def test_a_project_is_bought_once_its_supporters_have_gathered_its_cost() -> None:
    # a at 60/6 = 10 pence a head, b at 60/3 = 20.
    result = counted(election(120, {"a": 60, "b": 60}, a=6, b=3))
    assert result.winners == ("a", "b")
    assert prices(result) == [10, 20]


def test_supporters_who_have_paid_wait_longer_for_their_next_project() -> None:
    # Costs 12. a at 12/4 = 3. Then b, which shares all of its three supporters with a, at
    # (12 + 3 x 3)/3 = 7, but c at 12/2 = 6, although c has fewer votes than b.
    result = counted(election(24, {"a": 12, "b": 12, "c": 12}, a=1, ab=3, c=2))
    assert result.winners == ("a", "c")
    assert prices(result) == [3, 6]


def test_phragmens_own_example_of_1894_gives_a_seat_to_the_smaller_party() -> None:
    # Three seats; 1034 ballots for ABC, 519 for PQR, 90 for ABQ, 47 for APQ. Phragmén, Sur une
    # méthode nouvelle, as retold by Janson, Phragmén's and Thiele's election methods (2016),
    # example 3.1: A, Q and B are elected.
    standing = election(3, dict.fromkeys("ABCPQR", 1), ABC=1034, PQR=519, ABQ=90, APQ=47)
    result = counted(standing)
    assert result.winners == ("A", "Q", "B")
    first = Fraction(1, 1171)
    second = (1 + 137 * first) / 656
    third = (1 + 1034 * first + 90 * second) / 1124
    assert prices(result) == [first, second, third]


def test_the_count_stops_at_the_first_project_that_no_longer_fits() -> None:
    # a at 6, b at 60/6 = 10 does not fit the 40 left, so that c, which would, is not reached.
    result = counted(election(100, {"a": 60, "b": 60, "c": 40}, a=10, b=6, c=2))
    assert result.winners == ("a",)
    assert result.stopped_at == "b"
    assert result.verdict_on("b").reason is Reason.DOES_NOT_FIT
    assert result.verdict_on("b").shortfall_pence == 20
    assert result.verdict_on("c").reason is Reason.AFTER_THE_STOP
    assert result.verdict_on("c").left_before_pence is None


def test_the_count_stops_if_only_one_of_those_at_the_same_moment_does_not_fit() -> None:
    # After a, b (60) and c (40) both come at 20; c alone would fit the 40 that are left.
    result = counted(election(100, {"a": 60, "b": 60, "c": 40}, a=10, b=3, c=2))
    assert result.winners == ("a",)
    assert result.stopped_at == "b"
    assert result.verdict_on("c").reason is Reason.AFTER_THE_STOP
    assert result.ties == ()


def test_what_is_dearer_than_the_whole_budget_stops_nobody() -> None:
    result = counted(
        Election.of(
            [Project("palace", 101), Project("lamp", 100)],
            [BallotGroup(("palace",), 900), BallotGroup(("lamp",), 1)],
            100,
        )
    )
    assert result.winners == ("lamp",)
    verdict = result.verdict_on("palace")
    assert (verdict.reason, verdict.shortfall_pence) == (Reason.DOES_NOT_FIT, 1)
    assert result.stopped_at is None


def test_a_project_without_votes_is_not_funded() -> None:
    result = counted(election(100, {"a": 0, "b": 10}, b=1))
    assert result.winners == ("b",)
    assert result.verdict_on("a").reason is Reason.NO_VOTES


def test_without_ballots_nobody_wins() -> None:
    assert counted(election(100, {"a": 1})).winners == ()


def test_a_project_without_cost_comes_when_its_supporters_have_paid_on_average() -> None:
    # b costs nothing: at 0, before a at 10.
    result = counted(election(100, {"a": 100, "b": 0}, ab=10))
    assert result.winners == ("b", "a")
    assert prices(result) == [0, 10]


def test_only_positive_points_are_support() -> None:
    result = count_by_phragmen(
        Election.of(
            [Project("a", 10), Project("b", 10), Project("c", 10)],
            [
                BallotGroup(("a", "b", "c"), 3, (5, 0, -2)),
                BallotGroup(("b",), 2, (1,)),
            ],
            30,
        ),
        PHRAGMEN,
        DEFAULT_ORDER,
    )
    assert result.winners == ("a", "b")
    assert prices(result) == [Fraction(10, 3), 5]


def test_projects_at_the_same_moment_follow_the_tie_order_and_are_recorded_once() -> None:
    standing = election(30, {"a": 10, "b": 10, "c": 10}, a=1, b=1, c=1)
    result = counted(standing, TieOrder.from_list(["c", "a", "b"]))
    assert result.winners == ("c", "a", "b")
    (tie,) = result.ties
    assert tie.members == ("c", "a", "b")
    assert tie.steps == (TieStep.RECORDED_LIST, TieStep.RECORDED_LIST)
    assert (tie.votes, tie.decisive) == (None, None)


def test_projects_level_again_at_a_later_moment_are_recorded_again() -> None:
    # All at 10; then b and c, each with the voter of a, at (20 + 10)/2 = 15.
    standing = election(60, {"a": 20, "b": 20, "c": 20}, abc=1, a=1, b=1, c=1)
    result = counted(standing)
    assert result.winners == ("a", "b", "c")
    assert [tie.members for tie in result.ties] == [("a", "b", "c"), ("b", "c")]
    # The voter of a and b is at 15 now: c at (20 + 15)/2.
    assert prices(result) == [10, 15, Fraction(35, 2)]


def test_a_tie_may_be_refused() -> None:
    with pytest.raises(TieRefusedError) as refused:
        counted(election(30, {"a": 10, "b": 10}, a=1, b=1), REFUSE)
    assert refused.value.members == ("a", "b")


def test_refusing_ties_is_no_matter_when_nobody_is_level() -> None:
    assert counted(election(30, {"a": 10, "b": 10}, a=2, b=1), REFUSE).winners == ("a", "b")


def test_a_moment_later_by_a_hair_is_later() -> None:
    # A penny in 10**15, over 3 x 10**8 heads: 3 x 10**-9 pence apart, at 3 million a head.
    for extra, order in ((1, ("a", "b")), (-1, ("b", "a"))):
        standing = election(
            3 * 10**15, {"a": 10**15, "b": 10**15 + extra}, a=3 * 10**8, b=3 * 10**8
        )
        result = counted(standing, TieOrder.from_list(order[::-1]))
        assert result.winners == order
        assert result.ties == ()


def test_amounts_beyond_64_bits_are_counted_exactly() -> None:
    huge = 10**40
    standing = election(3 * huge + 1, {"a": huge, "b": huge + 1, "c": huge}, a=7, ab=2, b=7, c=8)
    result = counted(standing)
    # a at huge/9; c at huge/8; b at (huge + 1 + 2 huge/9)/9 = (11 huge + 9)/81.
    assert result.winners == ("a", "c", "b")
    assert prices(result) == [
        Fraction(huge, 9),
        Fraction(huge, 8),
        Fraction(11 * huge + 9, 81),
    ]


# --- conditions ---


def under(rule: Rule, standing: Election) -> Result:
    return count_by_phragmen(standing, rule, DEFAULT_ORDER)


def test_a_rival_of_a_winner_is_passed_over_and_stops_nobody() -> None:
    rule = Rule(name=RuleName.PHRAGMEN, exclusive=(("a", "b"),))
    result = under(rule, election(100, {"a": 50, "b": 40, "c": 50}, a=10, b=5, c=2))
    assert result.winners == ("a", "c")
    assert result.verdict_on("b").reason is Reason.EXCLUDED


def test_a_cap_passes_over_what_would_break_it() -> None:
    rule = Rule(name=RuleName.PHRAGMEN, caps=(Limit(LimitOn.CATEGORY, "park", 60),))
    standing = Election.of(
        [Project("a", 50, "park"), Project("b", 20, "park"), Project("c", 20)],
        [BallotGroup(("a",), 10), BallotGroup(("b",), 3), BallotGroup(("c",), 2)],
        100,
    )
    result = under(rule, standing)
    assert result.winners == ("a", "c")
    assert result.verdict_on("b").reason is Reason.OVER_CAP


def test_projects_chosen_before_the_count_take_money_and_load_nobody() -> None:
    rule = Rule(name=RuleName.PHRAGMEN, already_chosen=("a",))
    result = under(rule, election(100, {"a": 50, "b": 50, "c": 60}, ab=5, c=9))
    assert result.winners == ("a", "b")
    assert prices(result) == [None, 10]
    # 60 is more than the 50 the count begins with.
    assert result.verdict_on("c").reason is Reason.DOES_NOT_FIT
    assert result.stopped_at is None


def test_the_project_at_the_stop_may_be_funded_in_part() -> None:
    rule = Rule(name=RuleName.PHRAGMEN, part_funding=True)
    standing = Election.of(
        [Project("a", 60), Project("b", 60, minimum_cost_pence=30), Project("c", 20)],
        [BallotGroup(("a",), 10), BallotGroup(("b",), 5), BallotGroup(("c",), 1)],
        100,
    )
    result = under(rule, standing)
    assert result.winners == ("a", "b")
    assert result.verdict_on("b").reason is Reason.PART_FUNDED
    assert result.verdict_on("b").funded_pence == 40
    assert result.stopped_at == "b"
    assert result.verdict_on("c").reason is Reason.AFTER_THE_STOP


def test_a_project_dearer_than_all_the_money_may_be_funded_in_part() -> None:
    rule = Rule(name=RuleName.PHRAGMEN, part_funding=True)
    standing = Election.of(
        [Project("a", 100, minimum_cost_pence=10)], [BallotGroup(("a",), 1)], budget_pence=60
    )
    result = under(rule, standing)
    assert result.verdict_on("a").reason is Reason.PART_FUNDED
    assert result.verdict_on("a").funded_pence == 60
    assert under(Rule(name=RuleName.PHRAGMEN), standing).winners == ()


def test_one_dearer_than_all_the_money_stops_nothing_once_its_part_does_not_suffice() -> None:
    rule = Rule(name=RuleName.PHRAGMEN, part_funding=True)
    # a at 4, then 20 are left; z, at 16.7, could do with 30; c, at 20, still fits.
    standing = Election.of(
        [Project("a", 40), Project("c", 20), Project("z", 100, minimum_cost_pence=30)],
        [BallotGroup(("a",), 10), BallotGroup(("z",), 6), BallotGroup(("c",), 1)],
        60,
    )
    result = under(rule, standing)
    assert result.winners == ("a", "c")
    assert result.verdict_on("z").reason is Reason.DOES_NOT_FIT
    assert result.verdict_on("z").left_before_pence == 20
    assert result.stopped_at is None


def test_part_funding_that_would_not_suffice_is_not_given() -> None:
    rule = Rule(name=RuleName.PHRAGMEN, part_funding=True)
    standing = Election.of(
        [Project("a", 60), Project("b", 60, minimum_cost_pence=41)],
        [BallotGroup(("a",), 10), BallotGroup(("b",), 5)],
        100,
    )
    assert under(rule, standing).winners == ("a",)


def test_who_is_funded_in_part_may_depend_on_a_tie() -> None:
    rule = Rule(name=RuleName.PHRAGMEN, part_funding=True)
    standing = Election.of(
        [
            Project("a", 60),
            Project("b", 60, minimum_cost_pence=30),
            Project("c", 60, minimum_cost_pence=30),
        ],
        [BallotGroup((p,), n) for p, n in (("a", 10), ("b", 5), ("c", 5))],
        100,
    )
    result = count_by_phragmen(standing, rule, TieOrder.from_list(["c", "b"]))
    assert result.winners == ("a", "c")
    assert result.ties[0].members == ("c", "b")
    assert result.verdict_on("b").reason is Reason.AFTER_THE_STOP
    with pytest.raises(TieRefusedError):
        count_by_phragmen(standing, rule, REFUSE)


def test_a_small_overspend_is_permitted_once() -> None:
    rule = Rule(name=RuleName.PHRAGMEN, overspend_pence=20)
    # a at 6, b at 12; c at 15 finds nothing left.
    result = under(rule, election(100, {"a": 60, "b": 60, "c": 15}, a=10, b=5, c=1))
    assert result.winners == ("a", "b")
    assert result.left_pence == -20
    assert result.stopped_at == "c"
    result = under(rule, election(100, {"a": 60, "b": 61}, a=10, b=5))
    assert result.winners == ("a",)


def test_social_criteria_make_a_project_cheaper_in_time() -> None:
    # b has 4 points of a criterion that weighs 250: worth 2. Its time is 100/2/4 = 12.5, before
    # a at 100/7; paid is the full cost.
    rule = Rule(name=RuleName.PHRAGMEN, criteria=(("green", 250),))
    standing = Election.of(
        [Project("a", 100), Project("b", 100, criteria=(("green", 4),))],
        [BallotGroup(("a",), 7), BallotGroup(("b",), 4)],
        200,
    )
    result = under(rule, standing)
    assert result.winners == ("b", "a")
    assert prices(result) == [Fraction(25, 2), Fraction(100, 7)]
    assert result.spent_pence == 200


# --- against a count so simple that it can be read at a glance ---


def naive(standing: Election, tie_order: TieOrder) -> list[tuple[str, Fraction]]:
    """Sequential Phragmén voter by voter, in fractions."""
    voters = [
        {
            choice
            for choice, points in zip(choices, given or (1,) * len(choices), strict=True)
            if points > 0
        }
        for choices, ballots, given in groups_of(standing)
        for _ in range(ballots)
    ]
    loads = [Fraction(0)] * len(voters)
    costs = {project.id: project.cost_pence for project in standing.projects}
    left, bought = standing.budget_pence, []
    open_ = {p for p in costs if costs[p] <= left and any(p in voter for voter in voters)}
    while open_:
        times = {}
        for p in open_:
            mine = [load for voter, load in zip(voters, loads, strict=True) if p in voter]
            times[p] = (costs[p] + sum(mine)) / Fraction(len(mine))
        time = min(times.values())
        level = [project for project in standing.projects if times.get(project.id) == time]
        if any(project.cost_pence > left for project in level):
            break
        winner = tie_order.arrange(level, standing.votes)[0][0].id
        bought.append((winner, time))
        left -= costs[winner]
        open_.remove(winner)
        loads = [
            time if winner in voter else load for voter, load in zip(voters, loads, strict=True)
        ]
    return bought


@settings(max_examples=1_000, deadline=None)
@given(drawn_elections(), st.sampled_from([DEFAULT_ORDER, TieOrder.drawn("seed")]))
def test_a_naive_count_in_fractions_buys_the_same_at_the_same_times(
    standing: Election, tie_order: TieOrder
) -> None:
    result = counted(standing, tie_order)
    bought = [(purchase.project_id, purchase.price_pence) for purchase in result.purchases]
    assert bought == naive(standing, tie_order)
    assert result.left_pence >= 0
    assert len(result.verdicts) == len(standing.projects)


@settings(max_examples=1_000, deadline=None)
@given(drawn_elections(), st.integers(-4, 24))
# Here the project with the least floor is not the first: its loads were rounded down further.
@example(
    election(36, {"a": 10, "b": 7, "c": 4, "d": 7, "e": 2}, bcde=4, ade=4, abcde=1),
    6,
)
def test_units_however_coarse_decide_nothing(standing: Election, bits: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(phragmen_rule, "_BITS", bits)
        result = counted(standing)
    bought = [(purchase.project_id, purchase.price_pence) for purchase in result.purchases]
    assert bought == naive(standing, DEFAULT_ORDER)
