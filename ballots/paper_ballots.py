"""Ballots on paper: stacks of serials, who votes on paper, and what became of each paper.

Nobody writes down who holds which number, and no row tells when it was written.
"""

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.database import Base, Word, one_of
from neighbourhoods.eligibility import ALPHABET, tidy_code
from neighbourhoods.people import Person

# A serial has four digits, and after them characters that only a key can draw.
MOST_PAPERS = 9_999
CHECKS = 3


class PaperState(StrEnum):
    """What became of a paper from a stack."""

    OUT = "out"
    ENTERED_ONCE = "entered-once"
    # Two tellers read different choices.
    DISPUTED = "disputed"
    IN_BOX = "in-box"
    # Handed in, and nobody can say for what it votes: its holder’s vote is used.
    SPOILT = "spoilt"
    # Given back unused or for another one: its holder still votes.
    TAKEN_BACK = "taken-back"


ENTERED = frozenset({PaperState.ENTERED_ONCE, PaperState.DISPUTED})


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
        CheckConstraint(
            "(state IN ('entered-once', 'disputed')) = (entry IS NOT NULL)", name="entry"
        ),
        CheckConstraint("(state = 'disputed') = (second_entry IS NOT NULL)", name="second_entry"),
        CheckConstraint(
            "second_teller_id IS NULL OR second_teller_id <> first_teller_id", name="tellers"
        ),
        {"sqlite_with_rowid": False},
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[PaperState] = mapped_column(Word(PaperState), default=PaperState.OUT)
    # What the tellers read, encrypted under the round’s key, until two agree.
    entry: Mapped[bytes | None] = mapped_column(LargeBinary)
    second_entry: Mapped[bytes | None] = mapped_column(LargeBinary)
    first_teller_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    second_teller_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    why: Mapped[str] = mapped_column(String(200), default="")

    first_teller: Mapped[Person | None] = relationship(foreign_keys=[first_teller_id])
    second_teller: Mapped[Person | None] = relationship(foreign_keys=[second_teller_id])


class PapersGivenUp(Base):
    """How many papers of a vote nobody waits for any more, and why."""

    __tablename__ = "papers_given_up"
    __table_args__ = (CheckConstraint("papers >= 0", name="papers"),)

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    papers: Mapped[int]
    why: Mapped[str] = mapped_column(String(200))
    by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))

    by: Mapped[Person] = relationship()


@dataclass(frozen=True)
class PaperCount:
    """How far the papers of a vote have come; `out` is how many may still be handed in."""

    holders: int
    entered_once: int
    disputed: int
    in_box: int
    spoilt: int
    given_up: int
    in_stacks: int

    @property
    def unseen(self) -> int:
        """How many people vote on paper of whom no teller has seen a paper, given up or not."""
        seen = self.in_box + self.entered_once + self.disputed + self.spoilt
        return max(0, self.holders - seen)

    @property
    def out(self) -> int:
        """How many papers are waited for: those never handed to anybody are not."""
        return max(0, self.unseen - self.given_up)

    @property
    def unsettled(self) -> int:
        """How many papers wait for another teller."""
        return self.entered_once + self.disputed


def count_papers(session: Session, round_id: int) -> PaperCount:
    """How far the papers of a vote have come."""
    holders = select(func.count()).select_from(PaperHolder).where(PaperHolder.round_id == round_id)
    query = (
        select(PaperBallot.state, func.count().label("papers"))
        .where(PaperBallot.round_id == round_id)
        .group_by(PaperBallot.state)
    )
    states = {found.state: found.papers for found in session.execute(query)}
    given_up = session.get(PapersGivenUp, round_id)
    return PaperCount(
        holders=int(session.execute(holders).scalar_one()),
        entered_once=states.get(PaperState.ENTERED_ONCE, 0),
        disputed=states.get(PaperState.DISPUTED, 0),
        in_box=states.get(PaperState.IN_BOX, 0),
        spoilt=states.get(PaperState.SPOILT, 0),
        given_up=given_up.papers if given_up else 0,
        in_stacks=sum(states.values()),
    )


def papers_out(session: Session, round_id: int) -> int:
    """How many papers of a vote are still waited for."""
    return count_papers(session, round_id).out


def is_on_paper(session: Session, round_id: int, entry_id: int) -> bool:
    """Whether somebody votes on paper in this vote."""
    return session.get(PaperHolder, (round_id, entry_id)) is not None


# --- serials -------------------------------------------------------------------------------------


def paper_serial(key: bytes, item_id: int, number: int) -> str:
    """What is printed on a paper, such as `0042-K7Q`: its number, and three drawn characters."""
    return f"{number:04d}-{_checks(key, item_id, number)}"


def number_of(key: bytes, item_id: int, written: str) -> int | None:
    """The number of the paper with this serial, however it is typed; None if there is none."""
    serial = tidy_code(written)
    digits, checks = serial[:-CHECKS], serial[-CHECKS:]
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > len(str(MOST_PAPERS)):
        return None
    number = int(digits)
    right = _checks(key, item_id, number)
    same = hmac.compare_digest(checks.encode(), right.encode())
    return number if same and number > 0 else None


def _checks(key: bytes, item_id: int, number: int) -> str:
    drawn = hmac.new(key, f"paper|{item_id}|{number}".encode(), hashlib.sha256).digest()
    return "".join(ALPHABET[byte & 31] for byte in drawn[:CHECKS])
