"""Votes against cost: a point for every project, named where there is room. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.pictures.axes import LENGTH, Axis, axis_for
from app.pictures.titles import cut

MOST_STEPS_ACROSS = 4
MOST_STEPS_UP = 5
PENCE = 100
# In some elections a project that was withdrawn stands at a cost nobody could ever pay.
MOST_BUDGETS = 10


class Frame(NamedTuple):
    """The least room a plot is shown in, in CSS pixels, and how much of a title to write there."""

    width: int
    height: int
    letters: int
    names: int


# The same points are named twice, and the style sheet shows the names that fit the page.
WIDE = Frame(width=540, height=340, letters=30, names=12)
NARROW = Frame(width=262, height=340, letters=17, names=6)
LETTER_WIDTH = 7.8
LINE = 18
POINT = 7
GAP = 4


class Point(NamedTuple):
    """One project; `x` and `y` are thousandths of the plot, `y` counted down from the top."""

    code: str
    title: str
    votes: int
    cost_pence: int
    funded: bool
    x: int
    y: int


class Row(NamedTuple):
    """One project of the table, its title in full."""

    title: str
    votes: int
    cost_pence: int
    funded: bool


class Name(NamedTuple):
    """A title beside its point, in thousandths of the plot; `y` is the middle of the line."""

    text: str
    x: int
    y: int
    ends_here: bool


class Mark(NamedTuple):
    """A round number on an axis, and where it stands."""

    number: int
    at: int


class Box(NamedTuple):
    """A rectangle, in CSS pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        """Whether the two share any room."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


@dataclass(frozen=True)
class Scatter:
    """The whole plot; costs run across, votes run up.

    `table` has every project, `points` those funded or at no more than ten budgets.
    """

    points: tuple[Point, ...]
    table: tuple[Row, ...]
    costs: tuple[Mark, ...]
    votes: tuple[Mark, ...]
    wide_names: tuple[Name, ...]
    narrow_names: tuple[Name, ...]

    @property
    def left_out(self) -> int:
        """How many projects of the table are too dear to be drawn."""
        return len(self.table) - len(self.points)


def votes_against_cost(result: Mapping[str, Any], titles: Mapping[str, str]) -> Scatter | None:
    """The plot of a stored result; None with fewer than two projects or without any vote."""
    verdicts: Sequence[Mapping[str, Any]] = result["projects"]
    drawn = _within_reach(verdicts, result["budget_pence"])
    if len(verdicts) < 2 or not drawn or not any(verdict["votes"] for verdict in verdicts):
        return None
    across = axis_for(max(v["cost_pence"] for v in drawn), MOST_STEPS_ACROSS, unit=PENCE)
    up = axis_for(max(v["votes"] for v in drawn), MOST_STEPS_UP)
    points = tuple(
        Point(
            v["project_id"],
            *_row(v, titles),
            x=across.place(v["cost_pence"]),
            y=LENGTH - up.place(v["votes"]),
        )
        for v in drawn
    )
    return Scatter(
        points=points,
        table=tuple(_row(verdict, titles) for verdict in verdicts),
        costs=_marks(across),
        votes=tuple(Mark(mark.number, LENGTH - mark.at) for mark in _marks(up)),
        wide_names=tuple(named(points, WIDE)),
        narrow_names=tuple(named(points, NARROW)),
    )


def _within_reach(verdicts: Sequence[Mapping[str, Any]], budget: int) -> list[Mapping[str, Any]]:
    """Those funded or at no more than ten budgets; all, if there is no money at all."""
    most = MOST_BUDGETS * budget
    return [v for v in verdicts if budget <= 0 or v["funded"] or v["cost_pence"] <= most]


def _row(verdict: Mapping[str, Any], titles: Mapping[str, str]) -> Row:
    code = verdict["project_id"]
    return Row(titles.get(code, code), verdict["votes"], verdict["cost_pence"], verdict["funded"])


def _marks(axis: Axis) -> tuple[Mark, ...]:
    return tuple(Mark(number, axis.place(number)) for number in axis.marks)


def named(points: Sequence[Point], frame: Frame) -> Iterator[Name]:
    """Names that touch no point and no other name; funded projects choose first."""
    taken = [_around(point, frame) for point in points]
    left = frame.names
    for point in sorted(points, key=lambda point: (not point.funded, -point.votes)):
        if left == 0:
            return
        for name, box in _beside(point, frame):
            if not any(box.overlaps(other) for other in taken):
                taken.append(box)
                left -= 1
                yield name
                break


def _around(point: Point, frame: Frame) -> Box:
    x, y = point.x * frame.width / LENGTH, point.y * frame.height / LENGTH
    return Box(x - POINT, y - POINT, x + POINT, y + POINT)


def _beside(point: Point, frame: Frame) -> Iterator[tuple[Name, Box]]:
    """The name to the right of the point, to the left, and above and below it, if inside."""
    text = cut(point.title, frame.letters)
    width = len(text) * LETTER_WIDTH
    x, y = point.x * frame.width / LENGTH, point.y * frame.height / LENGTH
    for side, lines in ((1, 0), (-1, 0), (1, -1), (-1, -1), (1, 1), (-1, 1)):
        start = x + side * (POINT + GAP if lines == 0 else -POINT)
        middle = y + lines * (POINT + LINE / 2 + 1)
        ends = sorted((start, start + side * width))
        box = Box(ends[0], middle - LINE / 2, ends[1], middle + LINE / 2)
        if ends[0] >= 0 and ends[1] <= frame.width and box.top >= 0 and box.bottom <= frame.height:
            at = round(start * LENGTH / frame.width)
            yield Name(text, at, round(middle * LENGTH / frame.height), side < 0), box
