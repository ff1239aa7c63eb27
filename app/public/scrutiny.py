"""For scrutineers alone: the record with every single ballot."""

import structlog
from flask import Response, abort, render_template
from flask.typing import ResponseReturnValue

from app.access import Who, open_to, signed_in
from app.house import database, db
from app.public import public
from app.public.checking import checking_of
from app.public.ledger import pieces
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.rounds import Round

log = structlog.get_logger()


@public.get("/rounds/<int:round_id>/scrutiny")
@open_to(Who.SCRUTINEER)
def scrutiny(the_round: Round) -> ResponseReturnValue:
    """What a scrutineer may do with single ballots and what not, before the download."""
    return render_template(
        "public/scrutiny.html", the_round=the_round, checking=checking_of(db(), the_round)
    )


@public.get("/rounds/<int:round_id>/scrutiny.json")
@open_to(Who.SCRUTINEER)
def scrutiny_json(the_round: Round) -> ResponseReturnValue:
    """The record with every opened ballot, from the count on."""
    if not is_past(Phase.COUNT, the_round.phase):
        abort(404)
    # Who took it, so that it can be asked; never what is in it.
    log.info("scrutiny file taken", round=the_round.id, person=signed_in().person.id)
    answer = Response(pieces(database(), the_round.id, opened=True), mimetype="application/json")
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Disposition"] = "attachment; filename=scrutiny.json"
    return answer
