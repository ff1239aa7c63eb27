"""A stored count as people read it. It reads what was written and never counts again."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from flask_babel import gettext as _

from app.display import pounds
from app.pictures.gallery import Gallery, draw_gallery
from app.public.background import Background
from app.public.reasons import why_decided
from app.public.ties import DrawTold, tie_sentences
from ballots.counting import Completion, Reason, Rule
from ballots.draws import Draw


@dataclass(frozen=True)
class ProjectResult:
    """What became of one project in the residents’ count; `won` is its place among winners."""

    code: str
    title: str
    link: str | None
    votes: int
    share_percent: int
    cost_pence: int
    funded_pence: int
    won: int | None
    why: str

    @property
    def funded(self) -> bool:
        """Whether residents funded it."""
        return self.won is not None


@dataclass(frozen=True)
class Counted:
    """A whole count: the money, the turnout, every project by rank, the ties, the pictures."""

    budget_pence: int
    spent_pence: int
    left_pence: int
    ballots_cast: int
    roll_size: int
    projects: tuple[ProjectResult, ...]
    ties: tuple[list[str], ...]
    notes: tuple[str, ...]
    pictures: Gallery
    draw: DrawTold | None = None

    @property
    def turnout_percent(self) -> int:
        """How many in a hundred of those who may vote did."""
        return round(100 * self.ballots_cast / self.roll_size) if self.roll_size else 0

    @property
    def funded(self) -> list[ProjectResult]:
        """The projects residents funded, in the order they won."""
        return sorted(
            (project for project in self.projects if project.funded),
            key=lambda project: project.won or 0,
        )

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
    explanation: Mapping[str, Any] | None = None,
    draw: Draw | None = None,
) -> Counted:
    """Put a result, as `ballots.counting.Result.to_json` wrote it, into words and pictures.

    The explanation is what was stored beside it; None for outcomes that have none. `draw` is
    what settled its ties, if they were drawn.
    """
    background = Background.of(result, titles, explanation)
    return Counted(
        budget_pence=result["budget_pence"],
        spent_pence=result["spent_pence"],
        left_pence=result["left_pence"],
        ballots_cast=result["ballots_cast"],
        roll_size=roll_size,
        projects=tuple(
            _project(verdict, background, result["ballots_cast"], links or {})
            for verdict in result["projects"]
        ),
        ties=tuple(tie_sentences(tie, titles) for tie in result["ties"]),
        notes=tuple(_notes(result, explanation)),
        pictures=draw_gallery(result, explanation, titles),
        draw=DrawTold.of(draw, titles) if draw else None,
    )


def _project(
    verdict: Mapping[str, Any], background: Background, cast: int, links: Mapping[str, str]
) -> ProjectResult:
    code, cost, winners = verdict["project_id"], verdict["cost_pence"], background.winners
    return ProjectResult(
        code=code,
        title=background.title(code),
        link=links.get(code),
        votes=verdict["votes"],
        share_percent=round(100 * verdict["votes"] / cast) if cast else 0,
        cost_pence=cost,
        # Outcomes of the first version do not say it: every winner received its cost.
        funded_pence=verdict.get("funded_pence", cost if verdict["funded"] else 0),
        won=winners.index(code) + 1 if verdict["funded"] else None,
        why=why_decided(verdict, background),
    )


def _notes(result: Mapping[str, Any], explanation: Mapping[str, Any] | None) -> list[str]:
    """What is true of the whole count, in sentences."""
    notes = []
    share = result.get("start_budget_pence")
    if share is not None:
        # Rounded down: nobody had more than what the sentence says.
        pence = int(Decimal(share).to_integral_value(ROUND_FLOOR))
        notes.append(_share_of_everybody(result, pounds(pence)))
    if result.get("gave_way"):
        notes.append(
            _(
                "More voters got more from counting by votes alone, so by the rules that outcome "
                "stands."
            )
        )
    if explanation is not None and result["ballots_cast"]:
        notes.append(_who_is_served(explanation["ballots_with_a_winner"], result["ballots_cast"]))
    return notes


# What stands unfunded, or was funded only afterwards, although higher shares could have paid it.
_OUT_OF_REACH = {
    Reason.SUPPORTERS_SPENT,
    Reason.COMPLETED,
    Reason.DOES_NOT_FIT,
    Reason.AFTER_THE_STOP,
    Reason.PART_FUNDED,
}


def _share_of_everybody(result: Mapping[str, Any], share: str) -> str:
    """What everybody could spend in the end, and whether shares were raised to that."""
    if not result.get("steps"):
        return _("Every voter had an equal share to spend: %(share)s.", share=share)
    if Rule.from_json(result["rule"]).completion is Completion.ADD1_EXHAUSTIVE:
        return _(
            "Every voter had an equal share to spend. Shares were raised to %(share)s, step by "
            "step, until no further project would have fitted, or one more step would have "
            "overspent.",
            share=share,
        )
    if any(Reason(verdict["reason"]) in _OUT_OF_REACH for verdict in result["projects"]):
        return _(
            "Every voter had an equal share to spend. Shares were raised to %(share)s, step by "
            "step, until one more step would have overspent.",
            share=share,
        )
    return _(
        "Every voter had an equal share to spend. Shares were raised to %(share)s, step by step.",
        share=share,
    )


def _who_is_served(chose: int, cast: int) -> str:
    """How many voters have a project funded that they chose."""
    if cast == 1 and chose:
        return _("The one person who voted chose at least one project that is funded.")
    if cast == 1:
        return _("The one person who voted chose no project that is funded.")
    return _(
        "%(chose)s of the %(cast)s people who voted chose at least one project that is funded.",
        chose=f"{chose:,}",
        cast=f"{cast:,}",
    )
