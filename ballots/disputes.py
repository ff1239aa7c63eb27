"""After the vote: corrections in public, and the end of the key that leads to a ballot."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.keys import KeyStore
from ballots.ledger import EntryKind, LedgerEntry, append, find_entry, head_of
from ballots.refusals import BallotRefusal
from neighbourhoods.database import hold_round, now
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round, RoundMove

# How long after sign-off somebody may still ask which ballots were theirs.
DISPUTE_DAYS = 28


def correct_ledger(
    session: Session, keys: KeyStore, the_round: Round, number: int, by: str, words: str
) -> LedgerEntry:
    """Say in the ledger, in public, what is wrong with an earlier entry; that one stays."""
    hold_round(session, the_round.id, alone=True)
    corrected = session.get(LedgerEntry, (the_round.id, number))
    if corrected is None or not words.strip():
        raise Refused(BallotRefusal.NOTHING_TO_CORRECT)
    body = {"corrects": number, "words": words.strip(), "by": by}
    return append(session, keys, the_round.id, EntryKind.CORRECTION, body)


def disputes_end_at(session: Session, the_round: Round) -> datetime | None:
    """When the dispute period is over: so many days after councillors signed; None before.

    None also while a decision that was sent back is taken again: what they signed stands no longer.
    """
    if the_round.phase == Phase.SIGN_OFF:
        return None
    signed = session.scalar(
        select(RoundMove)
        .where(RoundMove.round_id == the_round.id, RoundMove.to_phase == Phase.DELIVERY)
        .order_by(RoundMove.id.desc())
        .limit(1)
    )
    return signed.moved_at + timedelta(days=DISPUTE_DAYS) if signed else None


def is_key_due(session: Session, the_round: Round) -> bool:
    """Whether the round's key may be destroyed: nobody can dispute anything any more."""
    ends_at = disputes_end_at(session, the_round)
    return ends_at is not None and now(session) >= ends_at


def destroy_key(session: Session, keys: KeyStore, the_round: Round, by: str) -> LedgerEntry | None:
    """Write in the ledger that the round's key is destroyed; the caller commits, then destroys it.

    None if that was done before. From then on nobody can go from a name to a ballot. Raises
    Refused while disputes are possible.
    """
    hold_round(session, the_round.id, alone=True)
    if not is_key_due(session, the_round) or head_of(session, the_round.id) is None:
        raise Refused(BallotRefusal.DISPUTES_POSSIBLE)
    if find_entry(session, the_round.id, EntryKind.KEY_DESTROYED) is not None:
        return None
    return append(session, keys, the_round.id, EntryKind.KEY_DESTROYED, {"by": by})
