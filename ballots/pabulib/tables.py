"""The tables of a `.pb` file: sections, rows, cells, numbers; every error says where. Pure."""

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum

# Ten times the largest real file we have met; what is larger is no election but an attack.
MAX_BYTES = 40_000_000
MAX_LINES = 2_000_000
MAX_LINE = 1_000_000
MAX_LINES_IN_A_ROW = 30
MAX_COLUMNS = 1_000
MAX_PENCE = 10**15

SECTIONS = ("META", "PROJECTS", "VOTES")

# What a spreadsheet leaves around a name or on an empty row.
_BLANK = "; \t\xa0"
_WHOLE = re.compile(r"\d{1,15}(\.0{0,15})?", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
_MONEY = re.compile(r"\d{1,15}(\.\d{1,15})?([eE]\+?\d{1,2})?", re.ASCII)
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3}){2,}|\d{1,3}(,\d{3})+\.\d{1,15}", re.ASCII)
_COMMA_BEFORE_DECIMALS = re.compile(r"\d{1,15},(\d{1,2}|\d{4,15})", re.ASCII)


class Expected(StrEnum):
    """What should have stood where the file cannot be read."""

    SMALLER_FILE = "smaller-file"
    UTF_8 = "utf-8"
    NO_NUL = "no-nul"
    SHORTER_LINE = "shorter-line"
    CLOSING_QUOTE = "closing-quote"
    SECTION = "section"
    SECTION_ONCE = "section-once"
    COLUMN = "column"
    COLUMN_ONCE = "column-once"
    FEWER_COLUMNS = "fewer-columns"
    AS_MANY_CELLS_AS_COLUMNS = "as-many-cells-as-columns"
    META_KEY = "meta-key"
    META_KEY_ONCE = "meta-key-once"
    VOTE_TYPE = "vote-type"
    MONEY = "money"
    WHOLE_NUMBER = "whole-number"
    NUMBER = "number"
    PROJECT_ID = "project-id"
    PROJECT_ONCE = "project-once"
    FEWER_PROJECTS = "fewer-projects"
    KNOWN_PROJECT = "known-project"
    NO_MORE_POINTS_THAN_CHOICES = "no-more-points-than-choices"


class PabulibError(Exception):
    """The file is unreadable at `line` and `column` (characters, from 1): what was expected.

    `subject` names the section, column or key in question; `found` is what stood there, cut to
    80 characters, and as untrusted as the file.
    """

    def __init__(
        self, expected: Expected, line: int, column: int = 1, *, subject: str = "", found: str = ""
    ) -> None:
        super().__init__(expected.value, line, column, subject, found[:80])
        self.expected, self.line, self.column = expected, line, column
        self.subject, self.found = subject[:80], found[:80]


def lines_of(source: bytes | str) -> list[str]:
    """The lines of a file, whatever ends them; raises PabulibError if it is no decent text."""
    content = source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source
    if len(content) > MAX_BYTES:
        raise PabulibError(Expected.SMALLER_FILE, 1)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The decoder leaves a BOM out of its positions; it stands on the first line.
        read = content.removeprefix(b"\xef\xbb\xbf")[: error.start].decode("utf-8")
        raise PabulibError(Expected.UTF_8, *_place_after(read)) from error
    if "\0" in text:
        raise PabulibError(Expected.NO_NUL, *_place_after(text[: text.index("\0")]))
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.count("\n") >= MAX_LINES:
        raise PabulibError(Expected.SMALLER_FILE, MAX_LINES)
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if len(line) > MAX_LINE:
            raise PabulibError(Expected.SHORTER_LINE, at + 1, MAX_LINE)
    return lines


def _place_after(read: str) -> tuple[int, int]:
    lines = read.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return len(lines), len(lines[-1]) + 1


