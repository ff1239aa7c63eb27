"""The hall's Wi-Fi is away for a minute while the figures move; and once for less than a moment."""

import asyncio
import random
from contextlib import suppress

from playwright.async_api import Page
from sqlalchemy.orm import Session

from app.rehearsal.booth import Cast, Paper
from app.rehearsal.phones import ResidentPhone
from ballots.sealing import turnout
from benchmarks.hall.chromium import chromium, new_phone
from benchmarks.hall.crowd import wait_for
from benchmarks.hall.figures import Findings
from benchmarks.hall.guests import guests_of
from benchmarks.hall.proxy import Wifi, open_wifi
from benchmarks.hall.venue import Venue, open_venue
from neighbourhoods.assemblies import Assembly, ItemKind
from neighbourhoods.people import Person
from neighbourhoods.stage import say

PHONES = 500
CUT = 60.0
SHORT_CUTS = (0.5, 1.5, 2.5)
BACK_WITHIN = 10.0
VOTING_AMID_IT = 100


def wifi(found: Findings) -> None:
    """500 phones behind a proxy that is cut; half of them notice, half hear only silence."""
    with open_venue(ItemKind.MESSAGE, ItemKind.BALLOT, voters=PHONES) as venue:
        asyncio.run(_lose_signal(found, venue))


async def _lose_signal(found: Findings, venue: Venue) -> None:
    async with (
        open_wifi(venue.port) as wifi,
        guests_of(venue, PHONES, base_url=wifi.base_url) as guests,
        chromium() as browser,
    ):
        page = await new_phone(browser)
        await page.goto(f"{wifi.base_url}/a/{venue.code}")
        await page.locator("form[action$='/join'] button").click()
        await page.locator("[data-meeting]").wait_for()
        moving = asyncio.create_task(venue.move_every_second())
        await asyncio.sleep(3)
        await _short_gaps(found, wifi, page)
        await _long_gap(found, venue, wifi, guests, moving)
        await page.context.close()


async def _short_gaps(found: Findings, wifi: Wifi, page: Page) -> None:
    warned = 0
    for gap in SHORT_CUTS:
        wifi.cut()
        warned += await _warnings(page, gap)
        wifi.restore()
        warned += await _warnings(page, 3)
    found.tell("warnings on a real phone page at gaps under 3 s", warned, "", exactly=0)


async def _warnings(page: Page, seconds: float) -> int:
    """How often a warning was seen, looked for ten times a second."""
    seen = 0
    for _ in range(int(seconds * 10)):
        with suppress(TimeoutError):
            seen += await page.locator("[data-trying]:visible").count()
        await asyncio.sleep(0.1)
    return seen


async def _long_gap(
    found: Findings,
    venue: Venue,
    wifi: Wifi,
    guests: list[ResidentPhone],
    moving: asyncio.Task[None],
) -> None:
    dice = random.Random(3)
    voting = guests[:VOTING_AMID_IT]
    papers = [await guest.fill_in(venue.round_id) for guest in voting]
    wifi.cut()
    for guest in guests[::2]:
        if guest.follower is not None and guest.follower.socket is not None:
            guest.follower.socket.hang_up()  # a phone that sees its network go
    casting = [
        asyncio.create_task(_cast_after(guest, paper, dice.uniform(0, CUT)))
        for guest, paper in zip(voting, papers, strict=True)
    ]
    await asyncio.sleep(CUT)
    moving.cancel()
    await asyncio.gather(moving, return_exceptions=True)
    last = venue.act(_say_last)
    wifi.restore()
    coming = [
        asyncio.create_task(guest.follower.come_online())
        for guest in guests[::2]
        if guest.follower is not None
    ]
    back = await wait_for(
        lambda: all(guest.state and guest.state["version"] == last for guest in guests), 60
    )
    same = sum(bool(guest.state and guest.state["version"] == last) for guest in guests)
    await asyncio.gather(*coming)
    found.tell("phones that show the same version again", same, "", exactly=PHONES)
    found.tell("after the network returned", back or 60.0, "s", at_most=BACK_WITHIN)
    cast = list(await asyncio.gather(*casting))
    with venue.hall.database.reading() as session:
        stored = turnout(session, venue.round_id)
    sent_again = sum(each.sendings > 1 for each in cast)
    receipts = {each.receipt for each in cast if each.is_counted}
    found.tell("ballots cast without a network", len(cast), "")
    found.tell("of them sent more than once", sent_again, "")
    found.tell("receipts, each its own", len(receipts), "", exactly=len(cast))
    found.tell("ballots in the box", stored, "", exactly=len(cast))


async def _cast_after(guest: ResidentPhone, paper: Paper, seconds: float) -> Cast:
    await asyncio.sleep(seconds)
    return await guest.cast(paper)


def _say_last(session: Session, assembly: Assembly, by: Person) -> int:
    say(session, assembly, "We go on.", by)
    return assembly.stage.version
