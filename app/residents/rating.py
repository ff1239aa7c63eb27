"""Residents say what a finished project changed."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from wtforms import RadioField, SubmitField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired

from app.access import Who, open_to, visitor
from app.house import db, settings
from app.residents import residents
from app.residents.forms import said, words_area
from app.residents.voter import entry_for
from neighbourhoods.delivery import Delivery, DeliveryStatus
from neighbourhoods.projects import proposal_behind
from neighbourhoods.proposals import people_following
from neighbourhoods.ratings import rate_delivery, rater_of, rating_by
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round

SCORES = (
    ("5", _l("5: very good")),
    ("4", _l("4: good")),
    ("3", _l("3: neither good nor bad")),
    ("2", _l("2: bad")),
    ("1", _l("1: very bad")),
)


class RatingForm(FlaskForm):
    """A score, and what changed."""

    score = RadioField(
        _l("How good is it?"),
        [InputRequired(_l("Choose how good it is"))],
        widget=GovRadioInput(),
        choices=[SelectChoice(value, words) for value, words in SCORES],
    )
    changed = words_area(
        _l("What changed? (optional)"),
        _l("In your own words. It is published without your name, so name nobody in it."),
        1_000,
    )
    submit = SubmitField(_l("Send"), widget=GovSubmitInput())


@residents.route(
    "/rounds/<int:round_id>/deliveries/<int:delivery_id>/rate", methods=["GET", "POST"]
)
@open_to(Who.ANYONE)
def rate(the_round: Round, delivery: Delivery) -> ResponseReturnValue:
    """Rate a finished project: for who stands on the round's roll, proposed it or backed it."""
    rater = _rater(the_round, delivery)
    if rater is None and visitor() is None:
        here = url_for("residents.rate", round_id=the_round.id, delivery_id=delivery.project_id)
        return redirect(url_for("residents.sign_in", next=here), 303)
    before = rating_by(db(), delivery.project_id, rater) if rater else None
    form = RatingForm(
        data={"score": str(before.score), "changed": before.changed} if before else None
    )
    if request.method == "POST":
        if rater is None:
            raise Refused(Refusal.NOT_A_RATER)
        if delivery.status != DeliveryStatus.FINISHED:
            raise Refused(Refusal.NOT_FINISHED)
        if form.validate():
            rate_delivery(db(), delivery, rater, int(form.score.data), said(form.changed))
            db().commit()
            flash(_("Thank you. What you said is counted, without your name."), "success")
            anchor = f"project-{delivery.project_id}"
            shown = url_for("public.delivery", round_id=the_round.id, _anchor=anchor)
            return redirect(shown, 303)
    page = render_template(
        "residents/rate.html",
        the_round=the_round,
        delivery=delivery,
        form=form,
        may=rater is not None,
        before=before,
        errors=request.method == "POST",
    )
    return page, 422 if request.method == "POST" else 200


def _rater(the_round: Round, delivery: Delivery) -> str | None:
    """Who sits at this browser, as ratings know them, if this project is theirs to rate."""
    key, project_id = settings().key_for("ratings"), delivery.project_id
    entry = entry_for(the_round)
    if entry is None and the_round.within is not None:
        entry = entry_for(the_round.within)
    if entry is not None:
        # By what the council calls them: the same by card and by e-mail, in the hall and out.
        return rater_of(key, project_id, f"roll|{entry.reference}")
    known, proposal = visitor(), proposal_behind(db(), delivery.project)
    if known is None or proposal is None:
        return None
    followers = {person.id for person in people_following(db(), proposal)}
    if known.person.id not in followers:
        return None
    return rater_of(key, project_id, f"person|{known.person.id}")
