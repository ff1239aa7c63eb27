"""Ten thousand papers that nobody may cast: each refused, nothing stored, nothing breaks.

Every one is wrong by the way it was made, not by what the program thinks of it.
"""

import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from ballots.box import Ballot, Casting, PendingBallot
from ballots.papers import NUMBERED, BallotFormat
from ballots.receipts import Receipt
from benchmarks.box.casts import Findings
from neighbourhoods.database import Database
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.builders import Town

LIMITS: dict[BallotFormat, dict[str, Any]] = {
    BallotFormat.APPROVAL: {"max_choices": 2},
    BallotFormat.CHOOSE_ONE: {"max_choices": None},
    # Six projects of £2,000 to £12,000: all together are over the £10,000.
    BallotFormat.KNAPSACK: {"max_choices": None},
    BallotFormat.RANKING: {"max_choices": 3},
    BallotFormat.POINTS: {"max_choices": None, "points_to_give": 10, "most_points_on_one": 6},
    BallotFormat.SCORES: {"max_choices": None, "highest_score": 5},
    BallotFormat.YES_NO: {"max_choices": None},
}
PROJECTS = 6
TOO_LARGE = 5_000_000
REFUSED = {413, 422}
NO_NUMBERS = (
    *("NaN", "nan", "inf", "-inf", "Infinity", "1e308", "1e5", "-1e308", "1.0", "0.5", "1,5"),
    *("true", "false", "True", "None", "null", "[]", "{}", "0x1", "1_0", "١", "１", "½", "²", "一"),
    *("1\0", "\0", "--1", "+-1", "1 1", "1;", "'1'", '"1"', "yes", "on", "9" * 30, "9" * 4_000),
    *("-1" * 50, "2**64", "18446744073709551616", "\ud83d".encode("utf-16", "surrogatepass").hex()),
)
# Right-to-left marks, combining letters, emoji with modifiers, zero-width, a lone replacement…
ODD = ("\u202e", "é\u0301" * 40, "👩‍👩‍👧‍👦", "\u200b", "\ufffd", "ﷺ" * 100, "\x7f\x01", "𝟙", "Ｐ１")
Fields = list[tuple[str, str]]


@dataclass
class Refusals(Findings):
    """And how many papers were wrong in which way."""

    kinds: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Sheet:
    """The paper of one round, and a browser that may vote in it."""

    the_round: int
    ballot_format: BallotFormat
    codes: list[str]
    client: FlaskClient

    @property
    def path(self) -> str:
        """Where its ballots are sent."""
        return f"/rounds/{self.the_round}/ballot"

    @property
    def is_numbered(self) -> bool:
        """Whether numbers stand beside its projects."""
        return self.ballot_format in NUMBERED


def send_bad_papers(
    app: Flask, database: Database, town: Town, papers: int, seed: int = 1
) -> Refusals:
    """So many papers of every format that break something; whatever they are, nothing is stored."""
    app.config.update(WTF_CSRF_ENABLED=False)
    found, dice = Refusals(), random.Random(seed)
    sheets = [_sheet(app, town, ballot_format) for ballot_format in BallotFormat]
    town.session.commit()
    for number in range(papers):
        sheet = sheets[number % len(sheets)]
        make = dice.choice(KINDS)
        sent = make(dice, sheet)
        if sent is None:
            make, sent = unknown, unknown(dice, sheet)
        by_script = dice.random() < 0.8
        accept = "application/json" if by_script else "text/html"
        answer = sheet.client.post(sheet.path, headers={"Accept": accept}, **_wire(dice, sent))
        found.statuses[answer.status_code] += 1
        found.kinds[make.__name__] += 1
        is_refused = answer.status_code in REFUSED
        found.check(**{f"refused_{make.__name__}_{sheet.ballot_format}": is_refused})
        answer.close()
    found.check(nothing_stored=_rows(database, sheets) == [0, 0, 0, 0])
    return found


def _sheet(app: Flask, town: Town, ballot_format: BallotFormat) -> Sheet:
    the_round: Round = town.round(
        Phase.VOTE, proposals=PROJECTS, ballot_format=ballot_format, **LIMITS[ballot_format]
    )
    codes = [project.code for project in projects_in(town.session, the_round.id)]
    client = app.test_client()
    with client.session_transaction() as kept:
        kept["voter"] = {str(the_round.id): town.voter(the_round, 1).id}
    return Sheet(the_round.id, ballot_format, codes, client)


def _rows(database: Database, sheets: list[Sheet]) -> list[int]:
    """How many rows of these rounds lie in each table of the box."""
    rounds = [sheet.the_round for sheet in sheets]
    queries = [
        select(func.count()).select_from(table).where(table.round_id.in_(rounds))
        for table in (Casting, PendingBallot, Ballot, Receipt)
    ]
    with database.reading() as session:
        return [int(session.execute(query).scalar_one()) for query in queries]


def _wire(dice: random.Random, sent: Fields | dict[str, Any]) -> dict[str, Any]:
    """A form as it is posted, in either of the two encodings; a dict goes as it is."""
    if isinstance(sent, dict):
        return sent
    fields: dict[str, list[str]] = {"request_id": [str(dice.random())]}
    for name, value in sent:
        fields.setdefault(name, []).append(value)
    if dice.random() < 0.1 and len(sent) < 1_000:
        return {"data": fields, "content_type": "multipart/form-data"}
    return {"data": fields}


# --- kinds of wrong; None if a format knows no such thing ----------------------------------------


