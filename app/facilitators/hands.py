"""Hands counted in the hall: two tellers type what they counted, and must agree."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import Who, open_to, signed_in
from app.facilitators import facilitators
from app.house import db
from app.wording import say
from neighbourhoods.assemblies import AgendaItem, Assembly
from neighbourhoods.polls import count_hands, hand_counts, options_of, poll_figures
from neighbourhoods.refusals import Refused


@facilitators.get("/assemblies/<int:assembly_id>/tellers/<int:agenda_item_id>/hands")
@open_to(Who.FACILITATOR, Who.OFFICER)
def hands(assembly: Assembly, item: AgendaItem) -> ResponseReturnValue:
    """What a teller counted; another’s count is shown only once the two disagree."""
    options, counts = options_of(item) or abort(404), hand_counts(db(), item)
    figures, me = poll_figures(db(), item), signed_in().person.id
    return render_template(
        "facilitators/hands.html",
        assembly=assembly,
        item=item,
        options=options,
        figures=figures,
        mine=next((one.hands for one in counts if one.teller_id == me), None),
        others=[one for one in counts if one.teller_id != me],
    )


@facilitators.post("/assemblies/<int:assembly_id>/tellers/<int:agenda_item_id>/hands")
@open_to(Who.FACILITATOR, Who.OFFICER)
def enter_hands(assembly: Assembly, item: AgendaItem) -> ResponseReturnValue:
    """Take down how many hands a teller counted for each option."""
    counted = [request.form.get(f"hands-{n}", -1, type=int) for n in range(len(options_of(item)))]
    try:
        count_hands(db(), item, signed_in().person, counted)
        db().commit()
        flash(_("Your count is noted."))
    except Refused as refused:
        db().rollback()
        flash(say(refused))
    here = url_for("facilitators.hands", assembly_id=assembly.id, agenda_item_id=item.id)
    return redirect(here, 303)
