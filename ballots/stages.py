"""Where a round stands on its route: which stage runs, until when, and who stepped in."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from ballots.decision_routes import promised_route
from ballots.refusals import BallotRefusal
from ballots.routes import (
    Agreement,
    Part,
    Route,
    RouteName,
    Stage,
    Standing,
    deadline_of,
    route_of,
)
from ballots.voting_rules import rules_of
from neighbourhoods.database import Base, Moment, UTCDateTime, Word, now, one_of
from neighbourhoods.people import Office, Person, appointed, councillors_for
from neighbourhoods.phases import Action, Role
from neighbourhoods.projects import Project
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round, check_still_allowed


class StageRun(Base):
    """One stage of a round’s route in one sitting: when it began, when it is due, how it ended."""

    __tablename__ = "stage_runs"
    __table_args__ = (
        CheckConstraint("sitting > 0", name="sitting"),
        CheckConstraint("place >= 0", name="place"),
        CheckConstraint("reminded BETWEEN 0 AND 2", name="reminded"),
        CheckConstraint("deadline_at > began_at", name="deadline"),
        CheckConstraint(f"standing IS NULL OR {one_of('standing', Standing)}", name="standing"),
        CheckConstraint("(ended_at IS NULL) = (standing IS NULL)", name="ended"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    # 1 until an outcome is referred back and answered; then 2, and so on.
    sitting: Mapped[int] = mapped_column(primary_key=True)
    # Which stage of the route, from 0.
    place: Mapped[int] = mapped_column(primary_key=True)
    began_at: Mapped[Moment]
    deadline_at: Mapped[Moment]
    # Who last let it run on past its days, and why; each time has a row in `stage_extensions`.
    extended_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    extended_why: Mapped[str] = mapped_column(Text, default="")
    # How many reminders have gone out.
    reminded: Mapped[int] = mapped_column(default=0)
    # When the monitoring officer was told that it cannot end by itself.
    escalated_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    standing: Mapped[Standing | None] = mapped_column(Word(Standing))

    extended_by: Mapped[Person | None] = relationship()


class Substitution(Base):
    """Who acts at a stage in place of others, named by the monitoring officer."""

    __tablename__ = "substitutions"
    __table_args__ = (CheckConstraint("why <> ''", name="why"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), index=True)
    sitting: Mapped[int]
    place: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    named_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    why: Mapped[str] = mapped_column(Text)
    named_at: Mapped[Moment]

    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    named_by: Mapped[Person] = relationship(foreign_keys=[named_by_id])


class Withdrawal(Base):
    """A funded project that was withdrawn between the count and the signature, and why."""

    __tablename__ = "withdrawals"
    __table_args__ = (CheckConstraint("why <> ''", name="why"),)

    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), index=True)
    why: Mapped[str] = mapped_column(Text)
    withdrawn_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    withdrawn_at: Mapped[Moment]

    project: Mapped[Project] = relationship()
    withdrawn_by: Mapped[Person] = relationship()


class QuietPeriod(Base):
    """A pre-election period: nothing is signed in it, unless the monitoring officer says why."""

    __tablename__ = "quiet_periods"
    __table_args__ = (CheckConstraint("ends_on >= starts_on", name="days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    words: Mapped[str] = mapped_column(String(200))


class QuietException(Base):
    """A round that is decided in a pre-election period all the same, and why."""

    __tablename__ = "quiet_exceptions"
    __table_args__ = (CheckConstraint("why <> ''", name="why"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    why: Mapped[str] = mapped_column(Text)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    made_at: Mapped[Moment]

    made_by: Mapped[Person] = relationship()


@dataclass(frozen=True)
class FrozenRoute:
    """The route of one round, as it was promised when its vote opened."""

    route: Route
    call_in_days: int


def route_promised(session: Session, the_round: Round) -> dict[str, Any]:
    """What was promised of the route: as it was frozen, or as the fund has it while nothing is."""
    rules = rules_of(session, the_round.id)
    frozen = json.loads(rules.frozen_text) if rules and rules.frozen_text else {}
    promised: dict[str, Any] = frozen.get("route") or promised_route(session, the_round.fund_id)
    return promised


def route_for(session: Session, the_round: Round) -> FrozenRoute:
    """The route of a round: as it was frozen, or as its fund has it while nothing is."""
    promised = route_promised(session, the_round)
    route = route_of(RouteName(promised["name"]), Agreement(promised["agreement"]))
    return FrozenRoute(route, int(promised["call_in_days"]))


def begin_stage(
    session: Session, the_round: Round, stage: Stage, sitting: int, place: int
) -> StageRun:
    """Begin a stage of a sitting: from now on its days run."""
    began_at = now(session)
    run = StageRun(
        round_id=the_round.id,
        sitting=sitting,
        place=place,
        began_at=began_at,
        deadline_at=deadline_of(stage, began_at),
    )
    session.add(run)
    session.flush()
    return run


def end_stage(session: Session, run: StageRun, standing: Standing) -> None:
    """Keep how a stage ended, and when."""
    run.ended_at, run.standing = now(session), standing
    session.flush()


def runs_of(session: Session, round_id: int) -> list[StageRun]:
    """Every stage that a round has come to, in order."""
    query = select(StageRun).where(StageRun.round_id == round_id)
    query = query.order_by(StageRun.sitting, StageRun.place)
    # Read anew: one that was looked at before the round was held may have ended since.
    return list(session.scalars(query.execution_options(populate_existing=True)))


_OFFICES = {
    Part.FINANCE: Office.FINANCE_OFFICER,
    Part.LEGAL: Office.LEGAL_OFFICER,
    Part.CABINET_MEMBER: Office.CABINET_MEMBER,
    Part.COMMITTEE: Office.COMMITTEE_CLERK,
    Part.OFFICER: Office.DELEGATED_OFFICER,
    Part.MONITORING_OFFICER: Office.MONITORING_OFFICER,
}


SIGNING_OFFICES = tuple(_OFFICES.values())
# In what part somebody acts who holds such an office.
PARTS = {office: part for part, office in _OFFICES.items()}


def people_at(session: Session, the_round: Round, run: StageRun, stage: Stage) -> list[Person]:
    """Who acts at a stage today: those in office, or whoever was named in their place."""
    named = substitute_at(session, run)
    if named is not None:
        return [named.person]
    if stage.part is Part.MEMBER:
        return councillors_for(session, the_round.community)
    return appointed(session, _OFFICES[stage.part])


def substitute_at(session: Session, run: StageRun) -> Substitution | None:
    """Who was named to act at a stage in place of others; the last one named counts."""
    query = (
        select(Substitution)
        .where(
            Substitution.round_id == run.round_id,
            Substitution.sitting == run.sitting,
            Substitution.place == run.place,
        )
        .order_by(Substitution.id.desc())
        .limit(1)
    )
    return session.scalar(query)


def substitutions_in(session: Session, round_id: int) -> list[Substitution]:
    """Everybody who was named to act in place of others, in order."""
    query = select(Substitution).where(Substitution.round_id == round_id)
    return list(session.scalars(query.order_by(Substitution.id)))


def is_named_anywhere(session: Session, person: Person) -> bool:
    """Whether somebody was ever named to act in place of others."""
    query = select(Substitution.id).where(Substitution.person_id == person.id).limit(1)
    return session.scalar(query) is not None


def withdraw_project(
    session: Session, the_round: Round, project: Project, by: Person, why: str
) -> Withdrawal:
    """Take a funded project out before it is signed; signatures given until now are void."""
    check_still_allowed(session, the_round, Role.OFFICER, Action.ANSWER_REFERRAL)
    if not why.strip():
        raise Refused(BallotRefusal.REASONS_MISSING)
    if project.id in withdrawn_in(session, the_round.id):
        raise Refused(BallotRefusal.ALREADY_WITHDRAWN)
    withdrawal = Withdrawal(
        project=project,
        round_id=the_round.id,
        why=why.strip(),
        withdrawn_by=by,
        withdrawn_at=now(session),
    )
    session.add(withdrawal)
    session.flush()
    return withdrawal


def withdrawn_in(session: Session, round_id: int) -> dict[int, Withdrawal]:
    """The projects of a round that were withdrawn after the count, by project id."""
    query = select(Withdrawal).where(Withdrawal.round_id == round_id)
    return {one.project_id: one for one in session.scalars(query)}


def is_quiet(session: Session, round_id: int) -> bool:
    """Whether a pre-election period forbids signing today, and no exception was made."""
    today = now(session).date()
    query = select(QuietPeriod.id).where(
        QuietPeriod.starts_on <= today, QuietPeriod.ends_on >= today
    )
    quiet = session.scalar(query.limit(1)) is not None
    return quiet and session.get(QuietException, round_id) is None
