"""What a facilitator does in a meeting, by the word that its button sends."""

from collections.abc import Callable

from flask import request

from app.facilitators.console_view import steps_of
from app.house import db, keys
from ballots import hall
from neighbourhoods import stage
from neighbourhoods.assemblies import ActKind, AgendaItem, Assembly, Screen, Slide
from neighbourhoods.people import Person
from neighbourhoods.refusals import Refusal, Refused

Act = Callable[[Assembly, Person], object]
MORE_SECONDS = 60


def hold_for(name: str, assembly: Assembly, version: int) -> None:
    """Refuse an act made for a stage that has moved on; hold the stage until it is done.

    An act on a vote holds its round before the stage, as the clock does that closes it. Pressed
    twice, the vote itself refuses.
    """
    newest = stage.undoable(db(), assembly) if name == "undo" else None
    calls_off = newest is not None and newest.kind == ActKind.STOP_VOTE
    if name not in VOTE_ACTS and not calls_off:
        stage.hold_stage(db(), assembly, version)
    elif assembly.stage.version != version:
        raise Refused(Refusal.STAGE_MOVED_ON)


def _number(name: str) -> int:
    """A number that a button sent; one that nothing has where it sent none."""
    written = request.values.get(name, "")
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 10 else 0


def _go_to(assembly: Assembly, by: Person) -> None:
    stage.go_to(db(), assembly, item_asked(assembly), by)


def item_asked(assembly: Assembly) -> AgendaItem:
    """The item of this meeting that the button is about."""
    item = db().get(AgendaItem, _number("item"))
    if item is None or item.assembly_id != assembly.id:
        raise Refused(Refusal.NO_SUCH_ITEM)
    return item


def _vote_asked(assembly: Assembly) -> hall.HallVote:
    vote = hall.current_vote(db(), item_asked(assembly))
    if vote is None:
        raise Refused(Refusal.NO_SUCH_ITEM)
    return vote


def _end(assembly: Assembly, by: Person) -> None:
    vote = hall.open_vote_in(db(), assembly)
    if vote is not None and vote.opened_here:
        raise Refused(Refusal.VOTE_STILL_OPEN)
    stage.end(db(), assembly, by)


def _slide(written: str | None) -> Slide | None:
    return next((slide for slide in Slide if slide.value == written), None)


def _show(assembly: Assembly, by: Person) -> None:
    stage.show(db(), assembly, _slide(request.values.get("slide")) or Slide.ITEM, by)


def _set_screen(assembly: Assembly, by: Person) -> None:
    number = _number("screen")
    screen = db().get(Screen, (assembly.id, number))
    if screen is None:
        raise Refused(Refusal.NO_SUCH_SCREEN)
    stage.set_screen(db(), screen, _slide(request.values.get(f"shows-{number}")), by)


VOTE_ACTS: dict[str, Act] = {
    "open-vote": lambda assembly, by: hall.open_vote(db(), keys(), item_asked(assembly), by),
    "extend": lambda assembly, by: hall.extend(
        db(), keys(), _vote_asked(assembly), by, MORE_SECONDS
    ),
    "stop": lambda assembly, by: hall.stop(db(), keys(), _vote_asked(assembly), by),
    "release": lambda assembly, by: hall.release(db(), _vote_asked(assembly), by),
}
ACTS: dict[str, Act] = VOTE_ACTS | {
    "begin": lambda assembly, by: stage.begin(db(), assembly, by),
    "end": _end,
    "next": lambda assembly, by: stage.next_item(db(), assembly, by),
    "back": lambda assembly, by: stage.next_item(db(), assembly, by, back=True),
    "go-to": _go_to,
    "show": _show,
    "say": lambda assembly, by: stage.say(db(), assembly, request.form.get("words", ""), by),
    "darken": lambda assembly, by: stage.darken(db(), assembly, by),
    "lighten": lambda assembly, by: stage.lighten(db(), assembly, by),
    "start-timer": lambda assembly, by: stage.start_timer(db(), assembly, by),
    "rest-timer": lambda assembly, by: stage.rest_timer(db(), assembly, by),
    "add-time": lambda assembly, by: stage.add_time(db(), assembly, by),
    "step": lambda assembly, by: stage.step(
        db(), assembly, by, most=steps_of(db(), assembly.stage.item)
    ),
    "step-back": lambda assembly, by: stage.step(db(), assembly, by, back=True),
    "set-screen": _set_screen,
    "add-screen": lambda assembly, by: stage.add_screen(
        db(), assembly, request.form.get("name", ""), by
    ),
    "undo": lambda assembly, by: hall.undo_act(db(), keys(), assembly, by),
}
