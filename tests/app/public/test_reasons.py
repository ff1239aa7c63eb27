"""Why each project was funded or not: a sentence that is right under the rule of the round."""

from typing import Any

import pytest
from flask import Flask

from app.public.background import Background
from app.public.counted import read_count
from app.public.reasons import why_decided
from app.public.ties import tie_sentences
from ballots.counting import Completion, Limit, LimitOn, RankedBy, Reason, Rule, RuleName
from tests.app.pictures.counts import Json, counted, explanation

TITLES = {"P1": "Trees", "P2": "Benches", "P3": "Lights", "P4": "Paths"}


def verdict(reason: Reason, **said: Any) -> Json:
    return {
        "project_id": "P1",
        "rank": 1,
        "votes": 512,
        "score": 512,
        "cost_pence": 400_000,
        "funded": False,
        "funded_pence": 0,
        "won": None,
        "reason": reason.value,
        "left_before_pence": None,
        "shortfall_pence": None,
    } | said


def words(app: Flask, verdict: Json, rule: Rule, about: Json | None = None, **known: Any) -> str:
    explained = {"P1": about} if about else {}
    background = Background(rule, TITLES, explained=explained, **known)
    with app.test_request_context():
        return why_decided(verdict, background)


EQUAL_SHARES = Rule(name=RuleName.EQUAL_SHARES)
RAISED = Rule(name=RuleName.EQUAL_SHARES, completion=Completion.ADD1)
PHRAGMEN = Rule(name=RuleName.PHRAGMEN)
KNAPSACK = Rule(name=RuleName.KNAPSACK)


def test_under_equal_shares_a_winner_names_what_each_paid_at_most(app: Flask) -> None:
    # 339.2 pence a head: nobody paid more than £3.40.
    said = words(app, verdict(Reason.FUNDED), EQUAL_SHARES, prices={"P1": "339.200000"})
    assert said == "Funded: its 512 supporters could pay for it together, at most £3.40 each."


def test_with_points_a_winner_names_the_price_of_a_point(app: Flask) -> None:
    found = verdict(Reason.FUNDED, score=2_048)
    said = words(app, found, EQUAL_SHARES, prices={"P1": "85.000000"})
    assert said.endswith("at most £0.85 for each point given to it.")


def test_what_costs_nothing_is_paid_by_nobody(app: Flask) -> None:
    found = verdict(Reason.FUNDED, cost_pence=0)
    said = words(app, found, EQUAL_SHARES, prices={"P1": "0.000000"})
    assert said == "Funded: 512 votes, and it costs nothing."


def test_where_equal_shares_gave_way_the_reason_is_that_of_greedy(app: Flask) -> None:
    found = verdict(Reason.FUNDED, left_before_pence=500_000)
    said = words(app, found, EQUAL_SHARES)
    assert said == "Funded: 512 votes; £5,000 was left when its turn came."


def test_a_loser_of_equal_shares_names_what_its_supporters_had_paid_for(app: Flask) -> None:
    about = {
        "standings": [
            {"round": 1, "effective_votes": "512.000000", "money_pence": 800_000},
            {"round": 2, "effective_votes": "300.000000", "money_pence": 123_450},
        ],
        "supporters_spent_on": [
            {"project_id": code, "pence": 10} for code in ("P2", "P3", "P4", "P9")
        ],
    }
    said = words(app, verdict(Reason.SUPPORTERS_SPENT), EQUAL_SHARES, about)
    assert said == (
        "Not funded: 512 votes. Its supporters had £1,234.50 towards its cost of £4,000: they had "
        "already helped pay for “Benches”, “Lights” and “Paths”, and for 1 other project."
    )


def test_a_loser_whose_supporters_paid_for_nothing_simply_lacked_money(app: Flask) -> None:
    about = {
        "standings": [{"round": 1, "effective_votes": "1.000000", "money_pence": 5_000}],
        "supporters_spent_on": [],
    }
    said = words(app, verdict(Reason.SUPPORTERS_SPENT, votes=1), EQUAL_SHARES, about)
    assert said == "Not funded: 1 vote. Its supporters had £50 towards its cost of £4,000."


