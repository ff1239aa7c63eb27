"""Who is at an assembly: people checked in at the door, and the phones that follow it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from neighbourhoods.database import Base, Moment, UTCDateTime, Word, one_of
from neighbourhoods.people import Person


class Channel(StrEnum):
    """By what somebody in the hall votes."""

    PHONE = "phone"
    PAPER = "paper"


class Attendee(Base):
    """One person who was checked in; being checked in is not voting."""

    __tablename__ = "attendees"
    __table_args__ = (
        UniqueConstraint("assembly_id", "reference"),
        CheckConstraint(one_of("channel", Channel), name="channel"),
        CheckConstraint("is_walk_in = (approved_by_id IS NOT NULL)", name="approved"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assembly_id: Mapped[int] = mapped_column(ForeignKey("assemblies.id"))
    # Their reference on the round's electoral roll; one of our own for a walk-in.
    reference: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    channel: Mapped[Channel] = mapped_column(Word(Channel), default=Channel.PHONE)
    is_walk_in: Mapped[bool] = mapped_column(default=False)
    # The officer who let a walk-in take part.
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    checked_in_at: Mapped[Moment]
    # Nobody, when they did it themselves with their voter card.
    checked_in_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    left_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    approved_by: Mapped[Person | None] = relationship(foreign_keys=[approved_by_id])
    checked_in_by: Mapped[Person | None] = relationship(foreign_keys=[checked_in_by_id])


class Phone(Base):
    """One phone or browser that joined an assembly by its code."""

    __tablename__ = "phones"
    __table_args__ = (
        UniqueConstraint("assembly_id", "number"),
        CheckConstraint("number > 0", name="number"),
        Index(None, "attendee_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assembly_id: Mapped[int] = mapped_column(ForeignKey("assemblies.id"))
    # Four digits, drawn by lot, that its owner shows at the door.
    number: Mapped[int]
    # What it is called in the speakers’ list.
    name: Mapped[str] = mapped_column(String(80), default="")
    # Whose it is, once the door has said so or a voter card was shown on it.
    attendee_id: Mapped[int | None] = mapped_column(ForeignKey("attendees.id"))
    joined_at: Mapped[Moment]

    attendee: Mapped[Attendee | None] = relationship()
