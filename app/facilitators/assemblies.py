"""The facilitator’s pages: which rounds meet, how people join, and how the vote stands."""

from flask import render_template
from flask.typing import ResponseReturnValue

from app.access import Who, open_to
from app.facilitators import facilitators
from app.facilitators.hall_pictures import hall_pictures
from app.facilitators.joining import join_address, join_picture
from app.house import db
from app.ties_waiting import tie_waiting
from ballots.outcome import outcome_of
from ballots.tally import public_tally
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.rounds import Round, rounds_in

COMING = (Phase.SCREENING, Phase.DEBATE)
FINISHED = (Phase.COUNT, Phase.SIGN_OFF, Phase.DELIVERY, Phase.REVIEW)
# Older rounds have their public record; a facilitator looks for last week’s.
MOST_FINISHED = 10


@facilitators.get("/assemblies")
@open_to(Who.FACILITATOR, Who.OFFICER)
def assemblies() -> ResponseReturnValue:
    """The rounds in the vote, those that come to it, and the last that came out of it."""
    return render_template(
        "facilitators/assemblies.html",
        voting=rounds_in(db(), Phase.VOTE),
        coming=rounds_in(db(), *COMING),
        finished=rounds_in(db(), *FINISHED)[: -MOST_FINISHED - 1 : -1],
    )


@facilitators.get("/assemblies/<int:round_id>")
@open_to(Who.FACILITATOR, Who.OFFICER)
def console(the_round: Round) -> ResponseReturnValue:
    """Everything a facilitator opens or prints for one round."""
    stored = outcome_of(db(), the_round.id)
    drawn = hall_pictures(stored.result, stored.explanation, {}) if stored else None
    return render_template(
        "facilitators/console.html",
        the_round=the_round,
        tally=public_tally(db(), the_round),
        address=join_address(the_round),
        qr=join_picture(the_round),
        pictures=drawn.available if drawn else (),
        tie=tie_waiting(the_round),
        is_open=the_round.phase == Phase.VOTE,
        is_before=is_past(the_round.phase, Phase.VOTE),
    )


@facilitators.get("/assemblies/<int:round_id>/poster")
@open_to(Who.FACILITATOR, Who.OFFICER)
def poster(the_round: Round) -> ResponseReturnValue:
    """A page to print and hang up: the address and its QR code."""
    return render_template(
        "facilitators/poster.html",
        the_round=the_round,
        address=join_address(the_round),
        qr=join_picture(the_round),
    )
