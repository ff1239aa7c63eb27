"""The running figures: anybody may look."""

import hashlib
import json
from typing import Any

from flask import Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from app.access import Who, open_to
from app.display import age_words, clock_words
from app.house import db
from app.public import public
from app.ties_waiting import tie_waiting
from ballots.disclosure import DisclosureProfile
from ballots.tally import ProjectFigure, PublicTally, public_tally
from ballots.voting_rules import rules_of
from neighbourhoods.database import now
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.rounds import Round


@public.get("/rounds/<int:round_id>/tally")
@open_to(Who.ANYONE)
def tally(the_round: Round) -> ResponseReturnValue:
    """Turnout as it is, and the figures as far as they are published."""
    figures, rules = public_tally(db(), the_round), rules_of(db(), the_round.id)
    at, moment = figures.published_at if figures else None, now(db())
    return render_template(
        "public/tally.html",
        the_round=the_round,
        tally=figures,
        time=clock_words(at, moment) if at else "",
        age=age_words(at, moment) if at else "",
        # Between the close and the count nobody can say what is funded: those figures are older.
        bars=bars_of(figures) if figures and the_round.phase != Phase.COUNT else [],
        is_open=the_round.phase == Phase.VOTE,
        is_before=is_past(the_round.phase, Phase.VOTE),
        has_outcome=is_past(Phase.COUNT, the_round.phase),
        tie=tie_waiting(the_round),
        draw_source=rules.draw_source if rules else "",
        is_sealed=figures is not None and figures.profile == DisclosureProfile.SEALED,
    )


def bars_of(tally: PublicTally) -> list[dict[str, Any]]:
    """The published figures as the bars macro takes them; shares are of the voters covered.

    Bars are as wide as the share of voters, in thousandths; where there are points, as the points
    against the most points of any project.
    """
    return [_bar(figure, tally.covered, tally.most_points) for figure in tally.figures or ()]


def _bar(figure: ProjectFigure, covered: int, most_points: int) -> dict[str, Any]:
    share = round(figure.votes * 100 / covered) if covered else 0
    score = figure.score
    return {
        "key": figure.code,
        "title": figure.title,
        "votes": figure.votes,
        "score": score,
        "cost_pence": figure.cost_pence,
        "share_percent": share,
        "width": share * 10 if score is None else max(0, score) * 1000 // most_points,
        "funded_if_closed_now": figure.funded,
    }


@public.get("/rounds/<int:round_id>/tally.json")
@open_to(Who.ANYONE)
def tally_json(the_round: Round) -> ResponseReturnValue:
    """The tally for programs; asked again with its ETag, unchanged figures cost nothing."""
    figures = public_tally(db(), the_round)
    if figures is None:
        abort(404)
    text = json.dumps(figures.as_json(), separators=(",", ":"))
    response = Response(text, mimetype="application/json")
    response.set_etag(hashlib.sha256(text.encode()).hexdigest()[:32])
    response.headers["Cache-Control"] = "no-cache"
    return response.make_conditional(request)
