"""What a phone shows of a meeting now: a part that is the same for everybody, and what is mine.

The common part is drawn once for each state of the meeting and kept in memory: two thousand phones
ask for it. What is mine is drawn from it with a few cheap looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from math import ceil
from typing import Any, cast

from flask import Flask, current_app, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from app.assembly_news import State, state_afresh, state_now, word_for
from app.display import LONDON
from app.house import db, keys
from app.residents.voter import entry_for
from ballots.paper_ballots import is_on_paper
from ballots.whereabouts import receipt_of
from neighbourhoods.assemblies import Assembly, AssemblyState, ItemKind
from neighbourhoods.attendance import Phone
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.polls import PollFigures, choice_of, poll_figures
from neighbourhoods.questions import backed_by, questions_in
from neighbourhoods.rounds import Round, RoundKind
from neighbourhoods.speakers import speakers_list
from neighbourhoods.speaking_order import TurnKind

# A phone is no place for hundreds of questions; those that most would like to know come first.
MOST_QUESTIONS = 20


@dataclass(frozen=True)
class QuestionShown:
    """A question as everybody sees it, drawn both for whoever can still back it and who has."""

    number: int
    phone_id: int
    to_back: Markup
    backed: Markup


@dataclass(frozen=True)
class MyPlace:
    """Where a phone waits in the speakers’ list."""

    place: int
    waiting: int
    is_point: bool


@dataclass(frozen=True)
class Common:
    """What is the same on every phone, as the meeting stood when `word` was its word."""

    word: str
    state: State
    parts: Mapping[str, Markup]
    said: tuple[str, ...]
    questions: tuple[QuestionShown, ...]
    # By the number of the phone: its foremost turn, and whether it waits to make a speech.
    places: Mapping[int, MyPlace]
    speeches: frozenset[int]
    speaking: int | None
    poll: PollFigures | None
    alternates: bool


@dataclass
class _Memory:
    kept: dict[int, Common] = field(default_factory=dict)


def remember_meetings(app: Flask) -> None:
    """Give an app its memory of what phones show."""
    app.extensions["meetings-on-phones"] = _Memory()


def common_now(assembly: Assembly, *, fresh: bool = False) -> Common:
    """What is the same on every phone now; `fresh` right after this phone did something."""
    state = state_afresh(assembly.id) if fresh else state_now(assembly.id)
    if state is None:
        raise LookupError("the meeting went away while it was looked at")
    memory = cast(_Memory, current_app.extensions["meetings-on-phones"])
    word = word_for(state)
    kept = memory.kept.get(assembly.id)
    if kept is None or kept.word != word:
        kept = memory.kept[assembly.id] = _draw(assembly, state, word)
    return kept


def _draw(assembly: Assembly, state: State, word: str) -> Common:
    item = assembly.stage.item
    speakers = speakers_list(db(), assembly)
    asked = questions_in(db(), assembly)
    places: dict[int, MyPlace] = {}
    for number, turn in enumerate(speakers.waiting, start=1):
        if turn.phone_id is not None:
            is_point = turn.kind == TurnKind.POINT_OF_ORDER
            place = MyPlace(number, len(speakers.waiting), is_point)
            places.setdefault(turn.phone_id, place)
    speeches = [turn.phone_id for turn in speakers.waiting if turn.kind == TurnKind.SPEECH]
    speaking = speakers.speaking
    shown = _drawn(
        "now", assembly=assembly, item=item, state=state, speaking=speaking, left=_left(state)
    )
    agenda = _drawn("agenda", assembly=assembly, item=item)
    return Common(
        word=word,
        state=state,
        parts={"now": shown, "agenda": agenda},
        said=tuple(_said(assembly, state)),
        questions=tuple(
            QuestionShown(
                one.question.id,
                one.question.phone_id,
                _drawn("question", assembly=assembly, asked=one, is_backed=False),
                _drawn("question", assembly=assembly, asked=one, is_backed=True),
            )
            for one in asked[:MOST_QUESTIONS]
        ),
        places=places,
        speeches=frozenset(number for number in speeches if number is not None),
        speaking=speaking.phone_id if speaking else None,
        poll=poll_figures(db(), item) if item and item.kind == ItemKind.POLL else None,
        alternates=item is not None and item.settings.get("alternate") is True,
    )


def _drawn(part: str, **shown: object) -> Markup:
    # A template of ours, which escapes what people wrote.
    return Markup(render_template(f"residents/meeting/{part}.html", **shown))  # noqa: S704


def _left(state: State) -> str:
    """What is left of the countdown, as a page without a script shows it; empty when it is up."""
    if not state["timer_ends_at"]:
        return clock_face(state["timer_left"] or 0)
    ends_at = datetime.fromisoformat(state["timer_ends_at"])
    left = ceil((ends_at - datetime.fromisoformat(state["now"])).total_seconds())
    return clock_face(left) if left > 0 else ""


def clock_face(seconds: int) -> str:
    """Seconds as a countdown shows them: 2:30, or 1:02:30."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def _said(assembly: Assembly, state: State) -> list[str]:
    """What a screen reader is told when it changes."""
    if state["state"] == AssemblyState.ENDED:
        return [_("The meeting has ended.")]
    item, vote = assembly.stage.item, state["vote"]
    said = [_("Now: %(title)s", title=item.title)] if item else []
    if vote and vote["is_open"]:
        if vote["last_call"]:
            said.append(_("Last call: the vote closes in a few seconds."))
        elif vote["closes_at"]:
            said.append(_("The vote is open until %(time)s.", time=until_in_words(vote)))
        else:
            said.append(_("The vote is open."))
    elif vote:
        said.append(_("The vote is closed."))
    return said


