"""The facilitators’ panel for speakers and questions: who speaks, who waits, what is asked."""

from collections.abc import Callable
from typing import TypeVar

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from app.access import Who, open_to, signed_in
from app.assembly_news import ring_assembly, state_now, word_for
from app.facilitators import facilitators
from app.fields import tidy_line
from app.house import db
from app.wording import say
from neighbourhoods.assemblies import Assembly, AssemblyState, Slide
from neighbourhoods.database import now
from neighbourhoods.people import Person
from neighbourhoods.questions import (
    Question,
    QuestionState,
    answer,
    hide,
    put_on_screen,
    questions_in,
    reopen,
)
from neighbourhoods.refusals import Refused
from neighbourhoods.speakers import (
    LONGEST_NAME,
    SpeakingTurn,
    ask_to_speak,
    call_speaker,
    end_turn,
    move_turn,
    speakers_list,
    withdraw,
)
from neighbourhoods.speaking_order import Side, TurnKind
from neighbourhoods.stage import show

Thing = TypeVar("Thing", SpeakingTurn, Question)
SETTLED = (QuestionState.ANSWERED, QuestionState.HIDDEN)


@facilitators.get("/assemblies/<int:assembly_id>/speakers")
@open_to(Who.FACILITATOR, Who.OFFICER)
def speakers(assembly: Assembly) -> ResponseReturnValue:
    """Everything a facilitator does with speakers and questions; it keeps itself up to date."""
    return _page(assembly)


def _page(assembly: Assembly, *, error: str = "") -> str:
    return render_template(
        "facilitators/speakers.html",
        assembly=assembly,
        state=state_now(assembly.id),
        parts=_parts(assembly),
        longest_name=LONGEST_NAME,
        error=error,
        errors=bool(error),
        is_under_way=assembly.state == AssemblyState.UNDER_WAY,
        alternates=_alternates(assembly),
    )


def _alternates(assembly: Assembly) -> bool:
    item = assembly.stage.item
    return item is not None and item.settings.get("alternate") is True


def _parts(assembly: Assembly) -> dict[str, Markup]:
    listed = speakers_list(db(), assembly)
    item = assembly.stage.item
    seconds = item.settings.get("speech_seconds") if item else None
    shown: dict[str, object] = {
        "assembly": assembly,
        "listed": listed,
        "elapsed": _elapsed(listed.speaking),
        "spoken_words": spoken_words,
        "speech_seconds": seconds if isinstance(seconds, int) else None,
        "points": sum(turn.kind == TurnKind.POINT_OF_ORDER for turn in listed.waiting),
        "asked": questions_in(db(), assembly),
        "settled": questions_in(db(), assembly, SETTLED),
        "is_under_way": assembly.state == AssemblyState.UNDER_WAY,
    }
    # Templates of ours, which escape what people wrote.
    return {
        part: Markup(render_template(f"facilitators/speakers_{part}.html", **shown))  # noqa: S704
        for part in ("list", "questions")
    }


