"""The server is killed in the middle of a secret vote and started again; nobody touches a thing."""

import asyncio
import json
import time
import urllib.request
from contextlib import suppress

from playwright.async_api import Page
from sqlalchemy.orm import Session

from app.rehearsal.following import Follower
from app.rehearsal.phones import ResidentPhone
from app.rehearsal.web import Browser
from ballots.disclosure import DisclosureProfile
from ballots.outcome import outcome_of
from ballots.sealing import turnout
from benchmarks.hall.chromium import chromium, new_projector
from benchmarks.hall.crowd import wait_for
from benchmarks.hall.figures import Findings
from benchmarks.hall.guests import a_few_at_a_time, guests_of
from benchmarks.hall.venue import Venue, open_venue
from neighbourhoods.assemblies import Assembly, ItemKind
from neighbourhoods.people import Person
from neighbourhoods.stage import say

PHONES = 300
SCREENS = 2
VOTED_BEFORE = 100
BACK_WITHIN = 10.0
WORDS = "We are back."


def restart(found: Findings) -> None:
    """300 phones, two simulated screens and a real one come back by themselves."""
    with open_venue(ItemKind.BALLOT, voters=PHONES, profile=DisclosureProfile.SEALED) as venue:
        asyncio.run(_restart(found, venue))


async def _restart(found: Findings, venue: Venue) -> None:
    async with guests_of(venue, PHONES) as guests, chromium() as browser:
        screens = [
            Follower(Browser(venue.base_url), venue.base_url, venue.channel) for _ in range(SCREENS)
        ]
        for screen in screens:
            screen.start()
        projector = await new_projector(browser)
        await projector.goto(f"{venue.base_url}/a/{venue.code}/screen")
        await a_few_at_a_time(guests[:VOTED_BEFORE], lambda guest: _vote(venue, guest))
        followers = [each.follower for each in guests if each.follower] + screens
        casting = [
            asyncio.create_task(guest.cast(await guest.fill_in(venue.round_id)))
            for guest in guests[VOTED_BEFORE : VOTED_BEFORE + 20]
        ]
        port = venue.port
        await asyncio.to_thread(venue.hall.kill)
        killed = time.monotonic()
        venue.hall.serve_again(port)
        starting = asyncio.create_task(_answers(venue))
        version = await asyncio.to_thread(venue.act, _say)
        back = await wait_for(
            lambda: all(
                each.is_connected and each.state and each.state["version"] == version
                for each in followers
            ),
            60,
        )
        back_at = time.monotonic()
        found.tell("the server answered again, after the kill", await starting - killed, "s")
        shown = await _shows(projector, WORDS, 60)
        found.tell(
            "phones and screens back",
            sum(each.is_connected for each in followers),
            "",
            exactly=len(followers),
        )
        found.tell(
            "after the server was killed (its start included)",
            back_at - killed if back else 60,
            "s",
            at_most=BACK_WITHIN,
        )
        found.tell(
            "a real screen shows what is new, after the kill",
            shown - killed,
            "s",
            at_most=BACK_WITHIN,
        )
        await asyncio.gather(*casting)
        for screen in screens:
            await screen.stop()
    _hidden(found, venue, await asyncio.to_thread(_figures, venue))


async def _answers(venue: Venue) -> float:
    """The moment when the server answers again."""
    browser = Browser(venue.base_url)
    while True:
        with suppress(OSError, TimeoutError):
            await browser.get("/health/live")
            browser.hang_up()
            return time.monotonic()
        await asyncio.sleep(0.1)


async def _vote(venue: Venue, guest: ResidentPhone) -> None:
    await guest.cast(await guest.fill_in(venue.round_id))


async def _shows(page: Page, words: str, within: float) -> float:
    await page.get_by_text(words).first.wait_for(timeout=within * 1000)
    return time.monotonic()


def _say(session: Session, assembly: Assembly, by: Person) -> int:
    say(session, assembly, WORDS, by)
    return assembly.stage.version


def _figures(venue: Venue) -> dict[str, object]:
    address = f"{venue.base_url}/rounds/{venue.round_id}/tally.json"
    with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 - our own address
        told: dict[str, object] = json.load(answer)
    return told


def _hidden(found: Findings, venue: Venue, tally: dict[str, object]) -> None:
    with venue.hall.database.reading() as session:
        stored, counted = turnout(session, venue.round_id), outcome_of(session, venue.round_id)
    found.tell("ballots in the box", stored, "", exactly=VOTED_BEFORE + 20)
    found.tell("figures told of the sealed vote", len(tally["figures"] or ()), "", exactly=0)  # type: ignore[arg-type]
    found.tell("outcomes counted", int(counted is not None), "", exactly=0)
