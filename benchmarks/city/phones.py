"""Five thousand phones on two processes, and every second something changes.

Promise: every snapshot reaches every phone, 99 of 100 within 800 ms; memory per phone at most
80 kB. The phones are those of `app.rehearsal`, all in this one process, beside two servers, Valkey
and PostgreSQL. From publish to receipt is measured from the time that the server writes into each
state to its arrival, by the same machine's clock; from the facilitator's tap, which has yet to be
stored and told to the other process, beside it.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from itertools import cycle
from time import process_time

from app.rehearsal.following import Follower, State
from app.rehearsal.web import Browser
from benchmarks.box.hall import Hall, open_hall
from benchmarks.hall.crowd import AT_A_TIME, all_connected
from benchmarks.hall.figures import Findings, kilobytes_of, percentile, processor_seconds
from benchmarks.hall.venue import WORDS, Venue, venue_in
from neighbourhoods.assemblies import ItemKind
from tests.servers import running_postgres, running_valkey

PHONES = 5_000
PROCESSES = 2
# Come and go before memory is measured.
FIRST = 50
SECONDS = 20
MOST_SECONDS = 0.8
MOST_KB = 80
# What the servers believe they are called, whichever of them is visited.
PUBLIC_URL = "http://127.0.0.1:8000"


class Heard:
    """When each version was sent, and when each phone heard which."""

    def __init__(self) -> None:
        self.tapped: dict[int, float] = {}
        self.sent: dict[int, float] = {}
        self.heard: dict[int, list[tuple[int, float]]] = defaultdict(list)

    def note(self, phone: int, state: State) -> None:
        """A phone has heard this."""
        version = int(state["version"])
        if version not in self.sent:
            self.sent[version] = datetime.fromisoformat(str(state["now"])).timestamp()
        self.heard[phone].append((version, time.time()))

    def forget(self) -> None:
        """Begin anew: what came by joining is no news."""
        self.tapped.clear()
        self.sent.clear()
        self.heard.clear()

    @property
    def messages(self) -> int:
        """How many messages arrived."""
        return sum(map(len, self.heard.values()))

    @property
    def repeated(self) -> int:
        """How many of them said what their phone knew."""
        return sum(len(heard) - len({v for v, _ in heard}) for heard in self.heard.values())

    def seconds_to(self, version: int, since: float) -> list[float]:
        """For each phone that came to know of a version: how long after that moment.

        A snapshot is whole: whoever is told the next one has missed nothing, but waited longer.
        """
        arrivals = (
            next((at for known, at in heard if known >= version), None)
            for heard in self.heard.values()
        )
        return [at - since for at in arrivals if at is not None]


def phones(found: Findings, share: float = 1.0) -> None:
    """So many phones on two processes with Valkey between them, and what each of them takes."""
    number = max(200, int(PHONES * share))
    with (
        running_postgres(durable=True) as database,
        running_valkey() as valkey,
        open_hall(
            "postgresql",
            postgres=database,
            more={"WARDMOTE_REDIS_URL": valkey.url, "WARDMOTE_PUBLIC_URL": PUBLIC_URL},
        ) as hall,
    ):
        hall.serve(PROCESSES)
        asyncio.run(_follow(found, venue_in(hall, ItemKind.MESSAGE), number))


async def _follow(found: Findings, venue: Venue, number: int) -> None:
    hall, heard = venue.hall, Heard()
    async with crowd_on(venue, FIRST, heard.note):
        pass  # what a process learns once and keeps is no phone's
    await asyncio.sleep(2)
    before = memory_of(hall)
    async with crowd_on(venue, number, heard.note) as crowd:
        moving = asyncio.create_task(_say_every_second(venue, crowd[0], heard))
        await asyncio.sleep(3)
        heard.forget()
        used, ours = _used(hall), process_time()
        await asyncio.sleep(SECONDS)
        used, ours = _used(hall) - used, process_time() - ours
        memory = memory_of(hall)
        if moving.done():
            await moving  # tells why the facilitator stopped
        moving.cancel()
        await asyncio.gather(moving, return_exceptions=True)
        await asyncio.sleep(2)
    _tell(found, number, heard)
    found.tell("processor time of the servers, for each message", used / heard.messages * 1e6, "µs")
    found.tell("processor time of the simulated phones, of one core", ours / SECONDS * 100, "%")
    found.tell("memory of both servers without phones", before / 1024, "MB")
    found.tell("memory of both servers with all phones", memory / 1024, "MB")
    found.tell("memory for each phone", (memory - before) / number, "kB", at_most=MOST_KB)


async def _say_every_second(venue: Venue, screen: Follower, heard: Heard) -> None:
    """A facilitator says something else every second, at the console of one of the servers."""
    hall = venue.hall
    cookie, token = hall.browser_of(person_id=hall.town.facilitator.id)
    console = Browser(f"http://127.0.0.1:{hall.ports[0]}")
    console.cookies["wardmote"] = cookie.partition("=")[2]
    due = time.monotonic()
    for words in cycle(WORDS):
        due += 1
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        version = int((screen.state or {}).get("version", 0))
        fields = {"csrf_token": token, "act": "say", "version": str(version), "words": words}
        heard.tapped[version + 1] = time.time()
        answer = await console.post(f"/assemblies/{venue.assembly_id}/act", fields)
        if answer.status not in (200, 409):  # 409: the screen had not yet heard of the last
            raise AssertionError(f"the console answered {answer.status}")


def _tell(found: Findings, number: int, heard: Heard) -> None:
    # The first and the last may have been on their way when we began and ended to listen.
    inner = sorted(heard.sent)[1:-1]
    whole = [heard.seconds_to(version, heard.sent[version]) for version in inner]
    seconds = [each for reached in whole for each in reached]
    tapped = [
        each
        for version in inner
        if version in heard.tapped
        for each in heard.seconds_to(version, heard.tapped[version])
    ]
    found.tell("phones", number)
    found.tell("snapshots", len(whole), at_least=SECONDS - 4)
    found.tell("reached by each, at least", min(map(len, whole), default=0), exactly=number)
    found.tell("told what they knew, of all messages", heard.repeated / heard.messages * 100, "%")
    found.tell("from publish to receipt, median", percentile(seconds, 0.5), "s")
    p99 = percentile(seconds, 0.99)
    found.tell("from publish to receipt, p99", p99, "s", at_most=MOST_SECONDS)
    found.tell("from publish to receipt, longest", max(seconds, default=float("nan")), "s")
    found.tell("from the facilitator's tap to receipt, p99", percentile(tapped, 0.99), "s")


def _used(hall: Hall) -> float:
    return sum(map(processor_seconds, hall.server_pids))


def memory_of(hall: Hall) -> int:
    """What all servers hold, in kB."""
    return sum(map(kilobytes_of, hall.server_pids))


@asynccontextmanager
async def crowd_on(
    venue: Venue, number: int, heard: Callable[[int, State], None]
) -> AsyncIterator[list[Follower]]:
    """So many followers, shared out among the servers, a few at a time; they leave in the end."""
    crowd: list[Follower] = []
    ports = venue.hall.ports
    try:
        for phone in range(number):
            browser = Browser(f"http://127.0.0.1:{ports[phone % len(ports)]}")
            crowd.append(Follower(browser, PUBLIC_URL, venue.channel, partial(heard, phone)))
            crowd[-1].start()
            if len(crowd) % AT_A_TIME == 0:
                await all_connected(crowd[-AT_A_TIME:])
        await all_connected(crowd)
        yield crowd
    finally:
        await asyncio.gather(*(follower.stop() for follower in crowd))
