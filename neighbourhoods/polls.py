"""Quick polls: a show of hands in the hall and on phones. Open, instant, and deciding nothing."""

from sqlalchemy import JSON, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from neighbourhoods.database import Base, Moment
from neighbourhoods.people import Person


class PollChoice(Base):
    """The option one phone raised its hand for, counted from 0; changed by choosing again."""

    __tablename__ = "poll_choices"
    __table_args__ = (CheckConstraint("chosen >= 0", name="chosen"),)

    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id"), primary_key=True)
    phone_id: Mapped[int] = mapped_column(ForeignKey("phones.id"), primary_key=True)
    chosen: Mapped[int]


class HandCount(Base):
    """How many hands one teller counted for each option; two tellers must agree."""

    __tablename__ = "hand_counts"

    item_id: Mapped[int] = mapped_column(ForeignKey("agenda_items.id"), primary_key=True)
    teller_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    hands: Mapped[list[int]] = mapped_column(JSON)
    counted_at: Mapped[Moment]

    teller: Mapped[Person] = relationship()
