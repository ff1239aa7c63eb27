"""People, the offices they hold, and signing in with a one-time code."""

import hashlib
import hmac
import secrets
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    String,
    UniqueConstraint,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.database import (
    Base,
    Moment,
    UTCDateTime,
    Word,
    insert_into,
    now,
    one_of,
)
from neighbourhoods.places import Community
from neighbourhoods.refusals import Refusal, Refused

CODE_LIVES = timedelta(minutes=15)
CODE_TRIES = 5
# Where nobody lives (RFC 2606): the address of those whose data were erased.
NOWHERE = "@nobody.invalid"


class Office(StrEnum):
    """What somebody may be appointed to."""

    COUNCILLOR = "councillor"
    OFFICER = "officer"
    FACILITATOR = "facilitator"
    # Reads the single ballots of votes that are too small to publish them, and counts again.
    SCRUTINEER = "scrutineer"
    # Those who clear, decide or watch over decisions on one of the routes.
    FINANCE_OFFICER = "finance-officer"
    LEGAL_OFFICER = "legal-officer"
    CABINET_MEMBER = "cabinet-member"
    COMMITTEE_CLERK = "committee-clerk"
    DELEGATED_OFFICER = "delegated-officer"
    MONITORING_OFFICER = "monitoring-officer"


class Person(Base):
    """Somebody who has signed in, or has been appointed."""

    __tablename__ = "people"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    # Empty until they first write something that others read.
    name: Mapped[str] = mapped_column(String(80), default="")
    joined_at: Mapped[Moment]
    # The row stays, empty: an old cookie must never find somebody new under its number.
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    appointments: Mapped[list["Appointment"]] = relationship(back_populates="person")


