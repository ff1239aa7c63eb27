"""Who votes on paper: by one channel or the other, never by both."""

import secrets
from collections.abc import Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from ballots.casting import check_open
from ballots.keys import KeyStore
from ballots.paper_ballots import PaperBallot, PaperHolder, PaperState, count_papers, is_on_paper
from ballots.refusals import BallotRefusal
from ballots.whereabouts import receipt_of
from neighbourhoods.assemblies import Assembly
from neighbourhoods.attendance import Attendee, Channel
from neighbourhoods.database import hold_round
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round


def hold_paper(session: Session, keys: KeyStore, the_round: Round, entry: RollEntry) -> None:
    """Let somebody vote on paper: from now on their phone is refused.

    Refused to whoever has a ballot in the box: they can change it where they cast it.
    """
    # Alone: a ballot by phone is in the box before, or is refused after.
    hold_round(session, the_round.id, alone=True)
    check_open(session, the_round)
    if entry.round_id != the_round.id:
        raise Refused(BallotRefusal.NOT_ON_ROLL)
    if is_on_paper(session, the_round.id, entry.id):
        return
    if receipt_of(session, keys, the_round.id, entry) is not None:
        raise Refused(BallotRefusal.HAS_VOTED_BY_PHONE)
    _write_down(session, the_round, [entry])


def _write_down(session: Session, the_round: Round, entries: Sequence[RollEntry]) -> None:
    """Add people to those who vote on paper; all rows anew, so that none tells who came when."""
    query = select(PaperHolder.entry_id).where(PaperHolder.round_id == the_round.id)
    holders = [*session.scalars(query), *(entry.id for entry in entries)]
    session.execute(delete(PaperHolder).where(PaperHolder.round_id == the_round.id))
    secrets.SystemRandom().shuffle(holders)
    rows = [{"round_id": the_round.id, "entry_id": entry_id} for entry_id in holders]
    session.execute(insert(PaperHolder), rows)


def give_up_paper(session: Session, the_round: Round, entry: RollEntry, number: int) -> None:
    """Let somebody vote by phone after all: they hand in their paper, which votes for nobody.

    Without a paper of the stack in the teller’s hand nobody can say that theirs is not in use.
    """
    hold_round(session, the_round.id, alone=True)
    check_open(session, the_round)
    holder = session.get(PaperHolder, (the_round.id, entry.id))
    if holder is None:
        raise Refused(BallotRefusal.NOT_ON_PAPER)
    paper = session.get(PaperBallot, (the_round.id, number), populate_existing=True)
    if paper is None or paper.state != PaperState.OUT:
        raise Refused(BallotRefusal.PAPER_NOT_OUT)
    if not count_papers(session, the_round.id).unseen:
        raise Refused(BallotRefusal.MORE_PAPERS_THAN_HOLDERS)
    paper.state = PaperState.TAKEN_BACK
    session.delete(holder)
    session.flush()


def hold_papers_of(session: Session, keys: KeyStore, the_round: Round, assembly: Assembly) -> int:
    """Let everybody present who came to vote on paper do so; how many that are.

    Whoever has a ballot in the box already, from the weeks before, is passed over.
    """
    hold_round(session, the_round.id, alone=True)
    asked = (
        select(RollEntry)
        .join(Attendee, Attendee.reference == RollEntry.reference)
        .where(
            RollEntry.round_id == the_round.id,
            Attendee.assembly_id == assembly.id,
            Attendee.channel == Channel.PAPER,
            Attendee.left_at.is_(None),
        )
    )
    new = [
        entry
        for entry in session.scalars(asked)
        if not is_on_paper(session, the_round.id, entry.id)
        and receipt_of(session, keys, the_round.id, entry) is None
    ]
    if new:
        _write_down(session, the_round, new)
    return len(new)
