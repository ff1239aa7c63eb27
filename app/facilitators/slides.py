"""What stands on an assembly's screen: one slide, with everything that it says."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.facilitators.revealing import RevealSlide, reveal_slide
from app.facilitators.vote_slides import VoteSlide, vote_slide
from neighbourhoods.assemblies import (
    AgendaItem,
    Assembly,
    AssemblyState,
    ItemKind,
    Screen,
    Slide,
    Stage,
)
from neighbourhoods.polls import poll_figures
from neighbourhoods.projects import Project
from neighbourhoods.questions import questions_in
from neighbourhoods.speakers import SpeakingTurn, speakers_list

# Lines that a hall can read at once.
MOST_AGENDA = 7
MOST_SPEAKERS = 6
# Items that were done already, above the one that is on.
AGENDA_BEHIND = 2


@dataclass(frozen=True)
class JoinSlide:
    """How to take part."""

    title: str
    text: str
    name: str = "join"


@dataclass(frozen=True)
class AgendaLine:
    """One item: done, now, next or later."""

    title: str
    standing: str
    minutes: int | None


@dataclass(frozen=True)
class AgendaSlide:
    """The agenda around what is on now, and how many items stand above and below."""

    lines: tuple[AgendaLine, ...]
    above: int
    below: int
    name: str = "agenda"


@dataclass(frozen=True)
class PitchSlide:
    """A project, put to the hall by whoever proposes it."""

    project: Project
    seconds: int | None
    name: str = "pitch"


@dataclass(frozen=True)
class SpeakersSlide:
    """Who has the floor, and who comes next."""

    title: str
    text: str
    speaking: SpeakingTurn | None
    waiting: tuple[SpeakingTurn, ...]
    more: int
    name: str = "speakers"


@dataclass(frozen=True)
class QuestionSlide:
    """A question from the floor."""

    words: str
    wanting: int
    name: str = "question"


@dataclass(frozen=True)
class PollBar:
    """One option, and how many hands are up for it; the bar in thousandths of the longest."""

    option: str
    hands: int
    percent: int
    width: int


@dataclass(frozen=True)
class PollSlide:
    """A show of hands as it stands."""

    title: str
    text: str
    bars: tuple[PollBar, ...]
    hands: int
    counted: int
    name: str = "poll"


@dataclass(frozen=True)
class MessageSlide:
    """A few words in large letters."""

    title: str
    text: str
    name: str = "message"


@dataclass(frozen=True)
class BreakSlide:
    """A break, and when the meeting goes on."""

    title: str
    text: str
    until: datetime | None
    name: str = "break"


@dataclass(frozen=True)
class EndedSlide:
    """The meeting is over."""

    name: str = "ended"


Shown = (
    JoinSlide
    | AgendaSlide
    | PitchSlide
    | SpeakersSlide
    | QuestionSlide
    | PollSlide
    | MessageSlide
    | BreakSlide
    | EndedSlide
    | VoteSlide
    | RevealSlide
)


def slide_now(session: Session, assembly: Assembly, screen: Screen | None) -> Shown:
    """The slide of a screen at this moment: its own, or the stage's."""
    if assembly.state == AssemblyState.ENDED:
        return EndedSlide()
    stage = assembly.stage
    wanted = (screen.shows if screen else None) or stage.slide
    if wanted == Slide.AGENDA:
        return agenda_slide(assembly)
    if wanted == Slide.SPEAKERS:
        return _speakers(session, assembly, _("Speakers"), "")
    if wanted == Slide.QUESTION:
        return _question(session, assembly)
    if wanted == Slide.MESSAGE:
        return MessageSlide("", stage.message)
    if wanted == Slide.JOIN or stage.item is None:
        return JoinSlide(assembly.title, "")
    return _of_item(session, stage.item, stage)


def _of_item(session: Session, item: AgendaItem, stage: Stage) -> Shown:
    match item.kind:
        case ItemKind.WELCOME:
            return JoinSlide(item.title, item.text)
        case ItemKind.PITCH if item.project is not None:
            return PitchSlide(item.project, item.seconds)
        case ItemKind.DISCUSSION:
            return _speakers(session, item.assembly, item.title, item.text)
        case ItemKind.POLL:
            return _poll(session, item)
        case ItemKind.SCORES | ItemKind.BALLOT | ItemKind.PURCHASE:
            return vote_slide(session, item)
        case ItemKind.REVEAL:
            return reveal_slide(session, item, stage.step)
        case ItemKind.BREAK:
            return BreakSlide(item.title, item.text, stage.timer_ends_at)
        case _:
            return MessageSlide(item.title, item.text)


def agenda_slide(assembly: Assembly) -> AgendaSlide:
    """The agenda with what is done, on and next; a long one shows the part around what is on."""
    items, now_id = assembly.items, assembly.stage.item_id
    on = next((place for place, item in enumerate(items) if item.id == now_id), -1)
    has_begun = assembly.state != AssemblyState.PLANNED
    standing = {on: "now", on + 1: "next"} if has_begun else {}
    first = max(0, min(on - AGENDA_BEHIND, len(items) - MOST_AGENDA))
    lines = [
        AgendaLine(
            item.title,
            standing.get(place, "done" if item.ended_at or place < on else "later"),
            round(item.seconds / 60) or None if item.seconds else None,
        )
        for place, item in enumerate(items)
    ]
    shown = lines[first : first + MOST_AGENDA]
    return AgendaSlide(tuple(shown), first, len(lines) - first - len(shown))


def _speakers(session: Session, assembly: Assembly, title: str, text: str) -> SpeakersSlide:
    listed = speakers_list(session, assembly)
    room = MOST_SPEAKERS if len(listed.waiting) <= MOST_SPEAKERS else MOST_SPEAKERS - 1
    shown = listed.waiting[:room]
    return SpeakersSlide(title, text, listed.speaking, shown, len(listed.waiting) - len(shown))


def _question(session: Session, assembly: Assembly) -> Shown:
    asked = questions_in(session, assembly)
    first = next((one for one in asked if one.question.state == "on-screen"), None)
    if first is None:
        return MessageSlide(_("Questions"), _("Ask yours from your phone."))
    return QuestionSlide(first.question.words, first.wanting)


def _poll(session: Session, item: AgendaItem) -> PollSlide:
    figures = poll_figures(session, item)
    together = figures.together
    hands, most = sum(together), max(*together, 1)
    bars = tuple(
        PollBar(option, up, round(100 * up / hands) if hands else 0, up * 1000 // most)
        for option, up in zip(figures.options, together, strict=True)
    )
    return PollSlide(item.title, item.text, bars, hands, sum(figures.hands or ()))
