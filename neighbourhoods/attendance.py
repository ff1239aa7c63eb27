"""Who is at an assembly: people checked in at the door, and the phones that follow it."""

import re
import secrets
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.assemblies import ActKind, Assembly, AssemblyState
from neighbourhoods.database import (
    Base,
    Moment,
    UTCDateTime,
    Word,
    insert_into,
    now,
    one_of,
)
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.people import Person
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.stage import log_act

# Phones have four digits, none of which can be mistaken for less.
LOWEST_NUMBER, PHONE_NUMBERS = 1_000, 9_000
MOST_DRAWS = 200


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


# --- phones --------------------------------------------------------------------------------------


def join_by_phone(session: Session, assembly: Assembly) -> Phone:
    """Let a phone follow a meeting, under four digits drawn by lot; whose it is, nobody knows."""
    check_not_ended(assembly)
    for _ in range(MOST_DRAWS):
        # Not look-then-add: hundreds join in the same minute.
        added = session.execute(
            insert_into(session, Phone)
            .values(
                assembly_id=assembly.id,
                number=LOWEST_NUMBER + secrets.randbelow(PHONE_NUMBERS),
                name="",
                joined_at=now(session),
            )
            .on_conflict_do_nothing()
            .returning(Phone.id)
        ).scalar_one_or_none()
        if added is not None:
            return session.get_one(Phone, added)
    raise Refused(Refusal.NO_NUMBER_LEFT)


def phone_in(session: Session, assembly: Assembly, phone_id: object) -> Phone | None:
    """The phone of this id, if it joined this meeting; whatever a browser says that its id is."""
    phone = session.get(Phone, phone_id) if isinstance(phone_id, int) else None
    return phone if phone is not None and phone.assembly_id == assembly.id else None


def phone_by_number(session: Session, assembly: Assembly, written: str) -> Phone | None:
    """The phone that shows these four digits, however they are typed."""
    digits = re.sub(r"[\s\-–.]", "", written)
    if not re.fullmatch(r"[0-9]{4}", digits):
        return None
    return session.scalar(
        select(Phone).where(Phone.assembly_id == assembly.id, Phone.number == int(digits))
    )


def pair(session: Session, phone: Phone, attendee: Attendee, by: Person | None) -> None:
    """Say whose phone it is; an earlier phone of theirs is nobody’s any more.

    Refuses a phone of somebody else who is present: a wrong digit must not take it from them.
    """
    if phone.assembly_id != attendee.assembly_id:
        raise Refused(Refusal.NO_SUCH_PHONE)
    if attendee.left_at is not None:
        raise Refused(Refusal.HAS_LEFT)
    session.refresh(phone, with_for_update=True)
    owner = phone.attendee
    if owner is not None and owner.id != attendee.id and owner.left_at is None:
        raise Refused(Refusal.PHONE_TAKEN)
    if owner is not None and owner.id == attendee.id:
        return
    unpair(session, attendee)
    phone.attendee = attendee
    words = f"{attendee.name}: {phone.number}"
    log_act(session, _meeting(session, attendee), ActKind.CHECK_IN, by, words)
    session.flush()


def unpair(session: Session, attendee: Attendee) -> None:
    """Take their phones from somebody: they are nobody’s until the door says whose."""
    for phone in session.scalars(select(Phone).where(Phone.attendee_id == attendee.id)):
        phone.attendee = None
    session.flush()


def phone_of(session: Session, attendee: Attendee) -> Phone | None:
    """The phone that somebody was paired with last."""
    return session.scalar(select(Phone).where(Phone.attendee_id == attendee.id))


# --- the door ------------------------------------------------------------------------------------


def check_in(
    session: Session,
    assembly: Assembly,
    entry: RollEntry,
    by: Person | None,
    channel: Channel = Channel.PHONE,
) -> Attendee:
    """Check somebody on the round’s roll in, once; whoever had left is back.

    The door is told of somebody who is present already. Somebody who shows their own voter card
    (`by` is None) then stays as the door had them.
    """
    check_not_ended(assembly)
    if entry.round_id != assembly.round_id:
        raise Refused(Refusal.NOT_ON_THIS_ROLL)
    attendee = write_down(session, assembly, entry.reference, entry.name, by, channel)
    if attendee is None:
        attendee = attendee_of(session, assembly, entry.reference)
        if attendee is None or attendee.left_at is None:
            if attendee is None or by is not None:
                raise Refused(Refusal.ALREADY_CHECKED_IN)
            return attendee
        _bring_back(session, attendee, by, channel)
    log_act(session, assembly, ActKind.CHECK_IN, by, attendee.name)
    session.flush()
    return attendee


