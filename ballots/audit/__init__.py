"""The audit: a round's database held against its ledger and its keys; names what is wrong first.

Whoever can write to the database can do anything there but sign and encrypt: every row of ledger,
box and figures is bound to a signature or to the round's key. What no database can show of itself
is that its last correction was cut off: for that a witness keeps the heads elsewhere.
"""

from collections.abc import Callable, Iterator

from sqlalchemy.orm import Session

from ballots.audit.audited import AuditedRound
from ballots.audit.box import (
    check_ballots,
    check_castings,
    check_papers,
    check_pending,
    check_receipts,
)
from ballots.audit.figures import check_notice, check_outcome, check_record, check_snapshots
from ballots.audit.ledger import check_batches, check_ledger, check_opening, check_roll
from ballots.envelopes import SpoiltEnvelopeError
from ballots.keys import KeyStore
from neighbourhoods.rounds import Round

__all__ = ["first_fault"]


def first_fault(session: Session, keys: KeyStore, the_round: Round) -> str | None:
    """What is wrong first in a round's ledger, box, figures or record; None if nothing is.

    Without the round's key, once it is destroyed, voters' names are taken as they stand.
    """
    session.expire_all()
    audited = AuditedRound(session, keys, the_round)
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


_CHECKS: tuple[tuple[str, Callable[[AuditedRound], Iterator[str]]], ...] = (
    ("ledger_entries", check_ledger),
    ("voting_rules", check_opening),
    ("roll_entries", check_roll),
    ("batches", check_batches),
    ("receipts", check_receipts),
    ("ballots", check_ballots),
    ("castings", check_castings),
    ("pending_ballots", check_pending),
    ("paper_ballots", check_papers),
    ("snapshots", check_snapshots),
    # Before the outcome, which is held against it.
    ("public_records", check_record),
    ("decision_notices", check_notice),
    ("outcomes", check_outcome),
)
