"""The voting booth: choose first, say who you are last, cast, change your mind until close."""

import secrets
from collections.abc import Sequence

from flask import (
    Response,
    abort,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError

from app.access import Who, keeps_ids, object_or_404, open_to
from app.casting import put_in_box
from app.extensions import csrf
from app.house import db, keys, let_go, stores_elsewhere
from app.measures import REPEATED, count_refusal
from app.residents import residents
from app.residents.at_once import cast_at_once, sent_request_id
from app.residents.booth_close import closing_of
from app.residents.filled import Filled, draft_of, drop_draft, has_draft, keep_draft, read_form
from app.residents.meeting_now import is_checked_in
from app.residents.meeting_phone import meeting_about, phone_here
from app.residents.paper import paper_of, projects_in_order
from app.residents.paper_words import (
    breaks_limit,
    limit_in_words,
    marks_in_words,
    place_in_words,
    rules_in_words,
    total_in_words,
    total_sentences,
)
from app.residents.receipt_picture import receipt_address, receipt_picture
from app.residents.voter import entry_for, entry_on_card, remember_entry
from app.residents.wrong_marks import wrong_marks
from ballots.casting import check_open, check_open_as_read, fill_in
from ballots.paper_ballots import is_on_paper
from ballots.papers import BallotFormat, BallotPaper, Fault, PaperFault, faults_in
from ballots.receipts import Promise, tidy_nonce
from ballots.refusals import BadPaper, BallotRefusal
from ballots.tally import public_tally
from ballots.whereabouts import receipt_of
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round

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
    refused = _why_not_open(the_round) or _why_not_here(the_round)
    if refused is not None or paper is None:
        return _closed_page(the_round, refused, sent=False)
    if the_round.within_id is not None and entry_for(the_round) is None:
        remember_entry(the_round, None)  # the door may have taken the phone from who had it
        return _not_on_hall_roll(the_round)
    filled = draft_of(paper)
    # Only while the draft is there: after the back button, what was wrong may be long put right.
    tried = "tried" in request.args and has_draft()
    faults = faults_in(paper, filled.choices_on(paper)) if tried else []
    stale = "stale" in request.args and has_draft()
    return _paper_page(the_round, paper, filled, faults, stale=stale)


def _not_on_hall_roll(the_round: Round) -> str:
    """Why this browser cannot vote in a vote that a meeting holds, and what can be done."""
    assembly = meeting_about(the_round)
    phone = phone_here(assembly) if assembly else None
    return render_template(
        "residents/booth_not_in_hall.html",
        the_round=the_round,
        assembly=assembly,
        phone=phone,
        is_checked_in=phone is not None and is_checked_in(phone),
    )


def _why_not_open(the_round: Round) -> BallotRefusal | None:
    try:
        check_open_as_read(db(), the_round)
    except Refused as refused:
        return BallotRefusal(refused.reason)
    return None


def _why_not_here(the_round: Round) -> BallotRefusal | None:
    """Why whoever sits at this browser casts no ballot on it: they have a paper in their hand."""
    entry = entry_for(the_round)
    on_paper = entry is not None and is_on_paper(db(), the_round.id, entry.id)
    return BallotRefusal.VOTES_ON_PAPER if on_paper else None


def _paper_page(
    the_round: Round,
    paper: BallotPaper,
    filled: Filled,
    faults: Sequence[Fault] = (),
    *,
    stale: bool = False,
) -> str:
    entry = entry_for(the_round)
    remember_entry(the_round, entry)
    projects = projects_in_order(the_round, entry)
    titles = {project.code: project.title for project in projects}
    wrong = wrong_marks(paper, filled, faults, titles)
    card, meeting = entry_on_card(the_round), meeting_about(the_round)
    return render_template(
        "residents/booth.html",
        the_round=the_round,
        paper=paper,
        projects=projects,
        filled=filled,
        marked=marks_in_words(paper, filled, titles),
        places=_places(paper),
        rules=rules_in_words(paper),
        total=total_in_words(paper, filled),
        limit=limit_in_words(paper, filled),
        is_over=breaks_limit(paper, filled),
        sentences=total_sentences(paper),
        request_id=secrets.token_urlsafe(16),
        public_key=keys().public_key(),
        entry=entry,
        receipt=_receipt_of(the_round, entry),
        by_card=card is not None and entry is not None and card.id == entry.id,
        wrong=wrong,
        errors=bool(faults),
        stale=stale,
        meeting=meeting,
        closing=closing_of(meeting, the_round),
    )


def _places(paper: BallotPaper) -> list[str]:
    """What the places of an order of choice are called; only such a paper has any."""
    if paper.ballot_format is not BallotFormat.RANKING:
        return []
    return [place_in_words(place) for place in range(1, paper.most_choices + 1)]


def _receipt_of(the_round: Round, entry: RollEntry | None) -> Promise | None:
    return receipt_of(db(), keys(), the_round.id, entry) if entry else None


def _closed_page(the_round: Round, refused: BallotRefusal | None, *, sent: bool) -> str:
    """The booth while no ballots are taken; `sent` says that somebody has just tried."""
    entry = entry_for(the_round)
    return render_template(
        "residents/booth_closed.html",
        the_round=the_round,
        has_closed=refused == BallotRefusal.VOTE_CLOSED,
        on_paper=refused == BallotRefusal.VOTES_ON_PAPER,
        opens_at=the_round.starts_at(Phase.VOTE),
        entry=entry,
        receipt=_receipt_of(the_round, entry),
        sent=sent,
        meeting=meeting_about(the_round),
    )


# --- casting -------------------------------------------------------------------------------------


@residents.post("/rounds/<int:round_id>/ballot")
@csrf.exempt  # checked below: an old token must not cost anybody their choices
@open_to(Who.ANYONE)
@stores_elsewhere
@keeps_ids
def cast(round_id: int) -> ResponseReturnValue:
    """Cast a ballot, or ask its voter who they are and keep the choices meanwhile."""
    promise = cast_at_once(round_id) if _token_is_good() else None
    if promise is not None:
        return _counted(round_id, promise)
    return _cast_or_explain(object_or_404(Round, round_id))


def _cast_or_explain(the_round: Round) -> ResponseReturnValue:
    paper = paper_of(the_round)
    if paper is None:
        return _closed_page(the_round, _why_not_open(the_round), sent=True), 409
    if not request.form:
        abort(422)  # not the booth's form: it must not pass for an empty ballot
    filled = read_form(paper)
    if not _token_is_good():
        return _back_to_paper(the_round, paper, filled, stale=1)
    if "add_up" in request.form:
        return _back_to_paper(the_round, paper, filled)
    try:
        return _cast_or_ask(the_round, paper, filled)
    except BadPaper as bad:
        count_refusal(bad)
        return _refused_paper(the_round, paper, filled, bad.faults)
    except Refused as refused:
        count_refusal(refused)
        # Read again: the session that it was read in may have been let go of.
        the_round = db().get_one(Round, the_round.id)
        return _closed_page(the_round, BallotRefusal(refused.reason), sent=True), 409


def _refused_paper(
    the_round: Round, paper: BallotPaper, filled: Filled, faults: Sequence[Fault]
) -> ResponseReturnValue:
    """Lead back to the paper to put right what an honest form can get wrong; nothing is stored.

    Always 422. A browser without script goes on to an address by itself, in place of this answer,
    so that Back finds a page; what the booth's form cannot send is only answered.
    """
    if not all(_is_honest(fault, paper) for fault in faults):
        return _paper_page(the_round, paper, filled, faults), 422
    if _is_script():
        response = _back_to_paper(the_round, paper, filled, tried=1)
        response.status_code = 422
        return response
    address = url_for("residents.booth", round_id=the_round.id, tried=1)
    page = render_template("residents/paper_refused.html", the_round=the_round, address=address)
    response = Response(page, 422, {"Refresh": f"0; url={address}"})
    keep_draft(response, the_round, paper, filled)
    return response


def _is_honest(fault: Fault, paper: BallotPaper) -> bool:
    """Whether somebody who fills in the booth's form can come to this fault."""
    match fault.fault:
        case PaperFault.UNKNOWN_PROJECT:
            return False
        case PaperFault.CHOSEN_TWICE:
            return paper.ballot_format is BallotFormat.RANKING
        case PaperFault.TOO_MANY:
            return (fault.actual or 0) <= len(paper.projects)
        case _:
            return True


def _token_is_good() -> bool:
    if not current_app.config["WTF_CSRF_ENABLED"]:
        return True
    try:
        csrf.protect()
    except CSRFError:
        return False
    return True


def _cast_or_ask(the_round: Round, paper: BallotPaper, filled: Filled) -> Response:
    entry, choices = entry_for(the_round), filled.choices_on(paper)
    if entry is None:
        check_open(db(), the_round)
        if faults := faults_in(paper, choices):
            raise BadPaper(faults)
        response = _lead_to("residents.identify", the_round.id)
        keep_draft(response, the_round, paper, filled)
        return response
    nonce = tidy_nonce(request.form.get("client_nonce", ""))
    try:
        envelope = fill_in(
            keys(),
            paper,
            the_round.id,
            entry.id,
            choices,
            request_id=sent_request_id(),
            client_nonce=nonce,
        )
    except BadPaper:
        check_open(db(), the_round)
        raise
    except KeyError as missing:
        check_open(db(), the_round)
        raise Refused(BallotRefusal.VOTE_NOT_OPEN) from missing
    let_go()  # whoever waits in the queue must not keep a connection from those before them
    promise, is_retry = put_in_box(envelope)
    if is_retry:
        REPEATED.inc()
    if is_retry and _is_replaced(the_round, entry, promise):
        # A late retry of a ballot they have since replaced: say so, and change nothing.
        flash(_("You have cast a newer ballot since. The newer one is in the box."))
    return _counted(the_round.id, promise)


def _counted(round_id: int, promise: Promise) -> Response:
    response = _lead_to("residents.counted", round_id, promise)
    if has_draft():
        drop_draft(response, round_id)
    return response


def _is_replaced(the_round: Round, entry: RollEntry, promise: Promise) -> bool:
    current = _receipt_of(the_round, entry)
    return current is not None and current.code != promise.code


def _is_script() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _back_to_paper(the_round: Round, paper: BallotPaper, filled: Filled, **why: int) -> Response:
    """Show the paper again at an address: a page that answers a form has no way back to it."""
    response = _lead_to("residents.booth", the_round.id, None, **why)
    keep_draft(response, the_round, paper, filled)
    return response


def _lead_to(endpoint: str, round_id: int, promise: Promise | None = None, **why: int) -> Response:
    """Lead on: a browser by redirect; the booth's script, which sent the form, by word.

    The script receives the promise too, and checks it before it says that the ballot is counted.
    """
    address = url_for(endpoint, round_id=round_id, **why)  # type: ignore[arg-type]
    if _is_script():
        return jsonify(next=address, **({"receipt": promise.as_json()} if promise else {}))
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
        address=receipt_address(receipt.code),
        picture=receipt_picture(receipt.code),
        tally=public_tally(db(), the_round),
        is_open=_why_not_open(the_round) is None,
        by_card=entry_on_card(the_round) is not None,
        meeting=meeting_about(the_round),
    )
