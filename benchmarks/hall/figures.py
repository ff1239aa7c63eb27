"""Figures of a line of the table: what was measured, what is allowed, and whether that holds."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured figure beside its limit; without a limit it is only told."""

    what: str
    measured: float
    unit: str
    at_most: float | None = None
    exactly: float | None = None
    at_least: float | None = None

    @property
    def holds(self) -> bool:
        """Whether it is as promised."""
        if math.isnan(self.measured):
            return False
        if self.exactly is not None:
            return self.measured == self.exactly
        enough = self.at_least is None or self.measured >= self.at_least
        return enough and (self.at_most is None or self.measured <= self.at_most)

    def __str__(self) -> str:
        limit = ""
        if self.exactly is not None:
            limit = f"must be {self.exactly:,g}"
        elif self.at_most is not None:
            limit = f"at most {self.at_most:,g}"
        elif self.at_least is not None:
            limit = f"at least {self.at_least:,g}"
        verdict = ("ok" if self.holds else "NOT OK") if limit else ""
        return f"  {self.what:62} {self.measured:>10,.6g} {self.unit:5} {limit:18} {verdict}"


@dataclass
class Findings:
    """What a line found; printed as it is found."""

    figures: list[Figure] = field(default_factory=list)

    def tell(
        self,
        what: str,
        measured: float,
        unit: str = "",
        *,
        at_most: float | None = None,
        exactly: float | None = None,
        at_least: float | None = None,
    ) -> None:
        """Note and print a figure."""
        figure = Figure(what, round(measured, 4), unit, at_most, exactly, at_least)
        self.figures.append(figure)
        print(figure, flush=True)

    @property
    def hold(self) -> bool:
        """Whether everything is as promised."""
        return bool(self.figures) and all(figure.holds for figure in self.figures)


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of them lies; not a number if there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else math.nan


def cpu_seconds(pid: int) -> float:
    """Seconds of processor time that a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def processor_seconds(pid: int) -> float:
    """The same to the nanosecond, where the kernel tells it; it moves in steps of 4 ms at most."""
    return _scheduled(pid, 0) or cpu_seconds(pid)


def waited_seconds(pid: int) -> float:
    """Seconds that a process could have worked, but others had the processors."""
    return _scheduled(pid, 1)


def family_seconds(pid: int) -> float:
    """Seconds of processor time that a process and all its children have used, ended ones too."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        used, children = processor_seconds(pid), children_of(pid)
    except (FileNotFoundError, ProcessLookupError):
        return 0.0  # it has just ended, and whoever started it counts it from now on
    ended = (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
    return used + ended + sum(map(family_seconds, children))


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def _scheduled(pid: int, place: int) -> float:
    tasks = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[place]) for task in tasks) / 1e9


def kilobytes_of(pid: int) -> int:
    """Memory that a process holds, in kB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
