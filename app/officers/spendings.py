"""Putting a mistyped spend right: asked, checked, and written as entries of their own."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from app.access import Who, open_to, signed_in
from app.fields import PoundsField, WordsField
from app.house import db
from app.officers import officers
from app.officers.forms import refuse_at, show_form
from neighbourhoods.delivery import Delivery
from neighbourhoods.money import (
    MoneyAct,
    MoneyEntry,
    entries_about,
    spent_by,
    standing_spendings,
)
from neighbourhoods.purse import correct_spending
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round

AT_THE_SUM = (
    Refusal.SPENDING_UNCHANGED,
    Refusal.SPEND_EXCEEDS_COMMITMENT,
    Refusal.SPEND_IS_HELD,
)


class SpendingForm(FlaskForm):
    """What was really spent, and how the mistake came about."""

    pence = PoundsField(
        _l("What was really spent in this step?"),
        [InputRequired(_l("Enter what was really spent"))],
        least_pence=0,
        description=_l("Enter 0 if nothing was."),
    )
    why = WordsField(
        _l("What was the mistake?"),
        most=500,
        needed=_l("Say what the mistake was. It will be public."),
        description=_l("For example, A nought too many."),
    )


@officers.route(
    "/office/rounds/<int:round_id>/deliveries/<int:delivery_id>/spendings/<int:spending_id>",
    methods=["GET", "POST"],
)
@open_to(Who.OFFICER)
def put_spend_right(
    the_round: Round, delivery: Delivery, spending: MoneyEntry
) -> ResponseReturnValue:
    """Ask what was really spent, show what will be written, and write it once that is confirmed."""
    if spending.project_id != delivery.project_id or spending.act != MoneyAct.SPENDING:
        abort(404)
    form = SpendingForm()
    if form.validate_on_submit():
        try:
            correct_spending(
                db(), delivery, spending, signed_in().person, form.pence.data, form.why.data
            )
        except Refused as refused:
            if refused.reason not in AT_THE_SUM:
                raise
            refuse_at(form.pence, refused)
        else:
            if "sure" in request.form:
                return _done(the_round, delivery)
            db().rollback()  # so far it was only tried
            return render_template(
                "officers/check_spend.html",
                the_round=the_round,
                delivery=delivery,
                spending=spending,
                spent_pence=spent_by(spending),
                form=form,
            )
    standing = standing_spendings(entries_about(db(), [delivery.project_id]))
    return show_form(
        "officers/put_spend_right.html",
        form,
        the_round=the_round,
        delivery=delivery,
        spending=spending,
        spent_pence=spent_by(spending),
        stands=spending in standing,
    )


def _done(the_round: Round, delivery: Delivery) -> ResponseReturnValue:
    db().commit()
    flash(_("The spend is put right. The mistake and your reason stay in public."), "success")
    back = url_for(
        "officers.report_delivery", round_id=the_round.id, delivery_id=delivery.project_id
    )
    return redirect(back, 303)
