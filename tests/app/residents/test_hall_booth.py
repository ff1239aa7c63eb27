"""Voting in a hall: by the phone that the door has paired, a card of the meeting, or an address."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.house import settings
from ballots.hall import HallVote
from ballots.sealing import turnout
from neighbourhoods.assemblies import Assembly, ItemKind
from neighbourhoods.attendance import Attendee, Phone
from neighbourhoods.database import Database
from neighbourhoods.eligibility import RollEntry, replace_roll, voter_code
from neighbourhoods.eligibility import RollRow as Row
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.app.residents.test_booth import send
from tests.builders import Town
from tests.council import Site
from tests.services.test_hall import check_in, hall, opened


def phone_of(town: Town, assembly: Assembly, person: Attendee | None, number: int = 1234) -> Phone:
    phone = Phone(
        assembly_id=assembly.id,
        number=number,
        attendee=person,
        joined_at=town.session.info["clock"](),
    )
    town.session.add(phone)
    town.session.flush()
    return phone


def browser_with(site: Site, *phones: Phone) -> FlaskClient:
    client = site.as_(None)
    with client.session_transaction() as kept:
        kept["assembly-phones"] = {str(phone.assembly_id): phone.id for phone in phones}
    return client


def who_votes(client: FlaskClient, the_round: Round) -> int | None:
    """The entry that the booth has found, as its browser keeps it."""
    assert client.get(f"/rounds/{the_round.id}/ballot").status_code == 200
    with client.session_transaction() as kept:
        found = kept.get("entries", {}).get(str(the_round.id))
    return found if isinstance(found, int) else None


def entry_in(session: Session, the_round: Round, reference: str) -> int:
    query = select(RollEntry.id).where(
        RollEntry.round_id == the_round.id, RollEntry.reference == reference
    )
    return session.scalars(query).one()


@pytest.fixture
def assembly(town: Town) -> Assembly:
    return hall(town, ItemKind.BALLOT)


@pytest.fixture
def vote(town: Town, assembly: Assembly) -> HallVote:
    """A vote for two from the roll and a walk-in."""
    check_in(town, assembly, "R1", "R2", "W1")
    found = opened(town, assembly)
    town.session.commit()
    return found


def attendee(session: Session, reference: str) -> Attendee:
    return session.scalars(select(Attendee).where(Attendee.reference == reference)).one()


@pytest.mark.parametrize("reference", ["R2", "W1"])
def test_a_paired_phone_votes_in_the_hall_without_typing_anything(
    town: Town, assembly: Assembly, vote: HallVote, site: Site, reference: str
) -> None:
    session, of_hall = town.session, vote.the_round
    phone = phone_of(town, assembly, attendee(session, reference))
    session.commit()
    client = browser_with(site, phone)
    assert who_votes(client, of_hall) == entry_in(session, of_hall, reference)
    code = projects_in(session, of_hall.id)[0].code
    answer = send(client, of_hall, code)
    assert answer.location == f"/rounds/{of_hall.id}/counted"
    assert "Counted" in client.get(answer.location).text
    session.rollback()  # look again
    assert turnout(session, of_hall.id) == 1


@pytest.mark.parametrize("reference", ["R2", "W1"])
def test_the_paper_names_whoever_the_door_checked_in_though_they_gave_no_address(
    town: Town, assembly: Assembly, vote: HallVote, site: Site, reference: str
) -> None:
    session = town.session
    person = attendee(session, reference)
    session.get_one(RollEntry, entry_in(session, vote.the_round, reference)).email = None
    phone = phone_of(town, assembly, person)
    session.commit()
    page = browser_with(site, phone).get(f"/rounds/{vote.round_id}/ballot").text
    assert f"You are voting as {person.name}, as the door has checked you in." in page
    assert "voting as None" not in page


def test_a_phone_that_is_nobodys_is_asked_who_it_is(
    town: Town, assembly: Assembly, vote: HallVote, site: Site
) -> None:
    phone = phone_of(town, assembly, None)
    town.session.commit()
    client = browser_with(site, phone)
    assert who_votes(client, vote.the_round) is None
    code = projects_in(town.session, vote.round_id)[0].code
    assert send(client, vote.the_round, code).location.endswith("/identify")


def test_a_phone_that_the_door_gives_to_another_votes_for_that_one_from_then_on(
    town: Town, assembly: Assembly, vote: HallVote, site: Site
) -> None:
    session, of_hall = town.session, vote.the_round
    phone = phone_of(town, assembly, attendee(session, "R1"))
    session.commit()
    client = browser_with(site, phone)
    assert who_votes(client, of_hall) == entry_in(session, of_hall, "R1")
    phone.attendee = attendee(session, "R2")
    session.commit()
    assert who_votes(client, of_hall) == entry_in(session, of_hall, "R2")
    phone.attendee = None
    session.commit()
    assert who_votes(client, of_hall) is None


def test_a_walk_in_of_one_meeting_is_nobody_in_another(
    town: Town, assembly: Assembly, vote: HallVote, site: Site
) -> None:
    other = town.assembly(assembly.the_round, ItemKind.BALLOT)
    (namesake,) = check_in(town, other, "W1")
    phone = phone_of(town, other, namesake)
    town.session.commit()
    assert who_votes(browser_with(site, phone), vote.the_round) is None


def test_a_paired_phone_votes_in_the_meetings_own_round(town: Town, site: Site) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    person, _walk_in = check_in(town, assembly, "R3", "W1")
    vote = opened(town, assembly, own_count=False)
    phone = phone_of(town, assembly, person)
    town.session.commit()
    found = who_votes(browser_with(site, phone), vote.the_round)
    assert found == entry_in(town.session, vote.the_round, "R3")


def test_an_address_votes_in_the_hall_if_its_owner_was_checked_in(
    town: Town, assembly: Assembly, vote: HallVote, site: Site
) -> None:
    for reference, email in (("R1", "voter1@example.org"), ("R3", "voter3@example.org")):
        person = town.person(email.split("@", maxsplit=1)[0])
        person.email = email
        town.session.commit()
        found = who_votes(site.as_(person), vote.the_round)
        present = reference == "R1"
        expected = entry_in(town.session, vote.the_round, "R1") if present else None
        assert found == expected


def test_a_card_of_the_meetings_round_votes_in_its_hall(town: Town, app: Flask, site: Site) -> None:
    assembly = hall(town, ItemKind.BALLOT, phase=Phase.SET_UP)
    main = assembly.the_round
    with app.test_request_context():
        key = settings().key_for("voter-codes")
    replace_roll(
        town.session, key, main, [Row("R1", "One", None, None), Row("R2", "Two", None, None)]
    )
    for phase in (Phase.IDEAS, Phase.SCREENING, Phase.DEBATE):
        town.enter(main, phase, 2)
    check_in(town, assembly, "R1")
    vote = opened(town, assembly)
    town.session.commit()
    for reference, leads_to in (("R1", "ballot"), ("R2", "identify?tried=1")):
        client = site.as_(None)
        code = voter_code(key, main.id, reference)
        answer = client.post(f"/rounds/{vote.round_id}/identify", data={"code": code})
        assert answer.location == f"/rounds/{vote.round_id}/{leads_to}"
    client = site.as_(None)
    client.post(f"/rounds/{vote.round_id}/identify", data={"code": voter_code(key, main.id, "R1")})
    assert who_votes(client, vote.the_round) == entry_in(town.session, vote.the_round, "R1")
    client.post(f"/rounds/{vote.round_id}/leave")
    assert who_votes(client, vote.the_round) is None


def test_a_card_shown_for_the_meetings_vote_serves_in_the_hall_too(town: Town, site: Site) -> None:
    assembly = hall(town, ItemKind.BALLOT, phase=Phase.VOTE)
    check_in(town, assembly, "R1")
    vote = opened(town, assembly)
    town.session.commit()
    client = site.as_(None)
    with client.session_transaction() as kept:
        kept["voter"] = {str(assembly.round_id): entry_in(town.session, assembly.the_round, "R1")}
    assert who_votes(client, vote.the_round) == entry_in(town.session, vote.the_round, "R1")


# --- the shortest way into the box ---------------------------------------------------------------


@contextmanager
def questions(database: Database) -> Iterator[list[str]]:
    """What the database is asked meanwhile, but for what the box itself asks."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("by", ["phone", "address"])
