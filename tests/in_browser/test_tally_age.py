"""The tally page says how old its figures are, by the server's clock."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import PHONE, WardmoteServer, running_wardmote, visitor
from tests.in_browser.hall import Assembly, assembly

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served() -> Iterator[WardmoteServer]:
    with running_wardmote() as server:
        server.flask("migrate")
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
