"""Votes on the hall's screens: before, open, closed, counted. Nothing that is not public yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from ballots.disclosure import DisclosureProfile
from ballots.hall_rules import ItemSettings
from ballots.hall_votes import HallVote, current_vote, is_open
from ballots.holding import is_held
from ballots.last_call import was_extended
from ballots.outcome import outcome_of
from ballots.purchases import (
    Bought,
    affordable,
    balance_of,
    bought_in,
    left_under_caps,
    projects_left,
)
from ballots.tally import PublicTally, public_tally
from neighbourhoods.assemblies import AgendaItem, ItemKind
from neighbourhoods.projects import Project, projects_in
from neighbourhoods.refusals import Refused

# Lines of 24 px that fit beside the way to join, one for each project.
MOST_LINES = 20
# Below what was bought already there is room for fewer.
MOST_FITTING = 12


class VoteStage(StrEnum):
    """How far a vote in the hall has come."""

    BEFORE = "before"
    OPEN = "open"
    CLOSED = "closed"
    COUNTED = "counted"


@dataclass(frozen=True)
class VoteLine:
    """One project; figures only where the disclosure rule has published them."""

    title: str
    cost_pence: int
    votes: int | None = None
    score: int | None = None
    share: int = 0
    funded: bool = False


@dataclass(frozen=True)
class VoteSlide:
    """One vote as the hall may see it at this moment."""

    stage: VoteStage
    kind: ItemKind
    title: str
    text: str
    lines: tuple[VoteLine, ...] = ()
    more: int = 0
    has_figures: bool = False
    in_points: bool = False
    profile: DisclosureProfile | None = None
    step: int = 0
    closes_at: datetime | None = None
    is_last_call: bool = False
    was_extended: bool = False
    turnout: int = 0
    roll: int = 0
    covered: int = 0
    budget_pence: int = 0
    left_pence: int = 0
    bought: tuple[Bought, ...] = ()
    name: str = "vote"

    @property
    def spent_share(self) -> int:
        """How much of the money is spent, in thousandths."""
        return (self.budget_pence - self.left_pence) * 1000 // max(1, self.budget_pence)


def is_secret(session: Session, round_id: int) -> bool:
    """Whether the hall must not see an outcome: it is held for the reveal, or not counted yet."""
    return is_held(session, round_id) or outcome_of(session, round_id) is None


def vote_slide(session: Session, item: AgendaItem) -> VoteSlide:
    """What the screens show of an item that is voted on."""
    vote = current_vote(session, item)
    tally = public_tally(session, vote.the_round) if vote else None
    if vote is None or tally is None:
        return _before(session, item)
    if is_open(session, vote):
        return _open(session, item, vote, tally)
    if is_secret(session, vote.round_id):
        return VoteSlide(VoteStage.CLOSED, item.kind, item.title, "")
    return _counted(session, item, tally)


def _before(session: Session, item: AgendaItem) -> VoteSlide:
    assembly, balance = item.assembly, balance_of(session, item.assembly)
    projects = _to_choose_from(session, item, balance)
    most = MOST_FITTING if item.kind == ItemKind.PURCHASE else MOST_LINES
    return VoteSlide(
        VoteStage.BEFORE,
        item.kind,
        item.title,
        item.text,
        lines=_plain(projects, most),
        more=_beyond(projects, most),
        budget_pence=assembly.the_round.budget_pence,
        left_pence=balance,
        bought=tuple(bought_in(session, assembly)),
    )


def _to_choose_from(session: Session, item: AgendaItem, balance: int) -> list[Project]:
    try:
        wanted = ItemSettings.of(item)
    except Refused:
        return []  # it cannot be opened so, and the facilitator is told
    if not wanted.own_count:
        return projects_in(session, item.assembly.round_id)
    projects = projects_left(session, item.assembly, wanted.projects)
    if item.kind != ItemKind.PURCHASE:
        return projects
    return affordable(
        projects, balance, left_under_caps(session, item.assembly, wanted.category_caps)
    )


def _open(session: Session, item: AgendaItem, vote: HallVote, tally: PublicTally) -> VoteSlide:
    projects = projects_in(session, tally.round_id)
    spent = tally.spent_pence or 0
    return VoteSlide(
        VoteStage.OPEN,
        item.kind,
        item.title,
        item.text,
        lines=_with_figures(tally) if tally.figures else _plain(projects),
        more=_beyond(tally.figures or projects),
        has_figures=bool(tally.figures),
        in_points=tally.in_points,
        profile=tally.profile,
        step=tally.step,
        closes_at=tally.closes_at,
        is_last_call=vote.called_at is not None,
        was_extended=was_extended(session, vote),
        turnout=tally.turnout,
        roll=tally.roll_size,
        covered=tally.covered,
        # What is left falls from vote to vote, out of the money of the whole round.
        budget_pence=(
            item.assembly.the_round.budget_pence
            if item.kind == ItemKind.PURCHASE
            else tally.budget_pence
        ),
        left_pence=tally.budget_pence - spent,
    )


def _counted(session: Session, item: AgendaItem, tally: PublicTally) -> VoteSlide:
    is_purchase = item.kind == ItemKind.PURCHASE
    assembly = item.assembly
    left = tally.budget_pence - (tally.spent_pence or 0)
    return VoteSlide(
        VoteStage.COUNTED,
        item.kind,
        item.title,
        "",
        lines=_with_figures(tally),
        more=_beyond(tally.figures or ()),
        has_figures=True,
        in_points=tally.in_points,
        turnout=tally.turnout,
        roll=tally.roll_size,
        budget_pence=assembly.the_round.budget_pence if is_purchase else tally.budget_pence,
        left_pence=balance_of(session, assembly) if is_purchase else left,
        bought=tuple(bought_in(session, assembly)) if is_purchase else (),
    )


def _plain(projects: Sequence[Project], most: int = MOST_LINES) -> tuple[VoteLine, ...]:
    shown = projects[: _room(projects, most)]
    return tuple(VoteLine(project.title, project.cost_pence) for project in shown)


def _with_figures(tally: PublicTally) -> tuple[VoteLine, ...]:
    """Bars in the order of the published figures, against the longest."""
    figures = tally.figures or ()
    most_votes = max((figure.votes for figure in figures), default=0) or 1
    return tuple(
        VoteLine(
            figure.title,
            figure.cost_pence,
            figure.votes,
            figure.score,
            figure.votes * 1000 // most_votes
            if figure.score is None
            else max(0, figure.score) * 1000 // tally.most_points,
            figure.funded,
        )
        for figure in figures[: _room(figures)]
    )


def _room(lines: Sequence[object], most: int = MOST_LINES) -> int:
    """How many lines are shown; one fewer where the last has to count the rest."""
    return len(lines) if len(lines) <= most else most - 1


def _beyond(lines: Sequence[object], most: int = MOST_LINES) -> int:
    return len(lines) - _room(lines, most)
