"""Sign-off: interests first, then stage after stage of the route, in public, over one bundle."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.bars import Bar, barred_in, declared_by
from ballots.bundle import bundle_hash, costs_to_sign
from ballots.referrals import Referral, open_referral, sent_back_in, sitting_of
from ballots.refusals import BallotRefusal
from ballots.routes import (
    Otherwise,
    Route,
    Sheet,
    Stage,
    StageStanding,
    Standing,
    stand,
)
from ballots.signing import (
    Act,
    Signature,
)
from ballots.stages import (
    StageRun,
    begin_stage,
    end_stage,
    people_at,
    route_for,
    runs_of,
    substitute_at,
)
from neighbourhoods.database import now
from neighbourhoods.people import Person
from neighbourhoods.phases import Action, Phase, Role
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round, RoundKind, check_still_allowed, rounds_in

# What is decided on; a rehearsal decides nothing.
SIGNED = (RoundKind.FULL, RoundKind.HALL)


@dataclass(frozen=True)
class Seat:
    """One person at the stage that runs: what keeps them out, and what they signed."""

    person: Person
    has_declared: bool
    bar: Bar | None
    # Only what was signed over the bundle as it stands.
    signature: Signature | None


@dataclass(frozen=True)
class SignOff:
    """Where the sign-off of a round stands."""

    route: Route
    call_in_days: int
    sitting: int
    runs: tuple[StageRun, ...]
    # The stage that runs, or the last one.
    stage: Stage
    run: StageRun | None
    seats: tuple[Seat, ...]
    standing: StageStanding
    bundle_sha256: str
    referral: Referral | None
    # Whoever the monitoring officer named, who settles what the others do not agree on.
    settler: int | None = None
    # Whether a decision on it was called in and sent back before: the next one is final.
    came_back: bool = False

    @property
    def is_last(self) -> bool:
        """Whether the stage that runs is the one that decides."""
        return self.stage is self.route.stages[-1]

    @property
    def agreed(self) -> bool:
        """Whether the last stage is done: the outcome is decided."""
        return self.is_last and self.run is not None and self.run.standing is Standing.DONE

    @property
    def stuck(self) -> bool:
        """Whether it cannot end by itself: the monitoring officer must step in."""
        return self.standing.standing in _OTHERWISE and self._otherwise() is not Otherwise.GO_ON

    def _otherwise(self) -> Otherwise:
        return _OTHERWISE[self.standing.standing](self.stage)

    def seat_of(self, person: Person) -> Seat | None:
        """The seat of somebody, if they have one at this stage."""
        return next((seat for seat in self.seats if seat.person.id == person.id), None)

    def waits_for(self, person: Person) -> bool:
        """Whether it is somebody's turn to sign."""
        return (
            self.referral is None
            and self.run is not None
            and self.run.ended_at is None
            and person.id in self.standing.waits_for
        )


_OTHERWISE: dict[Standing, Callable[[Stage], Otherwise]] = {
    Standing.SPLIT: lambda stage: stage.if_split,
    Standing.ALL_CONFLICTED: lambda stage: stage.if_all_conflicted,
    Standing.SILENT: lambda stage: stage.if_silent,
}


def sign_off_of(session: Session, the_round: Round) -> SignOff:
    """Where a round stands on its route, and who is waited for."""
    frozen, sitting = route_for(session, the_round), sitting_of(session, the_round.id)
    runs = tuple(run for run in runs_of(session, the_round.id) if run.sitting == sitting)
    run = runs[-1] if runs else None
    stage = frozen.route.stages[run.place if run else 0]
    bundle = bundle_hash(session, the_round)
    named = substitute_at(session, run) if run else None
    came_back = bool(sent_back_in(session, the_round.id))
    people = people_at(session, the_round, run, stage) if run else []
    bars = barred_in(session, the_round)
    signed = _signed_at(session, run, bundle) if run else []
    seated = {person.id: person for person in people}
    # Whoever has signed stays on the page when their term ends.
    seated |= {signature.person_id: signature.person for signature in signed}
    by_person = {signature.person_id: signature for signature in signed}
    costs = costs_to_sign(session, the_round)
    seats = tuple(
        Seat(
            person,
            declared_by(session, the_round, person, costs),
            bars.get(person.id),
            by_person.get(person.id),
        )
        for person in seated.values()
    )
    return SignOff(
        route=frozen.route,
        call_in_days=0 if came_back else frozen.call_in_days,
        sitting=sitting,
        runs=runs,
        stage=stage,
        run=run,
        seats=seats,
        standing=_standing(session, stage, run, costs, seats, named.person_id if named else None),
        bundle_sha256=bundle,
        referral=open_referral(session, the_round.id),
        settler=named.person_id if named else None,
        came_back=came_back,
    )


