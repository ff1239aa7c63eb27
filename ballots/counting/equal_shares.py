"""The Method of Equal Shares: every voter has the same money, supporters pay together. Exact.

Source: Peters, Pierczyński and Skowron, "Proportional Participatory Budgeting with Additive
Utilities", NeurIPS 2021; completions as in equalshares.net.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from ballots.counting.election import Election, Whole
from ballots.counting.greedy import count_greedily, go_greedily
from ballots.counting.markets import market_for
from ballots.counting.purse import Purse
from ballots.counting.result import Reason, Result
from ballots.counting.rules import Completion, Rule, RuleName, Then, Utility
from ballots.counting.shares_run import Bought, SharesRun, Shop, Steps
from ballots.counting.ties import TieOrder

# Places that stood level, each group once, by its members.
_Tied = dict[frozenset[int], tuple[int, ...]]


class Spree(NamedTuple):
    """What was bought at the start budget that the completion settled on, and that budget.

    `tied` are the groups that stood level on the way: first among those bought, then at the
    start budgets that were tried and passed over.
    """

    bought: tuple[Bought, ...]
    start_budget_pence: Fraction
    steps: int
    tied: tuple[tuple[int, ...], ...]


def count_by_equal_shares(election: Election, rule: Rule, tie_order: TieOrder) -> Result:
    """Buy the project that costs its supporters least for what it is worth, while they can pay.

    A project's price is the least share that raises its cost from its supporters, who pay it or
    all they have left. The worth is its cost, 1, or its points, times that of the criteria.
    Ballots without a choice have a share too. What costs nothing is bought first.
    """
    purse = Purse(election, rule, tie_order)
    if not election.ballots_cast or not election.projects:
        return purse.result()
    buy_what_is_free(purse)
    spree = go_shopping(purse)
    for level in spree.tied:
        purse.break_tie(level)
    for bought in spree.bought:
        purse.buy(bought.at, price=bought.price)
    _finish(purse)
    result = purse.result(start_budget_pence=spree.start_budget_pence, steps=spree.steps)
    return _compared(election, result) if rule.comparison else result


def go_shopping(purse: Purse) -> Spree:
    """What the purse's running projects are bought for, without buying them yet."""
    rule, shop = purse.rule, shop_of(purse)
    steps = Steps(_start_budget(purse), rule.step_pence)
    market = market_for(rule.completion is not Completion.NONE)
    run = SharesRun(shop, steps, market)
    chosen, tried = 0, _Tied()
    if rule.completion is not Completion.NONE:
        chosen = _completed_step(purse, run, _last_step(purse, steps), tried)
    (leaf,) = run.leaves(chosen, chosen)
    tied = _Tied()
    _collect(leaf.bought, tied)
    return Spree(leaf.bought, steps.at(chosen), chosen, tuple((tied | tried).values()))


def _collect(bought: Iterable[Bought], tied: _Tied) -> None:
    for purchase in bought:
        if len(purchase.tied) > 1:
            tied.setdefault(frozenset(purchase.tied), purchase.tied)


def shop_of(purse: Purse) -> Shop:
    """The projects still for sale in a purse, worth what the rule's utility says."""
    election, rule = purse.election, purse.rule
    by_cost = rule.utility is Utility.COST
    supporters = election.supporters
    if rule.utility is not Utility.POINTS:
        supporters = tuple(each._replace(points=None) for each in supporters)
    factors = purse.worths if rule.criteria else (1,) * len(purse.costs)
    return Shop(
        supporters=supporters,
        costs=purse.costs,
        worths=tuple(
            (cost if by_cost else 1) * factor
            for cost, factor in zip(purse.costs, factors, strict=True)
        ),
        tie_ranks=purse.tie_ranks,
        # What is free and was not bought is barred for good.
        running=tuple(at for at in purse.running if at not in purse.reasons and purse.costs[at]),
        groups=election.ballots.groups,
        barred=(lambda places: _barred(purse, places)) if purse.conditional else None,
    )


def _barred(purse: Purse, bought: Iterable[int]) -> frozenset[int]:
    """Which running projects the conditions forbid after these purchases."""
    trial = purse.after(bought)
    return frozenset(at for at in trial.running if trial.why_not(at) is not None)


