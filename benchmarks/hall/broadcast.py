"""A thousand phones and three screens follow one process; every second something changes."""

import asyncio
import json
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.rehearsal.following import Channel
from app.rehearsal.web import Browser
from benchmarks.hall.crowd import Arrivals, crowd_of
from benchmarks.hall.figures import Findings, cpu_seconds, kilobytes_of, percentile
from benchmarks.hall.venue import Venue, open_venue
from neighbourhoods.assemblies import ItemKind
from tests.servers import (
    end_process,
    free_port,
    start_process,
    temporary_folder,
    wait_until,
)

ROOT = Path(__file__).parents[2]
SCREENS = 3
SECONDS = 20
LIMITS = {1_000: 0.3, 2_000: 0.6}
MOST_TIMES_THE_FLOOR = 4.0


def broadcast(found: Findings) -> None:
    """1,000 and 2,000 phones beside the least that a broadcast can cost."""
    for phones, limit in LIMITS.items():
        print(f" {phones:,} phones and {SCREENS} screens, {SECONDS} s", flush=True)
        with open_venue(ItemKind.MESSAGE) as venue:
            ours, size = asyncio.run(_follow(found, venue, phones, limit))
        floor = _floor(phones + SCREENS, size)
        found.tell("CPU per delivered message, bare eventlet websocket", floor, "µs")
        most = MOST_TIMES_THE_FLOOR
        found.tell("CPU per delivered message, ours to bare", ours / floor, "×", at_most=most)


async def _follow(found: Findings, venue: Venue, phones: int, limit: float) -> tuple[float, int]:
    arrivals = Arrivals(lambda state: (state["version"], state["pulse"]))
    everybody = venue.browsers(phones + SCREENS)
    pid = venue.hall.server_pid
    async with crowd_of(everybody, venue.base_url, venue.channel, arrivals.note) as crowd:
        moving = asyncio.create_task(venue.move_every_second())
        await asyncio.sleep(3)
        arrivals.forget()
        began = cpu_seconds(pid)
        await asyncio.sleep(SECONDS)
        spent = cpu_seconds(pid) - began
        seconds, reached = arrivals.seconds, arrivals.reached
        moving.cancel()
        await asyncio.gather(moving, return_exceptions=True)
        size = len(json.dumps(crowd[0].state, separators=(",", ":")))
    # The first and the last may have been on their way when we began and ended to listen.
    whole = reached[1:-1]
    all_of_them = phones + SCREENS
    found.tell("snapshots sent", len(reached), "")
    found.tell("reached of each snapshot, at least", min(whole, default=0), "", exactly=all_of_them)
    found.tell("from publish to receipt, median", percentile(seconds, 0.5), "s")
    found.tell("from publish to receipt, p95", percentile(seconds, 0.95), "s", at_most=limit)
    found.tell("from publish to receipt, longest", max(seconds), "s")
    found.tell("memory of the server per phone", kilobytes_of(pid) / all_of_them, "kB")
    each = spent / len(seconds) * 1e6
    found.tell("CPU per delivered message, ours with all it does beside", each, "µs")
    return each, size


def _floor(listeners: int, size: int) -> float:
    """Microseconds that a bare server spends for each of these bytes it delivers."""
    frame_of_it = '42["assembly",{"now":"2026-11-25T12:00:00+00:00","x":"%s"}]'
    with _bare_server(frame_of_it % ("x" * (size - 45))) as (port, pid):
        return asyncio.run(_listen(port, pid, listeners))


async def _listen(port: int, pid: int, listeners: int) -> float:
    heard = 0

    def count(_state: object) -> None:
        nonlocal heard
        heard += 1

    venue = f"http://127.0.0.1:{port}"
    channel = Channel("follow", {}, "assembly", "/", 4, 4)
    browsers = [Browser(venue) for _ in range(listeners)]
    async with crowd_of(browsers, venue, channel, count):
        await asyncio.sleep(3)
        before, began = heard, cpu_seconds(pid)
        await asyncio.sleep(SECONDS)
        return (cpu_seconds(pid) - began) / (heard - before) * 1e6


@contextmanager
def _bare_server(words: str) -> Iterator[tuple[int, int]]:
    with temporary_folder("bare") as folder:
        (folder / "words").write_text(words)
        port = free_port()
        with (folder / "log").open("ab") as log:
            command: list[str | Path] = [sys.executable, "-m", "benchmarks.hall.bare"]
            command += [str(port), folder / "words"]
            process = start_process(command, log=log, cwd=ROOT)
        try:
            wait_until(lambda: _listens(port), process, folder / "log")
            yield port, process.pid
        finally:
            end_process(process)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
