"""The console of a meeting: what is on the screens, what comes next, and everything that is done.

One form with one token serves every button, so that the parts of the page that script swaps in
are the same text as long as nothing has happened.
"""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Who, open_to, signed_in
from app.assembly_news import ring_assembly
from app.facilitators import facilitators
from app.facilitators.acts import ACTS, hold_for
from app.facilitators.console_view import AT_HAND, view_of
from app.facilitators.interest import must_declare
from app.facilitators.vote_panel import vote_panels
from app.house import db
from app.wording import say
from neighbourhoods.assemblies import Assembly, Slide
from neighbourhoods.refusals import Refused


@facilitators.get("/assemblies/<int:assembly_id>")
@open_to(Who.FACILITATOR, Who.OFFICER)
def console(assembly: Assembly) -> ResponseReturnValue:
    """Everything a facilitator does in one meeting."""
    return _draw(assembly)


def _draw(assembly: Assembly, notice: str = "") -> str:
    return render_template(
        "facilitators/console.html",
        view=view_of(db(), assembly),
        panels=vote_panels(db(), assembly),
        assembly=assembly,
        notice=notice,
        must_declare=must_declare(assembly),
        at_hand=AT_HAND,
        own_slides=[slide for slide in Slide if slide not in (Slide.ITEM, Slide.QUESTION)],
    )


@facilitators.post("/assemblies/<int:assembly_id>/act")
@open_to(Who.FACILITATOR, Who.OFFICER)
def act(assembly: Assembly) -> ResponseReturnValue:
    """Do one thing, unless somebody did another since this console was drawn."""
    name = request.values.get("act", "")
    wanted = ACTS.get(name)
    version = request.form.get("version", "")
    if wanted is None or not (version.isascii() and version.isdecimal()):
        abort(400)
    try:
        hold_for(name, assembly, int(version))
        wanted(assembly, signed_in().person)
    except Refused as refused:
        db().rollback()
        return _draw(assembly, say(refused)), 409
    db().commit()
    ring_assembly(assembly.id)
    return redirect(url_for("facilitators.console", assembly_id=assembly.id), 303)
