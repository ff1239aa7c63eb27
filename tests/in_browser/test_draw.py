"""A tie drawn in a hall: an officer at a desk and a facilitator with a phone read the same dice."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from ballots.voting_rules import TieRule
from tests.browser import (
    DESK,
    PHONE,
    WardmoteServer,
    axe_violations,
    overflows_sideways,
    running_wardmote,
    visitor,
)
from tests.in_browser.hall import Assembly, assembly

pytestmark = pytest.mark.browser


@pytest.fixture
def tied() -> Iterator[Assembly]:
    """A closed vote in which benches 3 and 4 stand level, and only one fits."""
    with running_wardmote() as server, assembly(server, tie_rule=TieRule.DRAW) as opened:
        opened.cast(1, project=2)
        opened.cast(2, project=3)
        opened.close()
        yield opened


def sign_in(page: Page, server: WardmoteServer, email: str) -> None:
    page.goto(f"{server.base_url}/sign-in")
    page.get_by_label("Your e-mail address").fill(email)
    page.get_by_role("button", name="Send me a code").click()
    letters = page.context.request.get(f"{server.base_url}/outbox").text()
    code = re.search(r'class="wm-code">(\d{6})<', letters)
    assert code is not None
    page.get_by_label("The six digits").fill(code[1])
    page.get_by_role("button", name="Sign in", exact=True).click()


def enter(page: Page, value: str) -> None:
    page.get_by_label("What the dice or the beacon said").fill(value)
    page.get_by_role("button", name="Enter what I read").click()


def barriers(page: Page) -> list[str]:
    """What axe finds, and whether the page scrolls sideways on a phone or at a desk."""
    found = axe_violations(page)
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        if overflows_sideways(page):
            found.append(f"{page.url} scrolls sideways at {size['width']} px")
    return found


def test_two_people_draw_a_tie_and_everybody_reads_it(tied: Assembly, chromium: Browser) -> None:
    office = f"{tied.server.base_url}/office/rounds/{tied.round_id}/draw"
    with (
        visitor(chromium, DESK) as officer,
        visitor(chromium, PHONE, touch=True) as facilitator,
        visitor(chromium, PHONE, touch=True) as anybody,
    ):
        anybody.goto(tied.address("tally"))
        expect(anybody.locator("main")).to_contain_text("A tie has to be drawn.")
        assert barriers(anybody) == []
        sign_in(officer, tied.server, "olive.officer@example.org")
        sign_in(facilitator, tied.server, "fred.facilitator@example.org")
        for page in (officer, facilitator):
            page.goto(office)
            assert barriers(page) == []
        enter(officer, "3 5 1")
        enter(facilitator, "3 5 2")
        expect(facilitator.locator("main")).to_contain_text("both were struck out")
        assert barriers(facilitator) == []
        enter(facilitator, "3 5 1")
        officer.goto(office)
        expect(officer.locator("main")).to_contain_text("Fred Facilitator has entered")
        enter(officer, "3 5 1")
        expect(officer.locator("main")).to_contain_text("The tie was drawn")
        assert barriers(officer) == []
        # Who watched the tally is led on by themselves.
        expect(anybody.locator("main")).to_contain_text("See the outcome", timeout=10_000)
        anybody.goto(tied.address("outcome"))
        expect(anybody.locator("main")).to_contain_text("What it said: 3 5 1.")
        anybody.get_by_text("Repeat the draw").click()
        assert barriers(anybody) == []