def write_down(
    session: Session,
    assembly: Assembly,
    reference: str,
    name: str,
    by: Person | None,
    channel: Channel,
    approved_by: Person | None = None,
) -> Attendee | None:
    """Write somebody down as present; None if they were written down before."""
    # Not look-then-add: two doors may check in the same person.
    added = session.execute(
        insert_into(session, Attendee)
        .values(
            assembly_id=assembly.id,
            reference=reference,
            name=name,
            channel=channel,
            is_walk_in=approved_by is not None,
            approved_by_id=approved_by.id if approved_by else None,
            checked_in_at=now(session),
            checked_in_by_id=by.id if by else None,
        )
        .on_conflict_do_nothing()
        .returning(Attendee.id)
    ).scalar_one_or_none()
    return session.get_one(Attendee, added) if added is not None else None


def _bring_back(session: Session, attendee: Attendee, by: Person | None, channel: Channel) -> None:
    attendee.left_at, attendee.channel = None, channel
    attendee.checked_in_at, attendee.checked_in_by = now(session), by


def come_back(session: Session, assembly: Assembly, attendee: Attendee, by: Person) -> None:
    """Note that somebody who had left is present again, walk-ins too, with the same channel."""
    check_not_ended(assembly)
    if attendee.left_at is None:
        raise Refused(Refusal.ALREADY_CHECKED_IN)
    _bring_back(session, attendee, by, attendee.channel)
    log_act(session, assembly, ActKind.CHECK_IN, by, attendee.name)
    session.flush()


def change_channel(session: Session, attendee: Attendee, channel: Channel, by: Person) -> None:
    """Let somebody vote by the other channel from the next vote on."""
    attendee.channel = channel
    words = f"{attendee.name}: {channel.value}"
    log_act(session, _meeting(session, attendee), ActKind.CHECK_IN, by, words)
    session.flush()


def check_out(session: Session, attendee: Attendee, by: Person | None) -> None:
    """Note that somebody has left: they no longer count as present, nor in votes that follow."""
    if attendee.left_at is not None:
        raise Refused(Refusal.HAS_LEFT)
    attendee.left_at = now(session)
    log_act(session, _meeting(session, attendee), ActKind.CHECK_OUT, by, attendee.name)
    session.flush()


# --- looking up ----------------------------------------------------------------------------------


def attendee_of(session: Session, assembly: Assembly, reference: str) -> Attendee | None:
    """Whoever was checked in under this reference, present or not."""
    return session.scalar(
        select(Attendee).where(Attendee.assembly_id == assembly.id, Attendee.reference == reference)
    )


def present_in(session: Session, assembly_id: int) -> int:
    """How many people are present: checked in, each once, and not gone."""
    query = (
        select(func.count())
        .select_from(Attendee)
        .where(Attendee.assembly_id == assembly_id, Attendee.left_at.is_(None))
    )
    return int(session.execute(query).scalar_one())


def attendees_in(session: Session, assembly_id: int) -> list[Attendee]:
    """Who was checked in, present or not, by name."""
    query = select(Attendee).where(Attendee.assembly_id == assembly_id)
    return list(session.scalars(query.order_by(Attendee.name, Attendee.id)))


def is_quorate(assembly: Assembly, present: int) -> bool:
    """Whether as many are present as must be for the hall to decide."""
    return assembly.quorum is None or present >= assembly.quorum


def check_not_ended(assembly: Assembly) -> None:
    """Raise Refused once a meeting has ended."""
    if assembly.state == AssemblyState.ENDED:
        raise Refused(Refusal.MEETING_ENDED)


def _meeting(session: Session, attendee: Attendee) -> Assembly:
    return session.get_one(Assembly, attendee.assembly_id)
