"""What a fund can pay, asked before anybody signs for it."""

from sqlalchemy.orm import Session

from ballots.outcome import outcome_of, paid_pence
from ballots.purchases import committed_before
from neighbourhoods.money import hold_fund
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round, left_for_rounds


def shortfall_pence(session: Session, the_round: Round) -> int:
    """How much more an outcome promises than its fund can give without other rounds' money.

    What others who share the round's money have had signed already is paid once, not asked again.
    """
    outcome = outcome_of(session, the_round.id)
    paid = {} if outcome is None else paid_pence(outcome)
    before = committed_before(session, the_round) if paid else {}
    asked = sum(pence for code, pence in paid.items() if code not in before)
    return max(0, asked - left_for_rounds(session, the_round.fund, besides=the_round))


def check_affordable(session: Session, the_round: Round) -> None:
    """Hold the fund of a round and refuse an outcome that promises more than it can give."""
    hold_fund(session, the_round.fund_id)
    short = shortfall_pence(session, the_round)
    if short:
        raise Refused(Refusal.FUND_SHORT, short_pence=short)
