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
from ballots.referrals import open_referral, referrals_of
from ballots.refusals import BallotRefusal
from ballots.signing import Act
from ballots.signoff import answer_referral, signatures_on
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
    waiting = the_round.phase == Phase.SIGN_OFF and open_referral(db(), the_round.id) is not None
    if form.is_submitted() and not waiting:
        raise Refused(BallotRefusal.NOT_REFERRED_BACK)
    if form.validate_on_submit():
        answered = answer_referral(db(), the_round, signed_in().person, form.answer.data)
        tell_councillors(the_round, "referral_answered", answered)
        db().commit()
        flash(_("Your answer is public, and the councillors have been told."), "success")
        return redirect(url_for("officers.the_round", round_id=the_round.id), 303)
    sent_back = [one for one in signatures_on(db(), the_round.id) if one.act is Act.REFER_BACK]
    return show_form(
        "officers/referral.html",
        form,
        the_round=the_round,
        waiting=waiting,
        sent_back=sent_back,
        answers={one.sitting: one for one in referrals_of(db(), the_round.id) if one.answer},
    )
