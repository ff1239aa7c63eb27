"""Socket.IO: what an assembly's screens and phones show now, to all who follow it.

Acts ring at once: the process that did them tells its own phones, and the bell lets every other
process look and tell theirs. What changes without an act (hands, people coming in, a vote that
closes) is looked at once a second, and so is what a bell may have missed.
"""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, cast

from flask import Flask, current_app
from flask_socketio import join_room
from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session

from app.bell import Told, ring_bell
from app.extensions import socketio
from app.house import database
from ballots.hall_votes import HallVote
from neighbourhoods.assemblies import AgendaItem, Assembly, AssemblyState, ItemKind, Stage
from neighbourhoods.attendance import Attendee, Phone
from neighbourhoods.database import now
from neighbourhoods.phases import Phase
from neighbourhoods.polls import HandCount, PollChoice
from neighbourhoods.questions import Question, QuestionBacking, QuestionState
from neighbourhoods.rounds import PhaseStart, Round
from neighbourhoods.speakers import SpeakingTurn

State = dict[str, Any]

# A hall full of phones that comes back asks for one and the same state: it is read once for all
# of them.
KEPT_FOR = 0.4
_REFUSED: State = {"refused": "no-such-assembly"}


@dataclass
class AssemblyNews:
    """What this process read and told of its assemblies last, and which are followed here."""

    kept: dict[int, tuple[State, float]] = field(default_factory=dict)
    told: dict[int, str] = field(default_factory=dict)
    followed: set[int] = field(default_factory=set)

    def keep(self, state: State) -> None:
        """Remember a state that was read just now, unless a newer one was read meanwhile."""
        assembly_id = state["assembly"]
        kept, _ = self.kept.get(assembly_id, (state, 0.0))
        if kept["version"] <= state["version"]:
            self.kept[assembly_id] = state, monotonic()

    def recent(self, assembly_id: int) -> State | None:
        """The state of a moment ago, with the time as it is now; None if it is older."""
        state, read_at = self.kept.get(assembly_id, ({}, -KEPT_FOR))
        age = monotonic() - read_at
        if not state or age >= KEPT_FOR:
            return None
        moment = datetime.fromisoformat(state["now"]) + timedelta(seconds=age)
        return state | {"now": moment.isoformat(timespec="milliseconds")}

    def tell(self, state: State) -> None:
        """Send a state to everybody who is connected here and follows its assembly."""
        self.keep(state)
        self.told[state["assembly"]] = word_for(state)
        socketio.emit("assembly", state, to=room_of_assembly(state["assembly"]))


def keep_assembly_news(app: Flask) -> None:
    """Give an app its memory of what its assemblies show."""
    app.extensions["assembly-news"] = AssemblyNews()


def _news() -> AssemblyNews:
    return cast(AssemblyNews, current_app.extensions["assembly-news"])


def room_of_assembly(assembly_id: int) -> str:
    """The name of the room of everybody who follows an assembly."""
    return f"assembly-{assembly_id}"


@socketio.on("follow")
def follow(*words: object) -> State:
    """Let a phone or screen follow an assembly; answers with what it shows now."""
    asked = words[0] if words else None
    assembly_id = asked.get("assembly") if isinstance(asked, dict) else None
    if not isinstance(assembly_id, int) or isinstance(assembly_id, bool):
        return _REFUSED
    if not 0 < assembly_id < 2**31:
        return _REFUSED
    state = state_now(assembly_id)
    if state is None:
        return _REFUSED
    join_room(room_of_assembly(assembly_id))
    _news().followed.add(assembly_id)
    # Looked up before the room was entered: a bell may have rung between the two.
    return _news().recent(assembly_id) or state


def ring_assembly(assembly_id: int) -> None:
    """Tell everybody who follows an assembly what it shows now; call it after the commit."""
    state = _read(assembly_id)
    if state is not None:
        _news().tell(state)
        ring_bell(Told.ASSEMBLY, assembly_id, state["version"])


