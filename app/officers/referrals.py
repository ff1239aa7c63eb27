"""Referral: answering what councillors sent an outcome back for."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from app.access import Who, open_to, signed_in
from app.fields import WordsField
from app.house import db
from app.officers import officers
from app.officers.forms import show_form
from app.officers.news import tell_councillors
from ballots.refusals import BallotRefusal
from ballots.signoff import Act, answer_referral, decisions_on, referrals_of, sign_off_of
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round


class ReferralForm(FlaskForm):
    """The officers’ answer."""

    answer = WordsField(
        _l("Your answer"),
        needed=_l("Write your answer. It will be public."),
        description=_l("It is public. Answer each reason; councillors then decide afresh."),
    )


@officers.route("/office/rounds/<int:round_id>/referral", methods=["GET", "POST"])
@open_to(Who.OFFICER)
def referral(the_round: Round) -> ResponseReturnValue:
    """Answer a referral; the councillors are written to and decide in a new sitting."""
    form = ReferralForm()
    sign_off = sign_off_of(db(), the_round)
    waiting = the_round.phase == Phase.SIGN_OFF and sign_off.referred_back
    if form.is_submitted() and not waiting:
        raise Refused(BallotRefusal.NOT_REFERRED_BACK)
    if form.validate_on_submit():
        answered = answer_referral(db(), the_round, signed_in().person, form.answer.data)
        tell_councillors(the_round, "referral_answered", answered)
        db().commit()
        flash(_("Your answer is public, and the councillors have been told."), "success")
        return redirect(url_for("officers.the_round", round_id=the_round.id), 303)
    sent_back = [one for one in decisions_on(db(), the_round.id) if one.act == Act.REFER_BACK]
    return show_form(
        "officers/referral.html",
        form,
        the_round=the_round,
        waiting=waiting,
        sent_back=sent_back,
        answers={one.sitting: one for one in referrals_of(db(), the_round.id) if one.answer},
    )
