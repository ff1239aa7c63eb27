"""How each project stood whenever Phragmén's rule bought one, and what it would have taken. Pure.

Times are followed in 2**-40 of a penny, rounded so that what is said errs on the safe side.
"""

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ballots.counting.election import Election
from ballots.counting.explanation import (
    Standing,
    Story,
    losers,
    purse_before,
    votes_to_be_let_in,
)
from ballots.counting.purse import Purse
from ballots.counting.result import Purchase, Reason, Result

_FINE = 40


def tell_phragmen(election: Election, result: Result, stories: list[Story]) -> None:
    """Follow the purchases; a project wins if its time comes earlier than one's that it displaces.

    Nothing is said of what would have helped under criteria or other conditions. The supporters
    that a project would need more are people who have helped to pay for nothing.
    """
    purse = purse_before(election, result)
    bought = [
        one for one in result.purchases[len(purse.purchases) :] if one.price_pence is not None
    ]
    _Moments(purse, result, stories).follow(bought)


class _Moments:
    """Ballots by project and by the moment at which they last paid, moment 0 being never."""

    def __init__(self, purse: Purse, result: Result, stories: list[Story]) -> None:
        election = purse.election
        self.purse, self.election, self.stories = purse, election, stories
        told = not purse.conditional and not purse.rule.criteria
        self.curious = losers(election, result) if told else []
        self.standing = [at for at in purse.running if purse.fits(at)]
        self.left = purse.left
        self.moments = np.zeros(election.ballots.groups, dtype=np.int64)
        self.counts = np.zeros((len(election.projects), 1), dtype=np.int64)
        self.counts[:, 0] = election.vote_counts
        self.times: list[int] = [0]
        self.stopped = election.places.get(result.stopped_at or "")
        if result.stopped_at and result.verdict_on(result.stopped_at).reason is not (
            Reason.DOES_NOT_FIT
        ):
            self.stopped = None

    def follow(self, bought: list[Purchase]) -> None:
        """Tell every moment, and the one at which the rule stopped."""
        for number, purchase in enumerate(bought, start=1):
            winner = self.election.places[purchase.project_id]
            time = purchase.price_pence or Fraction(0)
            self._stand(number)
            self._wonder((time.numerator << _FINE) // time.denominator)
            self._spend(winner, time)
            self.left -= purchase.paid_pence
            self.standing.remove(winner)
        self._stand(len(bought) + 1)
        if self.stopped is not None:
            # Not a unit late: whoever comes at the same moment may lose the tie.
            loads = self.counts[self.stopped].astype(object) @ self.times
            due = (self.purse.costs[self.stopped] << _FINE) + int(loads)
            self._wonder(due // self.election.vote_counts[self.stopped])
        elif not self.standing:
            self._wonder(None)

    def _loads(self) -> NDArray[Any]:
        """What the supporters of each project have paid so far, by place, rounded up."""
        upper = np.array([time + 1 if time else 0 for time in self.times], dtype=object)
        loads: NDArray[Any] = self.counts.astype(object) @ upper
        return loads

    def _stand(self, number: int) -> None:
        loads = self._loads()
        for at in self.standing:
            cost, heads = self.purse.costs[at], self.election.vote_counts[at]
            due = (cost << _FINE) + int(loads[at])
            effective = Fraction((cost << _FINE) * heads, due) if due else Fraction(heads)
            money = (max(self.times) * heads - int(loads[at]) + (1 << (_FINE - 1))) >> _FINE
            self.stories[at].standings.append(Standing(number, effective, max(money, 0)))

    def _wonder(self, time: int | None) -> None:
        """What would have made each project that lost earlier than that, and still fit."""
        loads = self._loads()
        for at in self.curious:
            cost, heads = self.purse.costs[at], self.election.vote_counts[at]
            if time is None:
                self._note(at, 0, self.left)
                continue
            due = (cost << _FINE) + int(loads[at])
            votes = due // time - heads + 1 if time else None
            lower = ((time * heads - int(loads[at]) - 1) >> _FINE) if heads else -1
            self._note(at, votes, min(lower, self.left))

    def _note(self, at: int, votes: int | None, lower: int) -> None:
        needed = votes_to_be_let_in(self.purse, self.election.vote_counts[at])
        if needed is None:
            return
        cost = self.purse.costs[at]
        if votes is not None and cost <= self.left:
            self.stories[at].might_win_with(max(votes, needed))
        if needed == 0 and 0 <= lower < cost:
            self.stories[at].might_win_at(lower)

    def _spend(self, winner: int, time: Fraction) -> None:
        """Note what supporters paid, for everything they support; the moment is now their last."""
        ballots, groups = self.election.ballots, self.election.supporters[winner].groups
        paying = np.zeros(ballots.groups, dtype=np.bool_)
        paying[groups] = True
        chosen = paying[ballots.group_of_choice]
        if ballots.points is not None:
            chosen &= ballots.points > 0
        places, weights = ballots.choices[chosen], ballots.weight_of_choice[chosen]
        before = self.moments[ballots.group_of_choice[chosen]]
        fine = (time.numerator << _FINE) // time.denominator
        moment = len(self.times)
        paid = np.bincount(
            places,
            weights * np.array([fine - earlier for earlier in self.times], dtype=float)[before],
            len(self.election.projects),
        )
        winner_id = self.election.projects[winner].id
        for at in np.flatnonzero(paid >= 1 << (_FINE - 1)).tolist():
            self.stories[at].spent_on[winner_id] = round(paid[at] / (1 << _FINE))
        self.counts = np.hstack([self.counts, np.zeros((len(self.counts), 1), dtype=np.int64)])
        np.subtract.at(self.counts, (places, before), weights)
        np.add.at(self.counts, (places, np.full(len(places), moment)), weights)
        self.moments[groups] = moment
        self.times.append(fine)
