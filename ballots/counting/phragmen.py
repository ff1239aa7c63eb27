"""Sequential Phragmén: money comes to everybody at one speed. Pure, exact to the last digit."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import gcd

import numpy as np

from ballots.counting.election import Election, Whole
from ballots.counting.purse import WORTH, Purse
from ballots.counting.result import Reason, Result
from ballots.counting.rules import Rule
from ballots.counting.ties import TieOrder

# Sums of loads in fixed point stay below this many bits.
_BITS = 62


def count_by_phragmen(election: Election, rule: Rule, tie_order: TieOrder) -> Result:
    """Buy whatever its supporters can pay for first; stop when that no longer fits.

    Every voter's purse fills at the same speed. A project is bought at the first moment at which
    its supporters hold its cost; that empties their purses, so their *load* is that moment:
    time = (cost + loads of the supporters) / supporters, in pence a head. Projects dearer than
    the money at the start are out first, unless it covers the part that they could do with: then
    they are out at their moment, if it does not any more. The count stops as soon as any other of
    those at the earliest moment no longer fits, and part-funding can only reach that one. What a
    condition forbids when its moment comes is passed over; projects chosen before the count load
    nobody. Support is a choice with at least one point. By social criteria a project's cost counts
    divided by its worth (cost x 1000 / worth). `Purchase.price_pence` is the time.
    Source: Los, Christoff and Grossi, Proportional Budget Allocations (IJCAI 2022).
    """
    purse = Purse(election, rule, tie_order)
    standing = set(_let_start(purse))
    # With nothing to buy there is nobody to load either.
    if standing:
        _Run(purse, standing).to_the_end()
    return purse.result()


def _let_start(purse: Purse) -> Iterable[int]:
    for at in purse.running:
        if purse.fits(at) or _could_have_a_part(purse, at):
            yield at
        else:
            purse.turn_down(at, Reason.DOES_NOT_FIT, had_turn=True)


def _could_have_a_part(purse: Purse, at: int) -> bool:
    return purse.is_first_misfit(at) and purse.part_of(at) is not None


class _Run:
    """One count, from no load on anybody to the stop."""

    def __init__(self, purse: Purse, standing: set[int]) -> None:
        self.purse, self.standing = purse, standing
        self.too_dear = {at for at in standing if not purse.fits(at)}
        self.clock = _Clock(purse, sorted(standing))
        self.tied: tuple[Fraction, frozenset[int]] = Fraction(-1), frozenset()

    def to_the_end(self) -> None:
        """Buy until a project at the earliest moment does not fit, or none is left."""
        while self.standing and self.purse.stopped_at is None:
            time, level = self.clock.earliest(self.standing)
            allowed = self._allowed(level)
            if allowed:
                self._take_turn(time, allowed)
        for at in self.standing:
            self.purse.turn_down(at, Reason.AFTER_THE_STOP)

    def _allowed(self, level: Iterable[int]) -> list[int]:
        allowed = []
        for at in level:
            reason = self.purse.why_not(at)
            if reason is not None:
                self.purse.turn_down(at, reason)
                self.standing.remove(at)
            elif at in self.too_dear and not _could_have_a_part(self.purse, at):
                self.purse.turn_down(at, Reason.DOES_NOT_FIT, had_turn=True)
                self.standing.remove(at)
            else:
                allowed.append(at)
        return allowed

    def _take_turn(self, time: Fraction, level: list[int]) -> None:
        misfits = [at for at in level if not self.purse.fits(at)]
        if misfits:
            self._stop(time, misfits)
            return
        at = self._preferred(time, level)
        self.purse.buy(at, price=time)
        self.standing.remove(at)
        self.clock.load(at, time)

    def _stop(self, time: Fraction, misfits: list[int]) -> None:
        purse = self.purse
        # Without part-funding, whoever is named as the one too dear, the winners are the same.
        decides = purse.rule.part_funding
        at = self._preferred(time, misfits) if decides else purse.arrange(misfits)[0][0]
        if not purse.part_fund(at):
            purse.turn_down(at, Reason.DOES_NOT_FIT, had_turn=True)
        purse.stopped_at = at
        self.standing.remove(at)

    def _preferred(self, time: Fraction, level: list[int]) -> int:
        """The first of the level in the order of the tie, which is recorded once a moment."""
        if len(level) == 1:
            return level[0]
        when, members = self.tied
        if when == time and members.issuperset(level):
            return self.purse.arrange(level)[0][0]
        self.tied = time, frozenset(level)
        return self.purse.break_tie(level)[0]


class _Clock:
    """When the supporters of each project could pay for it.

    Why it is exact: `fixed` holds, for every group, its ballots times its load, the load rounded
    down to a whole number of units of 2**-`shift` pence. Over the n supporters of a project that
    and its cost, rounded down too, miss less than n + 1 units; divided by n and rounded down, the
    true time lies at or above the `floor` of the project and below floor + 2. So whoever has a
    floor 2 or more above the least one is later for certain; the others are compared as
    fractions, from whole numbers of ballots by moment (`moments`, the latest of each group).

    Why nothing overflows: a time is at most the project's cost a head plus the highest load, and
    so at most the sum of cost a head over all projects; `shift` makes that, times all ballots,
    less than 2**62. Negative, its units are more than a penny.
    """

    def __init__(self, purse: Purse, places: Sequence[int]) -> None:
        election = purse.election
        self.supporters, self.votes = election.supporters, election.vote_counts
        self.costs = {at: Fraction(purse.costs[at] * WORTH, purse.worths[at]) for at in places}
        highest = sum(self.costs[at] // self.votes[at] + 1 for at in places)
        self.shift = _BITS - (highest * election.ballots_cast).bit_length()
        self.moments = np.zeros(election.ballots.groups, dtype=np.int64)
        self.fixed = np.zeros(election.ballots.groups, dtype=np.int64)
        self.times, self.denominator = [0], 1
        self._line_up(places)

    def _line_up(self, places: Sequence[int]) -> None:
        """Lay what is known of the projects side by side, supporters end to end."""
        groups = [self.supporters[at].groups for at in places]
        self.groups = np.concatenate(groups)
        self.starts = np.cumsum([0, *map(len, groups[:-1])])
        self.places = np.array(places, dtype=np.int64)
        self.heads = np.array([self.votes[at] for at in places], dtype=np.int64)
        self.fixed_costs = np.array([self._units(self.costs[at]) for at in places], dtype=np.int64)

    def _units(self, pence: Fraction) -> int:
        up, down = max(self.shift, 0), max(-self.shift, 0)
        return (pence.numerator << up) // (pence.denominator << down)

    def earliest(self, standing: set[int]) -> tuple[Fraction, list[int]]:
        """The earliest time at which a standing project can be paid for, and all of that time."""
        floors = self._floors()
        stands = np.array([at in standing for at in self.places.tolist()])
        least = floors[stands].min()
        near = self.places[stands & (floors < least + 2)].tolist()
        exact = {at: self._time(at) for at in near}
        time = min(exact.values())
        return time, [at for at in near if exact[at] == time]

    def _floors(self) -> Whole:
        loads: Whole = np.add.reduceat(self.fixed[self.groups], self.starts)
        return (self.fixed_costs + loads) // self.heads

    def _time(self, at: int) -> Fraction:
        groups, weights, _ = self.supporters[at]
        ballots = np.zeros(len(self.times), dtype=np.int64)
        np.add.at(ballots, self.moments[groups], weights)
        loads = sum(map(int.__mul__, ballots.tolist(), self.times))
        cost = self.costs[at]
        return Fraction(
            cost.numerator * self.denominator + cost.denominator * loads,
            cost.denominator * self.denominator * self.votes[at],
        )

    def load(self, at: int, time: Fraction) -> None:
        """Empty the supporters' purses: from now on `time` is their load."""
        groups, weights, _ = self.supporters[at]
        self.moments[groups] = len(self.times)
        self.fixed[groups] = weights * self._units(time)
        factor = time.denominator // gcd(time.denominator, self.denominator)
        self.denominator *= factor
        self.times = [earlier * factor for earlier in self.times]
        self.times.append(time.numerator * (self.denominator // time.denominator))
