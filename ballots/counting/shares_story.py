"""How each project stood in every round of equal shares, and what it would have taken. Pure.

Budgets are followed at the start budget of the result, in grains rounded up, so that whoever was
bought can be paid for here too; a lower cost is checked against the prices of its round, with
room for the rounding, before it is said.
"""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ballots.counting.election import Ballots, Election, Whole
from ballots.counting.equal_shares import buy_what_is_free, shop_of
from ballots.counting.explanation import Standing, Story, losers, purse_before, votes_to_be_let_in
from ballots.counting.prices import PLAIN, Price
from ballots.counting.purse import Purse
from ballots.counting.recounted_story import is_recounted, keep_what_recounts_bear_out
from ballots.counting.result import Reason, Result
from ballots.counting.rules import Utility
from ballots.counting.shares_run import SharesRun, Shop, Steps


def tell_shares(election: Election, result: Result, stories: list[Story]) -> None:
    """Follow the rounds of equal shares; completion and part-funding are not rounds of it."""
    if result.start_budget_pence is None or result.gave_way:
        return
    purse = purse_before(election, result)
    buy_what_is_free(purse)
    won = {verdict.project_id: verdict.reason for verdict in result.verdicts}
    bought = [
        election.places[purchase.project_id]
        for purchase in result.purchases[len(purse.purchases) :]
        if won[purchase.project_id] is Reason.FUNDED
    ]
    _Rounds(purse, result, stories).follow(bought)
    if is_recounted(result.rule):
        keep_what_recounts_bear_out(election, result, stories)


