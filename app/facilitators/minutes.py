"""Minutes of a meeting: public once it has ended, before that a draft for those who run it."""

from flask import Response, abort, render_template
from flask.typing import ResponseReturnValue

from app.access import Who, open_to, visitor
from app.counting_room import counting
from app.facilitators import facilitators
from app.facilitators.minutes_words import Minutes, minutes_of
from app.house import db, let_go, settings
from app.typesetting import typeset
from neighbourhoods.assemblies import Assembly, AssemblyState


@facilitators.get("/assemblies/<int:assembly_id>/minutes")
@open_to(Who.ANYONE)
def minutes(assembly: Assembly) -> ResponseReturnValue:
    """What was done and decided."""
    return render_template(
        "facilitators/minutes.html", assembly=assembly, minutes=_readable(assembly)
    )


@facilitators.get("/assemblies/<int:assembly_id>/minutes.pdf")
@open_to(Who.ANYONE)
def minutes_pdf(assembly: Assembly) -> ResponseReturnValue:
    """The same as a PDF, for the archive."""
    written = _readable(assembly)
    name = f"minutes-{assembly.id}.pdf"
    let_go()
    pdf = counting()(typeset, written.title, [written.as_part(settings().council_name)])
    answer = Response(pdf, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


def _readable(assembly: Assembly) -> Minutes:
    """The minutes, if whoever asks may read them yet."""
    is_public = assembly.state == AssemblyState.ENDED and not assembly.is_practice
    known = None if is_public else visitor()
    if not is_public and not (known and (known.is_facilitator or known.is_officer)):
        abort(404)
    return minutes_of(db(), assembly)
