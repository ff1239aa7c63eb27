"""Tries to take part that were turned away, by round, hour and reason: counts, and nobody’s trace.

A row says how many tries failed in an hour and why. It holds no person, no address and no choice.
Whoever tries three times counts three times.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Table, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from neighbourhoods.database import Base, Moment, UTCDateTime, Word, insert_for, one_of
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.rounds import Round


class TurnedAway(StrEnum):
    """Why a try was turned away; as this server saw it, or as the front before it did."""

    TOO_MANY_TRIES = "too-many-tries"
    NO_ROOM = "no-room"
    TOOK_TOO_LONG = "took-too-long"
    FAULT = "fault"
    FRONT_TOO_MANY_TRIES = "front-too-many-tries"
    FRONT_NO_ROOM = "front-no-room"
    FRONT_TOOK_TOO_LONG = "front-took-too-long"
    FRONT_FAULT = "front-fault"


# What the front sees includes what this server answered through it: of the two the larger counts.
SEEN_TWICE: Mapping[TurnedAway, TurnedAway] = {
    TurnedAway.TOO_MANY_TRIES: TurnedAway.FRONT_TOO_MANY_TRIES,
    TurnedAway.NO_ROOM: TurnedAway.FRONT_NO_ROOM,
    TurnedAway.TOOK_TOO_LONG: TurnedAway.FRONT_TOOK_TOO_LONG,
    TurnedAway.FAULT: TurnedAway.FRONT_FAULT,
}
_BY_STATUS = {
    408: TurnedAway.TOOK_TOO_LONG,
    429: TurnedAway.TOO_MANY_TRIES,
    503: TurnedAway.NO_ROOM,
    504: TurnedAway.TOOK_TOO_LONG,
}
_LEAST_FAULT = 500
# No answer below it turns anybody away.
LEAST_STATUS = min(_BY_STATUS)


class Tries(Base):
    """How many tries about a round were turned away in one hour for one reason."""

    __tablename__ = "turned_away"
    __table_args__ = (
        CheckConstraint(one_of("reason", TurnedAway), name="reason"),
        CheckConstraint("count > 0", name="count"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    # The beginning of the hour, UTC.
    hour: Mapped[datetime] = mapped_column(UTCDateTime, primary_key=True)
    reason: Mapped[TurnedAway] = mapped_column(Word(TurnedAway), primary_key=True)
    count: Mapped[int]


class FrontLog(Base):
    """How far a log of the front was read: by its mark, so that no line is read twice."""

    __tablename__ = "front_logs"
    __table_args__ = (CheckConstraint("bytes_read >= 0", name="bytes_read"),)

    mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    bytes_read: Mapped[int] = mapped_column(BigInteger)
    read_at: Mapped[Moment]


class When(NamedTuple):
    """What tries are counted by."""

    round_id: int
    hour: datetime
    reason: TurnedAway


def hour_of(moment: datetime) -> datetime:
    """The beginning of the hour that a moment lies in."""
    return moment.replace(minute=0, second=0, microsecond=0)


def reason_of(status: int, *, at_front: bool = False) -> TurnedAway | None:
    """Why an answer with this status turned somebody away; None if it did not."""
    reason = _BY_STATUS.get(status)
    if reason is None and status >= _LEAST_FAULT:
        reason = TurnedAway.FAULT
    return SEEN_TWICE[reason] if reason and at_front else reason


def add_tries(session: Session, tries: Mapping[When, int]) -> int:
    """Add tries to what is stored; returns how many, without those about rounds that are none."""
    asked = {each.round_id for each in tries}
    known = set(session.scalars(select(Round.id).where(Round.id.in_(asked))))
    # In one order for everybody: two servers that wait for each other's rows wait for ever.
    added = sorted((each, count) for each, count in tries.items() if each.round_id in known)
    table: Table = Tries.__table__  # type: ignore[assignment]
    for each, count in added:
        rows = insert_for(session.get_bind().dialect.name, table)
        statement = rows.values(**each._asdict(), count=count).on_conflict_do_update(
            index_elements=["round_id", "hour", "reason"],
            set_={"count": table.c.count + rows.excluded.count},
        )
        session.execute(statement)
    return sum(count for _, count in added)


def tries_turned_away(session: Session, the_round: Round) -> dict[TurnedAway, int]:
    """How many tries were turned away while a round's vote was open, by reason, most first.

    A vote in a hall is reached by the pages of the meeting: what failed there in its hours counts.
    What this server and the front both saw counts once.
    """
    opened, closed = _open_hours(the_round)
    if opened is None:
        return {}
    rounds = [one for one in (the_round.id, the_round.within_id) if one is not None]
    query = select(Tries).where(Tries.round_id.in_(rounds), Tries.hour >= hour_of(opened))
    if closed is not None:
        query = query.where(Tries.hour <= closed)
    return dict(_counted_once(session.scalars(query)).most_common())


def tries_since(session: Session, moment: datetime) -> int:
    """How many tries were turned away since the hour of a moment, about whatever round."""
    query = select(Tries).where(Tries.hour >= hour_of(moment))
    return _counted_once(session.scalars(query)).total()


def _open_hours(the_round: Round) -> tuple[datetime | None, datetime | None]:
    """When a vote opened first, and when it closed last; None for what has not happened."""
    opened = [move.moved_at for move in the_round.moves if move.to_phase == Phase.VOTE]
    closed = [move.moved_at for move in the_round.moves if move.from_phase == Phase.VOTE]
    still = the_round.phase == Phase.VOTE or is_past(the_round.phase, Phase.VOTE)
    return min(opened, default=None), None if still else max(closed, default=None)


def _counted_once(rows: Iterable[Tries]) -> Counter[TurnedAway]:
    found: dict[tuple[int, datetime], dict[TurnedAway, int]] = {}
    for row in rows:
        found.setdefault((row.round_id, row.hour), {})[row.reason] = row.count
    counted: Counter[TurnedAway] = Counter()
    for counts in found.values():
        for own, front in SEEN_TWICE.items():
            counted[own] += max(counts.get(own, 0), counts.get(front, 0))
    return +counted


def bytes_read_of(session: Session, mark: str, moment: datetime) -> FrontLog:
    """How far the log with this mark was read, held until the transaction ends."""
    table: Table = FrontLog.__table__  # type: ignore[assignment]
    rows = insert_for(session.get_bind().dialect.name, table)
    first = rows.values(mark=mark, bytes_read=0, read_at=moment)
    session.execute(first.on_conflict_do_nothing())
    held = select(FrontLog).where(FrontLog.mark == mark).with_for_update()
    return session.scalars(held.execution_options(populate_existing=True)).one()
