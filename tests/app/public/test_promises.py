"""Every ballot paper, rule and setting, told to residents in plain words."""

import json
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app.public.promises import Terms, frozen_terms, rules_in_words, terms_of
from ballots.counting import (
    Completion,
    Limit,
    LimitOn,
    Misfit,
    RankedBy,
    Rule,
    RuleName,
    Then,
    Utility,
)
from ballots.disclosure import DisclosureProfile
from ballots.papers import BallotFormat
from ballots.stages import route_promised
from ballots.voting_rules import TieRule, rules_of
from neighbourhoods.phases import Phase
from tests.builders import Town

SHARES = RuleName.EQUAL_SHARES


def told(app: Flask, **terms: Any) -> str:
    usual: dict[str, Any] = {
        "ballot_format": BallotFormat.APPROVAL,
        "max_choices": None,
        "min_choices": 1,
        "budget_pence": 1_000_000,
        "rule": Rule(),
        "profile": DisclosureProfile.SEALED,
        "step": 20,
        "approvals_needed": 1,
    }
    with app.test_request_context():
        return " ".join(promise.words for promise in rules_in_words(Terms(**usual | terms)))


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({}, "Choose every project that you support."),
        ({"max_choices": 3, "min_choices": 3}, "Choose exactly 3 projects that you support."),
        ({"max_choices": 3, "min_choices": 2}, "Choose at least 2."),
        ({}, "Each project you choose gets one vote."),
        (
            {"ballot_format": BallotFormat.RANKING, "max_choices": 3},
            "Put up to 3 projects in order, your favourite first.",
        ),
        (
            {"ballot_format": BallotFormat.RANKING, "max_choices": 3, "min_choices": 3},
            "Put 3 projects in order, your favourite first.",
        ),
        ({"ballot_format": BallotFormat.RANKING}, "your last choice gets one point"),
        (
            {"ballot_format": BallotFormat.POINTS, "points_to_give": 10},
            "You have 10 points to share out. You can give fewer.",
        ),
        (
            {
                "ballot_format": BallotFormat.POINTS,
                "points_to_give": 10,
                "most_points_on_one": 4,
            },
            "Give one project 4 at most.",
        ),
        ({"ballot_format": BallotFormat.POINTS, "points_to_give": 1}, "You have one point"),
        (
            {"ballot_format": BallotFormat.SCORES, "highest_score": 5},
            "Give projects a score from 1 to 5. 5 is best.",
        ),
        ({"ballot_format": BallotFormat.YES_NO}, "A no is no vote and takes one point away."),
    ],
)
def test_every_ballot_paper_is_told(app: Flask, terms: dict[str, Any], words: str) -> None:
    assert words in told(app, **terms)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule(), "The project with most votes is funded first"),
        (Rule(ranked_by=RankedBy.SCORE), "The project with most points is funded first"),
        (Rule(ranked_by=RankedBy.VOTES_PER_POUND), "most votes for each pound of its cost"),
        (Rule(misfit=Misfit.STOP), "costs more than the money left, the count stops."),
        (
            Rule(SHARES),
            "A project is funded when its supporters can pay for it together.",
        ),
        (Rule(SHARES, utility=Utility.CARDINALITY), "each supporter has to pay least is next."),
        (Rule(SHARES, utility=Utility.POINTS), "gives its supporters most points for what each"),
        (Rule(SHARES, start_unit_pence=1), "rounded down to whole multiples of £0.01."),
        (
            Rule(SHARES, completion=Completion.ADD1, step_pence=250),
            "all shares are raised by £2.50 and the count starts again, until the next step would",
        ),
        (
            Rule(SHARES, completion=Completion.ADD1_EXHAUSTIVE),
            "raised by £1 and the count starts again, until no other project fits",
        ),
        (Rule(SHARES), "What is left after that stays in the fund."),
        (Rule(SHARES, then=Then.UTILITARIAN), "goes to the projects with most votes that still"),
        (Rule(SHARES, comparison=True), "If more voters prefer what the rule “most votes first”"),
        (Rule(RuleName.PHRAGMEN), "Everybody earns money at the same speed."),
        (Rule(RuleName.KNAPSACK), "the one with most votes in all is funded."),
        (Rule(RuleName.KNAPSACK, ranked_by=RankedBy.SCORE), "the one with most points in all"),
        (Rule(RuleName.KNAPSACK, ranked_by=RankedBy.VOTES_TIMES_COST), "votes times cost"),
        (Rule(), "A project needs at least 1 vote."),
        (Rule(minimum_votes=5), "A project needs at least 5 votes."),
        (Rule(minimum_share_percent=5), "At least 5 percent of the people who vote"),
        (Rule(minimum_score=30), "It needs at least 30 points."),
        (Rule(already_chosen=("7", "9")), "chosen before and are funded first: “7” and “9”."),
        (Rule(exclusive=(("1", "2"),)), "Only one of these projects can be funded: “1” and “2”."),
        (
            Rule(caps=(Limit(LimitOn.CATEGORY, "Green", 5_000),)),
            "Projects of the category Green get £50 together at most.",
        ),
        (
            Rule(caps=(Limit(LimitOn.AREA, "Lockside", 5_000),)),
            "Projects in Lockside get £50 together at most.",
        ),
        (
            Rule(ring_fences=(Limit(LimitOn.CATEGORY, "Youth", 5_000),)),
            "£50 is kept for projects of the category Youth.",
        ),
        (
            Rule(ring_fences=(Limit(LimitOn.AREA, "Lockside", 5_000),)),
            "£50 is kept for projects in Lockside.",
        ),
        (Rule(overspend_pence=500), "The last project may take the budget up to £5 over."),
        (Rule(part_funding=True), "gets what is left, if that covers the least"),
        (
            Rule(criteria=(("Need", 50), ("Jobs", 25))),
            "adds to every vote: Need 5 percent, Jobs 2.5 percent.",
        ),
    ],
)
def test_every_rule_and_condition_is_told(app: Flask, rule: Rule, words: str) -> None:
    assert words in told(app, rule=rule)