def ring_changed_assemblies(*, all_of_them: bool = True) -> None:
    """Tell what every assembly shows that shows something else than when this process last told.

    All that are under way, and then the other processes are rung; or only those followed here.
    """
    news = _news()
    followed = Assembly.id.in_(news.followed)
    under_way = Assembly.state == AssemblyState.UNDER_WAY
    for state in _ring_those(or_(under_way, followed) if all_of_them else followed):
        if all_of_them:
            ring_bell(Told.ASSEMBLY, state["assembly"], state["version"])


def ring_assemblies(numbers: Collection[int]) -> None:
    """Tell whoever follows these assemblies here what they were not told yet."""
    _ring_those(Assembly.id.in_(_news().followed.intersection(numbers)))


def _ring_those(which: ColumnElement[bool]) -> list[State]:
    """Tell what is new of some assemblies; returns the news."""
    news, told = _news(), []
    with database().reading() as session:
        states = [state_of(session, one) for one in session.scalars(select(Assembly).where(which))]
    for state in states:
        if news.told.get(state["assembly"]) != word_for(state):
            news.tell(state)
            told.append(state)
        elif state["state"] == AssemblyState.ENDED:
            # Over, and told: who opens it again is answered, and nobody looks every second.
            news.followed.discard(state["assembly"])
    return told


def state_now(assembly_id: int) -> State | None:
    """What an assembly shows, read a moment ago at most; None if there is no such assembly."""
    kept = _news().recent(assembly_id)
    return kept if kept is not None else state_afresh(assembly_id)


def state_afresh(assembly_id: int) -> State | None:
    """What an assembly shows, read now: whoever has just done something sees it, nobody is rung."""
    state = _read(assembly_id)
    if state is not None:
        _news().keep(state)
    return state


def _read(assembly_id: int) -> State | None:
    with database().reading() as session:
        assembly = session.get(Assembly, assembly_id)
        return state_of(session, assembly) if assembly else None


def word_for(state: State) -> str:
    """A short word for everything a state says but the time: an ETag."""
    return _digest({name: value for name, value in state.items() if name != "now"})


# --- what stands in the database ------------------------------------------------------------------


def state_of(session: Session, assembly: Assembly) -> State:
    """What an assembly's screens and phones show now, read afresh.

    `pulse` is a word for what else they show that changes without an act.
    """
    row = session.execute(_standing(assembly.id)).one()
    moment = now(session)
    vote = _vote_told(session, assembly.id, _voted_in(row.item_id, row.kind, row.settings), moment)
    beside: list[object] = [row.phase, row.present, row.hands, row.last_turn, row.begun, row.ended]
    beside += [
        row.withdrawn,
        row.questions,
        row.last_question,
        row.on_screen,
        row.backings,
        vote,
        row.paired,
    ]
    if row.kind == ItemKind.POLL:
        beside += _poll(session, row.item_id)
    return {
        "assembly": assembly.id,
        "version": row.version,
        "pulse": _digest(beside),
        "now": moment.isoformat(timespec="milliseconds"),
        "state": row.state.value,
        "dark": row.is_dark,
        "slide": row.slide.value,
        "item": row.item_id,
        "kind": row.kind.value if row.kind else None,
        "step": row.step,
        "timer_ends_at": row.timer_ends_at.isoformat() if row.timer_ends_at else None,
        "timer_left": row.timer_left,
        "vote": vote,
        "present": row.present,
        "hands": row.hands,
        "questions": row.questions,
    }


