"""The speakers’ list: who asked to speak, in what order they do, and for how long they did."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from neighbourhoods.assemblies import AgendaItem
from neighbourhoods.attendance import Phone
from neighbourhoods.database import Base, Moment, UTCDateTime, Word, one_of


class TurnKind(StrEnum):
    """What somebody asks to speak for."""

    SPEECH = "speech"
    POINT_OF_ORDER = "point-of-order"


class Side(StrEnum):
    """Which side somebody speaks for."""

    FOR = "for"
    AGAINST = "against"


class SpeakingTurn(Base):
    """One request to speak, and what became of it."""

    __tablename__ = "speaking_turns"
    __table_args__ = (
        CheckConstraint(one_of("kind", TurnKind), name="kind"),
        CheckConstraint(f"side IS NULL OR {one_of('side', Side)}", name="side"),
        CheckConstraint("ended_at IS NULL OR began_at IS NOT NULL", name="ended"),
        CheckConstraint("withdrawn_at IS NULL OR began_at IS NULL", name="withdrawn"),
        Index(None, "assembly_id", "item_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assembly_id: Mapped[int] = mapped_column(ForeignKey("assemblies.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_items.id"))
    # None for somebody without a phone, whom a facilitator put on the list.
    phone_id: Mapped[int | None] = mapped_column(ForeignKey("phones.id"))
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[TurnKind] = mapped_column(Word(TurnKind), default=TurnKind.SPEECH)
    side: Mapped[Side | None] = mapped_column(Word(Side))
    asked_at: Mapped[Moment]
    # Where a facilitator moved it: before everybody whom the fair order puts at this place.
    moved_to: Mapped[int | None]
    began_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    item: Mapped[AgendaItem | None] = relationship()
    phone: Mapped[Phone | None] = relationship()
