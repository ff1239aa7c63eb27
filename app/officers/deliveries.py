"""Delivery: how far each funded project has come, and telling those who wanted it."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput
from wtforms import RadioField
from wtforms.validators import InputRequired

from app.access import Who, open_to, signed_in
from app.date_fields import DayField
from app.display import LONDON
from app.fields import PoundsField, WordsField
from app.house import db
from app.officers import officers
from app.officers.forms import choices_of, refuse_at, show_form
from app.officers.news import tell_followers
from neighbourhoods.database import now
from neighbourhoods.delivery import (
    Delivery,
    DeliveryStatus,
    DeliveryStep,
    deliveries_in,
)
from neighbourhoods.delivery import (
    report_delivery as publish_step,
)
from neighbourhoods.money import entries_about, held_by, money_of, unmet_conditions
from neighbourhoods.phases import Action, Role, check_allowed
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round


class DeliveryForm(FlaskForm):
    """One step of a project."""

    status = RadioField(
        _l("Where does it stand?"),
        [InputRequired(_l("Choose where it stands"))],
        widget=GovRadioInput(),
    )
    note = WordsField(
        _l("What is the news?"),
        most=3_000,
        needed=_l("Say what the news is"),
        description=_l("In plain words. It is public, and sent to everyone who wanted it."),
    )
    spent = PoundsField(
        _l("Spent in this step"),
        least_pence=0,
        description=_l("Since the last report, not in all. Leave it empty if nothing was spent."),
    )
    due_on = DayField(
        _l("When is it due to be finished?"),
        description=_l("For example, 31 3 2027. Leave it empty if nobody knows yet."),
    )


@officers.get("/office/rounds/<int:round_id>/delivery")
@open_to(Who.OFFICER)
def delivery(the_round: Round) -> ResponseReturnValue:
    """The funded projects of a round, with status, due date and money."""
    return render_template(
        "officers/delivery.html",
        the_round=the_round,
        deliveries=deliveries_in(db(), the_round),
        today=now(db()).astimezone(LONDON).date(),
    )


@officers.route(
    "/office/rounds/<int:round_id>/deliveries/<int:delivery_id>", methods=["GET", "POST"]
)
@open_to(Who.OFFICER)
def report_delivery(the_round: Round, delivery: Delivery) -> ResponseReturnValue:
    """Publish how far a project has come, and write to its proposer and all who backed it."""
    form = DeliveryForm(data={"status": delivery.status.value, "due_on": delivery.due_on})
    form.status.choices = choices_of(DeliveryStatus)
    if form.is_submitted():
        check_allowed(Role.OFFICER, Action.DELIVER, the_round.phase)
        told = _publish(delivery, form) if form.validate() else None
        if told is not None:
            flash(_people_told(told), "success")
            return redirect(url_for("officers.delivery", round_id=the_round.id), 303)
    entries = entries_about(db(), [delivery.project_id])
    return show_form(
        "officers/report_delivery.html",
        form,
        the_round=the_round,
        delivery=delivery,
        money=money_of(db(), [delivery.project_id])[delivery.project_id],
        conditions=[(each, held_by(each)) for each in unmet_conditions(entries)],
    )


def _publish(delivery: Delivery, form: DeliveryForm) -> int | None:
    """Store the step and post the letters, how many; or None, with the reason at its field."""
    step = DeliveryStep(
        DeliveryStatus(form.status.data), form.note.data, form.spent.data or 0, form.due_on.data
    )
    try:
        update = publish_step(db(), delivery, signed_in().person, step)
    except Refused as refused:
        if refused.reason not in (Refusal.SPEND_EXCEEDS_COMMITMENT, Refusal.SPEND_IS_HELD):
            raise
        refuse_at(form.spent, refused)
        return None
    told = tell_followers(update)
    db().commit()
    return told


def _people_told(told: int) -> str:
    if told == 0:
        return str(_("The news is public."))
    return str(
        ngettext(
            "The news is public, and %(num)d person has been told.",
            "The news is public, and %(num)d people have been told.",
            told,
        )
    )
