"""The interests gate of whoever runs a meeting: asked once a round, before anything begins."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import Who, open_to, signed_in
from app.duty_form import DutyForm
from app.facilitators import facilitators
from app.house import db
from app.officers.forms import show_form
from neighbourhoods.assemblies import Assembly, AssemblyState
from neighbourhoods.duties import declare_for_duty, declared_for_duty
from neighbourhoods.interests import InterestKind


@facilitators.route("/assemblies/<int:assembly_id>/interest", methods=["GET", "POST"])
@open_to(Who.FACILITATOR, Who.OFFICER)
def interest(assembly: Assembly) -> ResponseReturnValue:
    """Declare an interest, or none, in the projects of a round before running its meetings."""
    form = DutyForm()
    console = url_for("facilitators.console", assembly_id=assembly.id)
    if form.validate_on_submit():
        kind = InterestKind(form.kind.data)
        person = signed_in().person
        declare_for_duty(db(), assembly.the_round, person, kind, form.details.data)
        db().commit()
        if kind is InterestKind.PECUNIARY:
            flash(_("Your interest is kept. Somebody else must run this meeting."))
        return redirect(console, 303)
    return show_form(
        "officers/duty.html",
        form,
        the_round=assembly.the_round,
        about=_("Your interest in these projects"),
        back_to=console,
        back_text=_("Console"),
        nav_here="assemblies",
    )


def must_declare(assembly: Assembly) -> bool:
    """Whether whoever looks at a meeting that has not ended is asked for their interest first."""
    if assembly.is_practice or assembly.state == AssemblyState.ENDED:
        return False
    return declared_for_duty(db(), assembly.the_round, signed_in().person) is None
