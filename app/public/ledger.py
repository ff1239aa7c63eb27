"""What anybody needs to check a vote without trusting us: ledger, record, proofs, verifier."""

from collections.abc import Iterator
from pathlib import Path

from flask import Response, abort, jsonify, render_template, request, send_file
from flask.typing import ResponseReturnValue

import ballots
from app.access import Who, open_to
from app.counting_room import breathe
from app.house import database, db, settings
from app.public import public
from app.public.checking import checking_of
from app.public.ledger_words import read_entries
from ballots.ledger import EntryKind, entries_between, entries_of, head_of, heads
from ballots.published import may_open, record_in_pieces
from ballots.record import record_of
from neighbourhoods.database import Database
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round

# Entries on one page.
A_PAGE = 50
VERIFIER = Path(ballots.__file__).with_name("verify.py")


@public.get("/rounds/<int:round_id>/ledger")
@open_to(Who.ANYONE)
def ledger(the_round: Round) -> ResponseReturnValue:
    """The ledger in words, the newest entry first: a page of it, or the one with an `entry`."""
    head = head_of(db(), the_round.id)
    newest = head.number if head else 0
    pages = max(1, -(-newest // A_PAGE))
    wanted = request.args.get("entry", 0, int)
    page = (newest - wanted) // A_PAGE + 1 if wanted else request.args.get("page", 1, int)
    page = min(max(page, 1), pages)
    last = newest - (page - 1) * A_PAGE
    entries = entries_between(db(), the_round.id, last - A_PAGE + 1, last)
    corrections = entries_of(db(), the_round.id, EntryKind.CORRECTION)
    titles = {project.code: project.title for project in projects_in(db(), the_round.id)}
    return render_template(
        "public/ledger.html",
        the_round=the_round,
        entries=read_entries(reversed(entries), corrections, titles),
        newest=newest,
        page=page,
        pages=pages,
        witness=f"python -m ballots.witness {settings().public_url} --keep heads.json",
        checking=checking_of(db(), the_round),
    )


@public.get("/rounds/<int:round_id>/ledger.json")
@open_to(Who.ANYONE)
def ledger_json(the_round: Round) -> ResponseReturnValue:
    """Every entry of the round's ledger."""
    return jsonify([entry.as_json() for entry in entries_of(db(), the_round.id)])


@public.get("/ledger/heads.json")
@open_to(Who.ANYONE)
def ledger_heads() -> ResponseReturnValue:
    """The newest entry of every round, for whoever keeps copies of them elsewhere."""
    names = ("round", "number", "hash", "signature")
    told = (head.as_json() for head in heads(db()))
    return jsonify([{name: each[name] for name in names} for each in told])


@public.get("/rounds/<int:round_id>/record.json")
@open_to(Who.ANYONE)
def record_json(the_round: Round) -> ResponseReturnValue:
    """Ledger, opened ballots, count and record in one file, from the count on."""
    head = head_of(db(), the_round.id)
    if head is None or not is_past(Phase.COUNT, the_round.phase):
        abort(404)
    sent = pieces(database(), the_round.id, opened=may_open(db(), the_round.id))
    answer = Response(sent, mimetype="application/json")
    answer.implicit_sequence_conversion = False  # nobody reads all of it to tell its length
    answer.headers["Cache-Control"] = "public, no-cache"
    answer.set_etag(head.hash)
    record = record_of(db(), the_round.id)
    if record is not None:
        answer.last_modified = record.published_at
    return answer.make_conditional(request)


def pieces(source: Database, round_id: int, *, opened: bool) -> Iterator[bytes]:
    """The file in pieces, read while it is sent: a city's is larger than a server's memory."""
    with source.reading() as session:
        the_round = session.get_one(Round, round_id)
        for piece in record_in_pieces(session, the_round, opened=opened, pause=breathe):
            yield piece.encode()


@public.get("/verify.py")
@open_to(Who.ANYONE)
def verifier() -> ResponseReturnValue:
    """The program with which anybody checks a record: one file, nothing to install."""
    return send_file(VERIFIER, mimetype="text/x-python", as_attachment=True)
