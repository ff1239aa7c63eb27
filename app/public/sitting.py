"""Where the sign-off of an outcome stands, in words: who has signed and who is waited for."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.signoff import (
    Act,
    Decision,
    InterestKind,
    Referral,
    Seat,
    SignOff,
    decisions_on,
    referrals_of,
    sign_off_of,
)
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round, RoundMove


@dataclass(frozen=True)
class SeatRead:
    """One councillor, what they declared and what they did, in words."""

    name: str
    state: str
    tone: str
    interest: str
    interest_details: str
    reasons: str
    decided_at: datetime | None


@dataclass(frozen=True)
class EarlierSitting:
    """A sitting that ended with the outcome being referred back."""

    number: int
    referred_by: list[Decision]
    answer: str | None
    answered_by: str
    answered_at: datetime | None


@dataclass(frozen=True)
class SignOffRead:
    """A sign-off in words, with everything that led up to it."""

    sitting: int
    state: str
    seats: list[SeatRead]
    approvals: int
    needed: int
    agreed: bool
    referred_back: bool
    stuck: bool
    referrals: list[EarlierSitting]


def read_sign_off(session: Session, the_round: Round) -> SignOffRead:
    """Where a round’s sign-off stands, put into words."""
    sign_off = sign_off_of(session, the_round)
    return SignOffRead(
        sitting=sign_off.sitting,
        state=_state(sign_off),
        seats=[_seat(seat) for seat in sign_off.seats],
        approvals=sign_off.approvals,
        needed=sign_off.needed,
        agreed=sign_off.agreed,
        referred_back=sign_off.referred_back,
        stuck=sign_off.stuck,
        referrals=_referrals(session, the_round.id),
    )


def _state(sign_off: SignOff) -> str:
    if sign_off.referred_back:
        return _("Referred back with reasons. Council officers must answer before anybody decides.")
    if sign_off.stuck:
        return _(
            "No councillor is free to decide: each has declared an interest that keeps them out. "
            "The council’s monitoring officer must say who decides instead."
        )
    if sign_off.agreed:
        return _("Signed: enough councillors have approved it.")
    waiting = [
        seat.councillor.name
        for seat in sign_off.seats
        if seat.decision is None and not seat.conflicted
    ]
    given = ngettext(
        "%(given)s of %(num)d approval given.",
        "%(given)s of %(num)d approvals given.",
        sign_off.needed,
        given=sign_off.approvals,
    )
    all_needed = sign_off.needed - sign_off.approvals >= len(waiting)
    names = listed(waiting, every=all_needed)
    state = _("%(given)s Waiting for %(names)s.", given=given, names=names)
    return f"{state} {_fewer(sign_off)}".strip()


def _fewer(sign_off: SignOff) -> str:
    """Why fewer approvals are enough than the rules ask for, if that is so."""
    if sign_off.needed >= sign_off.asked:
        return ""
    return _(
        "The rules ask for %(asked)s approvals. A councillor with a pecuniary interest takes no "
        "part, so everybody who is left must approve.",
        asked=sign_off.asked,
    )


def listed(names: list[str], *, every: bool = False) -> str:
    """Names as they are read out: Ann, Bob or Cy; with `every`, Ann, Bob and Cy."""
    if len(names) < 2:
        return "".join(names)
    first, last = ", ".join(names[:-1]), names[-1]
    if every:
        return _("%(first)s and %(last)s", first=first, last=last)
    return _("%(first)s or %(last)s", first=first, last=last)


def _seat(seat: Seat) -> SeatRead:
    decision = seat.decision
    if seat.conflicted:
        state, tone = _("Takes no part: declared a pecuniary interest"), "quiet"
    elif decision is None:
        state, tone = _("Has not decided yet"), "wait"
    elif decision.act == Act.APPROVE:
        state, tone = _("Approved"), "good"
    else:
        state, tone = _("Referred back"), "stop"
    return SeatRead(
        name=seat.councillor.name,
        state=state,
        tone=tone,
        interest=interest_words(seat.interest.kind if seat.interest else None),
        interest_details=seat.interest.details if seat.interest else "",
        reasons=decision.reasons if decision else "",
        decided_at=decision.decided_at if decision else None,
    )


def interest_words(kind: InterestKind | None) -> str:
    """What a councillor declared, as a phrase that stands alone."""
    match kind:
        case None:
            return _("Nothing declared yet")
        case InterestKind.NONE:
            return _("Declared no interest")
        case InterestKind.OTHER:
            return _("Declared another interest")
        case InterestKind.PECUNIARY:
            return _("Declared a disclosable pecuniary interest")


def _referrals(session: Session, round_id: int) -> list[EarlierSitting]:
    referrals = referrals_of(session, round_id)
    decisions = decisions_on(session, round_id) if referrals else []
    return [_earlier(referral, decisions) for referral in referrals]


def _earlier(referral: Referral, decisions: list[Decision]) -> EarlierSitting:
    return EarlierSitting(
        number=referral.sitting,
        referred_by=[
            decision
            for decision in decisions
            if decision.sitting == referral.sitting and decision.act == Act.REFER_BACK
        ],
        answer=referral.answer,
        answered_by=referral.answered_by.name if referral.answered_by else "",
        answered_at=referral.answered_at,
    )


def waiting_since(session: Session, the_round: Round) -> datetime | None:
    """Since when an outcome has waited for councillors: its count, or officers’ last answer."""
    answered = [found.answered_at for found in referrals_of(session, the_round.id)]
    if answered and answered[-1] is not None:
        return answered[-1]
    query = (
        select(RoundMove.moved_at)
        .where(RoundMove.round_id == the_round.id, RoundMove.to_phase == Phase.SIGN_OFF)
        .order_by(RoundMove.id.desc())
        .limit(1)
    )
    return session.scalar(query)
