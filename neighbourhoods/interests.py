"""Interests: what people declare before they screen, run or sign, and what stands registered."""

from datetime import date
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.database import Base, Moment, Word, now, one_of
from neighbourhoods.people import Person
from neighbourhoods.projects import Project


class InterestKind(StrEnum):
    """What somebody declares."""

    NONE = "none"
    OTHER = "other"
    PECUNIARY = "pecuniary"


class Duty(StrEnum):
    """What somebody is about to do."""

    SCREEN = "screen"
    RUN = "run"


class Interest(Base):
    """One person’s declaration on one project of a round, before they sign."""

    __tablename__ = "interests"
    __table_args__ = (
        UniqueConstraint("round_id", "person_id", "project_id"),
        CheckConstraint(one_of("kind", InterestKind), name="kind"),
        CheckConstraint("kind = 'none' OR details <> ''", name="details"),
        CheckConstraint("dispensation = '' OR kind = 'pecuniary'", name="dispensation"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"))
    kind: Mapped[InterestKind] = mapped_column(Word(InterestKind))
    details: Mapped[str] = mapped_column(Text, default="")
    # The reference under which a dispensation was granted (Localism Act 2011, section 33).
    dispensation: Mapped[str] = mapped_column(String(120), default="")
    declared_at: Mapped[Moment]

    person: Mapped[Person] = relationship()
    project: Mapped[Project] = relationship()


class DutyInterest(Base):
    """What an officer declared before screening a proposal, or a facilitator before a meeting."""

    __tablename__ = "duty_interests"
    __table_args__ = (
        CheckConstraint(one_of("duty", Duty), name="duty"),
        CheckConstraint(one_of("kind", InterestKind), name="kind"),
        CheckConstraint("kind = 'none' OR details <> ''", name="details"),
        CheckConstraint("(duty = 'screen') = (proposal_id IS NOT NULL)", name="proposal"),
        Index(None, "round_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    duty: Mapped[Duty] = mapped_column(Word(Duty))
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposals.id"))
    kind: Mapped[InterestKind] = mapped_column(Word(InterestKind))
    details: Mapped[str] = mapped_column(Text, default="")
    declared_at: Mapped[Moment]

    person: Mapped[Person] = relationship()


class RegisteredInterest(Base):
    """One standing entry of the council’s register of interests."""

    __tablename__ = "registered_interests"
    __table_args__ = (
        CheckConstraint(one_of("kind", InterestKind), name="kind"),
        CheckConstraint("kind <> 'none' AND words <> ''", name="words"),
        CheckConstraint("ended_on IS NULL OR ended_on >= registered_on", name="ended"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    kind: Mapped[InterestKind] = mapped_column(Word(InterestKind))
    words: Mapped[str] = mapped_column(Text)
    registered_on: Mapped[date]
    ended_on: Mapped[date | None]

    person: Mapped[Person] = relationship()


def register_interest(
    session: Session, person: Person, kind: InterestKind, words: str
) -> RegisteredInterest:
    """Enter what somebody has told the council, from today on."""
    entry = RegisteredInterest(
        person=person, kind=kind, words=words.strip(), registered_on=now(session).date()
    )
    session.add(entry)
    session.flush()
    return entry


def end_registered(session: Session, entry: RegisteredInterest) -> None:
    """Let an entry of the register end today; it stays readable."""
    entry.ended_on = entry.ended_on or now(session).date()
    session.flush()


def registered_interests(
    session: Session, person: Person | None = None
) -> list[RegisteredInterest]:
    """What stands in the register today, of one person or of everybody, in order."""
    today = now(session).date()
    query = select(RegisteredInterest).where(
        or_(RegisteredInterest.ended_on.is_(None), RegisteredInterest.ended_on > today)
    )
    if person is not None:
        query = query.where(RegisteredInterest.person_id == person.id)
    return list(session.scalars(query.order_by(RegisteredInterest.id)))
