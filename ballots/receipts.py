"""Receipts: a code that shows that a ballot lies in the box, and never what it says."""

import hashlib

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from neighbourhoods.database import Base
from neighbourhoods.eligibility import ALPHABET, tidy_code

VERSION = "wardmote-1"
CODE_LENGTH = 16


class Receipt(Base):
    """One accepted cast. It is the current one while the ballot still names it."""

    __tablename__ = "receipts"
    __table_args__ = (
        # A retry is the same request by the same voter with the same choices: one receipt.
        UniqueConstraint("round_id", "voter_key", "request_hash"),
        # No row numbers: they would keep the order of arrival.
        {"sqlite_with_rowid": False},
    )

    code: Mapped[str] = mapped_column(String(CODE_LENGTH), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    voter_key: Mapped[str] = mapped_column(String(64))
    request_hash: Mapped[str] = mapped_column(String(64))
    commitment: Mapped[str] = mapped_column(String(64))


def commitment(round_id: int, client_nonce: str, server_nonce: str, choices: str) -> str:
    """SHA-256, in hex, of version | round | client nonce | server nonce | canonical choices."""
    words = "|".join((VERSION, str(round_id), client_nonce, server_nonce, choices))
    return hashlib.sha256(words.encode()).hexdigest()


def receipt_code(committed: str) -> str:
    """The first 80 bits of a commitment as sixteen characters without look-alikes."""
    number = int(committed[:20], 16)
    places = range(CODE_LENGTH - 1, -1, -1)
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in places)


def in_fours(code: str) -> str:
    """A code as people read it: in groups of four."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def request_hash(request_id: str, choices: str) -> str:
    """What makes a retry the same cast: its request id and its choices."""
    return hashlib.sha256(f"{request_id}|{choices}".encode()).hexdigest()


def find_receipt(session: Session, written: str) -> Receipt | None:
    """The receipt with this code, however it was spaced."""
    return session.scalar(select(Receipt).where(Receipt.code == tidy_code(written)))
