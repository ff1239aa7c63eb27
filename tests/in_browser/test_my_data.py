"""A resident’s own data on a phone: a copy, another address, and erasure, start to end."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

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


@pytest.fixture(scope="module")
def demonstration() -> Iterator[WardmoteServer]:
    with running_wardmote("--demo") as server:
        yield server


@pytest.fixture
def resident(demonstration: WardmoteServer, chromium: Browser) -> Iterator[Page]:
    link = re.search(r"^Resident: .*?(http\S+)", demonstration.log, re.MULTILINE)
    assert link is not None
    with visitor(chromium, PHONE) as page:
        page.goto(link[1])
        yield page


def looks_right(page: Page) -> None:
    assert axe_violations(page) == [], page.url
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        assert not overflows_sideways(page), page.url


def newest_codes(page: Page, server: WardmoteServer) -> list[str]:
    """The codes in the outbox, newest first, read in another tab."""
    outbox = page.context.new_page()
    outbox.goto(f"{server.base_url}/outbox")
    found = re.findall(r"\b\d{6}\b", outbox.inner_text("main"))
    outbox.close()
    # Each stands there twice: by itself and in its letter.
    return list(dict.fromkeys(map(str, found)))


def prove(page: Page, server: WardmoteServer, button: str) -> None:
    page.get_by_role("button", name="Send me a code").click()
    looks_right(page)
    page.get_by_label("The six digits").fill(newest_codes(page, server)[0])
    page.get_by_role("button", name=button).click()


def test_a_resident_takes_a_copy_moves_address_and_is_erased(
    demonstration: WardmoteServer, resident: Page, tmp_path: Path
) -> None:
    page = resident
    page.goto(f"{demonstration.base_url}/me")
    page.get_by_role("link", name="Your data").click()
    looks_right(page)
    page.get_by_role("link", name="Take a copy of all of it").click()
    with page.expect_download() as download:
        prove(page, demonstration, "Download the copy")
    assert download.value.suggested_filename == "my-data.zip"
    download.value.save_as(tmp_path / "my-data.zip")
    with ZipFile(tmp_path / "my-data.zip") as archive:
        told = json.loads(archive.read("my-data.json"))
        archive.extract("my-data.html", tmp_path)
    assert {"people", "proposals"} <= {part["table"] for part in told["kept"]}
    reading = page.context.new_page()
    reading.goto(f"file://{tmp_path}/my-data.html")
    reading.set_viewport_size(PHONE)
    looks_right(reading)
    reading.close()

    page.goto(f"{demonstration.base_url}/me/email")
    page.get_by_label("Your new e-mail address").fill("moved@example.org")
    page.get_by_role("button", name="Send both codes").click()
    looks_right(page)
    # The letter to the new address was written last.
    new, old = newest_codes(page, demonstration)[:2]
    page.get_by_label("your old address").fill(old)
    page.get_by_label("your new address").fill(new)
    page.get_by_role("button", name="Save my new address").click()
    expect(page.get_by_text("Your new address is saved")).to_be_visible()
    expect(page.get_by_text("moved@example.org")).to_be_visible()

    page.get_by_role("link", name="Have your data erased").click()
    looks_right(page)
    prove(page, demonstration, "Erase my data for good")
    expect(page.get_by_text("Your data are erased")).to_be_visible()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    looks_right(page)
    page.goto(f"{demonstration.base_url}/me/my-data")
    expect(page).to_have_url(re.compile("/sign-in"))
