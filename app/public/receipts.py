"""Receipts: what anybody may learn from a code, which is never what was chosen."""

from flask import Response, abort, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.access import Who, open_to
from app.extensions import limiter
from app.house import db, keys
from app.public import public
from app.public.checking import checking_of
from ballots.receipts import in_fours
from ballots.sealing import BATCH
from ballots.whereabouts import find_receipt
from neighbourhoods.eligibility import tidy_code
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round


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
    """Where the ballot with this receipt lies, and the proof; never what it says."""
    found = find_receipt(db(), keys(), code)
    if found is None:
        page = render_template("public/receipt_unknown.html", code=in_fours(tidy_code(code)[:40]))
        return current_app.make_response((page, 404))
    the_round = db().get_one(Round, found.round_id)
    return render_template(
        "public/receipt.html",
        receipt=found,
        the_round=the_round,
        checking=checking_of(db(), the_round),
        is_open=the_round.phase == Phase.VOTE,
        batch_size=BATCH,
    )


@public.get("/receipts/<code>/proof.json")
@open_to(Who.ANYONE)
@limiter.limit("60 per minute", deduct_when=was_unknown)
def receipt_proof(code: str) -> ResponseReturnValue:
    """The signed promise of a receipt and, once it is sealed, the proof that it was kept."""
    found = find_receipt(db(), keys(), code) or abort(404)
    answer = jsonify(found.as_json())
    # Not the code in the name: it would stand in every list of downloads.
    answer.headers["Content-Disposition"] = "attachment; filename=receipt.json"
    return answer
