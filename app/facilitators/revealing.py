"""An outcome revealed step by step: nothing, one purchase after another, then all of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from app.facilitators.hall_pictures import HallPictures, Shown, hall_pictures
from app.facilitators.reveal import Reveal, reveal
from app.facilitators.vote_slides import is_secret
from app.pictures.balance import BalanceStep, falling_balance
from app.public.background import Background
from app.public.reasons import why_decided
from ballots.hall_votes import current_vote
from ballots.outcome import Outcome, outcome_of
from ballots.papers import GRADED
from ballots.voting_rules import rules_of
from neighbourhoods.assemblies import AgendaItem
from neighbourhoods.projects import titles_in
from neighbourhoods.rounds import Round

# Purchases listed beside the newest; older ones are counted.
MOST_EARLIER = 6


class RevealStage(StrEnum):
    """What a step of a reveal shows."""

    TITLE = "title"
    CLOSED = "closed"
    PURCHASE = "purchase"
    EVERYTHING = "everything"
    PICTURE = "picture"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Purchase:
    """One project that the rule bought: its place in that order, its money, and why."""

    place: int
    title: str
    cost_pence: int
    backing: int
    why: str
    step: BalanceStep


@dataclass(frozen=True)
class RevealSlide:
    """One step of a reveal."""

    stage: RevealStage
    title: str
    text: str = ""
    purchase: Purchase | None = None
    earlier: tuple[BalanceStep, ...] = ()
    more: int = 0
    in_points: bool = False
    budget_pence: int = 0
    table: Reveal | None = None
    pictures: HallPictures | None = None
    shown: Shown | None = None
    name: str = "reveal"


def round_revealed(session: Session, item: AgendaItem) -> Round | None:
    """Whose outcome an item reveals: another item's newest vote, or the meeting's own round.

    None while the other item has opened no vote.
    """
    vote_item = item.settings.get("vote_item")
    if not isinstance(vote_item, int):
        return item.assembly.the_round
    other = session.get(AgendaItem, vote_item)
    vote = current_vote(session, other) if other else None
    return vote.the_round if vote else None


def reveal_steps(session: Session, item: AgendaItem) -> int:
    """How many steps there are after the title: purchases, everything, and pictures of it."""
    the_round = round_revealed(session, item)
    outcome = outcome_of(session, the_round.id) if the_round else None
    if outcome is None or not any(verdict["votes"] for verdict in outcome.verdicts):
        return 1
    pictures = hall_pictures(outcome.result, outcome.explanation, {})
    balance = falling_balance(outcome.result, {})
    return (len(balance.steps) if balance else 0) + 1 + len(pictures.available)


def reveal_slide(session: Session, item: AgendaItem, step: int) -> RevealSlide:
    """What a step of a reveal shows; a step beyond the last shows the last.

    Purchases come in the order in which the rule made them.
    """
    if step == 0:
        return RevealSlide(RevealStage.TITLE, item.title, item.text)
    the_round = round_revealed(session, item)
    outcome = outcome_of(session, the_round.id) if the_round else None
    if the_round is None or outcome is None or is_secret(session, the_round.id):
        return RevealSlide(RevealStage.CLOSED, item.title)
    rules = rules_of(session, the_round.id)
    in_points = rules is not None and rules.ballot_format in GRADED
    return _told(outcome, item.title, titles_in(session, the_round.id), step, in_points=in_points)


def _told(
    outcome: Outcome, title: str, titles: dict[str, str], step: int, *, in_points: bool
) -> RevealSlide:
    result: dict[str, Any] = outcome.result
    table = reveal(result, titles, in_points=in_points)
    if table is None:
        return RevealSlide(RevealStage.NOBODY, title)
    balance = falling_balance(result, titles)
    bought = balance.steps if balance else ()
    budget = int(result["budget_pence"])
    if step <= len(bought):
        before = bought[: step - 1]
        shown = before[-MOST_EARLIER:]
        return RevealSlide(
            RevealStage.PURCHASE,
            title,
            purchase=_purchase(outcome, bought[step - 1], step, titles, in_points=in_points),
            earlier=shown,
            more=len(before) - len(shown),
            in_points=in_points,
            budget_pence=budget,
        )
    pictures = hall_pictures(result, outcome.explanation, titles)
    beyond = min(step - len(bought) - 1, len(pictures.available))
    if beyond > 0:
        shown_now = pictures.available[beyond - 1]
        return RevealSlide(RevealStage.PICTURE, title, pictures=pictures, shown=shown_now)
    return RevealSlide(
        RevealStage.EVERYTHING, title, table=table, in_points=in_points, budget_pence=budget
    )


def _purchase(
    outcome: Outcome, step: BalanceStep, place: int, titles: dict[str, str], *, in_points: bool
) -> Purchase:
    background = Background.of(outcome.result, titles, outcome.explanation)
    verdict: dict[str, Any] = next(
        one for one in outcome.verdicts if one["project_id"] == step.code
    )
    return Purchase(
        place,
        step.title,
        verdict["cost_pence"],
        verdict["score"] if in_points else verdict["votes"],
        why_decided(verdict, background),
        step,
    )
