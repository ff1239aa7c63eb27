"""The three tables of a `.pb` file, as columns or as rows; every error says where. Pure."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from ballots.pabulib import rows
from ballots.pabulib.errors import Expected, PabulibError

# Ten times the largest real file we have met; what is larger is no election but an attack.
MAX_BYTES = 40_000_000
MAX_LINES = 1_000_000
MAX_COLUMNS = 1_000

SECTIONS = ("META", "PROJECTS", "VOTES")

# So many letters are split at a time: few enough for the processor's cache (measured), and cells
# that nobody asked for are gone before the next are made.
_AT_A_TIME = 60_000
_ROWS_AT_A_TIME = 2_000

_SECTION = re.compile(
    rf"\n[{rows.BLANK}]*+({'|'.join(SECTIONS)})[{rows.BLANK}]*+(?=\n|\Z)", re.IGNORECASE
)
_NO_SEPARATOR = bytes(set(range(256)) - set(b";\n"))


def text_of(source: bytes | str) -> str:
    """A file's lines, each after a line feed; raises PabulibError if it is no decent text."""
    content = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    if len(content) > MAX_BYTES:
        raise PabulibError(Expected.SMALLER_FILE, 1)
    content = content.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    content = b"\n" + content
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        place = _place_after(content[: error.start].decode("utf-8"))
        raise PabulibError(Expected.UTF_8, *place) from error
    if "\0" in text:
        raise PabulibError(Expected.NO_NUL, *_place_after(text[: text.index("\0")]))
    if text.count("\n") > MAX_LINES:
        raise PabulibError(Expected.SMALLER_FILE, MAX_LINES)
    _refuse_long_lines(text)
    return text


def _place_after(read: str) -> tuple[int, int]:
    return read.count("\n"), len(read) - read.rindex("\n")


def _refuse_long_lines(text: str) -> None:
    at = 1
    while at + rows.MAX_LINE < len(text):
        line_feed = text.rfind("\n", at, at + rows.MAX_LINE + 1)
        if line_feed < 0:
            raise PabulibError(Expected.SHORTER_LINE, text.count("\n", 0, at), rows.MAX_LINE)
        at = line_feed + 1


class Cells(NamedTuple):
    """Some columns of some rows: the numbers of their lines, and each column's cells."""

    lines: Sequence[int]
    columns: list[list[str]]


