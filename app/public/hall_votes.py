"""The meetings about a round and the votes they held, as its page lists them."""

from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.labels import label
from app.public.standing import Doing, state_words
from neighbourhoods.assemblies import Assembly, AssemblyState
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.rounds import Round, RoundKind


@dataclass(frozen=True)
class HallVoteShown:
    """One vote held in a meeting: what about, how it stands, and where to look further."""

    title: str
    state: str
    links: list[Doing]


@dataclass(frozen=True)
class MeetingShown:
    """One meeting about a round: where and when, and its minutes once it is over."""

    title: str
    when: datetime
    place: str
    state: str
    minutes: str | None


def meetings_about(session: Session, the_round: Round) -> list[MeetingShown]:
    """The meetings about a round in the order they start, without rehearsals."""
    query = select(Assembly).where(Assembly.round_id == the_round.id, ~Assembly.is_practice)
    return [
        MeetingShown(
            meeting.title,
            meeting.starts_at,
            meeting.place,
            label(meeting.state),
            url_for("facilitators.minutes", assembly_id=meeting.id)
            if meeting.state == AssemblyState.ENDED
            else None,
        )
        for meeting in session.scalars(query.order_by(Assembly.starts_at, Assembly.id))
    ]


def hall_votes_of(session: Session, the_round: Round, moment: datetime) -> list[HallVoteShown]:
    """The votes that meetings held within a round, oldest first, without rehearsals."""
    query = select(Round).where(Round.within_id == the_round.id, Round.kind == RoundKind.HALL)
    votes = session.scalars(query.order_by(Round.id).options(joinedload(Round.starts))).unique()
    return [HallVoteShown(vote.title, state_words(vote, moment), _links(vote)) for vote in votes]


def _links(vote: Round) -> list[Doing]:
    """As far as a vote has come; its ledger from the first moment on."""
    reached = [
        (Phase.VOTE, "public.ledger", _("Ledger")),
        (Phase.SIGN_OFF, "public.outcome", _("Outcome")),
        (Phase.DELIVERY, "public.record", _("Record")),
        (Phase.DELIVERY, "public.delivery", _("Delivery")),
    ]
    return [
        Doing(text, url_for(endpoint, round_id=vote.id))
        for phase, endpoint, text in reached
        if not is_past(vote.phase, phase)
    ]


def went_without_vote(the_round: Round) -> bool:
    """Whether meetings decided all there was, so that the round had no vote of its own."""
    return any(
        (move.from_phase, move.to_phase) == (Phase.DEBATE, Phase.DELIVERY)
        for move in the_round.moves
    )
