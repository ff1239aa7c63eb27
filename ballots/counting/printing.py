"""What the command says: a result as lines or as JSON, and where a file is unreadable. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ballots.counting.result import Result
from ballots.pabulib.errors import Expected, PabulibError

_PENCE = Decimal("0.01")


def as_json(result: Result, asked_rule: str, seconds: float) -> dict[str, object]:
    """What programs read; sums of money are decimals in currency units."""
    return {
        "rule": asked_rule,
        "settings": result.rule.as_json(),
        "winners": list(result.winners),
        "cost": _units(result.spent_pence),
        "budget": _units(result.budget_pence),
        "left": _units(result.left_pence),
        "ballots": result.ballots_cast,
        "steps": result.steps,
        "ties": [tie.to_json() for tie in result.ties],
        "projects": [verdict.to_json() for verdict in result.verdicts],
        "seconds": round(seconds, 6),
    }


def page(told: Mapping[str, Any], *, scores: bool, **more: str) -> Iterator[str]:
    """The lines that people read of a result’s JSON; `scores` where ballots carry points.

    `more` are further figures by name.
    """
    yield from _aligned(_columns(told, scores=scores))
    yield ""
    figures = {
        "rule": told["rule"]["name"],
        "ballots": f"{told['ballots_cast']:,}",
        "budget": _units(told["budget_pence"], ","),
        "spent": _units(told["spent_pence"], ","),
        "left": _units(told["left_pence"], ","),
        **more,
    }
    yield from (f"{name:8} {figure}" for name, figure in figures.items())
    yield ""
    yield from map(_told, told["ties"])
    if not told["ties"]:
        yield "No ties."


def _columns(told: Mapping[str, Any], *, scores: bool) -> Mapping[str, Sequence[str]]:
    columns: dict[str, list[str]] = {name: [] for name in _COLUMNS if scores or name != "score"}
    for verdict in told["projects"]:
        cells = {
            "rank": str(verdict["rank"]),
            "project": printable(verdict["project_id"]),
            "votes": f"{verdict['votes']:,}",
            "score": f"{verdict['score']:,}",
            "cost": _units(verdict["cost_pence"], ","),
            "funded": _units(verdict["funded_pence"], ",") if verdict["funded"] else "–",
            "reason": verdict["reason"].replace("-", " "),
        }
        for name, column in columns.items():
            column.append(cells[name])
    return columns


def _told(tie: Mapping[str, Any]) -> str:
    """A tie in one line: who stood level, in which order they were taken, and what decided."""
    members = " > ".join(map(printable, tie["members"]))
    level = "level" if tie["votes"] is None else f"level at {tie['votes']:,} votes"
    steps = ", ".join(dict.fromkeys(step.replace("-", " ") for step in tie["steps"]))
    matters = {True: "; it changed the outcome", False: "; the outcome is the same either way"}
    return f"Tie, {level}: {members} (by {steps}){matters.get(tie['decisive'], '')}."


_COLUMNS = ("rank", "project", "votes", "score", "cost", "funded", "reason")
_WORDS = ("project", "reason")


def _aligned(columns: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The columns side by side under their names, numbers to the right."""
    placed = []
    for name, cells in columns.items():
        width = max(map(len, (name, *cells)))
        place = str.ljust if name in _WORDS else str.rjust
        placed.append([place(cell, width) for cell in (name, *cells)])
    return ("  ".join(row).rstrip() for row in zip(*placed, strict=True))


def _units(pence: int, thousands: str = "") -> str:
    return format(Decimal(pence) * _PENCE, f"{thousands}.2f")


def printable(text: str) -> str:
    """A file's words without what could move the cursor of a terminal."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


# What should have stood where a file cannot be read.
_EXPECTED = {
    Expected.SMALLER_FILE: "a smaller file",
    Expected.UTF_8: "text in UTF-8",
    Expected.NO_NUL: "text without NUL characters",
    Expected.SHORTER_LINE: "a shorter line",
    Expected.CLOSING_QUOTE: "a closing quotation mark",
    Expected.SECTION: "the section",
    Expected.SECTION_ONCE: "this section only once",
    Expected.COLUMN: "the column",
    Expected.COLUMN_ONCE: "this column only once",
    Expected.FEWER_COLUMNS: "fewer columns",
    Expected.AS_MANY_CELLS_AS_COLUMNS: "as many cells as there are columns",
    Expected.META_KEY: "the key",
    Expected.META_KEY_ONCE: "this key only once",
    Expected.FEWER_META_KEYS: "fewer keys",
    Expected.VOTE_TYPE: "a known type of vote",
    Expected.MONEY: "a sum of money",
    Expected.WHOLE_NUMBER: "a whole number",
    Expected.NUMBER: "a number",
    Expected.PROJECT_ID: "the id of a project",
    Expected.PROJECT_ONCE: "each project only once",
    Expected.FEWER_PROJECTS: "fewer projects",
    Expected.KNOWN_PROJECT: "a project that is listed in the file",
    Expected.FEWER_NUMBERS: "fewer different numbers of points",
    Expected.FEWER_REPEATS: "ballots that name each project only once",
    Expected.NO_MORE_POINTS_THAN_CHOICES: "no more points than choices",
}


def unreadable(wrong: PabulibError) -> str:
    """Where a `.pb` file cannot be read, what was expected there and what stood there."""
    about = f" “{printable(wrong.subject)}”" if wrong.subject else ""
    found = f", found “{printable(wrong.found)}”" if wrong.found else ""
    where = f"line {wrong.line}, column {wrong.column}"
    return f"{where}: expected {_EXPECTED[wrong.expected]}{about}{found}"
