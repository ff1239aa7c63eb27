"""Screening: is it lawful, is it feasible, what does it cost; in public, with a right of reply."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.database import Base, Moment, Pence, Word, now, one_of
from neighbourhoods.duties import check_free_for_duty
from neighbourhoods.people import Person
from neighbourhoods.phases import Action, Role
from neighbourhoods.projects import MOST_CRITERION_POINTS, Project, project_for
from neighbourhoods.proposals import (
    Proposal,
    ProposalState,
    ProposalWords,
    check_own,
    proposals_in,
    write_version,
)
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round, check_still_allowed


class ScreeningResult(StrEnum):
    """What officers found."""

    PASSED = "passed"
    SMALLER_ASKED = "smaller-asked"
    NOT_PASSED = "not-passed"


class Screening(Base):
    """One officer's published finding on one version of a proposal."""

    __tablename__ = "screenings"
    __table_args__ = (
        CheckConstraint(one_of("result", ScreeningResult), name="result"),
        CheckConstraint(
            "low_pence > 0 AND low_pence <= likely_pence AND likely_pence <= high_pence",
            name="costs",
        ),
        CheckConstraint("yearly_pence >= 0", name="yearly"),
        CheckConstraint("result <> 'passed' OR (lawful AND feasible)", name="passed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals.id"), index=True)
    version: Mapped[int]
    screened_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    screened_at: Mapped[Moment]
    lawful: Mapped[bool]
    feasible: Mapped[bool]
    low_pence: Mapped[Pence]
    likely_pence: Mapped[Pence]
    high_pence: Mapped[Pence]
    yearly_pence: Mapped[Pence]
    result: Mapped[ScreeningResult] = mapped_column(Word(ScreeningResult))
    reasons: Mapped[str] = mapped_column(Text)

    proposal: Mapped[Proposal] = relationship()
    screened_by: Mapped[Person] = relationship()
    reply: Mapped["ScreeningReply | None"] = relationship(back_populates="screening")


