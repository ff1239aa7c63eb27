"""The falling balance: each winner lowers what is left, down to what is left over. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

# Bars lie between 0 and this, whatever the size they are shown at.
WIDTH = 1000


class Span(NamedTuple):
    """Part of a bar: where it begins, and how wide it is."""

    at: int
    width: int


@dataclass(frozen=True)
class BalanceStep:
    """One winner: what it takes, what is left after it, and both as parts of a bar."""

    code: str
    title: str
    paid_pence: int
    left_pence: int
    kept: Span
    taken: Span


@dataclass(frozen=True)
class FallingBalance:
    """The winners in order; what they take and what is left over are the whole together."""

    budget_pence: int
    left_pence: int
    steps: tuple[BalanceStep, ...]


def falling_balance(result: Mapping[str, Any], titles: Mapping[str, str]) -> FallingBalance | None:
    """The balance of a stored result; None if nothing was funded or there was no money.

    Where overspending was permitted the bars begin below nothing, and `kept` is empty there.
    """
    paid, budget = paid_for_winners(result), int(result["budget_pence"])
    if not paid or budget <= 0:
        return None
    lefts = [budget]
    for pence in paid.values():
        lefts.append(lefts[-1] - pence)
    lowest = min(0, *lefts)
    places = [(left - lowest) * WIDTH // (budget - lowest) for left in lefts]
    nothing = -lowest * WIDTH // (budget - lowest)
    steps = tuple(
        BalanceStep(
            code,
            titles.get(code, code),
            pence,
            left,
            kept=Span(nothing, max(0, place - nothing)),
            taken=Span(place, before - place),
        )
        for (code, pence), left, (before, place) in zip(
            paid.items(), lefts[1:], pairwise(places), strict=True
        )
    )
    return FallingBalance(budget, lefts[-1], steps)


def paid_for_winners(result: Mapping[str, Any]) -> dict[str, int]:
    """What each winner receives, in the order they won."""
    if "purchases" in result:
        return {bought["project_id"]: bought["paid_pence"] for bought in result["purchases"]}
    # Outcomes of the first version have no purchases: every winner received its cost.
    costs = {verdict["project_id"]: verdict["cost_pence"] for verdict in result["projects"]}
    return {code: costs[code] for code in result["winners"]}
