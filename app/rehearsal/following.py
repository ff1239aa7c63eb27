"""Following a meeting or a round as the pages' script does: by socket, without one by asking.

The waits are those of static/js/news.js, so that what is measured here is what phones do.
"""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Any

from app.rehearsal.socket import PhoneSocket, connect
from app.rehearsal.web import Browser

ASK_EVERY = 5.0
WAKE_WITHIN = 2.0
_DICE = random.SystemRandom()

State = Mapping[str, Any]


@dataclass(frozen=True)
class Channel:
    """What is followed: how to ask for it, how its news is called, where it is without a socket."""

    ask: str
    words: Mapping[str, object]
    news: str
    address: str
    # Seconds: the longest rest between two tries, and how long one of them may take.
    slowest: float
    patience: float


def of_round(round_id: int) -> Channel:
    """A round's figures."""
    return Channel("join", {"round": round_id}, "tally", f"/rounds/{round_id}/tally.json", 8, 8)


def of_assembly(assembly_id: int, code: str) -> Channel:
    """What stands on the screens of a meeting."""
    address = f"/a/{code}/state.json"
    return Channel("follow", {"assembly": assembly_id}, "assembly", address, 3, 4)


class Follower:
    """One phone or screen that follows; `heard` is called with each state as it comes."""

    def __init__(
        self,
        browser: Browser,
        origin: str,
        channel: Channel,
        heard: Callable[[State], None] = lambda _state: None,
    ) -> None:
        """Begins with `start`."""
        self.browser, self._origin, self._channel, self._heard = browser, origin, channel, heard
        self.state: State | None = None
        self.socket: PhoneSocket | None = None
        self.connections = 0
        self.reached: asyncio.Event = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None
        self._online = asyncio.Event()
        self._etag = ""
        self._heard_at = 0.0
        self._line = browser.line_beside()

    def start(self) -> None:
        """Begin to follow, and go on through every gap."""
        self._following = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Leave."""
        for task in (self._following, self._asking):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        if self.socket is not None:
            self.socket.hang_up()
        self._line.hang_up()
        self.browser.hang_up()

    async def come_online(self) -> None:
        """Do what a page does when its phone says that the network is there again."""
        since = monotonic()
        await asyncio.sleep(_DICE.random() * WAKE_WITHIN)
        if self._heard_at < since:
            self._online.set()
            if self.socket is not None:
                self.socket.hang_up()

    @property
    def is_connected(self) -> bool:
        """Whether its socket stands."""
        return self.socket is not None and not self.socket.gone.done()

    def receive(self, state: Any) -> None:
        """Take what the server told, if it is news of the right thing."""
        if isinstance(state, dict) and "refused" not in state:
            self.state = state
            self._heard_at = monotonic()
            self.reached.set()
            self._heard(state)

    def _hear(self, event: str, words: Any) -> None:
        if event == self._channel.news:
            self.receive(words)

    async def _follow(self) -> None:
        longest = self._channel.slowest
        first_wait, tries = min(longest, 2.0) * _DICE.uniform(0.25, 1), 0
        while True:
            try:
                self.socket = await connect(
                    self.browser.host,
                    self.browser.port,
                    self._origin,
                    self._hear,
                    cookie=self.browser.cookie,
                    within=self._channel.patience,
                )
            except (OSError, TimeoutError):
                self._start_asking()
            else:
                self._stop_asking()
                self.connections, tries = self.connections + 1, 0
                self.socket.ask(self._channel.ask, self._channel.words, self.receive)
                await self.socket.gone
                self._start_asking()
                if self.socket.was_told_to_go:
                    await asyncio.sleep(1 + _DICE.random() * 4)
                    continue
            wait = min(first_wait * 2**tries, longest) * _DICE.uniform(0.5, 1.5)
            with suppress(TimeoutError):
                async with asyncio.timeout(min(wait, longest)):
                    await self._online.wait()
            self._online.clear()
            tries += 1

    def _start_asking(self) -> None:
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_by_http())

    def _stop_asking(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
            self._line.hang_up()

    async def _ask_by_http(self) -> None:
        await asyncio.sleep(ASK_EVERY * _DICE.random())
        while True:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(10):
                    known = {"If-None-Match": self._etag} if self._etag else {}
                    answer = await self._line.get(self._channel.address, known)
                if answer.status == 200:
                    self._etag = answer.headers.get("etag", "")
                    self.receive(answer.json)
            await asyncio.sleep(ASK_EVERY * _DICE.uniform(0.8, 1.2))
