"""The audit: a round's database held against its ledger and its keys; names what is wrong first.

Whoever can write to the database can do anything there but sign and encrypt: every row of ledger,
box and figures is bound to a signature or to the round's key. What no database can show of itself
is that its last correction was cut off: for that a witness keeps the heads elsewhere.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, literal_column, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session

from ballots.box import Ballot, Casting, PendingBallot
from ballots.disclosure import DisclosureProfile
from ballots.envelopes import EnvelopeKey, Paper, SpoiltEnvelopeError
from ballots.keys import KeyStore, is_signed
from ballots.ledger import NOTHING_BEFORE, EntryKind, LedgerEntry, hash_of, plain_json
from ballots.merkle import root_of
from ballots.opening import roll_hash
from ballots.outcome import Outcome
from ballots.receipts import Receipt, commitment, receipt_code
from ballots.record import PublicRecord
from ballots.sealing import Batch
from ballots.tally import Snapshot
from ballots.voting_rules import rules_of
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.rounds import Round

_NAME = re.compile("[0-9a-f]{64}", re.ASCII)
_NONCE = re.compile("[0-9a-f]{0,64}", re.ASCII)


@dataclass
class _Round:
    """A round as it is audited, and what its ledger was found to say."""

    session: Session
    keys: KeyStore
    the_round: Round
    entries: list[LedgerEntry] = field(default_factory=list)
    # Of every commitment the number of its batch; and those that were replaced.
    batch_of: dict[str, int] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    # Of every commitment the name that its ballot lies, or would lie, under; with the key only.
    owners: dict[str, str] = field(default_factory=dict)
    # Of every voter who has castings waiting their names.
    waiting: dict[str, set[str]] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The round's number."""
        return self.the_round.id

    def of_kind(self, kind: EntryKind) -> list[LedgerEntry]:
        """The ledger's entries of one kind, in order."""
        return [entry for entry in self.entries if entry.kind == kind]

    def one(self, kind: EntryKind) -> dict[str, Any] | None:
        """What the only entry of a kind says."""
        found = self.of_kind(kind)
        return found[0].contents if found else None

    @cached_property
    def key(self) -> EnvelopeKey | None:
        """The round's key; None once it is destroyed."""
        try:
            return EnvelopeKey(self.keys, self.id)
        except KeyError:
            return None

    @cached_property
    def names(self) -> dict[str, str]:
        """Of everybody on the roll the name while waiting, and the one once sealed."""
        query, key = select(RollEntry.id).where(RollEntry.round_id == self.id), self.key
        if key is None:
            return {}
        return {key.voter(e): key.sealed_voter(e) for e in self.session.scalars(query)}

    @cached_property
    def lasting_names(self) -> set[str]:
        """The names that ballots of people on the roll can lie under."""
        return set(self.names.values())


def first_fault(session: Session, keys: KeyStore, the_round: Round) -> str | None:
    """What is wrong first in a round's ledger, box, figures or record; None if nothing is.

    Without the round's key, once it is destroyed, voters' names are taken as they stand.
    """
    session.expire_all()
    audited = _Round(session, keys, the_round)
    for table, check in _CHECKS:
        try:
            fault = next(check(audited), None)
        except SpoiltEnvelopeError as spoilt:
            fault = f"casting {spoilt} is not what was put into the box"
        except (ValueError, TypeError, KeyError, LookupError, AttributeError) as unreadable:
            fault = f"something in it cannot be read ({type(unreadable).__name__})"
        if fault is not None:
            return f"{table}: {fault}"
    return None


def _check_ledger(audited: _Round) -> Iterator[str]:
    query = (
        select(LedgerEntry).where(LedgerEntry.round_id == audited.id).order_by(LedgerEntry.number)
    )
    audited.entries = list(audited.session.scalars(query))
    if not audited.entries:
        if not is_past(audited.the_round.phase, Phase.VOTE):
            yield "the vote was opened, and there is no entry"
        return
    public_key, previous = audited.keys.public_key(), NOTHING_BEFORE
    for number, entry in enumerate(audited.entries, start=1):
        if entry.number != number:
            yield f"entry {number} is missing"
        if entry.previous != previous:
            yield f"entry {number} does not follow the one before"
        if entry.hash != hash_of(
            {name: told for name, told in entry.as_json().items() if name in _HASHED}
        ) or entry.body != plain_json(entry.contents):
            yield f"entry {number} was changed"
        if not is_signed(f"wardmote-ledger-1|{entry.hash}", entry.signature, public_key):
            yield f"entry {number} is not signed by the council"
        if entry.signature != entry.signature.lower():
            yield f"entry {number} has another signature than it was given"
        previous = entry.hash
    yield from _check_story(audited)


_HASHED = {"round", "number", "kind", "at", "previous", "body"}
_ONCE = (EntryKind.OPENED, EntryKind.CLOSED, EntryKind.TALLIED, EntryKind.SIGNED)


