"""Reporting back: once nothing of a round is still to be done, its people are told once."""

from datetime import datetime

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.database import Base, Moment, UTCDateTime, now
from neighbourhoods.delivery import UNDER_WAY, Delivery
from neighbourhoods.rounds import Round


class ReportBack(Base):
    """That all projects of a round are finished or stopped, and who has been told of it."""

    __tablename__ = "reports_back"

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    concluded_at: Mapped[Moment]
    # The last roll entry that was written to; then when all were.
    told_up_to: Mapped[int] = mapped_column(default=0)
    told_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    the_round: Mapped[Round] = relationship()


def conclude_delivery(session: Session, the_round: Round) -> ReportBack | None:
    """Note, once and for good, that nothing of a round is still to be done; None before it is."""
    session.flush()
    still = select(Delivery.project_id).where(
        Delivery.round_id == the_round.id, Delivery.status.in_(UNDER_WAY)
    )
    if session.scalar(still.limit(1)) is not None:
        return None
    known = session.get(ReportBack, the_round.id)
    if known is None:
        known = ReportBack(the_round=the_round, concluded_at=now(session))
        session.add(known)
        session.flush()
    return known


def reports_untold(session: Session) -> list[int]:
    """The rounds whose people still have to be told what was done."""
    query = select(ReportBack.round_id).where(ReportBack.told_at.is_(None))
    return list(session.scalars(query.order_by(ReportBack.round_id)))
