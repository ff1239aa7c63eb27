"""The pages around a meeting, in a real browser: no barrier, and what only the device can tell."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from app.settings import settings_from
from neighbourhoods.agenda import add_item
from neighbourhoods.assemblies import Assembly, ItemKind, plan_assembly
from neighbourhoods.attendance import join_by_phone
from neighbourhoods.database import Database
from neighbourhoods.people import Office, appointed
from neighbourhoods.polls import choose
from neighbourhoods.rounds import Round
from neighbourhoods.stage import begin, end, go_to
from tests.browser import (
    DESK,
    PHONE,
    WardmoteServer,
    axe_violations,
    overflows_sideways,
    running_wardmote,
    visitor,
)

pytestmark = pytest.mark.browser


class Meetings(NamedTuple):
    """A server with a planned meeting and one that has ended, both about its open vote."""

    server: WardmoteServer
    database: Database
    planned: int
    ended: int

    def address(self, page: str, assembly: int | None = None) -> str:
        return f"{self.server.base_url}/assemblies/{assembly or self.planned}/{page}"


@pytest.fixture(scope="module")
def meetings() -> Iterator[Meetings]:
    with running_wardmote("--demo", prepared=False) as server:
        settings = settings_from(server.settings | {"ASYNC_MODE": "threading"})
        database = Database(settings.database_url)
        with database.writing() as session:
            by = appointed(session, Office.FACILITATOR)[0]
            the_round = session.get_one(Round, 3)
            made = []
            for title in ("Decision day", "Last month’s decision day"):
                starts_at = datetime(2027, 1, 1, 18, tzinfo=UTC)
                assembly = plan_assembly(
                    session, the_round, by, title, starts_at, place="Hall", wifi_name="hall"
                )
                add_item(session, assembly, ItemKind.WELCOME, "Welcome", by, seconds=300)
                add_item(session, assembly, ItemKind.BALLOT, "The vote", by)
                options = {"options": ["Yes", "No", "I would rather not say anything about it"]}
                add_item(session, assembly, ItemKind.POLL, "More trees?", by, settings=options)
                made.append(assembly)
            poll = made[1].items[2]
            begin(session, made[1], by)
            go_to(session, made[1], poll, by)
            choose(session, poll, join_by_phone(session, made[1]), 0)
            end(session, made[1], by)
            session.commit()
            planned, ended = made[0].id, made[1].id
        yield Meetings(server, database, planned, ended)
        database.dispose()


@pytest.fixture
def facilitator(meetings: Meetings, chromium: Browser) -> Iterator[Page]:
    link = re.search(r"^Facilitator: .*?(http\S+)", meetings.server.log, re.MULTILINE)
    assert link is not None
    with visitor(chromium, PHONE) as page:
        page.goto(link[1])
        yield page


@pytest.mark.parametrize("path", ["preflight", "print", "print/pack.pdf?cards=x", "minutes"])
def test_no_page_around_a_meeting_has_a_barrier(
    path: str, meetings: Meetings, facilitator: Page
) -> None:
    for assembly in (meetings.planned, meetings.ended):
        facilitator.set_viewport_size(PHONE)
        facilitator.goto(meetings.address(path, assembly))
        assert axe_violations(facilitator) == []
        for size in (PHONE, DESK):
            facilitator.set_viewport_size(size)
            assert not overflows_sideways(facilitator)


def test_the_device_is_checked_and_a_phone_that_joins_lights_up(
    meetings: Meetings, facilitator: Page
) -> None:
    facilitator.goto(meetings.address("preflight"))
    for key in ("socket", "clock"):
        state = facilitator.locator(f"[data-check={key}] [data-state]")
        expect(state).to_have_text("Ready", timeout=15_000)
    joined = facilitator.locator("[data-check=phones] [data-state]")
    expect(joined).to_have_text("To do")
    with meetings.database.writing() as session:
        join_by_phone(session, session.get_one(Assembly, meetings.planned))
        session.commit()
    expect(joined).to_have_text("Ready", timeout=15_000)


def test_a_clock_a_day_wrong_is_told(meetings: Meetings, facilitator: Page) -> None:
    facilitator.clock.install(time=datetime(2020, 1, 1, tzinfo=UTC))
    facilitator.goto(meetings.address("preflight"))
    found = facilitator.locator("[data-check=clock] [data-found]")
    expect(found).to_contain_text("seconds from the server’s", timeout=15_000)
    expect(facilitator.locator("[data-check=clock] [data-state]")).to_have_text("To do")