def test_an_outcome_without_explanation_still_has_reasons(app: Flask) -> None:
    said = words(app, verdict(Reason.SUPPORTERS_SPENT), EQUAL_SHARES)
    assert "What its supporters had left together did not cover its cost of £4,000." in said


def test_what_would_have_made_it_win_is_said_after_the_reason(app: Flask) -> None:
    about = {"more_votes": 12, "lower_cost_pence": 340_000, "beneficiary_cost_pence": 250}
    said = words(app, verdict(Reason.NO_VOTES), Rule(), about)
    assert said == (
        "Not funded: nobody voted for it. It would have been funded with 12 more votes. It would "
        "have been funded at a cost of £3,400 or less. Its cost is £2.50 for each person who "
        "gains from it."
    )
    assert "with 1 more vote." in words(app, verdict(Reason.NO_VOTES), Rule(), {"more_votes": 1})


@pytest.mark.parametrize(
    ("reason", "rule", "said", "expected"),
    [
        (Reason.FUNDED, PHRAGMEN, {}, "its 512 supporters were the next to have saved its cost"),
        (Reason.FUNDED, PHRAGMEN, {"votes": 1}, "its 1 supporter was the next to have saved"),
        (Reason.FUNDED, KNAPSACK, {}, "no set that the money covers has more votes together"),
        (
            Reason.FUNDED,
            Rule(name=RuleName.KNAPSACK, ranked_by=RankedBy.SCORE),
            {"score": 9, "votes": 3},
            "9 points from 3 votes. It belongs to the set of projects funded, and no set that the",
        ),
        (
            Reason.NOT_IN_BEST_SET,
            Rule(name=RuleName.KNAPSACK, ranked_by=RankedBy.VOTES_TIMES_COST),
            {},
            "has more votes times cost together than the projects funded",
        ),
        (Reason.ALREADY_CHOSEN, Rule(), {}, "had chosen it before the vote"),
        (Reason.COMPLETED, EQUAL_SHARES, {}, "money was left at the end, and it was next by votes"),
        (
            Reason.PART_FUNDED,
            Rule(part_funding=True),
            {"funded_pence": 120_000},
            "gets the £1,200 that was left of its £4,000",
        ),
        (Reason.DOES_NOT_FIT, PHRAGMEN, {}, "512 votes. It cost more than was left."),
        (
            Reason.DOES_NOT_FIT,
            Rule(overspend_pence=1),
            {"left_before_pence": -1, "shortfall_pence": 1},
            "no money was left when its turn came",
        ),
        (
            Reason.DOES_NOT_FIT,
            Rule(ranked_by=RankedBy.SCORE),
            {"left_before_pence": 300_000, "shortfall_pence": 100_000},
            "512 points from 512 votes. It cost £1,000 more than the £3,000 left",
        ),
        (Reason.OVER_CAP, Rule(), {}, "would have had more money than the rules allow"),
        (Reason.RING_FENCED, Rule(), {}, "keep the money that was left for another category"),
        (Reason.BELOW_THRESHOLD, Rule(minimum_votes=600), {}, "ask for at least 600."),
        (
            Reason.BELOW_SHARE,
            Rule(minimum_share_percent=5),
            {},
            "a vote from at least 5% of those who voted",
        ),
        (
            Reason.BELOW_SCORE,
            Rule(minimum_score=900),
            {},
            "Not funded: 512 points; the rules ask for at least 900.",
        ),
    ],
)
def test_every_reason_is_told_with_its_figures(
    app: Flask, reason: Reason, rule: Rule, said: Json, expected: str
) -> None:
    assert expected in words(app, verdict(reason, **said), rule)


