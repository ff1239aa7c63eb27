"""The running figures and the receipts: anybody may look."""

import hashlib
import json
from typing import Any

from flask import Response, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Who, open_to
from app.display import age_words, clock_words
from app.extensions import limiter
from app.house import db, keys
from app.public import public
from app.ties_waiting import tie_waiting
from ballots.disclosure import DisclosureProfile
from ballots.receipts import in_fours
from ballots.tally import ProjectFigure, PublicTally, public_tally
from ballots.voting_rules import rules_of
from ballots.whereabouts import find_receipt
from neighbourhoods.database import now
from neighbourhoods.eligibility import tidy_code
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


# --- receipts ------------------------------------------------------------------------------------


def was_unknown(response: Response) -> bool:
    """Whether a look-up counts against the limit on guessing."""
    return response.status_code == 404


@public.get("/receipts")
@open_to(Who.ANYONE)
def receipts() -> ResponseReturnValue:
    """Ask for a receipt’s code, and lead to what is known of it."""
    written = tidy_code(request.args.get("code", ""))
    if written:
        return redirect(url_for("public.receipt", code=written[:40]), 303)
    return render_template("public/receipts.html", missing="code" in request.args)


@public.get("/receipts/<code>")
@open_to(Who.ANYONE)
@limiter.limit("60 per minute", deduct_when=was_unknown)
def receipt(code: str) -> ResponseReturnValue:
    """Whether the ballot with this receipt lies in the box; never what it says."""
    found = find_receipt(db(), keys(), code)
    if found is None:
        page = render_template("public/receipt_unknown.html", code=in_fours(tidy_code(code)[:40]))
        return current_app.make_response((page, 404))
    the_round = db().get_one(Round, found.round_id)
    return render_template(
        "public/receipt.html",
        receipt=found,
        code=in_fours(found.code),
        the_round=the_round,
        is_current=not found.is_replaced,
        is_open=the_round.phase == Phase.VOTE,
        was_counted=is_past(Phase.COUNT, the_round.phase),
    )
