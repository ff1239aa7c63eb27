"""The ledger of a round: append-only, chained by hashes, signed. See docs/record-format.md."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    String,
    Text,
    UniqueConstraint,
    func,
    select,
    tuple_,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from ballots.keys import KeyStore, is_signed
from neighbourhoods.database import Base, Word, now, one_of
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round, RoundKind, rounds_in

NOTHING_BEFORE = "0" * 64


class EntryKind(StrEnum):
    """What an entry of the ledger tells."""

    OPENED = "opened"
    BATCH = "batch"
    SNAPSHOT = "snapshot"
    EXTENDED = "extended"
    CLOSED = "closed"
    TIE_BREAK = "tie-break"
    TALLIED = "tallied"
    SIGNED = "signed"
    NOTICE = "notice"
    CORRECTION = "correction"
    KEY_DESTROYED = "key-destroyed"


class LedgerEntry(Base):
    """One entry, exactly as it was hashed; the database refuses to change or delete it."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("hash"),
        CheckConstraint(one_of("kind", EntryKind), name="kind"),
        CheckConstraint("number > 0", name="number"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[EntryKind] = mapped_column(Word(EntryKind))
    # The moment and the body as texts: what was hashed must come back to the letter.
    at: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))

    @property
    def contents(self) -> dict[str, Any]:
        """The body as values."""
        found: dict[str, Any] = json.loads(self.body)
        return found

    def is_by(self, keys: KeyStore) -> bool:
        """Whether this council’s key signed the entry."""
        return is_signed(f"wardmote-ledger-1|{self.hash}", self.signature, keys.public_key())

    def as_json(self) -> dict[str, object]:
        """The entry as anybody downloads it."""
        return {
            "round": self.round_id,
            "number": self.number,
            "kind": self.kind.value,
            "at": self.at,
            "previous": self.previous,
            "body": self.contents,
            "hash": self.hash,
            "signature": self.signature,
        }


def plain_json(contents: object) -> str:
    """Canonical JSON: keys sorted, no white space, only ASCII."""
    return json.dumps(contents, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def hash_of(contents: object) -> str:
    """SHA-256, in hex, of the canonical JSON."""
    return hashlib.sha256(plain_json(contents).encode("ascii")).hexdigest()


def append(
    session: Session, keys: KeyStore, round_id: int, kind: EntryKind, body: Mapping[str, object]
) -> LedgerEntry:
    """Add an entry; whoever calls holds the round alone."""
    last = head_of(session, round_id)
    number = last.number + 1 if last else 1
    previous = last.hash if last else NOTHING_BEFORE
    # A clock that was put back must not make the ledger tell its story out of order.
    at = max(now(session), datetime.fromisoformat(last.at)) if last else now(session)
    hashed = hash_of(
        {
            "round": round_id,
            "number": number,
            "kind": kind.value,
            "at": at.isoformat(),
            "previous": previous,
            "body": body,
        }
    )
    entry = LedgerEntry(
        round_id=round_id,
        number=number,
        kind=kind,
        at=at.isoformat(),
        body=plain_json(body),
        previous=previous,
        hash=hashed,
        signature=keys.sign(f"wardmote-ledger-1|{hashed}"),
    )
    session.add(entry)
    session.flush()
    return entry


def head_of(session: Session, round_id: int) -> LedgerEntry | None:
    """The newest entry of a round."""
    query = (
        select(LedgerEntry)
        .where(LedgerEntry.round_id == round_id)
        .order_by(LedgerEntry.number.desc())
        .limit(1)
    )
    return session.scalar(query)


def newest_entry(session: Session) -> LedgerEntry | None:
    """The newest entry of all rounds."""
    return session.scalar(select(LedgerEntry).order_by(LedgerEntry.at.desc()).limit(1))


def votes_under_other_keys(session: Session, keys: KeyStore) -> list[int]:
    """The open votes that cannot go on with these keys: theirs is missing, or others signed."""
    return [
        one.id
        for one in rounds_in(session, Phase.VOTE, kinds=tuple(RoundKind))
        if not _fit(session, keys, one.id)
    ]


def _fit(session: Session, keys: KeyStore, round_id: int) -> bool:
    try:
        keys.read(round_id)
    except KeyError:
        return False
    head = head_of(session, round_id)
    return head is None or head.is_by(keys)


def entries_of(session: Session, round_id: int, kind: EntryKind | None = None) -> list[LedgerEntry]:
    """Every entry of a round, or every one of a kind, in order."""
    query = select(LedgerEntry).where(LedgerEntry.round_id == round_id).order_by(LedgerEntry.number)
    if kind is not None:
        query = query.where(LedgerEntry.kind == kind)
    return list(session.scalars(query))


def entries_between(session: Session, round_id: int, first: int, last: int) -> list[LedgerEntry]:
    """The entries of a round with these numbers, both ends included, in order."""
    query = (
        select(LedgerEntry)
        .where(LedgerEntry.round_id == round_id, LedgerEntry.number.between(first, last))
        .order_by(LedgerEntry.number)
    )
    return list(session.scalars(query))


def find_entry(session: Session, round_id: int, kind: EntryKind) -> LedgerEntry | None:
    """The newest entry of one kind."""
    query = (
        select(LedgerEntry)
        .where(LedgerEntry.round_id == round_id, LedgerEntry.kind == kind)
        .order_by(LedgerEntry.number.desc())
        .limit(1)
    )
    return session.scalar(query)


def heads(session: Session) -> Sequence[LedgerEntry]:
    """The newest entry of every round that has one but rehearsals, for whoever keeps watch."""
    newest = select(LedgerEntry.round_id, func.max(LedgerEntry.number)).group_by(
        LedgerEntry.round_id
    )
    rehearsed = select(Round.id).where(Round.kind == RoundKind.PRACTICE)
    newest = newest.where(LedgerEntry.round_id.not_in(rehearsed))
    here = tuple_(LedgerEntry.round_id, LedgerEntry.number).in_(newest)
    return session.scalars(select(LedgerEntry).where(here).order_by(LedgerEntry.round_id)).all()
