"""The week’s digest for whoever signs: what waits, what is late, what was decided, what comes."""

from datetime import timedelta

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.councillors.desk_words import read_desk
from app.house import settings
from app.post import post_letter
from ballots.stages import SIGNING_OFFICES, Substitution
from neighbourhoods.database import now
from neighbourhoods.digests import DigestRefusal, WeeklyDigest, monday_due, take_week
from neighbourhoods.people import Appointment, Office, Person, in_term, offices_of
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round

WEEK = timedelta(days=7)


def people_to_write_to(session: Session) -> list[int]:
    """Whose digest of this week is due and not written yet, by id; nobody at other times."""
    moment = now(session)
    monday = monday_due(moment)
    if monday is None:
        return []
    in_office = select(Appointment.person_id).where(
        Appointment.office.in_((Office.COUNCILLOR, *SIGNING_OFFICES)), *in_term(moment.date())
    )
    named = (
        select(Substitution.person_id)
        .join(Round, Round.id == Substitution.round_id)
        .where(Round.phase == Phase.SIGN_OFF)
    )
    written = select(WeeklyDigest.person_id).where(WeeklyDigest.monday == monday)
    query = (
        select(Person.id)
        .where(
            or_(Person.id.in_(in_office), Person.id.in_(named)),
            Person.id.not_in(written),
            Person.id.not_in(select(DigestRefusal.person_id)),
        )
        .order_by(Person.id)
    )
    return list(session.scalars(query))


def write_digest(session: Session, person_id: int) -> None:
    """Write somebody the week’s digest, once a week and only if there is something to say."""
    moment, person = now(session), session.get_one(Person, person_id)
    monday = monday_due(moment)
    if monday is None or not take_week(session, person, monday):
        return
    desk = read_desk(session, person, offices_of(session, person))
    decided = [one for one in desk.decided if one.published_at > moment - WEEK]
    if not (desk.waiting or desk.stuck or desk.late or desk.lodging or decided):
        return
    post_letter(
        person.email,
        "weekly_digest",
        to=person,
        desk=desk,
        decided=decided,
        subject=_subject(len(desk.waiting) + len(desk.stuck)),
        site=settings().public_url,
        desk_link=settings().public_url + url_for("councillors.desk"),
        stop_link=settings().public_url + url_for("residents.my_page", _anchor="digest"),
    )


def _subject(waiting: int) -> str:
    if not waiting:
        return _("Your week: nothing waits for you to decide")
    return ngettext(
        "Your week: %(num)d outcome waits for you",
        "Your week: %(num)d outcomes wait for you",
        waiting,
    )
