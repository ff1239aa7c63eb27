"""Claims that only another count can bear out: made by counting again, or not at all. Pure.

Where shares are raised, or greedy may take over, a single change can move the last step and with
it everything else. What one run suggests is then tried out, and tried again further on.
"""

from dataclasses import replace

import numpy as np

from ballots.counting.election import Ballots, Election
from ballots.counting.equal_shares import count_by_equal_shares
from ballots.counting.explanation import Story, losers
from ballots.counting.result import Result
from ballots.counting.ties import DEFAULT_ORDER, TieBreak

# Beyond this, recounts would take longer than an explanation is worth: some for each loser, each
# looking at every choice and, many times over, at every project.
MOST_WORK = 100_000
_LOOKS_AT_A_PROJECT = 50


def keep_what_recounts_bear_out(election: Election, result: Result, stories: list[Story]) -> None:
    """Replace what is said to have helped by the nearest of it that a whole count confirms.

    Votes are those of further people who choose nothing else.
    """
    lost = losers(election, result)
    looks = len(election.ballots.choices) + _LOOKS_AT_A_PROJECT * len(election.projects)
    feasible = len(lost) * looks <= MOST_WORK
    for at in lost:
        story = stories[at]
        votes, cost = story.more_votes, story.lower_cost_pence
        story.more_votes = story.lower_cost_pence = None
        if feasible and votes is not None:
            story.more_votes = _votes_that_do(election, result, at, votes)
        if feasible and cost is not None:
            story.lower_cost_pence = _cost_that_does(election, result, at, cost)


def _votes_that_do(election: Election, result: Result, at: int, votes: int) -> int | None:
    tries = (votes * factor for factor in (1, 2, 4))
    return next((n for n in tries if _wins(with_votes(election, at, n), result, at)), None)


def _cost_that_does(election: Election, result: Result, at: int, pence: int) -> int | None:
    tries = (pence * quarters // 4 for quarters in (4, 3, 2, 1))
    return next((n for n in tries if _wins(at_cost(election, at, n), result, at)), None)


def _wins(election: Election, result: Result, at: int) -> bool:
    """Whether the project wins a whole count of the changed election."""
    refuses = result.tie_order.by is TieBreak.REFUSE
    tie_order = DEFAULT_ORDER if refuses else result.tie_order
    counted = count_by_equal_shares(election, result.rule, tie_order)
    return election.projects[at].id in counted.winners


def at_cost(election: Election, at: int, pence: int) -> Election:
    """The same election with one project at another cost."""
    projects = list(election.projects)
    projects[at] = replace(projects[at], cost_pence=pence)
    return Election(tuple(projects), election.ballots, election.budget_pence)


def with_votes(election: Election, at: int, votes: int) -> Election:
    """The same election with so many further ballots that name only one project."""
    old = election.ballots
    ballots = Ballots(
        np.append(old.weights, votes),
        np.append(old.starts, len(old.choices) + 1),
        np.append(old.choices, at),
        None if old.points is None else np.append(old.points, 1),
    )
    return Election(election.projects, ballots, election.budget_pence)
