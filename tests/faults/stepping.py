"""A clock that a test steps: what one process takes for the time stands in a file."""

from pathlib import Path

import pytest


def stepper() -> Path:
    """What tells one process another time, and leaves its monotonic clock as a step does."""
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not found:
        pytest.skip("Nothing to step a clock with: apt-get install libfaketime")
    return found[0]


def takes_its_time_from(file: Path) -> dict[str, str]:
    """The environment of a process that looks into the file once a second; right at first."""
    step(file, "+0")
    return {
        "LD_PRELOAD": str(stepper()),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


def step(file: Path, by: str) -> None:
    """Set the clock off from the right time: +2h."""
    file.write_text(f"{by}\n")
