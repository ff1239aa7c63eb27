"""What lies in a round's ballot box, waiting or sealed, for tests that have the round's key."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.box import Ballot, Casting, PendingBallot
from ballots.envelopes import EnvelopeKey, Paper
from ballots.keys import KeyStore


def waiting_papers(
    session: Session, keys: KeyStore, round_id: int, *, covered: bool | None = None
) -> list[Paper]:
    """The current papers in the pending box."""
    query = (
        select(Casting)
        .join(PendingBallot, PendingBallot.casting == Casting.casting)
        .where(PendingBallot.round_id == round_id)
    )
    if covered is not None:
        query = query.where(PendingBallot.covered.is_(covered))
    castings = list(session.scalars(query))
    if not castings:
        return []
    key = EnvelopeKey(keys, round_id)
    return [key.open(each.envelope, each.voter, each.casting) for each in castings]


def choices_in(
    session: Session, keys: KeyStore, round_id: int, *, covered: bool | None = None
) -> list[str]:
    """The canonical choices of everybody's ballot, sorted."""
    waiting = waiting_papers(session, keys, round_id, covered=covered)
    replaced = {paper.voter_key for paper in waiting}
    sealed = session.execute(
        select(Ballot.voter_key, Ballot.choices).where(Ballot.round_id == round_id)
    )
    return sorted(
        [paper.choices for paper in waiting]
        + [choices for voter, choices in sealed if voter not in replaced]
    )
