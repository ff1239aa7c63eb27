"""Axes from nothing to a round number, marked at round numbers. Pure."""

from dataclasses import dataclass

# Places on an axis lie between 0 and this.
LENGTH = 1000


@dataclass(frozen=True)
class Axis:
    """From 0 to `end`, marked at every `step`; the last mark is the end."""

    end: int
    step: int

    @property
    def marks(self) -> list[int]:
        """The numbers marked, 0 included."""
        return list(range(0, self.end + 1, self.step))

    def place(self, number: int) -> int:
        """Where a number stands, in thousandths of the axis."""
        return number * LENGTH // self.end


def axis_for(highest: int, most_steps: int, unit: int = 1) -> Axis:
    """The shortest axis that holds the highest number, in steps of 1, 2 or 5 times a power of ten.

    Steps are whole multiples of `unit`.
    """
    step, at = unit, 0
    while step * most_steps < highest:
        at += 1
        step = unit * (1, 2, 5)[at % 3] * 10 ** (at // 3)
    steps = max(1, -(-highest // step))
    return Axis(end=steps * step, step=step)
