"""The shortest way into the box, for ballots about which nothing has to be asked or explained.

On a vote's last evening, and in a hall, nearly every ballot is like this: the booth has found who
votes in this browser, the paper is known, the form is whole. Nothing is looked up here; the box
itself asks whether the voter stands on the roll and the vote is open. Whatever is out of the
ordinary takes the long way, where it is explained: what went in already is then found there as a
retry.
"""

import secrets

from flask import request

from app.casting import put_in_box
from app.house import keys
from app.residents.filled import read_form
from app.residents.paper import kept_paper
from app.residents.voter import entry_found
from ballots.casting import fill_in
from ballots.receipts import Promise, tidy_nonce
from ballots.refusals import BadPaper
from neighbourhoods.refusals import Refused


def cast_at_once(round_id: int) -> Promise | None:
    """Cast what the booth sent, if there is nothing to ask or to explain; else None."""
    paper, entry_id = kept_paper(round_id), entry_found(round_id)
    if paper is None or entry_id is None or not request.form or "add_up" in request.form:
        return None
    choices = read_form(paper).choices_on(paper)
    try:
        envelope = fill_in(
            keys(),
            paper,
            round_id,
            entry_id,
            choices,
            request_id=sent_request_id(),
            client_nonce=tidy_nonce(request.form.get("client_nonce", "")),
        )
        promise, is_retry = put_in_box(envelope)
    except (BadPaper, Refused, KeyError):
        return None
    return None if is_retry else promise


def sent_request_id() -> str:
    """What the booth calls this sending of a ballot; by it a retry is known."""
    return request.form.get("request_id", "")[:80] or secrets.token_urlsafe(16)
