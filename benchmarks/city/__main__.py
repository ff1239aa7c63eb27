"""What a city needs: each line of the table of figures, measured on one machine.

Every line starts servers of its own on 127.0.0.1, prints each figure beside its limit, and ends
what it started, by its id. All figures go to benchmarks/results.json, with the machine they were
measured on; lines that were not measured keep what stands there.

Run: python -m benchmarks.city [--line ballots] [--share 0.1] [--minutes 30]
"""

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from time import monotonic

from benchmarks.city.results import keep
from benchmarks.hall.figures import Findings

# Each line, where it is measured, and whether it belongs to a run of all of them.
LINES = {
    "ballots": ("ballots:ballots", True),
    "processes": ("processes:processes", True),
    "phones": ("phones:phones", True),
    "page": ("round_page:round_page", True),
    "roll": ("roll:roll", True),
    "million": ("million:million", True),
    "soak": ("soak:soak", False),
}


def measure(line: str, share: float) -> Findings:
    """Measure one line; prints its figures."""
    print(line, flush=True)
    module, _, name = LINES[line][0].partition(":")
    measured: Callable[[Findings, float], None] = getattr(
        import_module(f"benchmarks.city.{module}"), name
    )
    found, began = Findings(), monotonic()
    measured(found, share)
    seconds = monotonic() - began
    print(f"  {seconds:.0f} s", flush=True)
    keep(line, found, share, seconds)
    return found


def main() -> int:
    """Measure the lines that were asked for; 1 if a figure does not hold."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--line", choices=LINES, action="append")
    asked.add_argument("--share", type=float, default=1.0, help="of the full size of a line")
    asked.add_argument("--minutes", type=float, default=30.0, help="how long a soak takes")
    chosen = asked.parse_args()
    lines = chosen.line or [line for line, (_where, always) in LINES.items() if always]
    shares = {"soak": chosen.minutes / 30}
    found = [measure(line, shares.get(line, chosen.share)) for line in lines]
    return int(not all(each.hold for each in found))


if __name__ == "__main__":
    sys.exit(main())
