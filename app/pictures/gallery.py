"""All pictures of one stored count. Pure: the same JSON, the same shapes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.pictures.balance import FallingBalance, falling_balance
from app.pictures.flow import Flow, who_funded_what
from app.pictures.scatter import Scatter, votes_against_cost
from app.pictures.shares import Share, shares
from app.pictures.two_rules import TwoRules, two_rules


@dataclass(frozen=True)
class Gallery:
    """Every picture there is something to draw for; the others are None or empty."""

    balance: FallingBalance | None = None
    scatter: Scatter | None = None
    by_category: tuple[Share, ...] = ()
    by_area: tuple[Share, ...] = ()
    flow: Flow | None = None
    two_rules: TwoRules | None = None

    @property
    def shows_anything(self) -> bool:
        """Whether there is a picture at all."""
        return any((self.balance, self.scatter, self.by_category, self.by_area, self.two_rules))


def draw_gallery(
    result: Mapping[str, Any], explanation: Mapping[str, Any] | None, titles: Mapping[str, str]
) -> Gallery:
    """Draw a result, as `ballots.counting.Result.to_json` wrote it, and what explains it."""
    balance = falling_balance(result, titles)
    scatter = votes_against_cost(result, titles)
    if explanation is None:
        return Gallery(balance, scatter)
    spent, votes = result["spent_pence"], sum(verdict["votes"] for verdict in result["projects"])
    spending = explanation["spending"]
    return Gallery(
        balance,
        scatter,
        by_category=shares(spending["category"], spent, votes),
        by_area=shares(spending["area"], spent, votes),
        flow=who_funded_what(result, explanation, titles),
        two_rules=two_rules(result, explanation, titles),
    )
