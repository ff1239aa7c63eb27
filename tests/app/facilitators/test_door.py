"""The door: found, checked in with one tap, paired, undone; an officer lets walk-ins in."""

from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.facilitators.serials import serial_of
from app.house import settings
from ballots.casting import cast_ballot
from ballots.hall import open_vote
from ballots.hall_rolls import hall_entry
from ballots.keys import KeyStore
from ballots.paper_ballots import PaperBallot, is_on_paper
from ballots.tellers import bring_stack
from neighbourhoods.assemblies import Assembly, ItemKind
from neighbourhoods.attendance import (
    Attendee,
    Channel,
    check_in,
    join_by_phone,
    phone_of,
    present_in,
)
from neighbourhoods.eligibility import RollRow, replace_roll, voter_code
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.stage import begin
from tests.builders import Town
from tests.council import Site


@pytest.fixture
def assembly(town: Town, site: Site) -> Assembly:
    the_round = town.round(Phase.SET_UP)
    with site.app.app_context():
        key = settings().key_for("voter-codes")
    rows = [RollRow(f"R{n}", f"Voter {n}", "ZZ1 1AA", f"voter{n}@example.org") for n in range(1, 7)]
    replace_roll(town.session, key, the_round, rows)
    for reached in (Phase.IDEAS, Phase.SCREENING, Phase.DEBATE):
        town.enter(the_round, reached, proposals=4)
    assembly = town.assembly(the_round, ItemKind.BALLOT)
    assembly.quorum = 2
    town.session.commit()
    return assembly


@pytest.fixture
def volunteer(town: Town, site: Site) -> FlaskClient:
    return site.as_(town.facilitator)


def door(assembly: Assembly, rest: str = "") -> str:
    return f"/assemblies/{assembly.id}/door{rest}"


def shown(client: FlaskClient, address: str) -> str:
    return client.get(address).get_data(as_text=True)


def sent(client: FlaskClient, address: str, **fields: object) -> str:
    """The page that an act leads to."""
    answer: TestResponse = client.post(address, data=fields)
    assert answer.status_code == 303
    parts = urlsplit(answer.location)
    return shown(client, f"{parts.path}?{parts.query}")


def test_somebody_is_found_by_name_and_checked_in_with_one_tap(
    town: Town, assembly: Assembly, volunteer: FlaskClient
) -> None:
    page = sent(volunteer, door(assembly, "/find"), words="voter 3")
    assert "1 person found" in page
    entry = town.voter(assembly.the_round, 3)
    page = sent(volunteer, door(assembly, "/check-in"), entry=entry.id, channel="paper")
    assert "Voter 3 is checked in" in page
    assert "1 person is present" in page
    assert "The quorum is 2, so it is not met yet" in page
    page = sent(volunteer, door(assembly, "/find"), words="ZZ11AA")
    assert "6 people found" in page
    assert page.count("Checked in already") == 1


def test_one_letter_is_answered_by_asking_for_more_and_not_for_fewer(
    volunteer: FlaskClient, assembly: Assembly
) -> None:
    page = sent(volunteer, door(assembly, "/find"), words="v")
    assert "Type at least two letters." in page
    assert "Try fewer letters" not in page


@pytest.mark.parametrize("written", ["{code}", "https://vote.example.org/v/{code}"])
def test_a_voter_card_is_found_typed_or_scanned_and_never_stands_in_an_address(
    town: Town, assembly: Assembly, volunteer: FlaskClient, site: Site, written: str
) -> None:
    with site.app.app_context():
        code = voter_code(settings().key_for("voter-codes"), assembly.round_id, "R2")
    answer = volunteer.post(door(assembly, "/find"), data={"words": written.format(code=code)})
    assert code not in answer.location
    assert "Voter 2" in shown(volunteer, answer.location)
    assert "not for this round" in sent(volunteer, door(assembly, "/find"), words="7K3M9QXR2T5V")


def test_a_phone_is_paired_by_its_digits_at_check_in(
    town: Town, assembly: Assembly, volunteer: FlaskClient
) -> None:
    phone = join_by_phone(town.session, assembly)
    town.session.commit()
    entry = town.voter(assembly.the_round, 1)
    wrong = 1000 if phone.number != 1000 else 1001
    page = sent(
        volunteer, door(assembly, "/check-in"), entry=entry.id, channel="phone", number=wrong
    )
    assert "No phone here has this number" in page
    assert present_in(town.session, assembly.id) == 0
    page = sent(
        volunteer, door(assembly, "/check-in"), entry=entry.id, channel="phone", number=phone.number
    )
    assert f"Votes with phone {phone.number}" in page


def checked_in(town: Town, assembly: Assembly, number: int = 1) -> Attendee:
    entry = town.voter(assembly.the_round, number)
    attendee = check_in(town.session, assembly, entry, town.facilitator, Channel.PHONE)
    town.session.commit()
    return attendee


