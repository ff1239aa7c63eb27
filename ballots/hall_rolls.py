"""Who may vote in a hall: the people checked in when a vote opens, and nobody who comes later."""

import secrets

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from neighbourhoods.assemblies import Assembly
from neighbourhoods.attendance import Attendee
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.rounds import Round


def people_present(session: Session, assembly: Assembly) -> list[Attendee]:
    """The people checked in now, who have not left."""
    query = select(Attendee).where(Attendee.assembly_id == assembly.id, Attendee.left_at.is_(None))
    return list(session.scalars(query.order_by(Attendee.id)))


def copy_roll(session: Session, assembly: Assembly, hall_round: Round) -> int:
    """Make the people present the roll of a vote in the hall; returns how many may vote.

    In an order drawn by lot: the numbers of entries tell neither who came first nor who they are.
    """
    present = people_present(session, assembly)
    known = {
        entry.reference: entry
        for entry in session.scalars(
            select(RollEntry).where(
                RollEntry.round_id == assembly.round_id,
                RollEntry.reference.in_([person.reference for person in present]),
            )
        )
    }
    values = [
        _entry_of(person, None if person.is_walk_in else known.get(person.reference), hall_round)
        for person in present
    ]
    secrets.SystemRandom().shuffle(values)
    for start in range(0, len(values), _AT_ONCE):
        session.execute(insert(RollEntry), values[start : start + _AT_ONCE])
    session.flush()
    return len(values)


# Rows in one statement.
_AT_ONCE = 500


def _entry_of(
    person: Attendee, known: RollEntry | None, hall_round: Round
) -> dict[str, object | None]:
    return {
        "round_id": hall_round.id,
        "reference": person.reference,
        "name": person.name,
        "postcode": known.postcode if known else None,
        "email": known.email if known else None,
        # No card is printed for this vote: nobody, not the council either, knows a code to it.
        "code_hash": secrets.token_hex(32),
    }


def hall_entry(
    session: Session, hall_round: Round, person: Attendee | RollEntry
) -> RollEntry | None:
    """The entry of somebody, who is checked in or on another roll, in this round's own roll."""
    return session.scalar(
        select(RollEntry).where(
            RollEntry.round_id == hall_round.id, RollEntry.reference == person.reference
        )
    )
