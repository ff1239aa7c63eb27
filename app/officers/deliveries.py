"""Delivery: how far each funded project has come, and telling those who wanted it."""

from collections.abc import Sequence

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from govuk_frontend_wtf.wtforms_widgets import GovFileInput, GovRadioInput, GovSelect
from wtforms import HiddenField, RadioField, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired

from app.access import Who, open_to, signed_in
from app.date_fields import DayField
from app.fields import LineField, PoundsField, WordsField
from app.house import db, today
from app.officers import officers
from app.officers.forms import choices_of, refuse_at, show_form
from app.officers.news import tell_followers
from app.photo_drawing import MOST_PHOTO_BYTES, BadPhotoError, Photo
from app.photos import draw_anew, store_photo, takes_photo
from app.public.delivery_words import due_of, read_milestones
from app.public.money_words import mistakes_in
from app.wording import say
from neighbourhoods.delivery import (
    Delivery,
    DeliveryStatus,
    DeliveryStep,
    Milestone,
    deliveries_in,
    newest_report,
)
from neighbourhoods.delivery import (
    report_delivery as publish_step,
)
from neighbourhoods.money import (
    entries_about,
    held_by,
    money_of,
    standing_spendings,
    unmet_conditions,
)
from neighbourhoods.phases import Action, Role, check_allowed
from neighbourhoods.projects import proposal_behind
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.report_photos import attach_photo
from neighbourhoods.reporting_back import conclude_delivery
from neighbourhoods.rounds import Round


class DeliveryForm(FlaskForm):
    """One step of a project."""

    # The photo that was sent, drawn anew.
    clean: Photo | None = None

    # The newest report that stood on the page: the same news sent twice is published once.
    seen = HiddenField()
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
    milestone = SelectField(
        _l("Which milestone is it about?"),
        widget=GovSelect(),
        default="",
        description=_l("Its photo and what was spent are shown beside the milestone."),
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
    form.milestone.choices = _milestones_to_choose(delivery.milestones)
    if form.is_submitted():
        check_allowed(Role.OFFICER, Action.DELIVER, the_round.phase)
        told = None
        if form.validate():
            is_clean = _read_photo(form)
            # Read again: while a photo was drawn, this request's session was let go of.
            the_round = db().get_one(Round, the_round.id)
            delivery = db().get_one(Delivery, delivery.project_id)
            told = _publish(delivery, form) if is_clean else None
        if told is not None:
            flash(_people_told(told), "success")
            return redirect(url_for("officers.delivery", round_id=the_round.id), 303)
    form.seen.data = str(newest_report(db(), delivery))
    entries = entries_about(db(), [delivery.project_id])
    return show_form(
        "officers/report_delivery.html",
        form,
        the_round=the_round,
        delivery=delivery,
        money=money_of(db(), [delivery.project_id])[delivery.project_id],
        conditions=[(each, held_by(each)) for each in unmet_conditions(entries)],
        spendings={each.update_id: each for each in standing_spendings(entries)},
        mistakes=mistakes_in(entries),
        milestones=read_milestones(delivery, today()),
        is_proposed=proposal_behind(db(), delivery.project) is not None,
    )


def _milestones_to_choose(milestones: Sequence[Milestone]) -> list[SelectChoice]:
    none = SelectChoice("", _("None of them in particular"))
    return [none, *(SelectChoice(str(one.id), one.title) for one in milestones)]


def _read_photo(form: DeliveryForm) -> bool:
    """Have a photo that was sent drawn anew; False, with the reason at its field, if it cannot."""
    form.clean = None
    if not form.photo.data:
        return True
    if not form.alt.data:
        form.alt.errors = [say(Refusal.ALT_MISSING)]
        return False
    try:
        form.clean = draw_anew(form.photo.data.read(MOST_PHOTO_BYTES + 1))
    except BadPhotoError:
        form.photo.errors = [_("Choose a JPEG, PNG or WebP picture of at most 5 MB")]
        return False
    return True


def _publish(delivery: Delivery, form: DeliveryForm) -> int | None:
    """Store the step and post the letters, how many; or None, with the reason at its field."""
    seen = form.seen.data or ""
    about = [one for one in delivery.milestones if str(one.id) == form.milestone.data]
    step = DeliveryStep(
        DeliveryStatus(form.status.data),
        form.note.data,
        form.spent.data or 0,
        form.due_on.data,
        milestone=about[0] if about else None,
        seen=int(seen) if seen.isdecimal() else None,
    )
    try:
        update = publish_step(db(), delivery, signed_in().person, step)
    except Refused as refused:
        if refused.reason == Refusal.REPORTED_MEANWHILE:
            refuse_at(form.note, refused)
        elif refused.reason in (Refusal.SPEND_EXCEEDS_COMMITMENT, Refusal.SPEND_IS_HELD):
            refuse_at(form.spent, refused)
        else:
            raise
        return None
    if form.clean is not None:
        attach_photo(db(), update, store_photo(form.clean), form.alt.data, form.clean.size)
    told = tell_followers(update)
    conclude_delivery(db(), delivery.project.the_round)
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
