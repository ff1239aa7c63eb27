"""Rounds: one budgeting cycle over one fund, its timetable and the log of its moves."""

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.database import Base, Moment, Pence, Word, hold_round, now, one_of
from neighbourhoods.funds import Fund
from neighbourhoods.money import Account, MoneyEntry, MoneyLine, balance_of, hold_fund
from neighbourhoods.people import Person
from neighbourhoods.phases import MOVES, ORDER, SENT_BACK, Action, Phase, Role, check_allowed
from neighbourhoods.places import Community
from neighbourhoods.refusals import Refusal, Refused


class RoundKind(StrEnum):
    """What a round is: a whole cycle, or one vote that an assembly held within one."""

    FULL = "full"
    HALL = "hall"
    PRACTICE = "practice"


class Round(Base):
    """One participatory budgeting cycle, or one vote held in a hall within one."""

    __tablename__ = "rounds"
    __table_args__ = (
        CheckConstraint(one_of("phase", Phase), name="phase"),
        CheckConstraint("budget_pence > 0", name="budget"),
        CheckConstraint(one_of("kind", RoundKind), name="kind"),
        CheckConstraint("(kind = 'full') = (within_id IS NULL)", name="within"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    fund_id: Mapped[int] = mapped_column(ForeignKey("funds.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    purpose: Mapped[str] = mapped_column(Text)
    # What will be done with the answer: every consultation must say so before it asks.
    promise: Mapped[str] = mapped_column(Text, default="")
    budget_pence: Mapped[Pence]
    # What was decided and waits until nobody may call it in: no other round may promise it.
    waiting_pence: Mapped[Pence] = mapped_column(default=0, server_default="0")
    phase: Mapped[Phase] = mapped_column(Word(Phase), default=Phase.SET_UP, index=True)

    kind: Mapped[RoundKind] = mapped_column(
        Word(RoundKind), default=RoundKind.FULL, server_default=RoundKind.FULL.value
    )
    # The round whose assembly holds this vote.
    within_id: Mapped[int | None] = mapped_column(ForeignKey("rounds.id"), index=True)

    fund: Mapped[Fund] = relationship()
    within: Mapped["Round | None"] = relationship(remote_side="Round.id")
    starts: Mapped[list["PhaseStart"]] = relationship(
        back_populates="the_round", order_by="PhaseStart.starts_at"
    )
    moves: Mapped[list["RoundMove"]] = relationship(
        back_populates="the_round", order_by="RoundMove.id"
    )

    @property
    def community(self) -> Community:
        """The community the round belongs to."""
        return self.fund.community

    def starts_at(self, phase: Phase) -> datetime | None:
        """When a phase is due to start, if a date is set."""
        return next((start.starts_at for start in self.starts if start.phase == phase), None)

    @property
    def vote_closes_at(self) -> datetime | None:
        """When the vote ends by the timetable."""
        return self.starts_at(Phase.COUNT)


class PhaseStart(Base):
    """When a phase of a round is due to start."""

    __tablename__ = "phase_starts"
    __table_args__ = (
        UniqueConstraint("round_id", "phase"),
        CheckConstraint(one_of("phase", Phase), name="phase"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    phase: Mapped[Phase] = mapped_column(Word(Phase))
    starts_at: Mapped[Moment]

    the_round: Mapped[Round] = relationship(back_populates="starts")


class RoundMove(Base):
    """One entry in the log of phases: from where, to where, when, who and why."""

    __tablename__ = "round_moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), index=True)
    from_phase: Mapped[Phase] = mapped_column(Word(Phase))
    to_phase: Mapped[Phase] = mapped_column(Word(Phase))
    moved_at: Mapped[Moment]
    # Nobody, when the timetable moved it.
    moved_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    why: Mapped[str] = mapped_column(Text)

    the_round: Mapped[Round] = relationship(back_populates="moves")
    moved_by: Mapped[Person | None] = relationship()


def create_round(
    session: Session, fund: Fund, title: str, purpose: str, promise: str, budget_pence: int
) -> Round:
    """Start a round over (part of) a fund; never more than the fund still holds."""
    _check_budget(session, fund, budget_pence, besides=None)
    the_round = Round(
        fund=fund,
        title=title,
        purpose=purpose,
        promise=promise,
        budget_pence=budget_pence,
        phase=Phase.SET_UP,
    )
    session.add(the_round)
    session.flush()
    return the_round


def check_still_allowed(session: Session, the_round: Round, role: Role, action: Action) -> None:
    """Hold a round and refuse what its phase forbids: it may have moved since it was looked up."""
    hold_round(session, the_round.id, alone=True)
    session.flush()
    session.refresh(the_round, ["phase"])
    check_allowed(role, action, the_round.phase)


def describe_round(
    session: Session, the_round: Round, title: str, purpose: str, promise: str, budget_pence: int
) -> None:
    """Change what a round says of itself, before its vote opens."""
    check_still_allowed(session, the_round, Role.OFFICER, Action.SET_RULES)
    _check_budget(session, the_round.fund, budget_pence, besides=the_round)
    the_round.title, the_round.purpose, the_round.promise = title, purpose, promise
    the_round.budget_pence = budget_pence
    session.flush()


def _check_budget(session: Session, fund: Fund, budget_pence: int, besides: Round | None) -> None:
    if budget_pence <= 0:
        raise Refused(Refusal.AMOUNT_NOT_POSITIVE)
    hold_fund(session, fund.id)  # two rounds must not share out the same pound
    left = left_for_rounds(session, fund, besides)
    if budget_pence > left:
        raise Refused(Refusal.FUND_EXCEEDED, left_pence=left)


def left_for_rounds(session: Session, fund: Fund, besides: Round | None = None) -> int:
    """Pence of a fund that it has not promised and that no (other) round may yet promise."""
    taken = 0 if besides is None else besides.within_id or besides.id
    rounds = select(Round).where(
        Round.fund_id == fund.id,
        # Votes in a hall share out what their round has taken.
        Round.kind == RoundKind.FULL,
        # What a signed round did not need is free again, once its money has moved.
        Round.phase.not_in([Phase.DELIVERY, Phase.REVIEW]),
        Round.id != taken,
    )
    under_way = {found.id: found.budget_pence for found in session.scalars(rounds)}
    waiting = list(
        session.scalars(
            select(Round).where(
                Round.fund_id == fund.id,
                Round.waiting_pence > 0,
                # What its own decision left waiting is there for the next one on it.
                Round.id != (besides.id if besides else 0),
            )
        )
    )
    waiting_in_halls = [(one.within_id, one.waiting_pence) for one in waiting if one.within_id]
    for within_id, pence in [*_promised_in_halls(session, fund), *waiting_in_halls]:
        if within_id in under_way:
            under_way[within_id] = max(0, under_way[within_id] - pence)
    taken_pence = sum(under_way.values()) + sum(one.waiting_pence for one in waiting)
    return balance_of(session, fund.id, Account.AVAILABLE) - taken_pence


def _promised_in_halls(session: Session, fund: Fund) -> list[tuple[int, int]]:
    """What votes in halls have promised of the budgets of the rounds they were held within."""
    query = (
        select(Round.within_id, -func.sum(MoneyLine.pence))
        .join(MoneyEntry, MoneyEntry.round_id == Round.id)
        .join(MoneyLine)
        .where(
            Round.fund_id == fund.id,
            Round.kind == RoundKind.HALL,
            MoneyLine.account == Account.AVAILABLE,
        )
        .group_by(Round.within_id)
    )
    return [(within_id, int(pence)) for within_id, pence in session.execute(query) if within_id]


def set_timetable(session: Session, the_round: Round, starts: Mapping[Phase, datetime]) -> None:
    """Set when each phase starts, before the vote opens; dates follow the order of the phases."""
    check_still_allowed(session, the_round, Role.OFFICER, Action.SET_RULES)
    dated = [starts[phase] for phase in ORDER if phase in starts]
    if any(later <= earlier for earlier, later in pairwise(dated)):
        raise Refused(Refusal.DATES_OUT_OF_ORDER)
    known = {start.phase: start for start in the_round.starts}
    for phase, start in known.items():
        if phase not in starts:
            session.delete(start)
    for phase, moment in starts.items():
        if phase in known:
            known[phase].starts_at = moment
        else:
            session.add(PhaseStart(the_round=the_round, phase=phase, starts_at=moment))
    session.flush()
    session.expire(the_round, ["starts"])


def move_round(
    session: Session, the_round: Round, to_phase: Phase, by: Person | None, why: str
) -> RoundMove:
    """Take a round to another phase, and log from where, who and why."""
    move = the_round.phase, to_phase
    if to_phase not in MOVES[the_round.phase] and move not in SENT_BACK:
        raise Refused(Refusal.NO_SUCH_MOVE)
    if not why.strip():
        raise Refused(Refusal.REASON_MISSING)
    logged = RoundMove(
        the_round=the_round,
        from_phase=the_round.phase,
        to_phase=to_phase,
        moved_at=now(session),
        moved_by=by,
        why=why.strip(),
    )
    the_round.phase = to_phase
    session.add(logged)
    session.flush()
    return logged


def rounds_of(session: Session, community: Community) -> list[Round]:
    """The rounds of a community and, for a ward, of its neighbourhoods; newest first."""
    query = (
        select(Round)
        .join(Fund)
        .join(Community, Fund.community_id == Community.id)
        .where(
            (Community.id == community.id) | (Community.ward_id == community.id),
            Round.kind == RoundKind.FULL,
        )
        .order_by(Round.id.desc())
    )
    return list(session.scalars(query))


def rounds_in(
    session: Session, *phases: Phase, kinds: Collection[RoundKind] = (RoundKind.FULL,)
) -> list[Round]:
    """The rounds that stand in one of these phases, oldest first."""
    query = select(Round).where(Round.phase.in_(phases), Round.kind.in_(kinds))
    return list(session.scalars(query.order_by(Round.id)))


def votes_within(session: Session, the_round: Round) -> list[Round]:
    """The votes that assemblies held within a round, oldest first, without practice."""
    query = select(Round).where(Round.within_id == the_round.id, Round.kind == RoundKind.HALL)
    return list(session.scalars(query.order_by(Round.id)))
