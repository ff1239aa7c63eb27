"""Delivery: every step is public, and who wanted the project is told."""

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ballots.casting import cast_ballot
from ballots.keys import KeyStore
from ballots.moves import conclude_sign_off
from ballots.signoff import Act, InterestKind, decide, declare_interest
from neighbourhoods.delivery import Delivery, DeliveryStatus, deliveries_in
from neighbourhoods.letters import newest_letters
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.proposals import Backing
from tests.builders import Clock, Town
from tests.council import Site

STEP = {
    "status": "started",
    "note": "The bench is ordered.",
    "spent": "500.25",
    "due_on": ["31", "3", "2027"],
}


@pytest.fixture
def officer(town: Town, site: Site) -> FlaskClient:
    return site.as_(town.officer)


@pytest.fixture
def delivery(town: Town, session: Session, keys: KeyStore, clock: Clock) -> Delivery:
    """“Bench 1”, funded with £2,000, proposed by Rita and backed by Nora."""
    the_round = town.round(Phase.VOTE)
    project = projects_in(session, the_round.id)[0]
    session.add(
        Backing(proposal_id=project.proposal_id, person_id=town.neighbour.id, backed_at=clock())
    )
    cast_ballot(
        session, keys, the_round, town.voter(the_round, 1), [project.code], request_id="1" * 32
    )
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    declare_interest(session, the_round, town.councillor, InterestKind.NONE, "")
    decide(session, the_round, town.councillor, Act.APPROVE, "")
    conclude_sign_off(session, keys, the_round)
    (delivery,) = deliveries_in(session, the_round)
    session.commit()
    return delivery


def address(delivery: Delivery) -> str:
    return f"/office/rounds/{delivery.round_id}/deliveries/{delivery.project_id}"


def test_a_step_is_stored_and_shown_with_what_it_cost(
    delivery: Delivery, session: Session, officer: FlaskClient
) -> None:
    answer = officer.post(address(delivery), data=STEP)
    assert answer.status_code == 303
    session.refresh(delivery)
    assert (delivery.status, delivery.spent_pence) == (DeliveryStatus.STARTED, 50_025)
    assert delivery.due_on == date(2027, 3, 31)
    listed = officer.get(answer.location).text
    for words in ("£500.25 spent of £2,000", "Due by Wednesday 31 March 2027", "2 people have"):
        assert words in listed
    assert "The bench is ordered." in officer.get(address(delivery)).text


def test_the_proposer_and_every_backer_are_told(
    delivery: Delivery, town: Town, session: Session, officer: FlaskClient
) -> None:
    officer.post(address(delivery), data=STEP)
    letters = {letter.to_email: letter for letter in newest_letters(session)}
    assert set(letters) == {town.resident.email, town.neighbour.email}
    assert letters[town.resident.email].subject == "“Bench 1”: Started"
    assert "which you proposed" in letters[town.resident.email].body
    assert "which you backed" in letters[town.neighbour.email].body
    for letter in letters.values():
        for words in ("The bench is ordered.", "£500.25 of £2,000", "31 March 2027"):
            assert words in letter.body


def test_a_project_nobody_proposed_here_tells_nobody(
    delivery: Delivery, session: Session, officer: FlaskClient
) -> None:
    delivery.project.proposal = None
    session.commit()
    assert "nobody is written to" in officer.get(address(delivery)).text
    assert officer.post(address(delivery), data=STEP).status_code == 303
    assert newest_letters(session) == []


def test_nothing_spent_and_no_due_date_may_be_left_empty(
    delivery: Delivery, session: Session, officer: FlaskClient
) -> None:
    sent = STEP | {"spent": "", "due_on": ["", "", ""]}
    assert officer.post(address(delivery), data=sent).status_code == 303
    session.refresh(delivery)
    assert (delivery.spent_pence, delivery.due_on) == (0, None)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"spent": "2,000.01"}, "Enter £2,000 or less."),
        ({"spent": "-1"}, "Enter a sum of money in pounds"),
        ({"spent": "9" * 40}, "Enter a sum of money in pounds"),
        ({"note": ""}, "Say what the news is"),
        ({"note": "x" * 10_000}, "Write 3,000 or fewer"),
        ({"status": "lost"}, "Not a valid choice"),
        ({"due_on": ["31", "2", "2027"]}, "Enter a real date"),
    ],
)
def test_a_step_that_cannot_be_is_refused_at_its_field(
    wrong: dict[str, object], words: str, delivery: Delivery, session: Session, officer: FlaskClient
) -> None:
    answer = officer.post(address(delivery), data=STEP | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    session.refresh(delivery)
    assert (delivery.status, delivery.spent_pence) == (DeliveryStatus.PLANNED, 0)
    assert newest_letters(session) == []


def test_a_late_project_is_marked_here_and_on_the_desk(
    delivery: Delivery, clock: Clock, officer: FlaskClient
) -> None:
    officer.post(address(delivery), data=STEP)
    assert "was due" not in officer.get("/office").text
    clock.moves(days=timedelta(weeks=30).days)
    late = "was due on Wednesday 31 March 2027"
    assert f"Late: {late}" in officer.get(f"/office/rounds/{delivery.round_id}/delivery").text
    assert late in officer.get("/office").text
    officer.post(address(delivery), data=STEP | {"status": "finished", "spent": ""})
    assert late not in officer.get("/office").text


def test_a_round_without_funded_projects_says_so(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.SIGN_OFF)
    session.commit()
    page = officer.get(f"/office/rounds/{the_round.id}/delivery").text
    assert "Nothing to deliver yet" in page


def test_another_rounds_delivery_is_not_found(
    delivery: Delivery, town: Town, session: Session, officer: FlaskClient
) -> None:
    elsewhere = town.round(Phase.VOTE, community=town.other_ward)
    session.commit()
    wrong = f"/office/rounds/{elsewhere.id}/deliveries/{delivery.project_id}"
    assert officer.get(wrong).status_code == 404
    assert officer.post(wrong, data=STEP).status_code == 404
