"""How long anybody's check of a large vote takes, and how much memory.

    python -m benchmarks.verify [--ballots 100000] [--projects 20] [--batch 250]

Makes records of random approval ballots in a temporary folder, one for each rule, and runs
`python verify.py record.json` on each in a process of its own. Making them is not timed.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from random import Random

from ballots.counting import Completion, Rule, RuleName
from tests.records import Vote, record_of

PROGRAM = Path(__file__).parents[1] / "ballots" / "verify.py"
MOST_SECONDS, MOST_MEGABYTES = 60, 500
RULES = {
    "equal shares": Rule(name=RuleName.EQUAL_SHARES),
    "equal shares + add1": Rule(name=RuleName.EQUAL_SHARES, completion=Completion.ADD1),
    "greedy": Rule(),
}


def main() -> None:
    """Print a line for each rule; exit 1 if a check takes longer or more than it may."""
    options = argparse.ArgumentParser(description="Time the check of a large vote.")
    options.add_argument("--ballots", type=int, default=100_000)
    options.add_argument("--projects", type=int, default=20)
    options.add_argument("--batch", type=int, default=250)
    chosen = options.parse_args()
    held = True
    with tempfile.TemporaryDirectory() as folder:
        for name, rule in RULES.items():
            path = Path(folder) / "record.json"
            make(path, rule, chosen.ballots, chosen.projects, chosen.batch)
            seconds, megabytes = checked(path)
            held = held and seconds <= MOST_SECONDS and megabytes <= MOST_MEGABYTES
            size = path.stat().st_size / 1e6
            print(
                f"{name:20} {chosen.ballots:,} ballots, {size:.0f} MB of record: "
                f"{seconds:6.1f} s, {megabytes:4.0f} MB",
                flush=True,
            )
    sys.exit(not held)


def make(path: Path, *about: Rule | int) -> None:
    """Write a record, in another process: the peak of a parent is inherited by its children."""
    maker = get_context("spawn").Process(target=write, args=(path, *about))
    maker.start()
    maker.join()
    if maker.exitcode != 0:
        raise SystemExit("The record could not be made.")


def write(path: Path, rule: Rule, ballots: int, projects: int, batch_size: int) -> None:
    """Write the record of a drawn vote."""
    path.write_text(json.dumps(record_of(vote_of(rule, ballots, projects, batch_size))))


def vote_of(rule: Rule, ballots: int, projects: int, batch_size: int) -> Vote:
    """Random approvals, up to half of the projects on each ballot; money for a third of them."""
    random = Random(ballots)
    costs = {f"P{at:03}": random.randint(5, 500) * 10_000 for at in range(projects)}
    ids = list(costs)
    papers = [random.sample(ids, random.randint(1, projects // 2)) for _ in range(ballots)]
    return Vote(papers, costs, sum(costs.values()) // 3, rule=rule, batch_size=batch_size)


def checked(path: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of a check that finds all right."""
    started = time.perf_counter()
    process = subprocess.Popen([sys.executable, str(PROGRAM), str(path)], stdout=subprocess.PIPE)
    printed = process.stdout.read().decode() if process.stdout else ""
    # Waited for here, because this tells the peak of this one process.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - started
    if process.returncode != 0 or "counted again" not in printed:
        raise SystemExit(f"The check did not pass: {printed}")
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return seconds, kilobytes / 1024


if __name__ == "__main__":
    main()
