"""What stands for the whole council: the register of interests, and pre-election periods."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSelect
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired

from app.access import Who, object_or_404, open_to
from app.date_fields import DayField
from app.fields import LineField, WordsField
from app.house import db
from app.officers import officers
from app.officers.forms import BareForm, choices_of, refuse_at, show_form
from ballots.advice import announce_quiet, quiet_periods, take_out_quiet
from ballots.stages import QuietPeriod
from neighbourhoods.database import now
from neighbourhoods.interests import (
    InterestKind,
    RegisteredInterest,
    end_registered,
    register_interest,
    registered_interests,
)
from neighbourhoods.people import Appointment, Person
from neighbourhoods.refusals import Refused


class RegisterForm(FlaskForm):
    """One entry of the register."""

    person = SelectField(
        _l("Whose interest is it?"),
        [InputRequired(_l("Choose whose interest it is"))],
        widget=GovSelect(),
    )
    kind = RadioField(
        _l("What kind of interest is it?"),
        [InputRequired(_l("Choose what kind of interest it is"))],
        widget=GovRadioInput(),
    )
    words = WordsField(
        _l("What is the interest?"),
        most=1_000,
        needed=_l("Say what the interest is"),
        description=_l("As it stands in the council’s register: a job, land, shares, a tenancy."),
    )


@officers.route("/office/interests", methods=["GET", "POST"])
@open_to(Who.OFFICER, Who.MONITORING_OFFICER)
def interests() -> ResponseReturnValue:
    """The register of interests; its entries are suggested to whoever declares."""
    form = RegisterForm()
    people = _in_office(db())
    form.person.choices = [
        SelectChoice("", _("Choose")),
        *(SelectChoice(str(one.id), one.name or one.email) for one in people),
    ]
    form.kind.choices = choices_of([InterestKind.PECUNIARY, InterestKind.OTHER])
    if form.validate_on_submit():
        person = next(one for one in people if str(one.id) == form.person.data)
        register_interest(db(), person, InterestKind(form.kind.data), form.words.data)
        db().commit()
        flash(_("The entry stands in the register."), "success")
        return redirect(url_for("officers.interests"), 303)
    return show_form("officers/interests.html", form, entries=registered_interests(db()))


@officers.route("/office/interests/<int:entry>/end", methods=["GET", "POST"])
@open_to(Who.OFFICER, Who.MONITORING_OFFICER)
def end_interest(entry: int) -> ResponseReturnValue:
    """Let an entry end: asked once, since it cannot be taken back."""
    found, form = object_or_404(RegisteredInterest, entry), BareForm()
    if form.validate_on_submit():
        end_registered(db(), found)
        db().commit()
        flash(_("The entry has ended."), "success")
        return redirect(url_for("officers.interests"), 303)
    return render_template("officers/end_interest.html", form=form, entry=found)


def _in_office(session: Session) -> list[Person]:
    """Everybody who holds an office today, by name."""
    today = now(session).date()
    query = (
        select(Person)
        .join(Appointment)
        .where(
            Appointment.starts_on <= today,
            Appointment.ends_on.is_(None) | (Appointment.ends_on > today),
        )
        .distinct()
        .order_by(Person.name, Person.id)
    )
    return list(session.scalars(query))


class QuietForm(FlaskForm):
    """When nothing is signed, and for which election."""

    words = LineField(_l("Which election?"), most=200, needed=_l("Name the election"))
    starts_on = DayField(_l("First day"), [InputRequired(_l("Enter the first day"))])
    ends_on = DayField(_l("Last day"), [InputRequired(_l("Enter the last day"))])


@officers.route("/office/quiet", methods=["GET", "POST"])
@open_to(Who.OFFICER, Who.MONITORING_OFFICER)
def quiet() -> ResponseReturnValue:
    """Pre-election periods: nothing is signed in them, unless the monitoring officer says why."""
    form = QuietForm()
    if form.validate_on_submit():
        try:
            announce_quiet(db(), form.starts_on.data, form.ends_on.data, form.words.data)
        except Refused as refused:
            refuse_at(form.ends_on, refused)
        else:
            db().commit()
            flash(_("Nothing is signed in these days."), "success")
            return redirect(url_for("officers.quiet"), 303)
    return show_form("officers/quiet.html", form, periods=quiet_periods(db()))


@officers.post("/office/quiet/<int:period>/take-out")
@open_to(Who.OFFICER, Who.MONITORING_OFFICER)
def take_out_period(period: int) -> ResponseReturnValue:
    """Take a pre-election period out again."""
    found = object_or_404(QuietPeriod, period)
    if BareForm().validate_on_submit():
        take_out_quiet(db(), found)
        db().commit()
        flash(_("The pre-election period is taken out."), "success")
    return redirect(url_for("officers.quiet"), 303)
