"""The menu: services with a price, put on offer and taken off again."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from neighbourhoods.proposals import MenuItem
from neighbourhoods.proposals import menu as on_offer
from tests.builders import Town
from tests.council import Site

SERVICE = {
    "title": "Dog waste bin",
    "about": "Put up and emptied.",
    "category": "Streets",
    "cost": "350",
    "yearly": "120.50",
}


@pytest.fixture
def officer(town: Town, site: Site) -> FlaskClient:
    return site.as_(town.officer)


def test_a_service_is_offered_with_its_price(officer: FlaskClient, session: Session) -> None:
    assert "The menu is empty" in officer.get("/office/menu").text
    answer = officer.post("/office/menu", data=SERVICE)
    assert (answer.status_code, answer.location) == (303, "/office/menu")
    page = officer.get("/office/menu").text
    for words in ("Dog waste bin", "Streets", "£350, and £120.50 a year"):
        assert words in page


def test_a_service_without_running_costs_leaves_them_empty(
    officer: FlaskClient, session: Session
) -> None:
    officer.post("/office/menu", data=SERVICE | {"yearly": ""})
    assert session.scalars(select(MenuItem)).one().yearly_pence == 0


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"title": ""}, "Enter the name of the service"),
        ({"title": "x" * 101}, "Write 100 or fewer"),
        ({"about": "\x00"}, "Say what a neighbourhood gets"),
        ({"category": "x" * 41}, "Write 40 or fewer"),
        ({"cost": "0"}, "more than £0"),
        ({"cost": "9" * 99}, "Enter a sum of money in pounds"),
        ({"yearly": "-1"}, "Enter a sum of money in pounds"),
    ],
)
def test_a_service_without_a_name_or_price_is_refused_at_its_field(
    wrong: dict[str, str], words: str, officer: FlaskClient, session: Session
) -> None:
    answer = officer.post("/office/menu", data=SERVICE | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert on_offer(session) == []


def test_a_service_is_taken_off_and_kept_for_its_proposals(
    officer: FlaskClient, session: Session
) -> None:
    officer.post("/office/menu", data=SERVICE)
    item = session.scalars(select(MenuItem)).one()
    address = f"/office/menu/{item.id}/stop"
    session.rollback()
    assert officer.post(address).status_code == 303
    session.refresh(item)
    assert not item.offered
    assert "The menu is empty" in officer.get("/office/menu").text


@pytest.mark.parametrize("number", [999, 10**30])
def test_a_service_that_does_not_exist_is_not_found(number: int, officer: FlaskClient) -> None:
    assert officer.post(f"/office/menu/{number}/stop").status_code == 404
