"""The best set of projects when only money limits it: exact, by lists of sums. Pure."""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from math import gcd
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Whole numbers of 64 bits where they suffice, Python's own (dtype object) where they do not.
Numbers = NDArray[Any]

# How many sums may be kept: at 16 bytes each 64 MB, found in about a second.
MOST_SUMS = 4_000_000
_BITS = 62


class TooHardError(Exception):
    """Finding the best set would take more work than is allowed."""


class Offer(NamedTuple):
    """What a project costs and what it adds to the value of a set."""

    cost: int
    value: int


class BestSets(NamedTuple):
    """The preferred set among those of the greatest value, and the next one of the same value.

    Both are places in the list of offers; `level` is None where no other set is as good.
    """

    first: frozenset[int]
    level: frozenset[int] | None


def by_density(offers: Sequence[Offer]) -> list[int]:
    """Places of the offers, most value for the money first, free ones before all."""
    # Two densities a/b and c/d differ by 1/bd at least, so whole numbers tell them apart.
    shift = 2 * max((offer.cost for offer in offers), default=0).bit_length()

    def rank(at: int) -> tuple[bool, int]:
        cost, value = offers[at]
        return cost > 0, -((value << shift) // max(cost, 1))

    return sorted(range(len(offers)), key=rank)


def best_sets(offers: Sequence[Offer], money: int) -> BestSets:
    """The sets of the greatest value that the money covers; costs and values are above 0.

    Offers stand in the order of preference: among sets of the same value the one that holds the
    first offer in which they differ is preferred. Method: from the last offer back, list the sums
    of costs with the greatest value each buys, keeping a sum only if no cheaper one buys as much
    (Nemhauser and Ullmann, Management Science 1969) and if the offers still to come could lift it
    to a value known to be within reach (Dantzig's bound: fill up by density, the last in part).
    Offers that every best set holds, or none, are settled beforehand. TooHardError beyond
    `MOST_SUMS` sums kept.
    """
    within = [at for at, offer in enumerate(offers) if offer.cost <= money]
    sure, doubtful = _settled([offers[at] for at in within], money)
    taken = frozenset(within[at] for at in sure)
    rest = money - sum(offers[at].cost for at in taken)
    asked = [within[at] for at in doubtful]
    first, level = _Lists([offers[at] for at in asked], rest).best()
    return BestSets(
        taken.union(asked[at] for at in first),
        None if level is None else taken.union(asked[at] for at in level),
    )


def _settled(offers: Sequence[Offer], money: int) -> tuple[list[int], list[int]]:
    """Which offers every best set holds, and which some may hold, each in ascending order.

    To go against the filling by density costs at least the difference in density between the
    offer and the one at which the money runs out, times the offer's cost: if that is too much
    for any set within reach, the offer is settled (Dembo and Hammer, 1980).
    """
    order = by_density(offers)
    spent = list(accumulate((offers[at].cost for at in order), initial=0))
    if spent[-1] <= money:
        return list(range(len(offers))), []
    filled = next(nth for nth, sum_ in enumerate(spent) if sum_ > money) - 1
    inside, edge = frozenset(order[:filled]), offers[order[filled]]
    value, left = sum(offers[at].value for at in inside), money - spent[filled]
    within_reach = value + _skimmed([offers[at] for at in order[filled:]], left)

    def is_doubtful(offer: Offer) -> bool:
        loss = abs(offer.value * edge.cost - offer.cost * edge.value)
        return value + (left * edge.value - loss) // edge.cost >= within_reach

    doubtful = [at for at, offer in enumerate(offers) if is_doubtful(offer)]
    return sorted(inside.difference(doubtful)), doubtful


def _skimmed(offers: Sequence[Offer], money: int) -> int:
    """What the money still buys by going through the offers once."""
    value = 0
    for offer in offers:
        if offer.cost <= money:
            money -= offer.cost
            value += offer.value
    return value


class _Sums(NamedTuple):
    """Sums of costs in ascending order, and the value each buys, ascending too."""

    costs: Numbers
    values: Numbers

    def most_for(self, money: int) -> int | None:
        """The greatest value within the money, None if nothing kept is within it."""
        at = int(np.searchsorted(self.costs, money, side="right")) - 1
        return None if at < 0 else int(self.values[at])


class _Lists:
    """For every offer the sums of it and of those after it."""

    def __init__(self, offers: Sequence[Offer], money: int) -> None:
        unit = gcd(*(offer.cost for offer in offers)) or 1
        worth = gcd(*(offer.value for offer in offers)) or 1
        self.offers = [Offer(cost // unit, value // worth) for cost, value in offers]
        self.money = money // unit
        self.dtype = _dtype_for(self.offers, self.money)
        self.lists = list(self._from_the_last())[::-1]

    def _from_the_last(self) -> Iterator[_Sums]:
        nothing = np.zeros(1, dtype=self.dtype)
        sums, within_reach, kept = _Sums(nothing, nothing), 0, 0
        yield sums
        order = by_density(self.offers)
        for at in reversed(range(len(self.offers))):
            sums = self._with(sums, self.offers[at])
            order.remove(at)
            whole, most = self._filled_up([self.offers[to_come] for to_come in order], sums)
            within_reach = max(within_reach, int(whole.max()))
            sums = _Sums(*(column[most >= within_reach] for column in sums))
            kept += len(sums.costs)
            if kept > MOST_SUMS:
                raise TooHardError(f"more than {MOST_SUMS} sums")
            yield sums

    def _with(self, sums: _Sums, offer: Offer) -> _Sums:
        """The sums without and with the offer; what no cheaper sum is as good as stays."""
        costs = np.concatenate((sums.costs, sums.costs + offer.cost))
        values = np.concatenate((sums.values, sums.values + offer.value))
        order = np.argsort(costs, kind="stable")
        order = order[costs[order] <= self.money]
        costs, values = costs[order], np.maximum.accumulate(values[order])
        # Of equal costs the last holds the greatest value; then only a rise is worth its cost.
        last = np.append(costs[1:] != costs[:-1], True)
        costs, values = costs[last], values[last]
        rises = np.append(True, values[1:] > values[:-1])
        return _Sums(costs[rises], values[rises])

    def _filled_up(self, offers: Sequence[Offer], sums: _Sums) -> tuple[Numbers, Numbers]:
        """What each sum can reach for certain, and at most, with these offers by density."""
        ahead = np.array([*offers, Offer(1, 0)], dtype=self.dtype)
        costs, values = ahead.T
        spent = np.concatenate((np.zeros(1, self.dtype), np.cumsum(costs[:-1])))
        bought = np.concatenate((np.zeros(1, self.dtype), np.cumsum(values[:-1])))
        rest = self.money - sums.costs
        filled = np.searchsorted(spent, rest, side="right") - 1
        whole = sums.values + bought[filled]
        return whole, whole + (rest - spent[filled]) * values[filled] // costs[filled]

    def best(self) -> tuple[list[int], list[int] | None]:
        """The preferred best set, and the next."""
        first, fork = self._walk(None)
        return first, None if fork is None else self._walk(fork)[0]

    def _walk(self, left_out: int | None) -> tuple[list[int], int | None]:
        """Take each offer with which the best is still possible; the last one taken by choice."""
        money, needed = self.money, int(self.lists[0].values[-1])
        chosen, fork = [], None
        for at, offer in enumerate(self.offers):
            following = self.lists[at + 1]
            with_it = following.most_for(money - offer.cost)
            if at == left_out or with_it is None or with_it + offer.value < needed:
                continue
            without = following.most_for(money)
            if without is not None and without >= needed:
                fork = at
            chosen.append(at)
            money, needed = money - offer.cost, needed - offer.value
        return chosen, fork


def _dtype_for(offers: Sequence[Offer], money: int) -> type[np.int64] | type[object]:
    """64 bits if no sum, and no product of a cost and a value, needs more."""
    costs, values = [offer.cost for offer in offers], [offer.value for offer in offers]
    largest = max(money, sum(costs)) + max(costs, default=0) * max(values, default=0) + sum(values)
    return np.int64 if largest.bit_length() <= _BITS else object
