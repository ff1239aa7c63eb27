"""Who may come into the officers’ rooms, and into which of them by whose door."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from neighbourhoods.debate import PointKind, make_point
from neighbourhoods.duties import declare_for_duty
from neighbourhoods.interests import InterestKind
from neighbourhoods.phases import Phase, Role
from neighbourhoods.proposals import Proposal, proposals_in
from neighbourhoods.rounds import Round
from tests.builders import Town
from tests.council import Site

PAGES = [
    "/office",
    "/office/funds",
    "/office/funds/new",
    "/office/funds/{fund}",
    "/office/funds/{fund}/rounds/new",
    "/office/rounds/{round}",
    "/office/rounds/{round}/describe",
    "/office/rounds/{round}/timetable",
    "/office/rounds/{round}/rules",
    "/office/rounds/{round}/roll",
    "/office/rounds/{round}/roll.csv",
    "/office/rounds/{round}/voter-cards",
    "/office/rounds/{round}/move?to=vote",
    "/office/rounds/{round}/screening",
    "/office/rounds/{round}/proposals/{proposal}/screen",
    "/office/rounds/{round}/referral",
    "/office/rounds/{round}/delivery",
    "/office/reports",
    "/office/rounds/{round}/points/{point}/hide",
    "/office/menu",
]
ACTS = [
    "/office/rounds/{round}/points/{point}/leave",
    "/office/rounds/{round}/points/{point}/show",
    "/office/menu/1/stop",
]


@pytest.fixture
def addresses(town: Town, session: Session) -> dict[str, int]:
    the_round = town.round(Phase.DEBATE)
    proposal = proposals_in(session, the_round)[0]
    point = make_point(
        session, proposal, town.neighbour, Role.RESIDENT, PointKind.AGAINST, "It's noisy"
    )
    none = InterestKind.NONE
    declare_for_duty(session, the_round, town.officer, none, "", proposal=proposal)
    session.commit()
    return {
        "round": the_round.id,
        "fund": the_round.fund_id,
        "proposal": proposal.id,
        "point": point.id,
    }


@pytest.mark.parametrize("page", PAGES)
def test_an_officer_can_open_the_page(
    page: str, addresses: dict[str, int], town: Town, site: Site
) -> None:
    assert site.as_(town.officer).get(page.format(**addresses)).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_nobody_else_can_open_the_page(
    page: str, addresses: dict[str, int], town: Town, site: Site
) -> None:
    address = page.format(**addresses)
    for person in (town.resident, town.councillor, town.facilitator):
        assert site.as_(person).get(address).status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_somebody_signed_out_is_asked_to_sign_in(
    page: str, addresses: dict[str, int], site: Site
) -> None:
    answer = site.as_(None).get(page.format(**addresses))
    assert answer.status_code == 302
    assert answer.location.startswith("/sign-in?next=")


@pytest.mark.parametrize("act", ACTS)
def test_only_officers_can_do_the_act(
    act: str, addresses: dict[str, int], town: Town, site: Site
) -> None:
    assert site.as_(town.resident).post(act.format(**addresses)).status_code == 403
    assert "/sign-in" in site.as_(None).post(act.format(**addresses)).location


@pytest.mark.parametrize(
    "page",
    [
        "/office/rounds/{round}/proposals/{proposal}/screen",
        "/office/rounds/{round}/points/{point}/hide",
    ],
)
def test_another_wards_object_is_not_found_by_this_rounds_door(
    page: str, addresses: dict[str, int], town: Town, session: Session, site: Site
) -> None:
    elsewhere = town.round(Phase.DEBATE, community=town.other_ward)
    session.commit()
    address = page.format(**(addresses | {"round": elsewhere.id}))
    assert site.as_(town.officer).get(address).status_code == 404
    assert site.as_(town.officer).post(address).status_code == 404


@pytest.mark.parametrize("number", [0, 999_999, 2**31, 10**30])
def test_an_object_that_does_not_exist_is_not_found(number: int, town: Town, site: Site) -> None:
    for page in ("funds/{}", "rounds/{}", "rounds/{}/roll", "rounds/{}/rules"):
        answer = site.as_(town.officer).get("/office/" + page.format(number))
        assert answer.status_code == 404


def test_without_its_token_a_form_changes_nothing(
    app: Flask, town: Town, session: Session, site: Site
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = site.as_(town.officer).post("/office/menu", data={"title": "Bin"})
    assert answer.status_code == 400


def test_the_words_of_hostile_people_stay_words(town: Town, session: Session, site: Site) -> None:
    the_round: Round = town.round(Phase.SCREENING)
    proposal: Proposal = proposals_in(session, the_round)[0]
    attack = "<script>alert('x')</script>"
    proposal.title, proposal.what, the_round.title = attack, attack, attack
    town.resident.name = attack
    point = make_point(session, proposal, town.resident, Role.RESIDENT, PointKind.FOR, attack)
    session.commit()
    officer = site.as_(town.officer)
    for page in (*PAGES, "/office/rounds/{round}/points/{point}/hide"):
        address = page.format(
            round=the_round.id, fund=the_round.fund_id, proposal=proposal.id, point=point.id
        )
        answer = officer.get(address)
        assert attack not in answer.text
