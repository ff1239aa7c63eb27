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
    "broadcast": "broadcast",
    "ballots": "ballots",
    "wifi": "wifi",
    "restart": "restart",
    "projector": "projector",
    "bytes": "first_visit",
    "join": "first_visit",
    "one-address": "one_address",
}


def measure(line: str) -> Findings:
    """Measure one line; prints its figures."""
    print(f"{line}", flush=True)
    module = import_module(f"benchmarks.hall.{LINES[line]}")
    measured: Callable[[Findings], None] = getattr(
        module, line.replace("-", "_").replace("bytes", "first_bytes")
    )
    found, began = Findings(), monotonic()
    measured(found)
    print(f"  {monotonic() - began:.0f} s", flush=True)
    return found


def main() -> int:
    """Measure the lines that were asked for; 1 if a figure does not hold."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--line", choices=LINES, action="append")
    chosen = asked.parse_args()
    held = [measure(line).hold for line in chosen.line or LINES]
    return int(not all(held))


if __name__ == "__main__":
    sys.exit(main())
