"""Delivery: what becomes of every funded project, step by step, and every pound spent on it.

What was spent stands in the ledger alone: deliveries, reports and milestones read it there.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    String,
    Text,
    cast,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, column_property, mapped_column, relationship

from neighbourhoods.database import Base, Moment, Pence, UTCDateTime, Word, now, one_of
from neighbourhoods.money import (
    BY_SIGNATURE,
    Account,
    MoneyAct,
    MoneyBalance,
    MoneyEntry,
    MoneyLine,
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
    )

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), index=True)
    status: Mapped[DeliveryStatus] = mapped_column(Word(DeliveryStatus))
    committed_pence: Mapped[Pence]
    due_on: Mapped[date | None]
    spent_pence: Mapped[int] = column_property(
        func.coalesce(
            select(MoneyBalance.pence)
            .where(MoneyBalance.project_id == project_id, MoneyBalance.account == Account.SPENT)
            .scalar_subquery(),
            0,
        )
    )

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


class DeliveryPhoto(Base):
    """The photo of a report: its bytes lie in a folder under their SHA-256."""

    __tablename__ = "delivery_photos"
    __table_args__ = (
        CheckConstraint("alt <> ''", name="alt"),
        CheckConstraint("width > 0 AND height > 0", name="size"),
        CheckConstraint("(removed_at IS NULL) = (removed_why = '')", name="removed"),
    )

    update_id: Mapped[int] = mapped_column(ForeignKey("delivery_updates.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), index=True)
    # What is to be seen on it, for who cannot see it.
    alt: Mapped[str] = mapped_column(String(300))
    width: Mapped[int]
    height: Mapped[int]
    # Since when it is shown no more, and why.
    removed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    removed_why: Mapped[str] = mapped_column(Text, default="")

    update: Mapped["DeliveryUpdate"] = relationship(back_populates="photo")


def _spent_in(entries: ColumnElement[bool]) -> ColumnElement[int]:
    """What entries say was spent, less what was taken back, as the ledger has it."""
    lines = select(func.sum(MoneyLine.pence)).join(MoneyLine.entry)
    found = lines.where(entries, MoneyLine.account == Account.SPENT)
    both = found.correlate_except(MoneyLine, MoneyEntry).scalar_subquery()
    return cast(func.coalesce(both, 0), BigInteger)


class DeliveryUpdate(Base):
    """One dated step in a project's delivery."""

    __tablename__ = "delivery_updates"
    __table_args__ = (CheckConstraint(one_of("status", DeliveryStatus), name="status"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("deliveries.project_id"), index=True)
    status: Mapped[DeliveryStatus] = mapped_column(Word(DeliveryStatus))
    note: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date | None]
    # The milestone that it is about, if it is about one.
    milestone_id: Mapped[int | None] = mapped_column(ForeignKey("milestones.id"), index=True)
    updated_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    updated_at: Mapped[Moment]
    # What was spent in this step, not in all, and put right since where it was mistyped.
    spent_pence: Mapped[int] = column_property(_spent_in(MoneyEntry.update_id == id))  # noqa: A003 - its own

    delivery: Mapped[Delivery] = relationship(back_populates="updates")
    photo: Mapped[DeliveryPhoto | None] = relationship(back_populates="update")
    milestone: Mapped["Milestone | None"] = relationship(back_populates="updates")
    updated_by: Mapped[Person] = relationship()


class Milestone(Base):
    """One dated step on a project's way, and who sees to it."""

    __tablename__ = "milestones"
    __table_args__ = (CheckConstraint("title <> ''", name="title"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("deliveries.project_id"), index=True)
    title: Mapped[str] = mapped_column(String(160))
    due_on: Mapped[date]
    # What was promised first, once another day was; empty while that day still stands.
    first_due_on: Mapped[date | None]
    # Who sees to it, in words: a team, a contractor, a residents' group.
    owner: Mapped[str] = mapped_column(String(120))
    done_on: Mapped[date | None]
    note: Mapped[str] = mapped_column(Text, default="")

    spent_pence: Mapped[int] = column_property(
        _spent_in(
            MoneyEntry.update_id.in_(
                select(DeliveryUpdate.id)
                .where(DeliveryUpdate.milestone_id == id)  # noqa: A003 - its own
                .correlate_except(DeliveryUpdate)
            )
        )
    )

    delivery: Mapped[Delivery] = relationship(back_populates="milestones")
    updates: Mapped[list[DeliveryUpdate]] = relationship(
        back_populates="milestone", order_by="DeliveryUpdate.id.desc()"
    )


@dataclass(frozen=True)
class DeliveryStep:
    """What an officer reports of a project: pence spent since the last report."""

    status: DeliveryStatus
    note: str
    spent_pence: int
    due_on: date | None
    milestone: Milestone | None = None
    # The newest report that whoever writes this one has seen; None: they were not asked.
    seen: int | None = None


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
    if step.seen is not None and step.seen != newest_report(session, delivery):
        raise Refused(Refusal.REPORTED_MEANWHILE)
    check_spendable(session, delivery, step.spent_pence)
    update = DeliveryUpdate(
        delivery=delivery,
        status=step.status,
        note=step.note.strip(),
        due_on=step.due_on,
        milestone=step.milestone,
        updated_by=by,
        updated_at=now(session),
    )
    delivery.status, delivery.due_on = step.status, step.due_on
    session.add(update)
    session.flush()
    if step.spent_pence:
        spend(session, update, step.spent_pence, update.note, by)
    return update


def newest_report(session: Session, delivery: Delivery) -> int:
    """The number of a project's newest report; 0 before there is one."""
    query = select(func.max(DeliveryUpdate.id)).where(
        DeliveryUpdate.project_id == delivery.project_id
    )
    return session.scalar(query) or 0


def check_spendable(
    session: Session, delivery: Delivery, pence: int, *, coming_back: int = 0
) -> None:
    """Refuse to spend more than is promised and free, and what is coming back to it."""
    fund_id, project_id = delivery.project.the_round.fund_id, delivery.project_id
    left = balance_of(session, fund_id, Account.COMMITTED, project_id) + coming_back
    if pence <= left:
        return
    held = balance_of(session, fund_id, Account.HELD, project_id)
    if held:
        raise Refused(Refusal.SPEND_IS_HELD, left_pence=left, held_pence=held)
    raise Refused(Refusal.SPEND_EXCEEDS_COMMITMENT, left_pence=left)


def spend(session: Session, update: DeliveryUpdate, pence: int, why: str, by: Person) -> MoneyEntry:
    """Write down pence that a report says were spent; its fund must be held."""
    delivery = update.delivery
    entry = entry_about(delivery.project, MoneyAct.SPENDING, why, by)
    entry.update_id = update.id
    out = Movement(Account.COMMITTED, -pence, delivery.project_id)
    into = Movement(Account.SPENT, pence, delivery.project_id)
    move_money(session, entry, [out, into])
    read_anew(session, update)
    return entry


def read_anew(session: Session, update: DeliveryUpdate) -> None:
    """Have what was spent read from the ledger again, after an entry about a report."""
    for one in (update, update.delivery, update.milestone):
        if one is not None:
            session.expire(one, ["spent_pence"])


def deliveries_in(session: Session, the_round: Round) -> list[Delivery]:
    """The funded projects of a round."""
    query = select(Delivery).where(Delivery.round_id == the_round.id).order_by(Delivery.project_id)
    return list(session.scalars(query))
