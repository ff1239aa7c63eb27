"""Sign-off: councillors declare interests, then approve or refer back, in public."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from ballots.affording import check_affordable
from ballots.refusals import BallotRefusal
from ballots.voting_rules import rules_of
from neighbourhoods.database import Base, Moment, UTCDateTime, Word, hold_round, now, one_of
from neighbourhoods.people import Person, councillors_for
from neighbourhoods.phases import Action, Phase, Role, check_allowed
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round, RoundKind, check_still_allowed, rounds_in

# What councillors decide on; a rehearsal decides nothing.
SIGNED = (RoundKind.FULL, RoundKind.HALL)


class InterestKind(StrEnum):
    """What a councillor declares before the pen."""

    NONE = "none"
    OTHER = "other"
    PECUNIARY = "pecuniary"


class Interest(Base):
    """One councillor's declaration on one round."""

    __tablename__ = "interests"
    __table_args__ = (
        UniqueConstraint("round_id", "councillor_id"),
        CheckConstraint(one_of("kind", InterestKind), name="kind"),
        CheckConstraint("kind = 'none' OR details <> ''", name="details"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    councillor_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    kind: Mapped[InterestKind] = mapped_column(Word(InterestKind))
    details: Mapped[str] = mapped_column(Text, default="")
    declared_at: Mapped[Moment]

    councillor: Mapped[Person] = relationship()


class Act(StrEnum):
    """What a councillor may do with an outcome."""

    APPROVE = "approve"
    REFER_BACK = "refer-back"


class Decision(Base):
    """One councillor's published act on one sitting of an outcome."""

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("round_id", "sitting", "councillor_id"),
        CheckConstraint(one_of("act", Act), name="act"),
        CheckConstraint("sitting > 0", name="sitting"),
        # Referring back is allowed, never silent.
        CheckConstraint("act = 'approve' OR reasons <> ''", name="reasons"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    # 1 until an outcome is referred back and answered; then 2, and so on.
    sitting: Mapped[int]
    councillor_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    act: Mapped[Act] = mapped_column(Word(Act))
    reasons: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[Moment]

    councillor: Mapped[Person] = relationship()


class Referral(Base):
    """An outcome sent back with reasons, and the officers' answer that opens a new sitting."""

    __tablename__ = "referrals"
    __table_args__ = (CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name="answer"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    sitting: Mapped[int] = mapped_column(primary_key=True)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    answered_by: Mapped[Person | None] = relationship()


@dataclass(frozen=True)
class Seat:
    """One councillor, with what they declared and did in this sitting."""

    councillor: Person
    interest: Interest | None
    decision: Decision | None

    @property
    def conflicted(self) -> bool:
        """Whether an interest keeps them out."""
        return self.interest is not None and self.interest.kind == InterestKind.PECUNIARY


@dataclass(frozen=True)
class SignOff:
    """Where the sign-off of a round stands."""

    sitting: int
    seats: tuple[Seat, ...]
    # What the rules ask for, and what that comes to with those who are free to decide.
    asked: int
    needed: int
    referred_back: bool

    @property
    def approvals(self) -> int:
        """How many councillors approved in this sitting."""
        return sum(
            seat.decision is not None and seat.decision.act == Act.APPROVE and not seat.conflicted
            for seat in self.seats
        )

    @property
    def stuck(self) -> bool:
        """Whether nobody is left who may decide: the monitoring officer must step in."""
        return all(seat.conflicted for seat in self.seats)

    @property
    def agreed(self) -> bool:
        """Whether enough councillors approved, and nobody referred it back."""
        return not self.referred_back and not self.stuck and self.approvals >= self.needed


def approvals_needed(asked: int, councillors: int, conflicted: int) -> int:
    """How many approvals close a sign-off: as many as asked, or all who are free to decide.

    At least one; a councillor with a pecuniary interest is out and is not waited for.
    """
    return max(1, min(asked, councillors - conflicted))


def sign_off_of(session: Session, the_round: Round) -> SignOff:
    """Every councillor's seat on a round, and what is still needed."""
    sitting = _sitting(session, the_round.id)
    # Read anew: one that was looked at before the round was held may have been changed since.
    declared = select(Interest).where(Interest.round_id == the_round.id)
    interests = {
        interest.councillor_id: interest
        for interest in session.scalars(declared.execution_options(populate_existing=True))
    }
    decisions = {
        decision.councillor_id: decision
        for decision in decisions_on(session, the_round.id)
        if decision.sitting == sitting
    }
    sitting_now = {person.id: person for person in councillors_for(session, the_round.community)}
    # Whoever has already decided stays on the page when their term ends.
    for decision in decisions.values():
        sitting_now.setdefault(decision.councillor_id, decision.councillor)
    seats = tuple(
        Seat(person, interests.get(person.id), decisions.get(person.id))
        for person in sitting_now.values()
    )
    rules = rules_of(session, the_round.id)
    asked = rules.approvals_needed if rules else 1
    return SignOff(
        sitting=sitting,
        seats=seats,
        asked=asked,
        needed=approvals_needed(asked, len(seats), sum(seat.conflicted for seat in seats)),
        referred_back=any(d.act == Act.REFER_BACK for d in decisions.values()),
    )


def declare_interest(
    session: Session, the_round: Round, councillor: Person, kind: InterestKind, details: str
) -> Interest:
    """Declare an interest, or none, before deciding; a pecuniary one stands."""
    hold_round(session, the_round.id, alone=True)
    seat = _seat(session, the_round, councillor)
    if seat.decision is not None:
        raise Refused(BallotRefusal.ALREADY_DECIDED)
    if seat.conflicted:
        raise Refused(BallotRefusal.INTEREST_STANDS)
    if kind != InterestKind.NONE and not details.strip():
        raise Refused(BallotRefusal.REASONS_MISSING)
    interest = seat.interest or Interest(round_id=the_round.id, councillor=councillor)
    interest.kind, interest.details = kind, details.strip()
    interest.declared_at = now(session)
    session.add(interest)
    session.flush()
    return interest


def decide(
    session: Session, the_round: Round, councillor: Person, act: Act, reasons: str
) -> Decision:
    """Approve an outcome or refer it back with reasons; once a sitting, and in public.

    Nobody signs what the fund cannot pay.
    """
    hold_round(session, the_round.id, alone=True)
    session.refresh(the_round)
    seat = _seat(session, the_round, councillor)
    if seat.interest is None:
        raise Refused(BallotRefusal.INTEREST_UNDECLARED)
    if seat.conflicted:
        raise Refused(BallotRefusal.INTEREST_FORBIDS)
    if seat.decision is not None:
        raise Refused(BallotRefusal.ALREADY_DECIDED)
    sign_off = sign_off_of(session, the_round)
    if sign_off.referred_back:
        raise Refused(BallotRefusal.REFERRED_BACK)
    if act == Act.APPROVE:
        check_affordable(session, the_round)
    if act == Act.REFER_BACK:
        if not reasons.strip():
            raise Refused(BallotRefusal.REASONS_MISSING)
        session.add(Referral(round_id=the_round.id, sitting=sign_off.sitting))
    decision = Decision(
        round_id=the_round.id,
        sitting=sign_off.sitting,
        councillor=councillor,
        act=act,
        reasons=reasons.strip(),
        decided_at=now(session),
    )
    session.add(decision)
    session.flush()
    return decision


def answer_referral(session: Session, the_round: Round, officer: Person, answer: str) -> Referral:
    """Answer what an outcome was referred back for; councillors then decide afresh."""
    check_still_allowed(session, the_round, Role.OFFICER, Action.ANSWER_REFERRAL)
    referral = session.get(Referral, (the_round.id, _sitting(session, the_round.id)))
    if referral is None or referral.answer is not None:
        raise Refused(BallotRefusal.NOT_REFERRED_BACK)
    if not answer.strip():
        raise Refused(BallotRefusal.REASONS_MISSING)
    referral.answer, referral.answered_by = answer.strip(), officer
    referral.answered_at = now(session)
    session.flush()
    return referral


def _seat(session: Session, the_round: Round, councillor: Person) -> Seat:
    check_allowed(Role.COUNCILLOR, Action.DECIDE, the_round.phase)
    if the_round.kind not in SIGNED:
        raise Refused(BallotRefusal.ONLY_PRACTICE)
    for seat in sign_off_of(session, the_round).seats:
        if seat.councillor.id == councillor.id:
            return seat
    raise Refused(BallotRefusal.NOT_YOUR_COMMUNITY)


def _sitting(session: Session, round_id: int) -> int:
    answered = select(func.count()).where(
        Referral.round_id == round_id, Referral.answered_at.is_not(None)
    )
    return 1 + int(session.execute(answered).scalar_one())


def interests_in(session: Session, round_id: int) -> list[Interest]:
    """Every declaration on a round, in order."""
    query = select(Interest).where(Interest.round_id == round_id).order_by(Interest.id)
    return list(session.scalars(query))


def decisions_on(session: Session, round_id: int) -> list[Decision]:
    """Every councillor's act on a round, all sittings, in order."""
    query = select(Decision).where(Decision.round_id == round_id).order_by(Decision.id)
    return list(session.scalars(query))


def referrals_of(session: Session, round_id: int) -> list[Referral]:
    """Every time a round's outcome was referred back, with the answers."""
    query = select(Referral).where(Referral.round_id == round_id).order_by(Referral.sitting)
    return list(session.scalars(query))


def awaiting(session: Session, councillor: Person) -> list[Round]:
    """The rounds that wait for this councillor's act, oldest first."""
    return [
        the_round
        for the_round in rounds_in(session, Phase.SIGN_OFF, kinds=SIGNED)
        if _waits_for(sign_off_of(session, the_round), councillor)
    ]


def _waits_for(sign_off: SignOff, councillor: Person) -> bool:
    return not sign_off.referred_back and any(
        seat.councillor.id == councillor.id and seat.decision is None and not seat.conflicted
        for seat in sign_off.seats
    )
