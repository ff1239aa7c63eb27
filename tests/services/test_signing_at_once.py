"""Two browsers sign at the same moment: one signature each, one notice, never two."""

from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ballots.bundle import bundle_hash, costs_to_sign
from ballots.keys import KeyStore
from ballots.ledger import EntryKind, entries_of
from ballots.moves import conclude_sign_off
from ballots.notices import DecisionNotice
from ballots.refusals import BallotRefusal
from ballots.routes import Agreement, RouteName, Verdict
from ballots.sheets import SheetGiven, VerdictGiven, sign
from ballots.signing import Proof, Signature
from neighbourhoods.database import Database
from neighbourhoods.delivery import deliveries_in
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round
from tests.builders import Town
from tests.services.test_signoff import counted_by


@pytest.fixture
def server(database: Database) -> Database:
    """SQLite lets only one write at a time, so these need PostgreSQL."""
    if database.is_sqlite:
        pytest.skip("SQLite has one writer: nothing is written at once")
    return database


def endorse(session: Session, the_round: Round, person: Person) -> Signature:
    endorsed = VerdictGiven(Verdict.ENDORSE)
    return sign(
        session,
        the_round,
        person,
        SheetGiven(dict.fromkeys(costs_to_sign(session, the_round), endorsed)),
        bundle_sha256=bundle_hash(session, the_round),
        proof=Proof.CODE,
    )


def all_at_once(
    database: Database, keys: KeyStore, round_id: int, people: list[int]
) -> list[object]:
    """What came of it for each browser: None if it signed, else why it was refused."""
    ready = Barrier(len(people))
    found: list[object] = ["nothing"] * len(people)

    def browser(number: int, person_id: int) -> None:
        with database.writing() as session:
            the_round = session.get_one(Round, round_id)
            person = session.get_one(Person, person_id)
            # Each has seen that it is their turn before any of them signs.
            costs_to_sign(session, the_round)
            ready.wait(20)
            try:
                endorse(session, the_round, person)
                conclude_sign_off(session, keys, the_round)
                session.commit()
                found[number] = None
            except Refused as refused:
                session.rollback()
                found[number] = refused.reason

    threads = [Thread(target=browser, args=pair) for pair in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
        assert not thread.is_alive()
    return found


def ready_to_sign(town: Town, agreement: Agreement) -> Round:
    the_round = counted_by(town, RouteName.WARD_MEMBERS, agreement)
    for person in (town.councillor, town.second_councillor):
        town.declares_none(the_round, person)
    town.session.commit()
    return the_round


def published(town: Town, the_round: Round) -> tuple[int, int, int, Phase]:
    """Signatures, notices, ledger entries of notices; and where the round stands."""
    town.session.expire_all()
    signed = town.session.scalar(select(func.count()).select_from(Signature))
    notices = town.session.scalar(select(func.count()).select_from(DecisionNotice))
    kinds = [entry.kind for entry in entries_of(town.session, the_round.id)]
    return int(signed or 0), int(notices or 0), kinds.count(EntryKind.NOTICE), the_round.phase


def test_one_councillor_in_two_browsers_signs_once(town: Town, server: Database) -> None:
    the_round = ready_to_sign(town, Agreement.UNANIMOUS)
    me = town.councillor.id
    found = all_at_once(server, town.keys, the_round.id, [me, me, me])
    assert sorted(str(one) for one in found) == sorted(
        ["None", *[str(BallotRefusal.ALREADY_DECIDED)] * 2]
    )
    assert published(town, the_round) == (1, 0, 0, Phase.SIGN_OFF)


def test_two_councillors_who_sign_at_once_are_both_heard_and_publish_one_notice(
    town: Town, server: Database
) -> None:
    the_round = ready_to_sign(town, Agreement.UNANIMOUS)
    both = [town.councillor.id, town.second_councillor.id]
    assert all_at_once(server, town.keys, the_round.id, both) == [None, None]
    assert published(town, the_round) == (2, 1, 1, Phase.DELIVERY)
    assert len(deliveries_in(town.session, the_round)) == 1


def test_where_one_is_enough_the_second_of_two_at_once_is_told_that_it_is_decided(
    town: Town, server: Database
) -> None:
    the_round = ready_to_sign(town, Agreement.ANY_ONE)
    both = [town.councillor.id, town.second_councillor.id]
    found = all_at_once(server, town.keys, the_round.id, both)
    assert found.count(None) == 1
    assert published(town, the_round) == (1, 1, 1, Phase.DELIVERY)
    assert len(deliveries_in(town.session, the_round)) == 1
