"""Where the sign-off of an outcome stands, in words: the line of stages, and who is next."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.labels import label
from app.public.stepped_in import stepped_in_words
from ballots.bars import Bar, interests_in
from ballots.referrals import Referral, SentBack, referrals_of, sent_back_in
from ballots.routes import Agreement, Stage, Standing, Verdict
from ballots.signing import Act, Signature
from ballots.signoff import Seat, SignOff, sign_off_of, signatures_on
from ballots.stages import StageRun
from ballots.stepping_in import steps_in
from neighbourhoods.interests import Interest, InterestKind
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round, RoundMove


@dataclass(frozen=True)
class StageRead:
    """One stage in the line: who acts, what for, how it stands, until when."""

    title: str
    asked: str
    state: str
    tone: str
    is_current: bool
    deadline_at: datetime | None


@dataclass(frozen=True)
class SeatRead:
    """One person at the stage that runs, what they declared and what they did, in words."""

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
    to: str
    question: str
    referred_by: list[Signature]
    answer: str | None
    answered_by: str
    answered_at: datetime | None


@dataclass(frozen=True)
class SignOffRead:
    """A sign-off in words, with everything that led up to it."""

    sitting: int
    state: str
    stages: list[StageRead]
    seats: list[SeatRead]
    agreed: bool
    referred_back: bool
    stuck: bool
    referrals: list[EarlierSitting]
    # An earlier decision that was called in and came back.
    sent_back: list[SentBack]
    # How the monitoring officer let it go on, and why, in sentences.
    stepped_in: list[str]
    # What happens once this stage is done.
    following: str


def read_sign_off(session: Session, the_round: Round) -> SignOffRead:
    """Where a round’s sign-off stands, put into words."""
    sign_off = sign_off_of(session, the_round)
    interests = interests_in(session, the_round.id)
    return SignOffRead(
        sitting=sign_off.sitting,
        state=_state(sign_off),
        stages=line_of(sign_off),
        seats=[_seat(seat, interests) for seat in sign_off.seats],
        agreed=sign_off.agreed,
        referred_back=sign_off.referral is not None,
        stuck=sign_off.stuck,
        referrals=_referrals(session, the_round.id),
        sent_back=sent_back_in(session, the_round.id),
        stepped_in=[stepped_in_words(one) for one in steps_in(session, the_round.id)],
        following=_following(sign_off),
    )


def _following(sign_off: SignOff) -> str:
    """What happens next on the route, a sentence or two; nothing once it is decided."""
    if sign_off.agreed:
        return ""
    if sign_off.referral is not None:
        return _("Once it is answered, it begins anew at the first stage.")
    if not sign_off.is_last:
        place = (sign_off.run.place if sign_off.run else 0) + 1
        then = sign_off.route.stages[place]
        return ngettext(
            "After this stage it goes to: %(part)s, who has %(num)d day.",
            "After this stage it goes to: %(part)s, who has %(num)d days.",
            then.days,
            part=label(then.part),
        )
    published = _("Once this stage is done, the decision and its notice are public at once.")
    if not sign_off.call_in_days:
        return published + " " + _("The money moves at once.")
    return (
        published
        + " "
        + ngettext(
            "Money moves %(num)d day later, unless the decision is called in.",
            "Money moves %(num)d days later, unless the decision is called in.",
            sign_off.call_in_days,
        )
    )


def line_of(sign_off: SignOff) -> list[StageRead]:
    """The stages of a route in a line that anybody can read."""
    runs = {run.place: run for run in sign_off.runs}
    return [
        _stage(stage, runs.get(place), sign_off)
        for place, stage in enumerate(sign_off.route.stages)
    ]


def _stage(stage: Stage, run: StageRun | None, sign_off: SignOff) -> StageRead:
    is_current = run is not None and run is sign_off.run and run.ended_at is None
    state, tone = _("Not yet"), "quiet"
    if is_current:
        state, tone = _("Now"), "wait"
    elif run is not None and run.standing is not None:
        state, tone = label(run.standing), "stop" if run.standing in _UNSETTLED else "good"
    return StageRead(
        title=label(stage.part),
        asked=_("%(purpose)s: %(agreement)s", purpose=label(stage.purpose), agreement=_who(stage)),
        state=state,
        tone=tone,
        is_current=is_current,
        deadline_at=run.deadline_at if run is not None and is_current else None,
    )


_UNSETTLED = (
    Standing.REFERRED_BACK,
    Standing.SPLIT,
    Standing.ALL_CONFLICTED,
    Standing.SILENT,
)


def _who(stage: Stage) -> str:
    return label(stage.agreement).lower()


def _state(sign_off: SignOff) -> str:
    if sign_off.referral is not None:
        return _("Referred back with reasons. It must be answered before anybody decides.")
    if sign_off.agreed:
        return _("Decided.")
    if sign_off.stuck:
        return _stuck(sign_off.standing.standing)
    waits_for = set(sign_off.standing.waits_for)
    waiting = [seat.person.name for seat in sign_off.seats if seat.person.id in waits_for]
    every = sign_off.stage.agreement in (Agreement.UNANIMOUS, Agreement.SHARES)
    return _("Waiting for %(names)s.", names=listed(waiting, every=every))


def _stuck(standing: Standing) -> str:
    match standing:
        case Standing.ALL_CONFLICTED:
            return _(
                "Nobody is free to decide: each has an interest, or had a hand in the vote. The "
                "council’s monitoring officer must say who decides instead."
            )
        case Standing.SPLIT:
            return _(
                "Those who decide do not agree. The council’s monitoring officer must say who "
                "settles it."
            )
        case _:
            return _(
                "The days to decide are over. The council’s monitoring officer has been told, and "
                "gives more time or says who decides instead."
            )


def listed(names: Collection[str], *, every: bool = False) -> str:
    """Names as they are read out: Ann, Bob or Cy; with `every`, Ann, Bob and Cy."""
    if len(names) < 2:
        return "".join(names)
    *before, last = names
    first = ", ".join(before)
    if every:
        return _("%(first)s and %(last)s", first=first, last=last)
    return _("%(first)s or %(last)s", first=first, last=last)


def _seat(seat: Seat, interests: list[Interest]) -> SeatRead:
    signature = seat.signature
    state, tone = _("Has not signed yet"), "wait"
    if seat.bar is not None:
        state, tone = bar_words(seat.bar), "quiet"
    elif signature is not None:
        state, tone = signature_words(signature)
    mine = [one for one in interests if one.person_id == seat.person.id]
    return SeatRead(
        name=seat.person.name,
        state=state,
        tone=tone,
        interest=interest_words(weightiest(mine) if seat.has_declared else None),
        interest_details="; ".join(dict.fromkeys(one.details for one in mine if one.details)),
        reasons=signature.reasons if signature else "",
        decided_at=signature.signed_at if signature else None,
    )


def bar_words(bar: Bar) -> str:
    """Why somebody takes no part."""
    match bar:
        case Bar.PECUNIARY:
            return _("Takes no part: declared a pecuniary interest")
        case Bar.RAN_VOTE:
            return _("Takes no part: ran the vote in the hall")
        case Bar.CLOSED_VOTE:
            return _("Takes no part: closed the vote")


def signature_words(signature: Signature) -> tuple[str, str]:
    """What somebody signed, in short, and its tone."""
    if signature.act is Act.REFER_BACK:
        return _("Referred back"), "stop"
    verdicts = {given.verdict for given in signature.verdicts}
    if Verdict.DECLINE in verdicts:
        whole = verdicts == {Verdict.DECLINE}
        return (_("Declined") if whole else _("Endorsed some, declined some")), "stop"
    if Verdict.CONDITIONS in verdicts:
        return _("Endorsed with conditions"), "good"
    return _("Endorsed"), "good"


def weightiest(interests: Collection[Interest]) -> InterestKind:
    """The weightiest of what somebody declared on a round’s projects."""
    order = (InterestKind.PECUNIARY, InterestKind.OTHER)
    kinds = {one.kind for one in interests}
    return next((kind for kind in order if kind in kinds), InterestKind.NONE)


def interest_words(kind: InterestKind | None) -> str:
    """What somebody declared, as a phrase that stands alone."""
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
    signatures = signatures_on(session, round_id) if referrals else []
    return [_earlier(referral, signatures) for referral in referrals]


def _earlier(referral: Referral, signatures: list[Signature]) -> EarlierSitting:
    return EarlierSitting(
        number=referral.sitting,
        to=label(referral.refer_to),
        question=referral.question,
        referred_by=[
            signature
            for signature in signatures
            if signature.sitting == referral.sitting and signature.act is Act.REFER_BACK
        ],
        answer=referral.answer,
        answered_by=referral.answered_by.name if referral.answered_by else "",
        answered_at=referral.answered_at,
    )


def waiting_since(session: Session, the_round: Round) -> datetime | None:
    """Since when an outcome has waited: its count, or the last answer to a referral."""
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
