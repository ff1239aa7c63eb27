"""The page of one proposal: what it says, where it stands, and what this visitor may do."""

from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import Visitor, visitor
from app.display import moment_words
from app.house import db
from app.map_plan import plan
from app.residents.forms import PointForm
from app.residents.proposal_forms import category_words
from neighbourhoods.debate import Point, PointKind, points_on
from neighbourhoods.delivery import Delivery
from neighbourhoods.phases import Action, Phase, Role, is_past, why_not
from neighbourhoods.projects import Project, project_for
from neighbourhoods.proposals import Proposal, ProposalState, backing_counts, is_backed_by
from neighbourhoods.rounds import Round
from neighbourhoods.screening import screenings_of

TONES = {
    ProposalState.SUBMITTED: "wait",
    ProposalState.SMALLER_ASKED: "wait",
    ProposalState.PASSED: "good",
    ProposalState.NOT_PASSED: "stop",
    ProposalState.WITHDRAWN: "quiet",
}


@dataclass(frozen=True)
class May:
    """What somebody may do to a proposal now; signed-out people may once they sign in."""

    edit: bool
    back: bool
    answer_screening: bool
    offer_variant: bool
    debate: bool
    answer: bool
    report: bool
    vote: bool


def what_may(known: Visitor | None, proposal: Proposal) -> May:
    """What this visitor may do to a proposal in its round’s phase."""
    the_round = proposal.the_round
    stands = proposal.state != ProposalState.WITHDRAWN
    own = known is not None and known.person.id == proposal.proposer_id
    role = known.role_in(the_round) if known else Role.RESIDENT

    def may(action: Action, as_role: Role = Role.RESIDENT) -> bool:
        return stands and why_not(as_role, action, the_round.phase) is None

    asked = proposal.state in (ProposalState.SMALLER_ASKED, ProposalState.NOT_PASSED)
    return May(
        edit=own and may(Action.EDIT_PROPOSAL),
        back=not own and may(Action.BACK),
        answer_screening=own and may(Action.ANSWER_SCREENING),
        offer_variant=own and asked and may(Action.ANSWER_SCREENING),
        debate=may(Action.DEBATE, role),
        answer=may(Action.ANSWER, role),
        report=may(Action.REPORT),
        vote=may(Action.VOTE),
    )


def show_proposal(
    the_round: Round, proposal: Proposal, form: PointForm | None = None
) -> ResponseReturnValue:
    """The page of a proposal; with a form that was refused, its faults at their fields."""
    known, project = visitor(), project_for(db(), proposal)
    delivery = db().get(Delivery, project.id) if project else None
    if form is None:
        form = PointForm(has_name=known is None or bool(known.person.name))
    points = points_on(db(), proposal)
    page = render_template(
        "public/proposal.html",
        the_round=the_round,
        proposal=proposal,
        tone=TONES[proposal.state],
        stands=where_it_stands(the_round, proposal, project, delivery),
        project=project,
        delivery=delivery,
        category=category_words(proposal.category),
        screenings=screenings_of(db(), proposal),
        backers=backing_counts(db(), the_round).get(proposal.id, 0),
        backs=known is not None and is_backed_by(db(), proposal, known.person),
        may=what_may(known, proposal),
        sides=sides_of(points),
        form=form,
        plan=plan(),
        errors=bool(form.errors),
    )
    return page, 422 if form.errors else 200


def sides_of(points: list[Point]) -> dict[str, list[Point]]:
    """A debate sorted into points for, points against and questions."""
    sides: dict[str, list[Point]] = {
        kind.value: [] for kind in (PointKind.FOR, PointKind.AGAINST, PointKind.QUESTION)
    }
    for point in points:
        sides[point.kind.value].append(point)
    return sides


def where_it_stands(
    the_round: Round, proposal: Proposal, project: Project | None, delivery: Delivery | None
) -> str:
    """Where a proposal stands, in a sentence or two."""
    phase = the_round.phase
    match proposal.state:
        case ProposalState.WITHDRAWN:
            return _("The person who made it has withdrawn it. It is no longer in the round.")
        case ProposalState.SMALLER_ASKED:
            return _("Officers asked for a smaller variant. It is the proposer’s turn.")
        case ProposalState.NOT_PASSED:
            return _("It did not pass screening. The reasons are below.")
        case ProposalState.PASSED:
            return _passed(the_round, project, delivery)
        case ProposalState.SUBMITTED:
            if phase == Phase.IDEAS:
                return _waiting_for_screening(the_round)
            if is_past(Phase.DEBATE, phase):
                return _("It was not screened, so it is not on the ballot paper.")
            return _("Officers are looking at whether it is lawful, feasible and what it costs.")


def _waiting_for_screening(the_round: Round) -> str:
    starts = the_round.starts_at(Phase.SCREENING)
    if starts is None:
        return _("Residents can back it now. Officers screen it when ideas close.")
    return _(
        "Residents can back it now. Officers screen it from %(moment)s.",
        moment=moment_words(starts),
    )


def _passed(the_round: Round, project: Project | None, delivery: Delivery | None) -> str:
    if project is None:
        return _("It passed screening.")
    phase = the_round.phase
    if delivery is not None:
        return _("Residents chose it and councillors signed it off. See below how far it is.")
    if phase == Phase.VOTE:
        closes = the_round.vote_closes_at
        if closes is None:
            return _("It is on the ballot paper. You can vote now.")
        return _(
            "It is on the ballot paper. You can vote until %(moment)s.",
            moment=moment_words(closes),
        )
    if phase == Phase.COUNT:
        return _("It was on the ballot paper. The votes are being counted.")
    if phase == Phase.SIGN_OFF:
        return _("The votes are counted. Councillors now decide on the outcome.")
    if phase in (Phase.DELIVERY, Phase.REVIEW):
        return _("It was on the ballot paper, but was not funded in this round.")
    return _("It passed screening and stands on the ballot paper.")
