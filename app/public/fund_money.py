"""A fund in public: where its money stands, and its ledger to read, to print and to take away."""

import csv
import io
from collections.abc import Mapping

from flask import Response, jsonify, render_template
from flask.typing import ResponseReturnValue

from app.access import Who, open_to
from app.house import db, settings
from app.public import public
from app.public.finding import find_rounds
from app.public.money_words import link_of, numbers_of, read_money, why_in_words
from app.public.standing import standing
from neighbourhoods.database import now
from neighbourhoods.funds import Fund, position_of
from neighbourhoods.money import MoneyEntry, corrections_in, entries_of
from neighbourhoods.rounds import Round, left_for_rounds

COLUMNS = (
    "entry",
    "at",
    "act",
    "account",
    "pence",
    "pounds",
    "project_id",
    "project",
    "source",
    "returned_to",
    "why",
    "answers",
    "link",
)
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@public.get("/funds/<int:fund_id>")
@open_to(Who.ANYONE)
def fund(fund: Fund) -> ResponseReturnValue:
    """One fund: where every pound comes from, where it stands, and why each penny moved."""
    moment = now(db())
    rounds = find_rounds(db(), Round.fund_id == fund.id)
    return render_template(
        "public/fund.html",
        fund=fund,
        position=position_of(db(), fund),
        corrections=corrections_in(db(), fund.id),
        ledger=read_money(entries_of(db(), fund.id)),
        rounds=[standing(the_round, moment) for the_round in rounds],
        left_pence=left_for_rounds(db(), fund),
        address=f"{settings().public_url}/funds/{fund.id}",
        printed_at=moment,
    )


@public.get("/funds/<int:fund_id>/ledger.csv")
@open_to(Who.ANYONE)
def fund_ledger_csv(fund: Fund) -> ResponseReturnValue:
    """Every line of a fund's ledger as a table: those of an entry add up to nothing."""
    written = io.StringIO(newline="")
    rows = csv.writer(written)
    rows.writerow(COLUMNS)
    entries = entries_of(db(), fund.id)
    numbers = numbers_of(entries)
    for entry in entries:
        rows.writerows(lines_to_take_away(entry, numbers))
    # Excel takes a file without this mark for the old code page, and £ for rubbish.
    answer = Response("\ufeff" + written.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="fund-{fund.id}-ledger.csv"'
    return answer


def lines_to_take_away(entry: MoneyEntry, numbers: Mapping[int, int]) -> list[list[object]]:
    """An entry as rows of the table, one for each account; `numbers` are the lines’ by entry."""
    link, _words = link_of(entry)
    return [
        [
            numbers[entry.id],
            entry.at.isoformat(),
            entry.act.value,
            line.account.value,
            line.pence,
            as_decimal(line.pence),
            line.project_id or "",
            harmless(entry.project.title if entry.project and line.project_id else ""),
            harmless(entry.source.name if entry.source else ""),
            harmless(entry.returned_to),
            harmless(why_in_words(entry)),
            numbers.get(entry.answers_id or 0, ""),
            settings().public_url + link if link else "",
        ]
        for line in entry.lines
    ]


def as_decimal(pence: int) -> str:
    """Pence as pounds that a spreadsheet adds up: -1234.50."""
    whole, rest = divmod(abs(pence), 100)
    return f"{'-' if pence < 0 else ''}{whole}.{rest:02d}"


def harmless(words: str) -> str:
    """People's words for a cell that no spreadsheet runs as a formula."""
    return f"'{words}" if words.lstrip(" ").startswith(_FORMULA) else words


@public.get("/funds/<int:fund_id>/ledger.json")
@open_to(Who.ANYONE)
def fund_ledger_json(fund: Fund) -> ResponseReturnValue:
    """Where a fund's money stands, and its ledger, for programs; money is in whole pence."""
    position = position_of(db(), fund)
    entries = entries_of(db(), fund.id)
    numbers = numbers_of(entries)
    return jsonify(
        {
            "fund": {
                "id": fund.id,
                "name": fund.name,
                "community": fund.community.name,
                "financial_year": fund.financial_year,
            },
            "position": {
                "came_in_pence": position.allocated_pence,
                "available_pence": position.available_pence,
                "committed_pence": position.committed_pence,
                "held_pence": position.held_pence,
                "spent_pence": position.spent_pence,
                "returned_pence": position.returned_pence,
            },
            "entries": [_as_json(entry, numbers) for entry in entries],
        }
    )


def _as_json(entry: MoneyEntry, numbers: Mapping[int, int]) -> dict[str, object]:
    link, _words = link_of(entry)
    return {
        "entry": numbers[entry.id],
        "at": entry.at.isoformat(),
        "act": entry.act.value,
        "why": why_in_words(entry),
        "source": entry.source.name if entry.source else None,
        "round": entry.round_id,
        "project_id": entry.project_id,
        "project": entry.project.title if entry.project else None,
        "returned_to": entry.returned_to or None,
        "answers": numbers.get(entry.answers_id or 0),
        "link": settings().public_url + link if link else None,
        "lines": [
            {"account": line.account.value, "project_id": line.project_id, "pence": line.pence}
            for line in entry.lines
        ],
    }
