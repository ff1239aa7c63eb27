"""The box: receipts, sealed ballots, and what waits."""

import hmac
import re
from collections.abc import Iterator

from sqlalchemy import select

from ballots.audit.audited import AuditedRound
from ballots.box import Ballot, Casting, PendingBallot
from ballots.disclosure import DisclosureProfile
from ballots.envelopes import Paper
from ballots.ledger import EntryKind
from ballots.paper_ballots import PaperHolder
from ballots.receipts import Receipt, commitment, receipt_code
from ballots.voting_rules import rules_of
from neighbourhoods.phases import Phase

_NAME = re.compile("[0-9a-f]{64}", re.ASCII)
_NONCE = re.compile("[0-9a-f]{0,64}", re.ASCII)


def check_receipts(audited: AuditedRound) -> Iterator[str]:
    """Whether there is just one receipt of each commitment, of somebody on the roll."""
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


def check_ballots(audited: AuditedRound) -> Iterator[str]:
    """Whether the sealed ballots are those that count, each as it was cast."""
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


def check_castings(audited: AuditedRound) -> Iterator[str]:
    """Whether what waits is what was put into the box."""
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


def _is_whole(audited: AuditedRound, casting: Casting, paper: Paper) -> bool:
    key, words = audited.key, (paper.client_nonce, paper.server_nonce, paper.choices)
    committed = commitment(audited.id, *words)
    return (
        key is not None
        and committed == paper.commitment
        and casting.casting == key.casting(receipt_code(committed))
    )


def check_pending(audited: AuditedRound) -> Iterator[str]:
    """Whether of everybody who has castings waiting the last one is their ballot."""
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


def _check_covered(
    audited: AuditedRound, waiting: list[PendingBallot], sealed: int
) -> Iterator[str]:
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


def check_papers(audited: AuditedRound) -> Iterator[str]:
    """Whether each paper is in the box that should be, and nobody voted by two channels."""
    session, key = audited.session, audited.key
    query = select(PaperHolder.entry_id).where(PaperHolder.round_id == audited.id)
    holders = list(session.scalars(query))
    if len(audited.papers_in_box) > len(holders):
        yield "more papers are in the box than people hold one"
    if key is None:
        return
    voters = set(session.scalars(select(Ballot.voter_key).where(Ballot.round_id == audited.id)))
    voters |= {audited.names.get(waiting, "") for waiting in audited.waiting}
    for number in sorted(audited.papers_in_box):
        if key.sealed_voter(-number) not in voters:
            yield f"the ballot of paper {number} is missing"
    if any(key.sealed_voter(entry_id) in voters for entry_id in holders):
        yield "somebody who votes on paper has another ballot in the box"
