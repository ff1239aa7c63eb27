"""The same evening on each of the three servers: sign in, vote, and the figures move by the socket.

eventlet is the default, gevent the way out of it, threads need no library; see
docs/decisions/0016-leaving-eventlet.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from ballots.disclosure import DisclosureProfile
from tests.browser import running_wardmote
from tests.in_browser.hall import Assembly, assembly

pytestmark = pytest.mark.browser
# Each voter’s paper has an order of its own: whoever ticks the first may tick any.
VOTES = """[...document.querySelectorAll("[data-votes]")]
  .reduce((sum, shown) => sum + parseInt(shown.textContent), 0)"""


@pytest.fixture(params=["eventlet", "gevent", "threading"])
def vote(request: pytest.FixtureRequest) -> Iterator[Assembly]:
    with (
        running_wardmote(async_mode=request.param) as server,
        assembly(server, profile=DisclosureProfile.OPEN) as opened,
    ):
        yield opened


def sign_in(page: Page, vote: Assembly, email: str) -> None:
    base = vote.server.base_url
    page.goto(f"{base}/sign-in")
    page.get_by_label("Your e-mail address").fill(email)
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("The six digits").wait_for()
    code = re.search(r'class="wm-code">(\d{6})<', page.request.get(f"{base}/outbox").text())
    assert code is not None
    page.get_by_label("The six digits").fill(code[1])
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("header")).to_contain_text("Sign out")


def follow_by_socket_alone(page: Page, address: str) -> list[str]:
    """Open a page that cannot ask for figures by HTTP; what its socket hears."""
    heard: list[str] = []
    page.on(
        "websocket",
        lambda line: line.on("framereceived", lambda frame: heard.append(str(frame))),
    )
    page.route("**/tally.json", lambda route: route.abort())
    page.goto(address)
    page.evaluate("window.neverReloaded = true")
    return heard


def wait_for_votes(page: Page, number: int) -> None:
    for _ in range(250):
        if page.evaluate(VOTES) == number:
            return
        page.wait_for_timeout(100)
    raise AssertionError(page.locator("[data-votes]").all_inner_texts())


def test_a_resident_signs_in_votes_and_the_screen_follows_by_its_socket(
    vote: Assembly, phone: Page, hall: Page
) -> None:
    heard = follow_by_socket_alone(hall, vote.address("screen"))
    expect(hall.locator('[data-figure="turnout"]')).to_have_text("0")
    sign_in(phone, vote, "voter1@example.org")
    phone.goto(vote.address("ballot"))
    phone.locator(".wm-choice__box").first.check()
    phone.get_by_role("button", name="Cast my vote").click()
    expect(phone.get_by_role("heading", level=1)).to_have_text("Counted")
    expect(hall.locator('[data-figure="turnout"]')).to_have_text("1")
    # Figures move five seconds after the last at the earliest, and a little later by lot.
    wait_for_votes(hall, 1)
    vote.cast(2, 3)
    expect(hall.locator('[data-figure="turnout"]')).to_have_text("3")
    wait_for_votes(hall, 3)
    assert hall.evaluate("window.neverReloaded")
    assert any('"tally"' in words for words in heard)
    assert "Traceback" not in vote.server.log
