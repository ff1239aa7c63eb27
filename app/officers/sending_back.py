"""A called-in decision goes back to whoever signed it, by the monitoring officer, in public."""

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from app.access import Who, open_to, signed_in
from app.councillors.news import tell_whose_turn
from app.fields import WordsField
from app.house import db, keys
from app.officers import officers
from app.officers.forms import show_form
from ballots.notices import notice_of
from ballots.sending_back import send_back
from ballots.signoff import sign_off_of
from neighbourhoods.rounds import Round


class SendBackForm(FlaskForm):
    """Why a decision is to be taken again."""

    why = WordsField(
        _l("What must they look at again, and why?"),
        most=3_000,
        needed=_l("Say what they must look at again, and why. It will be public."),
        description=_l("It is public, beside the notice and in the ledger, with your name."),
    )


@officers.route("/office/rounds/<int:round_id>/notice/send-back", methods=["GET", "POST"])
@open_to(Who.MONITORING_OFFICER)
def send_back_notice(the_round: Round) -> ResponseReturnValue:
    """Send a called-in decision back to its signers: asked once, since it cannot be taken back."""
    found, form = notice_of(db(), the_round.id) or abort(404), SendBackForm()
    if form.validate_on_submit():
        send_back(db(), keys(), found, signed_in().person, form.why.data)
        tell_whose_turn(the_round, sign_off_of(db(), the_round))
        db().commit()
        flash(_("It is sent back. Whoever acts first has been written to."), "success")
        return redirect(url_for("officers.notice", round_id=the_round.id), 303)
    return show_form("officers/send_back.html", form, the_round=the_round, notice=found)
