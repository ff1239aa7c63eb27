"""Delivery as people use it: news with a photo, a spend put right, and nobody kept waiting."""

import io
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.browser import (
    PHONE,
    WardmoteServer,
    axe_violations,
    overflows_sideways,
    running_wardmote,
    visitor,
)
from tests.in_browser.test_every_page import enter

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parents[2]
DRAWING_SECONDS = 3
# In the process beside the server only: there a photo takes three seconds of hard work.
SLOW_DRAWING = f"""
import sys
if "ballots.counting.room" in sys.orig_argv:
    sys.path.insert(0, {str(ROOT)!r})
    import time
    from pathlib import Path
    from app import photo_drawing
    drawn = photo_drawing.clean_photo
    def slow_drawing(raw):
        Path(__file__).with_name("began").touch()
        until = time.monotonic() + {DRAWING_SECONDS}
        while time.monotonic() < until:
            pass
        Path(__file__).with_name("ended").touch()
        return drawn(raw)
    photo_drawing.clean_photo = slow_drawing
"""
NEWS = "Two stops speak."


@pytest.fixture
def server(tmp_path: Path) -> Iterator[WardmoteServer]:
    (tmp_path / "sitecustomize.py").write_text(SLOW_DRAWING)
    with running_wardmote("--demo", PYTHONPATH=str(tmp_path)) as running:
        yield running


def photo() -> bytes:
    written = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(written, "PNG")
    return written.getvalue()


def look(page: Page) -> None:
    """The page as it stands: no barrier, nothing to scroll sideways for."""
    assert axe_violations(page) == []
    assert not overflows_sideways(page)


def follow(page: Page, words: str) -> None:
    # What comes next looks at the page that the link leads to, never at the one left behind.
    link = page.get_by_role("link", name=words).first
    leads_to = urljoin(page.url, link.get_attribute("href") or "")
    link.click()
    page.wait_for_url(leads_to)


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words).click()


def tell_news(officer: Page) -> None:
    officer.get_by_label("What is the news?").fill(NEWS)
    officer.get_by_label("Spent in this step").fill("1234.50")
    officer.get_by_label("Which milestone is it about?").select_option("All six stops speak")
    officer.get_by_label("A photo (optional)").set_input_files(
        {"name": "stop.png", "mimeType": "image/png", "buffer": photo()}
    )
    officer.get_by_label("What does the photo show?").fill("A stop with a button")


def test_news_with_a_photo_keeps_nobody_waiting_and_what_is_wrong_in_it_is_put_right(
    server: WardmoteServer, chromium: Browser, tmp_path: Path
) -> None:
    began, ended = tmp_path / "began", tmp_path / "ended"
    with visitor(chromium, PHONE) as officer:
        enter(officer, server, "Officer")
        officer.goto(f"{server.base_url}/office/rounds/6/delivery")
        follow(officer, "Talking bus stops")
        look(officer)
        tell_news(officer)
        officer.get_by_role("button", name="Publish the news").click(no_wait_after=True)
        until = time.monotonic() + 30
        while not began.exists():
            assert time.monotonic() < until
            officer.wait_for_timeout(20)
        started = time.monotonic()
        urllib.request.urlopen(f"{server.base_url}/rounds/6/delivery").read()  # noqa: S310
        assert not ended.exists()
        assert time.monotonic() - started < DRAWING_SECONDS
        officer.get_by_text("people have been told").wait_for()

        follow(officer, "Talking bus stops")
        officer.get_by_alt_text("A stop with a button").first.wait_for(state="attached")
        follow(officer, "put a mistake right")
        look(officer)
        officer.get_by_label("What was really spent in this step?").fill("123.45")
        officer.get_by_label("What was the mistake?").fill("The point was in the wrong place.")
        press(officer, "Continue")
        look(officer)
        press(officer, "Put it right")
        officer.goto(f"{server.base_url}/funds/6")
        look(officer)
        follow(officer, "line 7")
        assert officer.locator("#line-7").get_by_text("The point was in the wrong place.").count()

        officer.goto(f"{server.base_url}/office/rounds/6/delivery")
        follow(officer, "Talking bus stops")
        for step, button in (
            ("Hold money back until a condition is met", "Hold it back"),
            ("This condition is met", "Release the money"),
        ):
            follow(officer, step)
            look(officer)
            if button == "Hold it back":
                officer.get_by_label("How much is held back?").fill("100")
            officer.locator("textarea").fill("The bus company agrees in writing.")
            press(officer, button)
        follow(officer, "Take the photo down")
        look(officer)
        officer.get_by_label("Why is it taken down?").fill("Somebody on it asked.")
        press(officer, "Take it down")
        officer.goto(f"{server.base_url}/rounds/6/delivery")
        look(officer)
        assert officer.get_by_text("A photo stood here.").count() == 1
        assert officer.get_by_text("it said that £1,234.50 was spent.").count() == 1
