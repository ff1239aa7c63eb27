"""What residents say of a finished project: reading it all, and hiding what must not stand."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from app.access import Who, open_to
from app.fields import WordsField
from app.house import db
from app.officers import officers
from app.officers.forms import show_form
from neighbourhoods.delivery import Delivery
from neighbourhoods.ratings import Rating, hide_rating, ratings_in, show_rating_again
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round


class HideRatingForm(FlaskForm):
    """Why somebody's words are hidden."""

    why = WordsField(_l("Why is it hidden?"), most=500, needed=_l("Give a reason"))


@officers.get("/office/rounds/<int:round_id>/deliveries/<int:delivery_id>/ratings")
@open_to(Who.OFFICER)
def ratings(the_round: Round, delivery: Delivery) -> ResponseReturnValue:
    """Everything that was said of a project; scores only where enough people gave one."""
    found = ratings_in(db(), delivery.project_id)
    return render_template(
        "officers/ratings.html", the_round=the_round, delivery=delivery, ratings=found
    )


@officers.route(
    "/office/rounds/<int:round_id>/ratings/<int:rating_id>/hide", methods=["GET", "POST"]
)
@open_to(Who.OFFICER)
def hide_what_was_said(the_round: Round, rating: Rating) -> ResponseReturnValue:
    """Keep somebody's words off the public pages, with a reason."""
    form = HideRatingForm()
    if form.is_submitted() and rating.hidden_at is not None:
        raise Refused(Refusal.ALREADY_HIDDEN)
    if form.validate_on_submit():
        hide_rating(db(), rating, form.why.data)
        return _back(the_round, rating, _("It is hidden. The score still counts."))
    return show_form("officers/hide_rating.html", form, the_round=the_round, rating=rating)


@officers.post("/office/rounds/<int:round_id>/ratings/<int:rating_id>/show")
@open_to(Who.OFFICER)
def show_what_was_said(the_round: Round, rating: Rating) -> ResponseReturnValue:
    """Undo a hiding."""
    show_rating_again(db(), rating)
    return _back(the_round, rating, _("It can be read again."))


def _back(the_round: Round, rating: Rating, words: str) -> ResponseReturnValue:
    db().commit()
    flash(words, "success")
    address = url_for("officers.ratings", round_id=the_round.id, delivery_id=rating.project_id)
    return redirect(address, 303)
