"""The screens of an assembly: what stands on each, drawn whole. Anybody may open them."""

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue

from app.access import Who, open_to
from app.assembly_news import state_now, word_for
from app.facilitators import facilitators
from neighbourhoods.assemblies import Assembly


@facilitators.get("/a/<join_code>/state.json")
@open_to(Who.ANYONE)
def assembly_state(assembly: Assembly) -> ResponseReturnValue:
    """What is shown now, for whoever cannot hold a socket; unchanged, it costs a few bytes."""
    state = state_now(assembly.id) or {}
    answer: Response = jsonify(state)
    answer.set_etag(word_for(state))
    # Kept by phones, and asked about each time.
    answer.headers["Cache-Control"] = "no-cache"
    return answer.make_conditional(request)
