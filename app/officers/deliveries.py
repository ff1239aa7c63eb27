"""Delivery: how far each funded project has come, and telling those who wanted it."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from govuk_frontend_wtf.wtforms_widgets import GovFileInput, GovRadioInput
from wtforms import RadioField
from wtforms.validators import InputRequired

from app.access import Who, open_to, signed_in
from app.date_fields import DayField
from app.fields import LineField, PoundsField, WordsField
from app.house import db, today
from app.officers import officers
from app.officers.forms import choices_of, refuse_at, show_form
from app.officers.news import tell_followers
from app.photos import (
    MOST_PHOTO_BYTES,
    BadPhotoError,
    Photo,
    clean_photo,
    store_photo,
    takes_photo,
)
from app.public.delivery_words import due_of, read_milestones
from app.wording import say
from neighbourhoods.delivery import (
    Delivery,
    DeliveryStatus,
    DeliveryStep,
    attach_photo,
    deliveries_in,
)
from neighbourhoods.delivery import (
    report_delivery as publish_step,
)
from neighbourhoods.money import entries_about, held_by, money_of, unmet_conditions
from neighbourhoods.phases import Action, Role, check_allowed
from neighbourhoods.projects import proposal_behind
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round


class DeliveryForm(FlaskForm):
    """One step of a project."""

    # The photo that was sent, drawn anew.
    clean: Photo | None = None

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
    photo = FileField(
        _l("A photo (optional)"),
        widget=GovFileInput(),
        description=_l(
            "JPEG, PNG or WebP, at most 5 MB. Where and when it was taken is removed. "
            "Ask people who can be recognised on it first."
        ),
    )
    alt = LineField(
        _l("What does the photo show?"),
        most=300,
        description=_l("In a sentence, for people who cannot see it. Needed with a photo."),
    )
    due_on = DayField(
        _l("When is it due to be finished?"),
        description=_l("For example, 31 3 2027. Leave it empty if nobody knows yet."),
    )


@officers.get("/office/rounds/<int:round_id>/delivery")
@open_to(Who.OFFICER)
def delivery(the_round: Round) -> ResponseReturnValue:
    """The funded projects of a round, with status, due date and money."""
    found = deliveries_in(db(), the_round)
    return render_template(
        "officers/delivery.html",
        the_round=the_round,
        deliveries=found,
        due={each.project_id: due_of(each, today()) for each in found},
    )


@officers.route(
    "/office/rounds/<int:round_id>/deliveries/<int:delivery_id>", methods=["GET", "POST"]
)
@open_to(Who.OFFICER)
@takes_photo
def report_delivery(the_round: Round, delivery: Delivery) -> ResponseReturnValue:
    """Publish how far a project has come, and write to its proposer and all who backed it."""
    form = DeliveryForm(data={"status": delivery.status.value, "due_on": delivery.due_on})
    form.status.choices = choices_of(DeliveryStatus)
    if form.is_submitted():
        check_allowed(Role.OFFICER, Action.DELIVER, the_round.phase)
        told = _publish(delivery, form) if form.validate() and _read_photo(form) else None
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
        milestones=read_milestones(delivery, today()),
        is_proposed=proposal_behind(db(), delivery.project) is not None,
    )


def _read_photo(form: DeliveryForm) -> bool:
    """Draw the photo that was sent anew; False, with the reason at its field, if it cannot be."""
    form.clean = None
    if not form.photo.data:
        return True
    if not form.alt.data:
        form.alt.errors = [say(Refusal.ALT_MISSING)]
        return False
    try:
        form.clean = clean_photo(form.photo.data.read(MOST_PHOTO_BYTES + 1))
    except BadPhotoError:
        form.photo.errors = [_("Choose a JPEG, PNG or WebP picture of at most 5 MB")]
        return False
    return True


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
    if form.clean is not None:
        attach_photo(db(), update, store_photo(form.clean), form.alt.data, form.clean.size)
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
