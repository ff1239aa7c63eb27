"""Saying who you are in the booth: by voter card or by e-mail, and handing the device on."""

from flask import Response, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput, GovTextInput
from wtforms import StringField, SubmitField
from wtforms.validators import InputRequired

from app.access import Who, open_to, visitor
from app.extensions import limiter
from app.house import db
from app.residents import residents
from app.residents.filled import drop_draft
from app.residents.voter import (
    code_key,
    entry_for,
    owner_of,
    put_card_away,
    show_card,
    show_card_in_hall,
)
from neighbourhoods.eligibility import entry_by_code
from neighbourhoods.rounds import Round

# A whole hall may share one address, so only wrong codes count. A code has 60 bits.
WRONG_CODES = "30 per minute"
WRONG = frozenset({404, 422})
TRIED = "tried-code"


def names_a_voter() -> bool:
    """Whether the code that was sent is somebody's: one stranger's wrong tries in a hall must not
    keep everybody else there from voting."""
    written = request.form.get("code") or (request.view_args or {}).get("code", "")
    return entry_by_code(db(), code_key(), written) is not None


def was_wrong(response: Response) -> bool:
    """Whether a try at a code counts against the limit."""
    return response.status_code in WRONG or "tried=1" in (response.location or "")


class VoterCodeForm(FlaskForm):
    """The code of a printed voter card."""

    code = StringField(
        _l("Voter code"),
        description=_l("12 letters and digits on your voter card, such as 7K3M 9QXR 2T5V"),
        widget=GovTextInput(),
        validators=[InputRequired(message=_l("Enter the code on your voter card"))],
    )
    submit = SubmitField(_l("Continue"), widget=GovSubmitInput())


@residents.route("/rounds/<int:round_id>/identify", methods=["GET", "POST"])
@open_to(Who.ANYONE)
@limiter.limit(WRONG_CODES, methods=["POST"], deduct_when=was_wrong, exempt_when=names_a_voter)
def identify(the_round: Round) -> ResponseReturnValue:
    """Show that you may vote: by the code of a voter card, or by e-mail."""
    form = VoterCodeForm()
    if request.method == "POST":
        if form.validate() and _is_shown(the_round, form.code.data or ""):
            return redirect(url_for("residents.booth", round_id=the_round.id), 303)
        # Answered by a GET, so that Back from the booth finds a page and not a browser's error.
        session[TRIED] = (form.code.data or "")[:40]
        return redirect(url_for("residents.identify", round_id=the_round.id, tried=1), 303)
    if "tried" in request.args:
        form.code.data = session.pop(TRIED, "")
        # The same answer for a code of nobody's and for one of another round.
        form.code.errors = [
            _("This code is not for this vote. Check your voter card and try again")
            if form.code.data
            else _("Enter the code on your voter card")
        ]
    page = render_template(
        "residents/identify.html",
        the_round=the_round,
        form=form,
        entry=entry_for(the_round),
        known=visitor(),
        errors=bool(form.errors),
    )
    return page, 422 if form.errors else 200


def _is_shown(the_round: Round, code: str) -> bool:
    """Whether this code lets somebody vote in this round: their card of it, or of its meeting."""
    if the_round.within_id is not None:
        return show_card_in_hall(the_round, code)
    found = show_card(code)
    return found is not None and found.id == the_round.id


@residents.get("/v/<code>")
@open_to(Who.ANYONE)
@limiter.limit(WRONG_CODES, deduct_when=was_wrong, exempt_when=names_a_voter)
def voter_card(code: str) -> ResponseReturnValue:
    """What the QR code of a voter card opens: remember the voter, lead to the booth."""
    owner = owner_of(code)
    if owner is None:
        return render_template("residents/voter_card_unknown.html"), 404
    here = entry_for(db().get_one(Round, owner.round_id))
    if here is not None and here.id != owner.id:
        # A link must never turn somebody's vote into another's: who means it types the code.
        flash(_("Somebody is voting on this device. To vote with the card instead, type its code."))
        return redirect(url_for("residents.identify", round_id=owner.round_id), 303)
    show_card(code)
    return redirect(url_for("residents.booth", round_id=owner.round_id), 303)


@residents.post("/rounds/<int:round_id>/leave")
@open_to(Who.ANYONE)
def leave_booth(the_round: Round) -> ResponseReturnValue:
    """Put the voter card away, so that somebody else can vote on this device."""
    put_card_away(the_round)
    response = current_app.make_response(
        redirect(url_for("residents.booth", round_id=the_round.id), 303)
    )
    drop_draft(response, the_round.id)
    return response
