"""A phone's first visit: what it downloads to join and vote, and when it can tap on a ballot."""

import asyncio
import time
from collections import Counter
from urllib.parse import urlsplit

from playwright.async_api import CDPSession, Page
from sqlalchemy.orm import Session

from benchmarks.hall.chromium import chromium, new_phone
from benchmarks.hall.figures import Findings, percentile
from benchmarks.hall.venue import Venue, open_venue
from neighbourhoods.assemblies import Assembly, ItemKind
from neighbourhoods.attendance import attendee_of, check_in, pair, phone_by_number
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.people import Person

MOST_KB = 150
TAP_WITHIN = 5.0
VISITS = 5
# What Lighthouse and WebPageTest call slow 4G, applied to every packet and not simulated.
SLOW_4G = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1_638_400 / 8,
    "uploadThroughput": 750_000 / 8,
}


def weigh_first_visit(found: Findings) -> None:
    """Everything that comes over the network from the QR code to Counted, as it travels."""
    with open_venue(ItemKind.BALLOT, voters=2) as venue:
        sizes = asyncio.run(_weigh(venue))
    for kind, size in sorted(sizes.items(), key=lambda each: -each[1]):
        found.tell(f"  {kind}", size / 1000, "kB")
    found.tell("to join and vote, first visit", sizes.total() / 1000, "kB", at_most=MOST_KB)


async def _weigh(venue: Venue) -> Counter[str]:
    async with chromium() as browser:
        page = await new_phone(browser)
        sizes = await _weighing(page)
        await _join(page, venue, 0)
        await page.locator("#vote-now").tap()
        await page.locator(".wm-choice__box").first.tap()
        await page.locator("form[data-booth] button:not([name])").tap()
        await page.wait_for_url("**/counted")
        await page.wait_for_load_state("networkidle")
        return sizes


async def _weighing(page: Page) -> Counter[str]:
    """Bytes by kind of file, headers included, as the browser's network tells them."""
    session: CDPSession = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    sizes: Counter[str] = Counter()
    kinds: dict[str, str] = {}

    def began(told: dict[str, object]) -> None:
        response = told["response"]
        path = urlsplit(str(response["url"])).path  # type: ignore[index]
        kinds[str(told["requestId"])] = path.rpartition("/")[2] if "/static/" in path else "pages"

    def ended(told: dict[str, object]) -> None:
        kind = kinds.get(str(told["requestId"]), "other")
        sizes[kind] += int(told["encodedDataLength"])  # type: ignore[call-overload]

    def heard(told: dict[str, object]) -> None:
        sizes["socket"] += len(str(told["response"]["payloadData"]))  # type: ignore[index]

    session.on("Network.responseReceived", began)
    session.on("Network.loadingFinished", ended)
    session.on("Network.webSocketFrameReceived", heard)
    return sizes


async def _join(page: Page, venue: Venue, number: int) -> None:
    """Open the QR code's address, join; the door pairs the phone by its number."""
    await page.goto(f"{venue.base_url}/a/{venue.code}")
    await page.locator("form[action$='/join'] button").tap()
    shown = await page.locator(".wm-me__number").first.inner_text()
    venue.act(lambda session, assembly, by: _pair(session, assembly, by, venue, number, shown))
    if number == 0:
        venue.open_ballot()


def _pair(
    session: Session, assembly: Assembly, by: Person, venue: Venue, number: int, shown: str
) -> None:
    phone = phone_by_number(session, assembly, shown)
    entry = session.get_one(RollEntry, venue.voters[number].entry_id)
    attendee = attendee_of(session, assembly, entry.reference)
    if phone is None:
        raise AssertionError(f"the phone shows the number {shown!r}, which no phone has")
    pair(session, phone, attendee or check_in(session, assembly, entry, by), by)


def join(found: Findings) -> None:
    """From the QR code's address to the first tap on a ballot, on a slow phone network."""
    with open_venue(ItemKind.BALLOT, voters=VISITS + 1) as venue:
        seconds = asyncio.run(_hurry(venue))
    found.tell("slow 4G: 1.6 Mbit/s down, 0.75 up, latency", SLOW_4G["latency"], "ms")
    found.tell("from the QR code to a tap on a ballot, median", percentile(seconds, 0.5), "s")
    found.tell("the slowest of the visits", max(seconds), "s", at_most=TAP_WITHIN)


async def _hurry(venue: Venue) -> list[float]:
    seconds = []
    async with chromium() as browser:
        for visit in range(VISITS + 1):
            page = await new_phone(browser)
            session = await page.context.new_cdp_session(page)
            await session.send("Network.enable")
            await session.send("Network.emulateNetworkConditions", SLOW_4G)
            began = time.monotonic()
            await _join(page, venue, visit)
            await page.locator("#vote-now").tap()
            await page.locator(".wm-choice__box").first.tap()
            seconds.append(time.monotonic() - began)
            await page.context.close()
    return seconds[1:]  # the first also opens the vote
