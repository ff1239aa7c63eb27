"""A vote's last evening on two processes: people vote and watch, and everything is written down."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from statistics import quantiles

from sqlalchemy import text

from app.rehearsal.booth import Cast, Paper, cast
from app.rehearsal.following import Follower, State, of_round
from app.rehearsal.web import Browser
from ballots.sealing import turnout
from benchmarks.box.hall import Hall, Vote, Voter
from tests.cluster import Cluster, running_cluster

VOTERS = 240
SECONDS_APART = 0.25
PHONES = 8
SCRIPT = {"Accept": "application/json"}


@dataclass
class Evening:
    """Two processes behind nginx, an open vote, and who has voted so far."""

    cluster: Cluster
    hall: Hall
    vote: Vote
    casts: dict[int, Cast] = field(default_factory=dict)
    # When the n-th ballot was answered, and when each phone heard of so many.
    answered_at: list[float] = field(default_factory=list)
    heard: dict[int, list[tuple[float, int]]] = field(default_factory=dict)
    _tasks: list[asyncio.Task[Cast]] = field(default_factory=list, repr=False)

    # --- voting ------------------------------------------------------------------------------

    async def cast(self, voter: Voter) -> Cast:
        """Vote as the booth's script does, with one request id until there is an answer."""
        browser = Browser(self.cluster.base_url)
        browser.cookies["wardmote"] = voter.cookie.partition("=")[2]
        fields: dict[str, str | list[str]] = {
            "csrf_token": voter.token,
            "request_id": f"evening-{voter.number}",
            "client_nonce": "ab" * 16,
            "project": self.vote.choices(voter.number),
        }
        done = await cast(browser, Paper(self.vote.path, fields), give_up_after=80)
        browser.hang_up()
        self.casts[voter.number] = done
        if done.is_counted:
            self.answered_at.append(time.monotonic())
        return done

    async def vote_steadily(self) -> None:
        """Let one after another vote, until this task is cancelled; whoever began goes on."""
        for voter in self.vote.voters:
            self._tasks.append(asyncio.create_task(self.cast(voter)))
            await asyncio.sleep(SECONDS_APART)
        raise AssertionError("there were not enough voters")

    @asynccontextmanager
    async def voting(self) -> AsyncIterator[None]:
        """People vote meanwhile; in the end everybody who began has an answer."""
        steady = asyncio.create_task(self.vote_steadily())
        try:
            yield
        finally:
            steady.cancel()
            with suppress(asyncio.CancelledError):
                await steady
            await asyncio.gather(*self._tasks)

    # --- watching ----------------------------------------------------------------------------

    @asynccontextmanager
    async def watched(self, addresses: list[str] | None = None) -> AsyncIterator[list[Follower]]:
        """Phones follow the figures by socket meanwhile, through nginx unless told otherwise."""
        addresses = addresses or [self.cluster.base_url]
        phones = []
        for number in range(PHONES):
            self.heard[number] = []
            browser = Browser(addresses[number % len(addresses)])
            channel = of_round(self.vote.round_id)
            phone = Follower(browser, self.cluster.base_url, channel, self._note(number))
            phone.start()
            phones.append(phone)
        try:
            await eventually(lambda: all(one.is_connected and one.state for one in phones), 30)
            yield phones
        finally:
            await asyncio.gather(*(phone.stop() for phone in phones))

    def _note(self, number: int) -> Callable[[State], None]:
        return lambda state: self.heard[number].append((time.monotonic(), state["turnout"]))

    def behind(self, since: float, until: float) -> float:
        """How many seconds the slowest phone was behind, of ballots answered in this time."""
        longest = 0.0
        for place, at in enumerate(sorted(self.answered_at), start=1):
            if since <= at < until:
                for heard in self.heard.values():
                    told = [when for when, number in heard if number >= place]
                    longest = max(longest, (min(told) if told else float("inf")) - at)
        return longest

    # --- what lies in the box ----------------------------------------------------------------

    def check_box(self, *, is_open: bool = True) -> None:
        """Everybody who began to vote is in the box, once, under a receipt of their own."""
        refused = {n: one.status for n, one in self.casts.items() if not one.is_counted}
        assert refused == {}
        receipts = [one.receipt for one in self.casts.values()]
        assert len(set(receipts)) == len(receipts)
        for voter in self.vote.voters if is_open else ():
            expected = 1 if voter.number in self.casts else 0
            assert self.hall.castings_of(self.vote, voter) == expected
        with self.hall.database.reading() as session:
            assert turnout(session, self.vote.round_id) == len(self.casts)

    @property
    def longest_cast(self) -> float:
        """Seconds until the slowest voter had an answer."""
        return max(one.seconds for one in self.casts.values())

    @property
    def p95_cast(self) -> float:
        """Seconds until nineteen of twenty voters had an answer."""
        return quantiles((one.seconds for one in self.casts.values()), n=20)[-1]

    @property
    def leader(self) -> int | None:
        """The process that acts by the clock, as its connection is called; None while none does."""
        asked = text(
            "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) "
            "WHERE locktype = 'advisory' AND classid = 7002 AND granted"
        )
        with self.hall.database.reading() as session:
            names = session.scalars(asked).all()
        assert len(names) <= 1
        pids = [int(name.split()[2]) for name in names]
        return self.cluster.pids.index(pids[0]) if pids else None


# A server that is started ends with the thread that started it: this one stays.
_OFFICE = ThreadPoolExecutor(1)


async def meanwhile(act: Callable[..., object], *about: object) -> None:
    """Do something to a server while people vote and watch."""
    await asyncio.get_running_loop().run_in_executor(_OFFICE, act, *about)


async def eventually(happens: Callable[[], object], within: float) -> float:
    """Seconds until it happens."""
    began = time.monotonic()
    while not await asyncio.to_thread(happens):
        assert time.monotonic() - began < within, f"it did not happen within {within} s"
        await asyncio.sleep(0.05)
    return time.monotonic() - began


@contextmanager
def open_evening(
    database_url: str,
    redis_url: str | None,
    *,
    processes: int = 2,
    front: bool = True,
    closes_in: float | None = None,
    **settings: str,
) -> Iterator[Evening]:
    """Two processes behind nginx, unless told otherwise, and an open vote with live figures."""
    with running_cluster(
        processes, database_url=database_url, redis_url=redis_url, front=front, **settings
    ) as cluster:
        hall = Hall(cluster.settings, cluster.folder)
        try:
            yield Evening(cluster, hall, hall.open_vote(VOTERS, closes_in=closes_in))
        finally:
            hall.close()


def measured(**figures: object) -> None:
    """Print what was measured, for docs/faults.md."""
    rounded = {
        name: round(figure, 2) if isinstance(figure, float) else figure
        for name, figure in figures.items()
    }
    print(f"\nmeasured: {json.dumps(rounded)}")  # noqa: T201 - what one runs this for