def until_in_words(vote: Mapping[str, Any]) -> str:
    """When a vote closes, to the second; empty while that is not set."""
    if not vote["closes_at"]:
        return ""
    return f"{datetime.fromisoformat(vote['closes_at']).astimezone(LONDON):%H:%M:%S}"


# --- what is mine --------------------------------------------------------------------------------


class MyVote(StrEnum):
    """How this phone stands to the vote on the stage."""

    TO_CAST = "to-cast"
    COUNTED = "counted"
    ON_PAPER = "on-paper"
    CAME_LATER = "came-later"
    WALKED_IN = "walked-in"
    NOT_CHECKED_IN = "not-checked-in"


@dataclass(frozen=True)
class Drawn:
    """Everything a phone shows, part by part, what it may do, and what is said aloud."""

    common: Common
    parts: Mapping[str, Markup]
    flags: Mapping[str, bool]
    said: tuple[str, ...]

    def as_json(self, known: str) -> dict[str, object]:
        """The parts as a phone’s script takes them; the common ones only if it has older ones."""
        common = {} if known == self.common.word else dict(self.common.parts)
        return {
            "word": self.common.word,
            "state": self.common.state,
            "parts": {**common, **self.parts},
            "flags": dict(self.flags),
            "said": list(self.said),
        }


def is_checked_in(phone: Phone) -> bool:
    """Whether whoever’s phone it is has been checked in and is present."""
    return phone.attendee is not None and phone.attendee.left_at is None


def draw_for(assembly: Assembly, phone: Phone, *, fresh: bool = False) -> Drawn:
    """Everything that this phone shows of the meeting now."""
    common = common_now(assembly, fresh=fresh)
    state = common.state
    place = common.places.get(phone.id)
    is_under_way = state["state"] == AssemblyState.UNDER_WAY
    has_floor = common.speaking == phone.id
    backed = backed_by(db(), phone) if common.questions else frozenset()
    is_in = is_checked_in(phone)
    parts = {
        "vote": _my_vote(phone, state["vote"]),
        "poll": _my_poll(assembly, phone, common),
        "me": _drawn(
            "me",
            assembly=assembly,
            phone=phone,
            is_checked_in=is_in,
            is_known=not is_in and entry_for(assembly.the_round) is not None,
        ),
        "place": _drawn(
            "place",
            assembly=assembly,
            place=place,
            words=place_in_words(place) if place else "",
            has_floor=has_floor,
        ),
        "questions": Markup("").join(
            one.backed if one.phone_id == phone.id or one.number in backed else one.to_back
            for one in common.questions
        ),
    }
    return Drawn(
        common,
        parts,
        {
            "outside": not is_in,
            "running": is_under_way,
            "asking": is_under_way and phone.id not in common.speeches,
            "named": bool(phone.name),
            "known": is_in,
            "sides": common.alternates,
            "waiting": place is not None,
            "polling": common.poll is not None,
            "questions": bool(common.questions),
        },
        (*common.said, *_said_to_me(place, has_floor=has_floor)),
    )


def _my_vote(phone: Phone, vote: Mapping[str, Any] | None) -> Markup:
    if vote is None:
        return Markup("")
    return _drawn(
        "vote",
        vote=vote,
        my_vote=my_vote_in(vote, phone),
        MyVote=MyVote,
        until=until_in_words(vote),
        is_over=is_past(Phase.COUNT, Phase(vote["phase"])),
    )


def _my_poll(assembly: Assembly, phone: Phone, common: Common) -> Markup:
    if common.poll is None:
        return Markup("")
    item_id = common.state["item"]
    return _drawn(
        "poll",
        assembly=assembly,
        item_id=item_id,
        poll=common.poll,
        chosen=choice_of(db(), item_id, phone),
    )


def _said_to_me(place: MyPlace | None, *, has_floor: bool) -> list[str]:
    if has_floor:
        return [_("You have the floor.")]
    if place is None:
        return []
    return [place_in_words(place)]


def place_in_words(place: MyPlace) -> str:
    """How many speak before somebody who waits."""
    if place.place == 1:
        return _("You are next to speak.")
    before = place.place - 1
    return ngettext("%(num)s person speaks before you.", "%(num)s people speak before you.", before)


def my_vote_in(vote: Mapping[str, Any], phone: Phone) -> MyVote:
    """Whether this phone can vote, has voted, or what keeps it from voting."""
    the_round = db().get_one(Round, vote["round"])
    entry = entry_for(the_round)
    if entry is not None and receipt_of(db(), keys(), the_round.id, entry) is not None:
        return MyVote.COUNTED
    if entry is not None and is_on_paper(db(), the_round.id, entry.id):
        return MyVote.ON_PAPER
    if entry is not None:
        return MyVote.TO_CAST
    if not is_checked_in(phone):
        return MyVote.NOT_CHECKED_IN
    # A walk-in is on no roll: the next vote of this kind would not be theirs either.
    walked_in = phone.attendee is not None and phone.attendee.is_walk_in
    is_of_round = the_round.kind == RoundKind.FULL
    return MyVote.WALKED_IN if walked_in and is_of_round else MyVote.CAME_LATER


def page_of(assembly: Assembly) -> str:
    """The address of a meeting’s page on phones."""
    return url_for("residents.meeting", join_code=assembly.code)
