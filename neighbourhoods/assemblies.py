"""Assemblies: live meetings about a round, their agenda, and what stands on the screens now."""

import re
import secrets
from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.database import Base, Moment, UTCDateTime, Word, now, one_of
from neighbourhoods.people import Person
from neighbourhoods.projects import Project
from neighbourhoods.rounds import Round

# Letters alone, without I, L, O and U: a code of six is read out in a hall and typed on phones.
CODE_LETTERS = "ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 6


class AssemblyState(StrEnum):
    """How far a meeting has come."""

    PLANNED = "planned"
    UNDER_WAY = "under-way"
    ENDED = "ended"


class ItemKind(StrEnum):
    """What an item of the agenda is for."""

    WELCOME = "welcome"
    PITCH = "pitch"
    DISCUSSION = "discussion"
    POLL = "poll"
    SCORES = "scores"
    BALLOT = "ballot"
    PURCHASE = "purchase"
    REVEAL = "reveal"
    BREAK = "break"
    MESSAGE = "message"


class Slide(StrEnum):
    """What a screen shows: the item itself, or something that is always at hand."""

    ITEM = "item"
    JOIN = "join"
    AGENDA = "agenda"
    SPEAKERS = "speakers"
    QUESTION = "question"
    MESSAGE = "message"


class Assembly(Base):
    """One meeting, in a hall and on phones."""

    __tablename__ = "assemblies"
    __table_args__ = (
        UniqueConstraint("code"),
        CheckConstraint(one_of("state", AssemblyState), name="state"),
        CheckConstraint("quorum IS NULL OR quorum > 0", name="quorum"),
        CheckConstraint("(state = 'planned') = (began_at IS NULL)", name="began"),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    place: Mapped[str] = mapped_column(String(160), default="")
    starts_at: Mapped[Moment]
    # What people type to join; it lets nobody vote.
    code: Mapped[str] = mapped_column(String(6))
    wifi_name: Mapped[str] = mapped_column(String(80), default="")
    wifi_password: Mapped[str] = mapped_column(String(80), default="")
    # How many people must be present for the hall to decide; empty: no such rule.
    quorum: Mapped[int | None]
    # A rehearsal: its votes are wiped, and it stands in no list that residents see.
    is_practice: Mapped[bool] = mapped_column(default=False)
    state: Mapped[AssemblyState] = mapped_column(
        Word(AssemblyState), default=AssemblyState.PLANNED, index=True
    )
    began_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    the_round: Mapped[Round] = relationship()
    items: Mapped[list["AgendaItem"]] = relationship(
        back_populates="assembly", order_by="AgendaItem.position"
    )
    stage: Mapped["Stage"] = relationship(back_populates="assembly")
    screens: Mapped[list["Screen"]] = relationship(
        back_populates="assembly", order_by="Screen.number"
    )
    acts: Mapped[list["AssemblyAct"]] = relationship(
        back_populates="assembly", order_by="AssemblyAct.id"
    )


class AgendaItem(Base):
    """One item of an agenda, in its place."""

    __tablename__ = "agenda_items"
    __table_args__ = (
        UniqueConstraint("assembly_id", "position"),
        CheckConstraint(one_of("kind", ItemKind), name="kind"),
        CheckConstraint("position > 0", name="position"),
        CheckConstraint("seconds IS NULL OR seconds > 0", name="seconds"),
        CheckConstraint("(kind = 'pitch') = (project_id IS NOT NULL)", name="project"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assembly_id: Mapped[int] = mapped_column(ForeignKey("assemblies.id"))
    position: Mapped[int]
    kind: Mapped[ItemKind] = mapped_column(Word(ItemKind))
    title: Mapped[str] = mapped_column(String(160))
    text: Mapped[str] = mapped_column(Text, default="")
    # How long its countdown runs: a pitch, a break, a vote; empty: no countdown.
    seconds: Mapped[int | None]
    # Whose pitch it is.
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"))
    # What else its kind needs: the options of a poll, how a vote is held (docs/assembly.md).
    settings: Mapped[dict[str, object]] = mapped_column(JSON, default=dict)
    began_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    assembly: Mapped[Assembly] = relationship(back_populates="items")
    project: Mapped[Project | None] = relationship()


class Stage(Base):
    """What stands on the screens and phones at this moment; every act moves `version` on."""

    __tablename__ = "stages"
    __table_args__ = (
        CheckConstraint(one_of("slide", Slide), name="slide"),
        CheckConstraint("version >= 0", name="version"),
        CheckConstraint("step >= 0", name="step"),
        CheckConstraint("timer_left IS NULL OR timer_left >= 0", name="timer_left"),
        CheckConstraint("timer_ends_at IS NULL OR timer_left IS NULL", name="timer"),
    )

    assembly_id: Mapped[int] = mapped_column(ForeignKey("assemblies.id"), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_items.id"))
    slide: Mapped[Slide] = mapped_column(Word(Slide), default=Slide.JOIN)
    # How many steps of a reveal are shown; 0: none yet.
    step: Mapped[int] = mapped_column(default=0)
    is_dark: Mapped[bool] = mapped_column(default=False)
    message: Mapped[str] = mapped_column(String(280), default="")
    # A countdown that runs ends at a moment; one that rests has seconds left; else there is none.
    timer_ends_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    timer_left: Mapped[int | None]

    assembly: Mapped[Assembly] = relationship(back_populates="stage")
    item: Mapped[AgendaItem | None] = relationship()


class Screen(Base):
    """One projector or monitor; it follows the stage unless it was given something of its own."""

    __tablename__ = "screens"
    __table_args__ = (
        CheckConstraint("number > 0", name="number"),
        CheckConstraint(f"shows IS NULL OR {one_of('shows', Slide)}", name="shows"),
    )

    assembly_id: Mapped[int] = mapped_column(ForeignKey("assemblies.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    shows: Mapped[Slide | None] = mapped_column(Word(Slide))
    # When it last told that it shows this version of the stage.
    seen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    seen_version: Mapped[int | None]

    assembly: Mapped[Assembly] = relationship(back_populates="screens")


class ActKind(StrEnum):
    """What facilitators do in a meeting."""

    BEGIN = "begin"
    END = "end"
    GO_TO = "go-to"
    SHOW = "show"
    STEP = "step"
    DARKEN = "darken"
    LIGHTEN = "lighten"
    SAY = "say"
    TIMER = "timer"
    OPEN_VOTE = "open-vote"
    EXTEND_VOTE = "extend-vote"
    STOP_VOTE = "stop-vote"
    REVEAL = "reveal"
    SET_SCREEN = "set-screen"
    CHANGE_AGENDA = "change-agenda"
    CHECK_IN = "check-in"
    CHECK_OUT = "check-out"
    APPROVE_WALK_IN = "approve-walk-in"
    MOVE_SPEAKER = "move-speaker"
    CALL_SPEAKER = "call-speaker"
    HANDLE_QUESTION = "handle-question"
    COUNT_HANDS = "count-hands"
    HANDLE_PAPERS = "handle-papers"
    PREPARE = "prepare"
    UNDO = "undo"


class AssemblyAct(Base):
    """One entry in the log of a meeting: what, who, when, and what stood on the stage before."""

    __tablename__ = "assembly_acts"
    __table_args__ = (CheckConstraint(one_of("kind", ActKind), name="kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    assembly_id: Mapped[int] = mapped_column(ForeignKey("assemblies.id"), index=True)
    kind: Mapped[ActKind] = mapped_column(Word(ActKind))
    # Nobody, when the clock did it.
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    acted_at: Mapped[Moment]
    words: Mapped[str] = mapped_column(String(300), default="")
    # What undoing it puts back; empty where it cannot be undone.
    before: Mapped[dict[str, object] | None] = mapped_column(JSON)
    undone: Mapped[bool] = mapped_column(default=False)

    assembly: Mapped[Assembly] = relationship(back_populates="acts")
    by: Mapped[Person | None] = relationship()


def plan_assembly(
    session: Session,
    the_round: Round,
    by: Person,
    title: str,
    starts_at: datetime,
    *,
    place: str = "",
    wifi_name: str = "",
    wifi_password: str = "",
    quorum: int | None = None,
    is_practice: bool = False,
) -> Assembly:
    """Plan a meeting about a round, with one screen and an empty agenda; its code is drawn."""
    assembly = Assembly(
        the_round=the_round,
        title=title,
        place=place,
        starts_at=starts_at,
        code=_unused_code(session),
        wifi_name=wifi_name,
        wifi_password=wifi_password,
        quorum=quorum,
        is_practice=is_practice,
        state=AssemblyState.PLANNED,
    )
    session.add(assembly)
    session.flush()
    session.add_all(
        [
            Stage(assembly_id=assembly.id),
            Screen(assembly_id=assembly.id, number=1, name=title[:60]),
            AssemblyAct(
                assembly_id=assembly.id,
                kind=ActKind.CHANGE_AGENDA,
                by_id=by.id,
                acted_at=now(session),
            ),
        ]
    )
    session.flush()
    return assembly


def _unused_code(session: Session) -> str:
    while True:
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))
        if assembly_by_code(session, code) is None:
            return code


def tidy_join_code(written: str) -> str:
    """A join code as it is compared: capitals, without spaces and dashes."""
    return re.sub(r"[\s\-–.]", "", written).upper()


# Written once: to put a question together takes as long as to ask it, and every phone asks this.
_BY_CODE = select(Assembly).where(Assembly.code == bindparam("code"))


def assembly_by_code(session: Session, written: str) -> Assembly | None:
    """The meeting that people join with this code, however it is typed."""
    return session.scalar(_BY_CODE, {"code": tidy_join_code(written)})


def assemblies_of(session: Session, the_round: Round) -> list[Assembly]:
    """The meetings about a round, in the order they start."""
    query = select(Assembly).where(Assembly.round_id == the_round.id)
    return list(session.scalars(query.order_by(Assembly.starts_at, Assembly.id)))


def assemblies_in(session: Session, *states: AssemblyState) -> list[Assembly]:
    """The meetings that have come this far, in the order they start."""
    query = select(Assembly).where(Assembly.state.in_(states))
    return list(session.scalars(query.order_by(Assembly.starts_at, Assembly.id)))
