"""Referrals: an outcome sent back with a question, and the answer that opens a new sitting."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from ballots.signing import ReferTo
from neighbourhoods.database import Base, UTCDateTime, Word, one_of
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


def sitting_of(session: Session, round_id: int) -> int:
    """The sitting that a round is in: 1, and one more for each referral that was answered."""
    answered = select(func.count()).where(
        Referral.round_id == round_id, Referral.answered_at.is_not(None)
    )
    return 1 + int(session.execute(answered).scalar_one())


def referrals_of(session: Session, round_id: int) -> list[Referral]:
    """Every time a round's outcome was referred back, with the answers."""
    query = select(Referral).where(Referral.round_id == round_id).order_by(Referral.sitting)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def open_referral(session: Session, round_id: int) -> Referral | None:
    """The referral that waits for its answer, if one does."""
    return next((one for one in referrals_of(session, round_id) if one.answer is None), None)
