"""A crowd of simulated phones, and how each piece of news reached them."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

from app.rehearsal.following import Channel, Follower, State
from app.rehearsal.web import Browser

AT_A_TIME = 50
CONNECTED_WITHIN = 120.0


class Arrivals:
    """At how many phones each version arrived, and how long after it was sent."""

    def __init__(self, version: Callable[[State], object]) -> None:
        """`version` tells one piece of news from another."""
        self._version = version
        self._seconds: dict[object, list[float]] = defaultdict(list)
        # One message is the same object for every phone: its time is read once.
        self._last: tuple[State | None, object, float] = (None, None, 0.0)

    def note(self, state: State) -> None:
        """A phone has heard this."""
        arrived = time.time()
        if self._last[0] is not state:
            sent = datetime.fromisoformat(str(state["now"])).timestamp()
            self._last = (state, self._version(state), sent)
        _, version, sent = self._last
        self._seconds[version].append(arrived - sent)

    def forget(self) -> None:
        """Begin anew: what came by joining is no news."""
        self._seconds.clear()

    @property
    def reached(self) -> list[int]:
        """How many phones each piece of news arrived at, in the order of its sending."""
        return [len(seconds) for seconds in self._seconds.values()]

    @property
    def seconds(self) -> list[float]:
        """How long all of them took."""
        return [each for seconds in self._seconds.values() for each in seconds]


async def wait_for(happens: Callable[[], bool], within: float, every: float = 0.05) -> float | None:
    """Seconds until it happens; None if it does not."""
    began = time.monotonic()
    while not happens():
        if time.monotonic() - began > within:
            return None
        await asyncio.sleep(every)
    return time.monotonic() - began


async def all_connected(crowd: Sequence[Follower], within: float = CONNECTED_WITHIN) -> None:
    """Return once all of them are connected and know the state."""
    done = await wait_for(lambda: all(f.is_connected and f.state for f in crowd), within)
    if done is None:
        missing = sum(not (f.is_connected and f.state) for f in crowd)
        raise TimeoutError(f"{missing} of {len(crowd)} phones never connected")


@asynccontextmanager
async def crowd_of(
    browsers: Sequence[Browser],
    origin: str,
    channel: Channel,
    heard: Callable[[State], None] = lambda _state: None,
) -> AsyncIterator[list[Follower]]:
    """So many followers, connected a few at a time; they all leave in the end."""
    crowd: list[Follower] = []
    try:
        for browser in browsers:
            crowd.append(Follower(browser, origin, channel, heard))
            crowd[-1].start()
            if len(crowd) % AT_A_TIME == 0:
                await all_connected(crowd[-AT_A_TIME:])
        await all_connected(crowd)
        yield crowd
    finally:
        await asyncio.gather(*(follower.stop() for follower in crowd))