class ScreeningReply(Base):
    """The proposer's answer to a finding."""

    __tablename__ = "screening_replies"
    __table_args__ = (UniqueConstraint("screening_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    screening_id: Mapped[int] = mapped_column(ForeignKey("screenings.id"))
    words: Mapped[str] = mapped_column(Text)
    replied_at: Mapped[Moment]

    screening: Mapped[Screening] = relationship(back_populates="reply")


@dataclass(frozen=True)
class ProjectFacts:
    """What may be known of a project besides its cost; it goes with it onto the ballot paper.

    `criteria` are points from 0 to 10 by the name of a published social criterion.
    """

    area: str = ""
    minimum_cost_pence: int | None = None
    beneficiaries: int | None = None
    criteria: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """What an officer found: sums in pence, reasons for the public."""

    lawful: bool
    feasible: bool
    low_pence: int
    likely_pence: int
    high_pence: int
    yearly_pence: int
    result: ScreeningResult
    reasons: str
    facts: ProjectFacts = field(default_factory=ProjectFacts)


def screen_proposal(
    session: Session, proposal: Proposal, by: Person, finding: Finding
) -> Screening:
    """Publish a finding; a passed proposal becomes a project at its likely cost.

    Refused unless the officer declared first that no pecuniary interest keeps them from it.
    """
    check_still_allowed(session, proposal.the_round, Role.OFFICER, Action.SCREEN)
    check_free_for_duty(session, proposal.the_round, by, proposal=proposal)
    _check(proposal, finding)
    screening = Screening(
        proposal=proposal,
        version=proposal.version,
        screened_by=by,
        screened_at=now(session),
        lawful=finding.lawful,
        feasible=finding.feasible,
        low_pence=finding.low_pence,
        likely_pence=finding.likely_pence,
        high_pence=finding.high_pence,
        yearly_pence=finding.yearly_pence,
        result=finding.result,
        reasons=finding.reasons.strip(),
    )
    session.add(screening)
    proposal.state = ProposalState(finding.result.value)
    _put_on_paper(session, proposal, finding)
    session.flush()
    return screening


def _check(proposal: Proposal, finding: Finding) -> None:
    if proposal.state == ProposalState.WITHDRAWN:
        raise Refused(Refusal.PROPOSAL_WITHDRAWN)
    if not finding.reasons.strip():
        raise Refused(Refusal.REASON_MISSING)
    if not 0 < finding.low_pence <= finding.likely_pence <= finding.high_pence:
        raise Refused(Refusal.COSTS_OUT_OF_ORDER)
    if finding.yearly_pence < 0:
        raise Refused(Refusal.AMOUNT_NOT_POSITIVE)
    passed = finding.result == ScreeningResult.PASSED
    if passed and not (finding.lawful and finding.feasible):
        raise Refused(Refusal.UNLAWFUL_CANNOT_PASS)
    _check_facts(finding.facts, finding.likely_pence)


def _check_facts(facts: ProjectFacts, cost_pence: int) -> None:
    least, people = facts.minimum_cost_pence, facts.beneficiaries
    if least is not None and not 0 < least <= cost_pence:
        raise Refused(Refusal.MINIMUM_ABOVE_COST, limit_pence=cost_pence)
    if people is not None and people < 1:
        raise Refused(Refusal.NOBODY_BENEFITS)
    if not all(0 <= points <= MOST_CRITERION_POINTS for points in facts.criteria.values()):
        raise Refused(Refusal.CRITERION_POINTS_WRONG, limit=MOST_CRITERION_POINTS)


def _put_on_paper(session: Session, proposal: Proposal, finding: Finding) -> None:
    project = project_for(session, proposal)
    if finding.result != ScreeningResult.PASSED:
        if project is not None:  # a second look took it off the paper again
            session.delete(project)
        return
    if project is None:
        project = Project(the_round=proposal.the_round, proposal=proposal, code=str(proposal.id))
        session.add(project)
    project.title, project.summary = proposal.title, proposal.what
    project.category, project.place = proposal.category, proposal.place
    project.cost_pence = finding.likely_pence
    facts = finding.facts
    project.area, project.beneficiaries = facts.area.strip(), facts.beneficiaries
    project.minimum_cost_pence, project.criteria = facts.minimum_cost_pence, dict(facts.criteria)


def reply_to_screening(session: Session, screening: Screening, by: Person, words: str) -> None:
    """The proposer's published answer to a finding; one to each."""
    check_own(screening.proposal, by)
    _may_answer(session, screening.proposal)
    if screening.reply is not None:
        raise Refused(Refusal.ALREADY_REPLIED)
    screening.reply = ScreeningReply(words=words.strip(), replied_at=now(session))
    session.flush()


def offer_variant(
    session: Session, proposal: Proposal, by: Person, words: ProposalWords, seen_version: int
) -> None:
    """Offer a smaller or other variant after a finding; it is screened again."""
    check_own(proposal, by)
    _may_answer(session, proposal)
    if proposal.state not in (ProposalState.SMALLER_ASKED, ProposalState.NOT_PASSED):
        raise Refused(Refusal.NOT_SCREENED)
    if proposal.version != seen_version:
        raise Refused(Refusal.CHANGED_MEANWHILE)
    write_version(session, proposal, by, words)
    proposal.state = ProposalState.SUBMITTED
    session.flush()


def _may_answer(session: Session, proposal: Proposal) -> None:
    check_still_allowed(session, proposal.the_round, Role.RESIDENT, Action.ANSWER_SCREENING)


def screenings_of(session: Session, proposal: Proposal) -> list[Screening]:
    """Every finding on a proposal, newest first."""
    query = (
        select(Screening).where(Screening.proposal_id == proposal.id).order_by(Screening.id.desc())
    )
    return list(session.scalars(query))


def awaiting_screening(session: Session, the_round: Round) -> list[Proposal]:
    """The proposals of a round that officers still owe a finding."""
    return [
        proposal
        for proposal in proposals_in(session, the_round)
        if proposal.state == ProposalState.SUBMITTED
    ]
