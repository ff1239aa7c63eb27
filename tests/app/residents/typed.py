"""What a proposer types, and a round to type it in."""

from sqlalchemy.orm import Session

from neighbourhoods.phases import Phase
from neighbourhoods.proposals import Proposal, proposals_in
from neighbourhoods.rounds import Round
from tests.builders import Town

WORDS = {
    "title": "Lights on the towpath",
    "what": "Twelve lamps.\r\nLow ones.",
    "why": "It’s dark at four.",
    "cost": "£1,250.50",
    "category": "Safety",
    "place": "From Lock 3 to the footbridge",
    "pledge": 'We "adopt" a lamp each',
}


def sent(step: str, **changed: str) -> dict[str, str]:
    return WORDS | {"go": step} | changed


def put_to_round(town: Town, phase: Phase = Phase.IDEAS) -> tuple[Round, Proposal]:
    the_round = town.round(phase, proposals=1)
    town.session.commit()
    (proposal,) = proposals_in(town.session, the_round)
    return the_round, proposal


def refresh(session: Session, *things: object) -> None:
    session.rollback()
    for thing in things:
        session.refresh(thing)
