"""The speakers’ list: who asked to speak, in what order they do, and for how long they did."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from neighbourhoods.assemblies import ActKind, AgendaItem, Assembly, AssemblyState
from neighbourhoods.attendance import Phone
from neighbourhoods.database import Base, Moment, UTCDateTime, Word, now, one_of
from neighbourhoods.people import Person
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.speaking_order import (
    Asking,
    Speaker,
    Spoken,
    speaking_order,
)
from neighbourhoods.speaking_order import Side as Side
from neighbourhoods.speaking_order import TurnKind as TurnKind
from neighbourhoods.stage import log_act

LONGEST_NAME = 80


class SpeakingTurn(Base):
    """One request to speak, and what became of it."""

    __tablename__ = "speaking_turns"
    __table_args__ = (
        CheckConstraint(one_of("kind", TurnKind), name="kind"),
        CheckConstraint(f"side IS NULL OR {one_of('side', Side)}", name="side"),
        CheckConstraint("ended_at IS NULL OR began_at IS NOT NULL", name="ended"),
        CheckConstraint("withdrawn_at IS NULL OR began_at IS NULL", name="withdrawn"),
        Index(None, "assembly_id", "item_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assembly_id: Mapped[int] = mapped_column(ForeignKey("assemblies.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_items.id"))
    # None for somebody without a phone, whom a facilitator put on the list.
    phone_id: Mapped[int | None] = mapped_column(ForeignKey("phones.id"))
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[TurnKind] = mapped_column(Word(TurnKind), default=TurnKind.SPEECH)
    side: Mapped[Side | None] = mapped_column(Word(Side))
    asked_at: Mapped[Moment]
    # Where a facilitator moved it: its place from 1 among the turns of its kind.
    moved_to: Mapped[int | None]
    began_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    item: Mapped[AgendaItem | None] = relationship()
    phone: Mapped[Phone | None] = relationship()


# --- looking at the list -------------------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where a phone stands in the list: its turn, its place from 1, and how many wait."""

    turn: SpeakingTurn
    place: int
    waiting: int


def speaker_of(turn: SpeakingTurn) -> Speaker:
    """Whom the list takes this turn's speaker for; two phones of one person are one speaker."""
    if turn.phone is None:
        return "name", " ".join(turn.name.casefold().split())
    if turn.phone.attendee_id is not None:
        return "attendee", turn.phone.attendee_id
    return "phone", turn.phone.id


def turns_in(session: Session, assembly: Assembly) -> list[SpeakingTurn]:
    """Every request to speak in a meeting, in the order they were made."""
    query = (
        select(SpeakingTurn)
        .where(SpeakingTurn.assembly_id == assembly.id)
        .order_by(SpeakingTurn.asked_at, SpeakingTurn.id)
        .options(joinedload(SpeakingTurn.phone))
    )
    return list(session.scalars(query))


def is_waiting(turn: SpeakingTurn) -> bool:
    """Whether somebody still waits for this turn."""
    return turn.began_at is None and turn.withdrawn_at is None


@dataclass(frozen=True)
class SpeakersList:
    """The list as it stands: who speaks, who waits in order, and what each has spoken so far."""

    speaking: SpeakingTurn | None
    waiting: tuple[SpeakingTurn, ...]
    spoken: Mapping[Speaker, Spoken]

    def spoken_by(self, turn: SpeakingTurn) -> Spoken:
        """How often and how long whoever asks for this turn has spoken in the meeting."""
        return self.spoken.get(speaker_of(turn), Spoken())

    def place_of(self, phone: Phone) -> Place | None:
        """Where a phone waits, or None if it does not; its foremost turn if it waits twice."""
        for place, turn in enumerate(self.waiting, start=1):
            if turn.phone_id == phone.id:
                return Place(turn, place, len(self.waiting))
        return None


