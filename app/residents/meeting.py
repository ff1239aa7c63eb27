"""A meeting on a resident’s phone: joining it, following it, and what one does in it."""

from collections.abc import Callable

from flask import Response, abort, flash, jsonify, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput, GovTextInput
from wtforms import StringField, SubmitField

from app.access import Who, open_to
from app.extensions import limiter
from app.fields import tidy_line, tidy_words
from app.house import db
from app.residents import residents
from app.residents.meeting_now import common_now, draw_for, page_of
from app.residents.meeting_phone import forget_phone, keep_phone, phone_here
from app.wording import say
from ballots.hall_votes import votes_in
from neighbourhoods.assemblies import AgendaItem, Assembly, AssemblyState, assembly_by_code
from neighbourhoods.attendance import Phone, join_by_phone
from neighbourhoods.polls import choose
from neighbourhoods.questions import LONGEST_QUESTION, Question, ask, back_question
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round
from neighbourhoods.speakers import (
    LONGEST_NAME,
    ask_to_speak,
    is_waiting,
    speakers_list,
    withdraw,
)
from neighbourhoods.speaking_order import Side, TurnKind

# A whole hall shares one address, and some of it mistype: only wrong codes count, and a code lets
# nobody vote.
WRONG_CODES = "300 per minute"
TRIED = "tried-join-code"


def names_a_meeting() -> bool:
    """Whether the code that was sent is a meeting’s: nobody who has it is kept out by others."""
    return assembly_by_code(db(), request.form.get("code", "")) is not None


def was_wrong(response: Response) -> bool:
    """Whether a try at a code counts against the limit."""
    return "tried=1" in (response.location or "")


class JoinForm(FlaskForm):
    """The six letters that stand on the screen in the hall."""

    code = StringField(
        _l("Code of the meeting"),
        description=_l("The six letters on the screen in the hall"),
        widget=GovTextInput(),
    )
    submit = SubmitField(_l("Continue"), widget=GovSubmitInput())


@residents.route("/join", methods=["GET", "POST"])
@open_to(Who.ANYONE)
@limiter.limit(WRONG_CODES, methods=["POST"], deduct_when=was_wrong, exempt_when=names_a_meeting)
def find_meeting() -> ResponseReturnValue:
    """Ask for the code of a meeting, and lead to it."""
    form = JoinForm()
    if request.method == "POST":
        written = form.code.data or ""
        found = assembly_by_code(db(), written)
        if found is not None:
            return redirect(page_of(found), 303)
        # Answered by a GET, so that Back finds a page and not a browser’s error.
        cookie[TRIED] = written[:40]
        return redirect(url_for("residents.find_meeting", tried=1), 303)
    if "tried" in request.args:
        form.code.data = cookie.pop(TRIED, "")
        form.code.errors = [
            _("No meeting has this code. Compare it with the one on the screen, letter by letter")
            if form.code.data
            else _("Enter the six letters on the screen")
        ]
    page = render_template("residents/meeting/find.html", form=form, errors=bool(form.errors))
    return page, 422 if form.errors else 200


@residents.get("/a/<join_code>")
@open_to(Who.ANYONE)
def meeting(assembly: Assembly) -> ResponseReturnValue:
    """A meeting as a phone shows it: one button to join it, then what happens in it now."""
    phone = phone_here(assembly)
    if assembly.state == AssemblyState.ENDED:
        return render_template(
            "residents/meeting/over.html",
            assembly=assembly,
            phone=phone,
            votes=_votes_held(assembly),
            minutes=url_for("facilitators.minutes", assembly_id=assembly.id),
        )
    if phone is None:
        return render_template("residents/meeting/join.html", assembly=assembly)
    return render_template(
        "residents/meeting/meeting.html",
        assembly=assembly,
        phone=phone,
        drawn=draw_for(assembly, phone),
        longest=LONGEST_QUESTION,
        longest_name=LONGEST_NAME,
    )


def _votes_held(assembly: Assembly) -> list[tuple[str, Round]]:
    """Each vote of a meeting under the title of its item; one round only once."""
    rounds = {vote.round_id: (vote.item.title, vote.the_round) for vote in votes_in(db(), assembly)}
    return list(rounds.values())


@residents.get("/a/<join_code>/now")
@open_to(Who.ANYONE)
def meeting_now(assembly: Assembly) -> ResponseReturnValue:
    """The parts of a phone’s page that change; `have` is the word of the common ones it has."""
    phone = phone_here(assembly)
    if phone is None:
        return jsonify(joined=False)
    return jsonify(draw_for(assembly, phone).as_json(request.args.get("have", "")))


@residents.post("/a/<join_code>/join")
@open_to(Who.ANYONE)
def join_meeting(assembly: Assembly) -> ResponseReturnValue:
    """Join a meeting with this phone; who has joined stays the same phone."""
    if phone_here(assembly) is None and assembly.state != AssemblyState.ENDED:
        keep_phone(join_by_phone(db(), assembly))
        db().commit()
    return redirect(page_of(assembly), 303)


@residents.post("/a/<join_code>/leave")
@open_to(Who.ANYONE)
def leave_meeting(assembly: Assembly) -> ResponseReturnValue:
    """Take this phone out of a meeting: its hand comes down, and it is nobody’s any more."""
    phone = phone_here(assembly)
    if phone is not None:
        _lower_hands(assembly, phone)
        phone.attendee = None
        db().commit()
        forget_phone(assembly)
        flash(_("You have left the meeting. You can join it again at any time."))
    return redirect(page_of(assembly), 303)


