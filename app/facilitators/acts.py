"""What a facilitator does in a meeting, by the word that its button sends."""

from collections.abc import Callable

from flask import request

from app.house import db
from neighbourhoods import stage
from neighbourhoods.assemblies import AgendaItem, Assembly, Screen, Slide
from neighbourhoods.people import Person
from neighbourhoods.refusals import Refusal, Refused

Act = Callable[[Assembly, Person], object]


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


ACTS: dict[str, Act] = {
    "begin": lambda assembly, by: stage.begin(db(), assembly, by),
    "end": lambda assembly, by: stage.end(db(), assembly, by),
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
    "step": lambda assembly, by: stage.step(db(), assembly, by),
    "step-back": lambda assembly, by: stage.step(db(), assembly, by, back=True),
    "set-screen": _set_screen,
    "add-screen": lambda assembly, by: stage.add_screen(
        db(), assembly, request.form.get("name", ""), by
    ),
    "undo": lambda assembly, by: stage.undo(db(), assembly, by),
}
