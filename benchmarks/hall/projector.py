"""The projector: reloaded, darkened and lit again, and a wrong click on stop, reveal and next."""

import asyncio
import re
import secrets
import time
from collections.abc import Awaitable, Callable

from itsdangerous import URLSafeTimedSerializer
from playwright.async_api import Page
from sqlalchemy import func, select

from app.rehearsal.phones import ResidentPhone
from app.rehearsal.web import Browser
from benchmarks.hall.chromium import chromium, new_projector
from benchmarks.hall.figures import Findings, percentile
from benchmarks.hall.guests import guests_of
from benchmarks.hall.venue import Venue, open_venue, set_item
from neighbourhoods.assemblies import Assembly, ItemKind
from neighbourhoods.rounds import Round, RoundKind
from neighbourhoods.stage_pictures import picture_of

TIMES = 10
RELOAD_WITHIN = 3.0
DARK_WITHIN = 0.3
_VERSION = re.compile(r'name="version" value="(\d+)"')
# Notes the moment, by this machine's clock, when the screen turns dark or light.
_WATCH = """() => {
  window.turned = [];
  const dark = () => document.body.classList.contains("screen__body--dark");
  let before = dark();
  new MutationObserver(() => {
    if (dark() === before) return;
    before = dark();
    requestAnimationFrame(() => window.turned.push(Date.now() / 1000));
  }).observe(document.body, { attributes: true, attributeFilter: ["class"] });
}"""


class Console:
    """The facilitator's console, on a machine of its own."""

    def __init__(self, venue: Venue) -> None:
        """Signed in as the facilitator."""
        self._venue, self._browser = venue, Browser(venue.base_url)
        app, raw = venue.hall.app, secrets.token_hex(20)
        written = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
        told = {"person_id": venue.hall.town.facilitator.id, "csrf_token": raw}
        self._browser.cookies["wardmote"] = written.dumps(told)
        secret = venue.hall.settings.secret_key
        self._token = str(URLSafeTimedSerializer(secret, salt="wtf-csrf-token").dumps(raw))

    async def act(self, name: str, **fields: str) -> float:
        """Press a button; the moment when it was pressed."""
        address = f"/assemblies/{self._venue.assembly_id}"
        page = await self._browser.get(address)
        version = _VERSION.search(page.text)
        pressed = time.time()
        told = {"csrf_token": self._token, "version": version.group(1) if version else "", **fields}
        answer = await self._browser.post(f"{address}/act", {"act": name, **told})
        if answer.status != 200:
            raise AssertionError(f"{name}: {answer.status} {_said(answer.text)}")
        return pressed


def projector(found: Findings) -> None:
    """One real screen, one console."""
    kinds = (ItemKind.MESSAGE, ItemKind.BALLOT, ItemKind.REVEAL, ItemKind.BREAK)
    with open_venue(*kinds, voters=60) as venue:
        asyncio.run(_show(found, venue))


async def _show(found: Findings, venue: Venue) -> None:
    async with guests_of(venue, 50) as guests, chromium() as browser:
        page, console = await new_projector(browser), Console(venue)
        await page.goto(f"{venue.base_url}/a/{venue.code}/screen")
        await _reload(found, page)
        await _darken(found, page, console)
        await _undo(found, venue, guests, page, console)


async def _reload(found: Findings, page: Page) -> None:
    seconds = []
    for _ in range(TIMES):
        began = time.monotonic()
        await page.reload(wait_until="load")
        await page.locator(".screen__stage").wait_for()
        seconds.append(time.monotonic() - began)
    found.tell("reload of a screen, the slowest of ten", max(seconds), "s", at_most=RELOAD_WITHIN)


async def _darken(found: Findings, page: Page, console: Console) -> None:
    await asyncio.sleep(3)  # the screen is connected
    await page.evaluate(_WATCH)
    seconds = []
    for turn in range(TIMES):
        pressed = await console.act("lighten" if turn % 2 else "darken")
        await page.wait_for_function("n => window.turned.length > n", arg=turn)
        seconds.append((await page.evaluate("window.turned"))[-1] - pressed)
    found.tell("from the button to dark or light, median", percentile(seconds, 0.5), "s")
    found.tell("from the button to dark or light, slowest", max(seconds), "s", at_most=DARK_WITHIN)


async def _undo(
    found: Findings, venue: Venue, guests: list[ResidentPhone], page: Page, console: Console
) -> None:
    async def undone(name: str, act: Callable[[], Awaitable[object]]) -> None:
        await asyncio.sleep(2)
        before, seen = _picture(venue), await _seen(page)
        await act()
        changed = _picture(venue) != before
        await console.act("undo")
        await asyncio.sleep(2)
        same = changed and _picture(venue) == before and await _seen(page) == seen
        found.tell(
            f"undo of {name} restores stage, vote and screen exactly", int(same), "", exactly=1
        )

    await undone("next", lambda: console.act("next"))
    await console.act("next")
    number = venue.item(ItemKind.BALLOT)
    venue.act(lambda s, _a, _by: set_item(s, venue.item(ItemKind.REVEAL), vote_item=number))
    ballot = str(number)
    await console.act("open-vote", item=ballot)
    await _vote(venue, guests)
    await undone("stop", lambda: console.act("stop", item=ballot))
    await console.act("stop", item=ballot)
    await asyncio.sleep(13)  # the last call runs out
    await console.act("next")
    await console.act("release", item=ballot)
    await asyncio.sleep(13)  # it stays sealed for ten seconds, then it is counted
    await undone("a step of the reveal", lambda: console.act("step"))


async def _vote(venue: Venue, guests: list[ResidentPhone]) -> None:
    """What nobody voted for has no step to show."""
    with venue.hall.database.reading() as session:
        newest = select(func.max(Round.id)).where(Round.kind == RoundKind.HALL)
        number = session.scalars(newest).one()
    for guest in guests:
        await guest.cast(await guest.fill_in(number))


def _picture(venue: Venue) -> object:
    with venue.hall.database.reading() as session:
        assembly = session.get_one(Assembly, venue.assembly_id)
        rounds = session.query(Round).order_by(Round.id)
        starts = [(each.id, each.phase, [s.starts_at for s in each.starts]) for each in rounds]
        return picture_of(assembly.stage), starts


async def _seen(page: Page) -> str:
    """What the hall reads, without what only the time changes."""
    words: str = await page.locator(".screen__stage").inner_text()
    return re.sub(r"\d+:\d\d(:\d\d)?", "…", words)


def _said(page: str) -> str:
    """What the console explains when it refuses."""
    found = re.search(r'id="console-notice".*?<p>(.*?)</p>', page, re.DOTALL)
    return found.group(1) if found else ""
