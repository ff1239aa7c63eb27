"""A decision notice after it was published: lodging, call-in, corrections."""

from datetime import date

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from app.access import Who, open_to, signed_in
from app.date_fields import DayField
from app.display import LONDON
from app.fields import LineField, WordsField
from app.house import db, keys
from app.officers import officers
from app.officers.forms import BareForm, show_form
from app.public.notice_words import (
    afterwards,
    days_left_words,
    lodging_words,
    where_money_is,
)
from app.public.notices import address_of
from ballots.notices import (
    DecisionNotice,
    call_in,
    correct_notice,
    end_call_in,
    lodge,
    notice_of,
)
from neighbourhoods.database import now
from neighbourhoods.people import Office
from neighbourhoods.rounds import Round


class LodgeForm(FlaskForm):
    """When and under which receipt a record was lodged."""

    lodged_on = DayField(
        _l("When was it lodged?"),
        [InputRequired(_l("Enter the day on which it was lodged"))],
        description=_l("For example, 4 12 2026"),
    )
    receipt = LineField(
        _l("Receipt or reference"),
        most=120,
        needed=_l("Enter the receipt or reference. It will be public."),
        description=_l("As the council’s officer for records gave it. It is public."),
    )


class CallInForm(FlaskForm):
    """Why a decision was called in."""

    why = WordsField(
        _l("Who called it in, and why?"),
        most=3_000,
        needed=_l("Say who called it in, and why. It will be public."),
        description=_l("It is public. No money moves until you record that the call-in has ended."),
    )


class CorrectionForm(FlaskForm):
    """What is wrong in a notice."""

    words = WordsField(
        _l("What does it say, and what should it say?"),
        most=2_000,
        needed=_l("Say what is wrong, and what is right. It will be public."),
        description=_l(
            "It is public, beside the notice and in the ledger, with your name. What was signed "
            "stays as it is. A decision itself cannot be corrected, only a slip of the pen."
        ),
    )


def _notice(the_round: Round) -> DecisionNotice:
    return notice_of(db(), the_round.id) or abort(404)


def _today() -> date:
    return now(db()).astimezone(LONDON).date()


@officers.get("/office/rounds/<int:round_id>/notice")
@open_to(Who.OFFICER, Who.MONITORING_OFFICER)
def notice(the_round: Round) -> ResponseReturnValue:
    """What still has to be done about a notice, with the days left for it."""
    found, moment = _notice(the_round), now(db())
    may_call_in = found.called_in_at is None and moment < found.call_in_until
    return render_template(
        "officers/notice.html",
        the_round=the_round,
        notice=found,
        steps_in=signed_in().holds(Office.MONITORING_OFFICER),
        afterwards=afterwards(found, moment),
        address=address_of(found),
        may_call_in=may_call_in,
        call_in_left=days_left_words(found.call_in_until, moment) if may_call_in else "",
        to_lodge=found.lodge_by is not None and found.lodged_on is None,
        lodging=lodging_words(found, moment),
    )


@officers.route("/office/rounds/<int:round_id>/notice/lodge", methods=["GET", "POST"])
@open_to(Who.OFFICER, Who.MONITORING_OFFICER)
def lodge_notice(the_round: Round) -> ResponseReturnValue:
    """Keep when a ward member’s record was lodged, and its receipt."""
    found, form = _notice(the_round), LodgeForm()
    if form.validate_on_submit():
        day, published_on = form.lodged_on.data, found.published_at.astimezone(LONDON).date()
        if day > _today():
            form.lodged_on.errors = [_("The day cannot be in the future")]
        elif day < published_on:
            form.lodged_on.errors = [_("The day cannot be before the notice was published")]
        else:
            lodge(db(), found, day, form.receipt.data)
            return _done(the_round, _("The receipt is public beside the notice."))
    lodging = lodging_words(found, now(db()))
    return show_form("officers/lodge.html", form, the_round=the_round, lodging=lodging)


@officers.route("/office/rounds/<int:round_id>/notice/call-in", methods=["GET", "POST"])
@open_to(Who.MONITORING_OFFICER)
def call_in_notice(the_round: Round) -> ResponseReturnValue:
    """Record that a decision was called in: its money waits."""
    found, form = _notice(the_round), CallInForm()
    if form.validate_on_submit():
        call_in(db(), found, form.why.data)
        return _done(the_round, _("The call-in is public, and the money waits."))
    moment = now(db())
    left = days_left_words(found.call_in_until, moment) if moment < found.call_in_until else ""
    return show_form("officers/call_in.html", form, the_round=the_round, left=left, notice=found)


@officers.route("/office/rounds/<int:round_id>/notice/end-call-in", methods=["GET", "POST"])
@open_to(Who.MONITORING_OFFICER)
def end_call_in_notice(the_round: Round) -> ResponseReturnValue:
    """Record that a decision was confirmed after its call-in: its money moves."""
    found, form = _notice(the_round), BareForm()
    if form.validate_on_submit():
        end_call_in(db(), found)
        money = where_money_is(found, now(db()))
        return _done(the_round, _("The call-in has ended. %(money)s", money=money))
    return show_form("officers/end_call_in.html", form, the_round=the_round, notice=found)


@officers.route("/office/rounds/<int:round_id>/notice/correct", methods=["GET", "POST"])
@open_to(Who.OFFICER, Who.MONITORING_OFFICER)
def correct(the_round: Round) -> ResponseReturnValue:
    """Put a slip of the pen right beside a notice and in the ledger."""
    found, form = _notice(the_round), CorrectionForm()
    if form.validate_on_submit():
        correct_notice(db(), keys(), found, signed_in().person, form.words.data)
        return _done(the_round, _("The correction is public beside the notice."))
    return show_form("officers/correct_notice.html", form, the_round=the_round, notice=found)


def _done(the_round: Round, words: str) -> ResponseReturnValue:
    db().commit()
    flash(words, "success")
    return redirect(url_for("officers.notice", round_id=the_round.id), 303)
