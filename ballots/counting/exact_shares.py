"""Equal shares in unbounded whole numbers, for what 64 bits cannot tell apart. Pure, exact."""

from collections.abc import Iterable
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ballots.counting.election import Supporters, Whole

_Unbounded = NDArray[np.object_]


class ExactShares:
    """One run at one start budget, followed purchase by purchase.

    After each purchase budgets are whole multiples of a finer fraction of a penny, whose
    denominator has grown by the weight of those who paid in full. A budget is kept in the
    fraction of its owner's last purchase (`_since`) and brought up to date when it is looked at.
    """

    def __init__(
        self, start_budget: Fraction, supporters: tuple[Supporters, ...], costs: tuple[int, ...]
    ) -> None:
        self._supporters, self._costs = supporters, costs
        self._denominators = [start_budget.denominator]
        last = max((int(each.groups[-1]) for each in supporters if len(each.groups)), default=0)
        self._budgets: _Unbounded = np.full(last + 1, start_budget.numerator, dtype=object)
        self._since: Whole = np.zeros(last + 1, dtype=np.int64)
        self._bought: list[int] = []

    def follow(self, bought: Iterable[int]) -> None:
        """Go on to where these projects, in this order, have been paid for."""
        for at in list(bought)[len(self._bought) :]:
            self._buy(at)

    def price(self, at: int) -> Fraction | None:
        """What a supporter of the project would pay per point now; None if they hold too little."""
        found = self._price(at, self._held(at))
        return None if found is None else Fraction(found[0], found[1] * self._denominators[-1])

    def _held(self, at: int) -> _Unbounded:
        """What each supporter holds, in the present fraction."""
        groups, now = self._supporters[at].groups, self._denominators[-1]
        finer: _Unbounded = np.array([now // then for then in self._denominators], dtype=object)
        held: _Unbounded = self._budgets[groups] * finer[self._since[groups]]
        return held

    def _price(self, at: int, held: _Unbounded) -> tuple[int, int] | None:
        """The price as (money, weight of the rich), money in the present fraction."""
        _, weights, points = self._supporters[at]
        shares = weights if points is None else weights * points
        each = 1 if points is None else points.astype(object)
        money = held * weights.astype(object)
        cost = self._costs[at] * self._denominators[-1]
        if int(money.sum()) < cost:
            return None
        due, rich = cost, int(shares.sum())
        while True:
            poor = (held * rich < due * each).astype(bool)
            still_due, still_rich = cost - int(money[poor].sum()), int(shares[~poor].sum())
            if still_due * rich == due * still_rich:
                return due, rich
            due, rich = still_due, still_rich

    def _buy(self, at: int) -> None:
        held = self._held(at)
        found = self._price(at, held)
        if found is None:
            raise ValueError("nobody can pay for what was bought")
        due, rich = found
        groups, _, points = self._supporters[at]
        owed = due if points is None else due * points.astype(object)
        self._denominators.append(self._denominators[-1] * rich)
        self._budgets[groups] = np.maximum(held * rich - owed, 0)
        self._since[groups] = len(self._bought) + 1
        self._bought.append(at)
