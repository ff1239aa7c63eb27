"""Five thousand phones on two processes, and every second something changes.

Promise: every snapshot reaches every phone, 99 of 100 within 800 ms; memory per phone at most
80 kB. The phones are those of `app.rehearsal`, all in this one process, beside two servers, Valkey
and PostgreSQL. From publish to receipt is measured from the time that the server writes into each
state to its arrival, by the same machine's clock.
"""

import asyncio
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from time import process_time

from app.rehearsal.following import Follower, State
from app.rehearsal.web import Browser
from benchmarks.box.hall import Hall, open_hall
from benchmarks.hall.crowd import AT_A_TIME, all_connected
from benchmarks.hall.figures import Findings, kilobytes_of, percentile, processor_seconds
from benchmarks.hall.venue import Venue, venue_in
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
    """Which version each phone heard first when, and how often it was told the same again."""

    def __init__(self) -> None:
        self.seconds: dict[int, dict[int, float]] = defaultdict(dict)
        self.again: Counter[int] = Counter()

    def note(self, phone: int, state: State) -> None:
        """A phone has heard this."""
        version = int(state["version"])
        if phone in self.seconds[version]:
            self.again[version] += 1
            return
        sent = datetime.fromisoformat(str(state["now"])).timestamp()
        self.seconds[version][phone] = time.time() - sent


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
    async with crowd_on(venue, number, heard.note):
        moving = asyncio.create_task(venue.move_every_second())
        await asyncio.sleep(3)
        heard.seconds.clear()
        heard.again.clear()
        used, ours = _used(hall), process_time()
        await asyncio.sleep(SECONDS)
        used, ours = _used(hall) - used, process_time() - ours
        versions = dict(heard.seconds)
        again = sum(heard.again.values())
        memory = memory_of(hall)
        moving.cancel()
        await asyncio.gather(moving, return_exceptions=True)
    _tell(found, number, versions, again)
    found.tell(
        "processor time of the servers, for each message", used / _told(versions) * 1e6, "µs"
    )
    found.tell("processor time of the simulated phones, of one core", ours / SECONDS * 100, "%")
    found.tell("memory of both servers without phones", before / 1024, "MB")
    found.tell("memory of both servers with all phones", memory / 1024, "MB")
    found.tell("memory for each phone", (memory - before) / number, "kB", at_most=MOST_KB)


def _told(versions: dict[int, dict[int, float]]) -> int:
    return sum(map(len, versions.values()))


def _tell(found: Findings, number: int, versions: dict[int, dict[int, float]], again: int) -> None:
    # The first and the last may have been on their way when we began and ended to listen.
    whole = [versions[version] for version in sorted(versions)][1:-1]
    seconds = [each for reached in whole for each in reached.values()]
    found.tell("phones", number)
    found.tell("snapshots", len(whole), at_least=SECONDS / 2)
    found.tell("reached by each, at least", min(map(len, whole), default=0), exactly=number)
    found.tell("told the same again, of all messages", again / max(1, _told(versions)) * 100, "%")
    found.tell("from publish to receipt, median", percentile(seconds, 0.5), "s")
    p99 = percentile(seconds, 0.99)
    found.tell("from publish to receipt, p99", p99, "s", at_most=MOST_SECONDS)
    found.tell("from publish to receipt, longest", max(seconds, default=float("nan")), "s")


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
