"""The assembly screen: a projector in a hall, and the QR code on it. Anybody may open them."""

from io import BytesIO

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from app.access import Who, open_to
from app.facilitators import facilitators
from app.facilitators.hall_pictures import hall_pictures
from app.facilitators.joining import join_address, join_code, join_picture
from app.facilitators.picture import draw
from app.facilitators.reveal import reveal
from app.house import db
from app.ties_waiting import tie_waiting
from ballots.disclosure import DisclosureProfile
from ballots.outcome import outcome_of
from ballots.tally import public_tally
from neighbourhoods.database import now
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round


@facilitators.get("/rounds/<int:round_id>/screen")
@open_to(Who.ANYONE)
def screen(the_round: Round) -> ResponseReturnValue:
    """The vote as the hall sees it; it keeps itself up to date.

    Once it is counted, `?show=` and a name of `Shown` opens that picture of the count.
    """
    tally, moment = public_tally(db(), the_round), now(db())
    projects = projects_in(db(), the_round.id)
    titles = {project.code: project.title for project in projects}
    stored = outcome_of(db(), the_round.id)
    in_points = tally is not None and tally.in_points
    drawn = hall_pictures(stored.result, stored.explanation, titles) if stored else None
    return render_template(
        "facilitators/screen.html",
        the_round=the_round,
        tally=tally,
        now=moment,
        picture=draw(the_round, tally, moment, len(projects), tie_waiting(the_round)),
        reveal=reveal(stored.result, titles, in_points=in_points) if stored else None,
        drawn=drawn,
        shown=drawn.asked_for(request.args.get("show")) if drawn else None,
        titles=titles,
        address=join_address(the_round),
        qr=join_picture(the_round),
        is_open=the_round.phase == Phase.VOTE,
        in_steps=the_round.phase == Phase.VOTE
        and tally
        and tally.profile == DisclosureProfile.LIVE,
        is_before=is_past(the_round.phase, Phase.VOTE),
    )


@facilitators.get("/rounds/<int:round_id>/qr.svg")
@open_to(Who.ANYONE)
def qr(the_round: Round) -> ResponseReturnValue:
    """The QR code of the address where people join, as a picture."""
    drawn = BytesIO()
    join_code(the_round).save(drawn, kind="svg", border=4, scale=10, svgclass=None, lineclass=None)
    return Response(drawn.getvalue(), mimetype="image/svg+xml")
