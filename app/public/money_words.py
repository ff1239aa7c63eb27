"""The ledger of a fund's money as people read it: dates, reasons, links and running sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext as _

from app.display import date_words, pounds
from app.labels import label
from neighbourhoods.money import (
    BY_SIGNATURE,
    Account,
    MoneyAct,
    MoneyEntry,
    MoneyLine,
    spent_by,
)

# What a fund still holds: the sum of these is its balance.
INSIDE = (Account.AVAILABLE, Account.COMMITTED, Account.HELD)


@dataclass(frozen=True)
class MoneyRow:
    """One line of a fund's ledger."""

    number: int
    at: datetime
    what: str
    about: str
    why: str
    # Where pence moved inside the fund, in words; empty where they came in or went out.
    moved: str
    in_pence: int
    out_pence: int
    balance_pence: int
    link: str | None
    link_text: str
    # The line that this one takes back or releases, and the line that does so to this one.
    answers: int | None
    answered_by: int | None
    is_mistake: bool


@dataclass(frozen=True)
class MoneyTable:
    """A fund's whole ledger; what came in less what went out is what it holds."""

    rows: tuple[MoneyRow, ...]

    @property
    def in_pence(self) -> int:
        """All that ever came in."""
        return sum(row.in_pence for row in self.rows)

    @property
    def out_pence(self) -> int:
        """All that ever went out."""
        return sum(row.out_pence for row in self.rows)

    @property
    def balance_pence(self) -> int:
        """What the fund holds."""
        return self.rows[-1].balance_pence if self.rows else 0


def read_money(entries: Sequence[MoneyEntry]) -> MoneyTable:
    """The entries of a fund, oldest first, as lines with a running balance."""
    rows, balance = [], 0
    numbers = numbers_of(entries)
    answered = {entry.answers_id: entry for entry in entries if entry.answers_id is not None}
    for number, entry in enumerate(entries, start=1):
        change = sum(line.pence for line in entry.lines if line.account in INSIDE)
        balance += change
        link, link_text = link_of(entry)
        answer = answered.get(entry.id)
        row = MoneyRow(
            number=number,
            at=entry.at,
            what=label(entry.act),
            about=_about(entry),
            why=why_in_words(entry),
            moved="" if change else _moved(entry.lines),
            in_pence=max(change, 0),
            out_pence=max(-change, 0),
            balance_pence=balance,
            link=link,
            link_text=link_text,
            answers=numbers.get(entry.answers_id or 0),
            answered_by=numbers[answer.id] if answer else None,
            is_mistake=answer is not None and answer.act == MoneyAct.REVERSAL,
        )
        rows.append(row)
    return MoneyTable(tuple(rows))


def numbers_of(entries: Sequence[MoneyEntry]) -> dict[int, int]:
    """The number of the line that each entry is in its fund’s ledger, by its id."""
    return {entry.id: number for number, entry in enumerate(entries, start=1)}


def why_in_words(entry: MoneyEntry) -> str:
    """The reason of an entry, worded where the program gave it."""
    if entry.act == MoneyAct.SOURCE and entry.source is not None:
        return str(
            _(
                "%(kind)s, given on %(day)s",
                kind=label(entry.source.kind),
                day=date_words(entry.source.given_on),
            )
        )
    if entry.why == BY_SIGNATURE:
        return str(_("It was decided and signed."))
    if entry.returned_to:
        return str(_("To %(place)s: %(why)s", place=entry.returned_to, why=entry.why))
    return entry.why


def _about(entry: MoneyEntry) -> str:
    if entry.source is not None:
        return entry.source.name
    return entry.project.title if entry.project is not None else ""


def _moved(lines: Sequence[MoneyLine]) -> str:
    out = [line for line in lines if line.pence < 0]
    into = [line for line in lines if line.pence > 0]
    return str(
        _(
            "%(sum)s moved from “%(out)s” to “%(into)s”",
            sum=pounds(sum(line.pence for line in into)),
            out=_(" and ").join(label(line.account) for line in out),
            into=_(" and ").join(label(line.account) for line in into),
        )
    )


def link_of(entry: MoneyEntry) -> tuple[str | None, str]:
    """Where more is to be read of an entry, and what that is called; None where nowhere."""
    if entry.round_id is None:
        return None, ""
    if entry.act == MoneyAct.COMMITMENT:
        return url_for("public.record", round_id=entry.round_id), str(_("The public record"))
    anchor = f"project-{entry.project_id}"
    link = url_for("public.delivery", round_id=entry.round_id, _anchor=anchor)
    return link, str(_("How the project is coming on"))


@dataclass(frozen=True)
class Mistake:
    """A spend that was mistyped in a report, and has been put right."""

    at: datetime
    pence: int
    why: str


def mistakes_in(entries: Sequence[MoneyEntry]) -> dict[int, list[Mistake]]:
    """What was put right in each report of a project, by the number of the report."""
    found: dict[int, list[Mistake]] = {}
    for entry in entries:
        if entry.act == MoneyAct.REVERSAL and entry.update_id is not None:
            mistake = Mistake(entry.at, -spent_by(entry), entry.why)
            found.setdefault(entry.update_id, []).append(mistake)
    return found


@dataclass(frozen=True)
class Returned:
    """What a project did not need, and where it went."""

    pence: int
    place: str
    why: str


def returns_in(entries: Sequence[MoneyEntry]) -> list[Returned]:
    """What a project's entries say was returned."""
    return [
        Returned(
            sum(line.pence for line in entry.lines if line.pence > 0),
            entry.returned_to or str(_("the fund, for another project")),
            entry.why,
        )
        for entry in entries
        if entry.act == MoneyAct.RETURN
    ]
