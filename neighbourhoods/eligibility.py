"""The electoral roll of a round: who may vote. Never joined to ballots."""

import csv
import hashlib
import hmac
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from neighbourhoods.database import Base
from neighbourhoods.people import tidy_email
from neighbourhoods.phases import Action, Role
from neighbourhoods.places import tidy_postcode
from neighbourhoods.rounds import Round, check_still_allowed

COLUMNS = ("reference", "name", "postcode", "email")
MOST_ROWS = 1_500_000
MOST_PROBLEMS = 100
# Crockford's alphabet: no I, L, O or U to misread on paper.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 12


class RollEntry(Base):
    """One person who may vote in one round."""

    __tablename__ = "roll_entries"
    __table_args__ = (
        UniqueConstraint("round_id", "reference"),
        UniqueConstraint("round_id", "email"),
        UniqueConstraint("code_hash"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    reference: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    postcode: Mapped[str | None] = mapped_column(String(8))
    email: Mapped[str | None] = mapped_column(String(254))
    # The printed voter code is derived from a key, never stored; this finds its owner.
    code_hash: Mapped[str] = mapped_column(String(64))


class RollFault(StrEnum):
    """What can be wrong with a row of a roll."""

    NOT_UTF8 = "not-utf8"
    NO_HEADER = "no-header"
    NO_ROWS = "no-rows"
    TOO_MANY_ROWS = "too-many-rows"
    WRONG_COLUMNS = "wrong-columns"
    REFERENCE_MISSING = "reference-missing"
    REFERENCE_REPEATED = "reference-repeated"
    REFERENCE_TOO_LONG = "reference-too-long"
    NAME_MISSING = "name-missing"
    NAME_TOO_LONG = "name-too-long"
    BAD_POSTCODE = "bad-postcode"
    BAD_EMAIL = "bad-email"
    EMAIL_REPEATED = "email-repeated"


@dataclass(frozen=True)
class RollProblem:
    """One fault, the line it stands on, and the words that are at fault."""

    line: int
    fault: RollFault
    words: str = ""


@dataclass(frozen=True)
class RollRow:
    """One good row of a roll."""

    reference: str
    name: str
    postcode: str | None
    email: str | None


@dataclass
class RollReading:
    """What a file says: its good rows, and every problem up to the first hundred."""

    rows: list[RollRow] = field(default_factory=list)
    problems: list[RollProblem] = field(default_factory=list)


def read_roll(raw: bytes) -> RollReading:
    """Read a CSV with the columns reference, name, postcode, email (the last two may be empty)."""
    reading = RollReading()
    if b"\0" in raw:  # UTF-16, or no text at all; PostgreSQL would refuse to store it
        reading.problems.append(RollProblem(1, RollFault.NOT_UTF8))
        return reading
    try:
        lines = csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True)
        header = [title.strip().lower() for title in next(lines, [])]
    except (UnicodeDecodeError, csv.Error):
        reading.problems.append(RollProblem(1, RollFault.NOT_UTF8))
        return reading
    if sorted(header) != sorted(COLUMNS):
        reading.problems.append(RollProblem(1, RollFault.NO_HEADER, ", ".join(header)[:200]))
        return reading
    _read_rows(lines, header, reading)
    if not reading.rows and not reading.problems:
        reading.problems.append(RollProblem(1, RollFault.NO_ROWS))
    return reading


def _read_rows(lines: Iterator[list[str]], header: list[str], reading: RollReading) -> None:
    references: set[str] = set()
    emails: set[str] = set()
    number = 1
    try:
        for number, cells in enumerate(lines, start=2):
            if not any(cell.strip() for cell in cells):
                continue
            if len(reading.problems) >= MOST_PROBLEMS:
                return
            if number > MOST_ROWS:
                reading.problems.append(RollProblem(number, RollFault.TOO_MANY_ROWS))
                return
            if len(cells) != len(header):
                reading.problems.append(
                    RollProblem(number, RollFault.WRONG_COLUMNS, str(len(cells)))
                )
                continue
            row, problems = _read_row(number, dict(zip(header, cells, strict=True)))
            problems += _repeats(number, row, references, emails)
            reading.problems += problems
            if not problems:
                reading.rows.append(row)
    except csv.Error:
        reading.problems.append(RollProblem(number + 1, RollFault.WRONG_COLUMNS))


def _read_row(line: int, cells: dict[str, str]) -> tuple[RollRow, list[RollProblem]]:
    reference, name = cells["reference"].strip(), " ".join(cells["name"].split())
    postcode, email = cells["postcode"].strip(), tidy_email(cells["email"])
    faults: list[tuple[RollFault, str]] = []
    if not reference:
        faults.append((RollFault.REFERENCE_MISSING, ""))
    if len(reference) > 40:
        faults.append((RollFault.REFERENCE_TOO_LONG, reference[:40]))
    if not name:
        faults.append((RollFault.NAME_MISSING, ""))
    if len(name) > 120:
        faults.append((RollFault.NAME_TOO_LONG, name[:40]))
    if postcode and tidy_postcode(postcode) is None:
        faults.append((RollFault.BAD_POSTCODE, postcode[:40]))
    if email and not re.fullmatch(r"[^@\s,;<>]{1,64}@[^@\s,;<>]+\.[^@\s,;<>]+", email):
        faults.append((RollFault.BAD_EMAIL, email[:80]))
    row = RollRow(reference, name, tidy_postcode(postcode), email or None)
    return row, [RollProblem(line, fault, words) for fault, words in faults]


def _repeats(line: int, row: RollRow, references: set[str], emails: set[str]) -> list[RollProblem]:
    problems = []
    if row.reference and row.reference in references:
        problems.append(RollProblem(line, RollFault.REFERENCE_REPEATED, row.reference))
    if row.email and row.email in emails:
        problems.append(RollProblem(line, RollFault.EMAIL_REPEATED, row.email))
    references.add(row.reference)
    if row.email:
        emails.add(row.email)
    return problems


def replace_roll(session: Session, key: bytes, the_round: Round, rows: list[RollRow]) -> int:
    """Make these rows the round's whole roll; returns how many may vote.

    Only before the vote: a roll written beside ballots would tie names to choices.
    """
    check_still_allowed(session, the_round, Role.OFFICER, Action.IMPORT_ROLL)
    session.execute(delete(RollEntry).where(RollEntry.round_id == the_round.id))
    values = [
        {
            "round_id": the_round.id,
            "reference": row.reference,
            "name": row.name,
            "postcode": row.postcode,
            "email": row.email,
            "code_hash": _code_hash(key, voter_code(key, the_round.id, row.reference)),
        }
        for row in rows
    ]
    if values:
        session.execute(insert(RollEntry), values)
    session.flush()
    return len(values)


def roll_size(session: Session, round_id: int) -> int:
    """How many people may vote in a round."""
    query = select(func.count()).select_from(RollEntry).where(RollEntry.round_id == round_id)
    return int(session.execute(query).scalar_one())


def entry_by_email(session: Session, round_id: int, email: str) -> RollEntry | None:
    """The roll entry of somebody who has shown that they own this address."""
    return session.scalar(
        select(RollEntry).where(
            RollEntry.round_id == round_id, RollEntry.email == tidy_email(email)
        )
    )


def entry_by_code(session: Session, key: bytes, written: str) -> RollEntry | None:
    """The roll entry whose printed voter code this is, in whatever round."""
    code = tidy_code(written)
    return session.scalar(select(RollEntry).where(RollEntry.code_hash == _code_hash(key, code)))


def voter_code(key: bytes, round_id: int, reference: str) -> str:
    """The code printed on somebody's voter card: 12 characters, 60 bits, from the key alone."""
    drawn = hmac.new(key, f"voter-code|{round_id}|{reference}".encode(), hashlib.sha256).digest()
    number = int.from_bytes(drawn[:8], "big")
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(CODE_LENGTH))


def tidy_code(written: str) -> str:
    """A code as it is compared: no spaces or dashes, and look-alikes read as digits."""
    plain = re.sub(r"[\s\-–.]", "", written).upper()
    return plain.translate(str.maketrans("ILO", "110"))


def _code_hash(key: bytes, code: str) -> str:
    return hmac.new(key, f"voter-card|{code}".encode(), hashlib.sha256).hexdigest()
