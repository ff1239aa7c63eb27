"""The voting booth: choose first, say who you are last, cast, change your mind until close."""

import secrets

from flask import (
    Response,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.csrf import CSRFError
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput, GovTextInput
from wtforms import StringField, SubmitField
from wtforms.validators import InputRequired

from app.access import Who, open_to, visitor
from app.extensions import csrf, limiter
from app.house import db, keys
from app.residents import residents
from app.residents.paper import (
    breaks_limit,
    draft_of,
    drop_draft,
    has_draft,
    keep_draft,
    limit_in_words,
    paper_of,
    projects_in_order,
    rules_in_words,
    total_in_words,
    total_sentences,
)
from app.residents.voter import (
    code_key,
    entry_for,
    entry_on_card,
    owner_of,
    put_card_away,
    show_card,
)
from app.wording import paper_faults_in_words
from ballots.box import cast_ballot, check_open, current_receipt, is_current
from ballots.papers import BallotPaper, faults_in
from ballots.receipts import Receipt
from ballots.refusals import BadPaper, BallotRefusal
from ballots.tally import public_tally
from neighbourhoods.eligibility import RollEntry, entry_by_code
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round

# A whole hall may share one address, so only wrong codes count. A code has 60 bits.
WRONG_CODES = "30 per minute"
WRONG = frozenset({404, 422})
TRIED = "tried-code"


def names_a_voter() -> bool:
    """Whether the code that was sent is somebody's: one stranger's wrong tries in a hall must not
    keep everybody else there from voting."""
    written = request.form.get("code") or (request.view_args or {}).get("code", "")
    return entry_by_code(db(), code_key(), written) is not None


def was_wrong(response: Response) -> bool:
    """Whether a try at a code counts against the limit."""
    return response.status_code in WRONG or "tried=1" in (response.location or "")


class VoterCodeForm(FlaskForm):
    """The code of a printed voter card."""

    code = StringField(
        _l("Voter code"),
        description=_l("12 letters and digits on your voter card, such as 7K3M 9QXR 2T5V"),
        widget=GovTextInput(),
        validators=[InputRequired(message=_l("Enter the code on your voter card"))],
    )
    submit = SubmitField(_l("Continue"), widget=GovSubmitInput())


# --- the paper -----------------------------------------------------------------------------------


@residents.get("/vote/<int:round_id>")
@open_to(Who.ANYONE)
def join(the_round: Round) -> ResponseReturnValue:
    """Lead from the short address on the screen and the poster to the booth."""
    return redirect(url_for("residents.booth", round_id=the_round.id), 303)


@residents.get("/rounds/<int:round_id>/ballot")
@open_to(Who.ANYONE)
def booth(the_round: Round) -> ResponseReturnValue:
    """The ballot paper, for anybody to fill in."""
    paper = paper_of(the_round)
    refused = _why_not_open(the_round)
    if refused is not None or paper is None:
        return _closed_page(the_round, refused, sent=False)
    choices = draft_of(paper)
    # Only while the draft is there: after the back button, what was wrong may be long put right.
    wrong = faults_in(paper, choices) if "tried" in request.args and has_draft() else []
    faults = paper_faults_in_words(BadPaper(wrong)) if wrong else []
    stale = "stale" in request.args and has_draft()
    return _paper_page(the_round, paper, choices, faults=faults, stale=stale)


def _why_not_open(the_round: Round) -> BallotRefusal | None:
    try:
        check_open(db(), the_round)
    except Refused as refused:
        return BallotRefusal(refused.reason)
    return None


def _paper_page(
    the_round: Round,
    paper: BallotPaper,
    sent: list[str],
    *,
    faults: list[str] | None = None,
    stale: bool = False,
) -> str:
    entry = entry_for(the_round)
    choices = [code for code in dict.fromkeys(sent) if code in paper.costs]
    return render_template(
        "residents/booth.html",
        the_round=the_round,
        paper=paper,
        projects=projects_in_order(the_round, entry),
        choices=choices,
        rules=rules_in_words(paper),
        total=total_in_words(paper, choices),
        limit=limit_in_words(paper, choices),
        is_over=breaks_limit(paper, choices),
        sentences=total_sentences(paper),
        request_id=secrets.token_urlsafe(16),
        entry=entry,
        receipt=_receipt_of(the_round, entry),
        by_card=entry_on_card(the_round) is not None,
        faults=faults or [],
        errors=bool(faults),
        stale=stale,
    )


def _receipt_of(the_round: Round, entry: RollEntry | None) -> Receipt | None:
    return current_receipt(db(), keys(), the_round.id, entry) if entry else None


def _closed_page(the_round: Round, refused: BallotRefusal | None, *, sent: bool) -> str:
    """The booth while no ballots are taken; `sent` says that somebody has just tried."""
    entry = entry_for(the_round)
    return render_template(
        "residents/booth_closed.html",
        the_round=the_round,
        has_closed=refused == BallotRefusal.VOTE_CLOSED,
        opens_at=the_round.starts_at(Phase.VOTE),
        entry=entry,
        receipt=_receipt_of(the_round, entry),
        sent=sent,
    )


# --- casting -------------------------------------------------------------------------------------


@residents.post("/rounds/<int:round_id>/ballot")
@csrf.exempt  # checked below: an old token must not cost anybody their choices
@open_to(Who.ANYONE)
def cast(the_round: Round) -> ResponseReturnValue:
    """Cast a ballot, or ask its voter who they are and keep the choices meanwhile."""
    paper = paper_of(the_round)
    if paper is None:
        return _closed_page(the_round, _why_not_open(the_round), sent=True), 409
    choices = request.form.getlist("project")
    if not _token_is_good():
        return _back_to_paper(the_round, paper, choices, stale=1)
    if "add_up" in request.form:
        return _back_to_paper(the_round, paper, choices)
    try:
        return _cast_or_ask(the_round, paper, choices)
    except BadPaper as bad:
        if set(choices) <= paper.costs.keys():
            return _back_to_paper(the_round, paper, choices, tried=1)
        faults = paper_faults_in_words(bad)
        return _paper_page(the_round, paper, choices, faults=faults), 422
    except Refused as refused:
        return _closed_page(the_round, BallotRefusal(refused.reason), sent=True), 409


def _token_is_good() -> bool:
    if not current_app.config["WTF_CSRF_ENABLED"]:
        return True
    try:
        csrf.protect()
    except CSRFError:
        return False
    return True


def _cast_or_ask(the_round: Round, paper: BallotPaper, choices: list[str]) -> Response:
    entry = entry_for(the_round)
    if entry is None:
        check_open(db(), the_round)
        if faults := faults_in(paper, choices):
            raise BadPaper(faults)
        response = _lead_to("residents.identify", the_round)
        keep_draft(response, the_round, paper, choices)
        return response
    request_id = request.form.get("request_id", "")[:80] or secrets.token_urlsafe(16)
    receipt = cast_ballot(db(), keys(), the_round, entry, choices, request_id=request_id)
    if not is_current(db(), receipt):
        # A late retry of a ballot they have since replaced: say so, and change nothing.
        flash(_("You have cast a newer ballot since. The newer one is in the box."))
    db().commit()
    response = _lead_to("residents.counted", the_round)
    drop_draft(response, the_round)
    return response


def _back_to_paper(
    the_round: Round, paper: BallotPaper, choices: list[str], **why: int
) -> Response:
    """Show the paper again at an address: a page that answers a form has no way back to it."""
    response = _lead_to("residents.booth", the_round, **why)
    keep_draft(response, the_round, paper, choices)
    return response


def _lead_to(endpoint: str, the_round: Round, **why: int) -> Response:
    """Lead on: a browser by redirect; the booth's script, which sent the form, by word."""
    address = url_for(endpoint, round_id=the_round.id, **why)  # type: ignore[arg-type]
    if request.accept_mimetypes.best == "application/json":
        return jsonify(next=address)
    return current_app.make_response(redirect(address, 303))


@residents.get("/rounds/<int:round_id>/counted")
@open_to(Who.ANYONE)
def counted(the_round: Round) -> ResponseReturnValue:
    """The receipt of the ballot that lies in the box, for whoever cast it."""
    entry = entry_for(the_round)
    if entry is None:
        return redirect(url_for("residents.identify", round_id=the_round.id), 303)
    receipt = _receipt_of(the_round, entry)
    if receipt is None:
        return redirect(url_for("residents.booth", round_id=the_round.id), 303)
    return render_template(
        "residents/counted.html",
        the_round=the_round,
        receipt=receipt,
        tally=public_tally(db(), the_round),
        is_open=_why_not_open(the_round) is None,
        by_card=entry_on_card(the_round) is not None,
    )


# --- saying who you are --------------------------------------------------------------------------


@residents.route("/rounds/<int:round_id>/identify", methods=["GET", "POST"])
@open_to(Who.ANYONE)
@limiter.limit(WRONG_CODES, methods=["POST"], deduct_when=was_wrong, exempt_when=names_a_voter)
def identify(the_round: Round) -> ResponseReturnValue:
    """Show that you may vote: by the code of a voter card, or by e-mail."""
    form = VoterCodeForm()
    if request.method == "POST":
        found = show_card(form.code.data or "") if form.validate() else None
        if found is not None and found.id == the_round.id:
            return redirect(url_for("residents.booth", round_id=the_round.id), 303)
        # Answered by a GET, so that Back from the booth finds a page and not a browser's error.
        session[TRIED] = (form.code.data or "")[:40]
        return redirect(url_for("residents.identify", round_id=the_round.id, tried=1), 303)
    if "tried" in request.args:
        form.code.data = session.pop(TRIED, "")
        # The same answer for a code of nobody's and for one of another round.
        form.code.errors = [
            _("This code is not for this vote. Check your voter card and try again")
            if form.code.data
            else _("Enter the code on your voter card")
        ]
    page = render_template(
        "residents/identify.html",
        the_round=the_round,
        form=form,
        entry=entry_for(the_round),
        known=visitor(),
        errors=bool(form.errors),
    )
    return page, 422 if form.errors else 200


@residents.get("/v/<code>")
@open_to(Who.ANYONE)
@limiter.limit(WRONG_CODES, deduct_when=was_wrong, exempt_when=names_a_voter)
def voter_card(code: str) -> ResponseReturnValue:
    """What the QR code of a voter card opens: remember the voter, lead to the booth."""
    owner = owner_of(code)
    if owner is None:
        return render_template("residents/voter_card_unknown.html"), 404
    here = entry_for(db().get_one(Round, owner.round_id))
    if here is not None and here.id != owner.id:
        # A link must never turn somebody's vote into another's: who means it types the code.
        flash(_("Somebody is voting on this device. To vote with the card instead, type its code."))
        return redirect(url_for("residents.identify", round_id=owner.round_id), 303)
    show_card(code)
    return redirect(url_for("residents.booth", round_id=owner.round_id), 303)


@residents.post("/rounds/<int:round_id>/leave")
@open_to(Who.ANYONE)
def leave_booth(the_round: Round) -> ResponseReturnValue:
    """Put the voter card away, so that somebody else can vote on this device."""
    put_card_away(the_round)
    response = current_app.make_response(
        redirect(url_for("residents.booth", round_id=the_round.id), 303)
    )
    drop_draft(response, the_round)
    return response
