"""Attacks the ballot box: many at once, across the close, across the server's death, bad papers.

Each line of the table is one promise, tried on SQLite (one server) and on PostgreSQL (two servers
on one database), against `wsgi.py` in processes of their own; bad papers through Flask's client.

Run: python -m benchmarks.box [--database sqlite] [--line races] [--share 0.1] [--mode gevent]
"""

import argparse
import sys
from collections.abc import Callable
from statistics import median
from time import monotonic

from benchmarks.box.bad_papers import send_bad_papers
from benchmarks.box.casts import Findings, lose_answers, race, send_one_many_times
from benchmarks.box.closing import (
    Closings,
    Killings,
    close_amid_voting,
    close_by_the_clock,
    kill_amid_voting,
)
from benchmarks.box.hall import DATABASES, Hall, open_hall

BURST = 20
POSTS = 500
# Each line: its name, how many tries of it are a whole run, and how it is tried.
LINES: dict[str, tuple[int, Callable[[Hall, int], Findings]]] = {
    "same": (20, send_one_many_times),
    "races": (1_000, race),
    "lost": (100, lose_answers),
    "closing": (20, lambda hall, runs: close_amid_voting(hall, runs, POSTS)),
    "clock": (20, lambda hall, runs: close_by_the_clock(hall, runs, POSTS)),
    "killed": (100, lambda hall, kills: kill_amid_voting(hall, kills, BURST)),
    "papers": (
        10_000,
        lambda hall, papers: send_bad_papers(hall.app, hall.database, hall.town, papers),
    ),
}


def attack(name: str, database: str, mode: str, share: float) -> Findings:
    """Try one line on one database; prints its row of the table."""
    tries, line = LINES[name]
    with open_hall(database, async_mode=mode) as hall:
        if name != "papers":
            # SQLite is for one process; a killed one comes back alone.
            hall.serve(1 if hall.is_sqlite or name == "killed" else 2)
        began = monotonic()
        found = line(hall, max(1, round(tries * share)))
        seconds = monotonic() - began
    statuses = ", ".join(f"{n} × {status}" for status, n in sorted(found.statuses.items()))
    print(
        f"{name:8} {database:10} {found.tries:6} tries {len(found.faults):3} faults "
        f"{found.server_errors:3} server errors {seconds:6.0f} s  {statuses} {_more(found)}",
        flush=True,
    )
    for fault in found.faults[:5]:
        print(f"         {fault}", flush=True)
    return found


def _more(found: Findings) -> str:
    if isinstance(found, Closings):
        seconds, slow = found.after_last, sum(each >= 1 for each in found.after_last)
        call = f", longest call {max(found.call):.3f} s" if found.call else ""
        return (
            f"closed after the last accepted: median {median(seconds):.3f} s, at most "
            f"{max(seconds):.3f} s, {slow} of {len(seconds)} in a second or more{call}"
        )
    if isinstance(found, Killings):
        return (
            f"{found.acknowledged} acknowledged, {found.unanswered} unanswered, {found.retried} "
            f"of them tried again, {found.counted} counted, verifier: {found.fault or 'holds'}"
        )
    return ""


def main() -> int:
    """Try the lines that were asked for; 1 if anything went wrong."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--database", choices=DATABASES, action="append")
    asked.add_argument("--line", choices=LINES, action="append")
    asked.add_argument("--share", type=float, default=1.0)
    asked.add_argument("--mode", choices=("eventlet", "gevent", "threading"), default="eventlet")
    chosen = asked.parse_args()
    found = [
        attack(line, database, chosen.mode, chosen.share)
        for line in chosen.line or LINES
        for database in chosen.database or DATABASES
    ]
    return int(any(each.faults or each.server_errors for each in found))


if __name__ == "__main__":
    sys.exit(main())
