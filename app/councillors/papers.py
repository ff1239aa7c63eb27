"""What officers found on every project that stood on the ballot paper."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from neighbourhoods.projects import Project
from neighbourhoods.rounds import Round
from neighbourhoods.screening import Screening


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
