"""What opens a new sitting: an answered referral, or a decision sent back after its call-in."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from ballots.signing import ReferTo
from neighbourhoods.database import Base, Moment, UTCDateTime, Word, one_of
from neighbourhoods.people import Person


class Referral(Base):
    """An outcome that was referred back in one sitting, and the answer once there is one."""

    __tablename__ = "referrals"
    __table_args__ = (
        CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answer"),
        CheckConstraint(one_of("refer_to", ReferTo), name="refer_to"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    sitting: Mapped[int] = mapped_column(primary_key=True)
    refer_to: Mapped[ReferTo] = mapped_column(Word(ReferTo))
    question: Mapped[str] = mapped_column(Text)
    answer_by: Mapped[date | None]
    # For residents too an officer writes down what they said.
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    answered_by: Mapped[Person | None] = relationship()


class SentBack(Base):
    """A called-in decision that was sent back to whoever signed it; its notice stays as it is."""

    __tablename__ = "sent_back"
    __table_args__ = (CheckConstraint("why <> ''", name="why"),)

    # The notice that stands no longer.
    number: Mapped[str] = mapped_column(
        String(12), ForeignKey("decision_notices.number"), primary_key=True
    )
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), index=True)
    why: Mapped[str] = mapped_column(Text)
    sent_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    sent_at: Mapped[Moment]

    sent_by: Mapped[Person] = relationship()


def sitting_of(session: Session, round_id: int) -> int:
    """The sitting that a round is in: 1, and one more for each answer and each sending back."""
    answered = select(func.count()).where(
        Referral.round_id == round_id, Referral.answered_at.is_not(None)
    )
    sent = select(func.count()).where(SentBack.round_id == round_id)
    return sum((int(session.scalar(query) or 0) for query in (answered, sent)), start=1)


def sent_back_in(session: Session, round_id: int) -> list[SentBack]:
    """Every time a round's decision was sent back after a call-in, in order."""
    query = select(SentBack).where(SentBack.round_id == round_id)
    query = query.order_by(SentBack.sent_at, SentBack.number)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def referrals_of(session: Session, round_id: int) -> list[Referral]:
    """Every time a round's outcome was referred back, with the answers."""
    query = select(Referral).where(Referral.round_id == round_id).order_by(Referral.sitting)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def open_referral(session: Session, round_id: int) -> Referral | None:
    """The referral that waits for its answer, if one does."""
    return next((one for one in referrals_of(session, round_id) if one.answer is None), None)
