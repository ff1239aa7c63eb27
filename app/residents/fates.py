"""What became of proposals: whether they were funded, and how far they are."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased, selectinload

from app.display import pounds
from app.house import today
from app.labels import label
from app.public.delivery_words import late_in_words
from ballots.outcome import outcome_of
from neighbourhoods.delivery import Delivery, DeliveryStatus
from neighbourhoods.phases import Phase
from neighbourhoods.projects import Project
from neighbourhoods.proposals import Proposal
from neighbourhoods.rounds import Round

TONES = {
    DeliveryStatus.PLANNED: "quiet",
    DeliveryStatus.STARTED: "now",
    DeliveryStatus.FINISHED: "good",
    DeliveryStatus.STOPPED: "stop",
}


@dataclass(frozen=True)
class Fate:
    """Whether a proposal was funded and how far it is, in a tag and a sentence."""

    tag: str
    tone: str
    words: str
    link: str


def fates_of(session: Session, proposals: Sequence[Proposal]) -> dict[int, Fate]:
    """What became of those proposals whose votes were counted, by id."""
    by_id = {proposal.id: proposal for proposal in proposals}
    query: Select[Project, Delivery | None] = (
        select(Project, Delivery)
        .outerjoin(Delivery, Delivery.project_id == Project.id)
        .where(Project.proposal_id.in_(by_id))
        .options(selectinload(Delivery.milestones))
    )
    found: dict[int, Fate] = {}
    for project, delivery in session.execute(query):
        fate = _funded(delivery) if delivery else _counted(session, project)
        if fate is not None and project.proposal_id is not None:
            found[project.proposal_id] = fate
    return found


def _counted(session: Session, project: Project) -> Fate | None:
    """The fate of a project without money of its own: none until its votes are counted."""
    in_hall = session.scalar(_delivered_in_hall(project))
    if in_hall is not None:
        return _funded(in_hall)
    outcome, the_round = outcome_of(session, project.round_id), project.the_round
    if outcome is None:
        return None
    link = url_for("public.outcome", round_id=the_round.id)
    if project.code not in outcome.winners:
        return Fate(
            _("Not funded"), "quiet", _("Other projects had the votes for the money."), link
        )
    if the_round.phase == Phase.SIGN_OFF:
        words = _("Residents chose it. It waits for the councillors to sign.")
        return Fate(_("Chosen"), "good", words, link)
    return None


def _delivered_in_hall(project: Project) -> Select[Delivery]:
    """What a vote in a hall funded of a project that stands on its round's paper."""
    copy, vote = aliased(Project), aliased(Round)
    return (
        select(Delivery)
        .join(copy, copy.id == Delivery.project_id)
        .join(vote, vote.id == copy.round_id)
        .where(vote.within_id == project.round_id, copy.code == project.code)
    )


def _funded(delivery: Delivery) -> Fate:
    anchor = f"project-{delivery.project_id}"
    link = url_for("public.delivery", round_id=delivery.round_id, _anchor=anchor)
    money = _(
        "Funded with %(committed)s, of which %(spent)s is spent.",
        committed=pounds(delivery.committed_pence),
        spent=pounds(delivery.spent_pence),
    )
    late = delivery.late_on(today())
    if late:
        words = f"{money} {late_in_words(late[0].title, late[0].due_on)}"
        return Fate(_("Late"), "wait", words, link)
    return Fate(label(delivery.status), TONES[delivery.status], money, link)