def _check_story(audited: _Round) -> Iterator[str]:
    """Whether the ledger has what the round's phase says has happened."""
    phase = audited.the_round.phase
    if audited.entries[0].kind != EntryKind.OPENED:
        yield "entry 1 does not open the vote"
    for kind, since in zip(
        _ONCE, (Phase.VOTE, Phase.COUNT, Phase.SIGN_OFF, Phase.DELIVERY), strict=True
    ):
        happened = not is_past(phase, since)
        if len(audited.of_kind(kind)) != happened and not (
            kind == EntryKind.TALLIED and phase == Phase.COUNT
        ):
            yield f"there are {len(audited.of_kind(kind))} entries “{kind}” in phase {phase}"
    destroyed = bool(audited.of_kind(EntryKind.KEY_DESTROYED))
    if audited.key is None and not destroyed:
        yield "the round’s key is gone, and no entry says so"


def _check_opening(audited: _Round) -> Iterator[str]:
    opened, rules = audited.one(EntryKind.OPENED), rules_of(audited.session, audited.id)
    if opened is None:
        return
    if rules is None or rules.frozen_text != plain_json(opened["rules"]):
        yield "the frozen rules are not those of entry 1"
    elif rules.frozen_hash != opened["rules_sha256"]:
        yield "the hash of the frozen rules is not that of entry 1"
    if opened["public_key"] != audited.keys.public_key():
        yield "entry 1 names another key than the council’s"


def _check_roll(audited: _Round) -> Iterator[str]:
    opened = audited.one(EntryKind.OPENED)
    if opened is None or audited.key is None:
        return
    if opened["roll_hash"] != roll_hash(audited.session, audited.keys, audited.id):
        yield "the roll is not the one that the vote was opened with, in entry 1"


def _check_batches(audited: _Round) -> Iterator[str]:
    query = select(Batch).where(Batch.round_id == audited.id).order_by(Batch.number)
    batches = list(audited.session.scalars(query))
    entries, ballots = audited.of_kind(EntryKind.BATCH), 0
    for number, entry in enumerate(entries, start=1):
        body = entry.contents
        commitments, replaced = body["commitments"], body["replaced"]
        known = audited.batch_of.keys()
        if body["batch"] != number or commitments != sorted(set(commitments) - known):
            yield f"entry {entry.number} does not hold new commitments of batch {number}"
        if body["root"] != root_of(commitments):
            yield f"entry {entry.number} has another root than its commitments"
        audited.batch_of |= dict.fromkeys(commitments, number)
        if not set(replaced) <= audited.batch_of.keys() - audited.replaced:
            yield f"entry {entry.number} replaces what does not count"
        audited.replaced |= set(replaced)
        ballots = len(audited.batch_of) - len(audited.replaced)
        if body["ballots"] != ballots:
            yield f"entry {entry.number} counts its ballots wrongly"
    told = [(e.contents["batch"], e.number, e.contents["ballots"]) for e in entries]
    found = [(batch.number, batch.entry, batch.ballots) for batch in batches]
    for row in sorted(set(told) ^ set(found)):
        yield f"batch {row[0]} is not as entry {row[1]} tells it"
    closed = audited.one(EntryKind.CLOSED)
    if closed is not None and closed != {"ballots": ballots, "batches": len(entries)}:
        yield "the box was closed with another number of ballots or batches"


def _check_receipts(audited: _Round) -> Iterator[str]:
    found = set()
    for receipt in audited.session.scalars(select(Receipt).where(Receipt.round_id == audited.id)):
        if audited.batch_of.get(receipt.commitment) != receipt.batch:
            yield f"receipt {receipt.code} is not of a commitment in batch {receipt.batch}"
        if receipt.code != receipt_code(receipt.commitment):
            yield f"receipt {receipt.code} is not that of commitment {receipt.commitment}"
        if not _NAME.fullmatch(receipt.voter):
            yield f"receipt {receipt.code} has a name that is none"
        if audited.key is not None:
            owner = audited.key.receipt_owner(receipt.voter, receipt.commitment)
            audited.owners[receipt.commitment] = owner
            if owner not in audited.lasting_names:
                yield f"receipt {receipt.code} is nobody’s on the roll"
        found.add(receipt.commitment)
    for missing in sorted(audited.batch_of.keys() - found):
        yield f"receipt {receipt_code(missing)} of commitment {missing} is missing"


def _check_ballots(audited: _Round) -> Iterator[str]:
    counting = audited.batch_of.keys() - audited.replaced
    found: set[str] = set()
    for ballot in audited.session.scalars(select(Ballot).where(Ballot.round_id == audited.id)):
        named = f"the ballot of commitment {ballot.commitment}"
        if ballot.commitment not in counting:
            yield f"{named} is not in the ledger, or was replaced"
        nonces = ballot.client_nonce, ballot.server_nonce
        if not all(_NONCE.fullmatch(nonce) for nonce in nonces) or (
            commitment(audited.id, *nonces, ballot.choices) != ballot.commitment
        ):
            yield f"{named} says something else than what was cast"
        if audited.key is not None and ballot.voter_key != audited.owners.get(ballot.commitment):
            yield f"{named} lies under another voter’s name"
        if not _NAME.fullmatch(ballot.voter_key):
            yield f"{named} lies under a name that is none"
        found.add(ballot.commitment)
    for missing in sorted(counting - found):
        yield f"the ballot of commitment {missing} is missing"


