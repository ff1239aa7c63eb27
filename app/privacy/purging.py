"""Purging: what is past its time is deleted or blanked, in small transactions, and only counted.

What the database refuses to change (ledger, record, money) is never touched.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

import structlog
from sqlalchemy import (
    ColumnElement,
    Delete,
    Update,
    and_,
    delete,
    func,
    inspect,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from app.privacy.clearings import Clearing, clearings, meetings_over
from app.privacy.periods import Days, Period
from ballots.disputes import destroy_key, is_key_due
from ballots.hall_votes import votes_in
from ballots.keys import KeyStore
from ballots.ledger import EntryKind, LedgerEntry, find_entry, head_of
from ballots.rehearsal import wipe_practice
from neighbourhoods.assemblies import Assembly
from neighbourhoods.database import Database, now
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round, RoundKind, RoundMove

log = structlog.get_logger()
Key: TypeAlias = tuple[object, ...]

# Rows in one transaction: whoever votes meanwhile waits no longer than for that many.
BATCH = 500
# Keys that are looked up at once.
PAGE = 50_000
KEYS, REHEARSALS = "round keys", "rehearsed votes"


@dataclass(frozen=True)
class Purged:
    """How much of one table is due, or was cleared; `deleted` says which of the two ways."""

    table: str
    period: Period | None
    number: int
    deleted: bool


def look_what_is_due(session: Session, days: Days) -> list[Purged]:
    """What a purge would do now; nothing is changed."""
    found = [
        Purged(KEYS, None, len(_rounds_with_key_due(session)), deleted=True),
        Purged(REHEARSALS, Period.MEETINGS, len(_rehearsed(session, days)), deleted=True),
    ]
    for clearing in clearings():
        moment = now(session) - timedelta(days=days[clearing.period])
        query = select(func.count()).select_from(clearing.rows).where(clearing.due(moment))
        found.append(_purged(clearing, session.execute(query).scalar_one()))
    return found


def purge(
    database: Database,
    keys: KeyStore,
    days: Days,
    by: str,
    pause: Callable[[], None] = lambda: None,
) -> list[Purged]:
    """Clear what is due, batch by batch; doing it twice is doing it once.

    `by` stands in the ledger as who destroyed a round’s key; `pause` is called between batches.
    """
    done = [
        Purged(KEYS, None, _destroy_keys(database, keys, by), deleted=True),
        Purged(REHEARSALS, Period.MEETINGS, _wipe_rehearsals(database, keys, days), deleted=True),
    ]
    for clearing in clearings():
        number = 0
        for cleared in _clear(database, clearing, days):
            number += cleared
            pause()
        done.append(_purged(clearing, number))
    for one in done:
        if one.number:
            log.info("purged", table=one.table, rows=one.number)
    return done


def _purged(clearing: Clearing, number: int) -> Purged:
    return Purged(clearing.table, clearing.period, number, deleted=not clearing.blank)


def _clear(database: Database, clearing: Clearing, days: Days) -> Iterator[int]:
    """Clear one table, a transaction for each batch; tells how many rows each had."""
    for page in _pages(database, clearing, days):
        for start in range(0, len(page), BATCH):
            batch = page[start : start + BATCH]
            with database.writing() as session:
                _write(session, clearing, batch, days)
                session.commit()
            yield len(batch)


def _pages(database: Database, clearing: Clearing, days: Days) -> Iterator[list[Key]]:
    """The keys of the rows that are due, many at a time: each look goes through the whole table."""
    keys = _keys_of(clearing)
    last: Key | None = None
    while True:
        further = tuple_(*keys) > tuple_(*last) if last is not None else true()
        with database.reading() as session:
            due = clearing.due(now(session) - timedelta(days=days[clearing.period]))
            query = select(*keys).where(due, clearing.ready, further).order_by(*keys).limit(PAGE)
            page = [tuple(row) for row in session.execute(query)]
        if not page:
            return
        yield page
        last = page[-1]


def _write(session: Session, clearing: Clearing, batch: list[Key], days: Days) -> None:
    """Clear a batch; what is not due any more, since it was looked at, stays."""
    moment = now(session)
    due = clearing.due(moment - timedelta(days=days[clearing.period]))
    chosen = and_(tuple_(*_keys_of(clearing)).in_(batch), due, clearing.ready)
    statement: Delete | Update = delete(clearing.rows).where(chosen)
    if clearing.blank:
        stamped = {clearing.stamp: moment} if clearing.stamp else {}
        statement = update(clearing.rows).where(chosen).values({**clearing.blank, **stamped})
    session.execute(statement, execution_options={"synchronize_session": False})


def _keys_of(clearing: Clearing) -> tuple[ColumnElement[object], ...]:
    return tuple(inspect(clearing.rows).primary_key)


# --- keys ----------------------------------------------------------------------------------------


def _rounds_with_key_due(session: Session) -> list[Round]:
    """Rounds that nobody can dispute any more, whose ledger does not yet say the key is gone."""
    query = (
        select(Round)
        .where(
            Round.id.in_(select(RoundMove.round_id).where(RoundMove.to_phase == Phase.DELIVERY)),
            Round.id.in_(select(LedgerEntry.round_id)),
        )
        .order_by(Round.id)
    )
    return [
        the_round
        for the_round in session.scalars(query)
        if is_key_due(session, the_round)
        and head_of(session, the_round.id) is not None
        and find_entry(session, the_round.id, EntryKind.KEY_DESTROYED) is None
    ]


def _destroy_keys(database: Database, keys: KeyStore, by: str) -> int:
    """Destroy the keys whose time is over, each told in its ledger first."""
    with database.reading() as session:
        due = [the_round.id for the_round in _rounds_with_key_due(session)]
        told = select(LedgerEntry.round_id).where(LedgerEntry.kind == EntryKind.KEY_DESTROYED)
        # Also where the ledger says so already: whoever wrote it may have been stopped half-way.
        left = list(session.scalars(told))
    for round_id in due:
        with database.writing() as session:
            destroy_key(session, keys, session.get_one(Round, round_id), by)
            session.commit()
    for round_id in {*due, *left}:
        keys.destroy(round_id)
    return len(due)


# --- rehearsals ----------------------------------------------------------------------------------


def _rehearsed(session: Session, days: Days) -> list[tuple[int, int]]:
    """Votes of rehearsals that are long over: the meeting’s id and the vote’s round."""
    moment = now(session) - timedelta(days=days[Period.MEETINGS])
    query = select(Assembly).where(Assembly.is_practice, Assembly.id.in_(meetings_over(moment)))
    return [
        (assembly.id, vote.round_id)
        for assembly in session.scalars(query.order_by(Assembly.id))
        for vote in votes_in(session, assembly)
        if vote.the_round.kind == RoundKind.PRACTICE
    ]


def _wipe_rehearsals(database: Database, keys: KeyStore, days: Days) -> int:
    with database.reading() as session:
        found = _rehearsed(session, days)
    for assembly_id in sorted({assembly_id for assembly_id, _round in found}):
        with database.writing() as session:
            wipe_practice(session, keys, session.get_one(Assembly, assembly_id))
            session.commit()
    return len(found)
