"""What officers set and add for sign-off: the route, notes, withdrawals, register, quiet days."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.bundle import bundle_hash, costs_to_sign
from ballots.decision_routes import DecisionRoute
from ballots.routes import RouteName
from ballots.signing import OfficerNote
from ballots.stages import QuietPeriod, route_for, withdrawn_in
from neighbourhoods.interests import RegisteredInterest
from neighbourhoods.people import Office
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from tests.app.public.builders import counted_round
from tests.builders import Town
from tests.council import Site


@pytest.fixture
def officer(town: Town, site: Site) -> FlaskClient:
    return site.as_(town.officer)


def test_the_route_of_a_fund_is_chosen_and_drawn_stage_by_stage(
    officer: FlaskClient, town: Town, session: Session
) -> None:
    the_round = town.round(Phase.DEBATE)
    session.commit()
    where = f"/office/funds/{the_round.fund_id}/route"
    sent = {"route": "cabinet-member", "agreement": "unanimous", "call_in_days": "7"}
    assert officer.post(where, data=sent).status_code == 303
    page = officer.get(where).text
    stages = ["Councillors of the community", "Finance officer", "Legal officer", "Cabinet member"]
    places = [page.index(f"<span>{stage}</span>") for stage in stages]
    assert places == sorted(places)
    assert "the monitoring officer says who acts instead" in page
    session.expire_all()
    assert route_for(session, the_round).route.name is RouteName.CABINET_MEMBER


def test_a_round_that_has_opened_keeps_the_route_that_was_promised(
    officer: FlaskClient, town: Town, session: Session
) -> None:
    the_round = town.round(Phase.VOTE)
    session.commit()
    sent = {"route": "officer", "agreement": "majority", "call_in_days": "0"}
    officer.post(f"/office/funds/{the_round.fund_id}/route", data=sent)
    session.expire_all()
    assert route_for(session, the_round).route.name is RouteName.WARD_MEMBERS


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"route": ""}, "Choose who decides"),
        ({"agreement": ""}, "Choose how many must agree"),
        ({"call_in_days": "91"}, "Enter a whole number from 0 to 90"),
        ({"route": "officer", "agreement": "shares"}, "only for a route on which ward"),
    ],
)
def test_a_route_that_cannot_be_is_refused(
    wrong: dict[str, str], words: str, officer: FlaskClient, town: Town, session: Session
) -> None:
    fund = town.fund()
    session.commit()
    sent = {"route": "ward-members", "agreement": "majority", "call_in_days": "5"} | wrong
    answer = officer.post(f"/office/funds/{fund.id}/route", data=sent)
    assert answer.status_code == 422
    assert words in answer.text
    assert session.get(DecisionRoute, fund.id) is None


def test_notes_are_kept_and_change_what_is_signed(
    officer: FlaskClient, town: Town, session: Session
) -> None:
    the_round = counted_round(town)
    before = bundle_hash(session, the_round)
    session.commit()
    where = f"/office/rounds/{the_round.id}/notes"
    sent = {"finance": "The <b>fund</b> holds it.", "legal": "", "equality": ""}
    assert officer.post(where, data=sent).status_code == 303
    assert "The &lt;b&gt;fund&lt;/b&gt; holds it." in officer.get(where).text
    assert bundle_hash(session, the_round) != before
    session.commit()
    officer.post(where, data=dict.fromkeys(sent, ""))
    assert session.scalars(select(OfficerNote)).all() == []


def test_a_project_is_withdrawn_with_a_reason(
    officer: FlaskClient, town: Town, session: Session
) -> None:
    the_round = counted_round(town)
    code = next(iter(costs_to_sign(session, the_round)))
    project = next(one for one in projects_in(session, the_round.id) if one.code == code)
    number = project.id
    session.commit()
    where = f"/office/rounds/{the_round.id}/withdraw"
    assert officer.post(where, data={"project": number, "why": " "}).status_code == 422
    assert officer.post(where, data={"project": 0, "why": "Sold."}).status_code == 422
    assert officer.post(where, data={"project": number, "why": "Sold."}).status_code == 303
    assert set(withdrawn_in(session, the_round.id)) == {number}
    assert code not in costs_to_sign(session, the_round)


@pytest.mark.parametrize("page", ["notes", "withdraw"])
def test_nothing_is_added_once_it_is_decided(
    page: str, officer: FlaskClient, town: Town, session: Session
) -> None:
    the_round = town.round(Phase.VOTE)
    session.commit()
    assert officer.get(f"/office/rounds/{the_round.id}/{page}").status_code == 409


def test_an_entry_of_the_register_is_added_and_ends(
    officer: FlaskClient, town: Town, session: Session
) -> None:
    sent = {"person": town.councillor.id, "kind": "pecuniary", "words": "The <i>boatyard</i>"}
    assert officer.post("/office/interests", data=sent).status_code == 303
    assert "The &lt;i&gt;boatyard&lt;/i&gt;" in officer.get("/office/interests").text
    number = session.scalars(select(RegisteredInterest.id)).one()
    session.commit()
    officer.post(f"/office/interests/{number}/end")
    assert "boatyard" not in officer.get("/office/interests").text
    assert session.get_one(RegisteredInterest, number).ended_on is not None


def test_the_register_asks_for_everything_it_needs(officer: FlaskClient) -> None:
    page = officer.post("/office/interests", data={}).text
    for words in ("Choose whose interest it is", "Choose what kind", "Say what the interest is"):
        assert words in page


def test_a_pre_election_period_is_added_and_taken_out(
    officer: FlaskClient, session: Session
) -> None:
    sent = {
        "words": "Local elections",
        "starts_on": ["1", "4", "2027"],
        "ends_on": ["6", "5", "2027"],
    }
    assert officer.post("/office/quiet", data=sent).status_code == 303
    assert "Thursday 6 May 2027" in officer.get("/office/quiet").text
    number = session.scalars(select(QuietPeriod.id)).one()
    session.commit()
    officer.post(f"/office/quiet/{number}/take-out")
    assert session.scalars(select(QuietPeriod)).all() == []


def test_a_period_that_ends_before_it_begins_is_refused(officer: FlaskClient) -> None:
    sent = {"words": "May", "starts_on": ["6", "5", "2027"], "ends_on": ["1", "4", "2027"]}
    answer = officer.post("/office/quiet", data=sent)
    assert answer.status_code == 422
    assert "The last day cannot come before the first." in answer.text


def test_a_monitoring_officer_keeps_the_register_and_the_quiet_days(site: Site, town: Town) -> None:
    watcher = site.as_(town.person("Mona Monitor", Office.MONITORING_OFFICER))
    town.session.commit()
    assert watcher.get("/office/interests").status_code == 200
    assert watcher.get("/office/quiet").status_code == 200
