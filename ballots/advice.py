"""Officers’ advice on an outcome, and the pre-election periods in which nothing is signed."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.refusals import BallotRefusal
from ballots.signing import NoteKind, OfficerNote
from ballots.stages import QuietPeriod
from neighbourhoods.database import now
from neighbourhoods.people import Person
from neighbourhoods.phases import Action, Role
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round, check_still_allowed


def write_note(session: Session, the_round: Round, by: Person, kind: NoteKind, words: str) -> bool:
    """Write a note, change it, or take it away by empty words; True if anything changed.

    It is part of what is signed: signatures given before it changed are void.
    """
    check_still_allowed(session, the_round, Role.OFFICER, Action.ANSWER_REFERRAL)
    known, words = session.get(OfficerNote, (the_round.id, kind)), words.strip()
    if (known.words if known else "") == words:
        return False
    if not words:
        session.delete(known)
    else:
        note = known or OfficerNote(round_id=the_round.id, kind=kind)
        note.words, note.written_by, note.written_at = words, by, now(session)
        session.add(note)
    session.flush()
    return True


def quiet_periods(session: Session) -> list[QuietPeriod]:
    """Every pre-election period, the latest first."""
    query = select(QuietPeriod).order_by(QuietPeriod.starts_on.desc(), QuietPeriod.id.desc())
    return list(session.scalars(query))


def announce_quiet(session: Session, starts_on: date, ends_on: date, words: str) -> QuietPeriod:
    """Let nothing be signed from one day to another, both included."""
    if ends_on < starts_on:
        raise Refused(BallotRefusal.DAYS_OUT_OF_ORDER)
    period = QuietPeriod(starts_on=starts_on, ends_on=ends_on, words=words.strip())
    session.add(period)
    session.flush()
    return period


def take_out_quiet(session: Session, period: QuietPeriod) -> None:
    """Take a pre-election period out again: the election was moved, or a day mistyped."""
    session.delete(period)
    session.flush()
