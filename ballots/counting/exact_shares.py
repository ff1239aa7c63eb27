"""Equal shares in unbounded whole numbers, for what 64 bits cannot tell apart. Pure, exact."""

from collections.abc import Iterable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ballots.counting.election import Supporters

_Unbounded = NDArray[np.object_]


class ExactShares:
    """One run at one start budget, followed purchase by purchase.

    Budgets are whole multiples of one common fraction of a penny, whose denominator grows with
    each purchase by the weight of those who paid in full.
    """

    def __init__(
        self, start_budget: Fraction, supporters: tuple[Supporters, ...], costs: tuple[int, ...]
    ) -> None:
        self._supporters, self._costs = supporters, costs
        self._denominator = start_budget.denominator
        groups = 1 + max(
            (int(each.groups.max()) for each in supporters if len(each.groups)), default=0
        )
        self._budgets: _Unbounded = np.full(groups, start_budget.numerator, dtype=object)
        self._bought: list[int] = []

    def follow(self, bought: Iterable[int]) -> None:
        """Go on to where these projects, in this order, have been paid for."""
        for at in list(bought)[len(self._bought) :]:
            self._buy(at)

    def price(self, at: int) -> Fraction | None:
        """What a supporter of the project would pay per point now; None if they hold too little."""
        found = self._price(at)
        return None if found is None else Fraction(found[0], found[1] * self._denominator)

    def _price(self, at: int) -> tuple[int, int] | None:
        """The price as (money, weight of the rich), money in the common fraction."""
        groups, weights, points = self._supporters[at]
        held = self._budgets[groups]
        shares = weights if points is None else weights * points
        counted, shared = weights.astype(object), shares.astype(object)
        each: _Unbounded = (
            np.ones(len(groups), dtype=object) if points is None else points.astype(object)
        )
        money = held * counted
        cost = self._costs[at] * self._denominator
        if int(money.sum()) < cost:
            return None
        due, rich = cost, int(shared.sum())
        while True:
            poor = (held * rich < due * each).astype(bool)
            still_due, still_rich = cost - int(money[poor].sum()), int(shared[~poor].sum())
            if still_due * rich == due * still_rich:
                return due, rich
            due, rich = still_due, still_rich

    def _buy(self, at: int) -> None:
        found = self._price(at)
        if found is None:
            raise ValueError("nobody can pay for what was bought")
        due, rich = found
        groups, _, points = self._supporters[at]
        self._budgets = self._budgets * rich
        self._denominator *= rich
        owed = due if points is None else due * points.astype(object)
        self._budgets[groups] = np.maximum(self._budgets[groups] - owed, 0)
        self._bought.append(at)
