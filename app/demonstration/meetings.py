"""The demonstration’s meetings: a decision day that is planned, and one that is going on."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.hall import open_vote
from ballots.keys import KeyStore
from neighbourhoods.agenda import add_item, default_agenda
from neighbourhoods.assemblies import Assembly, ItemKind, plan_assembly
from neighbourhoods.attendance import Channel, check_in
from neighbourhoods.database import now
from neighbourhoods.duties import declare_for_duty
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.interests import InterestKind
from neighbourhoods.people import Office, Person, appointed
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round, rounds_in
from neighbourhoods.stage import add_screen, begin, go_to

# Enough for live figures, fewer than the roll: some stayed at home.
IN_THE_HALL = 64


def hold_meetings(session: Session, keys: KeyStore) -> None:
    """Plan one meeting, and let another begin, about the rounds that have come so far."""
    facilitator = appointed(session, Office.FACILITATOR)[0]
    for the_round in rounds_in(session, Phase.DEBATE)[:1]:
        _plan(session, the_round, facilitator)
    for the_round in rounds_in(session, Phase.VOTE)[:1]:
        _meet(session, keys, the_round, facilitator)


def _plan(session: Session, the_round: Round, facilitator: Person) -> None:
    starts_at = (now(session) + timedelta(days=9)).replace(hour=14, minute=0, second=0)
    assembly = plan_assembly(
        session,
        the_round,
        facilitator,
        "Decision day at the library",
        starts_at.replace(microsecond=0),
        place="Millbrook library, main hall",
        wifi_name="Library guests",
        wifi_password="read more books",  # noqa: S106 - it stands on the screens
        quorum=30,
    )
    default_agenda(session, assembly, facilitator)


def _meet(session: Session, keys: KeyStore, the_round: Round, facilitator: Person) -> None:
    assembly = plan_assembly(
        session,
        the_round,
        facilitator,
        "Assembly in the community hall",
        now(session).replace(minute=0, second=0, microsecond=0),
        place="Community hall",
        quorum=20,
    )
    add_item(
        session,
        assembly,
        ItemKind.POLL,
        "Did you come on foot?",
        facilitator,
        settings={"options": ["On foot", "By bicycle", "By bus", "By car"]},
    )
    how = {"own_count": True, "held": True, "format": "choose-one", "profile": "sealed"}
    vote = add_item(
        session, assembly, ItemKind.BALLOT, "What comes first?", facilitator, settings=how
    )
    add_item(
        session,
        assembly,
        ItemKind.REVEAL,
        "What the hall decided",
        facilitator,
        settings={"vote_item": vote.id},
    )
    add_screen(session, assembly, "Foyer", facilitator)
    _fill_hall(session, assembly, facilitator)
    declare_for_duty(session, the_round, facilitator, InterestKind.NONE)
    begin(session, assembly, facilitator)
    go_to(session, assembly, vote, facilitator)
    open_vote(session, keys, vote, facilitator)


def _fill_hall(session: Session, assembly: Assembly, facilitator: Person) -> None:
    """Whoever votes with a card is there; those with an account join by themselves."""
    entries = select(RollEntry).where(
        RollEntry.round_id == assembly.round_id, RollEntry.email.is_(None)
    )
    for entry in session.scalars(entries.order_by(RollEntry.id).limit(IN_THE_HALL)):
        check_in(session, assembly, entry, facilitator, Channel.PHONE)