def _check_castings(audited: _Round) -> Iterator[str]:
    castings = audited.session.scalars(select(Casting).where(Casting.round_id == audited.id)).all()
    key = audited.key
    if castings and (key is None or audited.one(EntryKind.CLOSED) is not None):
        yield "something waits though the box is closed"
    if key is None:
        return
    for casting in castings:
        paper = key.open(casting.envelope, casting.voter, casting.casting)
        audited.waiting.setdefault(casting.voter, set()).add(casting.casting)
        if audited.names.get(casting.voter) != paper.voter_key:
            yield f"casting {casting.casting} is not of the voter whose name it bears"
        if not _is_whole(audited, casting, paper):
            yield f"casting {casting.casting} is not what its receipt says"


def _is_whole(audited: _Round, casting: Casting, paper: Paper) -> bool:
    key, words = audited.key, (paper.client_nonce, paper.server_nonce, paper.choices)
    committed = commitment(audited.id, *words)
    return (
        key is not None
        and committed == paper.commitment
        and casting.casting == key.casting(receipt_code(committed))
    )


def _check_pending(audited: _Round) -> Iterator[str]:
    session, key = audited.session, audited.key
    query = select(PendingBallot).where(PendingBallot.round_id == audited.id)
    ballots = list(session.scalars(query))
    if ballots and key is None:
        yield "something waits though the box is closed"
    if key is None:
        return
    query_sealed = select(Ballot.voter_key).where(Ballot.round_id == audited.id)
    sealed = set(session.scalars(query_sealed))
    for ballot in ballots:
        named, castings = f"the ballot of {ballot.voter}", audited.waiting.get(ballot.voter, set())
        if ballot.casting not in castings:
            yield f"{named} is not among their castings"
        if ballot.castings != len(castings):
            yield f"{named} has lost a casting, or has one too many"
        if not hmac.compare_digest(ballot.seal, key.seal(ballot.voter, ballot.casting)):
            yield f"{named} is not the one that they cast"
        first_time = audited.names[ballot.voter] not in sealed
        if ballot.first_time != first_time or not (first_time or ballot.covered):
            yield f"{named} is marked wrongly"
    for voter in sorted(audited.waiting.keys() - {ballot.voter for ballot in ballots}):
        yield f"the ballot of {voter} is missing"
    yield from _check_covered(audited, ballots, len(sealed))


def _check_covered(audited: _Round, waiting: list[PendingBallot], sealed: int) -> Iterator[str]:
    """Whether as many ballots are covered as the figures say, or a whole step more."""
    rules = rules_of(audited.session, audited.id)
    if rules is None or audited.the_round.phase != Phase.VOTE:
        return
    first = [ballot.covered for ballot in waiting if ballot.first_time]
    snapshots = audited.of_kind(EntryKind.SNAPSHOT)
    told = int(snapshots[-1].contents["covered"]) if snapshots else 0
    if rules.disclosure_profile == DisclosureProfile.SEALED:
        if any(first):
            yield "ballots of a sealed vote are marked as covered"
    elif 0 != sealed + sum(first) - told < rules.disclosure_step:
        yield "another number of ballots is covered than the figures say"


def _check_snapshots(audited: _Round) -> Iterator[str]:
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
    audited: _Round, table: type[Any], column: InstrumentedAttribute[Any]
) -> list[tuple[Any, str]]:
    """Rows of the round with one column of theirs as it is written, to the letter."""
    written: ColumnElement[str] = cast(column, Text)
    if audited.session.get_bind().dialect.name == "sqlite":
        written = type_coerce(literal_column(f"{table.__tablename__}.{column.key}"), Text)
    query = select(table, written.label("written")).where(table.round_id == audited.id)
    return [(row, text) for row, text in audited.session.execute(query.order_by(*_key(table)))]


def _key(table: type[Any]) -> list[Any]:
    return list(table.__table__.primary_key)


def _check_outcome(audited: _Round) -> Iterator[str]:
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


def _check_record(audited: _Round) -> Iterator[str]:
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


_CHECKS: tuple[tuple[str, Callable[[_Round], Iterator[str]]], ...] = (
    ("ledger_entries", _check_ledger),
    ("voting_rules", _check_opening),
    ("roll_entries", _check_roll),
    ("batches", _check_batches),
    ("receipts", _check_receipts),
    ("ballots", _check_ballots),
    ("castings", _check_castings),
    ("pending_ballots", _check_pending),
    ("snapshots", _check_snapshots),
    # Before the outcome, which is held against it.
    ("public_records", _check_record),
    ("outcomes", _check_outcome),
)
