"""Officers put right a source, hold money back, release it and return what is left."""

import pytest

from neighbourhoods.delivery import Delivery, DeliveryStatus, commit_money
from neighbourhoods.funds import position_of
from neighbourhoods.money import Account, balance_of, entries_about
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from tests.builders import Town
from tests.council import Site


@pytest.fixture
def delivery(town: Town) -> Delivery:
    the_round = town.round(Phase.SIGN_OFF)
    the_round.phase = Phase.DELIVERY
    made = commit_money(town.session, projects_in(town.session, the_round.id)[0], 200_000)
    town.session.commit()
    return made


def at(delivery: Delivery, page: str = "") -> str:
    return f"/office/rounds/{delivery.round_id}/deliveries/{delivery.project_id}{page}"


def held(town: Town, delivery: Delivery) -> int:
    town.session.rollback()
    fund_id = delivery.project.the_round.fund_id
    return balance_of(town.session, fund_id, Account.HELD, delivery.project_id)


def test_an_officer_takes_out_a_source_and_says_why(site: Site, town: Town) -> None:
    fund = town.fund(pence=1_000)
    town.session.commit()
    officer = site.as_(town.officer)
    address = f"/office/funds/{fund.id}/sources/{fund.sources[0].id}/take-out"
    assert "Council" in officer.get(address).text
    assert officer.post(address, data={"why": ""}).status_code == 422
    page = officer.post(address, data={"why": "It was for Hillfields."}, follow_redirects=True)
    assert "It was for Hillfields." in page.text
    town.session.rollback()
    assert position_of(town.session, fund).allocated_pence == 0
    refused = officer.post(address, data={"why": "Again."})
    assert (refused.status_code, "has been taken out already" in refused.text) == (422, True)


def test_a_source_of_another_fund_is_not_found(site: Site, town: Town) -> None:
    mine, theirs = town.fund(), town.fund()
    town.session.commit()
    address = f"/office/funds/{mine.id}/sources/{theirs.sources[0].id}/take-out"
    assert site.as_(town.officer).get(address).status_code == 404


def test_no_community_is_chosen_before_an_officer_chooses_it(site: Site, town: Town) -> None:
    data = {"name": "Pot", "financial_year": "2026-27"}
    page = site.as_(town.officer).post("/office/funds/new", data=data)
    assert page.status_code == 422
    assert "Choose whose money it is" in page.text


def test_an_officer_holds_money_back_and_releases_it(
    site: Site, town: Town, delivery: Delivery
) -> None:
    officer = site.as_(town.officer)
    too_much = officer.post(at(delivery, "/hold"), data={"pence": "2000.01", "condition": "x"})
    assert "Enter £2,000 or less" in too_much.text
    data = {"pence": "500", "condition": "The trust agrees."}
    page = officer.post(at(delivery, "/hold"), data=data, follow_redirects=True)
    assert "£500 is held back until: The trust agrees." in page.text
    assert held(town, delivery) == 50_000
    (condition,) = entries_about(town.session, [delivery.project_id])[1:]
    met = at(delivery, f"/conditions/{condition.id}")
    assert officer.post(met, data={"why": ""}).status_code == 422
    page = officer.post(met, data={"why": "It did on 3 May."}, follow_redirects=True)
    assert "is held back until" not in page.text
    assert held(town, delivery) == 0


def test_what_is_no_condition_of_this_project_is_not_found(
    site: Site, town: Town, delivery: Delivery
) -> None:
    (promise,) = entries_about(town.session, [delivery.project_id])
    answer = site.as_(town.officer).get(at(delivery, f"/conditions/{promise.id}"))
    assert answer.status_code == 404


def test_an_officer_returns_what_a_finished_project_leaves(
    site: Site, town: Town, delivery: Delivery
) -> None:
    officer = site.as_(town.officer)
    early = officer.post(at(delivery, "/return"), data={"where": "fund", "why": "Cheaper."})
    assert early.status_code == 409
    report = {"status": DeliveryStatus.FINISHED.value, "note": "Done.", "spent": "1500"}
    officer.post(at(delivery), data=report)
    assert "Return the £500 that is left" in officer.get(at(delivery)).text
    nowhere = officer.post(at(delivery, "/return"), data={"where": "elsewhere", "why": "Cheaper."})
    assert "Name the place where the money goes." in nowhere.text
    officer.post(at(delivery, "/return"), data={"where": "fund", "why": "Cheaper."})
    town.session.rollback()
    position = position_of(town.session, delivery.project.the_round.fund)
    assert (position.available_pence, position.spent_pence) == (850_000, 150_000)