@pytest.mark.parametrize(
    ("draw_source", "words"),
    [
        (None, "The one that costs less comes first. If they cost the same"),
        ("Three dice in the hall.", "This decides: Three dice in the hall. Two people enter"),
    ],
)
def test_how_ties_are_settled_is_told(app: Flask, draw_source: str | None, words: str) -> None:
    assert words in told(app, draw_source=draw_source)


@pytest.mark.parametrize("tie_rule", list(TieRule))
def test_a_promised_draw_stays_promised_once_the_rules_are_frozen(
    tie_rule: TieRule, town: Town, session: Session
) -> None:
    the_round = town.round(Phase.VOTE, tie_rule=tie_rule)
    rules = rules_of(session, the_round.id)
    assert rules is not None
    assert rules.frozen_text is not None
    drawn = tie_rule is TieRule.DRAW
    terms = frozen_terms(json.loads(rules.frozen_text))
    assert terms.draw_source == ("Dice thrown in the hall" if drawn else None)
    assert terms == terms_of(rules, the_round, route_promised(session, the_round))


@pytest.mark.parametrize(
    ("ballot_format", "limits"),
    [
        (BallotFormat.POINTS, {"points_to_give": 10, "most_points_on_one": 4}),
        (BallotFormat.SCORES, {"highest_score": 10}),
        (BallotFormat.APPROVAL, {}),
    ],
)
def test_the_same_is_told_before_and_after_the_rules_are_frozen(
    ballot_format: BallotFormat, limits: dict[str, Any], town: Town, session: Session
) -> None:
    the_round = town.round(Phase.VOTE, ballot_format=ballot_format, **limits)
    rules = rules_of(session, the_round.id)
    assert rules is not None
    assert rules.frozen_text is not None
    assert frozen_terms(json.loads(rules.frozen_text)) == terms_of(
        rules, the_round, route_promised(session, the_round)
    )
