"""Receipts: a code that shows that a ballot lies in the box, and never what it says."""

import hashlib
import re
from dataclasses import dataclass

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from ballots.keys import KeyStore
from neighbourhoods.database import Base
from neighbourhoods.eligibility import ALPHABET

VERSION = "wardmote-1"
CODE_LENGTH = 16
_NONCE = re.compile("[0-9a-f]{0,64}", re.ASCII)


@dataclass(frozen=True)
class Promise:
    """What a voter takes home: the council signs that this commitment will be in the ledger."""

    round_id: int
    code: str
    commitment: str
    server_nonce: str
    signature: str

    def as_json(self) -> dict[str, object]:
        """The promise as the phone checks it."""
        return {
            "round": self.round_id,
            "code": self.code,
            "commitment": self.commitment,
            "server_nonce": self.server_nonce,
            "signature": self.signature,
        }


class Receipt(Base):
    """One accepted cast that has entered the ledger. Current while the box holds its ballot."""

    __tablename__ = "receipts"
    __table_args__ = (
        CheckConstraint("batch > 0", name="batch"),
        ForeignKeyConstraint(["round_id", "batch"], ["batches.round_id", "batches.number"]),
        # No row numbers, and written in shuffled batches: rows keep no order of arrival.
        {"sqlite_with_rowid": False},
    )

    code: Mapped[str] = mapped_column(String(CODE_LENGTH), primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    # Veiled: two receipts of one voter have nothing in common without the round's key, or whoever
    # knows how often a person voted would find their ballot.
    voter: Mapped[str] = mapped_column(String(64))
    commitment: Mapped[str] = mapped_column(String(64))
    batch: Mapped[int]


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


def tidy_nonce(sent: str) -> str:
    """A phone's nonce, or none if it is not up to 64 hexadecimal digits."""
    return sent if _NONCE.fullmatch(sent) else ""


def sign_promise(keys: KeyStore, round_id: int, committed: str) -> str:
    """The council's signature that this commitment will be in the round's ledger."""
    return keys.sign(promise_in_words(round_id, committed))


def promise_in_words(round_id: int, committed: str) -> str:
    """The words that a receipt's signature is over."""
    return f"wardmote-receipt-1|{round_id}|{committed}"
