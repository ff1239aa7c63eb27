"""Interests before a duty: an officer screens a proposal, a facilitator runs a meeting."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from neighbourhoods.assemblies import Assembly
from neighbourhoods.database import now
from neighbourhoods.interests import Duty, DutyInterest, InterestKind
from neighbourhoods.people import Person
from neighbourhoods.proposals import Proposal
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round


def declare_for_duty(
    session: Session,
    the_round: Round,
    person: Person,
    kind: InterestKind,
    details: str = "",
    *,
    proposal: Proposal | None = None,
) -> DutyInterest:
    """Declare before screening this proposal, or before running meetings of a round.

    A pecuniary interest stands; each declaration is kept.
    """
    known = declared_for_duty(session, the_round, person, proposal=proposal)
    if known is not None and known.kind is InterestKind.PECUNIARY:
        raise Refused(Refusal.DUTY_FORBIDDEN)
    if kind is not InterestKind.NONE and not details.strip():
        raise Refused(Refusal.REASON_MISSING)
    declared = DutyInterest(
        round_id=the_round.id,
        person=person,
        duty=Duty.RUN if proposal is None else Duty.SCREEN,
        proposal_id=proposal.id if proposal else None,
        kind=kind,
        details="" if kind is InterestKind.NONE else details.strip(),
        declared_at=now(session),
    )
    session.add(declared)
    session.flush()
    return declared


def declared_for_duty(
    session: Session, the_round: Round, person: Person, *, proposal: Proposal | None = None
) -> DutyInterest | None:
    """What somebody declared last before a duty, if they did."""
    query = select(DutyInterest).where(
        DutyInterest.round_id == the_round.id,
        DutyInterest.person_id == person.id,
        DutyInterest.proposal_id.is_(None)
        if proposal is None
        else DutyInterest.proposal_id == proposal.id,
    )
    return session.scalar(query.order_by(DutyInterest.id.desc()).limit(1))


def check_free_for_duty(
    session: Session, the_round: Round, person: Person, *, proposal: Proposal | None = None
) -> None:
    """Raise Refused unless somebody declared that nothing keeps them from a duty."""
    declared = declared_for_duty(session, the_round, person, proposal=proposal)
    if declared is None:
        raise Refused(Refusal.DUTY_UNDECLARED)
    if declared.kind is InterestKind.PECUNIARY:
        raise Refused(Refusal.DUTY_FORBIDDEN)


def check_free_to_run(session: Session, assembly: Assembly, by: Person | None) -> None:
    """Raise Refused unless whoever runs a meeting declared that nothing keeps them from it.

    The clock has no interests, and a rehearsal decides nothing.
    """
    if by is not None and not assembly.is_practice:
        check_free_for_duty(session, assembly.the_round, by)
