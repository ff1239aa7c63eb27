"""A million residents on the roll, two hundred thousand ballots in one round.

Promise: ten times as many ballots take at most eleven times as long to close, count, record and
verify. Each stage is a process of its own on PostgreSQL, which waits for its disk; told are its
seconds, its processor time with that of the database, and its peak memory with the program's own.
Time is compared as processor time: that is what ten times as much work takes on any machine.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text

from benchmarks.city.stage import RECORD, ROLL
from benchmarks.hall.figures import Findings, family_seconds
from benchmarks.verify import checked
from neighbourhoods.eligibility import COLUMNS
from tests.servers import (
    Server,
    drop_database,
    fresh_database,
    running_postgres,
    temporary_folder,
)

ROOT = Path(__file__).parents[2]
PEOPLE, BALLOTS, FEWER = 1_000_000, 200_000, 20_000
MOST_TIMES = 11
STAGES = ("close", "count", "record")
# What stays of a ballot for good.
_KEPT = ("ballots", "receipts", "ledger_entries")


@dataclass(frozen=True)
class Took:
    """What a stage took."""

    seconds: float
    processor: float
    peak_mb: float


def million(found: Findings, share: float = 1.0) -> None:
    """The whole way of two votes, one with a tenth of the ballots of the other."""
    people = int(PEOPLE * share)
    with running_postgres(durable=True) as server, temporary_folder("million") as folder:
        few, _ = _vote(server, folder / "few", people // 10, int(FEWER * share))
        many, sizes = _vote(server, folder / "many", people, int(BALLOTS * share))
    found.tell("people on the roll", people)
    found.tell("ballots", int(BALLOTS * share))
    for name, took in many.items():
        found.tell(f"{name}: seconds", took.seconds, "s")
        found.tell(f"{name}: processor time, with the database's", took.processor, "s")
        found.tell(f"{name}: peak memory", took.peak_mb, "MB")
    found.tell("on disk, for each on the roll", sizes["roll_entries"] / people, "B")
    kept = sum(sizes[table] for table in _KEPT)
    found.tell("on disk, for each ballot that is sealed", kept / int(BALLOTS * share), "B")
    for name in (*STAGES, "verify"):
        times = many[name].processor / few[name].processor
        found.tell(f"{name}: ten times the ballots", times, "×", at_most=MOST_TIMES)


def _vote(
    server: Server, folder: Path, people: int, ballots: int
) -> tuple[dict[str, Took], dict[str, int]]:
    """What each stage took, and the bytes of each table with its indices."""
    folder.mkdir()
    with (folder / ROLL).open("w") as file:
        file.write(",".join(COLUMNS) + "\n")
        for number in range(people):
            file.write(f"R{number},Voter Number {number},ZZ1 1AA,voter{number}@example.org\n")
    with _database(server) as url:

        def take(stage: str) -> Took:
            took = _stage(server, stage, url, folder, round_id, ballots)[0]
            print(f"  ({ballots:,} ballots: {stage} {took.seconds:.1f} s)", flush=True)
            return took

        round_id = 0
        _, round_id = _stage(server, "prepare", url, folder, 0, 0)
        found = {stage: take(stage) for stage in ("roll", "cast", *STAGES)}
        sizes = _sizes(url)
    record = folder / RECORD
    used = _children_seconds()
    seconds, megabytes = checked(record)
    used = _children_seconds() - used
    record.unlink()
    return found | {"verify": Took(seconds, used, megabytes)}, sizes


def _sizes(url: str) -> dict[str, int]:
    engine = create_engine(url)
    with engine.connect() as connection:
        size = text("SELECT pg_total_relation_size(CAST(:table AS regclass))")
        sizes = {
            table: int(connection.execute(size, {"table": table}).scalar_one())
            for table in ("roll_entries", *_KEPT)
        }
    engine.dispose()
    return sizes


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@contextmanager
def _database(server: Server) -> Iterator[str]:
    url = fresh_database(server)
    try:
        yield url
    finally:
        drop_database(server, url)


def _stage(
    server: Server, stage: str, url: str, folder: Path, round_id: int, ballots: int
) -> tuple[Took, int]:
    """What a stage took, in a process of its own, and its answer if it has one."""
    used = family_seconds(server.pid)
    command = [sys.executable, "-m", "benchmarks.city.stage", stage, url, str(folder)]
    command += [str(round_id), str(ballots)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    told = json.loads(done.stdout)
    processor = told["processor"] + family_seconds(server.pid) - used
    return Took(told["seconds"], processor, told["peak_mb"]), told["answer"] or 0
