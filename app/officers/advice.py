"""What officers add between the count and the signature: notes, and a project’s withdrawal."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput
from wtforms import RadioField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired

from app.access import Who, open_to, signed_in
from app.fields import WordsField
from app.house import db
from app.officers import officers
from app.officers.forms import show_form
from ballots.advice import write_note
from ballots.bundle import costs_to_sign, notes_on
from ballots.signing import NoteKind
from ballots.stages import withdraw_project, withdrawn_in
from neighbourhoods.phases import Action, Role, check_allowed
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round


class NotesForm(FlaskForm):
    """Advice to whoever signs."""

    finance = WordsField(
        _l("Finance"),
        most=3_000,
        description=_l("Whether the fund holds the money, and what follows in later years."),
    )
    legal = WordsField(
        _l("Law"), most=3_000, description=_l("The power that is used, and any duty against it.")
    )
    equality = WordsField(
        _l("Equality"), most=3_000, description=_l("Who gains and who loses, and what was done.")
    )


@officers.route("/office/rounds/<int:round_id>/notes", methods=["GET", "POST"])
@open_to(Who.OFFICER)
def notes(the_round: Round) -> ResponseReturnValue:
    """Advise whoever signs; what changes here voids the signatures given before."""
    check_allowed(Role.OFFICER, Action.ANSWER_REFERRAL, the_round.phase)
    form = NotesForm(data={note.kind.value: note.words for note in notes_on(db(), the_round.id)})
    if form.validate_on_submit():
        person = signed_in().person
        changed = [
            kind
            for kind in NoteKind
            if write_note(db(), the_round, person, kind, form[kind.value].data)
        ]
        db().commit()
        if changed:
            flash(_("Your notes are before whoever signs, and will be public."), "success")
        return redirect(url_for("officers.notes", round_id=the_round.id), 303)
    return show_form("officers/notes.html", form, the_round=the_round)


class WithdrawForm(FlaskForm):
    """Which funded project can no longer be done, and why."""

    project = RadioField(
        _l("Which project?"), [InputRequired(_l("Choose the project"))], widget=GovRadioInput()
    )
    why = WordsField(
        _l("Why is it withdrawn?"),
        most=1_000,
        needed=_l("Give a reason. It will be public."),
    )


@officers.route("/office/rounds/<int:round_id>/withdraw", methods=["GET", "POST"])
@open_to(Who.OFFICER)
def withdraw(the_round: Round) -> ResponseReturnValue:
    """Take a funded project out before it is signed; signatures given until now are void."""
    check_allowed(Role.OFFICER, Action.ANSWER_REFERRAL, the_round.phase)
    projects = {project.code: project for project in projects_in(db(), the_round.id)}
    left = [projects[code] for code in costs_to_sign(db(), the_round)]
    form = WithdrawForm()
    form.project.choices = [SelectChoice(str(one.id), one.title) for one in left]
    if form.validate_on_submit():
        chosen = next(one for one in left if str(one.id) == form.project.data)
        withdraw_project(db(), the_round, chosen, signed_in().person, form.why.data)
        db().commit()
        flash(_("It is withdrawn. Whoever had signed is asked to sign again."), "success")
        return redirect(url_for("officers.the_round", round_id=the_round.id), 303)
    return show_form(
        "officers/withdraw.html",
        form,
        the_round=the_round,
        left=left,
        withdrawn=list(withdrawn_in(db(), the_round.id).values()),
    )