class _Rounds:
    """Budgets in grains, purchase by purchase, and what each round tells about every project."""

    def __init__(self, purse: Purse, result: Result, stories: list[Story]) -> None:
        start = result.start_budget_pence or Fraction(0)
        self.purse, self.result, self.stories = purse, result, stories
        self.shop: Shop = shop_of(purse)
        self.start = start
        self.grains = SharesRun(self.shop, Steps(start, 1), PLAIN).grains_at(0)
        self.share = (start * self.grains).__ceil__()
        self.budgets: Whole = np.full(self.shop.groups, self.share, dtype=np.int64)
        self.standing = list(self.shop.running)
        self.lowest = [0] * len(purse.costs)
        self.weights = [self.shop.weight_of(at) for at in range(len(purse.costs))]
        lost = set() if purse.conditional else set(losers(purse.election, result))
        self.strangers = is_recounted(result.rule)
        self.curious = [at for at in self.shop.running if at in lost]

    def follow(self, bought: Sequence[int]) -> None:
        """Tell every round, and what was open when nobody could buy any more."""
        for number, winner in enumerate(bought, start=1):
            prices = self._stand(number)
            self._wonder(winner, prices[winner])
            self._pay(winner, prices[winner])
            self.standing.remove(winner)
        self._stand(len(bought) + 1)
        self._wonder_at_the_end()

    def _price(self, at: int, cost_grains: int, start: int) -> Price:
        return PLAIN.price(
            self.budgets, self.shop.supporters[at], self.weights[at], cost_grains, start
        )

    def _stand(self, number: int) -> dict[int, Price]:
        """Note where each project stands; those whose supporters hold too little are lost."""
        prices = {}
        for at in list(self.standing):
            cost = self.purse.costs[at]
            price = self._price(at, cost * self.grains, max(self.lowest[at] - 1, 0))
            story = self.stories[at]
            if price.grains < 0:
                story.standings.append(Standing(number, Fraction(0), self._money(at)))
                story.lost_in_round = number
                self.standing.remove(at)
                continue
            prices[at], self.lowest[at] = price, price.grains
            effective = Fraction(cost * self.grains, max(price.grains, 1))
            story.standings.append(Standing(number, effective, self._money(at)))
        return prices

    def _money(self, at: int) -> int:
        """What the supporters still hold, in whole pence."""
        groups, weights, _ = self.shop.supporters[at]
        return int(self.budgets[groups] @ weights) // self.grains

    def _pay(self, winner: int, price: Price) -> None:
        """Let the supporters pay, and note for every project what its supporters paid."""
        groups, weights, _ = self.shop.supporters[winner]
        before = self.budgets[groups]
        floor = price.grains - (not price.exact)
        PLAIN.pay(self.budgets, self.shop.supporters[winner], floor)
        paid = np.zeros(self.shop.groups)
        paid[groups] = (before - self.budgets[groups]) * (weights / self.grains)
        sums = _sums_by_project(self.purse.election.ballots, paid, len(self.purse.costs))
        winner_id = self.purse.election.projects[winner].id
        for at in np.flatnonzero(sums >= 0.5).tolist():
            self.stories[at].spent_on[winner_id] = round(sums[at])

    def _wonder(self, winner: int, price: Price) -> None:
        """What would have put each project that lost before this winner."""
        worths = self.shop.worths
        line = Fraction(price.grains - (not price.exact), worths[winner])
        for at in self.curious:
            # Nobody holds more than a share, and 64 bits hold little more than all of them.
            self._more_supporters(at, min(int(line * worths[at]), self.share + 1))
            self._lower_cost(at, line)

    def _wonder_at_the_end(self) -> None:
        """What all that was left in their supporters' purses could have paid for."""
        for at in self.curious:
            money = self._money(at)
            self._note_votes(
                at, self.purse.costs[at] * self.grains - money * self.grains, self.share
            )
            self.stories[at].might_win_at(min(money, self.purse.costs[at] - 1))
            self._completion(at)

    def _completion(self, at: int) -> None:
        """Completed by votes, a project also wins at what was left when its turn came."""
        verdict = self.result.verdict_on(self.purse.election.projects[at].id)
        if verdict.reason is Reason.DOES_NOT_FIT and verdict.left_before_pence is not None:
            self.stories[at].might_win_at(verdict.left_before_pence)

    def _more_supporters(self, at: int, line: int) -> None:
        """Further supporters with whole shares that would make the project cheaper than that."""
        groups, weights, points = self.shop.supporters[at]
        held = self.budgets[groups]
        due = line if points is None else line * points
        raised = int(np.minimum(held, due) @ weights)
        self._note_votes(at, self.purse.costs[at] * self.grains - raised, min(self.share, line))

    def _note_votes(self, at: int, missing: int, share: int) -> None:
        needed = votes_to_be_let_in(self.purse, self.purse.election.vote_counts[at])
        if needed is None or share <= 0:
            return
        votes = max(needed, missing // share + 1)
        if self.strangers or votes <= self._untouched_besides(at):
            self.stories[at].might_win_with(votes)

    def _untouched_besides(self, at: int) -> int:
        """How many voters still have their whole share and do not support the project yet."""
        groups, weights, _ = self.shop.supporters[at]
        untouched = self.budgets == self.share
        everybody = int(self.purse.election.ballots.weights[untouched].sum())
        return everybody - int(weights[untouched[groups]].sum())

    def _lower_cost(self, at: int, line: Fraction) -> None:
        """The highest cost at which the project is strictly cheaper than that for its worth.

        By Newton's method from above: the money raised is concave in the price, so the line
        through the present poor and rich never meets the cost below where the money does.
        """
        by_cost = self.result.rule.utility is Utility.COST
        known, cost = self.stories[at].lower_cost_pence or 0, self.purse.costs[at]
        factor = self.shop.worths[at] // cost if by_cost else self.shop.worths[at]
        groups, weights, points = self.shop.supporters[at]
        over, under = line.numerator * factor, line.denominator
        held, shares = self.budgets[groups], weights if points is None else weights * points
        money, lower = held * weights, cost
        while True:
            limit = min(over * (lower if by_cost else 1) // under, self.share + 1)
            poor = held < (limit if points is None else limit * points)
            spent, rich = int(money @ poor), self.weights[at] - int(shares @ poor)
            per_penny = self.grains * under - (over * rich if by_cost else 0)
            due = (spent + (0 if by_cost else limit * rich)) * under
            if per_penny <= 0 or due >= lower * per_penny:
                break
            lower = due // per_penny
            if lower <= known:
                return
        self._note_cost(at, lower, line, factor)

    def _note_cost(self, at: int, cost: int, line: Fraction, factor: int) -> None:
        """Say it only if the price at that cost bears it out; a penny less may."""
        by_cost = self.result.rule.utility is Utility.COST
        for lower in (cost, cost - 1):
            if not 0 < lower < self.purse.costs[at]:
                continue
            price = self._price(at, lower * self.grains, 0)
            worth = factor * (lower if by_cost else 1)
            if 0 <= price.grains + _ROOM < line * worth:
                self.stories[at].might_win_at(lower)
                return


# Grains by which rounding may have made supporters look richer than they are.
_ROOM = 64
_Pence = NDArray[np.float64]


def _sums_by_project(ballots: Ballots, paid: _Pence, projects: int) -> _Pence:
    """What the supporters of each project paid, given what each group of ballots paid."""
    by_choice = paid[ballots.group_of_choice]
    if ballots.points is not None:
        by_choice = by_choice * (ballots.points > 0)
    return np.bincount(ballots.choices, by_choice, projects).astype(np.float64)
