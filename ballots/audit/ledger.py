"""The ledger, and what the vote was opened with."""

from collections.abc import Iterator

from sqlalchemy import select

from ballots.audit.audited import AuditedRound
from ballots.keys import is_signed
from ballots.ledger import NOTHING_BEFORE, EntryKind, LedgerEntry, hash_of, plain_json
from ballots.merkle import root_of
from ballots.opening import roll_hash
from ballots.referrals import sent_back_in
from ballots.sealing import Batch
from ballots.voting_rules import promised_now, rules_of
from neighbourhoods.phases import Phase, is_past


def check_ledger(audited: AuditedRound) -> Iterator[str]:
    """Whether entries follow each other, unchanged and signed, and tell what has happened."""
    query = (
        select(LedgerEntry).where(LedgerEntry.round_id == audited.id).order_by(LedgerEntry.number)
    )
    audited.entries = list(audited.session.scalars(query))
    if not audited.entries:
        if not is_past(audited.the_round.phase, Phase.VOTE) and not _needed_no_vote(audited):
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


def _needed_no_vote(audited: AuditedRound) -> bool:
    """Whether halls had decided all there was, so that the round went on without a vote."""
    rules = rules_of(audited.session, audited.id)
    skipped = any(
        (move.from_phase, move.to_phase) == (Phase.DEBATE, Phase.DELIVERY)
        for move in audited.the_round.moves
    )
    frozen = rules is not None and rules.frozen_at is not None
    return skipped and not frozen and not is_past(audited.the_round.phase, Phase.DELIVERY)


_HASHED = {"round", "number", "kind", "at", "previous", "body"}
# What is told once, and from which phase on.
_ONCE = {
    EntryKind.OPENED: Phase.VOTE,
    EntryKind.CLOSED: Phase.COUNT,
    EntryKind.TALLIED: Phase.SIGN_OFF,
    EntryKind.SIGNED: Phase.DELIVERY,
    EntryKind.NOTICE: Phase.DELIVERY,
}


def _check_story(audited: AuditedRound) -> Iterator[str]:
    """Whether the ledger has what the round's phase says has happened."""
    phase = audited.the_round.phase
    if audited.entries[0].kind != EntryKind.OPENED:
        yield "entry 1 does not open the vote"
    for kind, since in _ONCE.items():
        happened = not is_past(phase, since)
        # A decision that was sent back was signed once, and has a notice for each time.
        again = len(sent_back_in(audited.session, audited.id)) if since is Phase.DELIVERY else 0
        wanted = min(happened + again, 1) if kind == EntryKind.SIGNED else happened + again
        if len(audited.of_kind(kind)) != wanted and not (
            kind == EntryKind.TALLIED and phase == Phase.COUNT
        ):
            yield f"there are {len(audited.of_kind(kind))} entries “{kind}” in phase {phase}"
    destroyed = bool(audited.of_kind(EntryKind.KEY_DESTROYED))
    if audited.key is None and not destroyed:
        yield "the round’s key is gone, and no entry says so"


def check_opening(audited: AuditedRound) -> Iterator[str]:
    """Whether the frozen rules and the key are those that the vote was opened with."""
    opened, rules = audited.one(EntryKind.OPENED), rules_of(audited.session, audited.id)
    if opened is None:
        return
    if rules is None or rules.frozen_text != plain_json(opened["rules"]):
        yield "the frozen rules are not those of entry 1"
        return
    held = promised_now(audited.session, audited.the_round, rules)
    # A timetable may lawfully be moved, and a fund be given another route, for later rounds; the
    # roll is looked at by itself.
    for name in sorted(held.keys() - {"closes_at", "roll_size", "route"}):
        if plain_json(held[name]) != plain_json(opened["rules"][name]):
            yield f"the vote is held under another {name} than entry 1 promised"
    if rules.frozen_hash != opened["rules_sha256"]:
        yield "the hash of the frozen rules is not that of entry 1"
    if opened["public_key"] != audited.keys.public_key():
        yield "entry 1 names another key than the council’s"


def check_roll(audited: AuditedRound) -> Iterator[str]:
    """Whether the roll is the one that the vote was opened with."""
    opened = audited.one(EntryKind.OPENED)
    if opened is None or audited.key is None:
        return
    if opened["roll_hash"] != roll_hash(audited.session, audited.keys, audited.id):
        yield "the roll is not the one that the vote was opened with, in entry 1"


def check_batches(audited: AuditedRound) -> Iterator[str]:
    """Whether batches hold new commitments under their roots, and count them rightly."""
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
