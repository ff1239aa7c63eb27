"""One councillor’s decision on one outcome: see everything, declare, decide, confirm."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import Who, open_to, signed_in
from app.councillors import councillors
from app.councillors.forms import DecisionForm, InterestForm
from app.councillors.news import tell_of_referral, tell_of_signature
from app.councillors.papers import findings_on
from app.house import db, keys
from app.public.promises import rules_in_words, terms_of
from app.public.records import count_in_words
from app.public.sitting import read_sign_off, waiting_since
from app.public.standing import main_action
from ballots.affording import check_affordable
from ballots.moves import conclude_sign_off
from ballots.outcome import outcome_of
from ballots.refusals import BallotRefusal
from ballots.signoff import Act, InterestKind, Seat, declare_interest, sign_off_of
from ballots.signoff import decide as decide_on
from ballots.voting_rules import rules_of
from neighbourhoods.phases import Action, Phase, Role, check_allowed
from neighbourhoods.projects import titles_in
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round


@councillors.get("/councillors/rounds/<int:round_id>")
@open_to(Who.ITS_COUNCILLOR)
def decision(the_round: Round) -> ResponseReturnValue:
    """Everything a councillor needs to decide, and the one thing to do next."""
    return _page(the_round)


def _page(
    the_round: Round,
    *,
    interest_form: InterestForm | None = None,
    decision_form: DecisionForm | None = None,
) -> ResponseReturnValue:
    stored, rules = outcome_of(db(), the_round.id), rules_of(db(), the_round.id)
    if stored is None or rules is None:
        return render_template("councillors/not_yet.html", the_round=the_round)
    seat = _own_seat(the_round)
    errors = bool(interest_form or decision_form)
    counted = count_in_words(db(), the_round, stored)
    page = render_template(
        "councillors/decision.html",
        the_round=the_round,
        counted=counted,
        findings=findings_on(db(), the_round),
        promises=rules_in_words(terms_of(rules, the_round, titles_in(db(), the_round.id))),
        rules=rules,
        sign_off=read_sign_off(db(), the_round),
        since=waiting_since(db(), the_round),
        seat=seat,
        waiting=the_round.phase == Phase.SIGN_OFF,
        action=main_action(the_round),
        interest_form=interest_form or _interest_form(seat),
        decision_form=decision_form
        or DecisionForm(None, sitting=sign_off_of(db(), the_round).sitting),
        errors=errors,
    )
    return page, 422 if errors else 200


def _check_asked(the_round: Round, *, to_decide: bool) -> None:
    """Refuse an answer to a question that the page does not ask this councillor now."""
    check_allowed(Role.COUNCILLOR, Action.DECIDE, the_round.phase)
    seat = _own_seat(the_round)
    if seat is not None and seat.decision is not None:
        raise Refused(BallotRefusal.ALREADY_DECIDED)
    if seat is not None and seat.conflicted:
        raise Refused(BallotRefusal.INTEREST_STANDS)
    if to_decide and (seat is None or seat.interest is None):
        raise Refused(BallotRefusal.INTEREST_UNDECLARED)


def _interest_form(seat: Seat | None) -> InterestForm:
    declared = seat.interest if seat else None
    if declared is None:
        return InterestForm(None)
    return InterestForm(None, kind=declared.kind, details=declared.details)


def _own_seat(the_round: Round) -> Seat | None:
    own = signed_in().person.id
    seats = sign_off_of(db(), the_round).seats
    return next((seat for seat in seats if seat.councillor.id == own), None)


@councillors.post("/councillors/rounds/<int:round_id>/interest")
@open_to(Who.ITS_COUNCILLOR)
def declare(the_round: Round) -> ResponseReturnValue:
    """Declare an interest, or none, before deciding."""
    _check_asked(the_round, to_decide=False)
    form = InterestForm()
    if not form.validate_on_submit():
        return _page(the_round, interest_form=form)
    kind = InterestKind(form.kind.data)
    details = "" if kind == InterestKind.NONE else form.details.data
    declare_interest(db(), the_round, signed_in().person, kind, details)
    db().commit()
    flash(_DECLARED[kind](), "success")
    return redirect(url_for("councillors.decision", round_id=the_round.id), 303)


_DECLARED = {
    InterestKind.NONE: lambda: _("You declared no interest. You can decide now."),
    InterestKind.OTHER: lambda: _("Your interest is published. You can decide now."),
    InterestKind.PECUNIARY: lambda: _(
        "Your interest is published. You take no part in this decision."
    ),
}


@councillors.post("/councillors/rounds/<int:round_id>/decide")
@open_to(Who.ITS_COUNCILLOR)
def decide(the_round: Round) -> ResponseReturnValue:
    """Approve or refer back: asked once more before it is final, then signed and published."""
    _check_asked(the_round, to_decide=True)
    form = DecisionForm()
    if not form.validate_on_submit():
        return _page(the_round, decision_form=form)
    if form.sitting.data != sign_off_of(db(), the_round).sitting:
        flash(_("Officers have answered since you opened this page. Read it, then decide."))
        return redirect(url_for("councillors.decision", round_id=the_round.id), 303)
    act = Act(form.act.data)
    if act == Act.APPROVE:
        check_affordable(db(), the_round)
    if not form.confirmed.data:
        return _ask_once_more(the_round, form, act)
    return _sign(the_round, form, act)


def _ask_once_more(the_round: Round, form: DecisionForm, act: Act) -> ResponseReturnValue:
    stored = outcome_of(db(), the_round.id)
    if stored is None:
        raise Refused(BallotRefusal.NOT_COUNTED)
    sign_off = read_sign_off(db(), the_round)
    return render_template(
        "councillors/confirm.html",
        the_round=the_round,
        form=form,
        approves=act == Act.APPROVE,
        counted=count_in_words(db(), the_round, stored),
        closes_it=sign_off.approvals + 1 >= sign_off.needed,
        sign_off=sign_off,
    )


def _sign(the_round: Round, form: DecisionForm, act: Act) -> ResponseReturnValue:
    made = decide_on(db(), the_round, signed_in().person, act, form.reasons.data or "")
    concluded = conclude_sign_off(db(), keys(), the_round)
    if act == Act.REFER_BACK:
        tell_of_referral(the_round, made)
    elif concluded is not None:
        tell_of_signature(the_round)
    db().commit()
    if act == Act.REFER_BACK:
        flash(_("You referred the outcome back. Officers have been told and must answer."))
    elif concluded is None:
        flash(_("You approved the outcome. It now waits for other councillors."), "success")
    else:
        flash(_("You approved the outcome. It is signed, and its record is public."), "success")
    return redirect(url_for("councillors.decision", round_id=the_round.id), 303)
