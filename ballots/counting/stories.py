"""The whole explanation of a count, as JSON for the record. Pure."""

from collections.abc import Callable, Mapping

from ballots.counting.election import Election
from ballots.counting.explanation import (
    Story,
    ballots_with_a_winner,
    cost_per_beneficiary,
    shares_by,
)
from ballots.counting.greedy_story import tell_greedy
from ballots.counting.knapsack_story import tell_knapsack
from ballots.counting.phragmen_story import tell_phragmen
from ballots.counting.result import Result
from ballots.counting.rules import LimitOn, RuleName
from ballots.counting.shares_story import tell_shares

_Teller = Callable[[Election, Result, list[Story]], None]

_TELLERS: Mapping[RuleName, _Teller] = {
    RuleName.GREEDY: tell_greedy,
    RuleName.EQUAL_SHARES: tell_shares,
    RuleName.PHRAGMEN: tell_phragmen,
    RuleName.KNAPSACK: tell_knapsack,
}


def explain(election: Election, result: Result, other: Result | None = None) -> dict[str, object]:
    """Every project's story by rank, who is served, where the money goes, and another rule's view.

    `other` is the result of the same ballots under a second rule, shown beside this one.
    """
    stories = [Story() for _ in election.projects]
    _TELLERS[result.rule.name](election, result, stories)
    per_person = cost_per_beneficiary(election, result)
    return {
        "projects": [
            stories[election.places[verdict.project_id]].to_json(verdict.project_id)
            | {"beneficiary_cost_pence": per_person.get(verdict.project_id)}
            for verdict in result.verdicts
        ],
        "ballots_with_a_winner": ballots_with_a_winner(election, result.winners),
        "spending": {
            "category": shares_by(election, result, LimitOn.CATEGORY),
            "area": shares_by(election, result, LimitOn.AREA),
        },
        "alternative": None if other is None else _beside(election, other),
    }


def _beside(election: Election, other: Result) -> dict[str, object]:
    return {
        "rule": other.rule.as_json(),
        "winners": list(other.winners),
        "spent_pence": other.spent_pence,
        "ballots_with_a_winner": ballots_with_a_winner(election, other.winners),
    }
