"""How fast Pabulib files become ballots ready to count, and in how much memory.

Promise (docs/counting.md): at least 10 MB/s, and at most 300 MB for the largest. Each file is
loaded in three fresh processes, of which the fastest is told; loading is `read_file` and
`grouped_ballots`. Seconds are those of the processor, which neighbours on a shared machine disturb
least; on a quiet one they are those of the clock. The last column is the time in units of what
Python needs for nothing more than `decode().split("\\n")` on the same content, in the same
process: it holds on any machine.

Run: python -m benchmarks.load [FILE.pb …]
"""

import json
import resource
import subprocess
import sys
from pathlib import Path
from time import process_time

from ballots.pabulib import read_file

REPOSITORY = Path(__file__).parents[1]
BENCH = REPOSITORY.parent / "shared" / "pabulib" / "bench"
RUNS = 3


def measure(path: Path) -> dict[str, float]:
    """Seconds to read, to load, and to split only; peak megabytes of this process."""
    started = process_time()
    election = read_file(path)
    read = process_time()
    groups = election.grouped_ballots()
    loaded = process_time()
    if sum(ballots for _, _, ballots in groups) != len(election.voters):
        raise AssertionError(f"ballots of {path.name} went missing")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "read": read - started,
        "load": loaded - started,
        "split": seconds_to_split(path.read_bytes()),
        "peak_mb": peak / 1024,  # kilobytes on Linux
    }


def seconds_to_split(content: bytes) -> float:
    """The least that anybody must do who reads lines."""
    times = []
    for _ in range(RUNS):
        started = process_time()
        content.decode().split("\n")
        times.append(process_time() - started)
    return min(times)


def measured_afresh(path: Path) -> dict[str, float]:
    """The same, measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.load", "--here", str(path.resolve())]
    done = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def row_of(path: Path) -> str:
    """One line of the table."""
    runs = [measured_afresh(path) for _ in range(RUNS)]
    best = min(runs, key=lambda run: run["load"])
    peak = max(run["peak_mb"] for run in runs)
    size = path.stat().st_size / 1e6
    return (
        f"{path.stem[:36]:36} {size:7.2f} {best['read']:8.3f} {best['load']:8.3f} "
        f"{size / best['load']:7.1f} {peak:8.0f} {best['load'] / best['split']:9.1f}"
    )


def main(arguments: list[str]) -> None:
    """Print the table, or with `--here FILE` the figures of one load as JSON."""
    if arguments[:1] == ["--here"]:
        print(json.dumps(measure(Path(arguments[1]))))
        return
    paths = [Path(argument) for argument in arguments] or sorted(BENCH.glob("*.pb"))
    columns = ("MB", 7), ("read s", 8), ("load s", 8), ("MB/s", 7), ("peak MB", 8), ("× split", 9)
    print(f"{'file':36}", *(f"{name:>{width}}" for name, width in columns))
    for path in paths:
        print(row_of(path), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
