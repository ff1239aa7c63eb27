"""Real Chromium, axe-core and a real Wardmote process, for tests that look at pages as people do.

def test_it(wardmote, phone):
    phone.goto(wardmote.base_url + "/")
    assert axe_violations(phone) == []
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import hashlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from app.schema import migrate
from neighbourhoods.database import Database
from tests.servers import end_process, free_port, start_process, temporary_folder, wait_until

ROOT = Path(__file__).parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
AXE = Path(__file__).parent / "vendor" / "axe-core-4.14.1"
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
FLAGS = (
    "--no-sandbox",  # tests may run as root, and open nothing but our own pages
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SHUT_WITHIN_MS = 10_000
# One for the whole run: what is prepared for a server was made under it.
SECRET = secrets.token_hex(32)
# The server of every test that does not choose one; all must pass on each.
SERVED_BY = os.environ.get("SERVED_BY", "eventlet")
# For a person who watches (WATCH=1). Calling off a stop still fits its ten seconds.
SLOWLY_MS = 300

Answer = TypeVar("Answer")

PHONE = ViewportSize(width=360, height=740)
DESK = ViewportSize(width=1280, height=800)
HALL = ViewportSize(width=1920, height=1080)

# --- the browser ---------------------------------------------------------------------------------


def installed_browser() -> str:
    """The path of Chromium or Chrome; fails the test with what to install when there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.fail("No browser to test with: apt-get install chromium", pytrace=False)
    return found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for the whole run, started when first asked for."""
    with sync_playwright() as playwright:
        headless, slow_mo = _seen_by_a_person()
        browser = playwright.chromium.launch(
            executable_path=installed_browser(), args=FLAGS, headless=headless, slow_mo=slow_mo
        )
        yield browser
        browser.close()


def _seen_by_a_person() -> tuple[bool, float]:
    """Whether the browser stays invisible, and how long it rests after each act, in ms."""
    if not os.environ.get("WATCH"):
        return True, 0
    has_display = not sys.platform.startswith("linux") or any(
        map(os.environ.get, ("DISPLAY", "WAYLAND_DISPLAY"))
    )
    if not has_display:
        sys.stdout.write("No display here: the browser stays invisible, these lines tell.\n")
        return True, 0
    return False, SLOWLY_MS


def apart(work: Coroutine[Any, Any, Answer]) -> Answer:
    """Do it in a thread of its own: a browser that some test opened has a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@contextlib.contextmanager
def visitor(
    chromium: Browser, size: ViewportSize = DESK, *, touch: bool = False, javascript: bool = True
) -> Iterator[Page]:
    """A page with cookies of its own: one more person with one more device."""
    with opened_context(chromium, size, touch=touch, javascript=javascript) as context:
        yield context.new_page()


@contextlib.contextmanager
def opened_context(
    chromium: Browser, size: ViewportSize = DESK, *, touch: bool = False, javascript: bool = True
) -> Iterator[BrowserContext]:
    """Like `visitor`, for someone who opens several tabs."""
    context = chromium.new_context(
        viewport=size,
        has_touch=touch,
        is_mobile=touch,
        device_scale_factor=2 if touch else 1,
        java_script_enabled=javascript,
        locale="en-GB",
        timezone_id="Europe/London",
        reduced_motion="reduce",
    )
    context.set_default_timeout(SHUT_WITHIN_MS)
    try:
        yield context
    finally:
        context.close()


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    """A resident's phone: 360 by 740, touch."""
    with visitor(chromium, PHONE, touch=True) as page:
        yield page


@pytest.fixture
def desk(chromium: Browser) -> Iterator[Page]:
    """A councillor's or officer's laptop: 1280 by 800."""
    with visitor(chromium, DESK) as page:
        yield page


@pytest.fixture
def hall(chromium: Browser) -> Iterator[Page]:
    """The projector of an assembly: full HD."""
    with visitor(chromium, HALL) as page:
        yield page


# --- accessibility -------------------------------------------------------------------------------


@functools.cache
def _axe_source() -> str:
    source = (AXE / "axe.min.js").read_bytes()
    expected = (AXE / "SHA256SUMS").read_text().split()[0]
    if hashlib.sha256(source).hexdigest() != expected:
        pytest.fail("axe.min.js is not the file its SHA256SUMS names", pytrace=False)
    return source.decode()