def test_who_was_found_by_the_booth_votes_without_a_look_up(
    town: Town, assembly: Assembly, vote: HallVote, site: Site, database: Database, by: str
) -> None:
    if by == "phone":
        phone = phone_of(town, assembly, attendee(town.session, "R1"))
        town.session.commit()
        client = browser_with(site, phone)
    else:
        person = town.person("Voter One")
        person.email = "voter1@example.org"
        town.session.commit()
        client = site.as_(person)
    who_votes(client, vote.the_round)
    code = projects_in(town.session, vote.round_id)[0].code
    with questions(database) as asked:
        answer = send(client, vote.the_round, code)
    assert answer.location == f"/rounds/{vote.round_id}/counted"
    assert [statement for statement in asked if "SELECT" in statement] == []


def test_a_browser_remembers_only_the_last_votes(
    town: Town, assembly: Assembly, site: Site
) -> None:
    people = check_in(town, assembly, "R1")
    phone = phone_of(town, assembly, people[0])
    votes = []
    for _ in range(6):
        again = town.assembly(assembly.the_round, ItemKind.BALLOT)
        again.state, again.began_at = assembly.state, assembly.began_at
        check_in(town, again, "R1")
        votes.append(opened(town, again))
    town.session.commit()
    client = browser_with(site, phone)
    for vote in votes:
        assert who_votes(client, vote.the_round) is not None
    with client.session_transaction() as kept:
        assert list(kept["entries"]) == [str(vote.round_id) for vote in votes[-4:]]


def test_signing_out_forgets_who_was_found(
    town: Town, assembly: Assembly, vote: HallVote, site: Site
) -> None:
    person = town.person("Voter One")
    person.email = "voter1@example.org"
    town.session.commit()
    client = site.as_(person)
    assert who_votes(client, vote.the_round) is not None
    client.post("/sign-out")
    with client.session_transaction() as kept:
        assert "entries" not in kept
