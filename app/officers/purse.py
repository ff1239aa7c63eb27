"""A project's money: holding it back, releasing it, and returning what is left."""

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput
from wtforms import RadioField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired

from app.access import Who, open_to, signed_in
from app.fields import LineField, PoundsField, WordsField
from app.house import db
from app.officers import officers
from app.officers.forms import refuse_at, show_form
from neighbourhoods.delivery import Delivery
from neighbourhoods.money import MoneyAct, MoneyEntry, held_by, money_of
from neighbourhoods.purse import hold_back, release_held, return_underspend
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round

TO_FUND, ELSEWHERE = "fund", "elsewhere"


class HoldForm(FlaskForm):
    """What is held back, and until when."""

    pence = PoundsField(_l("How much is held back?"), [InputRequired(_l("Enter the sum"))])
    condition = WordsField(
        _l("What must be done before it can be spent?"),
        most=500,
        needed=_l("Say what must be done first. It will be public."),
        description=_l("For example, the canal trust has agreed in writing."),
    )


class ReleaseForm(FlaskForm):
    """How a condition was met."""

    why = WordsField(
        _l("How was it met?"), most=500, needed=_l("Say how it was met. It will be public.")
    )


class ReturnForm(FlaskForm):
    """Where an underspend goes."""

    where = RadioField(
        _l("Where does it go?"),
        [InputRequired(_l("Choose where it goes"))],
        widget=GovRadioInput(),
        choices=[
            SelectChoice(TO_FUND, _l("Back to the fund, for another project")),
            SelectChoice(ELSEWHERE, _l("To another place")),
        ],
    )
    place = LineField(
        _l("Name of the other place"),
        most=160,
        description=_l("For example, Health partner. Leave it empty if it goes back to the fund."),
    )
    why = WordsField(
        _l("Why was it not needed?"),
        most=500,
        needed=_l("Say why it was not needed. It will be public."),
    )


@officers.route(
    "/office/rounds/<int:round_id>/deliveries/<int:delivery_id>/hold", methods=["GET", "POST"]
)
@open_to(Who.OFFICER)
def hold(the_round: Round, delivery: Delivery) -> ResponseReturnValue:
    """Hold back some of a project's money until a condition is met."""
    form = HoldForm()
    if form.validate_on_submit():
        try:
            hold_back(db(), delivery, signed_in().person, form.pence.data, form.condition.data)
        except Refused as refused:
            if refused.reason != Refusal.HOLD_EXCEEDS_COMMITMENT:
                raise
            refuse_at(form.pence, refused)
        else:
            return _done(the_round, delivery, _("The money is held back."))
    return show_form(
        "officers/hold_back.html",
        form,
        the_round=the_round,
        delivery=delivery,
        money=money_of(db(), [delivery.project_id])[delivery.project_id],
    )


@officers.route(
    "/office/rounds/<int:round_id>/deliveries/<int:delivery_id>/conditions/<int:condition_id>",
    methods=["GET", "POST"],
)
@open_to(Who.OFFICER)
def release(the_round: Round, delivery: Delivery, condition: MoneyEntry) -> ResponseReturnValue:
    """Say how a condition was met, and release what it held back."""
    if condition.project_id != delivery.project_id or condition.act != MoneyAct.HOLD:
        abort(404)
    form = ReleaseForm()
    if form.validate_on_submit():
        release_held(db(), delivery, signed_in().person, condition, form.why.data)
        return _done(the_round, delivery, _("The money can be spent now."))
    return show_form(
        "officers/release_held.html",
        form,
        the_round=the_round,
        delivery=delivery,
        condition=condition,
        held_pence=held_by(condition),
    )


@officers.route(
    "/office/rounds/<int:round_id>/deliveries/<int:delivery_id>/return", methods=["GET", "POST"]
)
@open_to(Who.OFFICER)
def return_money(the_round: Round, delivery: Delivery) -> ResponseReturnValue:
    """Return what a finished or stopped project leaves."""
    form = ReturnForm()
    if form.validate_on_submit():
        to = None if form.where.data == TO_FUND else form.place.data
        try:
            return_underspend(db(), delivery, signed_in().person, form.why.data, to)
        except Refused as refused:
            if refused.reason != Refusal.PLACE_MISSING:
                raise
            refuse_at(form.place, refused)
        else:
            return _done(the_round, delivery, _("The money is returned."))
    return show_form(
        "officers/return_underspend.html",
        form,
        the_round=the_round,
        delivery=delivery,
        money=money_of(db(), [delivery.project_id])[delivery.project_id],
    )


def _done(the_round: Round, delivery: Delivery, words: str) -> ResponseReturnValue:
    db().commit()
    flash(words, "success")
    back = url_for(
        "officers.report_delivery", round_id=the_round.id, delivery_id=delivery.project_id
    )
    return redirect(back, 303)
