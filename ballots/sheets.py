"""Signing a sheet: whose turn it is, what a sheet must say, and the signature that is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from ballots.affording import check_affordable
from ballots.bars import WHY_BARRED
from ballots.bundle import costs_to_sign
from ballots.refusals import BallotRefusal
from ballots.routes import Part, Stage, Verdict
from ballots.signing import (
    LEAST_REASONS,
    Act,
    Ground,
    Proof,
    ReferTo,
    Signature,
    SignedVerdict,
)
from ballots.signoff import SIGNED, SignOff, advance, sign_off_of
from ballots.stages import StageRun, is_quiet
from neighbourhoods.database import hold_round, now
from neighbourhoods.people import Person
from neighbourhoods.phases import Action, Role, check_allowed
from neighbourhoods.projects import projects_in
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round


@dataclass(frozen=True)
class VerdictGiven:
    """What somebody says of one project, with what it needs: a condition, a ground, reasons."""

    verdict: Verdict
    condition: str = ""
    ground: Ground | None = None
    reasons: str = ""


@dataclass(frozen=True)
class SheetGiven:
    """A sheet to sign: a verdict on each project by its code, or a referral of the whole."""

    verdicts: Mapping[str, VerdictGiven] = field(default_factory=dict)
    reasons: str = ""
    refer_to: ReferTo | None = None
    question: str = ""
    answer_by: date | None = None
    # A committee’s minute: held_on, moved_by, seconded_by, for, against, abstained.
    minute: Mapping[str, object] | None = None


def sign(
    session: Session,
    the_round: Round,
    person: Person,
    sheet: SheetGiven,
    *,
    bundle_sha256: str,
    proof: Proof,
) -> Signature:
    """Sign a sheet over a bundle, once, in public; refused if the bundle is not the newest.

    Nobody signs what the fund cannot pay.
    """
    hold_round(session, the_round.id, alone=True)
    session.refresh(the_round)
    check_allowed(Role.COUNCILLOR, Action.DECIDE, the_round.phase)
    if the_round.kind not in SIGNED:
        raise Refused(BallotRefusal.ONLY_PRACTICE)
    sign_off = sign_off_of(session, the_round)
    run = _check_turn(session, sign_off, the_round, person)
    if bundle_sha256 != sign_off.bundle_sha256:
        raise Refused(BallotRefusal.BUNDLE_CHANGED)
    if sheet.refer_to is None:
        check_affordable(session, the_round)
    costs = costs_to_sign(session, the_round)
    _check_sheet(sheet, costs, sign_off.stage)
    signature = Signature(
        round_id=the_round.id,
        sitting=sign_off.sitting,
        place=run.place,
        person=person,
        part=sign_off.stage.part,
        act=Act.REFER_BACK if sheet.refer_to else Act.DECIDE,
        reasons=sheet.reasons.strip(),
        refer_to=sheet.refer_to,
        question=sheet.question.strip(),
        answer_by=sheet.answer_by,
        minute=dict(sheet.minute) if sheet.minute else None,
        bundle_sha256=bundle_sha256,
        proof=proof,
        signed_at=now(session),
    )
    projects = {project.code: project for project in projects_in(session, the_round.id)}
    signature.verdicts = [
        SignedVerdict(
            project=projects[code],
            verdict=given.verdict,
            condition=given.condition.strip() if given.verdict is Verdict.CONDITIONS else "",
            ground=given.ground if given.verdict is Verdict.DECLINE else None,
            reasons=given.reasons.strip(),
        )
        for code, given in sheet.verdicts.items()
    ]
    session.add(signature)
    session.flush()
    advance(session, the_round)
    return signature


def _check_turn(session: Session, sign_off: SignOff, the_round: Round, person: Person) -> StageRun:
    """Raise Refused unless it is this person's turn; return the stage that runs."""
    seat, run = sign_off.seat_of(person), sign_off.run
    if seat is None or run is None:
        raise Refused(BallotRefusal.NOT_YOUR_STAGE)
    if seat.bar is not None:
        raise Refused(WHY_BARRED[seat.bar])
    if not seat.has_declared:
        raise Refused(BallotRefusal.INTEREST_UNDECLARED)
    if seat.signature is not None:
        raise Refused(BallotRefusal.ALREADY_DECIDED)
    if sign_off.referral is not None:
        raise Refused(BallotRefusal.REFERRED_BACK)
    if run.ended_at is not None:
        raise Refused(BallotRefusal.ALREADY_DECIDED)
    if is_quiet(session, the_round.id):
        raise Refused(BallotRefusal.PRE_ELECTION)
    return run


def _check_sheet(sheet: SheetGiven, costs: Mapping[str, int], stage: Stage) -> None:
    if (stage.part is Part.COMMITTEE) != (sheet.minute is not None):
        raise Refused(BallotRefusal.MINUTE_MISSING)
    if sheet.refer_to is not None:
        if sheet.verdicts or not sheet.reasons.strip() or not sheet.question.strip():
            raise Refused(BallotRefusal.REASONS_MISSING)
        return
    if set(sheet.verdicts) != set(costs):
        raise Refused(BallotRefusal.VERDICT_MISSING)
    for given in sheet.verdicts.values():
        if given.verdict is Verdict.CONDITIONS and not given.condition.strip():
            raise Refused(BallotRefusal.CONDITION_MISSING)
        if given.verdict is Verdict.DECLINE and (
            given.ground is None or len(given.reasons.strip()) < LEAST_REASONS
        ):
            raise Refused(BallotRefusal.REASONS_TOO_SHORT, limit=LEAST_REASONS)