def unknown(dice: random.Random, sheet: Sheet) -> Fields:
    """A project that does not stand on this paper, alone or among those that do."""
    strange = dice.choice(
        ("P0", "nowhere", "1", "-1", "null", "<script>", "%00", *ODD, *NO_NUMBERS)
    )
    # A number may happen to be the code of a project on this very paper.
    strange = "nowhere" if strange in sheet.codes else strange.strip() or "nowhere"
    if sheet.is_numbered:
        right = [(f"mark-{dice.choice(sheet.codes)}", "1")] * dice.randrange(2)
        return [*right, (f"mark-{strange}", dice.choice(("1", "-1", "3", "x")))]
    right = [("project", dice.choice(sheet.codes))] * dice.randrange(2)
    return [*right, ("project", strange)]


def twice(dice: random.Random, sheet: Sheet) -> Fields:
    """The same project twice."""
    code = dice.choice(sheet.codes)
    if sheet.is_numbered:
        return [(f"mark-{code}", "1"), (f"mark-{code}", dice.choice(("1", "2", "-1")))]
    return [("project", code), ("project", code)]


def no_number(dice: random.Random, sheet: Sheet) -> Fields | None:
    """Something beside a project that is no whole number."""
    if not sheet.is_numbered:
        return None
    return [(f"mark-{dice.choice(sheet.codes)}", dice.choice((*NO_NUMBERS, *ODD[:3])))]


def wrong_number(dice: random.Random, sheet: Sheet) -> Fields | None:
    """A whole number that may not stand there: negative, or over what one project can have."""
    if not sheet.is_numbered:
        return None
    number = dice.choice((-2, -3, -999_999_999, 7, 11, 2**31, 2**63, 10**9, 10**18))
    return [(f"mark-{dice.choice(sheet.codes)}", str(number))]


def over_limit(dice: random.Random, sheet: Sheet) -> Fields | None:
    """Over the budget, over the points to give, or more projects than may be chosen."""
    if sheet.ballot_format in (BallotFormat.SCORES, BallotFormat.YES_NO):
        return None
    codes = dice.sample(sheet.codes, PROJECTS)
    if sheet.ballot_format is BallotFormat.POINTS:
        return [(f"mark-{code}", "6") for code in codes[: dice.randrange(2, PROJECTS + 1)]]
    fewest = {BallotFormat.CHOOSE_ONE: 2, BallotFormat.APPROVAL: 3, BallotFormat.RANKING: 4}
    least = fewest.get(sheet.ballot_format, PROJECTS)
    return [("project", code) for code in codes[: dice.randrange(least, PROJECTS + 1)]]


def nothing(dice: random.Random, sheet: Sheet) -> Fields:
    """An empty paper, with or without empty fields."""
    if sheet.is_numbered:
        empty = dice.choice(("", "0", "  ", "-0", "+0"))
        return [(f"mark-{code}", empty) for code in sheet.codes[: dice.randrange(PROJECTS)]]
    return [("project", "")] * dice.randrange(5)


def endless(dice: random.Random, sheet: Sheet) -> Fields:
    """Ten thousand items."""
    if sheet.is_numbered:
        return [(f"mark-{n}", str(n)) for n in range(10_000)]
    value = dice.choice(("", "x", sheet.codes[0]))
    return [("project", value or str(n)) for n in range(10_000)]


def huge(dice: random.Random, _sheet: Sheet) -> dict[str, Any]:
    """Five megabytes, of one field or of nothing."""
    name = dice.choice(("project", "mark-P1", "request_id", "client_nonce", "x"))
    kind = dice.choice(
        ("application/x-www-form-urlencoded", "application/json", "text/plain", "image/png")
    )
    return {"data": f"{name}=".encode() + b"1" * TOO_LARGE, "content_type": kind}


def long_field(dice: random.Random, sheet: Sheet) -> Fields:
    """One field that is long but not too large."""
    words = dice.choice(("9", "é", "<b>", "\0")) * dice.choice((5_000, 50_000))
    return [(f"mark-{sheet.codes[0]}" if sheet.is_numbered else "project", words)]


def no_form(dice: random.Random, sheet: Sheet) -> dict[str, Any]:
    """A body that is no form at all."""
    code = sheet.codes[0]
    body = dice.choice(
        (
            json.dumps({"project": [code]}).encode(),
            json.dumps({"choices": {code: True}, "budget": 1e308}).encode(),
            b"\xff\xfe\x00" * 50,
            b"",
            b"--x\r\nContent-Disposition: form-data; name=project\r\n\r\n" + code.encode(),
            f"<project>{code}</project>".encode(),
        )
    )
    kind = dice.choice(
        (
            *("application/json", "text/plain", "text/xml", "", "multipart/form-data", "a/b; c=d"),
            *("multipart/form-data; boundary=y", "application/octet-stream", "\u00e9/x"),
        )
    )
    return {"input_stream": BytesIO(body), "content_length": len(body), "content_type": kind}


def as_file(dice: random.Random, sheet: Sheet) -> dict[str, Any]:
    """Choices sent as an uploaded file."""
    name = f"mark-{sheet.codes[0]}" if sheet.is_numbered else "project"
    return {"data": {name: (BytesIO(b"1" * dice.randrange(9)), "1.txt")}}


KINDS: tuple[Callable[[random.Random, Sheet], Fields | dict[str, Any] | None], ...] = (
    *(unknown, twice, no_number, wrong_number, over_limit, nothing, long_field, no_form, as_file),
    *(unknown, twice, no_number, wrong_number, over_limit, nothing, long_field, no_form, as_file),
    *(endless, huge),
)
