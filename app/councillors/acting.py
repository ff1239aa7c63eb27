"""What somebody can do on an outcome now: their seat, what keeps them out, the one next step."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.public.sitting import bar_words, listed
from ballots.bars import WHY_BARRED, Bar
from ballots.drafts import SheetDraft, draft_of
from ballots.refusals import BallotRefusal
from ballots.signoff import SIGNED, Seat, SignOff, sign_off_of
from ballots.stages import StageRun, is_quiet
from neighbourhoods.people import Office, Person, offices_of
from neighbourhoods.phases import Action, Phase, Role, check_allowed
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round


@dataclass(frozen=True)
class Turn:
    """Somebody whose turn it is, and the stage at which they act."""

    sign_off: SignOff
    seat: Seat
    run: StageRun


@dataclass(frozen=True)
class NextStep:
    """What stands at the top of the decision page: a sentence, and perhaps a button and a link."""

    words: str
    button: str = ""
    link: str = ""
    also: str = ""
    also_link: str = ""


def take_turn(session: Session, the_round: Round, person: Person) -> Turn:
    """The turn of somebody to declare or to write; Refused, with the reason, if it is not."""
    check_allowed(Role.COUNCILLOR, Action.DECIDE, the_round.phase)
    if the_round.kind not in SIGNED:
        raise Refused(BallotRefusal.ONLY_PRACTICE)
    sign_off = sign_off_of(session, the_round)
    seat, run = sign_off.seat_of(person), sign_off.run
    if seat is None or run is None:
        raise Refused(BallotRefusal.NOT_YOUR_STAGE)
    if seat.signature is not None or run.ended_at is not None:
        raise Refused(BallotRefusal.ALREADY_DECIDED)
    if sign_off.referral is not None:
        raise Refused(BallotRefusal.REFERRED_BACK)
    return Turn(sign_off, seat, run)


def check_free(session: Session, the_round: Round, turn: Turn) -> None:
    """Raise Refused unless this person may write a sheet and sign it now."""
    if turn.seat.bar is not None:
        raise Refused(WHY_BARRED[turn.seat.bar])
    if not turn.seat.has_declared:
        raise Refused(BallotRefusal.INTEREST_UNDECLARED)
    if is_quiet(session, the_round.id):
        raise Refused(BallotRefusal.PRE_ELECTION)


def next_step(session: Session, the_round: Round, sign_off: SignOff, person: Person) -> NextStep:
    """The one thing this person can do on an outcome now, or why they can do nothing."""
    if the_round.phase != Phase.SIGN_OFF:
        return NextStep(
            _("This outcome is decided."),
            _("Read the public record"),
            url_for("public.record", round_id=the_round.id),
        )
    if sign_off.stuck and _watches(session, person):
        return NextStep(
            _("This stage cannot end by itself. Say how it goes on."),
            _("Step in"),
            _to("step_in", the_round),
        )
    if sign_off.referral is not None:
        return NextStep(_("It was referred back. You can act once it is answered."))
    seat = sign_off.seat_of(person)
    if seat is None or sign_off.run is None:
        return NextStep(_("It is not your turn. The line of stages shows whose it is."))
    if seat.bar is not None:
        return _barred(the_round, seat.bar)
    if seat.signature is not None:
        return NextStep(_waits(sign_off))
    if is_quiet(session, the_round.id):
        return NextStep(
            _("A pre-election period is on: nothing is signed until it is over. You can read.")
        )
    return _to_act(the_round, seat, draft_of(session, the_round, person, sign_off.run))


def _to_act(the_round: Round, seat: Seat, draft: SheetDraft | None) -> NextStep:
    if not seat.has_declared:
        return NextStep(
            _("Read what stands above. Then say of each project whether you have an interest."),
            _("Declare my interests"),
            _to("interests", the_round),
        )
    change, interests = _("Change what you declared"), _to("interests", the_round)
    if draft is None:
        return NextStep(
            _("Your interests are declared. Now say what you decide on each project."),
            _("Write my sheet"),
            _to("sheet", the_round),
            change,
            interests,
        )
    return NextStep(
        _("Your sheet is written, and not signed yet."),
        _("Go on to sign"),
        _to("sign", the_round),
        _("Change my sheet"),
        _to("sheet", the_round),
    )


def _barred(the_round: Round, bar: Bar) -> NextStep:
    if bar is Bar.PECUNIARY:
        return NextStep(
            _("You declared a pecuniary interest, so you take no part in this decision."),
            also=_("Add the reference of a dispensation"),
            also_link=_to("interests", the_round),
        )
    return NextStep(bar_words(bar) + ".")


def _waits(sign_off: SignOff) -> str:
    others = [
        seat.person.name for seat in sign_off.seats if seat.person.id in sign_off.standing.waits_for
    ]
    if not others:
        return _("You have signed.")
    return _("You have signed. It now waits for %(names)s.", names=listed(others, every=True))


def _watches(session: Session, person: Person) -> bool:
    held = {appointment.office for appointment in offices_of(session, person)}
    return Office.MONITORING_OFFICER in held


def _to(view: str, the_round: Round) -> str:
    return url_for(f"councillors.{view}", round_id=the_round.id)