def _standing(
    session: Session,
    stage: Stage,
    run: StageRun | None,
    costs: Mapping[str, int],
    seats: Sequence[Seat],
    settler: int | None,
) -> StageStanding:
    if run is None:
        return StageStanding(Standing.WAITING, (), (), (), {})
    signed = sorted(
        (seat.signature for seat in seats if seat.signature is not None), key=lambda one: one.id
    )
    return stand(
        stage,
        costs,
        [seat.person.id for seat in seats],
        [seat.person.id for seat in seats if seat.bar is not None],
        [_sheet_of(signature) for signature in signed],
        deadline=run.deadline_at,
        now=now(session),
        settler=settler,
    )


def foresee(
    session: Session, the_round: Round, sign_off: SignOff, run: StageRun, sheet: Sheet
) -> StageStanding:
    """Where the stage that runs would stand once somebody has signed this sheet too."""
    signed = [seat.signature for seat in sign_off.seats if seat.signature is not None]
    return stand(
        sign_off.stage,
        costs_to_sign(session, the_round),
        [seat.person.id for seat in sign_off.seats],
        [seat.person.id for seat in sign_off.seats if seat.bar is not None],
        [*(_sheet_of(one) for one in sorted(signed, key=lambda one: one.id)), sheet],
        deadline=run.deadline_at,
        now=now(session),
        settler=sign_off.settler,
    )


def _sheet_of(signature: Signature) -> Sheet:
    verdicts = {given.project.code: given.verdict for given in signature.verdicts}
    return Sheet(signature.person_id, verdicts, signature.act is Act.REFER_BACK)


def _signed_at(session: Session, run: StageRun, bundle: str) -> list[Signature]:
    query = (
        select(Signature)
        .where(
            Signature.round_id == run.round_id,
            Signature.sitting == run.sitting,
            Signature.place == run.place,
            Signature.bundle_sha256 == bundle,
        )
        .order_by(Signature.id)
    )
    return list(session.scalars(query.execution_options(populate_existing=True)))


def begin_sign_off(session: Session, the_round: Round) -> StageRun:
    """Begin the first stage of a round that was counted."""
    route = route_for(session, the_round).route
    return begin_stage(session, the_round, route.stages[0], sitting_of(session, the_round.id), 0)


def advance(session: Session, the_round: Round) -> SignOff:
    """End the stage that runs if it is done and begin the next; again until one waits."""
    while True:
        sign_off = sign_off_of(session, the_round)
        run, standing = sign_off.run, sign_off.standing.standing
        if run is None or run.ended_at is not None or sign_off.referral is not None:
            return sign_off
        if standing is Standing.REFERRED_BACK:
            _refer_back(session, the_round, sign_off)
            end_stage(session, run, standing)
            return sign_off_of(session, the_round)
        goes_on = standing is Standing.DONE or (
            standing in _OTHERWISE and _OTHERWISE[standing](sign_off.stage) is Otherwise.GO_ON
        )
        if not goes_on:
            return sign_off
        end_stage(session, run, standing)
        if sign_off.is_last:
            return sign_off_of(session, the_round)
        stage = sign_off.route.stages[run.place + 1]
        begin_stage(session, the_round, stage, run.sitting, run.place + 1)


def _refer_back(session: Session, the_round: Round, sign_off: SignOff) -> None:
    asked = [
        seat.signature
        for seat in sign_off.seats
        if seat.signature is not None and seat.signature.act is Act.REFER_BACK
    ]
    first = min(asked, key=lambda signature: signature.id)
    session.add(
        Referral(
            round_id=the_round.id,
            sitting=sign_off.sitting,
            refer_to=first.refer_to,
            question=first.question,
            answer_by=first.answer_by,
        )
    )
    session.flush()


def answer_referral(session: Session, the_round: Round, officer: Person, answer: str) -> Referral:
    """Answer what an outcome was referred back for; a new sitting begins at the first stage."""
    check_still_allowed(session, the_round, Role.OFFICER, Action.ANSWER_REFERRAL)
    referral = open_referral(session, the_round.id)
    if referral is None:
        raise Refused(BallotRefusal.NOT_REFERRED_BACK)
    if not answer.strip():
        raise Refused(BallotRefusal.REASONS_MISSING)
    referral.answer, referral.answered_by = answer.strip(), officer
    referral.answered_at = now(session)
    session.flush()
    begin_sign_off(session, the_round)
    return referral


def signatures_on(session: Session, round_id: int) -> list[Signature]:
    """Everything that was signed on a round, void or not, in order."""
    query = select(Signature).where(Signature.round_id == round_id).order_by(Signature.id)
    return list(session.scalars(query))


def awaiting(session: Session, person: Person) -> list[Round]:
    """The rounds that wait for this person's signature, oldest first."""
    rounds = rounds_in(session, Phase.SIGN_OFF, kinds=SIGNED)
    return [one for one in rounds if sign_off_of(session, one).waits_for(person)]