def speakers_list(session: Session, assembly: Assembly) -> SpeakersList:
    """The speakers’ list of a meeting as it stands now, read in one go."""
    turns = turns_in(session, assembly)
    # Whoever still had the floor as the meeting ended has spoken until then.
    spoken = spoken_so_far(turns, assembly.ended_at or now(session))
    began = [turn for turn in turns if turn.began_at is not None]
    began.sort(key=lambda turn: (turn.began_at or turn.asked_at, turn.id))
    sides = [turn.side for turn in began if turn.side and turn.kind == TurnKind.SPEECH]
    waiting = {turn.id: turn for turn in turns if is_waiting(turn)}
    ordered = speaking_order(
        [_asking(turn) for turn in waiting.values()],
        spoken,
        alternate=_alternates(assembly),
        last_side=sides[-1] if sides else None,
    )
    return SpeakersList(
        speaking=next((turn for turn in reversed(began) if turn.ended_at is None), None),
        waiting=tuple(waiting[one.turn_id] for one in ordered),
        spoken=spoken,
    )


def _asking(turn: SpeakingTurn) -> Asking:
    return Asking(turn.id, speaker_of(turn), turn.asked_at, turn.kind, turn.side, turn.moved_to)


def _alternates(assembly: Assembly) -> bool:
    item = assembly.stage.item
    return item is not None and item.settings.get("alternate") is True


def spoken_so_far(turns: Iterable[SpeakingTurn], moment: datetime) -> dict[Speaker, Spoken]:
    """How often and how long each has spoken; a point of order takes time but is no speech."""
    spoken: dict[Speaker, Spoken] = {}
    for turn in turns:
        if turn.began_at is None:
            continue
        before = spoken.get(speaker_of(turn), Spoken())
        took = max(0, int(((turn.ended_at or moment) - turn.began_at).total_seconds()))
        spoken[speaker_of(turn)] = Spoken(
            before.times + (turn.kind == TurnKind.SPEECH), before.seconds + took
        )
    return spoken


def waiting_turns(session: Session, assembly: Assembly) -> list[SpeakingTurn]:
    """Who waits to speak, in the order they will."""
    return list(speakers_list(session, assembly).waiting)


def place_of(session: Session, phone: Phone) -> Place | None:
    """Where a phone stands in the list, or None if it does not wait."""
    return speakers_list(session, session.get_one(Assembly, phone.assembly_id)).place_of(phone)


# --- what people in the hall do ------------------------------------------------------------------


def ask_to_speak(
    session: Session,
    assembly: Assembly,
    who: Phone | str,
    kind: TurnKind = TurnKind.SPEECH,
    side: Side | None = None,
    *,
    name: str = "",
    by: Person | None = None,
) -> SpeakingTurn:
    """Put a phone, or somebody who has none, on the list; who waits already only keeps waiting.

    A phone tells its name the first time and keeps it. `by` is the facilitator who puts somebody
    without a phone on the list.
    """
    check_under_way(assembly)
    phone = None
    if isinstance(who, Phone):
        phone = session.get_one(Phone, who.id, with_for_update=True)
        phone.name = phone.name or name.strip()[:LONGEST_NAME]
        name = phone.name
        waits = _waiting_turn(session, phone, kind)
        if waits is not None:
            waits.side = side or waits.side
            session.flush()
            return waits
    else:
        name = who.strip()[:LONGEST_NAME]
    if not name:
        raise Refused(Refusal.SPEAKER_NAME_MISSING)
    turn = SpeakingTurn(
        assembly_id=assembly.id,
        item_id=assembly.stage.item_id,
        phone=phone,
        name=name,
        kind=kind,
        side=side,
        asked_at=now(session),
    )
    session.add(turn)
    session.flush()
    if by is not None:
        log_act(session, assembly, ActKind.MOVE_SPEAKER, by, name)
    return turn


def _waiting_turn(session: Session, phone: Phone, kind: TurnKind) -> SpeakingTurn | None:
    query = select(SpeakingTurn).where(
        SpeakingTurn.phone_id == phone.id,
        SpeakingTurn.kind == kind,
        SpeakingTurn.began_at.is_(None),
        SpeakingTurn.withdrawn_at.is_(None),
    )
    return session.scalars(query).first()