def test_a_mistake_is_undone_and_leaving_and_coming_back_are_one_button_each(
    town: Town, assembly: Assembly, volunteer: FlaskClient
) -> None:
    attendee = checked_in(town, assembly)
    person = door(assembly, f"/people/{attendee.id}")
    assert "Has left." in sent(volunteer, person, act="leave")
    assert "Have left" in shown(volunteer, door(assembly, "/people"))
    assert "Present." in sent(volunteer, person, act="return")
    assert "Votes on paper" in sent(volunteer, person, act="channel", channel="paper")
    phone = join_by_phone(town.session, assembly)
    town.session.commit()
    page = sent(volunteer, person, act="pair", number=phone.number)
    assert f"Phone {phone.number} is theirs" in page
    assert "was taken back" in sent(volunteer, person, act="undo")
    assert present_in(town.session, assembly.id) == 0
    assert volunteer.get(person).status_code == 404
    assert volunteer.post(door(assembly, "/people/1"), data={}).status_code in (404, 422)


def test_a_facilitator_asks_and_an_officer_on_another_device_lets_a_walk_in_in(
    town: Town, assembly: Assembly, volunteer: FlaskClient, site: Site
) -> None:
    page = sent(volunteer, door(assembly, "/walk-ins"), name="Wanda", channel="paper")
    assert "An officer answers on this page" in page
    assert present_in(town.session, assembly.id) == 0
    assert "QR code of this page" in page  # for an officer who stands beside
    answer = volunteer.post(door(assembly, "/walk-ins/1"), data={"answer": "approve"})
    assert answer.status_code == 403
    officer = site.as_(town.officer)
    assert "Let in" in shown(officer, door(assembly))
    assert "Wanda is checked in" in sent(officer, door(assembly, "/walk-ins/1"), answer="approve")
    town.session.rollback()
    assert present_in(town.session, assembly.id) == 1


def test_an_officer_at_the_door_lets_a_walk_in_in_at_once_or_turns_one_away(
    town: Town, assembly: Assembly, volunteer: FlaskClient, site: Site
) -> None:
    officer = site.as_(town.officer)
    page = sent(officer, door(assembly, "/walk-ins"), name="Wanda", channel="phone")
    assert "Wanda is checked in" in page
    assert "A walk-in" in page
    sent(volunteer, door(assembly, "/walk-ins"), name="Walter", channel="phone")
    page = sent(officer, door(assembly, "/walk-ins/1"), answer="turn-away")
    assert "Walter was turned away" in page
    assert "1 person is present" in page
    assert "Enter a name" in sent(volunteer, door(assembly, "/walk-ins"), name=" ", channel="phone")


def test_who_is_present_says_nothing_of_votes(
    town: Town, assembly: Assembly, volunteer: FlaskClient
) -> None:
    checked_in(town, assembly)
    page = shown(volunteer, door(assembly, "/people"))
    assert "Voter 1" in page
    assert "by phone" in page
    assert "ballot" not in page.lower()


def test_a_phone_that_fails_in_mid_vote_is_replaced_by_a_paper_and_back(
    town: Town, assembly: Assembly, volunteer: FlaskClient, keys: KeyStore, site: Site
) -> None:
    item = assembly.items[0]
    item.settings = {"own_count": True, "profile": "sealed"}
    attendee = checked_in(town, assembly)
    checked_in(town, assembly, 2)
    begin(town.session, assembly, town.facilitator)
    vote = open_vote(town.session, keys, item, town.facilitator)
    bring_stack(town.session, vote.the_round, 1, 9, town.officer)
    town.session.commit()
    person = door(assembly, f"/people/{attendee.id}")
    entry = hall_entry(town.session, vote.the_round, attendee)
    assert entry is not None
    assert "their phone is refused" in sent(volunteer, person, act="hand-out")
    town.session.rollback()
    assert is_on_paper(town.session, vote.round_id, entry.id)
    booth = f"/rounds/{vote.round_id}/ballot"
    assert "You are voting on paper" in shown(site.as_voter(entry), booth)
    code = projects_in(town.session, vote.round_id)[0].code
    answer = site.as_voter(entry).post(booth, data={"project": code, "request_id": "a"})
    assert answer.status_code == 409
    assert "You are voting on paper" in answer.get_data(as_text=True)
    assert "not the serial" in sent(volunteer, person, act="take-in", serial="0001-ZZZ")
    with site.app.app_context():
        serial = serial_of(item, 4)
    assert "Give them a paper" in sent(volunteer, person, act="take-in", serial=serial)
    town.session.expire_all()
    town.session.rollback()
    assert not is_on_paper(town.session, vote.round_id, entry.id)
    assert town.session.get_one(PaperBallot, (vote.round_id, 4)).state == "taken-back"
    assert phone_of(town.session, attendee) is None
    cast_ballot(town.session, keys, vote.the_round, entry, [code], request_id="b")
    town.session.commit()
    assert "is in the box already" in sent(volunteer, person, act="hand-out")


def test_whoever_is_checked_in_on_paper_holds_a_paper_when_the_hall_votes(
    town: Town, assembly: Assembly, keys: KeyStore
) -> None:
    item = assembly.items[0]
    item.settings = {"own_count": True, "profile": "sealed"}
    people = []
    for number, channel in ((1, Channel.PAPER), (2, Channel.PHONE)):
        entry = town.voter(assembly.the_round, number)
        people.append(check_in(town.session, assembly, entry, town.facilitator, channel))
    begin(town.session, assembly, town.facilitator)
    vote = open_vote(town.session, keys, item, town.facilitator)
    entries = [hall_entry(town.session, vote.the_round, person) for person in people]
    held = [entry and is_on_paper(town.session, vote.round_id, entry.id) for entry in entries]
    assert held == [True, False]
