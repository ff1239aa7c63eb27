"""Conditions around any rule, shown under greedy; settings that no count could follow."""

import hashlib
from dataclasses import replace

import pytest

from ballots.counting import (
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
    TieBreak,
    TieOrder,
    TieRefusedError,
    TieStep,
    count,
)

PARKS = LimitOn.CATEGORY, "parks"


def ranked(budget_pence: int, *projects: Project) -> Election:
    """Projects with ever fewer votes: as many as there are, then one less, down to one."""
    groups = [
        BallotGroup((project.id,), len(projects) - nth) for nth, project in enumerate(projects)
    ]
    return Election.of(projects, groups, budget_pence)


def reasons(result: Result) -> dict[str, Reason]:
    return {verdict.project_id: verdict.reason for verdict in result.verdicts}


def test_of_projects_that_exclude_each_other_the_first_wins() -> None:
    election = ranked(30, Project("a", 10), Project("b", 10), Project("c", 10))
    result = count(election, Rule(exclusive=(("a", "b", "not-standing"),)))
    assert result.winners == ("a", "c")
    assert reasons(result)["b"] is Reason.EXCLUDED


def test_a_cap_bounds_what_a_category_or_an_area_gets() -> None:
    election = ranked(
        90,
        Project("a", 20, "parks", "north"),
        Project("b", 20, "parks", "south"),
        Project("c", 10, "parks", "north"),
        Project("d", 20, None, "north"),
    )
    result = count(election, Rule(caps=(Limit(*PARKS, 30),)))
    assert result.winners == ("a", "c", "d")
    assert reasons(result)["b"] is Reason.OVER_CAP
    north = count(election, Rule(caps=(Limit(LimitOn.AREA, "north", 30),)))
    assert north.winners == ("a", "b", "c")


def test_money_kept_for_a_category_is_not_spent_on_others() -> None:
    election = ranked(30, Project("a", 15), Project("b", 10), Project("c", 12, "parks"))
    fenced = Rule(ring_fences=(Limit(*PARKS, 12),))
    result = count(election, fenced)
    # a leaves 15, of which 12 are kept for parks, too little for b.
    assert result.winners == ("a", "c")
    assert reasons(result)["b"] is Reason.RING_FENCED


def test_a_category_may_spend_its_own_fenced_money_and_more() -> None:
    election = ranked(30, Project("a", 25, "parks"), Project("b", 5))
    assert count(election, Rule(ring_fences=(Limit(*PARKS, 10),))).winners == ("a", "b")


def test_what_is_already_chosen_is_funded_first_with_or_without_votes() -> None:
    election = Election.of([Project("a", 20), Project("b", 15)], [BallotGroup(("b",), 1)], 30)
    result = count(election, Rule(already_chosen=("a", "a")))
    assert result.winners == ("a",)
    assert reasons(result) == {"a": Reason.ALREADY_CHOSEN, "b": Reason.DOES_NOT_FIT}


@pytest.mark.parametrize("chosen", ["a", "nowhere"])
def test_what_is_already_chosen_must_stand_and_fit(chosen: str) -> None:
    with pytest.raises(RuleError, match="already chosen"):
        count(ranked(10, Project("a", 20)), Rule(already_chosen=(chosen,)))


def test_the_last_winner_may_overspend_a_little() -> None:
    election = ranked(30, Project("a", 20), Project("b", 14), Project("c", 1), Project("d", 13))
    result = count(election, Rule(overspend_pence=3))
    # 20 + 14 is over by 4; 20 + 1 + 13 is over by 4 too: c fits, nothing else does.
    assert (result.winners, result.left_pence) == (("a", "c"), 9)
    result = count(election, Rule(overspend_pence=4))
    assert (result.winners, result.left_pence) == (("a", "b"), -4)


def test_the_first_that_no_longer_fits_gets_what_is_left_down_to_its_minimum() -> None:
    election = ranked(
        30, Project("a", 20), Project("b", 40, minimum_cost_pence=10), Project("c", 5)
    )
    result = count(election, Rule(part_funding=True))
    assert result.winners == ("a", "b")
    assert (result.verdict_on("b").reason, result.verdict_on("b").funded_pence) == (
        Reason.PART_FUNDED,
        10,
    )
    assert result.left_pence == 0


def test_only_the_first_that_no_longer_fits_may_be_part_funded() -> None:
    election = ranked(
        30, Project("a", 20), Project("b", 40), Project("c", 35, minimum_cost_pence=5)
    )
    assert count(election, Rule(part_funding=True)).winners == ("a",)


def test_part_funding_gives_nothing_below_the_minimum() -> None:
    election = ranked(30, Project("a", 25), Project("b", 40, minimum_cost_pence=10))
    assert count(election, Rule(part_funding=True)).winners == ("a",)


