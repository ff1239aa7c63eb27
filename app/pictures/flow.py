"""Who funded what: the money of each project's supporters, flowing to the winners. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.pictures.balance import paid_for_winners
from app.pictures.titles import cut

# Every node has a slot of its own; bands are drawn between the slots of two columns.
SLOT = 100
FULL = 92
ACROSS = 100
MOST_NODES = 8
OTHERS = ""
# In two lines beside the drawing; the tables have every title in full.
LETTERS = 44


class Node(NamedTuple):
    """Supporters of a project, or a winner: its bar stands in its slot from `top`.

    The code is empty for several projects put together; `projects` says how many. `pence` is
    what a winner received, None for supporters. The title is cut.
    """

    code: str
    title: str
    projects: int
    pence: int | None
    top: float
    height: float


class Band(NamedTuple):
    """Money from supporters to a winner, as an outline; `own`: to the project they stand for."""

    source: str
    target: str
    height: float
    own: bool
    outline: str


class Payment(NamedTuple):
    """Money for one winner, its title in full; for several put together the title is empty."""

    title: str
    projects: int
    pence: int


class Payments(NamedTuple):
    """What the supporters of one project (title in full) paid for the winners, most first."""

    title: str
    paid: tuple[Payment, ...]


@dataclass(frozen=True)
class Flow:
    """Supporters to the left, winners to the right; all bands have the same scale.

    Who supports several projects is among the supporters of each, so what reaches a winner is
    shared out among them in proportion, and bands add up to what the winner received. The table
    has what each project's supporters paid, undivided, also where the drawing puts projects
    together.
    """

    supporters: tuple[Node, ...]
    winners: tuple[Node, ...]
    bands: tuple[Band, ...]
    table: tuple[Payments, ...]

    @property
    def height(self) -> int:
        """How far down the drawing goes: a slot for every node of the longer column."""
        return SLOT * max(len(self.supporters), len(self.winners))


_Ends = tuple[str, str]


def who_funded_what(
    result: Mapping[str, Any], explanation: Mapping[str, Any], titles: Mapping[str, str]
) -> Flow | None:
    """The flow of a stored result; None under a rule in which supporters pay nothing."""
    paid = {
        (about["project_id"], spent["project_id"]): spent["pence"]
        for about in explanation["projects"]
        for spent in about["supporters_spent_on"]
        if spent["pence"] > 0
    }
    if not paid:
        return None
    votes = {verdict["project_id"]: verdict["votes"] for verdict in result["projects"]}
    received = paid_for_winners(result)
    paid_for = {target for _, target in paid}
    by_votes = _in_order({source for source, _ in paid}, votes)
    sources = by_votes[:MOST_NODES]
    leading = _in_order(paid_for, received)[:MOST_NODES]
    targets = [code for code in received if code in leading]
    money = _shared_out(paid, received)
    flows = _merged(money, sources, targets)
    undivided = _merged(paid, by_votes, targets)
    scale = FULL / max(*_sums(flows, 0).values(), *_sums(flows, 1).values())
    supporters = _column(flows, 0, sources, len(by_votes), scale, titles)
    winners = tuple(
        _received(winner, received, paid_for - set(targets))
        for winner in _column(flows, 1, targets, len(paid_for), scale, titles)
    )
    return Flow(
        supporters,
        winners,
        tuple(_bands(flows, supporters, winners, scale)),
        tuple(_payments(code, undivided, winners, titles) for code in by_votes),
    )


def _in_order(codes: Iterable[str], by: Mapping[str, int]) -> list[str]:
    return sorted(codes, key=lambda code: (-by[code], code))


def _shared_out(paid: Mapping[_Ends, int], received: Mapping[str, int]) -> dict[_Ends, float]:
    """Payments scaled so that those for a winner add up to what it received."""
    sums = _sums(paid, 1)
    return {
        (source, target): pence * received[target] / sums[target]
        for (source, target), pence in paid.items()
    }


def _merged(
    money: Mapping[_Ends, float], sources: Sequence[str], targets: Sequence[str]
) -> dict[_Ends, float]:
    """The payments among the leading nodes; all the rest from and to the others."""
    merged: dict[_Ends, float] = {}
    for (source, target), pence in money.items():
        ends = source if source in sources else OTHERS, target if target in targets else OTHERS
        merged[ends] = merged.get(ends, 0) + pence
    return merged


def _sums(flows: Mapping[_Ends, float], side: int) -> dict[str, float]:
    sums: dict[str, float] = {}
    for ends, pence in flows.items():
        sums[ends[side]] = sums.get(ends[side], 0) + pence
    return sums


def _column(
    flows: Mapping[_Ends, float],
    side: int,
    codes: Sequence[str],
    projects: int,
    scale: float,
    titles: Mapping[str, str],
) -> tuple[Node, ...]:
    """One side's nodes, each in the middle of its slot, the others last."""
    sums, others = _sums(flows, side), projects - len(codes)
    return tuple(
        Node(
            code,
            cut(titles.get(code, code), LETTERS),
            1 if code else others,
            None,
            top=slot * SLOT + (SLOT - sums[code] * scale) / 2,
            height=sums[code] * scale,
        )
        for slot, code in enumerate([*codes, OTHERS] if others else codes)
    )


def _received(winner: Node, received: Mapping[str, int], others: Iterable[str]) -> Node:
    pence = received[winner.code] if winner.code else sum(received[code] for code in others)
    return winner._replace(pence=pence)


def _bands(
    flows: Mapping[_Ends, float],
    supporters: Sequence[Node],
    winners: Sequence[Node],
    scale: float,
) -> Iterable[Band]:
    """Bands in the order of both columns, so that they cross as little as may be."""
    down = {winner.code: winner.top for winner in winners}
    for source in supporters:
        top = source.top
        for winner in winners:
            height = flows.get((source.code, winner.code), 0) * scale
            if height:
                own = source.code == winner.code != OTHERS
                outline = _outline(top, down[winner.code], height)
                yield Band(source.code, winner.code, height, own, outline)
                top += height
                down[winner.code] += height


def _outline(start: float, end: float, height: float) -> str:
    """A band from (0, start) to (ACROSS, end), bent halfway."""
    half = ACROSS // 2
    ys = [f"{y:.1f}".removesuffix(".0") for y in (start, end, end + height, start + height)]
    return (
        f"M0 {ys[0]}C{half} {ys[0]} {half} {ys[1]} {ACROSS} {ys[1]}"
        f"V{ys[2]}C{half} {ys[2]} {half} {ys[3]} 0 {ys[3]}Z"
    )


def _payments(
    source: str,
    paid: Mapping[_Ends, float],
    winners: Sequence[Node],
    titles: Mapping[str, str],
) -> Payments:
    found = [
        Payment(titles.get(winner.code, winner.code), winner.projects, int(pence))
        for winner in winners
        if (pence := paid.get((source, winner.code), 0))
    ]
    most_first = tuple(sorted(found, key=lambda payment: -payment.pence))
    return Payments(titles.get(source, source), most_first)