def withdraw(session: Session, turn: SpeakingTurn, by: Person | None = None) -> None:
    """Take a turn off the list; `by` is the facilitator, if it was not its owner. Twice is once."""
    if not is_waiting(turn):
        return
    assembly = session.get_one(Assembly, turn.assembly_id)
    _leave_list(session, assembly, turn)
    turn.withdrawn_at = now(session)
    session.flush()
    if by is not None:
        log_act(session, assembly, ActKind.MOVE_SPEAKER, by, turn.name)


# --- what a facilitator does ---------------------------------------------------------------------


def call_speaker(session: Session, turn: SpeakingTurn, by: Person) -> None:
    """Give somebody the floor; whoever has it now has ended."""
    assembly = session.get_one(Assembly, turn.assembly_id)
    check_under_way(assembly)
    if not is_waiting(turn):
        raise Refused(Refusal.NOT_WAITING_TO_SPEAK)
    _leave_list(session, assembly, turn)
    moment = now(session)
    _end_speaking(session, assembly, moment)
    turn.began_at = moment
    session.flush()
    log_act(session, assembly, ActKind.CALL_SPEAKER, by, turn.name)


def call_next(session: Session, assembly: Assembly, by: Person) -> SpeakingTurn | None:
    """Give the floor to whoever is next on the list; None if nobody waits."""
    waiting = waiting_turns(session, assembly)
    if not waiting:
        return None
    call_speaker(session, waiting[0], by)
    return waiting[0]


def end_turn(session: Session, turn: SpeakingTurn, by: Person) -> None:
    """Say that somebody has spoken. Twice is once."""
    if turn.began_at is None or turn.ended_at is not None:
        return
    assembly = session.get_one(Assembly, turn.assembly_id)
    turn.ended_at = now(session)
    session.flush()
    log_act(session, assembly, ActKind.CALL_SPEAKER, by, turn.name)


def _end_speaking(session: Session, assembly: Assembly, moment: datetime) -> None:
    query = select(SpeakingTurn).where(
        SpeakingTurn.assembly_id == assembly.id,
        SpeakingTurn.began_at.is_not(None),
        SpeakingTurn.ended_at.is_(None),
    )
    for speaking in session.scalars(query):
        speaking.ended_at = moment


def move_turn(session: Session, turn: SpeakingTurn, by: Person, place: int | None) -> None:
    """Move a turn to a place of the list, from 1; None gives it back to the fair order. Logged.

    Points of order stay before speeches: a place beyond the turns of its kind is the nearest one.
    """
    assembly = session.get_one(Assembly, turn.assembly_id)
    if not is_waiting(turn):
        raise Refused(Refusal.NOT_WAITING_TO_SPEAK)
    waiting = waiting_turns(session, assembly)
    before = [other for other in waiting if other.kind == turn.kind and other is not turn]
    turn.moved_to = None
    if place is not None:
        points = sum(other.kind == TurnKind.POINT_OF_ORDER for other in waiting)
        first = points if turn.kind == TurnKind.SPEECH else 0
        at = min(max(place - first, 1), len(before) + 1)
        before.insert(at - 1, turn)
        turn.moved_to = at
    _pin(before)
    session.flush()
    log_act(session, assembly, ActKind.MOVE_SPEAKER, by, turn.name)


def _leave_list(session: Session, assembly: Assembly, turn: SpeakingTurn) -> None:
    """Let those who were moved to places behind this one step forward with the others."""
    waiting = waiting_turns(session, assembly)
    _pin([other for other in waiting if other.kind == turn.kind and other is not turn])


def _pin(turns: Sequence[SpeakingTurn]) -> None:
    for place, turn in enumerate(turns, start=1):
        if turn.moved_to is not None:
            turn.moved_to = place


def check_under_way(assembly: Assembly) -> None:
    """Refuse what is only done in a meeting that has begun and is not over."""
    if assembly.state != AssemblyState.UNDER_WAY:
        ended = assembly.state == AssemblyState.ENDED
        raise Refused(Refusal.MEETING_ENDED if ended else Refusal.MEETING_NOT_BEGUN)
