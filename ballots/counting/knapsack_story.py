"""What it would have taken to be in the best set. Pure, exact."""

from dataclasses import replace

from ballots.counting.election import Election
from ballots.counting.explanation import Story, losers, purse_before, votes_to_be_let_in
from ballots.counting.knapsack import count_by_knapsack
from ballots.counting.purse import Purse
from ballots.counting.result import Result
from ballots.counting.rules import RankedBy
from ballots.counting.ties import DEFAULT_ORDER

# Each loser takes a count of its own: more of them are told nothing of votes.
_MOST_LOSERS = 60


def tell_knapsack(election: Election, result: Result, stories: list[Story]) -> None:
    """More votes: until the best set that holds the project is worth more than the best without.

    At what is left beside the best set, a project would have been in it for certain.
    """
    purse = purse_before(election, result)
    if purse.conditional or result.rule.ranked_by is RankedBy.SCORE:
        return
    lost = losers(election, result)
    for at in lost:
        needed = votes_to_be_let_in(purse, election.vote_counts[at])
        if needed is None:
            return
        by_votes = result.rule.ranked_by is RankedBy.VOTES
        if needed == 0 and by_votes and result.left_pence < purse.costs[at]:
            stories[at].might_win_at(result.left_pence)
        if len(lost) <= _MOST_LOSERS and purse.costs[at] <= purse.left:
            stories[at].might_win_with(max(needed, _votes_to_be_best(purse, result, at)))


def _votes_to_be_best(purse: Purse, result: Result, at: int) -> int:
    """By how many votes the best set with the project falls short of the best one, and one more."""
    election, rule = purse.election, result.rule
    chosen = (*rule.already_chosen, election.projects[at].id)
    forced = count_by_knapsack(election, replace(rule, already_chosen=chosen), DEFAULT_ORDER)
    short = _value(purse, result) - _value(purse, forced)
    each = purse.worths[at] if rule.criteria else 1
    if rule.ranked_by is RankedBy.VOTES_TIMES_COST:
        each *= max(1, purse.costs[at])
    return short // each + 1


def _value(purse: Purse, result: Result) -> int:
    """What the winners are worth together, as the rule adds it up."""
    places = [purse.election.places[winner] for winner in result.winners]
    by_cost = purse.rule.ranked_by is RankedBy.VOTES_TIMES_COST
    return sum(purse.values[at] * (purse.costs[at] if by_cost else 1) for at in places)
