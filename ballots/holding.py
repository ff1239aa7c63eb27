"""Outcomes that wait for the reveal: closed by the clock, counted by nobody until they are let go.

Whatever counts ballots asks here first. A meeting that has ended holds nothing back any more, and
nothing is held longer than a day after its close: no facilitator can make a decision disappear.
"""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.hall_votes import HallVote, is_open
from ballots.refusals import BallotRefusal
from neighbourhoods.assemblies import ActKind, AssemblyState
from neighbourhoods.database import hold_round, now
from neighbourhoods.duties import check_free_to_run
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round, RoundMove
from neighbourhoods.stage import log_act
from neighbourhoods.stage_pictures import picture_of

HELD_AT_MOST = timedelta(hours=24)


def is_held(session: Session, round_id: int) -> bool:
    """Whether nobody may count this round yet, because a meeting will reveal its outcome."""
    query = select(HallVote).where(
        HallVote.round_id == round_id, HallVote.held, HallVote.released_at.is_(None)
    )
    return any(_holds(session, vote) for vote in session.scalars(query))


def _holds(session: Session, vote: HallVote) -> bool:
    if vote.item.assembly.state == AssemblyState.ENDED:
        return False
    query = select(RoundMove.moved_at).where(
        RoundMove.round_id == vote.round_id, RoundMove.to_phase == Phase.COUNT
    )
    closed_at = session.scalar(query.limit(1))
    return closed_at is None or now(session) < closed_at + HELD_AT_MOST


def release(session: Session, vote: HallVote, by: Person) -> None:
    """Let a held outcome go, and log who did: from here on it is counted, and public.

    Undoing it takes it off the screens again; what was counted stays public.
    """
    hold_round(session, vote.round_id, alone=True)
    session.refresh(vote)
    session.refresh(session.get_one(Round, vote.round_id), ["phase", "starts"])
    if is_open(session, vote):
        raise Refused(BallotRefusal.STILL_OPEN)
    if not vote.held or vote.released_at is not None:
        raise Refused(BallotRefusal.NOT_HELD)
    assembly = vote.item.assembly
    check_free_to_run(session, assembly, by)
    vote.released_at = now(session)
    before = picture_of(assembly.stage)
    log_act(session, assembly, ActKind.REVEAL, by, vote.item.title, before)