def _elapsed(speaking: SpeakingTurn | None) -> str:
    if speaking is None or speaking.began_at is None:
        return ""
    seconds = max(0, int((now(db()) - speaking.began_at).total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02d}"


def spoken_words(times: int, seconds: int) -> str:
    """How often and how long somebody has spoken: 2 times, 3:05; empty if they have not."""
    if not times and not seconds:
        return _("has not spoken yet")
    often = ngettext("spoke %(num)s time", "spoke %(num)s times", times)
    return f"{often}, {seconds // 60}:{seconds % 60:02d}"


@facilitators.get("/assemblies/<int:assembly_id>/speakers/now")
@open_to(Who.FACILITATOR, Who.OFFICER)
def speakers_now(assembly: Assembly) -> ResponseReturnValue:
    """The parts of the panel that change, for its script."""
    return jsonify(_told(assembly))


def _told(assembly: Assembly) -> dict[str, object]:
    state = state_now(assembly.id) or {}
    return {
        "word": word_for(state),
        "state": state,
        "parts": _parts(assembly),
        "flags": {"sides": _alternates(assembly)},
        "said": [],
    }


@facilitators.post("/assemblies/<int:assembly_id>/speakers")
@open_to(Who.FACILITATOR, Who.OFFICER)
def handle_speakers(assembly: Assembly) -> ResponseReturnValue:
    """Do one thing with a turn, a question or the list: `do` says what and, after a dash, which."""
    is_script = request.accept_mimetypes.best == "application/json"
    act = _asked_act(assembly, signed_in().person)
    try:
        act()
    except Refused as refused:
        db().rollback()
        if is_script:
            return jsonify(error=say(refused)), 409
        if request.form.get("do") == "add":
            return _page(assembly, error=say(refused)), 422
        flash(say(refused))
        return redirect(url_for("facilitators.speakers", assembly_id=assembly.id), 303)
    db().commit()
    ring_assembly(assembly.id)
    if is_script:
        return jsonify(_told(assembly))
    return redirect(url_for("facilitators.speakers", assembly_id=assembly.id), 303)


def _asked_act(assembly: Assembly, me: Person) -> Callable[[], object]:
    name, _dash, number = request.form.get("do", "").partition("-")
    if name in LIST_ACTS:
        return lambda: LIST_ACTS[name](assembly, me)
    if name in TURN_ACTS:
        turn = _found(SpeakingTurn, number, assembly)
        return lambda: TURN_ACTS[name](assembly, turn, me)
    if name not in QUESTION_ACTS:
        abort(400)
    question = _found(Question, number, assembly)
    return lambda: QUESTION_ACTS[name](question, me)


def _found(kind: type[Thing], number: str, assembly: Assembly) -> Thing:
    thing = db().get(kind, int(number)) if number.isdecimal() and len(number) < 10 else None
    if thing is None or thing.assembly_id != assembly.id:
        abort(404)
    return thing


def _add(assembly: Assembly, me: Person) -> None:
    is_point = request.form.get("kind") == TurnKind.POINT_OF_ORDER
    sides = {side.value: side for side in Side}
    ask_to_speak(
        db(),
        assembly,
        tidy_line(request.form.get("name")),
        TurnKind.POINT_OF_ORDER if is_point else TurnKind.SPEECH,
        sides.get(request.form.get("side", "")),
        by=me,
    )


def _move(assembly: Assembly, turn: SpeakingTurn, me: Person, by: int) -> None:
    waiting = speakers_list(db(), assembly).waiting
    here = next((place for place, other in enumerate(waiting, 1) if other.id == turn.id), 1)
    move_turn(db(), turn, me, max(here + by, 1))


LIST_ACTS: dict[str, Callable[[Assembly, Person], object]] = {
    "add": _add,
    "show": lambda assembly, me: show(db(), assembly, Slide.SPEAKERS, me),
}
TURN_ACTS: dict[str, Callable[[Assembly, SpeakingTurn, Person], object]] = {
    "call": lambda _assembly, turn, me: call_speaker(db(), turn, me),
    "end": lambda _assembly, turn, me: end_turn(db(), turn, me),
    "up": lambda assembly, turn, me: _move(assembly, turn, me, -1),
    "down": lambda assembly, turn, me: _move(assembly, turn, me, 1),
    "free": lambda _assembly, turn, me: move_turn(db(), turn, me, None),
    "off": lambda _assembly, turn, me: withdraw(db(), turn, me),
}
QUESTION_ACTS: dict[str, Callable[[Question, Person], object]] = {
    "screen": lambda question, me: put_on_screen(db(), question, me),
    "answered": lambda question, me: answer(db(), question, me),
    "hide": lambda question, me: hide(db(), question, me),
    "reopen": lambda question, me: reopen(db(), question, me),
}
