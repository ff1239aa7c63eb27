"""Projects: proposals that passed screening and stand on the ballot paper."""

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.database import Base, Pence
from neighbourhoods.proposals import Proposal
from neighbourhoods.rounds import Round

# Points for a published social criterion go from 0 to this.
MOST_CRITERION_POINTS = 10


class Project(Base):
    """One line of a round's ballot paper, at the cost that screening settled."""

    __tablename__ = "projects"
    __table_args__ = (
        UniqueConstraint("round_id", "code"),
        UniqueConstraint("proposal_id"),
        CheckConstraint("cost_pence > 0", name="cost"),
        CheckConstraint(
            "minimum_cost_pence IS NULL OR minimum_cost_pence BETWEEN 1 AND cost_pence",
            name="minimum_cost",
        ),
        CheckConstraint("beneficiaries IS NULL OR beneficiaries > 0", name="beneficiaries"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    # What ballots and records call it; for an imported election, the file's own id.
    code: Mapped[str] = mapped_column(String(60))
    title: Mapped[str] = mapped_column(String(300))
    summary: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str] = mapped_column(String(120), default="")
    place: Mapped[str] = mapped_column(String(160), default="")
    cost_pence: Mapped[Pence]
    # The neighbourhood or street that it serves; empty where it was not said.
    area: Mapped[str] = mapped_column(String(120), default="")
    # Down to what it may be part-funded; empty: not at all.
    minimum_cost_pence: Mapped[Pence | None]
    # How many people benefit, where officers could say.
    beneficiaries: Mapped[int | None]
    # Points from 0 to 10 by the name of a published social criterion.
    criteria: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    # None for an imported election, whose projects come without their proposals.
    proposal_id: Mapped[int | None] = mapped_column(ForeignKey("proposals.id"))

    the_round: Mapped[Round] = relationship()
    proposal: Mapped[Proposal | None] = relationship()


def projects_in(session: Session, round_id: int) -> list[Project]:
    """The projects of a round, in the order they came to the ballot paper."""
    query = select(Project).where(Project.round_id == round_id).order_by(Project.id)
    return list(session.scalars(query))


def titles_in(session: Session, round_id: int) -> dict[str, str]:
    """What the projects of a round are called, by code."""
    query = select(Project.code, Project.title).where(Project.round_id == round_id)
    return {row.code: row.title for row in session.execute(query.order_by(Project.id))}


def project_for(session: Session, proposal: Proposal) -> Project | None:
    """The project that a proposal became, if it passed."""
    return session.scalar(select(Project).where(Project.proposal_id == proposal.id))


def proposal_behind(session: Session, project: Project) -> Proposal | None:
    """The proposal that a project came from; a vote in a hall has it from its meeting's round."""
    if project.proposal_id is not None or project.the_round.within_id is None:
        return project.proposal
    query = (
        select(Proposal)
        .join(Project, Project.proposal_id == Proposal.id)
        .where(Project.round_id == project.the_round.within_id, Project.code == project.code)
    )
    return session.scalar(query)
