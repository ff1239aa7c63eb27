"""The inner loop of equal shares, compiled by numba: the same numbers as `prices`. Pure."""

import numba
import numpy as np

from ballots.counting.election import Supporters, Whole
from ballots.counting.prices import UNAFFORDABLE, Market, Price

_NO_POINTS: Whole = np.zeros(0, dtype=np.int64)


@numba.njit(cache=True, nogil=True)
def _find(
    budgets: Whole, groups: Whole, weights: Whole, points: Whole, total: int, cost: int, start: int
) -> tuple[int, int, int]:
    pointed = len(points) > 0
    price = start
    while True:
        spent, rich, money = 0, total, 0
        for nth in range(len(groups)):
            held, weight = budgets[groups[nth]], weights[nth]
            due, share = price, weight
            if pointed:
                due, share = price * points[nth], weight * points[nth]
            money += held * weight
            if held < due:
                spent += held * weight
                rich -= share
        if money < cost:
            return -1, 0, 0
        missing = cost - spent - price * rich
        if missing <= 0:
            return price, missing, rich
        price = -((spent - cost) // rich)


@numba.njit(cache=True, nogil=True)
def _pay(budgets: Whole, groups: Whole, points: Whole, price: int) -> None:
    pointed = len(points) > 0
    for nth in range(len(groups)):
        due = price * points[nth] if pointed else price
        budgets[groups[nth]] = max(budgets[groups[nth]] - due, 0)


def find_price(budgets: Whole, supporters: Supporters, total: int, cost: int, start: int) -> Price:
    """As `prices.find_price`."""
    groups, weights, points = supporters
    given = _NO_POINTS if points is None else points
    price, missing, rich = _find(budgets, groups, weights, given, total, cost, start)
    return UNAFFORDABLE if price < 0 else Price(price, missing == 0, rich)


def pay(budgets: Whole, supporters: Supporters, price: int) -> None:
    """As `prices.pay`."""
    points = _NO_POINTS if supporters.points is None else supporters.points
    _pay(budgets, supporters.groups, points, price)


COMPILED = Market(find_price, pay)
