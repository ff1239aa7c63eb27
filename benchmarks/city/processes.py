"""Two processes behind nginx, with Valkey between them, on two cores; beside one on one core.

Promise: at least 1.6 times as many ballots a second. A process needs a core for itself and its
share of the database's; so the one process and its database have one core, and the generator of
the load the other. Then two processes, the database, nginx and Valkey have both cores, and the
generator with them: what it takes is subtracted, half of its processor time from the seconds that
passed, as both cores were shared by all. Each turn is compared with the one right before it, and
the median of these pairs counts, since neighbours on a shared machine slow some: by the clock, and
by processor time: what two cores carry when each second of theirs is spent on ballots, to one.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from statistics import median

from benchmarks.box.hall import Hall, Vote, open_hall
from benchmarks.city.ballots import CONNECTIONS, Turn, burst, phones_of, show_the_paper
from benchmarks.hall.figures import Findings, children_of
from tests.cluster import running_front
from tests.servers import free_port, running_postgres, running_valkey, temporary_folder

TURNS = 7
IN_A_TURN = 1_500
PROCESSES = 2
LEAST_TIMES = 1.6


def processes(found: Findings, share: float = 1.0) -> None:
    """One process on one core, and two on two, in turns."""
    in_a_turn = max(200, int(IN_A_TURN * share))
    cores = sorted(os.sched_getaffinity(0))[:2]
    with (
        running_postgres(durable=True) as server,
        running_valkey() as valkey,
        open_hall(
            "postgresql",
            postgres=server,
            more={"WARDMOTE_REDIS_URL": valkey.url, "WARDMOTE_PROXIES": "1"},
        ) as hall,
    ):
        hall.serve(PROCESSES)
        vote = hall.open_vote(2 * (TURNS + 1) * in_a_turn + 1)
        show_the_paper(hall, vote)
        with _front(hall) as (port, front):
            one, two = [], []
            for turn in range(TURNS + 1):
                start = 1 + 2 * turn * in_a_turn
                first = hall.server_pids[0]
                with _on([first, server.pid], cores[:1]), _on([os.getpid()], cores[1:]):
                    alone = _cast(vote, start, in_a_turn, hall.ports[0], [first], server.pid)
                services = [*hall.server_pids, front, valkey.pid]
                with _on([*services, server.pid, os.getpid()], cores):
                    both = _cast(vote, start + in_a_turn, in_a_turn, port, services, server.pid)
                if turn:  # the first is for warming up
                    one.append(alone)
                    two.append(both)
    rates = [turn.requests / (turn.seconds - turn.phones / 2) for turn in two]
    found.tell(
        "one process and its database on one core, ballots a second",
        median(turn.a_second for turn in one),
    )
    found.tell("two behind nginx on two cores, as measured", median(t.a_second for t in two))
    found.tell("processor time of the load's generator, of one core", _busy(two) * 100, "%")
    found.tell("two behind nginx, the generator's subtracted", median(rates))
    for name, turns in (("one process", one), ("two, with nginx and Valkey", two)):
        found.tell(f"app for a ballot, {name}", median(t.app_ms for t in turns), "ms")
        found.tell(f"PostgreSQL for it, {name}", median(t.database_ms for t in turns), "ms")
    times = median(rate / alone.a_second for rate, alone in zip(rates, one, strict=True))
    found.tell("two to one, by the clock", times, "×", at_least=LEAST_TIMES)
    # A core carries so many ballots as fit into a second of its time, whoever else has it too.
    spent = [[turn.app_ms + turn.database_ms for turn in turns] for turns in (one, two)]
    times = median(PROCESSES * alone / both for alone, both in zip(*spent, strict=True))
    found.tell("two to one, by processor time alone", times, "×", at_least=LEAST_TIMES)


def _busy(turns: list[Turn]) -> float:
    return median(turn.phones / turn.seconds for turn in turns)


def _cast(vote: Vote, start: int, number: int, port: int, apps: list[int], database: int) -> Turn:
    voters = vote.voters[start : start + number]
    requests = [vote.ballot(each, "once", vote.choices(each.number)) for each in voters]
    # Twice as many connections where there are twice as many processes.
    with phones_of(port, CONNECTIONS * max(1, len(apps) // 2)) as phones:
        return burst(phones, requests, apps, database)


@contextmanager
def _front(hall: Hall) -> Iterator[tuple[int, int]]:
    """nginx with our site before the servers: its port and its process."""
    with temporary_folder("front") as folder:
        port = free_port()
        with running_front(folder, port, hall.ports) as process:
            yield port, process.pid


@contextmanager
def _on(pids: list[int], cores: list[int]) -> Iterator[None]:
    """Let processes, with all that they have started and start, run on these cores alone."""
    before = set(range(os.cpu_count() or 1))
    for pid in pids:
        _bind(pid, set(cores))
    try:
        yield
    finally:
        for pid in pids:
            _bind(pid, before)


def _bind(pid: int, cores: set[int]) -> None:
    with suppress(ProcessLookupError):
        os.sched_setaffinity(pid, cores)
        for child in children_of(pid):
            _bind(child, cores)
