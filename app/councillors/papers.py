"""What lies before whoever signs, beside the count: findings, advice, withdrawals, shares."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ballots.bundle import notes_on
from ballots.signing import OfficerNote
from ballots.signoff import SignOff
from ballots.stages import Withdrawal, withdrawn_in
from neighbourhoods.people import Person
from neighbourhoods.projects import Project
from neighbourhoods.rounds import Round
from neighbourhoods.screening import Screening


@dataclass(frozen=True)
class Papers:
    """What lies beside the count; by project code where it is about a project."""

    findings: dict[str, Screening]
    notes: list[OfficerNote]
    withdrawn: dict[str, Withdrawal]
    # Whose share of the money a project is in, where members share it.
    shares: dict[str, Person]


def papers_on(session: Session, the_round: Round, sign_off: SignOff) -> Papers:
    """Everything that lies before whoever signs, beside the count."""
    people = {seat.person.id: seat.person for seat in sign_off.seats}
    withdrawals = withdrawn_in(session, the_round.id).values()
    return Papers(
        findings=findings_on(session, the_round),
        notes=notes_on(session, the_round.id),
        withdrawn={one.project.code: one for one in withdrawals},
        shares={
            code: people[person]
            for code, person in sign_off.standing.shares.items()
            if person in people
        },
    )


def findings_on(session: Session, the_round: Round) -> dict[str, Screening]:
    """The newest finding on each project, by project code, in one query."""
    newest = (
        select(func.max(Screening.id))
        .join(Project, Project.proposal_id == Screening.proposal_id)
        .where(Project.round_id == the_round.id)
        .group_by(Screening.proposal_id)
    )
    query = (
        select(Project.code, Screening)
        .join(Screening, Screening.proposal_id == Project.proposal_id)
        .where(Screening.id.in_(newest))
    )
    return {row.code: row.Screening for row in session.execute(query)}
