"""The best set of projects under conditions: exact, by branching on one project at a time. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from ballots.counting.knapsack_lists import BestSets, Offer, TooHardError, by_density

# How often one search may look at an offer, about two seconds' work.
MOST_LOOKS = 4_000_000
# The value of what is bought in part is rounded up to one in 2 to the power of so many.
_PARTS = 20


class Division(NamedTuple):
    """Offers divided into groups, with limits on what is spent on each.

    `groups[at]` is an offer's group. `rooms[group]` is all that may be spent on the group:
    first `pots[group]`, which is kept for it, then out of `free`, which all groups share.
    """

    groups: tuple[int, ...]
    rooms: tuple[int, ...]
    pots: tuple[int, ...]
    free: int


@dataclass(frozen=True, eq=False)
class Conditions:
    """What a set of places of offers must hold.

    No two in it may be rivals (`rivals[at]` are those of an offer), and `permits` says whether it
    holds all else. Each division must be something that `permits` demands: it may be less, and
    only serves to see early that nothing better can follow.
    """

    rivals: Sequence[frozenset[int]]
    divisions: Sequence[Division]
    permits: Callable[[frozenset[int]], bool]


def best_sets_within(offers: Sequence[Offer], conditions: Conditions) -> BestSets:
    """The sets of the greatest value that the conditions permit; the empty one if none is.

    Costs and values are 0 or more; preference as in `best_sets`. Method: branch and bound, depth
    first, taking an offer before leaving it out; once by density, to find the greatest value, and
    once in the order of preference, for the first two sets that have it. The bound fills each
    division up by density, in part where money runs out, and believes the one that promises
    least. TooHardError when an offer was looked at more than `MOST_LOOKS` times.
    """
    search = _Search(offers, conditions)
    greatest = None
    for chosen in search.sets(search.by_density):
        greatest = sum(offers[at].value for at in chosen)
        search.needed = greatest + 1
    if greatest is None:
        return BestSets(frozenset(), None)
    search.needed = greatest
    first, *others = islice(search.sets(range(len(offers))), 2)
    return BestSets(first, others[0] if others else None)


class _Node(NamedTuple):
    """After so many decisions: who is chosen, and who can no longer be."""

    decisions: int
    chosen: frozenset[int]
    barred: frozenset[int]


class _Search:
    """Finds the sets that are worth what is `needed`, or more."""

    def __init__(self, offers: Sequence[Offer], conditions: Conditions) -> None:
        self.offers, self.conditions = offers, conditions
        self.by_density = by_density(offers)
        self.needed = 0
        self.looks = 0

    def sets(self, order: Sequence[int]) -> Iterator[frozenset[int]]:
        """Permitted sets worth it, deciding on the offers in this order."""
        waiting = [_Node(0, frozenset(), frozenset())]
        while waiting:
            node = waiting.pop()
            if self._most(node, order) < self.needed:
                continue
            if node.decisions < len(order):
                waiting.extend(self._branches(node, order[node.decisions]))
            elif self.conditions.permits(node.chosen):
                yield node.chosen

    def _branches(self, node: _Node, at: int) -> Iterator[_Node]:
        """Without the offer and, to be looked at first, with it."""
        decisions, chosen, barred = node
        yield _Node(decisions + 1, chosen, barred)
        if at not in barred:
            yield _Node(decisions + 1, chosen | {at}, barred | self.conditions.rivals[at])

    def _most(self, node: _Node, order: Sequence[int]) -> int:
        """What no set after these decisions is worth more than; -1 if none is permitted."""
        ahead = frozenset(order[node.decisions :]) - node.barred
        by_density = [at for at in self.by_density if at in ahead]
        self.looks += len(self.offers) * len(self.conditions.divisions)
        if self.looks > MOST_LOOKS:
            raise TooHardError(f"more than {MOST_LOOKS} looks at an offer")
        return min(
            self._filled_up(division, node.chosen, by_density)
            for division in self.conditions.divisions
        )

    def _filled_up(
        self, division: Division, chosen: Iterable[int], by_density: Iterable[int]
    ) -> int:
        till = _Till(division)
        if till.free < 0:
            return -1
        value = 0
        for at in chosen:
            offer = self.offers[at]
            if till.pay(division.groups[at], offer.cost) < offer.cost:
                return -1
            value += offer.value
        value <<= _PARTS
        for at in by_density:
            cost, worth = self.offers[at]
            paid = till.pay(division.groups[at], cost)
            value += worth << _PARTS if paid == cost else -((-worth * paid << _PARTS) // cost)
        return value >> _PARTS


class _Till:
    """Pays for offers out of what one division leaves."""

    def __init__(self, division: Division) -> None:
        self.rooms, self.pots, self.free = [*division.rooms], [*division.pots], division.free

    def pay(self, group: int, cost: int) -> int:
        """Pay as much of the cost as there is; how much that was."""
        pot = self.pots[group]
        paid = max(0, min(cost, self.rooms[group], pot + self.free))
        self.rooms[group] -= paid
        self.pots[group] = max(0, pot - paid)
        self.free -= max(0, paid - pot)
        return paid
