"""Moving a round: what holds it back, what it needs, what it leaves in the log."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.officers import moving
from ballots.casting import cast_ballot
from ballots.counting import TooHardError
from ballots.keys import KeyStore
from ballots.outcome import outcome_of
from ballots.voting_rules import rules_of
from neighbourhoods.letters import newest_letters
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.builders import Town
from tests.council import Site


@pytest.fixture
def officer(town: Town, site: Site) -> FlaskClient:
    return site.as_(town.officer)


def move(officer: FlaskClient, the_round: Round, to: str, **sent: str) -> tuple[int, str]:
    answer = officer.post(f"/office/rounds/{the_round.id}/move?to={to}", data=sent)
    return answer.status_code, answer.text


def test_a_move_is_logged_with_who_and_why(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.SET_UP)
    session.commit()
    assert move(officer, the_round, "ideas", why="The posters are up.")[0] == 303
    session.refresh(the_round)
    assert the_round.phase == Phase.IDEAS
    page = officer.get(f"/office/rounds/{the_round.id}").text
    for words in ("Set-up to Ideas", "The posters are up.", "midday", "Olive Officer"):
        assert words in page


@pytest.mark.parametrize("why", ["", "   ", "\x00", "x" * 10_000])
def test_a_move_without_a_proper_reason_is_refused(
    why: str, town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.SET_UP)
    session.commit()
    status, page = move(officer, the_round, "ideas", why=why)
    assert status == 422
    assert "There is a problem" in page
    session.refresh(the_round)
    assert the_round.moves == []


def test_before_the_vote_a_round_may_go_back(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.SCREENING)
    session.commit()
    assert "Back to Ideas" in officer.get(f"/office/rounds/{the_round.id}").text
    assert move(officer, the_round, "ideas", why="More ideas came in.")[0] == 303
    session.refresh(the_round)
    assert the_round.phase == Phase.IDEAS


@pytest.mark.parametrize("to", ["review", "set-up", "vote", "", "nowhere", "<script>"])
def test_a_move_that_the_phases_do_not_know_is_refused(
    to: str, town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.IDEAS)
    before = the_round.phase
    if to == "set-up":
        the_round = town.round(Phase.VOTE)
    session.commit()
    assert move(officer, the_round, to, why="Because.", sure="y")[0] == 409
    session.refresh(the_round)
    assert the_round.phase in (before, Phase.VOTE)
    assert officer.get(f"/office/rounds/{the_round.id}/move?to={to}").status_code == 303


def test_what_is_still_to_be_done_stands_in_words_instead_of_the_form(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.IDEAS, proposals=3)
    the_round.phase = Phase.SCREENING
    session.commit()
    page = officer.get(f"/office/rounds/{the_round.id}/move?to=debate").text
    assert "Screen the 3 proposals that are still waiting." in page
    assert "<textarea" not in page
    status, page = move(officer, the_round, "debate", why="Now.")
    assert status == 422
    assert "Screen the 3 proposals that are still waiting." in page
    session.refresh(the_round)
    assert the_round.phase == Phase.SCREENING


def test_before_the_vote_opens_the_officer_sees_what_will_be_fixed(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.DEBATE, voters=6)
    session.commit()
    page = officer.get(f"/office/rounds/{the_round.id}/move?to=vote").text
    for words in ("4 projects", "6 people", "£10,000", "Approval", "nobody can change them"):
        assert words in page


def test_the_vote_opens_only_when_the_officer_says_that_they_are_sure(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.DEBATE)
    session.commit()
    status, page = move(officer, the_round, "vote", why="It is time.")
    assert status == 422
    assert "Tick the box to say that you have checked this" in page
    assert move(officer, the_round, "vote", why="It is time.", sure="y")[0] == 303
    session.refresh(the_round)
    rules = rules_of(session, the_round.id)
    assert the_round.phase == Phase.VOTE
    assert rules is not None
    assert rules.frozen_hash is not None


def test_closing_the_vote_counts_it_and_writes_to_the_councillors(
    town: Town, session: Session, keys: KeyStore, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.VOTE)
    code = projects_in(session, the_round.id)[0].code
    cast_ballot(session, keys, the_round, town.voter(the_round, 1), [code], request_id="1" * 32)
    session.commit()
    assert move(officer, the_round, "count", why="The week is over.", sure="y")[0] == 303
    session.refresh(the_round)
    outcome = outcome_of(session, the_round.id)
    assert the_round.phase == Phase.SIGN_OFF
    assert outcome is not None
    assert outcome.winners == [code]
    letters = {letter.to_email: letter for letter in newest_letters(session)}
    assert set(letters) == {town.councillor.email, town.second_councillor.email}
    letter = letters[town.councillor.email]
    assert "waits for you" in letter.subject
    assert f"http://localhost/decisions/{the_round.id}" in letter.body


def test_closing_needs_the_officer_to_be_sure(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.VOTE)
    session.commit()
    assert move(officer, the_round, "count", why="The week is over.")[0] == 422
    session.refresh(the_round)
    assert the_round.phase == Phase.VOTE


def test_a_second_press_of_the_closing_button_changes_nothing(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.VOTE)
    session.commit()
    move(officer, the_round, "count", why="The week is over.", sure="y")
    assert move(officer, the_round, "count", why="The week is over.", sure="y")[0] == 409
    session.refresh(the_round)
    assert [one.to_phase for one in the_round.moves][-2:] == [Phase.COUNT, Phase.SIGN_OFF]


def test_a_closed_vote_that_was_not_counted_can_be_counted_by_hand(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.COUNT)
    session.commit()
    assert "Count the votes" in officer.get(f"/office/rounds/{the_round.id}").text
    assert move(officer, the_round, "sign-off", why="The clock stood still.")[0] == 303
    session.refresh(the_round)
    assert the_round.phase == Phase.SIGN_OFF


def test_a_vote_that_its_rule_cannot_decide_stays_closed_and_says_so(
    town: Town, session: Session, officer: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_hard(_round_id: int) -> None:
        raise TooHardError("more sets than can be compared")

    monkeypatch.setattr(moving, "counted_away", too_hard)
    the_round = town.round(Phase.COUNT)
    session.commit()
    status, page = move(officer, the_round, "sign-off", why="The clock stood still.")
    assert status == 409
    assert "its rule cannot decide it" in page
    session.refresh(the_round)
    assert the_round.phase == Phase.COUNT


def test_delivery_cannot_begin_by_hand_before_councillors_approve(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.SIGN_OFF)
    session.commit()
    status, page = move(officer, the_round, "delivery", why="In a hurry.")
    assert status == 422
    assert "Wait until the outcome is decided." in page


def test_delivery_never_begins_without_committed_money_and_a_frozen_record(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.SIGN_OFF)
    town.approves(the_round, town.councillor)
    session.commit()
    assert move(officer, the_round, "delivery", why="Approved.")[0] == 303
    session.refresh(the_round)
    assert the_round.phase == Phase.DELIVERY
    assert the_round.moves[-1].why == "signed-off"
