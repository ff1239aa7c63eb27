"""What keeps somebody from signing: an interest, or a hand they had in the vote itself."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.refusals import BallotRefusal
from neighbourhoods.assemblies import ActKind, Assembly, AssemblyAct
from neighbourhoods.database import hold_round, now
from neighbourhoods.interests import Interest, InterestKind
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round, RoundMove

# By these acts a facilitator has a hand in a vote.
_VOTE_ACTS = (
    ActKind.OPEN_VOTE,
    ActKind.EXTEND_VOTE,
    ActKind.STOP_VOTE,
    ActKind.REVEAL,
    ActKind.HANDLE_PAPERS,
)


class Bar(StrEnum):
    """Why somebody cannot sign."""

    PECUNIARY = "pecuniary"
    RAN_VOTE = "ran-vote"
    CLOSED_VOTE = "closed-vote"


# What whoever is barred reads.
WHY_BARRED = {
    Bar.PECUNIARY: BallotRefusal.INTEREST_FORBIDS,
    Bar.RAN_VOTE: BallotRefusal.RAN_VOTE,
    Bar.CLOSED_VOTE: BallotRefusal.CLOSED_VOTE,
}


@dataclass(frozen=True)
class Declared:
    """What somebody declares on one project; a dispensation names its reference."""

    kind: InterestKind
    details: str = ""
    dispensation: str = ""


def barred_in(session: Session, the_round: Round) -> dict[int, Bar]:
    """Who may not sign this round, and why, by person id; an interest is told first."""
    closed = select(RoundMove.moved_by_id).where(
        RoundMove.round_id == the_round.id,
        RoundMove.to_phase == Phase.COUNT,
        RoundMove.moved_by_id.is_not(None),
    )
    rounds = [one for one in (the_round.id, the_round.within_id) if one is not None]
    ran = (
        select(AssemblyAct.by_id)
        .join(Assembly, Assembly.id == AssemblyAct.assembly_id)
        .where(
            Assembly.round_id.in_(rounds),
            AssemblyAct.kind.in_(_VOTE_ACTS),
            AssemblyAct.by_id.is_not(None),
        )
    )
    bars = {
        **{one: Bar.RAN_VOTE for one in session.scalars(ran) if one is not None},
        **{one: Bar.CLOSED_VOTE for one in session.scalars(closed) if one is not None},
    }
    for interest in interests_in(session, the_round.id):
        if interest.kind is InterestKind.PECUNIARY and not interest.dispensation:
            bars[interest.person_id] = Bar.PECUNIARY
    return bars


def interests_in(session: Session, round_id: int) -> list[Interest]:
    """Every declaration on a round, in order."""
    query = select(Interest).where(Interest.round_id == round_id).order_by(Interest.id)
    # Read anew: one that was looked at before the round was held may have been changed since.
    return list(session.scalars(query.execution_options(populate_existing=True)))


def declared_by(session: Session, the_round: Round, person: Person, codes: Collection[str]) -> bool:
    """Whether somebody has declared on each of these projects."""
    mine = {one.project.code for one in interests_in(session, the_round.id) if one.person == person}
    # A count that funded nothing leaves nothing to declare on.
    return mine.issuperset(codes)


def declare_interests(
    session: Session, the_round: Round, person: Person, declared: Mapping[str, Declared]
) -> list[Interest]:
    """Declare on projects by their code, or none on each, before signing; a pecuniary one stands.

    Only the reference of a dispensation may still be added to it.
    """
    hold_round(session, the_round.id, alone=True)
    known = {
        one.project.code: one
        for one in interests_in(session, the_round.id)
        if one.person_id == person.id
    }
    projects = {project.code: project for project in projects_in(session, the_round.id)}
    made = []
    for code, one in declared.items():
        if code not in projects:
            raise Refused(BallotRefusal.NOT_A_PROJECT)
        if one.kind is not InterestKind.NONE and not one.details.strip():
            raise Refused(BallotRefusal.REASONS_MISSING)
        if one.dispensation.strip() and one.kind is not InterestKind.PECUNIARY:
            raise Refused(BallotRefusal.DISPENSATION_NEEDLESS)
        interest = known.get(code) or Interest(
            round_id=the_round.id, person=person, project=projects[code]
        )
        if interest.kind is InterestKind.PECUNIARY and one.kind is not InterestKind.PECUNIARY:
            raise Refused(BallotRefusal.INTEREST_STANDS)
        interest.kind, interest.details = one.kind, one.details.strip()
        interest.dispensation = one.dispensation.strip()
        interest.declared_at = now(session)
        session.add(interest)
        made.append(interest)
    session.flush()
    return made
