"""Ballots on paper: stacks of serials, two tellers, the same box. Never who holds which serial."""

import hashlib
import hmac
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from neighbourhoods.database import Base, Word, one_of
from neighbourhoods.eligibility import ALPHABET


class PaperState(StrEnum):
    """What became of a paper from a stack."""

    OUT = "out"
    ENTERED_ONCE = "entered-once"
    IN_BOX = "in-box"
    SPOILT = "spoilt"


class PaperHolder(Base):
    """Somebody who votes on paper in one vote, and so not by phone; not which paper is theirs."""

    __tablename__ = "paper_holders"
    __table_args__ = ({"sqlite_with_rowid": False},)

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("roll_entries.id"), primary_key=True)


class PaperBallot(Base):
    """One numbered paper of a stack that was brought into the hall."""

    __tablename__ = "paper_ballots"
    __table_args__ = (
        CheckConstraint(one_of("state", PaperState), name="state"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("(state = 'entered-once') = (entry IS NOT NULL)", name="entry"),
        CheckConstraint(
            "second_teller_id IS NULL OR second_teller_id <> first_teller_id", name="tellers"
        ),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[PaperState] = mapped_column(Word(PaperState), default=PaperState.OUT)
    # What the first teller read, encrypted under the round’s key, until the second agrees.
    entry: Mapped[bytes | None] = mapped_column(LargeBinary)
    first_teller_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    second_teller_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    why: Mapped[str] = mapped_column(String(200), default="")


def paper_serial(key: bytes, item_id: int, number: int) -> str:
    """What is printed on a paper: `0042-K7Q`, its number and three check characters."""
    drawn = hmac.new(key, f"paper|{item_id}|{number}".encode(), hashlib.sha256).digest()
    return f"{number:04}-" + "".join(ALPHABET[byte & 31] for byte in drawn[:3])
