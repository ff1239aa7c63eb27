"""The desk: what awaits an officer, and nothing when nothing does."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ballots.bars import Declared, declare_interests
from ballots.bundle import costs_to_sign
from ballots.sheets import SheetGiven
from ballots.signing import ReferTo
from neighbourhoods.debate import PointKind, make_point, report_point
from neighbourhoods.interests import InterestKind
from neighbourhoods.phases import Phase, Role
from neighbourhoods.proposals import proposals_in
from neighbourhoods.rounds import set_timetable
from tests.builders import Clock, Town
from tests.council import Site


@pytest.fixture
def officer(town: Town, site: Site) -> FlaskClient:
    return site.as_(town.officer)


def test_an_empty_desk_says_so_and_where_to_begin(officer: FlaskClient) -> None:
    page = officer.get("/office").text
    for words in ("Nothing awaits you", "No rounds yet", "Look at the funds"):
        assert words in page


def test_rounds_lie_on_the_desk_by_phase(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    town.round(Phase.IDEAS)
    town.round(Phase.VOTE)
    session.commit()
    page = officer.get("/office").text
    assert page.index(">Ideas</h3>") < page.index(">Vote</h3>")
    assert ">Debate</h3>" not in page
    assert page.count("Canal Side decides") == 2


def test_proposals_wait_on_the_desk_once_screening_has_begun(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.IDEAS, proposals=3)
    session.commit()
    assert "Nothing awaits you" in officer.get("/office").text
    the_round.phase = Phase.SCREENING
    session.commit()
    assert "Screen 3 proposals" in officer.get("/office").text


def test_reports_wait_on_the_desk(town: Town, session: Session, officer: FlaskClient) -> None:
    the_round = town.round(Phase.DEBATE)
    proposal = proposals_in(session, the_round)[0]
    point = make_point(session, proposal, town.neighbour, Role.RESIDENT, PointKind.FOR, "Buy now")
    report_point(session, point, town.resident, "Advertising")
    session.commit()
    assert "Look at 1 reported contribution" in officer.get("/office").text


def test_a_referral_waits_on_the_desk(town: Town, session: Session, officer: FlaskClient) -> None:
    the_round = town.round(Phase.SIGN_OFF)
    town.declares_none(the_round, town.councillor)
    town.signs(
        the_round,
        town.councillor,
        SheetGiven(reasons="So.", refer_to=ReferTo.OFFICERS, question="Why?"),
    )
    session.commit()
    assert "Answer what was referred back" in officer.get("/office").text


def test_a_sign_off_that_nobody_may_decide_waits_on_the_desk(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.SIGN_OFF)
    for person in (town.councillor, town.second_councillor):
        own = Declared(InterestKind.PECUNIARY, "I own the land.")
        codes = costs_to_sign(session, the_round)
        declare_interests(session, the_round, person, dict.fromkeys(codes, own))
    session.commit()
    assert "ask the monitoring officer" in officer.get("/office").text


def test_a_round_that_its_date_could_not_move_says_what_holds_it_back(
    town: Town, session: Session, clock: Clock, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.SCREENING, voters=0)
    set_timetable(session, the_round, {Phase.DEBATE: clock() + timedelta(days=1)})
    proposal = proposals_in(session, the_round)[0]
    proposal.state = type(proposal.state).SUBMITTED
    session.commit()
    assert "held back" not in officer.get("/office").text
    clock.moves(days=2)
    page = officer.get("/office").text
    assert "Due to move to Debate, but held back" in page
    assert "Screen the 1 proposal that is still waiting." in page
