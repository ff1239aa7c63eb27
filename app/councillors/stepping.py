"""The monitoring officer steps in: names who acts, gives more days, makes an exception."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSelect
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired, ValidationError

from app.access import Who, open_to, signed_in
from app.councillors import councillors
from app.councillors.news import tell_whose_turn
from app.fields import WholeField, WordsField
from app.house import db
from app.labels import label
from app.officers.forms import show_form
from app.public.signed import read_signed
from app.public.sitting import read_sign_off
from app.wording import say
from ballots.bars import barred_in
from ballots.extensions import MOST_DAYS_MORE
from ballots.refusals import BallotRefusal
from ballots.routes import Standing
from ballots.signoff import SignOff, sign_off_of
from ballots.stages import is_quiet
from ballots.stepping_in import (
    except_from_quiet,
    give_more_days,
    name_substitute,
    offices_that_settle,
)
from neighbourhoods.people import Person, appointed
from neighbourhoods.phases import Action, Role, check_allowed
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round

SOMEBODY, DAYS, EXCEPTION = "somebody", "days", "exception"


class StepInForm(FlaskForm):
    """How a stage goes on that cannot end by itself."""

    how = RadioField(
        _l("How does it go on?"),
        [InputRequired(_l("Say how it goes on"))],
        widget=GovRadioInput(),
    )
    person = SelectField(_l("Who acts instead?"), widget=GovSelect(), choices=[], default="")
    days = WholeField(_l("How many more days?"), least=1, most=MOST_DAYS_MORE)
    why = WordsField(
        _l("Why?"),
        most=1_000,
        needed=_l("Give the reason. It will be public."),
        description=_l("It is public."),
    )

    def validate_person(self, person: SelectField) -> None:
        """Whoever acts instead is named."""
        if self.how.data == SOMEBODY and not person.data:
            raise ValidationError(_("Choose who acts instead"))

    def validate_days(self, days: WholeField) -> None:
        """More days are counted."""
        if self.how.data == DAYS and days.data is None:
            raise ValidationError(_("Enter how many more days"))


@councillors.route("/decisions/<int:round_id>/step-in", methods=["GET", "POST"])
@open_to(Who.MONITORING_OFFICER)
def step_in(the_round: Round) -> ResponseReturnValue:
    """Say who acts, or for how long, where a stage cannot end by itself; in public."""
    check_allowed(Role.COUNCILLOR, Action.DECIDE, the_round.phase)
    sign_off, quiet = sign_off_of(db(), the_round), is_quiet(db(), the_round.id)
    is_late = sign_off.standing.standing is Standing.SILENT
    form = StepInForm()
    # More days change nothing where all have signed, or all are out.
    offered = [
        *([SelectChoice(SOMEBODY, _("Somebody else acts"))] if sign_off.stuck else []),
        *([SelectChoice(DAYS, _("They have more days"))] if is_late and sign_off.stuck else []),
        *([SelectChoice(EXCEPTION, _("It is signed in the pre-election period"))] if quiet else []),
    ]
    form.how.choices = offered
    if len(offered) == 1 and not form.is_submitted():
        form.how.data = offered[0].value
    people = _free_people(db(), the_round, sign_off)
    form.person.choices = [
        SelectChoice("", _("Choose")),
        *(SelectChoice(str(one.id), f"{one.name}, {words}") for one, words in people.values()),
    ]
    refusal = ""
    if not form.how.choices:
        if form.is_submitted():
            raise Refused(BallotRefusal.NOT_STUCK)
    elif form.validate_on_submit():
        try:
            _step(the_round, form, people)
        except Refused as refused:
            db().rollback()
            refusal = say(refused)
        else:
            db().commit()
            flash(_("It goes on, and your reason is public."), "success")
            return redirect(url_for("councillors.decision", round_id=the_round.id), 303)
    return show_form(
        "councillors/step_in.html",
        form,
        the_round=the_round,
        sign_off=read_sign_off(db(), the_round),
        signed=read_signed(db(), the_round),
        refusal=refusal,
    )


def _step(the_round: Round, form: StepInForm, people: dict[str, tuple[Person, str]]) -> None:
    by, why = signed_in().person, form.why.data
    match form.how.data:
        case "somebody":
            name_substitute(db(), the_round, by, people[form.person.data][0], why)
            tell_whose_turn(the_round, sign_off_of(db(), the_round))
        case "days":
            give_more_days(db(), the_round, by, form.days.data, why)
            tell_whose_turn(the_round, sign_off_of(db(), the_round))
        case _:
            except_from_quiet(db(), the_round, by, why)


def _free_people(
    session: Session, the_round: Round, sign_off: SignOff
) -> dict[str, tuple[Person, str]]:
    """Whoever may act instead, with an office, by id: nobody barred, who signed, or who names."""
    signed = {seat.person.id for seat in sign_off.seats if seat.signature is not None}
    barred = signed.union(barred_in(session, the_round), [signed_in().person.id])
    found: dict[str, tuple[Person, str]] = {}
    for office in offices_that_settle(sign_off.stage):
        for person in appointed(session, office):
            if person.id not in barred:
                found.setdefault(str(person.id), (person, label(office).lower()))
    return found
