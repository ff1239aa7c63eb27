"""What stands on a facilitator’s console at a moment: the stage, what comes next, and the log."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.act_words import act_in_words
from app.display import LONDON, age_words
from app.facilitators.revealing import reveal_steps, round_revealed
from app.house import settings
from app.labels import label
from ballots.outcome import outcome_of
from neighbourhoods.assemblies import (
    ActKind,
    AgendaItem,
    Assembly,
    AssemblyAct,
    AssemblyState,
    ItemKind,
    Screen,
    Slide,
    Stage,
)
from neighbourhoods.attendance import is_quorate, present_in
from neighbourhoods.database import now
from neighbourhoods.speakers import waiting_turns
from neighbourhoods.speaking_order import TurnKind
from neighbourhoods.stage import UNDO_WITHIN, VOTES, item_beside, seconds_left, undoable

MOST_LOGGED = 20
# The door has its own list; three hundred lines of it would hide what was done on stage.
AT_THE_DOOR = (ActKind.CHECK_IN, ActKind.CHECK_OUT)
# Slides at hand beside the item; a question is put up from the speakers’ page, a message written.
AT_HAND = (Slide.JOIN, Slide.AGENDA, Slide.SPEAKERS)


class Logged(NamedTuple):
    """One line of the log."""

    at: str
    who: str
    words: str
    undone: bool


class Undo(NamedTuple):
    """What can still be undone, and until when."""

    words: str
    until: datetime
    seconds: int


class ScreenSeen(NamedTuple):
    """A screen, and when it last told that it shows something."""

    screen: Screen
    seen: str
    address: str
    is_lost: bool


class Door(NamedTuple):
    """Another page of the meeting."""

    address: str
    name: str


@dataclass(frozen=True)
class ConsoleView:
    """Everything on the console that may change while somebody looks at it."""

    assembly: Assembly
    stage: Stage
    moment: datetime
    item: AgendaItem | None
    following: AgendaItem | None
    before: AgendaItem | None
    left: int | None
    # Of the outcome that is being revealed; 0 where there is none yet.
    steps: int
    undo: Undo | None
    present: int
    is_quorate: bool
    # How many wait to speak, and how many of them with a point of order.
    hands: int
    points_of_order: int
    screens: tuple[ScreenSeen, ...]
    log: tuple[Logged, ...]
    doors: tuple[Door, ...]
    join_address: str

    @property
    def shown(self) -> str:
        """What the hall sees, or would see behind a blackout."""
        slide = self.stage.slide
        if slide == Slide.MESSAGE:
            return self.stage.message
        if slide == Slide.ITEM and self.item is not None:
            return f"{self.item.title} ({label(self.item.kind)})"
        return str(label(Slide.JOIN if slide == Slide.ITEM else slide))

    @property
    def has_countdown(self) -> bool:
        """Whether there is something to count down: a vote has its own close."""
        return self.item is None or self.item.kind not in VOTES or self.left is not None

    @property
    def steps_left(self) -> bool:
        """Whether the reveal on stage has more to show."""
        return self.stage.step < self.steps

    @property
    def is_planned(self) -> bool:
        """Whether the meeting lies ahead."""
        return self.assembly.state == AssemblyState.PLANNED

    @property
    def is_under_way(self) -> bool:
        """Whether the meeting is going on."""
        return self.assembly.state == AssemblyState.UNDER_WAY

    @property
    def has_ended(self) -> bool:
        """Whether the meeting is over."""
        return self.assembly.state == AssemblyState.ENDED


# A screen tells every few seconds that it is there.
LOST_AFTER_SECONDS = 30


def view_of(session: Session, assembly: Assembly) -> ConsoleView:
    """The console of a meeting as it stands now."""
    stage, moment = assembly.stage, now(session)
    present = present_in(session, assembly.id)
    waiting = waiting_turns(session, assembly)
    running = assembly.state == AssemblyState.UNDER_WAY
    first = assembly.items[0] if assembly.items and not running else None
    return ConsoleView(
        assembly=assembly,
        stage=stage,
        moment=moment,
        item=stage.item,
        following=item_beside(assembly, stage) if running else first,
        before=item_beside(assembly, stage, back=True) if running else None,
        left=seconds_left(stage, moment),
        steps=steps_of(session, stage.item),
        undo=_undo(undoable(session, assembly), moment),
        present=present,
        is_quorate=is_quorate(assembly, present),
        hands=len(waiting),
        points_of_order=sum(turn.kind == TurnKind.POINT_OF_ORDER for turn in waiting),
        screens=tuple(_seen(assembly, screen, moment) for screen in assembly.screens),
        log=_log(session, assembly),
        doors=_doors(assembly),
        join_address=settings().public_url.partition("://")[2] + "/join",
    )


def steps_of(session: Session, item: AgendaItem | None) -> int:
    """How many steps the reveal on stage has; 0 while its outcome is sealed or not counted."""
    if item is None or item.kind != ItemKind.REVEAL:
        return 0
    the_round = round_revealed(session, item)
    if the_round is None or outcome_of(session, the_round.id) is None:
        return 0
    return reveal_steps(session, item)


def _undo(act: AssemblyAct | None, moment: datetime) -> Undo | None:
    if act is None:
        return None
    until = act.acted_at + UNDO_WITHIN
    return Undo(act_in_words(act), until, max(1, round((until - moment).total_seconds())))


def _seen(assembly: Assembly, screen: Screen, moment: datetime) -> ScreenSeen:
    address = f"/a/{assembly.code}/screen/{screen.number}"
    if screen.seen_at is None:
        return ScreenSeen(screen, _("Not seen yet"), address, True)
    ago = (moment - screen.seen_at).total_seconds()
    words = _("Seen %(ago)s", ago=age_words(screen.seen_at, moment))
    return ScreenSeen(screen, words, address, ago > LOST_AFTER_SECONDS)


def _log(session: Session, assembly: Assembly) -> tuple[Logged, ...]:
    query = select(AssemblyAct).where(
        AssemblyAct.assembly_id == assembly.id, AssemblyAct.kind.not_in(AT_THE_DOOR)
    )
    newest = session.scalars(query.order_by(AssemblyAct.id.desc()).limit(MOST_LOGGED))
    return tuple(
        Logged(
            f"{act.acted_at.astimezone(LONDON):%H:%M:%S}",
            (act.by.name or act.by.email) if act.by else _("the clock"),
            act_in_words(act),
            act.undone,
        )
        for act in newest
    )


def _doors(assembly: Assembly) -> tuple[Door, ...]:
    """The other pages of the meeting that there are."""
    own = f"/assemblies/{assembly.id}"
    doors = (
        Door(f"{own}/door", _("The door")),
        Door(f"{own}/speakers", _("Speakers and questions")),
        Door(f"{own}/tellers", _("Tellers")),
        Door(f"{own}/preflight", _("Check before the meeting")),
        Door(f"{own}/print", _("Print pack")),
        Door(f"{own}/minutes", _("Minutes")),
        Door(f"/a/{assembly.code}", _("What phones see")),
    )
    return tuple(door for door in doors if is_page(door.address))


def is_page(address: str) -> bool:
    """Whether there is a page at an address of ours."""
    return current_app.url_map.bind("localhost").test(address, method="GET")