class Table:
    """One section of a file: its header row, and its other rows on iteration."""

    def __init__(self, name: str, lines: list[str], first: int, end: int) -> None:
        self.name = name
        self.columns: tuple[str, ...] = ()
        self._lines, self._end = lines, end
        header = next(_rows(lines, first, end), None)
        self.header_line, self._next, cells = header or (first, end, [])
        self._first = first
        self.columns = self._columns_in(cells)

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
        width = len(self.columns)
        for line, _, cells in _rows(self._lines, self._next, self._end):
            while len(cells) > width and not cells[-1].strip():
                cells.pop()  # a spreadsheet's empty cells at the end
            if len(cells) != width:
                place = min(len(cells), width) - 1
                raise self.error(Expected.AS_MANY_CELLS_AS_COLUMNS, line, place)
            yield line, cells

    def pairs(self) -> Iterator[tuple[int, str, str]]:
        """Line number, key and value of each row of a META table, which may lack its header."""
        first = self._next if self.columns[:1] == ("key",) else self._first
        for line, _, cells in _rows(self._lines, first, self._end):
            # A description with a bare semicolon is still one value.
            yield line, cells[0].strip().lower(), ";".join(cells[1:]).rstrip(";").strip()

    def error(self, expected: Expected, line: int, place: int, *, found: str = "") -> PabulibError:
        """The error at a cell, given the row's line and the cell's place in the row."""
        subject = self.columns[place] if place < len(self.columns) else ""
        column = _start_of_cell(self._lines[line - 1], place)
        return PabulibError(expected, line, column, subject=subject, found=found)


def _start_of_cell(line: str, place: int) -> int:
    quoted, passed = False, 0
    for at, letter in enumerate(line):
        if passed == place:
            return at + 1
        if letter == '"':
            quoted = not quoted
        elif letter == ";" and not quoted:
            passed += 1
    return len(line) + 1


def tables_of(lines: list[str]) -> dict[str, Table]:
    """The three sections by name; PabulibError if one is missing or there twice."""
    starts: dict[str, int] = {}
    for at, line in enumerate(lines):
        name = line.strip(_BLANK).upper()
        if name not in SECTIONS:
            continue
        if name in starts:
            raise PabulibError(Expected.SECTION_ONCE, at + 1, subject=name)
        starts[name] = at
    for name in SECTIONS:
        if name not in starts:
            raise PabulibError(Expected.SECTION, len(lines), subject=name)
    ends = [*sorted(starts.values()), len(lines)]
    return {
        name: Table(name, lines, start + 1, ends[ends.index(start) + 1])
        for name, start in starts.items()
    }


def _rows(lines: list[str], first: int, end: int) -> Iterator[tuple[int, int, list[str]]]:
    """Line number of each row that is not blank, index of the line after it, and its cells."""
    at = first
    while at < end:
        line, after = lines[at], at + 1
        if '"' in line:
            cells, after = _quoted_row(lines, at, end)
            yield at + 1, after, cells
        elif line.strip(_BLANK):
            yield at + 1, after, line.split(";")
        at = after


def _quoted_row(lines: list[str], at: int, end: int) -> tuple[list[str], int]:
    """The cells of a row with quotes, which may go on for some lines, and the index after it."""
    text = lines[at]
    for after in range(at + 1, min(end, at + MAX_LINES_IN_A_ROW) + 1):
        try:
            cells = _split_quoted(text)
        except csv.Error as error:
            raise PabulibError(Expected.SHORTER_LINE, at + 1) from error
        if cells is not None:
            return cells, after
        if after < end:
            text += "\n" + lines[after]
    raise PabulibError(Expected.CLOSING_QUOTE, at + 1, lines[at].index('"') + 1)


def _split_quoted(text: str) -> list[str] | None:
    """The cells, or None while a quote is still open; csv.Error for a cell beyond all bounds."""
    try:
        return next(csv.reader([text], delimiter=";", strict=True))
    except csv.Error as error:
        if str(error) == "unexpected end of data":
            return None
        # `"Nowy" park`: text after a closing quote, which every spreadsheet swallows.
        return next(csv.reader([text], delimiter=";"))


def whole_number(text: str) -> int | None:
    """12 from "12" or "12.0"; None if it is no whole number of at least 0."""
    plain = "".join(text.split())
    return int(plain.partition(".")[0]) if _WHOLE.fullmatch(plain) else None


def number(text: str) -> Decimal | None:
    """A decimal number, with a point or a comma; None if it is none."""
    plain = "".join(text.split()).replace(",", ".")
    return Decimal(plain) if _NUMBER.fullmatch(plain) else None


def money_pence(text: str) -> Decimal | None:
    """Pence, perhaps with a fraction, from an amount in currency units; None if it is none.

    Spaces of every kind part thousands. A comma is a decimal comma, unless several commas or a
    point after them show that they part thousands. "1,000" could be either and is refused.
    """
    plain = "".join(text.split())
    if _THOUSANDS.fullmatch(plain):
        plain = plain.replace(",", "")
    elif _COMMA_BEFORE_DECIMALS.fullmatch(plain):
        plain = plain.replace(",", ".")
    if not _MONEY.fullmatch(plain):
        return None
    pence = Decimal(plain) * 100
    return pence if pence <= MAX_PENCE else None
