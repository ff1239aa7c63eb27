"""Equal shares: worked examples, an independent naive count, conditions, both inner loops."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise

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
    Misfit,
    Project,
    Reason,
    Result,
    Rule,
    RuleName,
    Then,
    TieOrder,
    TieRefusedError,
    Utility,
    count,
)
from ballots.counting import equal_shares as shares
from ballots.counting.prices import PLAIN
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
