"""The inner loop of equal shares, compiled by numba: the same numbers as `prices`. Pure."""

import numba

from ballots.counting.election import Supporters, Whole
from ballots.counting.prices import UNAFFORDABLE, Market, Price

_Found = tuple[int, int, int]
_NOT_FOUND = (-1, 0, 0)


@numba.njit(cache=True, nogil=True)  # pragma: no cover - runs outside Python's sight
def _find(
    budgets: Whole, groups: Whole, weights: Whole, total: int, cost: int, start: int
) -> _Found:
    """Where every supporter gives one point. Price, what is still missing, weight of the rich."""
    price = start
    while True:
        money, spent, rich = 0, 0, total
        for nth in range(len(groups)):
            held, weight = budgets[groups[nth]], weights[nth]
            poor = weight if held < price else 0
            money += held * weight
            spent += held * poor
            rich -= poor
        if money < cost:
            return _NOT_FOUND
        missing = cost - spent - price * rich
        if missing <= 0:
            return price, missing, rich
        price = -((spent - cost) // rich)


@numba.njit(cache=True, nogil=True)  # pragma: no cover - runs outside Python's sight
def _find_by_points(
    budgets: Whole, groups: Whole, weights: Whole, points: Whole, total: int, cost: int, start: int
) -> _Found:
    """The same with points."""
    price = start
    while True:
        money, spent, rich = 0, 0, total
        for nth in range(len(groups)):
            held, weight = budgets[groups[nth]], weights[nth]
            poor = weight if held < price * points[nth] else 0
            money += held * weight
            spent += held * poor
            rich -= poor * points[nth]
        if money < cost:
            return _NOT_FOUND
        missing = cost - spent - price * rich
        if missing <= 0:
            return price, missing, rich
        price = -((spent - cost) // rich)


@numba.njit(cache=True, nogil=True)  # pragma: no cover - runs outside Python's sight
def _pay(budgets: Whole, groups: Whole, price: int) -> None:
    for nth in range(len(groups)):
        budgets[groups[nth]] = max(budgets[groups[nth]] - price, 0)


@numba.njit(cache=True, nogil=True)  # pragma: no cover - runs outside Python's sight
def _pay_by_points(budgets: Whole, groups: Whole, points: Whole, price: int) -> None:
    for nth in range(len(groups)):
        budgets[groups[nth]] = max(budgets[groups[nth]] - price * points[nth], 0)


def find_price(budgets: Whole, supporters: Supporters, total: int, cost: int, start: int) -> Price:
    """As `prices.find_price`."""
    groups, weights, points = supporters
    if points is None:
        price, missing, rich = _find(budgets, groups, weights, total, cost, start)
    else:
        price, missing, rich = _find_by_points(budgets, groups, weights, points, total, cost, start)
    return UNAFFORDABLE if price < 0 else Price(price, missing == 0, rich)


def pay(budgets: Whole, supporters: Supporters, price: int) -> None:
    """As `prices.pay`."""
    if supporters.points is None:
        _pay(budgets, supporters.groups, price)
    else:
        _pay_by_points(budgets, supporters.groups, supporters.points, price)


COMPILED = Market(find_price, pay)
