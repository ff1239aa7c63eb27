"""Delivery: what becomes of every funded project, step by step, and every pound spent on it."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.database import Base, Moment, Pence, Word, now, one_of
from neighbourhoods.money import (
    BY_SIGNATURE,
    Account,
    MoneyAct,
    MoneyEntry,
    Movement,
    balance_of,
    hold_fund,
    move_money,
)
from neighbourhoods.people import Person
from neighbourhoods.phases import Action, Role, check_allowed
from neighbourhoods.projects import Project
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round, RoundKind


class DeliveryStatus(StrEnum):
    """How far a funded project has come."""

    PLANNED = "planned"
    STARTED = "started"
    FINISHED = "finished"
    STOPPED = "stopped"


UNDER_WAY = (DeliveryStatus.PLANNED, DeliveryStatus.STARTED)


@dataclass(frozen=True)
class Late:
    """What should have been done by a day that has passed: a milestone, or (no title) it all."""

    title: str
    due_on: date


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
    milestones: Mapped[list["Milestone"]] = relationship(
        back_populates="delivery", order_by="(Milestone.due_on, Milestone.id)"
    )

    def late_on(self, today: date) -> list[Late]:
        """Everything that is late on a day, the longest late first; nothing once it is over."""
        if self.status not in UNDER_WAY:
            return []
        late = [
            Late(step.title, step.due_on)
            for step in self.milestones
            if step.done_on is None and step.due_on < today
        ]
        if self.due_on is not None and self.due_on < today:
            late.append(Late("", self.due_on))
        return sorted(late, key=lambda one: one.due_on)


class Milestone(Base):
    """One dated step on a project's way, and who sees to it."""

    __tablename__ = "milestones"
    __table_args__ = (CheckConstraint("title <> ''", name="title"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("deliveries.project_id"), index=True)
    title: Mapped[str] = mapped_column(String(160))
    due_on: Mapped[date]
    # Who sees to it, in words: a team, a contractor, a residents' group.
    owner: Mapped[str] = mapped_column(String(120))
    done_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(Text, default="")

    delivery: Mapped[Delivery] = relationship(back_populates="milestones")


class DeliveryPhoto(Base):
    """The photo of a report: its bytes lie in a folder under their SHA-256."""

    __tablename__ = "delivery_photos"
    __table_args__ = (
        CheckConstraint("alt <> ''", name="alt"),
        CheckConstraint("width > 0 AND height > 0", name="size"),
    )

    update_id: Mapped[int] = mapped_column(ForeignKey("delivery_updates.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    # What is to be seen on it, for who cannot see it.
    alt: Mapped[str] = mapped_column(String(300))
    width: Mapped[int]
    height: Mapped[int]

    update: Mapped["DeliveryUpdate"] = relationship(back_populates="photo")


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
    photo: Mapped[DeliveryPhoto | None] = relationship(back_populates="update")
    updated_by: Mapped[Person] = relationship()


@dataclass(frozen=True)
class DeliveryStep:
    """What an officer reports of a project: pence spent since the last report."""

    status: DeliveryStatus
    note: str
    spent_pence: int
    due_on: date | None


def commit_money(session: Session, project: Project, committed_pence: int) -> Delivery:
    """Commit a signed-off project's money and plan its delivery; never more than is available."""
    the_round = project.the_round
    if the_round.kind == RoundKind.PRACTICE:
        raise Refused(Refusal.PRACTICE_PAYS_NOTHING)
    hold_fund(session, the_round.fund_id)
    available = balance_of(session, the_round.fund_id, Account.AVAILABLE)
    if committed_pence > available:
        raise Refused(Refusal.FUND_SHORT, short_pence=committed_pence - available)
    delivery = Delivery(
        project=project,
        round_id=project.round_id,
        status=DeliveryStatus.PLANNED,
        committed_pence=committed_pence,
        spent_pence=0,
    )
    session.add(delivery)
    entry = entry_about(project, MoneyAct.COMMITMENT, BY_SIGNATURE)
    into = Movement(Account.COMMITTED, committed_pence, project.id)
    move_money(session, entry, [Movement(Account.AVAILABLE, -committed_pence), into])
    return delivery


def hold_until_met(session: Session, project: Project, pence: int, condition: str) -> MoneyEntry:
    """Hold back committed money for a condition that stands in the decision itself."""
    entry = entry_about(project, MoneyAct.HOLD, condition)
    into = Movement(Account.HELD, pence, project.id)
    return move_money(session, entry, [Movement(Account.COMMITTED, -pence, project.id), into])


def entry_about(project: Project, act: MoneyAct, why: str, by: Person | None = None) -> MoneyEntry:
    """An entry of a project's money, still without its lines."""
    return MoneyEntry(
        fund_id=project.the_round.fund_id,
        round_id=project.round_id,
        project_id=project.id,
        act=act,
        why=why,
        by=by,
    )


def report_delivery(
    session: Session, delivery: Delivery, by: Person, step: DeliveryStep
) -> DeliveryUpdate:
    """Publish how far a project has come; spending never passes what was committed."""
    check_allowed(Role.OFFICER, Action.DELIVER, delivery.project.the_round.phase)
    if step.spent_pence < 0:
        raise Refused(Refusal.AMOUNT_NOT_POSITIVE)
    if not step.note.strip():
        raise Refused(Refusal.REASON_MISSING)
    hold_fund(session, delivery.project.the_round.fund_id)
    session.refresh(delivery, with_for_update=True)  # two reports at once are both added up
    _check_spendable(session, delivery, step.spent_pence)
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
    session.add(update)
    session.flush()
    if step.spent_pence:
        _spend(session, update)
    return update


def _check_spendable(session: Session, delivery: Delivery, pence: int) -> None:
    fund_id, project_id = delivery.project.the_round.fund_id, delivery.project_id
    left = balance_of(session, fund_id, Account.COMMITTED, project_id)
    if pence <= left:
        return
    held = balance_of(session, fund_id, Account.HELD, project_id)
    if held:
        raise Refused(Refusal.SPEND_IS_HELD, left_pence=left, held_pence=held)
    raise Refused(Refusal.SPEND_EXCEEDS_COMMITMENT, left_pence=left)


def _spend(session: Session, update: DeliveryUpdate) -> MoneyEntry:
    """Write down what a report says was spent."""
    delivery, pence = update.delivery, update.spent_pence
    entry = entry_about(delivery.project, MoneyAct.SPENDING, update.note, update.updated_by)
    entry.update_id = update.id
    delivery.spent_pence += pence
    out = Movement(Account.COMMITTED, -pence, delivery.project_id)
    return move_money(session, entry, [out, Movement(Account.SPENT, pence, delivery.project_id)])


def attach_photo(
    session: Session, update: DeliveryUpdate, digest: str, alt: str, size: tuple[int, int]
) -> DeliveryPhoto:
    """Put a stored photo beside a report; it must say in words what is to be seen."""
    if not alt.strip():
        raise Refused(Refusal.ALT_MISSING)
    photo = DeliveryPhoto(
        update=update, digest=digest, alt=alt.strip(), width=size[0], height=size[1]
    )
    session.add(photo)
    session.flush()
    return photo


@dataclass(frozen=True)
class Planned:
    """What officers say of a milestone."""

    title: str
    due_on: date
    owner: str
    done_on: date | None = None
    note: str = ""


def plan_milestone(session: Session, delivery: Delivery, planned: Planned) -> Milestone:
    """Promise a step of a project by a day."""
    milestone = Milestone(delivery=delivery)
    session.add(milestone)
    with session.no_autoflush:
        return change_milestone(session, milestone, planned)


def change_milestone(session: Session, milestone: Milestone, planned: Planned) -> Milestone:
    """Say anew what a milestone is, or that it is done; not before its day has come."""
    the_round = milestone.delivery.project.the_round
    check_allowed(Role.OFFICER, Action.DELIVER, the_round.phase)
    # A day later than ours is today somewhere, but nothing is done the day after tomorrow.
    if planned.done_on is not None and planned.done_on > now(session).date() + timedelta(days=1):
        raise Refused(Refusal.NOT_DONE_YET)
    milestone.title, milestone.owner = planned.title.strip(), planned.owner.strip()
    milestone.due_on, milestone.done_on = planned.due_on, planned.done_on
    milestone.note = planned.note.strip()
    session.flush()
    session.expire(milestone.delivery, ["milestones"])
    return milestone


def deliveries_in(session: Session, the_round: Round) -> list[Delivery]:
    """The funded projects of a round."""
    query = select(Delivery).where(Delivery.round_id == the_round.id).order_by(Delivery.project_id)
    return list(session.scalars(query))