# --- speaking ------------------------------------------------------------------------------------


@residents.route("/a/<join_code>/hand", methods=["GET", "POST"])
@open_to(Who.ANYONE)
def raise_hand(assembly: Assembly) -> ResponseReturnValue:
    """Ask to speak, with one’s name the first time; a page of its own where no script runs."""
    phone = phone_here(assembly)
    if phone is None:
        return _not_joined(assembly)
    if request.method == "GET":
        return _hand_page(assembly, phone)
    sides = {side.value: side for side in Side}
    points = request.form.get("kind") == TurnKind.POINT_OF_ORDER
    name = tidy_line(request.form.get("name"))[:LONGEST_NAME]
    try:
        ask_to_speak(
            db(),
            assembly,
            phone,
            TurnKind.POINT_OF_ORDER if points else TurnKind.SPEECH,
            sides.get(request.form.get("side", "")),
            name=name,
        )
    except Refused as refused:
        if _is_script():
            return jsonify(error=say(refused)), 422
        return _hand_page(assembly, phone, error=say(refused)), 422
    db().commit()
    return _done(assembly, phone)


def _hand_page(assembly: Assembly, phone: Phone, *, error: str = "") -> str:
    return render_template(
        "residents/meeting/hand.html",
        assembly=assembly,
        phone=phone,
        error=error,
        errors=bool(error),
        name=request.form.get("name", "")[:LONGEST_NAME],
        longest_name=LONGEST_NAME,
        alternates=assembly.stage.item is not None
        and assembly.stage.item.settings.get("alternate") is True,
    )


@residents.post("/a/<join_code>/withdraw")
@open_to(Who.ANYONE)
def lower_hand(assembly: Assembly) -> ResponseReturnValue:
    """Take one’s hand down."""
    phone = phone_here(assembly)
    if phone is None:
        return _not_joined(assembly)
    _lower_hands(assembly, phone)
    db().commit()
    return _done(assembly, phone)


def _lower_hands(assembly: Assembly, phone: Phone) -> None:
    for turn in speakers_list(db(), assembly).waiting:
        if turn.phone_id == phone.id and is_waiting(turn):
            withdraw(db(), turn)


# --- questions and polls -------------------------------------------------------------------------


@residents.route("/a/<join_code>/question", methods=["GET", "POST"])
@open_to(Who.ANYONE)
def ask_question(assembly: Assembly) -> ResponseReturnValue:
    """Ask the meeting something; a page of its own where no script runs."""
    phone = phone_here(assembly)
    if phone is None:
        return _not_joined(assembly)
    if request.method == "GET":
        return _question_page(assembly)
    try:
        ask(db(), assembly, phone, tidy_words(request.form.get("words")))
    except Refused as refused:
        if _is_script():
            return jsonify(error=say(refused)), 422
        return _question_page(assembly, error=say(refused)), 422
    db().commit()
    return _done(assembly, phone)


def _question_page(assembly: Assembly, *, error: str = "") -> str:
    return render_template(
        "residents/meeting/ask.html",
        assembly=assembly,
        error=error,
        errors=bool(error),
        words=request.form.get("words", "")[:2000],
        longest=LONGEST_QUESTION,
    )


@residents.post("/a/<join_code>/back")
@open_to(Who.ANYONE)
def want_to_know(assembly: Assembly) -> ResponseReturnValue:
    """Say that one would like to know it too."""
    phone = phone_here(assembly)
    if phone is None:
        return _not_joined(assembly)
    number = request.form.get("question", "")
    question = db().get(Question, int(number)) if number.isdecimal() and len(number) < 9 else None
    if question is None or question.assembly_id != assembly.id:
        abort(404)
    return _act(assembly, phone, lambda: back_question(db(), question, phone))


@residents.post("/a/<join_code>/poll")
@open_to(Who.ANYONE)
def answer_poll(assembly: Assembly) -> ResponseReturnValue:
    """Raise one’s hand for an answer of a quick poll, sent as the item and the answer’s number."""
    phone = phone_here(assembly)
    if phone is None:
        return _not_joined(assembly)
    number, _dash, option = request.form.get("option", "").partition("-")
    if not all(part.isdecimal() and len(part) < 9 for part in (number, option)):
        abort(422)
    item = db().get(AgendaItem, int(number))
    if item is None or item.assembly_id != assembly.id:
        abort(404)
    return _act(assembly, phone, lambda: choose(db(), item, phone, int(option)))


# --- answering -----------------------------------------------------------------------------------


def _act(assembly: Assembly, phone: Phone, act: Callable[[], None]) -> ResponseReturnValue:
    try:
        act()
    except Refused as refused:
        if _is_script():
            return jsonify(error=say(refused)), 409
        flash(say(refused))
        return redirect(page_of(assembly), 303)
    db().commit()
    return _done(assembly, phone)


def _done(assembly: Assembly, phone: Phone) -> ResponseReturnValue:
    """Show the phone what it did at once: its script by word, a browser without it by the page."""
    if not _is_script():
        common_now(assembly, fresh=True)
        return redirect(page_of(assembly), 303)
    return jsonify(draw_for(assembly, phone, fresh=True).as_json(request.args.get("have", "")))


def _not_joined(assembly: Assembly) -> ResponseReturnValue:
    if _is_script():
        return jsonify(joined=False)
    return redirect(page_of(assembly), 303)


def _is_script() -> bool:
    return request.accept_mimetypes.best == "application/json"
