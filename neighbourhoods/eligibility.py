"""The electoral roll of a round: who may vote. Never joined to ballots."""

import csv
import hashlib
import hmac
import io
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice
from typing import IO

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
# Rows that are read or written between two pauses: about a hundredth of a second.
AT_ONCE = 250
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
    """What a file says: how many good rows it has, and every problem up to the first hundred."""

    people: int = 0
    problems: list[RollProblem] = field(default_factory=list)


def nobody_waits() -> None:
    """For whoever has nobody to let go first while a long roll is read and written."""


def check_roll(file: IO[bytes], pause: Callable[[], None] = nobody_waits) -> RollReading:
    """Look through a CSV with the columns reference, name, postcode, email; the last two may be
    empty. `pause` is called between slices of a few hundred rows."""
    reading = RollReading()
    for _row in rows_of(file, reading.problems, pause):
        reading.people += 1
    if not reading.people and not reading.problems:
        reading.problems.append(RollProblem(1, RollFault.NO_ROWS))
    return reading


def rows_of(
    file: IO[bytes], problems: list[RollProblem], pause: Callable[[], None] = nobody_waits
) -> Iterator[RollRow]:
    """The good rows of a roll as they are read; what is wrong goes to `problems`."""
    file.seek(0)
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")
    try:
        yield from _good_rows(csv.reader(_without_nul(text), strict=True), problems, pause)
    except UnicodeError:
        problems[:] = [RollProblem(1, RollFault.NOT_UTF8)]
    finally:
        text.detach()  # the file is the caller's to close, and to read again


def _without_nul(text: Iterable[str]) -> Iterator[str]:
    for line in text:
        if "\0" in line:  # UTF-16, or no text at all; PostgreSQL would refuse to store it
            raise UnicodeError
        yield line


def _good_rows(
    lines: Iterator[list[str]], problems: list[RollProblem], pause: Callable[[], None]
) -> Iterator[RollRow]:
    header = _header(lines, problems)
    references: set[str] = set()
    emails: set[str] = set()
    number = 1
    try:
        for number, cells in enumerate(lines, start=2):
            if number % AT_ONCE == 0:
                pause()
            if not header or len(problems) >= MOST_PROBLEMS:
                return
            if not any(cell.strip() for cell in cells):
                continue
            if number > MOST_ROWS:
                problems.append(RollProblem(number, RollFault.TOO_MANY_ROWS))
                return
            if len(cells) != len(header):
                problems.append(RollProblem(number, RollFault.WRONG_COLUMNS, str(len(cells))))
                continue
            row, wrong = _read_row(number, dict(zip(header, cells, strict=True)))
            wrong += _repeats(number, row, references, emails)
            problems += wrong
            if not wrong:
                yield row
    except csv.Error:
        problems.append(RollProblem(number + 1, RollFault.WRONG_COLUMNS))


def _header(lines: Iterator[list[str]], problems: list[RollProblem]) -> list[str]:
    """The columns in the order of the file; none, and a problem, if they are others."""
    try:
        header = [title.strip().lower() for title in next(lines, [])]
    except csv.Error:
        raise UnicodeError from None
    if sorted(header) == sorted(COLUMNS):
        return header
    problems.append(RollProblem(1, RollFault.NO_HEADER, ", ".join(header)[:200]))
    return []


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


def replace_roll(
    session: Session,
    key: bytes,
    the_round: Round,
    rows: Iterable[RollRow],
    pause: Callable[[], None] = nobody_waits,
) -> int:
    """Make these rows the round's whole roll; returns how many may vote.

    Only before the vote: a roll written beside ballots would tie names to choices. `pause` is
    called between slices, so that a city's roll keeps nobody waiting who wants something else.
    """
    check_still_allowed(session, the_round, Role.OFFICER, Action.IMPORT_ROLL)
    _empty_roll(session, the_round.id, pause)
    people, left = 0, iter(rows)
    while some := list(islice(left, AT_ONCE)):
        values = [
            {
                "round_id": the_round.id,
                "reference": row.reference,
                "name": row.name,
                "postcode": row.postcode,
                "email": row.email,
                "code_hash": _code_hash(key, voter_code(key, the_round.id, row.reference)),
            }
            for row in some
        ]
        session.execute(insert(RollEntry.__table__), values)  # type: ignore[arg-type]
        people += len(values)
        pause()
    session.flush()
    return people


def _empty_roll(session: Session, round_id: int, pause: Callable[[], None]) -> None:
    of_round = RollEntry.round_id == round_id
    last = select(RollEntry.id).where(of_round).order_by(RollEntry.id).offset(AT_ONCE * 10).limit(1)
    while (until := session.scalar(last)) is not None:
        session.execute(delete(RollEntry).where(of_round, RollEntry.id < until))
        pause()
    session.execute(delete(RollEntry).where(of_round))


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
