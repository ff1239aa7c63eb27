"""The stage of a meeting as JSON, kept with each act so that undoing it puts back exactly that."""

from datetime import datetime

from sqlalchemy.orm import Session

from neighbourhoods.assemblies import AgendaItem, Assembly, AssemblyState, Slide, Stage


def picture_of(stage: Stage) -> dict[str, object]:
    """The stage as JSON, as undoing an act puts it back."""
    ends_at = stage.timer_ends_at
    return {
        "item": stage.item_id,
        "slide": stage.slide.value,
        "step": stage.step,
        "dark": stage.is_dark,
        "message": stage.message,
        "timer_ends_at": ends_at.isoformat() if ends_at else None,
        "timer_left": stage.timer_left,
    }


def as_it_stands(stage: Stage, *turned_to: AgendaItem) -> dict[str, object]:
    """The stage, and the times that an act is about to write down beside it."""
    assembly = stage.assembly
    first = assembly.items[:1] if assembly.state == AssemblyState.PLANNED else []
    touched = {item.id: item for item in (*turned_to, *first, stage.item) if item is not None}
    return {
        **picture_of(stage),
        "meeting": [assembly.state.value, *_written(assembly.began_at, assembly.ended_at)],
        "items": [[key, *_written(i.began_at, i.ended_at)] for key, i in touched.items()],
    }


def _written(*moments: datetime | None) -> list[str | None]:
    return [moment.isoformat() if moment else None for moment in moments]


def _read(written: object) -> datetime | None:
    return datetime.fromisoformat(str(written)) if written else None


def put_back(session: Session, assembly: Assembly, stage: Stage, before: dict[str, object]) -> None:
    """Make the stage, and the times beside it, what a picture says."""
    left, meeting, items = before["timer_left"], before.get("meeting"), before.get("items", [])
    stage.item_id = before["item"] if isinstance(before["item"], int) else None
    stage.slide = Slide(str(before["slide"]))
    stage.step = int(str(before["step"]))
    stage.is_dark = bool(before["dark"])
    stage.message = str(before["message"])
    stage.timer_ends_at = _read(before["timer_ends_at"])
    stage.timer_left = left if isinstance(left, int) else None
    if isinstance(meeting, list):
        state, began_at, ended_at = meeting
        assembly.state = AssemblyState(state)
        assembly.began_at, assembly.ended_at = _read(began_at), _read(ended_at)
    for key, began_at, ended_at in items if isinstance(items, list) else []:
        item = session.get_one(AgendaItem, key)
        item.began_at, item.ended_at = _read(began_at), _read(ended_at)
