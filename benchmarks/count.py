"""How long each rule takes on the largest real elections, beside pabutools in the same run.

    python -m benchmarks.count [--peer] [FILE.pb ...]

Without files, the five of ../shared/pabulib/bench. Ballots are loaded, and the votes of each
project summed, before the clock starts; the best of several runs counts. Seconds are those of the
processor, which neighbours on a shared machine disturb least. `--peer` lets pabutools
count the same elections once (greedy and equal shares, minutes in all) and prints the ratio.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from ballots.counting import (
    Completion,
    Election,
    Misfit,
    Rule,
    RuleName,
    RunningTally,
    Utility,
    count,
    explain,
)
from ballots.pabulib import read_file

BENCH = Path(__file__).parents[2] / "shared" / "pabulib" / "bench"
SHARES = Rule(name=RuleName.EQUAL_SHARES)
RULES = {
    "greedy": Rule(),
    "greedy, stop": Rule(misfit=Misfit.STOP),
    "equal shares": SHARES,
    "equal shares, cardinality": Rule(name=RuleName.EQUAL_SHARES, utility=Utility.CARDINALITY),
    "equal shares + add1": Rule(name=RuleName.EQUAL_SHARES, completion=Completion.ADD1),
    "add1, first exhaustive": Rule(
        name=RuleName.EQUAL_SHARES, completion=Completion.ADD1_EXHAUSTIVE
    ),
    "phragmen": Rule(name=RuleName.PHRAGMEN),
    "knapsack": Rule(name=RuleName.KNAPSACK),
}


def main() -> None:
    """Print a line for each file and rule."""
    options = argparse.ArgumentParser(description="Time each rule on large real elections.")
    options.add_argument("files", nargs="*", type=Path)
    options.add_argument("--peer", action="store_true", help="let pabutools count too")
    chosen = options.parse_args()
    for path in chosen.files or sorted(BENCH.glob("*.pb")):
        started = time.process_time()
        election = loaded(path)
        seconds = time.process_time() - started
        ballots, projects = election.ballots_cast, len(election.projects)
        print(
            f"\n{path.stem}: {ballots:,} ballots x {projects} projects, loaded in {seconds:.2f} s"
        )
        peers = peer_seconds(path) if chosen.peer else {}
        for name, rule in RULES.items():
            print_line(name, best(partial(count, election, rule)), peers.get(name))
        print_explanations(election)
        print_running(election)


def loaded(path: Path) -> Election:
    """An election whose votes are summed and whose supporters are known, as after casting."""
    election = read_file(path).as_election()
    _ = election.votes, election.score_counts, election.supporters
    return election


def best(act: Callable[[], object]) -> float:
    """The best time of up to twenty runs, or of what fits into two seconds, in seconds."""
    times: list[float] = []
    act()  # compiles what is compiled
    while len(times) < 20 and sum(times) < 2:
        started = time.process_time()
        act()
        times.append(time.process_time() - started)
    return min(times)


def print_line(name: str, seconds: float, peer: float | None = None) -> None:
    """One figure, and how many times faster than the peer it is."""
    beside = "" if peer is None else f"   pabutools {peer:8.2f} s   {peer / seconds:10,.0f} x"
    print(f"  {name:28} {seconds * 1000:10.2f} ms{beside}", flush=True)


def print_explanations(election: Election) -> None:
    """The full trace of equal shares, without and with completion."""
    for name in ("equal shares", "equal shares + add1"):
        result = count(election, RULES[name])
        print_line(f"explain {name}", best(partial(explain, election, result)))


def print_running(election: Election) -> None:
    """Adding a ballot to a running tally, and packing it all for a count."""
    ids = [project.id for project in election.projects]
    ballots = election.ballots
    starts, choices = ballots.starts.tolist(), ballots.choices.tolist()
    papers = [
        tuple(ids[at] for at in choices[start:end])
        for start, end, weight in zip(starts, starts[1:], ballots.weights.tolist(), strict=False)
        for _ in range(weight)
    ][:60_000]
    tally = RunningTally(election.projects, election.budget_pence)
    started = time.process_time()
    for paper in papers:
        tally.add(paper)
    each = (time.process_time() - started) / len(papers)
    print(f"  {'add a ballot to a tally':28} {each * 1e6:10.2f} us")
    print_line(f"pack {len(papers):,} for a count", best(tally.election))


def peer_seconds(path: Path) -> dict[str, float]:
    """What pabutools takes for the same counts, each once, on the election as it reads it."""
    from pabutools import election as pb
    from pabutools import rules

    instance, profile = pb.parse_pabulib(str(path))
    asked = {
        "greedy": rules.greedy_utilitarian_welfare,
        "equal shares": rules.method_of_equal_shares,
    }
    seconds = {}
    for name, rule in asked.items():
        started = time.process_time()
        rule(instance, profile, sat_class=pb.Cost_Sat)
        seconds[name] = time.process_time() - started
    return seconds


if __name__ == "__main__":
    main()
