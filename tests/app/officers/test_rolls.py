"""The electoral roll: imported whole or not at all; voter cards to print."""

import io
import re
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.settings import Settings
from neighbourhoods.eligibility import entry_by_code, roll_size, voter_code
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.builders import Town
from tests.council import Site

HEADER = "reference,name,postcode,email\n"
TWO_PEOPLE = HEADER + "A1,Ann O'Hare,ZZ1 1AA,ann@example.org\nA2,Bob,,\n"


@pytest.fixture
def officer(town: Town, site: Site) -> FlaskClient:
    return site.as_(town.officer)


@pytest.fixture
def the_round(town: Town, session: Session) -> Round:
    the_round = town.round(Phase.SET_UP, voters=0)
    session.commit()
    return the_round


def send(officer: FlaskClient, the_round: Round, roll: str | bytes, **more: str) -> TestResponse:
    raw = roll.encode() if isinstance(roll, str) else roll
    sent = {"file": (io.BytesIO(raw), "roll.csv")} | more
    return officer.post(f"/office/rounds/{the_round.id}/roll", data=sent)


def test_a_good_file_becomes_the_roll(
    the_round: Round, session: Session, officer: FlaskClient
) -> None:
    assert send(officer, the_round, TWO_PEOPLE).status_code == 303
    assert roll_size(session, the_round.id) == 2
    assert "2 people are on the roll." in officer.get(f"/office/rounds/{the_round.id}/roll").text


def test_codes_printed_on_cards_find_their_owner(
    the_round: Round, session: Session, officer: FlaskClient, test_settings: Settings
) -> None:
    send(officer, the_round, TWO_PEOPLE)
    key = test_settings.key_for("voter-codes")
    entry = entry_by_code(session, key, voter_code(key, the_round.id, "A1"))
    assert entry is not None
    assert entry.name == "Ann O'Hare"


def test_every_bad_line_is_named_with_its_reason_and_nothing_is_imported(
    the_round: Round, session: Session, officer: FlaskClient
) -> None:
    roll = HEADER + (
        "A1,Ann,ZZ1 1AA,ann@example.org\n"
        "A1,Bob,,\n"
        ",Cid,,\n"
        "A4,,,\n"
        "A5,Eve,nowhere,\n"
        "A6,Fay,,not an address\n"
        "A7,Gus,,ann@example.org\n"
        "A8,Hal\n"
    )
    answer = send(officer, the_round, roll)
    assert answer.status_code == 422
    for words in (
        "Line 3: The reference A1 stands on an earlier line too.",
        "Line 4: The reference is empty.",
        "Line 5: The name is empty.",
        "Line 6: nowhere is not a UK postcode.",
        "Line 7: not an address is not an e-mail address.",
        "Line 8: ann@example.org stands on an earlier line too.",
        "Line 9: This line does not have four columns.",
        "Nothing was imported.",
    ):
        assert words in answer.text
    assert roll_size(session, the_round.id) == 0


@pytest.mark.parametrize(
    ("roll", "words"),
    [
        ("", "The first line must name the columns"),
        ("name\nAnn\n", "The first line must name the columns"),
        (HEADER, "The file names nobody."),
        (TWO_PEOPLE.encode("utf-16"), "This is not a CSV file in UTF-8."),
        (b"\xff\xd8\xff\xe0 a photograph", "This is not a CSV file in UTF-8."),
        (HEADER + "A1,An\x00n,,\n", "This is not a CSV file in UTF-8."),
        (HEADER + "A1,<script>alert(1)</script>,bad,\n", "Line 2: bad is not a UK postcode."),
    ],
)
def test_what_is_no_roll_is_refused_in_plain_words(
    roll: str | bytes, words: str, the_round: Round, session: Session, officer: FlaskClient
) -> None:
    answer = send(officer, the_round, roll)
    assert answer.status_code == 422
    assert words in answer.text
    assert roll_size(session, the_round.id) == 0


def test_a_file_of_nothing_but_faults_shows_the_first_hundred(
    the_round: Round, officer: FlaskClient
) -> None:
    answer = send(officer, the_round, HEADER + ",,,x\n" * 500)
    assert answer.status_code == 422
    assert "These are the first hundred." in answer.text


