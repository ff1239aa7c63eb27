"""Outcomes that wait for the reveal: closed by the clock, counted by nobody until they are let go.

Whatever counts ballots asks here first. Letting an outcome go takes ten seconds, in which a wrong
click is put right. A meeting that has ended holds nothing back any more, and
nothing is held longer than a day after its close: no facilitator can make a decision disappear.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.hall_votes import HallVote, is_open
from ballots.refusals import BallotRefusal
from neighbourhoods.assemblies import ActKind, AssemblyState
from neighbourhoods.database import hold_round, now
from neighbourhoods.duties import check_free_to_run
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round, RoundMove
from neighbourhoods.stage import UNDO_WITHIN, log_act
from neighbourhoods.stage_pictures import picture_of

HELD_AT_MOST = timedelta(hours=24)
# So long an outcome that was let go stays sealed: what was counted cannot be made unknown again.
OPENS_AFTER = UNDO_WITHIN


def is_held(session: Session, round_id: int) -> bool:
    """Whether nobody may count this round yet, because a meeting will reveal its outcome."""
    query = select(HallVote).where(HallVote.round_id == round_id, HallVote.held)
    return any(_holds(session, vote) for vote in session.scalars(query))


def opens_at(vote: HallVote) -> datetime | None:
    """When the outcome of a vote may be counted, once it was let go."""
    return vote.released_at + OPENS_AFTER if vote.released_at else None


def _holds(session: Session, vote: HallVote) -> bool:
    if vote.item.assembly.state == AssemblyState.ENDED:
        return False
    opens = opens_at(vote)
    if opens is not None and opens <= now(session):
        return False
    query = select(RoundMove.moved_at).where(
        RoundMove.round_id == vote.round_id, RoundMove.to_phase == Phase.COUNT
    )
    closed_at = session.scalar(query.limit(1))
    return closed_at is None or now(session) < closed_at + HELD_AT_MOST


def release(session: Session, vote: HallVote, by: Person) -> None:
    """Let a held outcome go, and log who did: in ten seconds it is counted, and public.

    Until then it can be taken back.
    """
    _hold_closed(session, vote)
    if not vote.held or vote.released_at is not None:
        raise Refused(BallotRefusal.NOT_HELD)
    assembly = vote.item.assembly
    check_free_to_run(session, assembly, by)
    vote.released_at = now(session)
    before = picture_of(assembly.stage)
    log_act(session, assembly, ActKind.REVEAL, by, vote.item.title, before)


def take_back(session: Session, vote: HallVote) -> None:
    """Seal an outcome again that was let go less than ten seconds ago."""
    _hold_closed(session, vote)
    opens = opens_at(vote)
    if opens is None or opens <= now(session):
        raise Refused(Refusal.TOO_LATE_TO_UNDO)
    vote.released_at = None
    session.flush()


def _hold_closed(session: Session, vote: HallVote) -> None:
    """Hold the round of a vote that takes no ballots any more."""
    hold_round(session, vote.round_id, alone=True)
    session.refresh(vote)
    session.refresh(session.get_one(Round, vote.round_id), ["phase", "starts"])
    if is_open(session, vote):
        raise Refused(BallotRefusal.STILL_OPEN)
