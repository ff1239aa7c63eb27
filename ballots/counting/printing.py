"""A result as lines for a terminal, and as the JSON of the command. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from ballots.counting.result import Result, Tie

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
        "ties": [tie.to_json() for tie in result.ties],
        "projects": [verdict.to_json() for verdict in result.verdicts],
        "seconds": round(seconds, 6),
    }


def page(result: Result, asked_rule: str, seconds: float, *, scores: bool) -> Iterator[str]:
    """The lines that people read; `scores` where ballots carry points."""
    yield from _table(result, scores=scores)
    yield ""
    by_file = asked_rule == "official"
    figures = {
        "rule": f"{result.rule.name}, as the file declares" if by_file else asked_rule,
        "ballots": f"{result.ballots_cast:,}",
        "budget": _units(result.budget_pence, ","),
        "spent": _units(result.spent_pence, ","),
        "left": _units(result.left_pence, ","),
        "seconds": f"{seconds:.3f}",
    }
    yield from (f"{name:8} {figure}" for name, figure in figures.items())
    yield ""
    yield from map(_told, result.ties)
    if not result.ties:
        yield "No ties."


def _table(result: Result, *, scores: bool) -> Iterator[str]:
    columns: dict[str, list[str]] = {name: [] for name in _COLUMNS if scores or name != "score"}
    for verdict in result.verdicts:
        cells = {
            "rank": str(verdict.rank),
            "project": printable(verdict.project_id),
            "votes": f"{verdict.votes:,}",
            "score": f"{verdict.score:,}",
            "cost": _units(verdict.cost_pence, ","),
            "funded": _units(verdict.funded_pence, ",") if verdict.funded else "–",
            "reason": verdict.reason.value.replace("-", " "),
        }
        for name, column in columns.items():
            column.append(cells[name])
    yield from _aligned(columns)


def _told(tie: Tie) -> str:
    """A tie in one line: who stood level, in which order they were taken, and what decided."""
    members = " > ".join(map(printable, tie.members))
    level = "level" if tie.votes is None else f"level at {tie.votes:,} votes"
    steps = ", ".join(dict.fromkeys(step.value.replace("-", " ") for step in tie.steps))
    matters = {True: "it changed the outcome", False: "the outcome is the same either way"}
    ending = f"; {matters[tie.decisive]}" if tie.decisive is not None else ""
    return f"Tie, {level}: {members} (by {steps}){ending}."


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
