"""Counts to draw: real ones of small elections, and what would explain them."""

import json
from typing import Any

from hypothesis import strategies as st

from ballots.counting import BallotGroup, Election, Project, Result, Rule, count

Json = dict[str, Any]


def election(costs: list[int], ballots: list[tuple[int, ...]], budget: int) -> Election:
    """Projects P1, P2 … at these costs in pence; ballots name them by number, from 1."""
    projects = [Project(f"P{at}", cost) for at, cost in enumerate(costs, start=1)]
    groups = [BallotGroup(tuple(f"P{number}" for number in chosen), 1) for chosen in ballots]
    return Election.of(projects, groups, budget)


def as_stored(result: Result) -> Json:
    """A result as the database gives it back."""
    stored: Json = json.loads(json.dumps(result.to_json()))
    return stored


def counted(
    costs: list[int], ballots: list[tuple[int, ...]], budget: int, rule: Rule | None = None
) -> Json:
    """The stored count of a small election."""
    return as_stored(count(election(costs, ballots, budget), rule or Rule()))


def titled(result: Json) -> dict[str, str]:
    """A title for every project of a result."""
    return {verdict["project_id"]: f"Bench {verdict['rank']}" for verdict in result["projects"]}


def explanation(result: Json, paid: dict[tuple[str, str], int] | None = None) -> Json:
    """An explanation as the count would write it; `paid` by (supporters of, winner), in pence."""
    spent = paid or {}
    return {
        "projects": [
            {
                "project_id": code,
                "more_votes": None,
                "lower_cost_pence": None,
                "beneficiary_cost_pence": None,
                "lost_in_round": None,
                "standings": [],
                "supporters_spent_on": [
                    {"project_id": winner, "pence": pence}
                    for (source, winner), pence in spent.items()
                    if source == code
                ],
            }
            for code in (verdict["project_id"] for verdict in result["projects"])
        ],
        "ballots_with_a_winner": 1,
        "spending": {"category": [], "area": []},
        "alternative": None,
    }


@st.composite
def stored_counts(draw: st.DrawFn) -> Json:
    """Any small count, without votes, without winners and with one project too."""
    costs = draw(st.lists(st.integers(0, 10_000_000), min_size=1, max_size=12))
    chosen = st.sets(st.integers(1, len(costs))).map(lambda found: tuple(sorted(found)))
    ballots = draw(st.lists(chosen, max_size=15))
    budget = draw(st.integers(0, 20_000_000))
    rule = Rule(overspend_pence=draw(st.sampled_from([0, 0, 500_000])))
    return counted(costs, ballots, budget, rule)


@st.composite
def stored_payments(draw: st.DrawFn) -> tuple[Json, dict[tuple[str, str], int]]:
    """A count with winners, and any payments of anybody's supporters for them."""
    several = range(1, draw(st.integers(2, 14)) + 1)
    result = counted([100 * at for at in several], [tuple(several)], 100_000)
    codes = [f"P{at}" for at in several]
    pair = st.tuples(st.sampled_from(codes), st.sampled_from(codes))
    return result, draw(st.dictionaries(pair, st.integers(1, 10**9), min_size=1))