@pytest.mark.parametrize(
    ("stopped_at", "expected"),
    [
        ("P3", "The count had already stopped at “Lights”, which cost more than was left."),
        (None, "The count had already stopped."),
    ],
)
def test_where_the_count_stopped_is_named(
    app: Flask, stopped_at: str | None, expected: str
) -> None:
    said = words(app, verdict(Reason.AFTER_THE_STOP), Rule(), stopped_at=stopped_at)
    assert said == f"Not funded: 512 votes. {expected}"


def test_the_rival_that_shut_a_project_out_is_named(app: Flask) -> None:
    rule = Rule(exclusive=(("P1", "P2", "P3"), ("P4", "P9")))
    said = words(app, verdict(Reason.EXCLUDED), rule, winners=("P3", "P4"))
    assert said == "Not funded: 512 votes. The rules allow only one of it and “Lights”."


def test_a_count_tells_the_share_of_everybody_and_who_is_served(app: Flask) -> None:
    result = counted([100], [(1,), ()], 101) | {"start_budget_pence": "50.500000"}
    with app.test_request_context():
        told = read_count(result, {}, roll_size=4, explanation=explanation(result))
        assert read_count(result, {}, roll_size=4).notes == told.notes[:1]
        gave_way = read_count(result | {"gave_way": True}, {}, roll_size=4)
    assert told.notes == (
        "Every voter had an equal share to spend: £0.50.",
        "1 of the 2 people who voted chose at least one project that is funded.",
    )
    assert "by the rules that outcome stands" in gave_way.notes[1]


@pytest.mark.parametrize(
    ("completion", "costs", "until"),
    [
        (Completion.ADD1, [100, 60], ", until one more step would have overspent."),
        (
            Completion.ADD1_EXHAUSTIVE,
            [100, 60],
            ", until no further project would have fitted, or one more step would have overspent.",
        ),
        (Completion.ADD1, [60, 40], "."),
    ],
)
def test_shares_that_were_raised_are_told_as_raised(
    app: Flask, completion: Completion, costs: list[int], until: str
) -> None:
    rule = Rule(name=RuleName.EQUAL_SHARES, completion=completion)
    result = counted(costs, [(1,), (2,)], 100, rule)
    raised = result | {"start_budget_pence": "7500.500000", "steps": 3}
    with app.test_request_context():
        assert read_count(raised, {}, roll_size=4).notes == (
            "Every voter had an equal share to spend. Shares were raised to £75, step by step"
            + until,
        )
        unraised = raised | {"steps": 0}
        assert read_count(unraised, {}, roll_size=4).notes == (
            "Every voter had an equal share to spend: £75.",
        )


@pytest.mark.parametrize(
    ("settings", "about", "end"),
    [
        ({}, {}, " or less."),
        ({"completion": Completion.ADD1}, {"cost_is_highest": True}, "."),
        ({"completion": Completion.ADD1_EXHAUSTIVE}, {"cost_is_highest": True}, "."),
        ({"comparison": True}, {"cost_is_highest": True}, "."),
        ({"completion": Completion.ADD1}, {"cost_is_highest": False}, " (perhaps more)."),
        # Outcomes stored before the flag was there did not try every cost.
        ({"completion": Completion.ADD1}, {}, " (perhaps more)."),
    ],
)
def test_where_shares_are_raised_or_compared_no_lower_cost_is_promised_to_win(
    app: Flask, settings: Json, about: Json, end: str
) -> None:
    rule = Rule(name=RuleName.EQUAL_SHARES, **settings)
    said = words(app, verdict(Reason.NO_VOTES), rule, about | {"lower_cost_pence": 340_000})
    assert said.endswith(f"It would have been funded at a cost of £3,400{end}")


