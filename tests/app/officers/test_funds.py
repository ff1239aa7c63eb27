"""Funds: opening one, naming its sources, starting a round over it."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from neighbourhoods.funds import Fund, FundSource
from neighbourhoods.places import CommunityKind, add_community
from neighbourhoods.rounds import Round
from tests.builders import Town
from tests.council import Site

SOURCE = {
    "kind": "parking-income",
    "name": "Parking charges",
    "amount": "1,234.50",
    "given_on": ["1", "4", "2026"],
}
ROUND = {
    "title": "Canal Side decides",
    "purpose": "To choose.",
    "promise": "What wins is done.",
    "budget": "10,000",
}


@pytest.fixture
def officer(town: Town, site: Site) -> FlaskClient:
    return site.as_(town.officer)


def test_an_officer_opens_a_fund_for_a_community_of_interest(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    young = add_community(session, CommunityKind.INTEREST, "Young people")
    session.commit()
    sent = {"community": young.id, "name": " Youth  fund ", "financial_year": "2026-27"}
    answer = officer.post("/office/funds/new", data=sent)
    fund = session.scalars(select(Fund)).one()
    assert (answer.status_code, answer.location) == (303, f"/office/funds/{fund.id}")
    assert (fund.name, fund.community.name, fund.about) == ("Youth fund", "Young people", "")


def test_the_year_offered_first_is_the_one_we_are_in(officer: FlaskClient) -> None:
    page = officer.get("/office/funds/new").text
    years = [year for year in ("2026-27", "2027-28", "2028-29", "2025-26") if year in page]
    assert years == sorted(years, key=page.index)
    assert len(years) == 4


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "Enter a name for the fund"),
        ({"name": "x" * 121}, "Write 120 or fewer"),
        ({"financial_year": "1999-00"}, "Not a valid choice"),
        ({"community": "999999"}, "Not a valid choice"),
        ({"about": "x" * 10_000}, "This is 10,000 characters long"),
    ],
)
def test_a_fund_that_is_not_well_described_is_not_opened(
    wrong: dict[str, str], words: str, town: Town, session: Session, officer: FlaskClient
) -> None:
    sent = {"community": town.ward.id, "name": "Pot", "financial_year": "2026-27", "about": ""}
    answer = officer.post("/office/funds/new", data=sent | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert "There is a problem" in answer.text
    assert session.scalars(select(Fund)).all() == []


def test_a_source_is_added_to_the_penny_and_the_total_grows(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    fund = town.fund(pence=1_000_000)
    session.commit()
    answer = officer.post(f"/office/funds/{fund.id}", data=SOURCE)
    assert answer.status_code == 303
    page = officer.get(answer.location).text
    for words in ("Parking charges", "Share of parking income", "£1,234.50", "£11,234.50"):
        assert words in page
    assert "Wednesday 1 April 2026" in page


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"amount": "0"}, "more than £0"),
        ({"amount": "-5"}, "Enter a sum of money in pounds"),
        ({"amount": "9" * 50}, "Enter a sum of money in pounds"),
        ({"amount": ""}, "Enter the sum"),
        ({"given_on": ["", "", ""]}, "Enter the date it was given"),
        ({"given_on": ["31", "2", "2026"]}, "Enter a real date"),
        ({"kind": "lottery"}, "Not a valid choice"),
        ({"name": "\x00"}, "Enter the name of the source"),
    ],
)
def test_a_source_without_a_proper_sum_date_or_name_is_refused_at_its_field(
    wrong: dict[str, object], words: str, town: Town, session: Session, officer: FlaskClient
) -> None:
    fund = town.fund()
    session.commit()
    answer = officer.post(f"/office/funds/{fund.id}", data=SOURCE | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert len(session.scalars(select(FundSource)).all()) == 1


def test_a_fund_without_money_says_so_and_starts_no_round(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    fund = Fund(community=town.ward, name="Empty", financial_year="2026-27")
    session.add(fund)
    session.commit()
    page = officer.get(f"/office/funds/{fund.id}").text
    assert "No money yet" in page
    assert "Start a round" not in page


def test_an_officer_starts_a_round_over_a_fund(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    fund = town.fund(pence=1_500_000)
    session.commit()
    page = officer.get(f"/office/funds/{fund.id}/rounds/new").text
    assert "The fund still holds £15,000." in page
    answer = officer.post(f"/office/funds/{fund.id}/rounds/new", data=ROUND)
    the_round = session.scalars(select(Round)).one()
    assert (answer.status_code, answer.location) == (303, f"/office/rounds/{the_round.id}")
    assert (the_round.budget_pence, the_round.promise) == (1_000_000, "What wins is done.")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"budget": "10,000.01"}, "Enter £10,000 or less, or add a source"),
        ({"budget": "999,999,999"}, "Enter £10,000 or less, or add a source"),
        ({"budget": ""}, "Enter the budget"),
        ({"promise": ""}, "Say what will be done with the answer"),
        ({"purpose": "x" * 10_000}, "Write 3,000 or fewer"),
    ],
)
def test_a_round_that_promises_too_much_or_too_little_is_refused_at_its_field(
    wrong: dict[str, str], words: str, town: Town, session: Session, officer: FlaskClient
) -> None:
    fund = town.fund()
    session.commit()
    answer = officer.post(f"/office/funds/{fund.id}/rounds/new", data=ROUND | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert session.scalars(select(Round)).all() == []


def test_the_list_of_funds_is_friendly_when_empty_and_shows_what_is_left(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    assert "No funds yet" in officer.get("/office/funds").text
    town.round()
    session.commit()
    assert "£10,000 in the fund, £0 not yet in a round" in officer.get("/office/funds").text