def test_choosing_no_file_is_refused(the_round: Round, officer: FlaskClient) -> None:
    answer = officer.post(f"/office/rounds/{the_round.id}/roll", data={})
    assert answer.status_code == 422
    assert "Choose a CSV file" in answer.text


def test_a_file_above_five_megabytes_is_refused(
    the_round: Round, session: Session, officer: FlaskClient
) -> None:
    roll = HEADER + "".join(f"A{n},{'x' * 100},,\n" for n in range(51_000))
    answer = send(officer, the_round, roll)
    answer.request.environ["wsgi.input"].close()  # the test client leaves large bodies open
    assert answer.status_code == 413
    assert "This file is too large" in answer.text
    assert roll_size(session, the_round.id) == 0


def test_a_roll_that_is_there_is_replaced_only_when_the_officer_says_so(
    the_round: Round, session: Session, officer: FlaskClient
) -> None:
    send(officer, the_round, TWO_PEOPLE)
    one_person = HEADER + "B1,Zoe,,\n"
    answer = send(officer, the_round, one_person)
    assert answer.status_code == 422
    assert "The file names 1 person. Tick the box to replace the roll of 2" in answer.text
    assert roll_size(session, the_round.id) == 2
    assert send(officer, the_round, one_person, replace="y").status_code == 303
    session.rollback()
    assert roll_size(session, the_round.id) == 1


def test_from_the_vote_on_the_roll_is_closed(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.VOTE)
    session.commit()
    page = officer.get(f"/office/rounds/{the_round.id}/roll").text
    assert "This can no longer change." in page
    assert 'type="file"' not in page
    assert send(officer, the_round, TWO_PEOPLE, replace="y").status_code == 409
    assert roll_size(session, the_round.id) == 6


def test_the_empty_file_can_be_sent_back_as_it_is(
    the_round: Round, session: Session, officer: FlaskClient
) -> None:
    empty = officer.get(f"/office/rounds/{the_round.id}/roll.csv")
    assert empty.mimetype == "text/csv"
    assert send(officer, the_round, empty.data).status_code == 303
    assert roll_size(session, the_round.id) == 1


@pytest.mark.parametrize(
    ("words", "found"),
    [("o'h", True), ("A1", True), ("%", False), ("_", False), ("\x00", False), ("x" * 999, False)],
)
def test_somebody_is_looked_up_by_name_or_reference(
    words: str, found: bool, the_round: Round, officer: FlaskClient
) -> None:
    send(officer, the_round, TWO_PEOPLE)
    page = officer.get(f"/office/rounds/{the_round.id}/roll", query_string={"q": words}).text
    assert ("Ann O&#39;Hare, A1" in page) is found


def test_each_voter_card_shows_its_code_in_fours_and_as_a_qr_code(
    the_round: Round, officer: FlaskClient, test_settings: Settings
) -> None:
    send(officer, the_round, TWO_PEOPLE)
    page = officer.get(f"/office/rounds/{the_round.id}/voter-cards").text
    code = voter_code(test_settings.key_for("voter-codes"), the_round.id, "A1")
    assert " ".join(re.findall("....", code)) in page
    assert f"localhost/rounds/{the_round.id}/identify" in page
    drawings = re.findall(r"<svg .*?</svg>", page, re.DOTALL)
    assert len([drawn for drawn in drawings if ElementTree.fromstring(drawn) is not None]) == 2  # noqa: S314 - our own page


def test_voter_cards_come_fifty_to_a_page(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.SET_UP, voters=60)
    session.commit()
    address = f"/office/rounds/{the_round.id}/voter-cards"
    first, second = officer.get(address).text, officer.get(address + "?page=2").text
    assert first.count('class="wm-voter-card"') == 50
    assert second.count('class="wm-voter-card"') == 10
    assert "Next page" in first
    assert "Previous page" in second
    for page in ("3", "0", "-1", "9" * 30):
        assert officer.get(f"{address}?page={page}").status_code == 404