def test_a_project_needs_its_share_of_the_ballots_and_its_score() -> None:
    groups = [BallotGroup(("a",), 3, (1,)), BallotGroup(("b",), 2, (5,)), BallotGroup((), 5, ())]
    election = Election.of([Project("a", 1), Project("b", 1)], groups, 10)
    shared = count(election, Rule(minimum_share_percent=30))
    assert reasons(shared) == {"a": Reason.FUNDED, "b": Reason.BELOW_SHARE}
    scored = count(election, Rule(ranked_by=RankedBy.SCORE, minimum_score=4))
    assert reasons(scored) == {"b": Reason.FUNDED, "a": Reason.BELOW_SCORE}


def test_criteria_weigh_in_the_order() -> None:
    # 4 votes count 1 + (30 x 10 + 10 x 5) / 1000 = 1.35 each, 5.4 in all, more than 5.
    groups = [BallotGroup(("a",), 5), BallotGroup(("b",), 4)]
    projects = [Project("a", 10), Project("b", 10, criteria=(("access", 10), ("green", 5)))]
    election = Election.of(projects, groups, 10)
    assert count(election, Rule()).winners == ("a",)
    weighed = Rule(criteria=(("access", 30), ("green", 10), ("unused", 5)))
    assert count(election, weighed).winners == ("b",)


def test_per_pound_what_costs_nothing_comes_first() -> None:
    election = Election.of(
        [Project("a", 10), Project("b", 4), Project("f", 0)],
        [BallotGroup(("a",), 8), BallotGroup(("b",), 4), BallotGroup(("f",), 1)],
        10,
    )
    # b has 1 vote a penny, a 0.8.
    by_pound = count(election, Rule(ranked_by=RankedBy.VOTES_PER_POUND))
    assert by_pound.winners == ("f", "b")


def test_a_draw_orders_level_projects_the_same_way_for_everybody() -> None:
    election = Election.of([Project("a", 5), Project("b", 5)], [BallotGroup(("a", "b"), 2)], 5)
    drawn = count(election, Rule(), TieOrder.drawn("dice 4"))
    first = min(
        "ab", key=lambda c: hashlib.sha256(f"wardmote tie 1|dice 4|{c}".encode()).hexdigest()
    )
    assert drawn.winners == (first,)
    assert drawn.ties[0].steps == (TieStep.DRAW,)
    assert drawn.tie_order.as_json() == {"by": "drawn", "recorded": [], "seed": "dice 4"}


def test_a_tie_under_conditions_is_not_examined_and_refused_if_refusing() -> None:
    election = Election.of([Project("a", 5), Project("b", 5)], [BallotGroup(("a", "b"), 2)], 50)
    rule = Rule(exclusive=(("a", "b"),))
    assert count(election, rule).ties[0].decisive is None
    with pytest.raises(TieRefusedError):
        count(election, rule, REFUSE)


@pytest.mark.parametrize(
    ("by", "recorded", "seed"),
    [
        (TieBreak.RECORDED, ("a", "a"), ""),
        (TieBreak.DEFAULT, ("a",), ""),
        (TieBreak.RECORDED, (), ""),
        (TieBreak.DRAWN, (), ""),
        (TieBreak.DEFAULT, (), "dice"),
    ],
)
def test_an_order_that_contradicts_itself_is_refused(
    by: TieBreak, recorded: tuple[str, ...], seed: str
) -> None:
    with pytest.raises(ValueError):
        TieOrder(by, recorded, seed)


@pytest.mark.parametrize(
    "stored",
    [
        {"minimum_share_percent": 101},
        {"ranked_by": "votes-times-cost"},
        {"name": "knapsack", "ranked_by": "votes-per-pound"},
        {"step_pence": 0},
        {"overspend_pence": 10**16},
        {"caps": [["category", "parks", -1]]},
        {"caps": [["street", "parks", 1]]},
        {"caps": [["category", 7, 1]]},
        {"caps": "parks"},
        {"criteria": [["access", 1001]]},
        {"criteria": [["access", True]]},
        {"comparison": 1},
        {"exclusive": [["a", 2]]},
        {"already_chosen": [None]},
        {"caps": [["category", "parks"]]},
    ],
)
def test_settings_that_no_count_could_follow_are_refused(stored: object) -> None:
    with pytest.raises(RuleError):
        Rule.from_json(stored)


def test_every_setting_comes_back_from_json() -> None:
    rule = Rule(
        name=RuleName.EQUAL_SHARES,
        exclusive=(("a", "b"),),
        caps=(Limit(*PARKS, 5),),
        ring_fences=(Limit(LimitOn.AREA, "north", 5),),
        already_chosen=("c",),
        part_funding=True,
        criteria=(("access", 30),),
    )
    assert Rule.from_json(rule.as_json()) == rule
    assert replace(rule, name=RuleName.GREEDY) != rule