def _start_budget(purse: Purse) -> Fraction:
    """Everybody's equal share of the money left, rounded down to the rule's unit if it has one."""
    share = Fraction(purse.left, purse.election.ballots_cast)
    unit = purse.rule.start_unit_pence
    return Fraction(share // unit * unit) if unit else share


def _last_step(purse: Purse, steps: Steps) -> int:
    """The step after which raising shares is given up: each could pay for everything alone.

    All shares together are then the money left times (ballots + 1), as in pabutools.
    """
    ballots = purse.election.ballots_cast
    bound = Fraction(purse.left * (ballots + 1), ballots)
    return max(0, (bound - steps.first) // steps.step)


def _completed_step(purse: Purse, run: SharesRun, last: int, tied: _Tied) -> int:
    """The step whose outcome stands: the first exhaustive one, or the last before overspending.

    What stood level at any step up to the one that ends it goes into `tied`: in another order
    that step might have ended it sooner, or not at all.
    """
    exhaustive_stop = purse.rule.completion is Completion.ADD1_EXHAUSTIVE
    first = 0
    while first <= last:
        # Windows that double the share keep the whole numbers fine-grained.
        window = min(last, first + max(1, int(run.steps.at(first) / run.steps.step)))
        for leaf in run.leaves(first, window):
            _collect(leaf.bought, tied)
            places = [bought.at for bought in leaf.bought]
            if _overspends(purse, places):
                return max(0, leaf.first - 1)
            if exhaustive_stop and _exhausts(purse, places):
                return leaf.first
        first = window + 1
    return last


def _overspends(purse: Purse, places: list[int]) -> bool:
    """Whether one of these, bought in this order, no longer fits; only the last may overspend."""
    left = purse.left
    for at in places:
        cost = purse.costs[at]
        if cost > left and not 0 < left >= cost - purse.rule.overspend_pence:
            return True
        left -= cost
    return False


def _exhausts(purse: Purse, places: list[int]) -> bool:
    """Whether no further running project fits what these leave."""
    after = purse.after(places)
    return not any(
        after.fits(at) and after.why_not(at) is None
        for at in purse.running
        if at not in after.reasons
    )


def buy_what_is_free(purse: Purse) -> None:
    """Buy the projects that cost nothing: no share could be asked for them.

    Those that exclude each other stand level, and their order decides.
    """
    free = {at for at in purse.running if purse.costs[at] == 0 and purse.why_not(at) is None}
    for level in purse.exclusive_among(free):
        purse.break_tie(level, decisive=True)
    for at in sorted(free, key=purse.tie_ranks.__getitem__):
        if purse.why_not(at) is None:
            purse.buy(at, price=Fraction(0))


def _finish(purse: Purse) -> None:
    """Complete by votes if the rule says so; then say of every other project why it lost."""
    if purse.rule.then is Then.UTILITARIAN:
        remaining = [at for at in purse.running if at not in purse.reasons]
        go_greedily(purse, remaining, Reason.COMPLETED)
    losers = [at for at in purse.by_value() if at not in purse.reasons]
    purse.break_part_funding_tie(losers, purse.values)
    for at in losers:
        if not purse.part_fund(at):
            purse.turn_down(at, purse.why_not(at) or Reason.SUPPORTERS_SPENT, had_turn=True)


def _compared(election: Election, result: Result) -> Result:
    """The result, or greedy's if more voters prefer what greedy funds."""
    plain = _as_greedy(result.rule)
    greedy = count_greedily(election, plain, result.tie_order)
    ours = utilities(election, result.rule, result.winners)
    theirs = utilities(election, result.rule, greedy.winners)
    weights = election.ballots.weights
    against, for_us = weights[theirs > ours].sum(), weights[ours > theirs].sum()
    if against <= for_us:
        return result.decided_beside(greedy)
    return greedy.standing_in_for(result).decided_beside(result)


def _as_greedy(rule: Rule) -> Rule:
    settings = rule.as_json() | {"name": RuleName.GREEDY.value, "comparison": False}
    return Rule.from_json(settings)


def utilities(election: Election, rule: Rule, winners: Iterable[str]) -> Whole:
    """What the winners are worth to each group of ballots (int64), as the rule's utility says."""
    funded = np.zeros(len(election.projects), dtype=np.int64)
    for winner in winners:
        at = election.places[winner]
        by_cost = rule.utility is Utility.COST
        funded[at] = election.projects[at].cost_pence if by_cost else 1
    ballots = election.ballots
    worth = funded[ballots.choices]
    if ballots.points is not None:
        by_points = rule.utility is Utility.POINTS
        worth = worth * (np.maximum(ballots.points, 0) if by_points else ballots.points > 0)
    sums = np.zeros(ballots.groups, dtype=np.int64)
    np.add.at(sums, ballots.group_of_choice, worth)
    return sums
