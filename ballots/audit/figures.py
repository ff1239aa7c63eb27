"""Published figures, the count, and the record."""

import hashlib
import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, literal_column, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute

from ballots.audit.audited import AuditedRound
from ballots.keys import is_signed
from ballots.ledger import EntryKind, hash_of
from ballots.notices import DecisionNotice
from ballots.outcome import Outcome
from ballots.record import PublicRecord
from ballots.tally import Snapshot


def check_snapshots(audited: AuditedRound) -> Iterator[str]:
    """Whether published figures are those that the ledger tells of."""
    rows = _raw(audited, Snapshot, Snapshot.result)
    for number, (snapshot, text) in enumerate(rows, start=1):
        if snapshot.version != number:
            yield f"snapshot {number} is missing"
        if text != json.dumps(snapshot.result):
            yield f"the result of snapshot {snapshot.version} was changed"
    for (earlier, _), (later, _) in pairwise(rows):
        if earlier.published_at > later.published_at:
            yield f"snapshot {later.version} is older than the one before"
    told = [
        (e.contents["version"], e.contents["covered"], e.contents["result_sha256"])
        for e in audited.of_kind(EntryKind.SNAPSHOT)
    ]
    found = [(row.version, row.covered, hash_of(row.result)) for row, _ in rows]
    tallied = audited.one(EntryKind.TALLIED)
    if tallied is not None:
        last = (tallied["ballots"], tallied["result_sha256"])
        if not found or found[-1][1:] != last:
            yield "the last snapshot is not what was tallied"
        if len(found) == len(told) + 1:
            told.append((len(found), *last))
    for number, *_ in sorted(set(told) ^ set(found)):
        yield f"snapshot {number} is not as the ledger tells it"


def _raw(
    audited: AuditedRound, table: type[Any], column: InstrumentedAttribute[Any]
) -> list[tuple[Any, str]]:
    """Rows of the round with one column of theirs as it is written, to the letter."""
    written: ColumnElement[str] = cast(column, Text)
    if audited.session.get_bind().dialect.name == "sqlite":
        written = type_coerce(literal_column(f"{table.__tablename__}.{column.key}"), Text)
    query = select(table, written.label("written")).where(table.round_id == audited.id)
    return [(row, text) for row, text in audited.session.execute(query.order_by(*_key(table)))]


def _key(table: type[Any]) -> list[Any]:
    return list(table.__table__.primary_key)


def check_outcome(audited: AuditedRound) -> Iterator[str]:
    """Whether the stored count is the one that was tallied."""
    tallied = audited.one(EntryKind.TALLIED)
    rows = _raw(audited, Outcome, Outcome.result)
    if bool(rows) != (tallied is not None):
        yield "there is an outcome that was not tallied, or one is missing"
    if not rows or tallied is None:
        return
    outcome, text = rows[0]
    if hash_of(outcome.result) != tallied["result_sha256"] or text != json.dumps(outcome.result):
        yield "the result is not the one that was tallied"
    if outcome.ballots_cast != tallied["ballots"]:
        yield "the number of ballots is not the one that was tallied"
    opened = audited.one(EntryKind.OPENED)
    if opened is not None and outcome.roll_size != opened["roll_size"]:
        yield "the size of the roll is not the one that the vote was opened with"
    record = audited.session.get(PublicRecord, audited.id)
    if record is not None:
        told: Any = record.contents["residents"]
        if told["counted_at"] != outcome.counted_at.isoformat():
            yield "it was counted at another time than the record says"
        (_, explained) = _raw(audited, Outcome, Outcome.explanation)[0]
        was = None if told["explanation"] is None else json.dumps(outcome.explanation)
        if told["explanation"] != outcome.explanation or explained != was:
            yield "the explanation is not the one in the record"


def check_notice(audited: AuditedRound) -> Iterator[str]:
    """Whether the notices of the decision are those that the ledger names."""
    named = [entry.contents for entry in audited.of_kind(EntryKind.NOTICE)]
    query = select(DecisionNotice).where(DecisionNotice.round_id == audited.id)
    # Two of one moment are told apart by their place in the year.
    notices = sorted(
        audited.session.scalars(query),
        key=lambda one: (one.published_at, int(one.number.split("/")[1])),
    )
    if len(notices) != len(named):
        yield "there is a notice that the ledger does not name, or one is missing"
    for notice, entry in zip(notices, named, strict=False):
        yield from _check_one_notice(audited, notice, entry)


def _check_one_notice(
    audited: AuditedRound, notice: DecisionNotice, entry: dict[str, Any]
) -> Iterator[str]:
    digest = hashlib.sha256(notice.document.encode()).hexdigest()
    if not notice.digest == digest == entry["notice_sha256"] or notice.number != entry["number"]:
        yield "it is not the notice that the ledger names"
    if not is_signed(f"wardmote-notice-1|{digest}", notice.signature, audited.keys.public_key()):
        yield "the council did not sign the notice"


def check_record(audited: AuditedRound) -> Iterator[str]:
    """Whether the public record is the one that councillors signed."""
    signed = audited.one(EntryKind.SIGNED)
    record = audited.session.get(PublicRecord, audited.id)
    if (record is None) != (signed is None):
        yield "there is a record that was not signed, or one is missing"
    if record is None or signed is None:
        return
    digest = hashlib.sha256(record.document.encode()).hexdigest()
    if not record.digest == digest == signed["record_sha256"]:
        yield "it is not the record that councillors signed"
    if record.contents["published_at"] != record.published_at.isoformat():
        yield "it was published at another time than it says"
