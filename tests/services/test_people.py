"""Signing in with a one-time code, and holding office."""

from datetime import date

from neighbourhoods.people import (
    CODE_TRIES,
    CodeRefusal,
    Office,
    Person,
    appoint,
    ask_for_code,
    councillors_for,
    offices_of,
    redeem_code,
)
from tests.builders import Clock, Town

KEY = b"sign-in"


def test_a_code_signs_in_whoever_owns_the_address_however_it_is_written(town: Town) -> None:
    code = ask_for_code(town.session, KEY, " Rita.Resident@Example.org ")
    assert redeem_code(town.session, KEY, "rita.resident@example.org", code) is town.resident


def test_somebody_new_becomes_a_person_when_their_code_is_right(town: Town) -> None:
    code = ask_for_code(town.session, KEY, "new@example.org")
    person = redeem_code(town.session, KEY, "new@example.org", code)
    assert isinstance(person, Person)
    assert (person.email, person.name) == ("new@example.org", "")


def test_a_code_works_once(town: Town) -> None:
    code = ask_for_code(town.session, KEY, "rita.resident@example.org")
    redeem_code(town.session, KEY, "rita.resident@example.org", code)
    again = redeem_code(town.session, KEY, "rita.resident@example.org", code)
    assert again is CodeRefusal.SPENT


def test_a_code_is_spent_after_a_quarter_of_an_hour(town: Town, clock: Clock) -> None:
    code = ask_for_code(town.session, KEY, "rita.resident@example.org")
    clock.moves(minutes=15)
    refused = redeem_code(town.session, KEY, "rita.resident@example.org", code)
    assert refused is CodeRefusal.SPENT


def test_guessing_spends_the_code(town: Town) -> None:
    code = ask_for_code(town.session, KEY, "rita.resident@example.org")
    wrong = "000000" if code != "000000" else "000001"
    for _ in range(CODE_TRIES):
        answer = redeem_code(town.session, KEY, "rita.resident@example.org", wrong)
        assert answer is CodeRefusal.WRONG
    answer = redeem_code(town.session, KEY, "rita.resident@example.org", code)
    assert answer is CodeRefusal.SPENT


def test_a_newer_code_replaces_the_older_one(town: Town) -> None:
    older = ask_for_code(town.session, KEY, "rita.resident@example.org")
    newer = ask_for_code(town.session, KEY, "rita.resident@example.org")
    if older != newer:
        answer = redeem_code(town.session, KEY, "rita.resident@example.org", older)
        assert answer is CodeRefusal.WRONG
    assert redeem_code(town.session, KEY, "rita.resident@example.org", newer) is town.resident


def test_a_councillor_answers_for_the_neighbourhoods_of_their_ward(town: Town) -> None:
    assert councillors_for(town.session, town.neighbourhood) == [
        town.second_councillor,
        town.councillor,
    ]


def test_somebody_whose_term_has_ended_holds_no_office(town: Town, clock: Clock) -> None:
    past = town.person("Paul Past")
    appointment = appoint(town.session, past, Office.COUNCILLOR, town.ward, date(2019, 5, 2))
    appointment.ends_on = clock().date()
    town.session.flush()
    assert offices_of(town.session, past) == []
    assert past not in councillors_for(town.session, town.ward)
