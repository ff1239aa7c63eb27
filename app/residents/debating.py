"""Points, questions, answers and reports."""

from flask import flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import Visitor, Who, open_to, signed_in
from app.house import db, settings
from app.post import post_letter
from app.residents import residents
from app.residents.forms import AnswerForm, PointForm, ReportForm, said
from app.residents.proposal_page import show_proposal
from app.residents.proposing import page_of
from neighbourhoods.debate import Point, PointKind, answer_point, report_point
from neighbourhoods.debate import make_point as add_point
from neighbourhoods.people import give_name
from neighbourhoods.phases import Action, Role, check_allowed
from neighbourhoods.proposals import Proposal
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round


@residents.post("/rounds/<int:round_id>/proposals/<int:proposal_id>/points")
@open_to(Who.SIGNED_IN)
def make_point(the_round: Round, proposal: Proposal) -> ResponseReturnValue:
    """Add a point for, a point against or a question."""
    known = signed_in()
    role = known.role_in(the_round)
    check_allowed(role, Action.DEBATE, the_round.phase)
    form = PointForm(has_name=bool(known.person.name))
    if not form.validate():
        return show_proposal(the_round, proposal, form)
    _keep_name(known, form.new_name)
    kind = PointKind(form.kind.data)
    point = add_point(db(), proposal, known.person, role, kind, said(form.words))
    db().commit()
    flash(_("What you wrote is in the debate."), "success")
    return redirect(page_of(proposal, f"point-{point.id}"), 303)


@residents.route("/rounds/<int:round_id>/points/<int:point_id>/answer", methods=["GET", "POST"])
@open_to(Who.SIGNED_IN)
def answer(the_round: Round, point: Point) -> ResponseReturnValue:
    """Answer a point or a question, marked with the office one holds."""
    known = signed_in()
    role = known.role_in(the_round)
    check_allowed(role, Action.ANSWER, the_round.phase)
    if point.hidden_at is not None:
        raise Refused(Refusal.ALREADY_HIDDEN)
    form = AnswerForm(has_name=bool(known.person.name))
    if not form.validate_on_submit():
        return _point_page("answer", the_round, point, form)
    _keep_name(known, form.new_name)
    given = answer_point(db(), point, known.person, role, said(form.words))
    _tell(point, given)
    db().commit()
    flash(_("Your answer is published."), "success")
    return redirect(page_of(point.proposal, f"point-{given.id}"), 303)


def _tell(point: Point, given: Point) -> None:
    """Write to the person who was answered, unless they answered themselves."""
    if point.author_id == given.author_id:
        return
    post_letter(
        point.author.email,
        "answered",
        point=point,
        answer=given,
        is_resident=given.speaking_as == Role.RESIDENT,
        address=settings().public_url + page_of(point.proposal, f"point-{given.id}"),
    )


@residents.route("/rounds/<int:round_id>/points/<int:point_id>/report", methods=["GET", "POST"])
@open_to(Who.SIGNED_IN)
def report(the_round: Round, point: Point) -> ResponseReturnValue:
    """Ask a moderator to look at a contribution."""
    if point.hidden_at is not None:
        raise Refused(Refusal.ALREADY_HIDDEN)
    form = ReportForm()
    if not form.validate_on_submit():
        return _point_page("report", the_round, point, form)
    report_point(db(), point, signed_in().person, said(form.why))
    db().commit()
    flash(_("Thank you. A moderator will look at it."), "success")
    return redirect(page_of(point.proposal, f"point-{point.id}"), 303)


def _keep_name(known: Visitor, new_name: str | None) -> None:
    if new_name:
        give_name(db(), known.person, new_name)


def _point_page(
    name: str, the_round: Round, point: Point, form: AnswerForm | ReportForm
) -> ResponseReturnValue:
    page = render_template(
        f"residents/{name}.html",
        the_round=the_round,
        proposal=point.proposal,
        point=point,
        form=form,
        errors=bool(form.errors),
    )
    return page, 422 if form.errors else 200