class Appointment(Base):
    """An office somebody holds: a councillor for a community, an officer for the council."""

    __tablename__ = "appointments"
    __table_args__ = (
        UniqueConstraint("person_id", "office", "community_id", "starts_on"),
        CheckConstraint(one_of("office", Office), name="office"),
        CheckConstraint("(office = 'councillor') = (community_id IS NOT NULL)", name="community"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="term"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    office: Mapped[Office] = mapped_column(Word(Office))
    community_id: Mapped[int | None] = mapped_column(ForeignKey("communities.id"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    person: Mapped[Person] = relationship(back_populates="appointments")
    community: Mapped[Community | None] = relationship()


class SignInCode(Base):
    """A one-time code on its way to an e-mail address; only its keyed hash is kept."""

    __tablename__ = "sign_in_codes"
    __table_args__ = (CheckConstraint("tries_left >= 0", name="tries"),)

    email: Mapped[str] = mapped_column(String(254), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    expires_at: Mapped[Moment]
    tries_left: Mapped[int]


class CodeRefusal(StrEnum):
    """Why a one-time code did not sign somebody in."""

    WRONG = "code-wrong"
    SPENT = "code-spent"


def tidy_email(written: str) -> str:
    """An address as it is compared."""
    return written.strip().lower()


def find_or_add_person(session: Session, email: str, name: str = "") -> Person:
    """The person with this address, made on first sight."""
    email = tidy_email(email)
    person = session.scalar(select(Person).where(Person.email == email))
    if person is None:
        person = Person(email=email, name=name, joined_at=now(session))
        session.add(person)
        session.flush()
    return person


def give_name(session: Session, person: Person, name: str) -> None:
    """Keep the name that stands beside what somebody writes in public."""
    person.name = name.strip()
    session.flush()


def change_email(session: Session, person: Person, email: str) -> None:
    """Keep another address, which its owner has shown to be theirs; refused in office.

    Councils name those in office by their address, so they change it there.
    """
    email = tidy_email(email)
    if holds_or_will_hold_office(session, person):
        raise Refused(Refusal.IN_OFFICE)
    taken = select(Person.id).where(Person.email == email, Person.id != person.id)
    if session.scalar(taken) is not None:
        raise Refused(Refusal.ADDRESS_TAKEN)
    person.email = email
    session.flush()


def holds_or_will_hold_office(session: Session, person: Person) -> bool:
    """Whether somebody holds an office today, or is appointed to one from a later day on."""
    today = now(session).date()
    query = select(Appointment.id).where(
        Appointment.person_id == person.id,
        or_(Appointment.ends_on.is_(None), Appointment.ends_on > today),
    )
    return session.scalar(query.limit(1)) is not None


def appoint(
    session: Session, person: Person, office: Office, community: Community | None, starts_on: date
) -> Appointment:
    """Put somebody in office from a day on."""
    appointment = Appointment(
        person=person,
        office=office,
        community=community,
        starts_on=starts_on,
    )
    session.add(appointment)
    session.flush()
    return appointment


def offices_of(session: Session, person: Person) -> list[Appointment]:
    """The offices somebody holds today."""
    today = now(session).date()
    query = select(Appointment).where(Appointment.person_id == person.id, *in_term(today))
    return list(session.scalars(query))


def councillors_for(session: Session, community: Community) -> list[Person]:
    """The councillors who answer for a community today, by name."""
    today = now(session).date()
    query = (
        select(Person)
        .join(Appointment)
        .where(
            Appointment.office == Office.COUNCILLOR,
            Appointment.community_id == community.answering.id,
            *in_term(today),
        )
        .order_by(Person.name, Person.id)
    )
    return list(session.scalars(query))


def appointed(session: Session, office: Office) -> list[Person]:
    """Everybody who holds an office today, by name."""
    today = now(session).date()
    query = (
        select(Person)
        .join(Appointment)
        .where(Appointment.office == office, *in_term(today))
        .distinct()
        .order_by(Person.name, Person.id)
    )
    return list(session.scalars(query))


def in_term(today: date) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """That an appointment holds on a day."""
    return (
        Appointment.starts_on <= today,
        or_(Appointment.ends_on.is_(None), Appointment.ends_on > today),
    )


def ask_for_code(session: Session, key: bytes, email: str) -> str:
    """Make a new six-digit code for an address; the one before it stops working."""
    email = tidy_email(email)
    code = f"{secrets.randbelow(1_000_000):06d}"
    fresh = {
        "code_hash": _code_hash(key, email, code),
        "expires_at": now(session) + CODE_LIVES,
        "tries_left": CODE_TRIES,
    }
    # Not look-then-add: a double tap asks twice at once.
    session.execute(
        insert_into(session, SignInCode)
        .values(email=email, **fresh)
        .on_conflict_do_update(index_elements=["email"], set_=fresh)
    )
    return code


def redeem_code(session: Session, key: bytes, email: str, code: str) -> Person | CodeRefusal:
    """Sign somebody in with their code; each code works once and allows few wrong tries."""
    refused = try_code(session, key, email, code)
    if refused is not None:
        return refused
    spend_code(session, email)
    return find_or_add_person(session, email)


def try_code(session: Session, key: bytes, email: str, code: str) -> CodeRefusal | None:
    """Why a code is refused, None if it is right; a wrong try counts, a right one stays good."""
    email = tidy_email(email)
    waiting = session.get(SignInCode, email, with_for_update=True, populate_existing=True)
    if waiting is None or waiting.tries_left == 0 or waiting.expires_at <= now(session):
        return CodeRefusal.SPENT
    if not hmac.compare_digest(waiting.code_hash, _code_hash(key, email, code.strip())):
        waiting.tries_left -= 1
        session.flush()
        return CodeRefusal.WRONG
    return None


def spend_code(session: Session, email: str) -> None:
    """Let the code of an address work no more."""
    session.delete(session.get_one(SignInCode, tidy_email(email)))
    session.flush()


def _code_hash(key: bytes, email: str, code: str) -> str:
    return hmac.new(key, f"sign-in|{email}|{code}".encode(), hashlib.sha256).hexdigest()
