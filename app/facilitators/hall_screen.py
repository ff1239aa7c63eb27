"""The screens of an assembly: what stands on each, drawn whole. Anybody may open them."""

from datetime import timedelta

from flask import Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.access import Who, open_to
from app.assembly_news import state_now, word_for
from app.display import LONDON, pounds
from app.facilitators import facilitators
from app.facilitators.joining import assembly_address, assembly_picture, spaced
from app.facilitators.picture import time_left
from app.facilitators.revealing import RevealSlide, RevealStage
from app.facilitators.slides import (
    AgendaSlide,
    EndedSlide,
    PitchSlide,
    PollSlide,
    QuestionSlide,
    Shown,
    SpeakersSlide,
    slide_now,
)
from app.facilitators.vote_slides import VoteSlide, VoteStage
from app.house import database, db, stores_elsewhere
from neighbourhoods.assemblies import Assembly, Screen, Stage
from neighbourhoods.attendance import is_quorate, present_in
from neighbourhoods.database import now

# A screen tells every 15 s that it is there; whoever tells more often is not written down.
SEEN_AGAIN_AFTER = timedelta(seconds=5)


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


@facilitators.get("/a/<join_code>/screen")
@facilitators.get("/a/<join_code>/screen/<int:screen_number>")
@open_to(Who.ANYONE)
def hall_screen(assembly: Assembly, screen_number: int = 1) -> ResponseReturnValue:
    """One screen of an assembly; it keeps itself up to date."""
    screen = _screen(assembly, screen_number)
    moment = now(db())
    slide = slide_now(db(), assembly, screen)
    present, stage = present_in(db(), assembly.id), assembly.stage
    timer = stage.timer_ends_at
    return render_template(
        "facilitators/hall_screen.html",
        assembly=assembly,
        screen=screen,
        stage=stage,
        slide=slide,
        spoken=_in_words(slide),
        now=moment,
        timer=timer,
        timer_text=_timer_text(stage, timer - moment if timer else None),
        time_left=time_left,
        present=present,
        is_quorate=is_quorate(assembly, present),
        address=assembly_address(),
        code=spaced(assembly.code),
        qr=assembly_picture(assembly),
    )


@facilitators.post("/a/<join_code>/screen/<int:screen_number>/seen")
@open_to(Who.ANYONE)
@stores_elsewhere
def screen_seen(assembly: Assembly, screen_number: int) -> ResponseReturnValue:
    """Note that a screen is there and which version of the stage it shows."""
    screen = _screen(assembly, screen_number)
    written = request.form.get("version", "")
    version = int(written) if written.isascii() and written.isdecimal() else None
    if version is None or version > assembly.stage.version:
        return _nothing_to_say()
    moment = now(db())
    again = screen.seen_at is not None and moment < screen.seen_at + SEEN_AGAIN_AFTER
    if not again:
        with database().writing() as session:
            kept = session.get_one(Screen, (assembly.id, screen_number))
            kept.seen_at, kept.seen_version = moment, version
            session.commit()
    return _nothing_to_say()


def _nothing_to_say() -> Response:
    return Response(status=204, mimetype="text/plain")


def _screen(assembly: Assembly, number: int) -> Screen:
    return next((one for one in assembly.screens if one.number == number), None) or abort(404)


def _timer_text(stage: Stage, left: timedelta | None) -> str:
    """A countdown as it stands: running, over, or resting; nothing if there is none."""
    if left is None:
        return "" if stage.timer_left is None else time_left(timedelta(seconds=stage.timer_left))
    return time_left(left) if left > timedelta() else _("Time")


def _in_words(slide: Shown) -> str:
    """What a slide says to somebody who hears it: what is on now, in a sentence."""
    match slide:
        case PitchSlide():
            return f"{slide.project.title}, {pounds(slide.project.cost_pence)}"
        case SpeakersSlide() if slide.speaking is not None:
            return _("%(name)s has the floor", name=slide.speaking.name)
        case PollSlide():
            hands = ngettext("%(num)s hand", "%(num)s hands", slide.hands)
            return f"{slide.title}: {hands}"
        case VoteSlide():
            return f"{slide.title}: {_vote_in_words(slide)}"
        case RevealSlide() if slide.purchase is not None:
            return f"{slide.purchase.title}. {slide.purchase.why}"
        case RevealSlide() if slide.stage is RevealStage.CLOSED:
            return _("The box is closed")
        case AgendaSlide():
            return _("Agenda") + "".join(
                f". {line.title}" for line in slide.lines if line.standing == "now"
            )
        case QuestionSlide():
            return _("A question from the floor: %(words)s", words=slide.words)
        case EndedSlide():
            return _("Thank you for coming")
        case _:
            return ". ".join(filter(None, [slide.title, slide.text]))


def _vote_in_words(slide: VoteSlide) -> str:
    words = {
        VoteStage.BEFORE: _("the vote is not open yet"),
        VoteStage.OPEN: _open_in_words(slide),
        VoteStage.CLOSED: _("the box is closed"),
        VoteStage.COUNTED: _("the vote is counted"),
    }
    return words[slide.stage]


def _open_in_words(slide: VoteSlide) -> str:
    if slide.is_last_call:
        return _("last call")
    if slide.was_extended and slide.closes_at is not None:
        # The time of day is said, so that a second extension is news as well.
        at = f"{slide.closes_at.astimezone(LONDON):%H:%M:%S}"
        return _("there is more time, the vote closes at %(time)s", time=at)
    return _("the vote is open")
