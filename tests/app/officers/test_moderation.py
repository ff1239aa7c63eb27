"""Moderation: looking at what was reported, hiding with a public reason, undoing it."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from neighbourhoods.debate import Point, PointKind, make_point, open_reports, report_point
from neighbourhoods.phases import Phase, Role
from neighbourhoods.proposals import proposals_in
from tests.builders import Town
from tests.council import Site


@pytest.fixture
def officer(town: Town, site: Site) -> FlaskClient:
    return site.as_(town.officer)


@pytest.fixture
def point(town: Town, session: Session) -> Point:
    """A contribution that two people have reported."""
    the_round = town.round(Phase.DEBATE)
    proposal = proposals_in(session, the_round)[0]
    point = make_point(
        session, proposal, town.neighbour, Role.RESIDENT, PointKind.AGAINST, "Go away, Sam"
    )
    report_point(session, point, town.resident, "It names Sam")
    report_point(session, point, town.councillor, "Unkind")
    session.commit()
    return point


def act(point: Point, what: str) -> str:
    return f"/office/rounds/{point.proposal.round_id}/points/{point.id}/{what}"


def test_a_reported_contribution_is_shown_once_with_all_reasons_and_its_context(
    point: Point, officer: FlaskClient
) -> None:
    page = officer.get("/office/reports").text
    assert page.count("Go away, Sam") == 1
    for words in ("It names Sam", "Unkind", "Reported by 2 people", "Bench 1", "Nora Neighbour"):
        assert words in page


def test_hiding_needs_a_reason_and_settles_the_reports(
    point: Point, session: Session, officer: FlaskClient
) -> None:
    answer = officer.post(act(point, "hide"), data={"why": "It names a child."})
    assert (answer.status_code, answer.location) == (303, "/office/reports")
    session.refresh(point)
    assert point.hidden_why == "It names a child."
    assert open_reports(session) == []
    page = officer.get("/office/reports").text
    assert "Nothing to look at" in page
    assert "Hidden now" in page


@pytest.mark.parametrize("why", ["", "  ", "\x00", "x" * 10_000])
def test_nothing_is_hidden_without_a_proper_reason(
    why: str, point: Point, session: Session, officer: FlaskClient
) -> None:
    answer = officer.post(act(point, "hide"), data={"why": why})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    session.refresh(point)
    assert point.hidden_at is None


def test_what_is_hidden_already_is_not_hidden_again(
    point: Point, session: Session, officer: FlaskClient
) -> None:
    officer.post(act(point, "hide"), data={"why": "First."})
    assert "It is hidden already: First." in officer.get(act(point, "hide")).text
    assert officer.post(act(point, "hide"), data={"why": "Second."}).status_code == 409
    session.refresh(point)
    assert point.hidden_why == "First."


def test_what_is_left_standing_settles_its_reports(
    point: Point, session: Session, officer: FlaskClient
) -> None:
    assert officer.post(act(point, "leave")).status_code == 303
    session.refresh(point)
    assert point.hidden_at is None
    assert open_reports(session) == []


def test_a_hiding_can_be_undone(point: Point, session: Session, officer: FlaskClient) -> None:
    officer.post(act(point, "hide"), data={"why": "A mistake."})
    assert officer.post(act(point, "show")).status_code == 303
    session.refresh(point)
    assert (point.hidden_at, point.hidden_why) == (None, None)


def test_without_reports_the_page_says_so(town: Town, officer: FlaskClient) -> None:
    assert "Nothing to look at" in officer.get("/office/reports").text
