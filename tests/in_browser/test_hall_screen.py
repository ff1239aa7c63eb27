"""The assembly's screens: every slide fits and can be read, and they follow whatever happens."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from time import monotonic

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from neighbourhoods.assemblies import Slide
from tests.browser import (
    HALL,
    ROOT,
    WardmoteServer,
    axe_violations,
    is_healthy,
    running_wardmote,
    visitor,
)
from tests.in_browser.hall import mark_covers
from tests.in_browser.scenes import SCENES, Hall, meeting
from tests.in_browser.test_draw import sign_in
from tests.servers import end_process, start_process

pytestmark = pytest.mark.browser

# What is wrong with the letters on the wall: too small, too faint, cut off, or one on another.
UNREADABLE = """(smallest) => {
  const rgb = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour[3] === undefined || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const UNSEEN = ".screen__unseen, .hall__table, [aria-hidden]";
  const wrong = [], main = document.querySelector("main").getBoundingClientRect();
  for (const element of document.querySelectorAll("header *, main *, footer *")) {
    const words = [...element.childNodes].filter((n) => n.nodeType === 3 && n.data.trim());
    const style = getComputedStyle(element), box = element.getBoundingClientRect();
    if (!words.length || !box.width || element.closest(UNSEEN)) continue;
    const said = `${element.className}: ${words[0].data.trim().slice(0, 30)}`;
    if (parseFloat(style.fontSize) < smallest - 0.01) wrong.push(`${said}: ${style.fontSize}`);
    const [a, b] = [light(rgb(style.color)), light(ground(element))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (contrast < 7) wrong.push(`${said}: contrast ${contrast.toFixed(2)}`);
    const wall = { top: 0, left: 0, bottom: innerHeight, right: innerWidth };
    const room = element.closest("main") ? main : wall;
    const slack = smallest / 4;  // what a line is lower than its letters
    const isHigh = box.top < room.top - slack || box.bottom > room.bottom + slack;
    const isWide = box.left < room.left - 1 || box.right > room.right + 1;
    if (isHigh || isWide) wrong.push(`${said}: out of its room`);
  }
  if (document.documentElement.scrollHeight > innerHeight) wrong.push("it scrolls");
  if (document.documentElement.scrollWidth > innerWidth) wrong.push("it scrolls sideways");
  return wrong;
}"""
DARK_AT = """new Promise((resolve) => {
  const look = () => document.body.classList.contains("screen__body--dark") && resolve(Date.now());
  new MutationObserver(look).observe(document.body, { attributes: true });
})"""


@pytest.fixture(scope="module")
def hall_town() -> Iterator[Hall]:
    """One meeting for all tests here."""
    with running_wardmote() as server, meeting(server) as opened:
        yield opened


def is_dark(page: Page) -> bool:
    return bool(
        page.evaluate("getComputedStyle(document.querySelector('main')).visibility") == "hidden"
    )


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_every_slide_fits_the_wall_and_can_be_read(
    size: tuple[int, int], hall_town: Hall, chromium: Browser
) -> None:
    width, height = size
    wrong: list[str] = []
    with visitor(chromium, ViewportSize(width=width, height=height)) as page:
        broken: list[str] = []
        page.on("pageerror", lambda error: broken.append(str(error)))
        for scene in SCENES:
            hall_town.shows(scene)
            page.goto(hall_town.address())
            found = page.evaluate(UNREADABLE, 24 * height / 720)
            wrong += [f"{scene}: {one}" for one in found]
    assert not wrong, "\n".join(wrong)
    assert broken == []


@pytest.mark.parametrize("size", [(640, 360), (2560, 1440)])
def test_zoomed_to_half_and_double_nothing_is_lost(
    size: tuple[int, int], hall_town: Hall, chromium: Browser
) -> None:
    width, height = size
    with visitor(chromium, ViewportSize(width=width, height=height)) as page:
        for scene in ("join", "pitch", "poll", "vote-bars", "reveal-later", "reveal-all"):
            hall_town.shows(scene)
            page.goto(hall_town.address())
            overflow = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            assert not overflow, scene


def test_slides_are_accessible(hall_town: Hall, hall: Page) -> None:
    violations: list[str] = []
    for scene in SCENES.keys() - {"dark"}:  # where there is nothing at all
        hall_town.shows(scene)
        hall.goto(hall_town.address())
        violations += axe_violations(hall)
    assert violations == []


def test_the_screen_follows_the_stage_and_a_screen_of_its_own_does_not(
    hall_town: Hall, chromium: Browser
) -> None:
    hall_town.shows("welcome")
    with visitor(chromium, HALL) as page:
        page.goto(hall_town.address())
        page.evaluate("window.neverReloaded = true")
        expect(page.locator("main h2")).to_have_text("Welcome to the decision day")
        hall_town.shows("pitch")
        expect(page.locator(".slide-pitch__cost")).to_contain_text("£750")
        with hall_town.changing() as (_, assembly):
            assembly.screens[0].shows = Slide.AGENDA
        expect(page.locator("main h2")).to_have_text("Agenda")
        with hall_town.changing() as (_, assembly):
            assembly.screens[0].shows = None
        expect(page.locator(".slide-pitch__cost")).to_contain_text("£750")
        assert page.evaluate("window.neverReloaded")


def test_a_blackout_reaches_the_wall_within_300_ms_and_lifts_again(
    hall_town: Hall, chromium: Browser
) -> None:
    hall_town.shows("pitch")
    with visitor(chromium, HALL) as page, visitor(chromium) as laptop:
        sign_in(laptop, hall_town.server, "fred.facilitator@example.org")
        laptop.goto(f"{hall_town.server.base_url}/assemblies/{hall_town.assembly_id}")
        page.goto(hall_town.address())
        page.wait_for_timeout(1500)  # until it follows
        took = []
        for _ in range(3):
            page.evaluate(f"void (window.darkAt = {DARK_AT})")
            pressed = act(laptop, hall_town, "darken")
            took.append(page.evaluate("window.darkAt") - pressed)
            assert is_dark(page)
            act(laptop, hall_town, "lighten")
            expect(page.locator("main")).to_be_visible(timeout=1000)
        assert max(took) <= 300, took


def act(laptop: Page, hall_town: Hall, name: str) -> float:
    """Do what a button of the console does; when it was pressed."""
    pressed: float = laptop.evaluate(
        """async ([state, address, act]) => {
          const { version } = await (await fetch(state)).json();
          const csrf_token = document.querySelector('[name=csrf_token]').value;
          const body = new URLSearchParams({csrf_token, version, act}), pressed = Date.now();
          await fetch(address, {method: 'POST', body});
          return pressed;
        }""",
        [hall_town.address("state.json"), f"/assemblies/{hall_town.assembly_id}/act", name],
    )
    return pressed


def test_a_projector_that_is_days_wrong_shows_the_right_second(
    hall_town: Hall, chromium: Browser
) -> None:
    with hall_town.changing() as (_, assembly):
        assembly.stage.is_dark = False
    hall_town.shows("break")
    ends_at = datetime.now(UTC) + timedelta(seconds=300)
    with hall_town.changing() as (_, assembly):
        assembly.stage.timer_ends_at = ends_at
    with visitor(chromium, HALL) as page:
        page.clock.install(time=datetime.now(UTC) + timedelta(hours=24))
        page.goto(hall_town.address())
        page.clock.run_for(1000)
        minutes, seconds = page.locator("main [data-until]").inner_text().split(":")
        left = (ends_at - datetime.now(UTC)).total_seconds()
        assert abs(int(minutes) * 60 + int(seconds) - left) <= 1.5


def test_a_countdown_ends_with_a_word(hall_town: Hall, chromium: Browser) -> None:
    hall_town.shows("pitch")
    with hall_town.changing() as (_, assembly):
        assembly.stage.timer_ends_at = datetime.now(UTC) + timedelta(seconds=2)
    with visitor(chromium, HALL) as page:
        page.goto(hall_town.address())
        expect(page.locator(".slide-timer__time")).to_have_text("Time", timeout=5000)


def test_listeners_hear_at_most_one_announcement_in_five_seconds_and_keep_their_place(
    hall_town: Hall, chromium: Browser
) -> None:
    hall_town.shows("welcome")
    with visitor(chromium, HALL) as page:
        page.goto(hall_town.address())
        page.evaluate(
            """() => {
              window.heard = [];
              const region = document.querySelector("[data-spoken]");
              new MutationObserver(() => heard.push([performance.now(), region.textContent]))
                .observe(region, {childList: true, characterData: true, subtree: true});
            }"""
        )
        for scene in ("pitch", "poll", "break", "message"):
            hall_town.shows(scene)
            page.wait_for_timeout(1200)
        page.wait_for_timeout(5000)
        heard = page.evaluate("window.heard")
        assert "Tea is ready" in heard[-1][1]
        assert all(after[0] - before[0] >= 4900 for before, after in pairwise(heard))
        assert page.evaluate("document.activeElement === document.body")
        assert page.locator("[aria-live], [role=status]").count() == 1


def test_a_server_that_died_is_followed_again_within_ten_seconds(chromium: Browser) -> None:
    with (
        running_wardmote() as server,
        meeting(server) as hall_town,
        visitor(chromium, HALL) as page,
    ):
        hall_town.shows("pitch")
        page.goto(hall_town.address())
        page.wait_for_timeout(1500)
        os.kill(server.pid, signal.SIGKILL)
        page.wait_for_timeout(2500)
        # A short gap is nobody's business; a longer one is told by a small mark.
        expect(page.locator("[data-away]")).to_be_hidden()
        expect(page.locator("[data-away]")).to_contain_text("As of", timeout=6000)
        assert mark_covers(page) == []
        expect(page.locator(".slide-pitch__cost")).to_be_visible()
        hall_town.shows("message")
        with Restarted(server):
            began = monotonic()
            expect(page.locator("main")).to_contain_text("Tea is ready", timeout=10_000)
            assert monotonic() - began < 10
            expect(page.locator("[data-away]")).to_be_hidden()


class Restarted:
    """The same Wardmote, begun anew on the same port and database; back once it answers."""

    def __init__(self, server: WardmoteServer) -> None:
        self.server = server

    def __enter__(self) -> None:
        with (self.server.folder / "log").open("ab") as lines:
            self.process: subprocess.Popen[bytes] = start_process(
                [sys.executable, ROOT / "wsgi.py"], log=lines, env=self.server.settings, cwd=ROOT
            )
        deadline = monotonic() + 60
        while monotonic() < deadline and not is_healthy(f"{self.server.base_url}/health/live"):
            pass

    def __exit__(self, *_error: object) -> None:
        end_process(self.process)


def test_a_vote_moves_on_the_wall_as_ballots_come_in(hall_town: Hall, chromium: Browser) -> None:
    hall_town.shows("vote-sealed")
    with visitor(chromium, HALL) as page:
        page.goto(hall_town.address())
        expect(page.locator("footer")).to_contain_text("24 of 36 have voted")
        page.wait_for_timeout(1500)
        hall_town.cast("sealed", 30)
        expect(page.locator("footer")).to_contain_text("25 of 36 have voted", timeout=5000)
        expect(page.locator("main")).to_contain_text("stay sealed")
        assert page.locator(".slide-vote__number").count() == 0


def test_the_console_can_tell_which_screens_are_there(hall_town: Hall, chromium: Browser) -> None:
    hall_town.shows("welcome")
    with hall_town.changing() as (_, assembly):
        version = assembly.stage.version + 1
        assembly.screens[0].seen_at = assembly.screens[0].seen_version = None
    with visitor(chromium, HALL) as page:
        page.goto(hall_town.address())
        page.wait_for_timeout(1500)
    with hall_town.changing() as (_, assembly):
        assert assembly.screens[0].seen_version == version
