"""Greedy: fund in the order of votes while the money lasts. Pure, exact, O(p log p)."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import groupby

from ballots.counting.election import Election
from ballots.counting.purse import Purse
from ballots.counting.result import Reason, Result
from ballots.counting.rules import Misfit, RankedBy, Rule
from ballots.counting.ties import TieBreak, TieOrder, TieRefusedError

_Value = int | tuple[bool, Fraction]


def count_greedily(election: Election, rule: Rule, tie_order: TieOrder) -> Result:
    """Fund project after project by votes; at one that does not fit, skip it or stop.

    A project nobody voted for is never funded, even if money is left: public money follows
    somebody's vote, and an officer could otherwise slip a project through that no resident
    asked for. A project below the threshold has no turn, so it never stops the count either.
    """
    purse = Purse(election, rule, tie_order)
    go_greedily(purse, purse.running, stops=rule.misfit is Misfit.STOP)
    return purse.result(ranked=_ranked(purse))


def go_greedily(
    purse: Purse, running: Iterable[int], bought: Reason = Reason.FUNDED, *, stops: bool = False
) -> None:
    """Spend what the purse holds on these projects, noting each purchase as `bought`."""
    for level in _levels(purse, running):
        for at in _arranged(purse, level, stops):
            _take_turn(purse, at, bought, stops)


def _take_turn(purse: Purse, at: int, bought: Reason, stops: bool) -> None:
    if purse.stopped_at is not None:
        purse.turn_down(at, Reason.AFTER_THE_STOP)
        return
    reason = purse.why_not(at)
    if reason is not None:
        purse.turn_down(at, reason)
    elif purse.fits(at):
        purse.buy(at, bought)
    elif not purse.part_fund(at):
        purse.turn_down(at, Reason.DOES_NOT_FIT, had_turn=True)
        if stops:
            purse.stopped_at = at


def _ranked(purse: Purse) -> list[int]:
    """All places in the order of the rule; what was shut out stands where its votes put it."""
    values, ranks = _values(purse), purse.tie_ranks
    return sorted(
        sorted(range(len(purse.costs)), key=ranks.__getitem__),
        key=values.__getitem__,
        reverse=True,
    )


def _values(purse: Purse) -> list[_Value]:
    """What projects are ranked by; per pound, one that costs nothing comes first."""
    if purse.rule.ranked_by is not RankedBy.VOTES_PER_POUND:
        return list(purse.values)
    return [
        (cost == 0, Fraction(value, cost or 1))
        for value, cost in zip(purse.values, purse.costs, strict=True)
    ]


def _levels(purse: Purse, running: Iterable[int]) -> Iterator[list[int]]:
    """Projects that stand level together, the best first."""
    values = _values(purse)
    best_first = sorted(running, key=values.__getitem__, reverse=True)
    for _, level in groupby(best_first, key=values.__getitem__):
        yield list(level)


def _arranged(purse: Purse, level: list[int], stops: bool) -> list[int]:
    """The level in the order of the tie; a tie among projects in the running is recorded."""
    if len(level) == 1:
        return level
    ordered, steps = purse.arrange(level)
    if purse.stopped_at is None:
        decisive = None if purse.conditional else _order_decides(purse, ordered, stops)
        if decisive is not False and purse.tie_order.by is TieBreak.REFUSE:
            raise TieRefusedError(tuple(purse.election.projects[at].id for at in ordered))
        votes = purse.election.vote_counts
        common = votes[level[0]] if len({votes[at] for at in level}) == 1 else None
        purse.note_tie(ordered, steps, decisive, common)
    return ordered


def _order_decides(purse: Purse, level: Iterable[int], stops: bool) -> bool:
    """Whether another order of the level could fund another set of it.

    What costs more than is left loses in any order. If the others fit all together they
    all win in any order — unless the count stops at the one that is too dear, and it comes
    first. If they do not fit together, whoever comes first wins and somebody loses.
    """
    costs = [purse.costs[at] for at in level]
    affordable = [cost for cost in costs if cost <= purse.left]
    if stops and len(affordable) < len(costs):
        return bool(affordable)
    return sum(affordable) > purse.left
