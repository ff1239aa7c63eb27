"""Half an hour at half load: whether memory, file handles or connections grow.

Half load is half of the one core that a process has: so many ballots a second from voters who
change their minds, pages, and phones that are told something new every second. Every ten seconds
the server is looked at. After the first sixth of the time (five minutes of thirty) nothing may
grow: a line is fitted through the memory, and what it rises until the end must be within twice the
spread of the samples about it, or 1 %; handles and connections of the last third may not be more
than those of the first by over 2.
"""

import asyncio
import itertools
import threading
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, linear_regression, median, stdev
from time import monotonic, sleep

from sqlalchemy import text

from benchmarks.box.hall import Hall, open_hall
from benchmarks.box.phones import Phone, page_get
from benchmarks.city.ballots import show_the_paper
from benchmarks.city.phones import PUBLIC_URL, crowd_on
from benchmarks.hall.figures import Findings, kilobytes_of, percentile, processor_seconds
from benchmarks.hall.venue import Venue, venue_in
from neighbourhoods.assemblies import ItemKind
from tests.servers import running_postgres, running_valkey

MINUTES = 30.0
EVERY = 10.0
BALLOTS_A_SECOND, PAGES_A_SECOND = 150.0, 15.0
BALLOT_SENDERS, PAGE_SENDERS = 24, 4
HALF_LOAD = 45
VOTERS, PHONES = 3_000, 500
MOST_MORE = 2


@dataclass(frozen=True)
class Sample:
    """The server at one moment."""

    seconds: float
    kilobytes: int
    handles: int
    sockets: int
    connections: int
    used: float


class Sender:
    """A thread that asks for one thing after the other, so many a second."""

    def __init__(self, port: int, requests: "itertools.cycle[bytes]", a_second: float) -> None:
        self._phone, self._requests, self._pause = Phone(port), requests, 1 / a_second
        self._ended = threading.Event()
        self.waits: list[float] = []
        self.wrong: list[int] = []
        self._thread = threading.Thread(target=self._send)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the answer that is waited for."""
        self._ended.set()
        self._thread.join()
        self._phone.hang_up()

    def _send(self) -> None:
        due = monotonic()
        while not self._ended.is_set():
            answer = self._phone.ask(next(self._requests))
            self.waits.append(answer.answered_at - answer.sent_at)
            if answer.status != 200:
                self.wrong.append(answer.status)
            due = max(due + self._pause, monotonic() - 1)  # nobody catches up on a lost minute
            sleep(max(0.0, due - monotonic()))


def soak(found: Findings, share: float = 1.0) -> None:
    """Look at one server for so many minutes."""
    with (
        running_postgres(durable=True) as database,
        running_valkey() as valkey,
        open_hall(
            "postgresql",
            postgres=database,
            more={"WARDMOTE_REDIS_URL": valkey.url, "WARDMOTE_PUBLIC_URL": PUBLIC_URL},
        ) as hall,
    ):
        hall.serve(1)
        venue = venue_in(hall, ItemKind.MESSAGE, voters=VOTERS)
        senders = _senders(hall, venue)
        samples = asyncio.run(_look(venue, senders, MINUTES * 60 * share))
    _tell(found, samples, senders)


def _senders(hall: Hall, venue: Venue) -> list[Sender]:
    """Those who send ballots, each of other voters, and those who open pages."""
    vote = hall.vote_again(venue.round_id, venue.voters)
    show_the_paper(hall, vote)
    ballots = [
        vote.ballot(voter, f"{voter.number}-{turn}", vote.choices(voter.number + turn))
        for turn in range(14)
        for voter in vote.voters
    ]
    senders = [
        Sender(
            hall.port,
            itertools.cycle(ballots[one::BALLOT_SENDERS]),
            BALLOTS_A_SECOND / BALLOT_SENDERS,
        )
        for one in range(BALLOT_SENDERS)
    ]
    pages = [page_get(f"/rounds/{venue.round_id}"), page_get(f"/rounds/{venue.round_id}/tally")]
    senders += [
        Sender(hall.port, itertools.cycle(pages), PAGES_A_SECOND / PAGE_SENDERS)
        for _ in range(PAGE_SENDERS)
    ]
    return senders


async def _look(venue: Venue, senders: list[Sender], seconds: float) -> list[Sample]:
    samples: list[Sample] = []
    async with crowd_on(venue, PHONES, lambda _phone, _state: None):
        moving = asyncio.create_task(venue.move_every_second())
        began = monotonic()
        try:
            for sender in senders:
                sender.start()
            while monotonic() - began < seconds:
                await asyncio.sleep(min(EVERY, seconds / 12))
                samples.append(await asyncio.to_thread(_sample, venue.hall, monotonic() - began))
        finally:
            for sender in senders:
                await asyncio.to_thread(sender.stop)
            moving.cancel()
            await asyncio.gather(moving, return_exceptions=True)
    return samples


def _sample(hall: Hall, seconds: float) -> Sample:
    handles = [_target(each) for each in Path(f"/proc/{hall.server_pid}/fd").iterdir()]
    with hall.database.reading() as session:
        ours = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        connections = int(session.execute(text(ours)).scalar_one())
    sockets = sum(each.startswith("socket:") for each in handles)
    used = processor_seconds(hall.server_pid)
    return Sample(seconds, kilobytes_of(hall.server_pid), len(handles), sockets, connections, used)


def _target(handle: Path) -> str:
    try:
        return str(handle.readlink())
    except FileNotFoundError:
        return ""  # closed while it was looked at


def _tell(found: Findings, samples: list[Sample], senders: list[Sender]) -> None:
    last = samples[-1].seconds
    settled = [sample for sample in samples if sample.seconds >= last / 6]
    times, memory = [s.seconds for s in settled], [s.kilobytes / 1024 for s in settled]
    slope, start = linear_regression(times, memory)
    spread = stdev(each - start - slope * at for at, each in zip(times, memory, strict=True))
    rise, most = slope * (times[-1] - times[0]), max(2 * spread, fmean(memory) / 100)
    waits = [wait * 1000 for sender in senders for wait in sender.waits]
    found.tell("minutes", last / 60)
    found.tell("requests answered", len(waits))
    found.tell("a second", len(waits) / last)
    took = settled[-1].seconds - settled[0].seconds
    load = (settled[-1].used - settled[0].used) / took * 100
    found.tell("processor time of the server, of one core", load, "%", at_least=HALF_LOAD)
    found.tell("answered with anything but 200", sum(len(s.wrong) for s in senders), exactly=0)
    found.tell("from sending to the answer, p99", percentile(waits, 0.99), "ms")
    found.tell("memory in the middle", median(memory), "MB")
    found.tell("spread of the memory about its line", spread, "MB")
    found.tell("rise of the line from the first sixth to the end", rise, "MB", at_most=most)
    for name in ("handles", "sockets", "connections"):
        values = [getattr(sample, name) for sample in settled]
        third = max(1, len(values) // 3)
        more = max(values[-third:]) - max(values[:third])
        found.tell(f"{name}: most in the first third", max(values[:third]))
        found.tell(f"{name}: more in the last third", more, at_most=MOST_MORE)
