"""Thousands who say nothing, hundreds who speak a byte a second: everybody else goes on voting."""

import asyncio
import contextlib
import resource
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.rehearsal.web import Browser
from tests.faults.evening import Evening, eventually, measured, open_evening

IDLE = 5_000
DRIPPING = 200
BODY = b"x" * 500
FORM = b"no\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n"
# So few that a process which held what nginx holds would not call itself ready.
FEW = "150"


@contextlib.contextmanager
def one_process(folder: Path, most: str, *, front: bool) -> Iterator[Evening]:
    """One process on SQLite, with or without nginx before it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * IDLE + 1_000:
        pytest.skip(f"{hard} open files are too few for this: raise ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    database = f"sqlite:///{folder / 'wardmote.db'}"
    try:
        with open_evening(
            database, None, processes=1, front=front, WARDMOTE_MOST_CONNECTIONS=most
        ) as evening:
            yield evening
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def is_ready(evening: Evening) -> bool:
    """Whether the process itself says that people may be sent to it."""
    browser = Browser(evening.cluster.urls[0])
    answer = await browser.get("/health/ready")
    browser.hang_up()
    return answer.status == 200


def address(evening: Evening) -> tuple[str, int]:
    browser = Browser(evening.cluster.base_url)
    return browser.host, browser.port


@contextlib.contextmanager
def saying_nothing(evening: Evening) -> Iterator[list[socket.socket]]:
    """So many connections on which nobody says anything."""
    with contextlib.ExitStack() as stack:
        lines = []
        for _ in range(IDLE):
            line = stack.enter_context(socket.create_connection(address(evening), timeout=20))
            line.setblocking(False)
            lines.append(line)
        yield lines


def still_open(lines: list[socket.socket]) -> int:
    """On how many of them nobody has hung up."""
    number = 0
    for line in lines:
        try:
            line.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            number += 1
        except OSError:
            continue
    return number


@pytest.mark.parametrize("front", [False, True], ids=["directly", "behind nginx"])
def test_five_thousand_who_say_nothing_keep_nobody_from_voting(tmp_path: Path, front: bool) -> None:
    async def go(evening: Evening) -> tuple[bool, float]:
        async with evening.voting():
            await asyncio.sleep(2)
            with saying_nothing(evening) as lines:
                opened = time.monotonic()
                assert still_open(lines) == IDLE
                await asyncio.sleep(1)
                ready = await is_ready(evening)
                await eventually(lambda: still_open(lines) == 0, 60)
                closed = time.monotonic() - opened
                assert await is_ready(evening)
            return ready, closed

    with one_process(tmp_path, FEW if front else "5500", front=front) as evening:
        ready, closed = asyncio.run(go(evening))
        measured(
            front=front,
            ready_meanwhile=ready,
            all_closed_after=closed,
            ballots=len(evening.casts),
            p95_ballot=evening.p95_cast,
            slowest_ballot=evening.longest_cast,
        )
        evening.check_box()
        assert {one.sendings for one in evening.casts.values()} == {1}
        assert ready is front  # a process that is nearly full says so; nginx keeps them from it
        assert closed < (20 if front else 45)
        assert evening.p95_cast < 0.5


@dataclass
class Dripper:
    """Somebody who sends a byte a second, and when they were cut off or answered."""

    before: bytes
    drops: bytes
    seconds: float = float("inf")
    heard: bytes = field(default=b"", repr=False)

    async def drip(self, evening: Evening, until: float) -> None:
        """Speak until nobody listens any more."""
        reader, writer = await asyncio.open_connection(*address(evening))
        began = time.monotonic()
        hearing = asyncio.create_task(reader.read())
        with contextlib.suppress(OSError):
            writer.write(self.before)
            for drop in self.drops:
                if hearing.done() or time.monotonic() > until:
                    break
                writer.write(bytes([drop]))
                await asyncio.wait([hearing], timeout=1)
        if hearing.done():
            self.seconds = time.monotonic() - began
        hearing.cancel()
        with contextlib.suppress(OSError, asyncio.CancelledError):
            self.heard = await hearing
        writer.transport.abort()


@pytest.mark.parametrize("front", [False, True], ids=["directly", "behind nginx"])
def test_hundreds_who_speak_a_byte_a_second_keep_nobody_from_voting(
    tmp_path: Path, front: bool
) -> None:
    seconds = 25.0

    async def go(evening: Evening) -> tuple[list[Dripper], list[Dripper], bool]:
        path = evening.vote.path.encode()
        start = b"POST " + path + b" HTTP/1.1\r\nHost: here\r\nX-Slow: "
        whole = start + FORM % len(BODY)
        heads = [Dripper(start, BODY) for _ in range(DRIPPING)]
        bodies = [Dripper(whole, BODY) for _ in range(DRIPPING)]
        async with evening.voting(), asyncio.TaskGroup() as dripping:
            until = time.monotonic() + seconds
            for one in heads + bodies:
                dripping.create_task(one.drip(evening, until))
            await asyncio.sleep(seconds / 3)
            ready = await is_ready(evening)
        return heads, bodies, ready

    with one_process(tmp_path, FEW if front else "20000", front=front) as evening:
        heads, bodies, ready = asyncio.run(go(evening))
        cut = [one.seconds for one in bodies if one.seconds < seconds]
        measured(
            front=front,
            heads_cut_after=max(one.seconds for one in heads),
            bodies_cut=len(cut),
            bodies_cut_after=max(cut, default=0.0),
            ballots=len(evening.casts),
            p95_ballot=evening.p95_cast,
            slowest_ballot=evening.longest_cast,
        )
        evening.check_box()
        assert ready
        assert {one.sendings for one in evening.casts.values()} == {1}
        assert evening.p95_cast < 0.5
        assert max(one.seconds for one in heads) < 15
        # nginx waits for each byte of a body anew, and lets none of it through before the last.
        assert len(cut) == (0 if front else DRIPPING)
        assert max(cut, default=0.0) < 20
