"""Votes held in a hall: each is a round of its own that begins at the vote, or the round's vote."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from ballots.keys import KeyStore
from neighbourhoods.assemblies import AgendaItem, Assembly
from neighbourhoods.database import Base, Moment, UTCDateTime
from neighbourhoods.rounds import Round


class HallVote(Base):
    """Which vote an item of an agenda opened, and whether its outcome waits for the reveal."""

    __tablename__ = "hall_votes"
    __table_args__ = (
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("present >= 0", name="present"),
        CheckConstraint("held OR released_at IS NULL", name="released"),
    )

    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id"), primary_key=True)
    # A purchase is voted on again and again, until nothing fits.
    number: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), index=True)
    opened_at: Mapped[Moment]
    opened_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    # How many people were checked in when it opened.
    present: Mapped[int]
    # Nobody learns the outcome, and nobody counts, until one explicit act in the hall.
    held: Mapped[bool]
    released_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # While its last call can be called off: when it would have closed before.
    closed_before_call: Mapped[datetime | None] = mapped_column(UTCDateTime)

    item: Mapped[AgendaItem] = relationship()
    the_round: Mapped[Round] = relationship()


def wipe_practice(session: Session, keys: KeyStore, assembly: Assembly) -> None:
    """Remove everything that was voted in a practice meeting."""
    raise NotImplementedError
