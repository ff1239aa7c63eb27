"""Holding what was restored against itself: schema, ledgers, boxes, published records."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.schema import revision_of, revisions
from app.settings import Settings
from ballots.audit import first_fault
from ballots.keys import KeyFolder
from ballots.ledger import head_of
from ballots.published import may_open, record_in_pieces
from ballots.record import record_of
from ballots.verify import Report, WrongError, parse_json, verify
from neighbourhoods.database import Database
from neighbourhoods.rounds import Round


@dataclass(frozen=True)
class Finding:
    """What was looked at, and what was found."""

    about: str
    words: str
    is_wrong: bool = False


def verify_restored(settings: Settings, database: Database) -> Iterator[Finding]:
    """Look at everything that can be looked at, one finding after the other."""
    yield schema_finding(database)
    with database.reading() as session:
        for the_round in session.scalars(select(Round).order_by(Round.id)).all():
            head = head_of(session, the_round.id)
            if head is None:
                continue
            about = f"round {the_round.id}"
            yield Finding(f"{about} ledger", f"{head.number} entries, head {head.hash[:16]}")
            yield _audited(settings, session, the_round, about)
            if record_of(session, the_round.id) is not None:
                yield _verified(session, the_round, about)


def schema_finding(database: Database) -> Finding:
    """Whether the database has the newest schema."""
    with database.engine.connect() as connection:
        found = revision_of(connection)
    return Finding("schema", str(found), is_wrong=found != revisions()[0])


def _audited(settings: Settings, session: Session, the_round: Round, about: str) -> Finding:
    # A key store makes a signing key where there is none: then every signature would be wrong.
    if not (settings.key_folder / "signing.key").exists():
        words = "not done: restore the backup of the keys, then: flask audit"
        return Finding(f"{about} audit", words)
    fault = first_fault(session, KeyFolder(settings.key_folder), the_round)
    return Finding(f"{about} audit", fault or "nothing is wrong", is_wrong=fault is not None)


def _verified(session: Session, the_round: Round, about: str) -> Finding:
    pieces = record_in_pieces(session, the_round, opened=may_open(session, the_round.id))
    try:
        verify(parse_json("".join(pieces)), Report())
    except WrongError as wrong:
        return Finding(f"{about} record", str(wrong), is_wrong=True)
    return Finding(f"{about} record", "the verifier found no fault")