def _standing(assembly_id: int) -> Select[Any]:
    """Everything but the vote and the poll, in one look: aggregates of one row each, side by side.

    Lists gain or lose somebody, or somebody moves on in them: that is all their digests tell.
    """
    waits = and_(SpeakingTurn.began_at.is_(None), SpeakingTurn.withdrawn_at.is_(None))
    inside = select(
        func.count(Attendee.id).label("present"),
    ).where(Attendee.assembly_id == assembly_id, Attendee.left_at.is_(None))
    turns = select(
        func.count(SpeakingTurn.id).filter(waits).label("hands"),
        func.max(SpeakingTurn.id).label("last_turn"),
        func.count(SpeakingTurn.began_at).label("begun"),
        func.count(SpeakingTurn.ended_at).label("ended"),
        func.count(SpeakingTurn.withdrawn_at).label("withdrawn"),
    ).where(SpeakingTurn.assembly_id == assembly_id)
    questions = select(
        func.count(Question.id).filter(Question.state == QuestionState.WAITING).label("questions"),
        func.max(Question.id).label("last_question"),
        func.sum(Question.id).filter(Question.state == QuestionState.ON_SCREEN).label("on_screen"),
    ).where(Question.assembly_id == assembly_id)
    backings = (
        select(func.count(QuestionBacking.phone_id).label("backings"))
        .join(Question, QuestionBacking.question_id == Question.id)
        .where(Question.assembly_id == assembly_id)
    )
    # Somebody at the door waits for their phone to say that it is theirs.
    phones = select(
        func.count(Phone.attendee_id).label("paired"),
    ).where(Phone.assembly_id == assembly_id)
    parts = [part.subquery() for part in (inside, turns, questions, backings, phones)]
    columns: list[Any] = [Stage.version, Stage.is_dark, Stage.slide, Stage.item_id, Stage.step]
    columns += [Stage.timer_ends_at, Stage.timer_left, Assembly.state, Round.phase]
    columns += [AgendaItem.kind, AgendaItem.settings]
    columns += [column for part in parts for column in part.c]
    standing = select(*columns).select_from(Stage)
    for part in parts:
        standing = standing.join(part, true())
    return (
        standing.join(Assembly, Stage.assembly_id == Assembly.id)
        .join(Round, Assembly.round_id == Round.id)
        .outerjoin(AgendaItem, Stage.item_id == AgendaItem.id)
        .where(Stage.assembly_id == assembly_id)
    )


def _voted_in(
    item_id: int | None, kind: ItemKind | None, chosen: dict[str, object] | None
) -> int | None:
    """Whose vote stands on the stage: the item's own, or that which a reveal reveals."""
    if kind != ItemKind.REVEAL:
        return item_id
    vote_item = (chosen or {}).get("vote_item")
    return vote_item if isinstance(vote_item, int) else None


def _vote_told(
    session: Session, assembly_id: int, item_id: int | None, moment: datetime
) -> dict[str, Any] | None:
    """The newest vote of the item on the stage, else one that is open beside it."""
    query = (
        select(HallVote.round_id, Round.phase, PhaseStart.starts_at, HallVote.called_at)
        .join(AgendaItem, HallVote.item_id == AgendaItem.id)
        .join(Round, HallVote.round_id == Round.id)
        .outerjoin(
            PhaseStart, and_(PhaseStart.round_id == Round.id, PhaseStart.phase == Phase.COUNT)
        )
        .where(AgendaItem.assembly_id == assembly_id)
        .where(or_(HallVote.item_id == item_id, Round.phase == Phase.VOTE))
        .order_by((HallVote.item_id == item_id).desc(), HallVote.opened_at.desc())
    )
    vote = session.execute(query.limit(1)).first()
    if vote is None:
        return None
    closes_at = vote.starts_at
    return {
        "round": vote.round_id,
        "phase": vote.phase.value,
        "closes_at": closes_at.isoformat() if closes_at else None,
        "is_open": vote.phase == Phase.VOTE and (closes_at is None or moment < closes_at),
        "last_call": vote.called_at is not None,
    }


def _poll(session: Session, item_id: int) -> list[Any]:
    """How the hands of a poll stand: on phones by option, and as tellers counted them."""
    phones = (
        select(PollChoice.chosen, func.count())
        .where(PollChoice.item_id == item_id)
        .group_by(PollChoice.chosen)
        .order_by(PollChoice.chosen)
    )
    counted = (
        select(HandCount.teller_id, HandCount.hands)
        .where(HandCount.item_id == item_id)
        .order_by(HandCount.teller_id)
    )
    return [list(row) for query in (phones, counted) for row in session.execute(query)]


def _digest(told: object) -> str:
    written = json.dumps(told, sort_keys=True, default=str)
    return hashlib.blake2s(written.encode(), digest_size=6).hexdigest()
