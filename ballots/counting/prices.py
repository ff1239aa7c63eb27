"""What supporters must pay for a project when nobody can pay more than they hold. Pure, exact.

Everything here is in whole numbers of 64 bits: budgets and costs in *grains*, a penny being a
power of two of them. A price is what a supporter pays per point of support, rich ones in full and
poor ones all they hold: the least r with sum(ballots x min(budget, r x points)) = cost.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ballots.counting.election import Supporters, Whole

# The most that sums of budgets may reach, in grains.
MOST_GRAINS = 2**62


class Price(NamedTuple):
    """A price rounded up to a whole grain.

    `exact` says that nothing was rounded, `rich` is the weight of those who pay in full.
    """

    grains: int
    exact: bool
    rich: int


UNAFFORDABLE = Price(-1, exact=False, rich=0)


class Market(NamedTuple):
    """How prices are found and paid; the plain and the compiled one give the same numbers.

    `price(budgets, supporters, total, cost, start)` is the price rounded up, searched from
    `start` (a whole number below or at it) upwards; `total` is the weight of all supporters.
    `pay(budgets, supporters, price)` takes the price from each supporter's budget, in place.
    """

    price: Callable[[Whole, Supporters, int, int, int], Price]
    pay: Callable[[Whole, Supporters, int], None]


def find_price(budgets: Whole, supporters: Supporters, total: int, cost: int, start: int) -> Price:
    """The price by Newton's method from below: every step is a price that is too low, or it.

    The money raised is concave in the price, so the line through the present poor and rich
    meets the cost at or below the true price, and rounding that up never passes it.
    """
    held = budgets[supporters.groups]
    money = held * supporters.weights
    if int(money.sum()) < cost:
        return UNAFFORDABLE
    points, weights = supporters.points, supporters.weights
    shares = weights if points is None else weights * points
    price = start
    while True:
        poor = held < (price if points is None else price * points)
        spent = int(money @ poor)
        rich = total - int(shares @ poor)
        missing = cost - spent - price * rich
        if missing <= 0:
            return Price(price, missing == 0, rich)
        price = -((spent - cost) // rich)


def pay(budgets: Whole, supporters: Supporters, price: int) -> None:
    """Take the price from every supporter, or all they hold if that is less."""
    due = price if supporters.points is None else price * supporters.points
    budgets[supporters.groups] = np.maximum(budgets[supporters.groups] - due, 0)


PLAIN = Market(find_price, pay)
