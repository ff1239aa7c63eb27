"""Claims that only another count can bear out: made by counting again, or not at all. Pure.

Where shares are raised, or greedy may take over, a single change can move the last step and with
it everything else. What one run suggests is then tried out, and tried again further on.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ballots.counting.election import Ballots, Election
from ballots.counting.equal_shares import count_by_equal_shares
from ballots.counting.explanation import Story, losers, purse_before, votes_to_be_let_in
from ballots.counting.result import Result
from ballots.counting.rules import Completion, Rule, RuleName
from ballots.counting.ties import DEFAULT_ORDER, TieBreak

# Beyond this, recounts would take longer than an explanation is worth: some for each loser, each
# looking at every choice and, many times over, at every project.
MOST_WORK = 100_000
_LOOKS_AT_A_PROJECT = 50
# What trying every figure in turn may look at, for all losers together: a few seconds.
MOST_LOOKS = 500_000
# Tried even where fewer votes than this are suggested four times over.
_ALWAYS_TRIED = 20
# How often one suggested number of votes is doubled, and one cost cut by quarters.
_DOUBLED, _QUARTERS = 2, 4
_PENCE_IN_A_POUND = 100


def is_recounted(rule: Rule) -> bool:
    """Whether only another count can say what would have helped under this rule."""
    raised_or_compared = rule.completion is not Completion.NONE or rule.comparison
    return rule.name is RuleName.EQUAL_SHARES and raised_or_compared


def keep_what_recounts_bear_out(election: Election, result: Result, stories: list[Story]) -> None:
    """Replace what is said to have helped by the nearest of it that a whole count confirms.

    Votes are those of further people who choose nothing else. Whether every nearer figure has
    been tried and failed is noted beside: what wins with some votes may lose with one more.
    """
    lost, purse = losers(election, result), purse_before(election, result)
    looks = len(election.ballots.choices) + _LOOKS_AT_A_PROJECT * len(election.projects)
    feasible = len(lost) * looks <= MOST_WORK
    for at in lost:
        story = stories[at]
        votes, cost = story.more_votes, story.lower_cost_pence
        story.more_votes = story.lower_cost_pence = None
        if not feasible:
            continue
        # As many recounts for the votes as for the cost, and as many for each loser.
        search = _Search(election, result, at, MOST_LOOKS // (2 * len(lost) * looks))
        needed = votes_to_be_let_in(purse, election.vote_counts[at])
        if votes is not None and needed is not None:
            story.more_votes, story.votes_are_least = search.votes(max(needed, 1), votes)
        if cost is not None:
            story.lower_cost_pence, story.cost_is_highest = search.cost(cost)


class _Search:
    """Recounts for one loser: every nearer figure in turn while they last, then by halves."""

    def __init__(self, election: Election, result: Result, at: int, recounts: int) -> None:
        self.election, self.result, self.at, self.recounts = election, result, at, recounts

    def votes(self, first: int, suggested: int) -> tuple[int | None, bool]:
        """The fewest votes found to win, from the first worth trying; whether none fewer would."""
        farthest = max(first + _ALWAYS_TRIED, suggested << _DOUBLED)
        tried = range(first, min(farthest, first + self.recounts) + 1)
        for votes in tried:
            if self._wins_with(votes):
                return votes, True
        suggestions = (suggested << doubled for doubled in range(_DOUBLED + 1))
        far = next((n for n in suggestions if n > tried[-1] and self._wins_with(n)), None)
        return self._halved(tried[-1], far, self._wins_with)

    def cost(self, suggested: int) -> tuple[int | None, bool]:
        """The highest cost found to win, in whole pounds; whether none between it and now would."""
        cost = self.election.projects[self.at].cost_pence
        unit = _PENCE_IN_A_POUND if cost > _PENCE_IN_A_POUND else 1
        now, lowest = -(-cost // unit), max(1, suggested // _QUARTERS // unit)
        tried = range(now - 1, max(lowest, now - 1 - self.recounts) - 1, -1)
        for units in tried:
            if self._wins_at(units * unit):
                return units * unit, True
        nearest = tried[-1] if tried else now
        cuts = (suggested * part // _QUARTERS // unit for part in range(_QUARTERS, 0, -1))
        far = next((n for n in cuts if 0 < n < nearest and self._wins_at(n * unit)), None)
        units_found, sure = self._halved(nearest, far, lambda units: self._wins_at(units * unit))
        return None if units_found is None else units_found * unit, sure

    def _halved(
        self, loses: int, far: int | None, wins: Callable[[int], bool]
    ) -> tuple[int | None, bool]:
        """A nearer figure that wins, between one that loses and one that wins.

        All that is nearer than the first has lost already; what is skipped by halving may win.
        """
        if far is None:
            return None, True
        sure = abs(far - loses) == 1
        for _ in range(self.recounts):
            if abs(far - loses) == 1:
                break
            middle = (loses + far) // 2
            loses, far = (loses, middle) if wins(middle) else (middle, far)
        return far, sure

    def _wins_with(self, votes: int) -> bool:
        return _wins(with_votes(self.election, self.at, votes), self.result, self.at)

    def _wins_at(self, pence: int) -> bool:
        return _wins(at_cost(self.election, self.at, pence), self.result, self.at)


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
