"""Delivery: what becomes of every funded project, and every pound spent on it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.database import Base, Moment, Pence, Word, now, one_of
from neighbourhoods.funds import Fund, FundPosition, allocated_pence
from neighbourhoods.people import Person
from neighbourhoods.phases import Action, Role, check_allowed
from neighbourhoods.projects import Project
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round


class DeliveryStatus(StrEnum):
    """How far a funded project has come."""

    PLANNED = "planned"
    STARTED = "started"
    FINISHED = "finished"
    STOPPED = "stopped"


class Delivery(Base):
    """A funded project on its way to being done, and the money committed to it."""

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint(one_of("status", DeliveryStatus), name="status"),
        CheckConstraint("committed_pence > 0", name="committed"),
        CheckConstraint("spent_pence BETWEEN 0 AND committed_pence", name="spent"),
    )

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), index=True)
    status: Mapped[DeliveryStatus] = mapped_column(Word(DeliveryStatus))
    committed_pence: Mapped[Pence]
    spent_pence: Mapped[Pence] = mapped_column(default=0)
    due_on: Mapped[date | None]

    project: Mapped[Project] = relationship()
    updates: Mapped[list["DeliveryUpdate"]] = relationship(
        back_populates="delivery", order_by="DeliveryUpdate.id.desc()"
    )


class DeliveryUpdate(Base):
    """One dated step in a project's delivery."""

    __tablename__ = "delivery_updates"
    __table_args__ = (
        CheckConstraint(one_of("status", DeliveryStatus), name="status"),
        CheckConstraint("spent_pence >= 0", name="spent"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("deliveries.project_id"), index=True)
    status: Mapped[DeliveryStatus] = mapped_column(Word(DeliveryStatus))
    note: Mapped[str] = mapped_column(Text)
    # What was spent in this step, not in all.
    spent_pence: Mapped[Pence]
    due_on: Mapped[date | None]
    updated_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    updated_at: Mapped[Moment]

    delivery: Mapped[Delivery] = relationship(back_populates="updates")
    updated_by: Mapped[Person] = relationship()


@dataclass(frozen=True)
class DeliveryStep:
    """What an officer reports of a project: pence spent since the last report."""

    status: DeliveryStatus
    note: str
    spent_pence: int
    due_on: date | None


def commit_money(session: Session, project: Project, committed_pence: int) -> Delivery:
    """Commit a signed-off project's money and plan its delivery."""
    delivery = Delivery(
        project=project,
        round_id=project.round_id,
        status=DeliveryStatus.PLANNED,
        committed_pence=committed_pence,
        spent_pence=0,
    )
    session.add(delivery)
    session.flush()
    return delivery


def report_delivery(
    session: Session, delivery: Delivery, by: Person, step: DeliveryStep
) -> DeliveryUpdate:
    """Publish how far a project has come; spending never passes what was committed."""
    check_allowed(Role.OFFICER, Action.DELIVER, delivery.project.the_round.phase)
    if step.spent_pence < 0:
        raise Refused(Refusal.AMOUNT_NOT_POSITIVE)
    session.refresh(delivery, with_for_update=True)  # two reports at once are both added up
    left = delivery.committed_pence - delivery.spent_pence
    if step.spent_pence > left:
        raise Refused(Refusal.SPEND_EXCEEDS_COMMITMENT, left_pence=left)
    update = DeliveryUpdate(
        delivery=delivery,
        status=step.status,
        note=step.note.strip(),
        spent_pence=step.spent_pence,
        due_on=step.due_on,
        updated_by=by,
        updated_at=now(session),
    )
    delivery.status, delivery.due_on = step.status, step.due_on
    delivery.spent_pence += step.spent_pence
    session.add(update)
    session.flush()
    return update


def deliveries_in(session: Session, the_round: Round) -> list[Delivery]:
    """The funded projects of a round."""
    query = select(Delivery).where(Delivery.round_id == the_round.id).order_by(Delivery.project_id)
    return list(session.scalars(query))


def position_of(session: Session, fund: Fund) -> FundPosition:
    """Where a fund's money stands today, to the penny."""
    committed, spent = session.execute(
        select(
            func.coalesce(func.sum(Delivery.committed_pence), 0),
            func.coalesce(func.sum(Delivery.spent_pence), 0),
        )
        .join(Round, Delivery.round_id == Round.id)
        .where(Round.fund_id == fund.id)
    ).one()
    return FundPosition(allocated_pence(session, fund), int(committed), int(spent))
