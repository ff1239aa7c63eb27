"""The outcome as the hall sees it: a line for every project, its votes, and the money falling."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.pictures.balance import WIDTH, BalanceStep, falling_balance

# Lines of 24 px that fit a picture 720 px high, below the titles.
MOST_LINES = 20


class Line(NamedTuple):
    """One project; `step` is what it took and left, None if it was not funded.

    `backing` is its votes, or its points where the paper gives points.
    """

    title: str
    backing: int
    backing_width: int
    step: BalanceStep | None


@dataclass(frozen=True)
class Reveal:
    """Winners in the order they won, then the others by rank, and how many find no room."""

    lines: tuple[Line, ...]
    more: int
    in_points: bool = False


def reveal(
    result: Mapping[str, Any], titles: Mapping[str, str], *, in_points: bool = False
) -> Reveal | None:
    """The lines of a stored result, as `Result.to_json` wrote it; None if nobody voted."""
    verdicts = {verdict["project_id"]: verdict for verdict in result["projects"]}
    if not any(verdict["votes"] for verdict in verdicts.values()):
        return None
    backing = {code: one["score" if in_points else "votes"] for code, one in verdicts.items()}
    most = max(*backing.values(), 1)
    balance = falling_balance(result, titles)
    steps = {step.code: step for step in balance.steps} if balance else {}
    ordered = [*steps, *(code for code in verdicts if code not in steps)]
    # One line fewer where the last has to count the rest.
    room = MOST_LINES if len(ordered) <= MOST_LINES else MOST_LINES - 1
    return Reveal(
        lines=tuple(
            Line(
                titles.get(code, code),
                backing[code],
                max(0, backing[code]) * WIDTH // most,
                steps.get(code),
            )
            for code in ordered[:room]
        ),
        more=len(ordered) - len(ordered[:room]),
        in_points=in_points,
    )
