"""Conditions around a rule that contradict each other, the money or the projects. Pure."""

from collections.abc import Mapping

from ballots.counting import Limit, LimitOn, Rule
from ballots.refusals import BallotRefusal
from neighbourhoods.refusals import Refused

# More would be a second budget that nobody voted on.
MOST_OVERSPEND_PERCENT = 5


def most_overspend_pence(budget_pence: int) -> int:
    """What the last project may take a budget over at most."""
    return budget_pence * MOST_OVERSPEND_PERCENT // 100


def check_conditions(rule: Rule, budget_pence: int, costs: Mapping[str, int]) -> None:
    """Refuse conditions that no count could keep together; `costs` are in pence by project."""
    _check_limits(rule, budget_pence)
    most = most_overspend_pence(budget_pence)
    if rule.overspend_pence > most:
        raise Refused(BallotRefusal.OVERSPEND_TOO_HIGH, limit_pence=most)
    _check_named(rule, budget_pence, costs)
    names = [name for name, _ in rule.criteria]
    if len(set(names)) < len(names):
        raise Refused(BallotRefusal.CRITERION_TWICE)


def _check_limits(rule: Rule, budget_pence: int) -> None:
    for limits in (rule.caps, rule.ring_fences):
        if len({(limit.on, limit.name) for limit in limits}) < len(limits):
            raise Refused(BallotRefusal.LIMIT_TWICE)
    # One project can serve a category and an area, so each kind is added up on its own.
    for on in LimitOn:
        if sum(fence.pence for fence in rule.ring_fences if fence.on is on) > budget_pence:
            raise Refused(BallotRefusal.FENCES_ABOVE_BUDGET, limit_pence=budget_pence)
    if any(_is_above(fence, cap) for fence in rule.ring_fences for cap in rule.caps):
        raise Refused(BallotRefusal.FENCE_ABOVE_CAP)


def _is_above(fence: Limit, cap: Limit) -> bool:
    return (fence.on, fence.name) == (cap.on, cap.name) and fence.pence > cap.pence


def _check_named(rule: Rule, budget_pence: int, costs: Mapping[str, int]) -> None:
    excluding = {code for members in rule.exclusive for code in members}
    if any(len(set(members)) < 2 for members in rule.exclusive):
        raise Refused(BallotRefusal.TOO_FEW_TO_EXCLUDE)
    if not excluding.union(rule.already_chosen) <= costs.keys():
        raise Refused(BallotRefusal.NOT_A_PROJECT)
    if sum(costs[code] for code in set(rule.already_chosen)) > budget_pence:
        raise Refused(BallotRefusal.CHOSEN_ABOVE_BUDGET, limit_pence=budget_pence)
    if excluding.intersection(rule.already_chosen):
        raise Refused(BallotRefusal.CHOSEN_AND_EXCLUSIVE)
