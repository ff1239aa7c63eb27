"""The close of a vote in a hall: put off, called early, and the call taken back.

Putting it off is told in the ledger, since a close was promised when the vote opened. A stop is a
last call of ten seconds: everybody sees it run, and within it a wrong click is put right. Whoever
closes is the clock.
"""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.hall_votes import HallVote, is_open
from ballots.keys import KeyStore
from ballots.ledger import EntryKind, LedgerEntry, append
from ballots.refusals import BallotRefusal
from neighbourhoods.assemblies import ActKind, AssemblyAct
from neighbourhoods.database import hold_round, now
from neighbourhoods.duties import check_free_to_run
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import PhaseStart, Round, RoundKind
from neighbourhoods.stage import log_act
from neighbourhoods.stage_pictures import picture_of

LAST_CALL = timedelta(seconds=10)
# Who put off the close of a rehearsal: its ledger stays when it is wiped, and names nobody.
REHEARSAL = "rehearsal"


def extend(session: Session, keys: KeyStore, vote: HallVote, by: Person, seconds: int) -> datetime:
    """Put the close off by so many seconds, and say so in the ledger; answers with the new close.

    A last call that runs is taken back first.
    """
    the_round = _hold_open(session, vote)
    check_free_to_run(session, vote.item.assembly, by)
    if seconds < 1:
        raise Refused(BallotRefusal.RULES_IMPOSSIBLE)
    if vote.called_at is not None and vote.closed_before_call is not None:
        _set_close(session, the_round, vote.closed_before_call)
    closes_at = the_round.vote_closes_at
    if closes_at is None:
        raise Refused(BallotRefusal.NO_CLOSE_SET)
    closes_at += timedelta(seconds=seconds)
    vote.called_at = vote.closed_before_call = None
    _set_close(session, the_round, closes_at)
    told_by = REHEARSAL if the_round.kind == RoundKind.PRACTICE else by.name or by.email
    body = {"closes_at": closes_at.isoformat(), "by": told_by}
    append(session, keys, the_round.id, EntryKind.EXTENDED, body)
    log_act(session, vote.item.assembly, ActKind.EXTEND_VOTE, by, f"{seconds} {vote.item.title}")
    return closes_at


def was_extended(session: Session, vote: HallVote) -> bool:
    """Whether the close that was promised when the vote opened was put off since."""
    told = (LedgerEntry.round_id == vote.round_id, LedgerEntry.kind == EntryKind.EXTENDED)
    return session.scalar(select(LedgerEntry.number).where(*told).limit(1)) is not None


def stop(session: Session, _keys: KeyStore, vote: HallVote, by: Person) -> datetime:
    """Make the last call: the vote closes in ten seconds, or sooner if it was to; says when."""
    the_round = _hold_open(session, vote)
    check_free_to_run(session, vote.item.assembly, by)
    if vote.called_at is not None:
        raise Refused(BallotRefusal.LAST_CALL_RUNS)
    moment, before = now(session), the_round.vote_closes_at
    closes_at = moment + LAST_CALL if before is None else min(before, moment + LAST_CALL)
    vote.called_at, vote.closed_before_call = moment, before
    _set_close(session, the_round, closes_at)
    assembly = vote.item.assembly
    picture = picture_of(assembly.stage)
    log_act(session, assembly, ActKind.STOP_VOTE, by, vote.item.title, picture)
    return closes_at


def call_off(session: Session, _keys: KeyStore, vote: HallVote, by: Person) -> AssemblyAct:
    """Take the last call back while it runs: the vote closes when it would have, and not before."""
    the_round = _hold_open(session, vote)
    if vote.called_at is None:
        raise Refused(BallotRefusal.NO_LAST_CALL)
    _set_close(session, the_round, vote.closed_before_call)
    vote.called_at = vote.closed_before_call = None
    assembly = vote.item.assembly
    stopped = (
        select(AssemblyAct)
        .where(AssemblyAct.assembly_id == assembly.id, AssemblyAct.kind == ActKind.STOP_VOTE)
        .order_by(AssemblyAct.id.desc())
        .limit(1)
    )
    act = session.scalars(stopped).one()
    act.undone = True
    log_act(session, assembly, ActKind.UNDO, by, ActKind.STOP_VOTE.value)
    return act


def _hold_open(session: Session, vote: HallVote) -> Round:
    """Hold a vote that takes ballots now and that the hall itself opened."""
    hold_round(session, vote.round_id, alone=True)
    session.refresh(vote)
    the_round = vote.the_round
    session.refresh(the_round, ["phase", "starts"])
    if not is_open(session, vote):
        raise Refused(BallotRefusal.VOTE_CLOSED)
    if not vote.opened_here:
        raise Refused(BallotRefusal.NOT_OPENED_HERE)
    return the_round


def _set_close(session: Session, the_round: Round, closes_at: datetime | None) -> None:
    start = session.scalar(
        select(PhaseStart).where(
            PhaseStart.round_id == the_round.id, PhaseStart.phase == Phase.COUNT
        )
    )
    if closes_at is None:
        if start is not None:
            session.delete(start)
    elif start is None:
        session.add(PhaseStart(round_id=the_round.id, phase=Phase.COUNT, starts_at=closes_at))
    else:
        start.starts_at = closes_at
    session.flush()
    session.expire(the_round, ["starts"])
