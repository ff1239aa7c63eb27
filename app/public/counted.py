"""A stored count as people read it. It reads what was written and never counts again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.public.reasons import tie_sentences, why_decided


@dataclass(frozen=True)
class ProjectResult:
    """What became of one project in the residents’ count."""

    code: str
    title: str
    link: str | None
    votes: int
    share_percent: int
    cost_pence: int
    funded: bool
    why: str


@dataclass(frozen=True)
class Counted:
    """A whole count: the money, the turnout, every project by rank, and the ties."""

    budget_pence: int
    spent_pence: int
    left_pence: int
    ballots_cast: int
    roll_size: int
    projects: tuple[ProjectResult, ...]
    ties: tuple[list[str], ...]

    @property
    def turnout_percent(self) -> int:
        """How many in a hundred of those who may vote did."""
        return round(100 * self.ballots_cast / self.roll_size) if self.roll_size else 0

    @property
    def funded(self) -> list[ProjectResult]:
        """The projects residents funded, in the order they won."""
        return [project for project in self.projects if project.funded]

    @property
    def not_funded(self) -> list[ProjectResult]:
        """The projects residents did not fund, by rank."""
        return [project for project in self.projects if not project.funded]


def read_count(
    result: Mapping[str, Any],
    titles: Mapping[str, str],
    *,
    roll_size: int,
    links: Mapping[str, str] | None = None,
) -> Counted:
    """Put a result, as `ballots.counting.Result.to_json` wrote it, into words."""
    cast = int(result["ballots_cast"])
    minimum = int(result["rule"].get("minimum_votes", 0))
    return Counted(
        budget_pence=result["budget_pence"],
        spent_pence=result["spent_pence"],
        left_pence=result["left_pence"],
        ballots_cast=cast,
        roll_size=roll_size,
        projects=tuple(
            ProjectResult(
                code=verdict["project_id"],
                title=titles.get(verdict["project_id"], verdict["project_id"]),
                link=(links or {}).get(verdict["project_id"]),
                votes=verdict["votes"],
                share_percent=round(100 * verdict["votes"] / cast) if cast else 0,
                cost_pence=verdict["cost_pence"],
                funded=verdict["funded"],
                why=why_decided(verdict, minimum),
            )
            for verdict in result["projects"]
        ),
        ties=tuple(tie_sentences(tie, titles) for tie in result["ties"]),
    )
