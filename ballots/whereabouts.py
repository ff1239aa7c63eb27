"""Where the ballot of a receipt lies: waiting, or in which batch of the ledger, with its proof."""

from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from ballots.box import Ballot, Casting, PendingBallot, current_castings
from ballots.envelopes import EnvelopeKey
from ballots.keys import KeyStore
from ballots.ledger import LedgerEntry
from ballots.merkle import Proof, proof_of
from ballots.receipts import CODE_LENGTH, Promise, Receipt, receipt_code, sign_promise
from ballots.sealing import Batch, last_batch
from neighbourhoods.eligibility import ALPHABET, RollEntry, tidy_code
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round, RoundKind, rounds_in


@dataclass(frozen=True)
class Place:
    """A place in the ledger: leaf of a batch, and the way from the leaf to the batch's root."""

    batch: int
    entry: int
    root: str
    proof: Proof


@dataclass(frozen=True)
class Whereabouts:
    """What a receipt shows to anybody: that a ballot is in the box, and never what it says.

    `place` is None while the ballot waits to be sealed. `batches` is how many there are so far.
    """

    round_id: int
    code: str
    commitment: str
    signature: str
    is_replaced: bool
    batches: int
    place: Place | None

    def as_json(self) -> dict[str, object]:
        """The receipt as `verify.py --receipt` reads it; nothing in it opens the ballot."""
        told: dict[str, object] = {
            "round": self.round_id,
            "code": self.code,
            "commitment": self.commitment,
            "signature": self.signature,
        }
        if self.place is None:
            return told
        return {
            **told,
            "batch": self.place.batch,
            "leaf": self.place.proof.place,
            "leaves": self.place.proof.leaves,
            "path": list(self.place.proof.siblings),
        }


def find_receipt(session: Session, keys: KeyStore, written: str) -> Whereabouts | None:
    """What is known of the receipt with this code, however it was spaced."""
    code = tidy_code(written)
    if len(code) != CODE_LENGTH or not set(code) <= set(ALPHABET):
        return None
    return (
        _find_sealed(session, keys, code)
        or _find_waiting(session, keys, code)
        # Sealed between the two looks.
        or _find_sealed(session, keys, code)
    )


def _find_sealed(session: Session, keys: KeyStore, code: str) -> Whereabouts | None:
    receipt = session.get(Receipt, code)
    if receipt is None or _is_wiped(session, receipt.round_id):
        return None
    return _sealed(session, keys, receipt)


def _is_wiped(session: Session, round_id: int) -> bool:
    """Whether the round was a rehearsal whose ballots are gone."""
    the_round = session.get_one(Round, round_id)
    if the_round.kind != RoundKind.PRACTICE:
        return False
    return session.scalar(select(Ballot.round_id).where(Ballot.round_id == round_id)) is None


def _find_waiting(session: Session, keys: KeyStore, code: str) -> Whereabouts | None:
    for the_round in rounds_in(session, Phase.VOTE, kinds=tuple(RoundKind)):
        found = _waiting(session, keys, the_round.id, code)
        if found is not None:
            return found
    return None


def _sealed(session: Session, keys: KeyStore, receipt: Receipt) -> Whereabouts:
    batch = session.get_one(Batch, (receipt.round_id, receipt.batch))
    body = session.get_one(LedgerEntry, (receipt.round_id, batch.entry)).contents
    commitments = body["commitments"]
    proof = proof_of(commitments, commitments.index(receipt.commitment))
    last = last_batch(session, receipt.round_id)
    ballot = session.scalar(
        select(Ballot).where(
            Ballot.round_id == receipt.round_id, Ballot.commitment == receipt.commitment
        )
    )
    return Whereabouts(
        receipt.round_id,
        receipt.code,
        receipt.commitment,
        sign_promise(keys, receipt.round_id, receipt.commitment),
        is_replaced=ballot is None or _has_newer(session, keys, ballot),
        batches=last.number if last else 0,
        place=Place(batch.number, batch.entry, str(body["root"]), proof),
    )


def _has_newer(session: Session, keys: KeyStore, ballot: Ballot) -> bool:
    """Whether a ballot that replaces this one waits to be sealed."""
    replacing = current_castings(ballot.round_id).where(PendingBallot.first_time.is_(False))
    rows = session.execute(replacing).all()
    if not rows:
        return False
    key = EnvelopeKey(keys, ballot.round_id)
    papers = (key.open(envelope, voter, casting) for casting, voter, envelope in rows)
    return any(paper.voter_key == ballot.voter_key for paper in papers)


def _waiting(session: Session, keys: KeyStore, round_id: int, code: str) -> Whereabouts | None:
    try:
        key = EnvelopeKey(keys, round_id)
    except KeyError:
        return None
    # One question: between two the batch could be sealed.
    query = (
        select(Casting, PendingBallot.casting)
        .join(
            PendingBallot,
            (PendingBallot.round_id == Casting.round_id) & (PendingBallot.voter == Casting.voter),
        )
        .where(Casting.round_id == round_id, Casting.casting == key.casting(code))
    )
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    casting, current = found
    paper = key.open(casting.envelope, casting.voter, casting.casting)
    last = last_batch(session, round_id)
    return Whereabouts(
        round_id,
        code,
        paper.commitment,
        sign_promise(keys, round_id, paper.commitment),
        is_replaced=current != casting.casting,
        batches=last.number if last else 0,
        place=None,
    )


# One question: between two the batch could be sealed. Written once, as every page of a voter asks.
_WAITING = (
    select(Casting)
    .join(
        PendingBallot,
        (PendingBallot.round_id == Casting.round_id) & (PendingBallot.casting == Casting.casting),
    )
    .where(
        PendingBallot.round_id == bindparam("round_id"), PendingBallot.voter == bindparam("voter")
    )
)


def receipt_of(session: Session, keys: KeyStore, round_id: int, entry: RollEntry) -> Promise | None:
    """The receipt of somebody's ballot as it lies in the box, if they cast one.

    None too once the round's key is destroyed: then nobody can tell any more.
    """
    try:
        key = EnvelopeKey(keys, round_id)
    except KeyError:
        return None
    casting = session.scalar(_WAITING, {"round_id": round_id, "voter": key.voter(entry.id)})
    if casting is not None:
        paper = key.open(casting.envelope, casting.voter, casting.casting)
        return _promise(keys, round_id, paper.commitment, paper.server_nonce)
    ballot = session.get(Ballot, (round_id, key.sealed_voter(entry.id)))
    if ballot is None:
        return None
    return _promise(keys, round_id, ballot.commitment, ballot.server_nonce)


def _promise(keys: KeyStore, round_id: int, commitment: str, server_nonce: str) -> Promise:
    code, signature = receipt_code(commitment), sign_promise(keys, round_id, commitment)
    return Promise(round_id, code, commitment, server_nonce, signature)
