"""The tally page says how old its figures are, by the server's clock."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser import PHONE, WardmoteServer, running_wardmote, visitor
from tests.in_browser.hall import Assembly, assembly

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served() -> Iterator[WardmoteServer]:
    with running_wardmote() as server:
        yield server


@pytest.fixture
def vote(served: WardmoteServer) -> Iterator[Assembly]:
    with assembly(served, step=1) as opened:
        yield opened


def age_on(page: Page) -> int:
    words = page.locator("[data-figures-from]").text_content() or ""
    found = re.fullmatch(r"\s*Figures from \d\d:\d\d:\d\d, (\d+) seconds? ago\.\s*", words)
    assert found, words
    return int(found[1])


def test_the_age_grows_while_somebody_looks_and_starts_again_with_new_figures(
    vote: Assembly, phone: Page
) -> None:
    vote.cast(1, 2)
    phone.goto(vote.address("tally"))
    expect(phone.locator("[data-figures-from]")).to_have_text(
        re.compile(r"[4-9] seconds ago"), timeout=15_000
    )
    vote.cast(3)
    expect(phone.locator("[data-figures-from]")).to_have_text(
        re.compile(r", [0-2] seconds? ago"), timeout=5_000
    )
    assert age_on(phone) < 4


def test_a_phone_with_a_wrong_clock_tells_the_right_age(vote: Assembly, chromium: Browser) -> None:
    vote.cast(1, 2)
    with visitor(chromium, PHONE) as page:
        page.add_init_script("const now = Date.now; Date.now = () => now() + 3600000;")
        page.goto(vote.address("tally"))
        page.wait_for_timeout(2_500)
        assert age_on(page) < 20


def test_figures_older_than_a_day_are_dated_as_the_server_dates_them(
    vote: Assembly, chromium: Browser
) -> None:
    vote.cast(1, 2)
    with visitor(chromium, PHONE) as page:
        # The server answers as if it were five days later than it is.
        late = datetime.now(UTC) + timedelta(days=5, hours=1)
        page.route("**/socket.io.min.js*", lambda route: route.abort())
        page.route("**/tally.json", lambda route: answer_at(route, late))
        page.goto(vote.address("tally"))
        words = page.locator("[data-figures-from]")
        expect(words).to_have_text(re.compile("5 days ago"), timeout=20_000)
        read_at = datetime.fromisoformat(words.get_attribute("data-figures-from") or "")
        assert (words.text_content() or "").strip() == (
            f"Figures from {words_of(read_at, late)}, 5 days ago."
        )


def answer_at(route: Route, moment: datetime) -> None:
    """Let the server answer, and say that it did so at another moment."""
    answer = route.fetch()
    route.fulfill(response=answer, json=answer.json() | {"now": moment.isoformat()})


def words_of(then: datetime, now: datetime) -> str:
    local = then.astimezone(ZoneInfo("Europe/London"))
    year = "" if local.year == now.astimezone(ZoneInfo("Europe/London")).year else f" {local:%Y}"
    return f"{local:%-d %B}{year} at {local:%H:%M}"
