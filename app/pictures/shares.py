"""Shares by category or area: of the money beside those of the votes. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

# Shares are thousandths and add up to this.
WHOLE = 1000


class Share(NamedTuple):
    """One category or area; its name is empty for projects that name none."""

    name: str
    pence: int
    votes: int
    of_money: int
    of_votes: int


def shares(rows: Sequence[Mapping[str, Any]], spent_pence: int, votes: int) -> tuple[Share, ...]:
    """Every category's shares, most money first; empty if there are fewer than two to compare.

    What `rows` leave of the money spent and of the votes given stands last, without a name.
    """
    named = [(row["name"], row["pence"], row["votes"]) for row in rows if row["name"]]
    rest = (
        "",
        max(0, spent_pence - sum(pence for _, pence, _ in named)),
        max(0, votes - sum(given for _, _, given in named)),
    )
    if rest[1] or rest[2]:
        named.append(rest)
    if len(named) < 2 or spent_pence <= 0 or votes <= 0:
        return ()
    of_money = thousandths([pence for _, pence, _ in named])
    of_votes = thousandths([given for _, _, given in named])
    return tuple(
        Share(name, pence, given, money, vote)
        for (name, pence, given), money, vote in zip(named, of_money, of_votes, strict=True)
    )


def thousandths(parts: Sequence[int]) -> list[int]:
    """Parts of their sum in whole thousandths that add up to the whole; largest remainders."""
    whole = sum(parts)
    floors = [part * WHOLE // whole for part in parts]
    by_remainder = sorted(range(len(parts)), key=lambda at: -(parts[at] * WHOLE % whole))
    for at in by_remainder[: WHOLE - sum(floors)]:
        floors[at] += 1
    return floors
