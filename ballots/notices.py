"""Decision notices: published at once, signed, lodged, open to call-in, kept for six years."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from neighbourhoods.database import Base, Moment, UTCDateTime
from neighbourhoods.people import Person
from neighbourhoods.rounds import Round

# How long a notice stays in the public register.
YEARS_KEPT = 6


class DecisionNotice(Base):
    """One published decision; its words never change, corrections are entries of their own."""

    __tablename__ = "decision_notices"
    __table_args__ = (
        UniqueConstraint("number"),
        CheckConstraint("(lodged_on IS NULL) = (lodged_receipt = '')", name="lodged"),
        CheckConstraint("(called_in_at IS NULL) = (called_in_why = '')", name="called_in"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    # Year and place in it, such as 2026/7.
    number: Mapped[str] = mapped_column(String(12))
    # The very bytes that anybody downloads as JSON, their SHA-256 and the council’s signature.
    document: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))
    published_at: Mapped[Moment]
    # Money moves from then on, unless the decision was called in.
    call_in_until: Mapped[Moment]
    called_in_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    called_in_why: Mapped[str] = mapped_column(Text, default="")
    called_in_ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # Until when the record of a ward member’s decision must be lodged; empty on other routes.
    lodge_by: Mapped[date | None]
    lodged_on: Mapped[date | None]
    lodged_receipt: Mapped[str] = mapped_column(String(120), default="")
    money_moved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    the_round: Mapped[Round] = relationship()
    corrections: Mapped[list["NoticeCorrection"]] = relationship(order_by="NoticeCorrection.id")


class NoticeCorrection(Base):
    """A slip of the pen put right beside a notice, which itself stays as it was signed."""

    __tablename__ = "notice_corrections"
    __table_args__ = (CheckConstraint("words <> ''", name="words"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("decision_notices.round_id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[Moment]

    made_by: Mapped[Person] = relationship()
