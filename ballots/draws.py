"""Ties settled by chance: thrown or broadcast in public after the close, entered by two people.

The draw's seed is the hash of the ledger as it stood at the close together with what the dice or
the beacon said: whoever arranges projects or ballots beforehand cannot know it, and whoever reads
the ledger can repeat it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from ballots.counting import DEFAULT_ORDER, Project, TieOrder
from ballots.counting.ties import REFUSE
from ballots.keys import KeyStore
from ballots.ledger import EntryKind, LedgerEntry, append, find_entry
from ballots.refusals import BallotRefusal
from ballots.voting_rules import TieRule, rules_of
from neighbourhoods.database import Base, Moment, hold_round, now
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round

LONGEST_VALUE = 200


class DrawReading(Base):
    """What one person read from the dice or the beacon; the draw needs two who agree."""

    __tablename__ = "draw_readings"

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    value: Mapped[str] = mapped_column(String(LONGEST_VALUE))
    read_at: Mapped[Moment]

    person: Mapped[Person] = relationship()


@dataclass(frozen=True)
class Draw:
    """A draw as the ledger tells it; `order` are the level projects as they were drawn."""

    source: str
    value: str
    head: str
    seed: str
    entered_by: tuple[str, ...]
    order: tuple[str, ...]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """The draw that the body of a tie-break entry tells of."""
        return cls(
            body["source"],
            body["value"],
            body["head"],
            body["seed"],
            tuple(body["entered_by"]),
            order_drawn(body["seed"], body["tied"]),
        )


def order_drawn(seed: str, tied: Iterable[str]) -> tuple[str, ...]:
    """The order in which a seed draws these projects."""
    lots = [Project(code, 0) for code in tied]
    drawn, _ = TieOrder.drawn(seed).arrange(lots, {lot.id: 0 for lot in lots})
    return tuple(lot.id for lot in drawn)


def draw_held(session: Session, round_id: int) -> Draw | None:
    """The draw of a round, once it was held."""
    entry = find_entry(session, round_id, EntryKind.TIE_BREAK)
    return Draw.of(entry.contents) if entry else None


def may_need_draw(session: Session, the_round: Round) -> bool:
    """Whether a closed vote cannot be counted if a tie decides it, as nothing was drawn yet."""
    return (
        the_round.phase == Phase.COUNT
        and find_entry(session, the_round.id, EntryKind.CLOSED) is not None
        and tie_order_of(session, the_round.id) == REFUSE
    )


def tie_order_of(session: Session, round_id: int) -> TieOrder:
    """The order among level projects in the count: refused while a draw is still to be held."""
    rules = rules_of(session, round_id)
    if rules is None or rules.tie_rule is TieRule.BY_COST:
        return DEFAULT_ORDER
    drawn = find_entry(session, round_id, EntryKind.TIE_BREAK)
    return TieOrder.drawn(str(drawn.contents["seed"])) if drawn else REFUSE


def draw_seed(head: str, value: str) -> str:
    """The seed that a value gives after the ledger's head at the close, as 64 hex digits."""
    return hashlib.sha256(f"wardmote-draw-1|{head}|{value}".encode()).hexdigest()


def readings_in(session: Session, round_id: int) -> list[DrawReading]:
    """What has been read so far, and by whom."""
    query = (
        select(DrawReading)
        .where(DrawReading.round_id == round_id)
        .order_by(DrawReading.read_at, DrawReading.person_id)
    )
    return list(session.scalars(query))


def enter_draw(
    session: Session,
    keys: KeyStore,
    the_round: Round,
    by: Person,
    value: str,
    tied: tuple[str, ...],
) -> LedgerEntry | None:
    """Write down what somebody read; with the second who read the same, the draw is held.

    None until then. Two who disagree are both struck out, and have to look again. `tied` are the
    projects that the count cannot part. Raises Refused if there is nothing to draw.
    """
    hold_round(session, the_round.id, alone=True)
    session.refresh(the_round, ["phase"])
    closed = find_entry(session, the_round.id, EntryKind.CLOSED)
    value = " ".join(value.split())[:LONGEST_VALUE]
    waits = may_need_draw(session, the_round) and len(tied) > 1
    if closed is None or not waits or not value:
        raise Refused(BallotRefusal.NOTHING_TO_DRAW)
    others = [each for each in readings_in(session, the_round.id) if each.person_id != by.id]
    session.merge(
        DrawReading(round_id=the_round.id, person_id=by.id, value=value, read_at=now(session))
    )
    session.flush()
    if not others:
        return None
    if any(other.value != value for other in others):
        for reading in readings_in(session, the_round.id):
            session.delete(reading)
        session.flush()
        return None
    rules = rules_of(session, the_round.id)
    body = {
        "source": rules.draw_source if rules else "",
        "value": value,
        "head": closed.hash,
        "seed": draw_seed(closed.hash, value),
        "tied": list(tied),
        "entered_by": [*(other.person.name for other in others), by.name],
    }
    return append(session, keys, the_round.id, EntryKind.TIE_BREAK, body)
