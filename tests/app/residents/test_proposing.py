from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.map_plan import MILLBROOK
from app.settings import Settings
from neighbourhoods.people import find_or_add_person
from neighbourhoods.phases import Phase
from neighbourhoods.proposals import (
    MenuItem,
    proposals_in,
)
from tests.app.residents.typed import WORDS, sent
from tests.builders import Town
from tests.council import Site

# --- a new proposal ------------------------------------------------------------------------------


def test_a_proposal_is_written_checked_and_sent(town: Town, site: Site, session: Session) -> None:
    the_round = town.round(Phase.IDEAS, proposals=0)
    session.commit()
    client, here = site.as_(town.neighbour), f"/rounds/{the_round.id}/propose"
    assert "Give it a short title" in client.get(here).text
    assert "Where is it on the plan?" in client.post(here, data=sent("words")).text
    checked = client.post(here, data=sent("no-pin")).text
    assert "Check your answers" in checked
    assert "£1,250.50" in checked
    answer = client.post(here, data=sent("send"))
    session.rollback()
    (proposal,) = proposals_in(session, the_round)
    assert answer.location == f"/rounds/{the_round.id}/proposals/{proposal.id}/sent"
    assert "What happens next" in client.get(answer.location).text
    assert proposal.proposer_id == town.neighbour.id
    assert proposal.cost_pence == 125_050
    assert proposal.what == "Twelve lamps.\nLow ones."
    assert proposal.category == "Safety"
    assert proposal.latitude is None


def test_every_step_carries_what_was_typed(town: Town, site: Site, session: Session) -> None:
    the_round = town.round(Phase.IDEAS, proposals=0)
    session.commit()
    client, here = site.as_(town.neighbour), f"/rounds/{the_round.id}/propose"
    for step in ("words", "no-pin"):
        page = client.post(here, data=sent(step)).text
        assert 'name="title" value="Lights on the towpath"' in page
        assert 'name="category" value="Safety"' in page
        assert 'name="cost" value="£1,250.50"' in page
    words = client.post(here, data=sent("change")).text
    assert 'value="Lights on the towpath"' in words
    assert "Low ones." in words


def test_the_back_button_may_show_what_was_typed(town: Town, site: Site, session: Session) -> None:
    the_round = town.round(Phase.IDEAS, proposals=0)
    session.commit()
    client, here = site.as_(town.neighbour), f"/rounds/{the_round.id}/propose"
    assert client.get(here).headers["Cache-Control"] == "private, no-cache"
    step = client.post(here, data=sent("words"))
    assert step.headers["Cache-Control"] == "private, max-age=1800"
    assert "Set-Cookie" not in step.headers


@pytest.mark.parametrize(
    ("field", "typed", "why"),
    [
        ("title", "  ", "Enter a title"),
        ("title", "x" * 101, "Shorten this to 100 characters or fewer"),
        ("what", "", "Enter what should be done"),
        ("what", "x" * 2001, "Shorten this to 2000 characters or fewer"),
        ("why", "", "Enter why it is needed"),
        ("cost", "", "Enter what you think it might cost"),
        ("cost", "a lot", "Enter a sum of money in pounds"),
        ("cost", "0", "more than £0"),
        ("category", "", "Choose what it is about"),
        ("category", "Nonsense", ""),
        ("place", "x" * 161, "Shorten this to 160 characters or fewer"),
        ("pledge", "x" * 501, "Shorten this to 500 characters or fewer"),
        ("latitude", "north", ""),
    ],
)
@pytest.mark.parametrize("step", ["words", "send"])
def test_what_cannot_be_is_refused_at_its_field(
    town: Town, site: Site, session: Session, field: str, typed: str, why: str, step: str
) -> None:
    the_round = town.round(Phase.IDEAS, proposals=0)
    session.commit()
    answer = site.as_(town.neighbour).post(
        f"/rounds/{the_round.id}/propose", data=sent(step, **{field: typed})
    )
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert why in answer.text
    session.rollback()
    assert proposals_in(session, the_round) == []


def test_a_pressed_spot_becomes_a_pin(town: Town, site: Site, session: Session) -> None:
    the_round = town.round(Phase.IDEAS, proposals=0)
    session.commit()
    client, here = site.as_(town.neighbour), f"/rounds/{the_round.id}/propose"
    checked = client.post(here, data=WORDS | {"pin320.x": "80", "pin320.y": "160"}).text
    assert "Check your answers" in checked
    assert "wm-pin__body" in checked
    latitude, longitude = MILLBROOK.pin_at(0.25, 0.5)
    assert f'name="latitude" value="{latitude}"' in checked
    pinned = sent("send", latitude=str(latitude), longitude=str(longitude))
    answer = client.post(here, data=pinned)
    session.rollback()
    (proposal,) = proposals_in(session, the_round)
    assert (proposal.latitude, proposal.longitude) == (latitude, longitude)
    assert "wm-pin__body" in client.get(answer.location.removesuffix("/sent")).text


