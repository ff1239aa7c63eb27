"""The rows of a table and their cells, parted by `;`, some of them quoted. Pure.

A cell is quoted if it begins with a quotation mark: `;`, line ends and doubled quotation marks
may stand inside. Text after the closing one belongs to the cell, as in every spreadsheet.
"""

import csv
import re
from collections.abc import Iterator
from itertools import chain, islice
from typing import NamedTuple

from ballots.pabulib.errors import Expected, PabulibError

MAX_LINE = 1_000_000
MAX_LINES_IN_A_ROW = 1_000

# What a spreadsheet leaves around a name or on an empty row.
BLANK = "; \t\xa0"

# Nothing is ever given back (`++`, `*+`), so each takes one walk over a line, whatever it holds.
_OPEN = r'"(?:[^"]++|"")*+'
_CELL = re.compile(rf'(?:{_OPEN}"?[^;]*+|[^;]*+);')
_ENDS_OPEN = re.compile(rf'(?:(?:{_OPEN}"[^;]*+|(?!")[^;]*+);)*+(?P<open>{_OPEN})')


class Row(NamedTuple):
    """The cells of a row, the number of its line, and that of the line after it."""

    line: int
    after: int
    cells: list[str]


def rows_in(lines: Iterator[str], line: int) -> Iterator[Row]:
    """The rows that are not blank; the first of the lines has the number `line`."""
    for text in lines:
        after = line + 1
        if '"' in text:
            row = text
            if _ENDS_OPEN.fullmatch(text):
                row, after = _whole_row(text, lines, line)
            yield Row(line, after, _cells_in(row, line))
        elif text.strip(BLANK):
            yield Row(line, after, text.split(";"))
        line = after


def _whole_row(first: str, following: Iterator[str], line: int) -> tuple[str, int]:
    """A row with quotes, which may go on for some lines, and the number of the line after it."""
    texts: list[str] = []
    place, inside = (line, 1), ""
    for text in chain([first], islice(following, MAX_LINES_IN_A_ROW - 1)):
        still_open = _ENDS_OPEN.fullmatch(inside + text)
        texts.append(text)
        if still_open is None:
            return "\n".join(texts), line + len(texts)
        opened_at = still_open.start("open") - len(inside)
        if opened_at >= 0:  # else it was opened on an earlier line
            place = line + len(texts) - 1, opened_at + 1
        inside = '"'
    raise PabulibError(Expected.CLOSING_QUOTE, *place)


def _cells_in(row: str, line: int) -> list[str]:
    if len(row) > MAX_LINE:
        raise PabulibError(Expected.SHORTER_LINE, line)
    try:
        return next(csv.reader([row], delimiter=";"))
    except csv.Error as error:  # a cell beyond csv.field_size_limit()
        raise PabulibError(Expected.SHORTER_LINE, line) from error


def start_of_cell(text: str, place: int) -> int:
    """The column (from 1) where a row's cell begins, or the end of its first line."""
    at = 0
    for _ in range(place):
        cell = _CELL.match(text, at)
        if cell is None:
            return len(text) + 1
        at = cell.end()
    return at + 1