class Table:
    """One section of a file: its header row, and the others as rows or as columns."""

    def __init__(self, name: str, text: str, start: int, end: int) -> None:
        """`start` is where the name's own line ends in the text, `end` where the section does."""
        self.name = name
        self.columns: tuple[str, ...] = ()
        self._text, self._start, self._end = text, start + 1, end
        named_on = text.count("\n", 0, start)
        self._first_line = named_on + 1
        nothing = rows.Row(named_on, self._first_line, [])
        header = next(self._rows(self._start, end, self._first_line), nothing)
        self.header_line, self._next_line = header.line, header.after
        self.columns = self._columns_in(header.cells)

    def _columns_in(self, cells: list[str]) -> tuple[str, ...]:
        if len(cells) > MAX_COLUMNS:
            raise PabulibError(Expected.FEWER_COLUMNS, self.header_line, subject=self.name)
        names = [cell.strip().lower() for cell in cells]
        while names and not names[-1]:
            names.pop()
        for place, name in enumerate(names):
            if name in names[:place]:
                raise self.error(Expected.COLUMN_ONCE, self.header_line, place, found=name)
        return tuple(names)

    def place_of(self, column: str) -> int:
        """Where the column stands; PabulibError if the table has none of that name."""
        if column not in self.columns:
            raise PabulibError(Expected.COLUMN, self.header_line, subject=column)
        return self.columns.index(column)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Line number and cells of each row below the header, as many cells as columns."""
        return self._full_rows(self._below_header(), self._end, self._next_line)

    def pairs(self) -> Iterator[tuple[int, str, str]]:
        """Line number, key and value of each row of a META table, which may lack its header."""
        if self.columns[:1] == ("key",):
            found = self._rows(self._below_header(), self._end, self._next_line)
        else:
            found = self._rows(self._start, self._end, self._first_line)
        for line, _, cells in found:
            # A description with a bare semicolon is still one value.
            yield line, cells[0].strip().lower(), ";".join(cells[1:]).rstrip(";").strip()

    def cells_at(self, places: Sequence[int]) -> Iterator[Cells]:
        """The cells of the columns at these places, many rows at a time."""
        at, line = self._below_header(), self._next_line
        while at < self._end:
            stop = _end_of_line(self._text, at + _AT_A_TIME, self._end)
            cells = self._cells_of_plain_lines(self._text[at:stop])
            if cells:
                columns = [cells[place :: len(self.columns)] for place in places]
                yield Cells(range(line, line + len(columns[0])), columns)
            else:
                # Whoever meets a quote must read on to the end: it may close on any later line.
                if self._text.find('"', at, stop) >= 0:
                    stop = self._end
                yield from self._cells_row_by_row(at, stop, line, places)
            line += self._text.count("\n", at, stop) + 1
            at = stop + 1

    def _cells_of_plain_lines(self, lines: str) -> list[str]:
        """Their cells, row after row; none if a line is blank, quoted, too long or too short."""
        if '"' in lines:
            return []
        lines, width = lines.rstrip("\n"), len(self.columns)
        separators = (lines.encode() + b"\n").translate(None, _NO_SEPARATOR)
        if separators != (b";" * (width - 1) + b"\n") * (len(separators) // width):
            return []
        cells = lines.replace("\n", ";").split(";")
        return cells if all(map(str.strip, cells[::width])) else []

    def _cells_row_by_row(
        self, start: int, end: int, line: int, places: Sequence[int]
    ) -> Iterator[Cells]:
        """The same, and first whatever stands above a row that cannot be read."""
        numbers: list[int] = []
        columns: list[list[str]] = [[] for _ in places]
        broken = None
        try:
            for number, cells in self._full_rows(start, end, line):
                numbers.append(number)
                for place, column in zip(places, columns, strict=True):
                    column.append(cells[place])
                if len(numbers) == _ROWS_AT_A_TIME:
                    yield Cells(numbers, columns)
                    numbers, columns = [], [[] for _ in places]
        except PabulibError as error:
            broken = error
        yield Cells(numbers, columns)
        if broken:
            raise broken

    def _full_rows(self, start: int, end: int, line: int) -> Iterator[tuple[int, list[str]]]:
        width = len(self.columns)
        for number, _, cells in self._rows(start, end, line):
            # A spreadsheet leaves empty cells at the end.
            if len(cells) > width and not "".join(cells[width:]).strip():
                del cells[width:]
            if len(cells) != width:
                place = min(len(cells), width) - 1
                raise self.error(Expected.AS_MANY_CELLS_AS_COLUMNS, number, place)
            yield number, cells

    def _rows(self, start: int, end: int, line: int) -> Iterator[rows.Row]:
        return rows.rows_in(_lines_in(self._text, start, end), line)

    def _below_header(self) -> int:
        at = self._start
        for _ in range(self._next_line - self._first_line):
            at = _end_of_line(self._text, at, self._end) + 1
        return at

    def error(self, expected: Expected, line: int, place: int, *, found: str = "") -> PabulibError:
        """The error at a cell, given the row's line and the cell's place in the row."""
        subject = self.columns[place] if place < len(self.columns) else ""
        lines = _lines_in(self._text, self._start, self._end)
        text = next(islice(lines, line - self._first_line, None))
        column = rows.start_of_cell(text, place)
        return PabulibError(expected, line, column, subject=subject, found=found)


def _end_of_line(text: str, at: int, end: int) -> int:
    line_feed = text.find("\n", at, end)
    return end if line_feed < 0 else line_feed


def _lines_in(text: str, start: int, end: int) -> Iterator[str]:
    while start < end:
        stop = _end_of_line(text, start + _AT_A_TIME, end)
        yield from text[start:stop].split("\n")
        start = stop + 1


def tables_of(text: str) -> dict[str, Table]:
    """The three sections by name; PabulibError if one is missing or there twice."""
    # One more than there may be is enough to know.
    found = [*islice(_SECTION.finditer(text), len(SECTIONS) + 1)]
    repeated = _first_repeated(found)
    if repeated:
        found = _sections_between_rows(text)
        if sorted(map(_name_of, found)) != sorted(SECTIONS):
            repeated = _first_repeated(found) or repeated
            line = text.count("\n", 0, repeated.end())
            raise PabulibError(Expected.SECTION_ONCE, line, subject=_name_of(repeated))
    names = [_name_of(match) for match in found]
    for name in SECTIONS:
        if name not in names:
            raise PabulibError(Expected.SECTION, text.count("\n"), subject=name)
    ends = [*(match.start() for match in found[1:]), len(text)]
    return {
        name: Table(name, text, match.end(), end)
        for name, match, end in zip(names, found, ends, strict=True)
    }


def _name_of(section: re.Match[str]) -> str:
    return section[1].upper()


def _sections_between_rows(text: str) -> list[re.Match[str]]:
    """The lines that name a section, without those of a text in quotes; not many too many."""
    found: list[re.Match[str]] = []
    at, line = 0, 1
    for row in rows.rows_in(_lines_in(text, 1, len(text)), line):
        for _ in range(row.line - line):
            at = text.index("\n", at + 1)
        line = row.line
        match = _SECTION.match(text, at)
        if match and len(found) <= len(SECTIONS):
            found.append(match)
    return found


def _first_repeated(found: list[re.Match[str]]) -> re.Match[str] | None:
    met: set[str] = set()
    for match in found:
        if _name_of(match) in met:
            return match
        met.add(_name_of(match))
    return None
