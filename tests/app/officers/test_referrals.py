"""Referral: officers answer, councillors are told and decide afresh."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ballots.referrals import referrals_of
from ballots.sheets import SheetGiven
from ballots.signing import ReferTo
from ballots.signoff import sign_off_of
from neighbourhoods.letters import newest_letters
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.builders import Town
from tests.council import Site


@pytest.fixture
def officer(town: Town, site: Site) -> FlaskClient:
    return site.as_(town.officer)


@pytest.fixture
def sent_back(town: Town, session: Session) -> Round:
    """A round whose outcome a councillor has referred back."""
    the_round = town.round(Phase.SIGN_OFF, approvals=2)
    town.declares_none(the_round, town.councillor)
    asked = SheetGiven(
        reasons="Nobody asked.", refer_to=ReferTo.OFFICERS, question="Who mends Bench 3?"
    )
    town.signs(the_round, town.councillor, asked)
    session.commit()
    return the_round


def test_the_reasons_are_shown_and_the_answer_opens_a_new_sitting(
    sent_back: Round, town: Town, session: Session, officer: FlaskClient
) -> None:
    address = f"/office/rounds/{sent_back.id}/referral"
    page = officer.get(address).text
    assert "Who mends Bench 3?" in page
    assert "Cora Councillor" in page
    answer = officer.post(address, data={"answer": "The parks team does."})
    assert (answer.status_code, answer.location) == (303, f"/office/rounds/{sent_back.id}")
    sign_off = sign_off_of(session, sent_back)
    assert (sign_off.sitting, sign_off.referral) == (2, None)
    assert "The parks team does." in officer.get(address).text


def test_every_councillor_is_told_of_the_answer(
    sent_back: Round, town: Town, session: Session, officer: FlaskClient
) -> None:
    address = f"/office/rounds/{sent_back.id}/referral"
    officer.post(address, data={"answer": "The parks team does."})
    letters = newest_letters(session)
    assert {letter.to_email for letter in letters} == {
        town.councillor.email,
        town.second_councillor.email,
    }
    assert "The parks team does." in letters[0].body
    assert f"http://localhost/decisions/{sent_back.id}" in letters[0].body


@pytest.mark.parametrize("words", ["", " \n ", "\x00", "x" * 10_000])
def test_an_answer_that_says_nothing_or_too_much_is_refused(
    words: str, sent_back: Round, session: Session, officer: FlaskClient
) -> None:
    answer = officer.post(f"/office/rounds/{sent_back.id}/referral", data={"answer": words})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    assert [one.answer for one in referrals_of(session, sent_back.id)] == [None]


@pytest.mark.parametrize("phase", [Phase.SIGN_OFF, Phase.VOTE])
def test_what_was_not_referred_back_cannot_be_answered(
    phase: Phase, town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(phase)
    session.commit()
    address = f"/office/rounds/{the_round.id}/referral"
    assert "Nothing waits for an answer." in officer.get(address).text
    for words in ("Yes.", ""):
        assert officer.post(address, data={"answer": words}).status_code == 409


def test_answering_twice_is_refused(sent_back: Round, officer: FlaskClient) -> None:
    address = f"/office/rounds/{sent_back.id}/referral"
    officer.post(address, data={"answer": "Once."})
    assert officer.post(address, data={"answer": "Twice."}).status_code == 409
