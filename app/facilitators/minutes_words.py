"""The minutes of a meeting, in words: for its page and for its PDF alike.

No resident is named but by the name under which they spoke. Figures of votes come from stored
outcomes and the public tally alone, and none of a vote that still waits for its reveal.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.act_words import act_in_words
from app.display import moment_words, pounds, time_words
from app.facilitators.minutes_votes import Piece, decided_in, heading, listed, text, told, votes_in
from app.labels import label
from neighbourhoods.assemblies import (
    ActKind,
    AgendaItem,
    Assembly,
    AssemblyAct,
    AssemblyState,
    ItemKind,
)
from neighbourhoods.attendance import Attendee
from neighbourhoods.polls import poll_figures
from neighbourhoods.questions import QuestionState, questions_in
from neighbourhoods.speakers import Side, SpeakingTurn, TurnKind, turns_in

# What is told of the acts, and of which their own words too: those of walk-ins name residents, and
# those on papers their numbers.
TOLD_WITH_WORDS = frozenset({ActKind.EXTEND_VOTE, ActKind.STOP_VOTE, ActKind.REVEAL})
TOLD = TOLD_WITH_WORDS | {ActKind.APPROVE_WALK_IN, ActKind.MOVE_SPEAKER}


@dataclass(frozen=True)
class Section:
    """A part of the minutes under a heading of its own."""

    title: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Minutes:
    """What was done and decided, section by section."""

    title: str
    draft: str
    sections: tuple[Section, ...]

    def as_part(self, council: str) -> dict[str, object]:
        """The minutes as they are typeset."""
        return {"kind": "minutes", "council": council, **asdict(self)}


def minutes_of(session: Session, assembly: Assembly) -> Minutes:
    """The minutes as they stand; a draft until the meeting has ended."""
    turns = [turn for turn in turns_in(session, assembly) if turn.began_at is not None]
    decided = decided_in(session, assembly)
    acts = list(_acts(session, assembly))
    sections = [
        Section("", tuple(_opening(session, assembly))),
        *(
            Section(
                f"{number}. {item.title}",
                tuple(_of_item(session, item, [turn for turn in turns if turn.item_id == item.id])),
            )
            for number, item in enumerate(assembly.items, start=1)
        ),
        *_without_item(session, assembly, turns),
        Section(
            _("Decisions"),
            (listed(decided),) if decided else (text(_("Nothing was decided.")),),
        ),
    ]
    if acts:
        sections.append(Section(_("Acts in the log"), (listed(acts),)))
    return Minutes(
        _("Minutes: %(title)s", title=assembly.title), _draft_words(assembly), tuple(sections)
    )


def _draft_words(assembly: Assembly) -> str:
    if assembly.is_practice:
        return _("This was a practice meeting. Nothing in it counts.")
    if assembly.state != AssemblyState.ENDED:
        return _("This is a draft: the meeting has not ended.")
    return ""


# --- the meeting as a whole ----------------------------------------------------------------------


def _opening(session: Session, assembly: Assembly) -> Iterator[Piece]:
    yield text(f"{assembly.the_round.title}, {assembly.the_round.community.name}")
    if assembly.place:
        yield text(_("Place: %(place)s", place=assembly.place))
    yield text(_when(assembly))
    people = list(session.scalars(select(Attendee).where(Attendee.assembly_id == assembly.id)))
    most = most_at_once(people)
    yield text(" ".join(_people_words(people, most)))
    if assembly.quorum is not None:
        yield text(
            _("The quorum of %(quorum)s was reached.", quorum=assembly.quorum)
            if most >= assembly.quorum
            else _("The quorum of %(quorum)s was not reached.", quorum=assembly.quorum)
        )
    names = _who_ran(assembly)
    if names:
        yield text(_("Run by %(names)s.", names=", ".join(names)))


def _people_words(people: list[Attendee], most: int) -> Iterator[str]:
    number, walk_ins = len(people), sum(person.is_walk_in for person in people)
    if not people:
        yield _("Nobody was checked in.")
        return
    yield ngettext("One person was checked in.", "%(num)s people were checked in.", number)
    if walk_ins:
        yield ngettext(
            "One of them was a walk-in whom an officer approved.",
            "%(num)s of them were walk-ins whom an officer approved.",
            walk_ins,
        )
    yield ngettext(
        "At most one person was present at one time.",
        "At most %(num)s people were present at one time.",
        most,
    )


def _when(assembly: Assembly) -> str:
    if assembly.began_at is None:
        return _("It is to begin at %(when)s.", when=moment_words(assembly.starts_at))
    began = moment_words(assembly.began_at)
    if assembly.ended_at is None:
        return _("It began at %(began)s.", began=began)
    return _(
        "It began at %(began)s and ended at %(ended)s.",
        began=began,
        ended=time_words(assembly.ended_at),
    )


def most_at_once(people: list[Attendee]) -> int:
    """How many people were present at the fullest moment."""
    came = [(person.checked_in_at, 1) for person in people]
    left = [(person.left_at, -1) for person in people if person.left_at is not None]
    # Who leaves at the moment in which another comes was not there with them.
    present = most = 0
    for _moment, step in sorted([*came, *left]):
        present += step
        most = max(most, present)
    return most


def _who_ran(assembly: Assembly) -> list[str]:
    ran = (ActKind.BEGIN, ActKind.GO_TO, ActKind.OPEN_VOTE, ActKind.END)
    people = {act.by_id: act.by for act in assembly.acts if act.kind in ran and act.by}
    return [person.name for person in people.values() if person.name]


# --- item by item --------------------------------------------------------------------------------


def _of_item(session: Session, item: AgendaItem, turns: list[SpeakingTurn]) -> Iterator[Piece]:
    yield text(f"{label(item.kind)}. {_item_times(item)}")
    if item.project is not None:
        yield text(f"{item.project.title}, {pounds(item.project.cost_pence)}")
    if turns:
        yield heading(_("Speakers"))
        yield listed(map(_turn_words, sorted(turns, key=_began)))
    answered = [
        asked.question.words
        for asked in questions_in(session, item.assembly, (QuestionState.ANSWERED,))
        if asked.question.item_id == item.id
    ]
    if answered:
        yield heading(_("Questions answered"))
        yield listed(answered)
    if item.kind == ItemKind.POLL:
        yield from _poll(session, item)
    yield from votes_in(session, item)


def _item_times(item: AgendaItem) -> str:
    if item.began_at is None:
        return _("Not reached.")
    if item.ended_at is None:
        return _("Began at %(began)s.", began=time_words(item.began_at))
    return _(
        "From %(began)s to %(ended)s.",
        began=time_words(item.began_at),
        ended=time_words(item.ended_at),
    )


def _began(turn: SpeakingTurn) -> tuple[datetime, int]:
    return turn.began_at or turn.asked_at, turn.id


def _turn_words(turn: SpeakingTurn) -> str:
    facts = []
    if turn.kind == TurnKind.POINT_OF_ORDER:
        facts.append(_("point of order"))
    if turn.side is not None:
        facts.append(_("for") if turn.side == Side.FOR else _("against"))
    if turn.began_at and turn.ended_at:
        facts.append(duration_words(turn.ended_at - turn.began_at))
    return ", ".join([turn.name or _("A speaker"), *facts])


def duration_words(lasted: timedelta) -> str:
    """How long somebody spoke: 2 min 5 s."""
    minutes, seconds = divmod(int(lasted.total_seconds()), 60)
    if not minutes:
        return _("%(seconds)s s", seconds=seconds)
    return _("%(minutes)s min %(seconds)s s", minutes=minutes, seconds=seconds)


def _poll(session: Session, item: AgendaItem) -> Iterator[Piece]:
    figures = poll_figures(session, item)
    hands = figures.hands or ("–",) * len(figures.options)
    rows = zip(figures.options, figures.phones, hands, figures.together, strict=True)
    yield told(
        [_("Option"), _("Phones"), _("Hands"), _("Together")],
        [[str(cell) for cell in row] for row in rows],
    )
    if figures.disagree:
        yield text(_("The tellers did not agree on the hands, so none are added."))
    yield text(_("A quick poll is a show of hands. It decides nothing."))


def _without_item(
    session: Session, assembly: Assembly, turns: list[SpeakingTurn]
) -> Iterator[Section]:
    spoke = [turn for turn in turns if turn.item_id is None]
    if spoke:
        speakers = listed(map(_turn_words, sorted(spoke, key=_began)))
        yield Section(_("Other speakers"), (speakers,))
    answered = [
        asked.question.words
        for asked in questions_in(session, assembly, (QuestionState.ANSWERED,))
        if asked.question.item_id is None
    ]
    if answered:
        yield Section(_("Questions answered"), (listed(answered),))


# --- the log -------------------------------------------------------------------------------------


def _acts(session: Session, assembly: Assembly) -> Iterator[str]:
    query = (
        select(AssemblyAct)
        .where(AssemblyAct.assembly_id == assembly.id, AssemblyAct.kind.in_(TOLD))
        .order_by(AssemblyAct.id)
    )
    for act in session.scalars(query):
        words = act_in_words(act) if act.kind in TOLD_WITH_WORDS else str(label(act.kind))
        if act.undone:
            words = _("%(what)s (undone)", what=words)
        yield f"{time_words(act.acted_at)} – {words}"
