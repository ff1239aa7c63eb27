"""The monitoring officer steps in where a stage cannot end by itself; reminders go out before."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy.orm import Session

from ballots.bars import WHY_BARRED, barred_in
from ballots.extensions import (
    MOST_DAYS_MORE,
    StageExtension,
    extensions_in,
    keep_extension,
)
from ballots.refusals import BallotRefusal
from ballots.routes import Part, Purpose, Stage, reminders_due
from ballots.signoff import SignOff, sign_off_of
from ballots.stages import (
    SIGNING_OFFICES,
    QuietException,
    StageRun,
    Substitution,
    substitutions_in,
)
from neighbourhoods.database import hold_round, now
from neighbourhoods.people import Office, Person, offices_of
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round

_MEMBERS = (Office.COUNCILLOR, Office.CABINET_MEMBER)


def offices_that_settle(stage: Stage) -> tuple[Office, ...]:
    """The offices of whoever may be named at a stage.

    Section 236 gives its power to members of the council: it is never an officer’s to settle.
    """
    decided_by_members = stage.part is Part.MEMBER and stage.purpose is Purpose.DECIDE
    return _MEMBERS if decided_by_members else (Office.COUNCILLOR, *SIGNING_OFFICES)


def name_substitute(
    session: Session, the_round: Round, by: Person, person: Person, why: str
) -> Substitution:
    """Name who acts at a stage that cannot end by itself, with days of their own.

    They settle what the others do not agree on, so nobody is named who has signed or is not free;
    and whoever names somebody watches over the decision, so they do not take it themselves.
    """
    sign_off, run = _stuck(session, the_round)
    if person.id == by.id:
        raise Refused(BallotRefusal.NAMED_THEMSELVES)
    if not why.strip():
        raise Refused(BallotRefusal.REASONS_MISSING)
    bar = barred_in(session, the_round).get(person.id)
    if bar is not None:
        raise Refused(WHY_BARRED[bar])
    held = {appointment.office for appointment in offices_of(session, person)}
    if held.isdisjoint(offices_that_settle(sign_off.stage)):
        raise Refused(BallotRefusal.NOT_A_MEMBER)
    if any(seat.person.id == person.id and seat.signature for seat in sign_off.seats):
        raise Refused(BallotRefusal.ALREADY_DECIDED)
    substitution = Substitution(
        round_id=the_round.id,
        sitting=run.sitting,
        place=run.place,
        person=person,
        named_by=by,
        why=why.strip(),
        named_at=now(session),
    )
    session.add(substitution)
    _give_days(session, run, sign_off.stage.days)
    session.flush()
    return substitution


def give_more_days(session: Session, the_round: Round, by: Person, days: int, why: str) -> StageRun:
    """Let a stage that nobody ended in time run on for some days."""
    _, run = _stuck(session, the_round)
    if not why.strip():
        raise Refused(BallotRefusal.REASONS_MISSING)
    if not 0 < days <= MOST_DAYS_MORE:
        raise Refused(BallotRefusal.DAYS_IMPOSSIBLE, limit=MOST_DAYS_MORE)
    _give_days(session, run, days)
    keep_extension(session, run, by, days, why.strip())
    return run


def _give_days(session: Session, run: StageRun, days: int) -> None:
    run.deadline_at = now(session) + timedelta(days=days)
    run.reminded, run.escalated_at = 0, None


def _stuck(session: Session, the_round: Round) -> tuple[SignOff, StageRun]:
    hold_round(session, the_round.id, alone=True)
    sign_off = sign_off_of(session, the_round)
    if not sign_off.stuck or sign_off.run is None or sign_off.referral is not None:
        raise Refused(BallotRefusal.NOT_STUCK)
    return sign_off, sign_off.run


def except_from_quiet(session: Session, the_round: Round, by: Person, why: str) -> QuietException:
    """Let a round be decided in a pre-election period all the same, with the reason in public."""
    if not why.strip():
        raise Refused(BallotRefusal.REASONS_MISSING)
    known = session.get(QuietException, the_round.id)
    if known is not None:
        return known
    made = QuietException(round_id=the_round.id, why=why.strip(), made_by=by, made_at=now(session))
    session.add(made)
    session.flush()
    return made


def steps_in(session: Session, round_id: int) -> list[dict[str, Any]]:
    """Each time somebody stepped into the sign-off of a round, in order: who, what, and why."""
    told = [
        (
            one.named_at,
            {"did": "named", "by": one.named_by.name, "person": one.person.name, "why": one.why},
        )
        for one in substitutions_in(session, round_id)
    ]
    moment: datetime | None = None
    for extended in extensions_in(session, round_id):
        # When it was is not known of every one, but what it came after is.
        moment = extended.extended_at or max(moment or extended.run.began_at, extended.run.began_at)
        told.append((moment, _more_days(extended)))
    excepted = session.get(QuietException, round_id)
    if excepted is not None:
        by = excepted.made_by.name
        exception = {"did": "pre-election", "by": by, "person": "", "why": excepted.why}
        told.append((excepted.made_at, exception))
    return [step for _, step in sorted(told, key=itemgetter(0))]


def _more_days(extended: StageExtension) -> dict[str, Any]:
    step = {
        "did": "more-days",
        "by": extended.extended_by.name,
        "person": "",
        "why": extended.why,
    }
    if extended.extended_at is None:
        return step
    return step | {"days": extended.days, "at": extended.extended_at.isoformat()}


@dataclass(frozen=True)
class Due:
    """What is to be sent about a stage now."""

    stage: Stage
    run: StageRun
    remind: tuple[Person, ...]
    # Whether the monitoring officer is to be told, for the first time.
    escalate: bool


def take_due(session: Session, the_round: Round) -> Due | None:
    """What is to be sent about the stage that runs, once each; None if nothing is."""
    sign_off, moment = sign_off_of(session, the_round), now(session)
    run = sign_off.run
    if run is None or run.ended_at is not None or sign_off.referral is not None:
        return None
    due = reminders_due(run.began_at, run.deadline_at, moment)
    remind = due > run.reminded and moment < run.deadline_at
    escalate = sign_off.stuck and run.escalated_at is None
    if remind:
        run.reminded = due
    if escalate:
        run.escalated_at = moment
    session.flush()
    waiting = tuple(seat.person for seat in sign_off.seats if sign_off.waits_for(seat.person))
    return (
        Due(sign_off.stage, run, waiting if remind else (), escalate)
        if remind or escalate
        else None
    )
