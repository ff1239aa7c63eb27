"""Opening a vote: rules frozen, key made, and both told in the ledger's first entry."""

import hashlib
import hmac
import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.keys import KeyStore
from ballots.ledger import EntryKind, append
from ballots.refusals import BallotRefusal
from ballots.voting_rules import freeze, rules_of
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round


def open_box(session: Session, keys: KeyStore, the_round: Round) -> None:
    """Freeze the rules, make the round's key, begin the ledger; whoever calls holds the round."""
    rules = rules_of(session, the_round.id)
    if rules is None:
        raise Refused(BallotRefusal.RULES_IMPOSSIBLE)
    freeze(session, the_round, rules)
    keys.make(the_round.id)
    promised = json.loads(rules.frozen_text or "null")
    body = {
        "rules": promised,
        "rules_sha256": rules.frozen_hash,
        "roll_size": promised["roll_size"],
        "roll_hash": roll_hash(session, keys, the_round.id),
        "public_key": keys.public_key(),
    }
    append(session, keys, the_round.id, EntryKind.OPENED, body)


def roll_hash(session: Session, keys: KeyStore, round_id: int) -> str:
    """HMAC-SHA256 over the roll under the round's key, in hex: shows that it did not change.

    Lines of id, reference, name, postcode and email, parted by tabs, in the order of ids. Keyed,
    so that nobody can try out whether a person stands on it.
    """
    mac = hmac.new(keys.read(round_id), b"roll|", hashlib.sha256)
    columns = (
        RollEntry.id, RollEntry.reference, RollEntry.name, RollEntry.postcode, RollEntry.email
    )  # fmt: skip
    query = select(*columns).where(RollEntry.round_id == round_id).order_by(RollEntry.id)
    for row in session.execute(query, execution_options={"yield_per": 1_000}):
        mac.update(("\t".join("" if cell is None else str(cell) for cell in row) + "\n").encode())
    return mac.hexdigest()
