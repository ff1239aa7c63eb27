"""The same ballots under two rules, side by side. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ballots.counting import Rule


class Fate(NamedTuple):
    """One project: whether each of the two rules funds it."""

    code: str
    title: str
    funded: bool
    funded_otherwise: bool


@dataclass(frozen=True)
class TwoRules:
    """Projects by rank, and how many ballots support a funded project under each rule."""

    rule: Rule
    other_rule: Rule
    projects: tuple[Fate, ...]
    ballots_cast: int
    with_a_winner: int
    with_a_winner_otherwise: int
    spent_pence: int
    spent_otherwise_pence: int

    @property
    def changed(self) -> int:
        """How many projects one rule funds and the other does not."""
        return sum(fate.funded != fate.funded_otherwise for fate in self.projects)

    def percent(self, ballots: int) -> int:
        """So many ballots out of a hundred, rounded down."""
        return 100 * ballots // self.ballots_cast


def two_rules(
    result: Mapping[str, Any], explanation: Mapping[str, Any], titles: Mapping[str, str]
) -> TwoRules | None:
    """The comparison of a stored result; None if no second rule was counted, or nobody voted."""
    other = explanation["alternative"]
    if other is None or not result["ballots_cast"]:
        return None
    winners = set(other["winners"])
    return TwoRules(
        rule=Rule.from_json(result["rule"]),
        other_rule=Rule.from_json(other["rule"]),
        projects=tuple(
            Fate(
                verdict["project_id"],
                titles.get(verdict["project_id"], verdict["project_id"]),
                verdict["funded"],
                verdict["project_id"] in winners,
            )
            for verdict in result["projects"]
        ),
        ballots_cast=result["ballots_cast"],
        with_a_winner=explanation["ballots_with_a_winner"],
        with_a_winner_otherwise=other["ballots_with_a_winner"],
        spent_pence=result["spent_pence"],
        spent_otherwise_pence=other["spent_pence"],
    )