@pytest.mark.parametrize(
    ("rule", "about", "end"),
    [
        (Rule(), {"more_votes": 3}, " 3 more votes."),
        (PHRAGMEN, {"more_votes": 3}, " 3 more votes."),
        (
            EQUAL_SHARES,
            {"more_votes": 3},
            " 3 more supporters who had not yet paid for anything else.",
        ),
        (
            EQUAL_SHARES,
            {"more_votes": 1},
            " 1 more supporter who had not yet paid for anything else.",
        ),
        (RAISED, {"more_votes": 3, "votes_are_least": True}, " 3 more votes."),
        (RAISED, {"more_votes": 3, "votes_are_least": False}, " 3 more votes (perhaps fewer)."),
        (RAISED, {"more_votes": 3}, " 3 more votes (perhaps fewer)."),
    ],
)
def test_whose_votes_it_lacked_is_said_and_whether_fewer_might_have_done(
    app: Flask, rule: Rule, about: Json, end: str
) -> None:
    said = words(app, verdict(Reason.SUPPORTERS_SPENT), rule, about)
    assert said.endswith(f"It would have been funded with{end}")


@pytest.mark.parametrize(
    ("chose", "said"),
    [
        (1, "The one person who voted chose at least one project that is funded."),
        (0, "The one person who voted chose no project that is funded."),
    ],
)
def test_a_single_voter_is_told_of_as_one_person(app: Flask, chose: int, said: str) -> None:
    result = counted([100], [(1,)], 101)
    about = explanation(result) | {"ballots_with_a_winner": chose}
    with app.test_request_context():
        assert read_count(result, {}, roll_size=4, explanation=about).notes == (said,)


def test_winners_stand_in_the_order_they_won(app: Flask) -> None:
    # P2 costs less for its votes, so that it wins first by votes per pound.
    rule = Rule(ranked_by=RankedBy.VOTES_PER_POUND, caps=(Limit(LimitOn.AREA, "x", 1),))
    result = counted([900, 10], [(1, 2), (1,)], 1000, rule)
    result["projects"].sort(key=lambda found: str(found["project_id"]))
    with app.test_request_context():
        told = read_count(result, {}, roll_size=2)
    assert [project.code for project in told.funded] == ["P2", "P1"]


def test_an_outcome_of_the_first_version_is_still_told(app: Flask) -> None:
    result = counted([60_00, 90_00], [(1, 2), (1,)], 100_00)
    for name in ("purchases", "start_budget_pence", "steps", "gave_way"):
        del result[name]
    for found in result["projects"]:
        for name in ("score", "won", "funded_pence"):
            del found[name]
    result["rule"] = {"name": "greedy", "ranked_by": "votes", "misfit": "skip", "minimum_votes": 0}
    with app.test_request_context():
        told = read_count(result, TITLES, roll_size=2)
    assert [(project.title, project.funded_pence) for project in told.funded] == [("Trees", 60_00)]
    assert "It cost £50 more than the £40 left" in told.not_funded[0].why
    assert told.pictures.balance is not None


@pytest.mark.parametrize(
    ("tie", "expected"),
    [
        (
            {"votes": 3, "steps": ["lower-cost"], "decisive": True},
            [
                "“Trees” and “Benches” each had 3 votes.",
                "“Trees” came before “Benches” because it cost less.",
                "Another order would have changed which projects are funded.",
            ],
        ),
        (
            {"votes": None, "steps": ["draw"], "decisive": None},
            [
                "“Trees” and “Benches” stood level when it was their turn.",
                "“Trees” came before “Benches” in a draw that anybody can repeat.",
            ],
        ),
        (
            {"votes": 3, "steps": ["more-ballots"], "decisive": False},
            [
                "“Trees” and “Benches” each had 3 votes.",
                "“Trees” came before “Benches” because more ballots named it.",
                "Any other order would have funded the same projects.",
            ],
        ),
    ],
)
def test_ties_tell_what_is_known_of_them(app: Flask, tie: Json, expected: list[str]) -> None:
    with app.test_request_context():
        assert tie_sentences({"members": ["P1", "P2"]} | tie, TITLES) == expected
