"""Wiping a rehearsal: nobody learns from it how anybody voted, not even in play."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from ballots.box import Ballot, Casting, PendingBallot
from ballots.hall_votes import HallVote, votes_in
from ballots.keys import KeyStore
from ballots.outcome import Outcome
from ballots.paper_ballots import PaperBallot, PaperHolder, PapersGivenUp
from neighbourhoods.assemblies import Assembly
from neighbourhoods.database import hold_round
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.rounds import RoundKind

# In an order in which nothing points to what is gone. What the database refuses to delete stays:
# ledger, batches, receipts and snapshots name no person, and without the key nothing leads from
# them to one.
_WIPED = (
    PendingBallot,
    Casting,
    Ballot,
    Outcome,
    PaperBallot,
    PaperHolder,
    PapersGivenUp,
    RollEntry,
    HallVote,
)


def wipe_practice(session: Session, keys: KeyStore, assembly: Assembly) -> int:
    """Wipe the votes of a rehearsal and destroy their keys; returns how many there were.

    Its agenda can be rehearsed again afterwards. Votes in earnest are never touched.
    """
    votes = {
        vote.round_id
        for vote in votes_in(session, assembly)
        if vote.the_round.kind == RoundKind.PRACTICE
    }
    for round_id in sorted(votes):
        hold_round(session, round_id, alone=True)
        for table in _WIPED:
            session.execute(delete(table).where(table.round_id == round_id))
        session.flush()
        keys.destroy(round_id)
    session.expire_all()
    return len(votes)
