"""A hall full of phones: what the issue's table promises, measured on one machine.

Each line starts a server of its own on 127.0.0.1, lets simulated phones and, where pages count, a
real Chromium visit it, prints each figure beside its limit and ends what it started, by its id.

Run: python -m benchmarks.hall [--line broadcast]
"""

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from time import monotonic

from benchmarks.hall.figures import Findings

# Each line, and where it is measured; loaded only when asked for, for some need a browser.
LINES = {
    "visit": "visit:visit",
    "broadcast": "broadcast:broadcast",
    "ballots": "ballots:ballots",
    "wifi": "wifi:wifi",
    "restart": "restart:restart",
    "projector": "projector:projector",
    "bytes": "first_visit:weigh_first_visit",
    "join": "first_visit:join",
    "one-address": "one_address:one_address",
}


def measure(line: str) -> Findings:
    """Measure one line; prints its figures."""
    print(f"{line}", flush=True)
    module, _, name = LINES[line].partition(":")
    measured: Callable[[Findings], None] = getattr(import_module(f"benchmarks.hall.{module}"), name)
    found, began = Findings(), monotonic()
    measured(found)
    print(f"  {monotonic() - began:.0f} s", flush=True)
    return found


def main() -> int:
    """Measure the lines that were asked for; 1 if a figure does not hold."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--line", choices=LINES, action="append")
    chosen = asked.parse_args()
    found = [measure(line) for line in chosen.line or LINES]
    return int(not all(each.hold for each in found))


if __name__ == "__main__":
    sys.exit(main())