def axe_violations(page: Page) -> list[str]:
    """What axe-core finds wrong with the page as it stands, one line for each place."""
    page.evaluate(_axe_source())
    found = page.evaluate(
        "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", list(AXE_TAGS)
    )
    return [
        f"{page.url}: {rule['id']} ({rule['impact']}): {rule['help']}: "
        f"{' '.join(map(str, node['target']))}: {node['html'][:160]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def overflows_sideways(page: Page) -> bool:
    """Whether a reader would have to scroll sideways (WCAG 1.4.10)."""
    size = page.viewport_size
    assert size is not None
    return int(page.evaluate("document.documentElement.scrollWidth")) > size["width"]


# --- Wardmote itself -----------------------------------------------------------------------------


@dataclass(frozen=True)
class WardmoteServer:
    """A running `wsgi.py`: where it answers, where it keeps things, how it is set up."""

    base_url: str
    pid: int
    folder: Path
    settings: dict[str, str] = field(repr=False)

    @property
    def log(self) -> str:
        """Everything it has printed so far."""
        return (self.folder / "log").read_text(errors="replace")

    def flask(self, *arguments: str) -> str:
        """Run a `flask` command on the same database; what it printed. Fails when it fails."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *arguments],
            cwd=ROOT,
            env=self.settings,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.fail(f"flask {' '.join(arguments)}\n{done.stdout}{done.stderr}", pytrace=False)
        return done.stdout


@contextlib.contextmanager
def running_wardmote(
    *arguments: str, async_mode: str = SERVED_BY, prepared: bool = True, **settings: str
) -> Iterator[WardmoteServer]:
    """A Wardmote on a migrated SQLite file of its own and a free port; ended by pid.

    `arguments` go to `wsgi.py`; `settings` are environment settings that replace the usual ones.
    Not `prepared`, it finds no database; else for `--demo` one that the demonstration is in.
    """
    with temporary_folder("wardmote") as folder:
        if prepared:
            shutil.copytree(_prepared("--demo" in arguments), folder, dirs_exist_ok=True)
        port = free_port()
        environment = usual_settings(folder, port, async_mode) | settings
        with (folder / "log").open("ab") as lines:
            process = start_process(
                [sys.executable, ROOT / "wsgi.py", *arguments],
                log=lines,
                env=environment,
                cwd=ROOT,
            )
        base_url = f"http://127.0.0.1:{port}"
        try:
            wait_until(
                lambda: is_healthy(f"{base_url}/health/live"), process, folder / "log", within=60
            )
            yield WardmoteServer(base_url, process.pid, folder, environment)
        finally:
            # At once: handing its phones over takes longer than many a test.
            end_process(process, with_signal=signal.SIGKILL)


@functools.cache
def _prepared(demonstration: bool) -> Path:
    """What a server finds when it starts, made once a run: each takes a copy."""
    kept = contextlib.ExitStack()
    atexit.register(kept.close)
    folder = kept.enter_context(temporary_folder("prepared"))
    settings = usual_settings(folder, free_port(), SERVED_BY)
    if demonstration:
        WardmoteServer("", 0, folder, settings).flask("demo")
    else:
        database = Database(settings["WARDMOTE_DATABASE_URL"])
        migrate(database)
        database.dispose()
    return folder


def usual_settings(folder: Path, port: int, async_mode: str) -> dict[str, str]:
    """The environment of a process that keeps everything in the folder."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("WARDMOTE_", "FLASK_"))
    }
    return inherited | {
        "WARDMOTE_DATABASE_URL": f"sqlite:///{folder / 'wardmote.db'}",
        "WARDMOTE_VAR": str(folder),
        "WARDMOTE_ENVIRONMENT": "development",
        "WARDMOTE_SECRET_KEY": SECRET,
        "WARDMOTE_REDIS_URL": "",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "ASYNC_MODE": async_mode,
        "PYTHONUNBUFFERED": "1",
    }


def is_healthy(address: str) -> bool:
    """Whether the address answers 200 now."""
    try:
        with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


@pytest.fixture
def wardmote() -> Iterator[WardmoteServer]:
    """A Wardmote of this test's own, on eventlet, with a database without a row."""
    with running_wardmote() as server:
        yield server
