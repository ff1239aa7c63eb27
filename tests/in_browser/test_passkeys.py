"""Signing with a passkey, in a real browser with an authenticator of its own."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

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

# The demonstration’s round that waits for councillors.
WAITS = "/decisions/5"


@pytest.fixture(scope="module")
def demonstration() -> Iterator[WardmoteServer]:
    with running_wardmote("--demo") as server:
        yield server


@pytest.fixture
def councillor(demonstration: WardmoteServer, chromium: Browser) -> Iterator[Page]:
    link = re.search(r"^Councillor: .*?(http\S+)", demonstration.log, re.MULTILINE)
    assert link is not None
    with visitor(chromium, PHONE) as page:
        page.goto(at_a_name(link[1]))
        yield page


def at_a_name(address: str) -> str:
    """A browser makes no passkey for an address of numbers."""
    return address.replace("//127.0.0.1", "//localhost")


def add_authenticator(page: Page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def looks_right(page: Page) -> None:
    assert axe_violations(page) == [], page.url
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        assert not overflows_sideways(page), page.url


def answers_each(page: Page, label: str) -> None:
    """The same answer to each question of the page that is coming."""
    answers = page.get_by_role("radio", name=label, exact=True)
    expect(answers.first).to_be_visible()
    for answer in answers.all():
        answer.check()


def test_a_councillor_adds_a_passkey_and_signs_with_it(
    demonstration: WardmoteServer, councillor: Page
) -> None:
    page, base = councillor, at_a_name(demonstration.base_url)
    add_authenticator(page)
    page.goto(f"{base}/me/passkeys")
    looks_right(page)
    page.get_by_role("button", name="Send me a code").click()
    expect(page.locator("main")).to_contain_text("We sent a code to")
    code = re.search(r'class="wm-code">(\d{6})<', page.request.get(f"{base}/outbox").text())
    assert code is not None
    page.get_by_label("The six digits").fill(code[1])
    page.get_by_label("What do you call this device?").fill("My phone")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("main")).to_contain_text("You can sign with this device now.")

    page.goto(f"{base}{WAITS}")
    looks_right(page)
    page.get_by_role("button", name="Declare my interests").click()
    looks_right(page)
    answers_each(page, "No")
    page.get_by_role("button", name="Publish my declaration").click()
    page.get_by_role("button", name="Write my sheet").click()
    looks_right(page)
    answers_each(page, "Endorse")
    page.get_by_role("button", name="Continue").click()
    looks_right(page)
    page.get_by_role("button", name="Sign and publish with my passkey").click()
    expect(page.locator("main")).to_contain_text("You have signed.")