def test_both_sizes_of_the_plan_mean_the_same_spot(
    town: Town, site: Site, session: Session
) -> None:
    the_round = town.round(Phase.IDEAS, proposals=0)
    session.commit()
    client, here = site.as_(town.neighbour), f"/rounds/{the_round.id}/propose"
    pages = [
        client.post(here, data=WORDS | {f"pin{size}.x": str(size // 2), f"pin{size}.y": "64"}).text
        for size in (320, 640)
    ]
    assert 'name="longitude" value="-2.0221"' in pages[0]
    assert 'name="longitude" value="-2.0221"' in pages[1]


def test_a_keyboard_that_cannot_point_is_told_what_to_do(
    town: Town, site: Site, session: Session
) -> None:
    the_round = town.round(Phase.IDEAS, proposals=0)
    session.commit()
    answer = site.as_(town.neighbour).post(
        f"/rounds/{the_round.id}/propose", data=WORDS | {"pin640.x": "0", "pin640.y": "0"}
    )
    assert answer.status_code == 422
    assert "describe the place in words" in answer.text


class TestACouncilWithoutAPlan:
    @pytest.fixture
    def test_settings(self, test_settings: Settings) -> Settings:
        return replace(test_settings, council_name="Elsewhere Council")

    def test_asks_for_words_alone(self, town: Town, site: Site, session: Session) -> None:
        the_round = town.round(Phase.IDEAS, proposals=0)
        session.commit()
        page = (
            site.as_(town.neighbour)
            .post(f"/rounds/{the_round.id}/propose", data=sent("words"))
            .text
        )
        assert "Check your answers" in page
        assert "plan" not in page.lower()


def test_likely_doubles_are_shown_before_sending(town: Town, site: Site, session: Session) -> None:
    the_round = town.round(Phase.IDEAS, proposals=1)
    session.commit()
    here, client = f"/rounds/{the_round.id}/propose", site.as_(town.neighbour)
    assert "Is it one of these?" in client.post(here, data=sent("no-pin", title="A bench")).text
    assert "Is it one of these?" not in client.post(here, data=sent("no-pin")).text


def test_somebody_without_a_name_gives_it_before_proposing(
    town: Town, site: Site, session: Session
) -> None:
    the_round = town.round(Phase.IDEAS, proposals=0)
    nameless = find_or_add_person(session, "nameless@example.org")
    session.commit()
    here, client = f"/rounds/{the_round.id}/propose", site.as_(nameless)
    asked = client.get(here)
    assert asked.location == f"/me/name?next={here}"
    answer = client.post("/me/name", data={"name": "Nell", "next": here})
    assert answer.location == here
    assert client.get(here).status_code == 200


def test_signed_out_people_sign_in_and_come_back_to_propose(
    town: Town, site: Site, session: Session
) -> None:
    the_round = town.round(Phase.IDEAS, proposals=0)
    session.commit()
    answer = site.as_(None).get(f"/rounds/{the_round.id}/propose")
    assert answer.location == f"/sign-in?next=/rounds/{the_round.id}/propose"


@pytest.mark.parametrize("phase", [Phase.SET_UP, Phase.SCREENING, Phase.DEBATE, Phase.VOTE])
def test_nothing_is_proposed_outside_the_ideas_phase(
    town: Town, site: Site, session: Session, phase: Phase
) -> None:
    the_round = town.round(phase, proposals=2, closes_in=timedelta(days=1))
    session.commit()
    before = len(proposals_in(session, the_round))
    client = site.as_(town.neighbour)
    assert client.get(f"/rounds/{the_round.id}/propose").status_code == 409
    assert client.post(f"/rounds/{the_round.id}/propose", data=sent("send")).status_code == 409
    session.rollback()
    assert len(proposals_in(session, the_round)) == before


# --- the menu ------------------------------------------------------------------------------------


@pytest.fixture
def bench(town: Town, session: Session) -> MenuItem:
    item = MenuItem(title="A bench with arms", about="Oak.", category="Streets", cost_pence=135_000)
    session.add(item)
    session.commit()
    return item


def test_the_menu_lists_priced_services(
    town: Town, site: Site, session: Session, bench: MenuItem
) -> None:
    the_round = town.round(Phase.IDEAS)
    session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}/menu").text
    assert "A bench with arms" in page
    assert "£1,350" in page
    assert f"/rounds/{the_round.id}/menu/{bench.id}" in page


def test_a_service_from_the_menu_keeps_its_price_and_text(
    town: Town, site: Site, session: Session, bench: MenuItem
) -> None:
    the_round = town.round(Phase.IDEAS, proposals=0)
    session.commit()
    here = f"/rounds/{the_round.id}/menu/{bench.id}"
    client = site.as_(town.neighbour)
    assert "£1,350" in client.get(here).text
    forged = {"why": "To rest.", "place": "Lock 3", "go": "send", "cost": "1", "title": "Mine"}
    client.post(here, data=forged)
    session.rollback()
    (proposal,) = proposals_in(session, the_round)
    assert (proposal.title, proposal.what) == ("A bench with arms", "Oak.")
    assert (proposal.cost_pence, proposal.menu_item_id) == (135_000, bench.id)
    assert (proposal.why, proposal.place) == ("To rest.", "Lock 3")


def test_a_service_no_longer_offered_is_refused(
    town: Town, site: Site, session: Session, bench: MenuItem
) -> None:
    the_round = town.round(Phase.IDEAS, proposals=0)
    bench.offered = False
    session.commit()
    answer = site.as_(town.neighbour).post(
        f"/rounds/{the_round.id}/menu/{bench.id}", data={"why": "To rest.", "go": "send"}
    )
    assert answer.status_code == 409
    assert "no longer offered" in answer.text


def test_an_unknown_service_is_not_found(town: Town, site: Site, session: Session) -> None:
    the_round = town.round(Phase.IDEAS)
    session.commit()
    assert site.as_(town.neighbour).get(f"/rounds/{the_round.id}/menu/99").status_code == 404


def test_the_menu_cannot_be_chosen_from_when_ideas_are_over(
    town: Town, site: Site, session: Session, bench: MenuItem
) -> None:
    the_round = town.round(Phase.SCREENING)
    session.commit()
    client = site.as_(town.neighbour)
    assert f"/menu/{bench.id}" not in client.get(f"/rounds/{the_round.id}/menu").text
    assert client.get(f"/rounds/{the_round.id}/menu/{bench.id}").status_code == 409
