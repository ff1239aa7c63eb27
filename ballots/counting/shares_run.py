"""Runs of equal shares over a whole interval of start budgets at once. Pure, exact.

Every voter starts with the same budget. Given which projects were bought so far, more at the
start never leaves anybody with less, and never makes a project dearer. So two runs bound all
runs between them: the poorest, rounded down, and the richest, rounded up. Whoever is cheaper at
its dearest than every rival at its cheapest wins at every start budget of the interval; else the
interval is split; a single start budget that stays in doubt is settled in unbounded fractions.
docs/decisions says why this is exact.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ballots.counting.election import Supporters, Whole
from ballots.counting.exact_shares import ExactShares
from ballots.counting.prices import MOST_GRAINS, Market, Price

# Relative room for the rounding of a 53-bit quotient: what is farther apart is apart.
_ROOM = 1 + 1e-12


@dataclass(frozen=True)
class Shop:
    """What is for sale: by place, who supports each project, its cost, what it is worth.

    `worths` divide prices (utility per point of support), `tie_ranks` order what stands level,
    `barred` says which projects the purchases so far forbid.
    """

    supporters: tuple[Supporters, ...]
    costs: tuple[int, ...]
    worths: tuple[int, ...]
    tie_ranks: tuple[int, ...]
    running: tuple[int, ...]
    groups: int
    barred: Callable[[tuple[int, ...]], frozenset[int]] | None = None

    def weight_of(self, at: int) -> int:
        """The weight of all supporters of a project: ballots times points."""
        _, weights, points = self.supporters[at]
        return int(weights.sum() if points is None else weights @ points)


@dataclass(frozen=True)
class Steps:
    """Start budgets: `first` pence plus so many times `step` pence, every one exact."""

    first: Fraction
    step: int

    def at(self, number: int) -> Fraction:
        """The start budget of a step, from 0."""
        return self.first + number * self.step


class Bought(NamedTuple):
    """One purchase of a run: what, at which price in pence (rounded up), among which equals.

    `floor` is what the price never goes below on the interval, in grains.
    """

    at: int
    price: Fraction
    tied: tuple[int, ...]
    floor: int


class Leaf(NamedTuple):
    """Steps from `first` to `last`, at all of which the same projects are bought in this order."""

    first: int
    last: int
    bought: tuple[Bought, ...]


@dataclass
class _Node:
    """A run over the steps from `first` to `last`, as far as it is decided.

    `poorest` and `richest` are budgets in grains by group, at the first step rounded down and at
    the last rounded up; `lowest` are prices no project has gone below, in grains, by place;
    `ratios` the same by worth, infinite for what is not for sale any more. `fresh` are places
    whose lowest price is that at the richest now.
    """

    first: int
    last: int
    bought: tuple[Bought, ...]
    poorest: Whole
    richest: Whole
    lowest: list[int]
    ratios: NDArray[np.float64]
    fresh: set[int] = field(default_factory=set)

    @property
    def places(self) -> tuple[int, ...]:
        return tuple(purchase.at for purchase in self.bought)


class SharesRun:
    """Finds what equal shares buys at each step, many steps at a time."""

    def __init__(self, shop: Shop, steps: Steps, market: Market) -> None:
        self.shop, self.steps, self.market = shop, steps, market
        self._weights = [shop.weight_of(at) for at in range(len(shop.costs))]
        self._grains = 1
        self._exact: tuple[int, ExactShares] | None = None

    def leaves(self, first: int, last: int) -> Iterator[Leaf]:
        """What is bought at every step from first to last, in order, steps alike together."""
        self._grains = self.grains_at(last)
        # What was followed before may have bought what these runs have yet to buy.
        self._exact = None
        undecided = [self._root(first, last)]
        while undecided:
            node = undecided.pop()
            middle = self._decide(node)
            if middle is None:
                yield Leaf(node.first, node.last, node.bought)
            else:
                undecided += reversed(self._halves(node, middle))

    def grains_at(self, last: int) -> int:
        """How many grains a penny has, so that no sum up to this step leaves 64 bits."""
        shop = self.shop
        points = max(
            (
                int(each.points.max())
                for each in shop.supporters
                if each.points is not None and len(each.points)
            ),
            default=1,
        )
        heaviest = max([*self._weights, 1])
        money = self.steps.at(last) * heaviest * points + 1
        return 1 << max(0, (MOST_GRAINS // (int(money) + 1)).bit_length() - 1)

    def _root(self, first: int, last: int) -> _Node:
        shop, grains = self.shop, self._grains
        low, high = self.steps.at(first) * grains, self.steps.at(last) * grains
        lowest, ratios = [0] * len(shop.costs), np.full(len(shop.costs), np.inf)
        for at in shop.running:
            cost, weight = shop.costs[at] * grains, self._weights[at]
            if shop.costs[at] <= self.steps.at(last) * weight:
                lowest[at] = cost // weight
                ratios[at] = lowest[at] / shop.worths[at]
        return _Node(
            first,
            last,
            (),
            np.full(shop.groups, low.__floor__(), dtype=np.int64),
            np.full(shop.groups, high.__ceil__(), dtype=np.int64),
            lowest,
            ratios,
        )

    def _decide(self, node: _Node) -> int | None:
        """Buy while it is certain what; None when nothing is left to buy, or where to split."""
        while True:
            self._shut_barred(node)
            best = self._cheapest(node)
            if best is None:
                return None
            dearest = self._price(node.poorest, best, node.lowest[best])
            rivals = self._rivals(node, best, dearest)
            if not rivals and dearest.grains >= 0:
                self._buy(node, best, dearest, (best,))
                continue
            contest = [best, *rivals]
            tied = self._level_at_any_budget(node, contest) if dearest.grains >= 0 else None
            if tied is None and node.first < node.last:
                return self._split(node, best, dearest, rivals)
            if tied is None:
                tied = self._settle(node)
            if tied:
                winner = tied[0]
                self._buy(
                    node, winner, self._price(node.poorest, winner, node.lowest[winner]), tied
                )

    def _shut_barred(self, node: _Node) -> None:
        if self.shop.barred is not None:
            node.ratios[list(self.shop.barred(node.places))] = np.inf

    def _price(self, budgets: Whole, at: int, lowest: int) -> Price:
        """The price of a project at these budgets, rounded up."""
        shop = self.shop
        return self.market.price(
            budgets,
            shop.supporters[at],
            self._weights[at],
            shop.costs[at] * self._grains,
            max(lowest - 1, 0),
        )

    def _look(self, node: _Node, at: int) -> None:
        """Bring the lowest price of a project up to date with what its richest supporters hold."""
        node.fresh.add(at)
        price = self._price(node.richest, at, node.lowest[at])
        if price.grains < 0:
            node.ratios[at] = np.inf
            return
        node.lowest[at] = price.grains - (not price.exact)
        node.ratios[at] = node.lowest[at] / self.shop.worths[at]

    def _cheapest(self, node: _Node) -> int | None:
        """The project cheapest at the richest; prices only rise, so stale ones may wait."""
        while True:
            at = int(node.ratios.argmin())
            if node.ratios[at] == np.inf:
                return None
            if at in node.fresh:
                return at
            self._look(node, at)

    def _rivals(self, node: _Node, best: int, dearest: Price) -> list[int]:
        """Projects that might at some step be as cheap as the best one at its dearest."""
        if dearest.grains < 0:
            return []
        worths = self.shop.worths
        bound = dearest.grains / worths[best] * _ROOM
        rivals = []
        for at in np.flatnonzero(node.ratios <= bound).tolist():
            if at not in node.fresh:
                self._look(node, at)
            possible = node.ratios[at] != np.inf
            if (
                at != best
                and possible
                and (node.lowest[at] * worths[best] <= dearest.grains * worths[at])
            ):
                rivals.append(at)
        return rivals

    def _level_at_any_budget(self, node: _Node, contest: list[int]) -> tuple[int, ...] | None:
        """The cheapest, in the tie order, if all prices are the same at every step; else None.

        They are where every supporter either holds nothing, even at the richest, or pays in
        full, even at the poorest: cost / weight of those who pay, which compares exactly.
        """
        exact = {}
        for at in contest:
            price = self._price(node.poorest, at, node.lowest[at])
            if price.rich == 0 or price.rich != self._weight_with_money(node, at):
                return None
            exact[at] = Fraction(self.shop.costs[at], price.rich * self.shop.worths[at])
        return self._least(exact)

    def _weight_with_money(self, node: _Node, at: int) -> int:
        """The weight of the supporters who may still hold something at some step."""
        groups, weights, points = self.shop.supporters[at]
        shares = weights if points is None else weights * points
        return int(shares @ (node.richest[groups] > 0))

    def _least(self, prices: dict[int, Fraction]) -> tuple[int, ...]:
        least = min(prices.values())
        level = [at for at, price in prices.items() if price == least]
        return tuple(sorted(level, key=self.shop.tie_ranks.__getitem__))

    def _settle(self, node: _Node) -> tuple[int, ...]:
        """The cheapest of a single step in unbounded fractions, in the tie order.

        Empty if the cheapest at the richest turns out to be unaffordable: look again.
        """
        run = self._exact_run(node)
        worths = self.shop.worths
        prices: dict[int, Fraction] = {}
        for at in np.argsort(node.ratios, kind="stable").tolist():
            # Ratios are rounded: the next may still be as low as the lowest so far.
            if node.ratios[at] == np.inf:
                break
            if prices and node.ratios[at] > float(min(prices.values())) * self._grains * _ROOM:
                break
            price = run.price(at)
            if price is None:
                node.ratios[at] = np.inf
            else:
                prices[at] = price / worths[at]
        return self._least(prices) if prices else ()

    def _exact_run(self, node: _Node) -> ExactShares:
        places = node.places
        if self._exact is None or self._exact[0] != node.first:
            shop = self.shop
            run = ExactShares(self.steps.at(node.first), shop.supporters, shop.costs)
            self._exact = node.first, run
        self._exact[1].follow(places)
        return self._exact[1]

    def _buy(self, node: _Node, at: int, dearest: Price, tied: tuple[int, ...]) -> None:
        """Let the supporters pay, the poorest the price rounded up and the richest down."""
        supporters = self.shop.supporters[at]
        if at not in node.fresh:
            self._look(node, at)
        floor = node.lowest[at]
        self.market.pay(node.richest, supporters, floor)
        if dearest.grains < 0:
            # Affordable to the last grain, which rounding down had lost: they hold nothing now.
            node.poorest[supporters.groups] = 0
        else:
            self.market.pay(node.poorest, supporters, dearest.grains)
        price = Fraction(max(dearest.grains, floor), self._grains)
        node.bought = (*node.bought, Bought(at, price, tied, floor))
        node.ratios[at] = np.inf
        node.fresh = set()

    def _split(self, node: _Node, best: int, dearest: Price, rivals: list[int]) -> int:
        """The last step of the left half: as far as the best is likely to be certain."""
        width = node.last - node.first
        share = 0.5
        if dearest.grains >= 0:
            share = min(self._certain_share(node, at, best, dearest) for at in rivals)
        return node.first + min(width - 1, int(width * share))

    def _certain_share(self, node: _Node, rival: int, best: int, dearest: Price) -> float:
        """For how much of the interval the rival stays dearer, were its price a straight line."""
        worths = self.shop.worths
        line = dearest.grains / worths[best]
        low = node.lowest[rival] / worths[rival]
        price = self._price(node.poorest, rival, node.lowest[rival])
        high = price.grains / worths[rival]
        if price.grains < 0 or high <= line or high <= low:
            return 0.5
        return 0.95 * (high - line) / (high - low)

    def _halves(self, node: _Node, middle: int) -> tuple[_Node, _Node]:
        left = replace(
            node,
            last=middle,
            richest=self._replayed(node, middle, up=True),
            poorest=node.poorest,
            lowest=list(node.lowest),
            ratios=node.ratios.copy(),
            fresh=set(),
        )
        right = replace(node, first=middle + 1, poorest=self._replayed(node, middle + 1, up=False))
        return left, right

    def _replayed(self, node: _Node, number: int, *, up: bool) -> Whole:
        """Budgets at another step of the interval after the same purchases."""
        start = self.steps.at(number) * self._grains
        whole = start.__ceil__() if up else start.__floor__()
        budgets = np.full(self.shop.groups, whole, dtype=np.int64)
        for purchase in node.bought:
            price = self._price(budgets, purchase.at, purchase.floor)
            # Affordable at the first step, and so, with no less in any purse, at every other.
            supporters = self.shop.supporters[purchase.at]
            self.market.pay(budgets, supporters, price.grains - (up and not price.exact))
        return budgets
