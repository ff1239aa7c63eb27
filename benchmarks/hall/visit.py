"""What each step of a phone's visit costs the server: processor time, not time that passes."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from app.rehearsal.booth import Paper
from app.rehearsal.following import Follower
from app.rehearsal.phones import ResidentPhone
from app.rehearsal.web import Answer, Browser
from benchmarks.hall.crowd import all_connected
from benchmarks.hall.figures import Findings, processor_seconds
from benchmarks.hall.venue import Venue, open_venue
from neighbourhoods.assemblies import ItemKind

PHONES = 60
# The first few fill the memory that all others share.
BEFORE = 10
_FILE = re.compile(r'(?:href|src)="(/static/[^"]+)"')
_HAS = {"Accept-Encoding": "br, gzip"}
_VOTING = ("the booth", "the ballot", "Counted")
# A thousand who vote within a minute leave 60 ms to each; the hall's news needs its share too.
MOST_TO_VOTE = 30.0

Step = Callable[["Visit"], Awaitable[object]]


@dataclass
class Visit:
    """One phone on its way through the meeting."""

    phone: ResidentPhone
    venue: Venue
    files: set[str] = field(default_factory=set)
    paper: Paper | None = None

    async def get(self, path: str) -> Answer:
        """Open a page as browsers do; notes which files it wants."""
        page = await self.phone.browser.get(path, _HAS if "static" in path else {})
        if page.status != 200:
            raise AssertionError(f"{path} answered {page.status}")
        self.files.update(_FILE.findall(page.text))
        return page


async def _join(visit: Visit) -> None:
    await visit.phone.join()


async def _fetch_files(visit: Visit) -> None:
    for path in sorted(visit.files):
        await visit.get(path)


async def _connect(visit: Visit) -> None:
    phone, venue = visit.phone, visit.venue
    phone.follower = Follower(phone.browser, venue.base_url, venue.channel)
    phone.follower.start()
    await all_connected([phone.follower])


async def _fill_in(visit: Visit) -> None:
    visit.paper = await visit.phone.fill_in(visit.venue.round_id)


async def _cast(visit: Visit) -> None:
    if visit.paper is None or not (await visit.phone.cast(visit.paper)).is_counted:
        raise AssertionError("the ballot was not counted")


STEPS: dict[str, Step] = {
    "the card's QR code, and where it leads": lambda visit: visit.phone.show_card(),
    "the page with the button to join": lambda visit: visit.get(visit.phone.address),
    "joining, with both its pages": _join,
    "checking in by card, with its pages": lambda visit: visit.phone.check_in(),
    "the meeting's page again": lambda visit: visit.get(visit.phone.address),
    "the parts of it that change": lambda visit: visit.get(f"{visit.phone.address}/now?have=x"),
    "the state, asked for by HTTP": lambda visit: visit.get(f"{visit.phone.address}/state.json"),
    "connecting a socket, and following": _connect,
    "the booth": _fill_in,
    "the ballot": _cast,
    "Counted": lambda visit: visit.get(f"/rounds/{visit.venue.round_id}/counted"),
    "all files of these pages": _fetch_files,
}


def visit(found: Findings) -> None:
    """Sixty phones, one step after the other; the mean of each."""
    with open_venue(ItemKind.BALLOT, voters=PHONES + BEFORE) as venue:
        asyncio.run(_walk(found, venue))


async def _walk(found: Findings, venue: Venue) -> None:
    visits = [
        Visit(ResidentPhone(Browser(venue.base_url), venue.code, card.rpartition("/")[2]), venue)
        for card in venue.cards
    ]
    # What it does for nobody in particular, once a second, is no part of a visit.
    began = processor_seconds(venue.hall.server_pid)
    await asyncio.sleep(5)
    idle = (processor_seconds(venue.hall.server_pid) - began) / 5
    spent: dict[str, float] = {}
    try:
        for name, step in STEPS.items():
            spent[name] = await _mean(venue, visits, step, idle)
            found.tell(name, spent[name], "ms")
    finally:
        await asyncio.gather(
            *(each.phone.follower.stop() for each in visits if each.phone.follower)
        )
    found.tell("the whole visit", sum(spent.values()), "ms")
    voting = sum(spent[name] for name in _VOTING)
    found.tell("to vote: the booth, the ballot and Counted", voting, "ms", at_most=MOST_TO_VOTE)


async def _mean(venue: Venue, visits: list[Visit], step: Step, idle: float) -> float:
    """Milliseconds of the server's processor time that a step takes."""
    for each in visits[:BEFORE]:
        await step(each)
    loop, pid = asyncio.get_running_loop(), venue.hall.server_pid
    started, began = loop.time(), processor_seconds(pid)
    for each in visits[BEFORE:]:
        await step(each)
    spent = processor_seconds(pid) - began - idle * (loop.time() - started)
    return spent / PHONES * 1000
