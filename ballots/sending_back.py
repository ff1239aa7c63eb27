"""A called-in decision goes back to whoever signed it; nothing that was signed is edited."""

from sqlalchemy.orm import Session

from ballots.disputes import correct_ledger
from ballots.keys import KeyStore
from ballots.notices import DecisionNotice, entry_of
from ballots.referrals import SentBack
from ballots.refusals import BallotRefusal
from ballots.signoff import begin_sign_off
from neighbourhoods.database import hold_round, now
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import RoundKind, move_round


def send_back(
    session: Session, keys: KeyStore, notice: DecisionNotice, by: Person, why: str
) -> SentBack:
    """Send a called-in decision back to its signers: they decide afresh, from the first stage on.

    Its money stays where it is. Record, notice and signatures stand as they were signed; the ledger
    says beside the notice why it came back. What is decided next gets a notice of its own.
    """
    the_round = notice.the_round
    hold_round(session, the_round.id, alone=True)
    session.refresh(the_round)
    session.refresh(notice, with_for_update=True)
    if not why.strip():
        raise Refused(BallotRefusal.REASONS_MISSING)
    if not notice.is_called_in:
        raise Refused(BallotRefusal.NOT_CALLED_IN)
    if notice.sent_back is not None:
        raise Refused(BallotRefusal.SENT_BACK_ALREADY)
    sent = SentBack(
        number=notice.number,
        round_id=the_round.id,
        why=why.strip(),
        sent_by=by,
        sent_at=now(session),
    )
    session.add(sent)
    correct_ledger(session, keys, the_round, entry_of(session, notice), by.name, why)
    move_round(session, the_round, Phase.SIGN_OFF, by, why)
    if the_round.kind == RoundKind.FULL:
        # While it is signed, its whole budget is set aside again.
        the_round.waiting_pence = 0
    session.flush()
    session.refresh(notice, ["sent_back"])
    begin_sign_off(session, the_round)
    return sent
