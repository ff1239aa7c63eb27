"""The desk and the ward’s page in a real browser: full of long words, on a phone, read aloud."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser

from app.factory import create_app
from app.residents.sign_in import link_for
from app.settings import settings_from
from ballots.bars import Declared, declare_interests
from ballots.bundle import costs_to_sign
from ballots.keys import KeyFolder
from ballots.routes import Agreement, RouteName
from neighbourhoods.database import Database
from neighbourhoods.delivery import deliveries_in
from neighbourhoods.interests import InterestKind
from neighbourhoods.people import Office
from neighbourhoods.phases import Phase
from tests.app.public.builders import approve, counted_round, signed_round
from tests.browser import (
    DESK,
    PHONE,
    WardmoteServer,
    axe_violations,
    overflows_sideways,
    running_wardmote,
    visitor,
)
from tests.builders import Clock, Town
from tests.services.test_signoff import counted_by

pytestmark = pytest.mark.browser

LONG = (
    "Benches, shade and a drinking fountain along the whole towpath between Lock 4 and the basin "
    "of Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"
)


class Desks(NamedTuple):
    """A running server with full desks, and the links that sign people in."""

    server: WardmoteServer
    links: dict[str, str]


@pytest.fixture(scope="module")
def desks() -> Iterator[Desks]:
    with running_wardmote() as server:
        settings = settings_from(server.settings | {"ASYNC_MODE": "threading"})
        clock = Clock(datetime.now(UTC) - timedelta(days=27, hours=12))
        database = Database(settings.database_url, clock=clock)
        with database.writing() as session:
            town = Town(session, KeyFolder(settings.key_folder))
            monitor = town.person("Mona Monitor", Office.MONITORING_OFFICER)
            fill(town, clock)
            session.commit()
            with create_app(settings).app_context():
                links = {
                    who: link_for(person).replace(settings.public_url, server.base_url)
                    for who, person in (
                        ("councillor", town.councillor),
                        ("monitor", monitor),
                        ("other", town.other_councillor),
                    )
                }
        database.dispose()
        yield Desks(server, links)


def fill(town: Town, clock: Clock) -> None:
    """Something in every part of the desks, as it was over the last month and is now."""
    counted_round(town).title = LONG
    done = signed_round(town)
    done.title = f"Decided: {LONG}"
    late = deliveries_in(town.session, done)[0]
    late.due_on, late.project.title = date(2026, 1, 1), LONG
    clock.moves(days=20)
    counted_round(town)
    waits = counted_round(town, approvals=2)
    approve(town, waits)
    stuck = counted_by(town, RouteName.WARD_MEMBERS, Agreement.MAJORITY)
    stuck.title = f"Stuck: {LONG}"
    interest = Declared(InterestKind.PECUNIARY, "I own the boatyard.")
    for person in (town.councillor, town.second_councillor):
        codes = costs_to_sign(town.session, stuck)
        declare_interests(town.session, stuck, person, dict.fromkeys(codes, interest))
    town.round(Phase.VOTE, closes_in=timedelta(days=30))


PAGES = (
    ("councillor", "/desk"),
    ("monitor", "/desk"),
    ("other", "/desk"),
    ("councillor", "/me"),
    ("nobody", "/communities/millbrook"),
    ("nobody", "/communities/hillfields"),
)


@pytest.mark.parametrize(("who", "path"), PAGES)
def test_no_barrier_on_a_phone_or_a_laptop(
    desks: Desks, chromium: Browser, who: str, path: str
) -> None:
    with visitor(chromium, PHONE, touch=True) as page:
        if who in desks.links:
            page.goto(desks.links[who])
        page.goto(desks.server.base_url + path)
        found = axe_violations(page)
        for size in (PHONE, DESK):
            page.set_viewport_size(size)
            assert not overflows_sideways(page), size
        assert found + axe_violations(page) == []


def test_the_desk_is_read_aloud_in_the_order_of_its_urgency(
    desks: Desks, chromium: Browser
) -> None:
    with visitor(chromium, DESK) as page:
        page.goto(desks.links["councillor"])
        page.goto(desks.server.base_url + "/desk")
        headings = page.locator("main h1, main h2").all_inner_texts()
        first = page.locator("main li").first.aria_snapshot()
    assert headings == [
        "My desk",
        "Waiting for you",
        "To be lodged",
        "Late deliveries",
        "Waiting for somebody else",
        "Coming",
        "Decided",
    ]
    lines = [line.strip(" -") for line in first.splitlines()]
    heading = next(place for place, line in enumerate(lines) if line.startswith("heading"))
    # What it is, how long there is left, what to do: in that order, and nothing before them.
    days = next(
        place for place, line in enumerate(lines) if re.search("1 day left|Last day today", line)
    )
    what = next(place for place, line in enumerate(lines) if "Declare whether" in line)
    assert heading < days < what
    assert lines[heading].startswith(f'heading "{LONG[:40]}')
