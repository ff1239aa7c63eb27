"""A tie drawn in public: two people enter what they read, neither seeing the other’s."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from app.access import Who, open_to, signed_in
from app.fields import LineField
from app.house import db, keys
from app.officers import officers
from app.officers.forms import show_form
from app.public.ties import DrawTold
from app.ties_waiting import TieWaiting, tie_waiting
from ballots.draws import LONGEST_VALUE, draw_held, enter_draw, readings_in
from ballots.refusals import BallotRefusal
from neighbourhoods.projects import projects_in
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round


class DrawForm(FlaskForm):
    """What one person read."""

    value = LineField(
        _l("What the dice or the beacon said"),
        most=LONGEST_VALUE,
        needed=_l("Enter what the dice or the beacon said"),
        description=_l(
            "Dice: only the numbers, in the order in which they fell, with a space between: "
            "3\u00a05\u00a01. A beacon: its value in full, as it was published."
        ),
    )


@officers.route("/office/rounds/<int:round_id>/draw", methods=["GET", "POST"])
@open_to(Who.OFFICER, Who.FACILITATOR)
def draw(the_round: Round) -> ResponseReturnValue:
    """Hold the draw that a tie waits for; what the first person read is shown to nobody."""
    tie = tie_waiting(the_round)
    if request.method == "POST" and tie is None:
        raise Refused(BallotRefusal.NOTHING_TO_DRAW)
    form = DrawForm()
    if tie is not None and form.validate_on_submit():
        _enter(the_round, form.value.data, tie)
        return redirect(url_for("officers.draw", round_id=the_round.id), 303)
    readings, own = readings_in(db(), the_round.id), signed_in().person.id
    titles = {project.code: project.title for project in projects_in(db(), the_round.id)}
    held = draw_held(db(), the_round.id)
    return show_form(
        "officers/draw.html",
        form,
        the_round=the_round,
        tie=tie,
        held=DrawTold.of(held, titles) if held else None,
        mine=any(reading.person_id == own for reading in readings),
        others=[reading.person.name for reading in readings if reading.person_id != own],
        is_officer=signed_in().is_officer,
    )


def _enter(the_round: Round, value: str, tie: TieWaiting) -> None:
    held = enter_draw(db(), keys(), the_round, signed_in().person, value, tie.codes)
    struck_out = held is None and not readings_in(db(), the_round.id)
    db().commit()
    if held is not None:
        flash(
            _("You both read the same, so the draw is held. The votes are counted now."), "success"
        )
    elif struck_out:
        flash(
            _(
                "You read something else than the first person did, so both were struck out. Look "
                "at the dice or the beacon again. Then each of you enters it anew."
            )
        )
    else:
        flash(_("What you read is kept, and shown to nobody. A second person enters it now."))
