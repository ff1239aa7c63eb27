"""Phones that follow a round by its socket and come back by themselves, as the page's script does.

with following("127.0.0.1", 8000, round_id, phones=20) as followers:
    followers.wait_for(lambda heard: heard["turnout"] == 3)
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from app.rehearsal.socket import connect

PATIENCE = 30.0
Tally = dict[str, Any]


class Followers:
    """Everybody who follows one round, in a thread of their own."""

    def __init__(self, host: str, port: int, round_id: int, phones: int) -> None:
        self._host, self._port, self._round_id = host, port, round_id
        self.heard: list[Tally | None] = [None] * phones
        self.is_there = [False] * phones
        # Seconds for which a phone that had been there was not.
        self.gaps: list[float] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._follow_all, daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._wait(lambda: all(self.is_there))

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(lambda: [t.cancel() for t in asyncio.all_tasks(self._loop)])
        self._thread.join(PATIENCE)

    def wait_for(self, heard: Callable[[Tally], bool]) -> None:
        """Return once every phone was told such figures."""
        self._wait(lambda: all(tally is not None and heard(tally) for tally in self.heard))

    def _wait(self, holds: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < until, f"{self.is_there} {self.heard}"
            time.sleep(0.02)

    def _follow_all(self) -> None:
        async def all_of_them() -> None:
            await asyncio.gather(*(self._follow(n) for n in range(len(self.heard))))

        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(all_of_them())
        self._loop.close()

    async def _follow(self, number: int) -> None:
        away_since: float | None = None

        def hear(event: str, tally: Tally) -> None:
            if event == "tally":
                self.heard[number] = tally

        def joined(tally: Tally) -> None:
            self.heard[number] = tally
            self.is_there[number] = True
            if away_since is not None:
                self.gaps.append(time.monotonic() - away_since)

        while True:
            socket = None
            try:
                origin = f"http://{self._host}:{self._port}"
                socket = await connect(self._host, self._port, origin, hear)
                socket.ask("join", {"round": self._round_id}, joined)
                await socket.gone
            except (OSError, TimeoutError):
                pass
            finally:
                if socket is not None:
                    socket.hang_up()
            if self.is_there[number]:
                away_since, self.is_there[number] = time.monotonic(), False
            await asyncio.sleep(random.uniform(0.25, 3))


@contextlib.contextmanager
def following(host: str, port: int, round_id: int, *, phones: int) -> Iterator[Followers]:
    """So many phones that follow a round; they hang up in the end."""
    followers = Followers(host, port, round_id, phones)
    followers.start()
    try:
        yield followers
    finally:
        followers.stop()
