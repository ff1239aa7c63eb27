"""Debate: points for and against, questions and answers, reports and moderation."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint, select
from sqlalchemy.orm import (
    Mapped,
    Session,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
)

from neighbourhoods.database import Base, Moment, UTCDateTime, Word, insert_into, now, one_of
from neighbourhoods.people import Person
from neighbourhoods.phases import Action, Role, check_allowed
from neighbourhoods.proposals import Proposal, ProposalState
from neighbourhoods.refusals import Refusal, Refused


class PointKind(StrEnum):
    """What somebody contributes to a debate."""

    FOR = "for"
    AGAINST = "against"
    QUESTION = "question"
    ANSWER = "answer"


class Point(Base):
    """One contribution; an answer hangs from what it answers."""

    __tablename__ = "points"
    __table_args__ = (
        CheckConstraint(one_of("kind", PointKind), name="kind"),
        CheckConstraint(one_of("speaking_as", Role), name="speaking_as"),
        CheckConstraint("(kind = 'answer') = (answers_id IS NOT NULL)", name="answers"),
        # Nothing is hidden without a public reason.
        CheckConstraint("(hidden_at IS NULL) = (hidden_why IS NULL)", name="hidden"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id"), index=True)
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("points.id"))
    kind: Mapped[PointKind] = mapped_column(Word(PointKind))
    author_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    # Kept as it was at the time: an officer's answer stays marked when they leave office.
    speaking_as: Mapped[Role] = mapped_column(Word(Role))
    words: Mapped[str] = mapped_column(Text)
    made_at: Mapped[Moment]
    hidden_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    hidden_why: Mapped[str | None] = mapped_column(Text)
    hidden_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))

    proposal: Mapped[Proposal] = relationship()
    author: Mapped[Person] = relationship(foreign_keys=[author_id])
    answers: Mapped[list["Point"]] = relationship(order_by="Point.id")


class Report(Base):
    """Somebody's word that a contribution should be looked at."""

    __tablename__ = "reports"
    __table_args__ = (UniqueConstraint("point_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    point_id: Mapped[int] = mapped_column(ForeignKey("points.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    why: Mapped[str] = mapped_column(Text)
    reported_at: Mapped[Moment]
    settled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    point: Mapped[Point] = relationship()


def make_point(
    session: Session, proposal: Proposal, author: Person, role: Role, kind: PointKind, words: str
) -> Point:
    """Add a point for, a point against or a question to a proposal's debate."""
    _allow(role, Action.DEBATE, proposal)
    return _add(session, proposal, author, role, kind, words, None)


def answer_point(session: Session, point: Point, author: Person, role: Role, words: str) -> Point:
    """Answer a contribution, marked with the role the author speaks in."""
    _allow(role, Action.ANSWER, point.proposal)
    if point.hidden_at is not None:
        raise Refused(Refusal.ALREADY_HIDDEN)
    first = point if point.answers_id is None else session.get_one(Point, point.answers_id)
    return _add(session, point.proposal, author, role, PointKind.ANSWER, words, first)


def _add(
    session: Session,
    proposal: Proposal,
    author: Person,
    role: Role,
    kind: PointKind,
    words: str,
    answered: Point | None,
) -> Point:
    point = Point(
        proposal=proposal,
        author=author,
        speaking_as=role,
        kind=kind,
        words=words.strip(),
        made_at=now(session),
        answers_id=answered.id if answered else None,
    )
    session.add(point)
    session.flush()
    return point


def report_point(session: Session, point: Point, person: Person, why: str) -> None:
    """Ask a moderator to look at a contribution; a second report by the same person adds none."""
    _allow(Role.RESIDENT, Action.REPORT, point.proposal)
    session.execute(
        insert_into(session, Report)
        .values(point_id=point.id, person_id=person.id, why=why.strip(), reported_at=now(session))
        .on_conflict_do_nothing(index_elements=["point_id", "person_id"])
    )


def hide_point(session: Session, point: Point, moderator: Person, why: str) -> None:
    """Hide a contribution; the reason stands in public where it stood."""
    _allow(Role.OFFICER, Action.HIDE, point.proposal)
    if point.hidden_at is not None:
        raise Refused(Refusal.ALREADY_HIDDEN)
    if not why.strip():
        raise Refused(Refusal.REASON_MISSING)
    point.hidden_at, point.hidden_why, point.hidden_by_id = (
        now(session),
        why.strip(),
        moderator.id,
    )
    settle_reports(session, point)


def show_point_again(session: Session, point: Point) -> None:
    """Undo a hiding."""
    point.hidden_at = point.hidden_why = point.hidden_by_id = None
    session.flush()


def settle_reports(session: Session, point: Point) -> None:
    """Mark the reports on a contribution as looked at."""
    for report in open_reports(session, point):
        report.settled_at = now(session)
    session.flush()


def open_reports(session: Session, point: Point | None = None) -> list[Report]:
    """Reports nobody has settled yet, oldest first."""
    query = select(Report).where(Report.settled_at.is_(None)).order_by(Report.id)
    if point is not None:
        query = query.where(Report.point_id == point.id)
    return list(session.scalars(query))


def points_on(session: Session, proposal: Proposal) -> list[Point]:
    """A proposal's points and questions, oldest first; answers hang from them."""
    query = (
        select(Point)
        .where(Point.proposal_id == proposal.id, Point.answers_id.is_(None))
        .options(joinedload(Point.author), selectinload(Point.answers).joinedload(Point.author))
        .order_by(Point.id)
    )
    return list(session.scalars(query))


def _allow(role: Role, action: Action, proposal: Proposal) -> None:
    check_allowed(role, action, proposal.the_round.phase)
    if proposal.state == ProposalState.WITHDRAWN and action != Action.HIDE:
        raise Refused(Refusal.PROPOSAL_WITHDRAWN)
