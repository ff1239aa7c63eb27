"""The ballots of a `.pb` file. Pure.

They are read column by column, some rows at a time, and each distinct text among those is
understood once: many ballots look alike.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from operator import gt
from typing import NamedTuple

from ballots.pabulib.election import BallotColumns, PabulibProject
from ballots.pabulib.errors import Expected, PabulibError
from ballots.pabulib.numerals import names_in, number
from ballots.pabulib.tables import Cells, Table

# Every voter of the largest city four times; more would only fill the memory.
MAX_REPEATS = 500_000
# How many different numbers of points there may be.
MAX_NUMBERS = 100_000


class Remarks:
    """The cells of a table's other columns, one tuple a row, read only when somebody asks."""

    def __init__(self, table: Table, used: Sequence[str]) -> None:
        self.columns = tuple(name for name in table.columns if name not in used)
        self._table = table

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        places = [self._table.place_of(name) for name in self.columns]
        for _, cells in self._table:
            yield tuple([cells[place].strip() for place in places])


class Votes(NamedTuple):
    """The ballots, what they name again as (voter, project), and the columns left aside."""

    ballots: BallotColumns
    duplicates: tuple[tuple[str, str], ...]
    remarks: Remarks


def read_votes(table: Table, projects: Sequence[PabulibProject]) -> Votes:
    """All ballots of a VOTES table; PabulibError if they name other projects than these."""
    used = ["voter_id", "vote"] + ["points"] * ("points" in table.columns)
    reader = _Reader(table, projects)
    for cells in table.cells_at([table.place_of(column) for column in used]):
        reader.read(cells)
    columns = BallotColumns(reader.voter_ids, reader.choices, reader.points)
    return Votes(columns, tuple(reader.duplicates), Remarks(table, used))


class _UnreadableError(Exception):
    """A `vote` or a `points` cell that cannot be read."""

    def __init__(self, column: str, expected: Expected, found: str = "") -> None:
        super().__init__(column, expected, found)
        self.column, self.expected, self.found = column, expected, found


class _Choices(dict[str, tuple[str, ...]]):
    """The projects a `vote` cell names; _UnreadableError if there are none of that name."""

    def __init__(self, projects: Sequence[PabulibProject]) -> None:
        super().__init__()
        # All ballots share one string a project.
        self._known = {project.id: project.id for project in projects}
        self.any_repeats = False

    def __missing__(self, text: str) -> tuple[str, ...]:
        try:
            choices = tuple(map(self._known.__getitem__, text.split(",")))
        except KeyError:
            choices = self._choices_among(names_in(text))
        if len(set(choices)) < len(choices):
            self.any_repeats = True
        self[text] = choices
        return choices

    def _choices_among(self, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in self._known:
                raise _UnreadableError("vote", Expected.KNOWN_PROJECT, name)
        return tuple(map(self._known.__getitem__, names))


class _Points(dict[str, tuple[Decimal, ...]]):
    """The numbers a `points` cell holds; _UnreadableError if something else stands there."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers: dict[str, Decimal] = {}

    def __missing__(self, text: str) -> tuple[Decimal, ...]:
        missing = text.strip().lower() == "none"
        points = () if missing else tuple(map(self._number_in, names_in(text)))
        self[text] = points
        return points

    def _number_in(self, name: str) -> Decimal:
        found = self._numbers.get(name)
        if found is None:
            found = self._numbers[name] = self._new_number_in(name)
        return found

    def _new_number_in(self, name: str) -> Decimal:
        found = number(name)
        if found is None:
            raise _UnreadableError("points", Expected.NUMBER, name)
        if len(self._numbers) == MAX_NUMBERS:
            raise _UnreadableError("points", Expected.FEWER_NUMBERS, name)
        return found


class _Reader:
    """Collects the ballots of a table, some rows at a time."""

    def __init__(self, table: Table, projects: Sequence[PabulibProject]) -> None:
        self._table = table
        self._choices_in, self._points_in = _Choices(projects), _Points()
        self.voter_ids: list[str] = []
        self.choices: list[tuple[str, ...]] = []
        self.points: list[tuple[Decimal, ...]] = []
        self.duplicates: list[tuple[str, str]] = []

    def read(self, cells: Cells) -> None:
        """Take in these rows; PabulibError at the topmost that cannot be read."""
        voter_ids, votes, *points_column = cells.columns
        texts = points_column[0] if points_column else [""] * len(votes)
        # Kept for the whole file they would cost more memory than time.
        self._choices_in.clear()
        self._points_in.clear()
        try:
            choices = list(map(self._choices_in.__getitem__, votes))
            points = list(map(self._points_in.__getitem__, texts))
            _refuse_more_points_than_choices(points, choices)
        except _UnreadableError:
            raise next(self._errors(cells.lines, votes, texts)) from None
        first = len(self.voter_ids)
        self.voter_ids += map(str.strip, voter_ids)
        self.choices += choices
        self.points += points
        if self._choices_in.any_repeats:
            self._drop_repeats(first, cells.lines)

    def _errors(
        self, lines: Sequence[int], votes: Sequence[str], texts: Sequence[str]
    ) -> Iterator[PabulibError]:
        """Where and why rows cannot be read, from above."""
        for line, vote, text in zip(lines, votes, texts, strict=True):
            try:
                choices, points = self._choices_in[vote], self._points_in[text]
                _refuse_more_points_than_choices([points], [choices])
            except _UnreadableError as wrong:
                place = self._table.place_of(wrong.column)
                yield self._table.error(wrong.expected, line, place, found=wrong.found)

    def _drop_repeats(self, first: int, lines: Sequence[int]) -> None:
        """From the ballot `first` on, keep each choice at its first place, and its points."""
        for at, line in enumerate(lines, start=first):
            choices, points = self.choices[at], self.points[at]
            kept = dict.fromkeys(choices)
            if len(kept) == len(choices):
                continue
            repeats, self.points[at] = _repeats_and_points(choices, points)
            self.choices[at] = tuple(kept)
            voter_id = self.voter_ids[at]
            self.duplicates += [(voter_id, choice) for choice in repeats]
            if len(self.duplicates) > MAX_REPEATS:
                place = self._table.place_of("vote")
                raise self._table.error(Expected.FEWER_REPEATS, line, place)


def _refuse_more_points_than_choices(
    points: Sequence[tuple[Decimal, ...]], choices: Sequence[tuple[str, ...]]
) -> None:
    if any(map(gt, map(len, points), map(len, choices))):
        raise _UnreadableError("points", Expected.NO_MORE_POINTS_THAN_CHOICES)


def _repeats_and_points(
    choices: tuple[str, ...], points: tuple[Decimal, ...]
) -> tuple[list[str], tuple[Decimal, ...]]:
    """What a ballot names again, and the points beside what it names for the first time."""
    named: set[str] = set()
    repeats: list[str] = []
    kept: list[Decimal] = []
    for at, choice in enumerate(choices):
        if choice in named:
            repeats.append(choice)
        else:
            named.add(choice)
            kept += points[at : at + 1]
    return repeats, tuple(kept)
