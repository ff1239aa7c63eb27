"""The ballot box: what lies in it, and under which names. Ballots carry no name, time or serial.

A cast goes into the pending box, encrypted and under names of its own; `ballots.sealing` moves it
on, shuffled with others, into the ledger and to the sealed ballots.
"""

from sqlalchemy import (
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Select,
    String,
    Text,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from neighbourhoods.database import Base


class Casting(Base):
    """One accepted cast that waits to be sealed: nothing in its row can be read without the key."""

    __tablename__ = "castings"
    __table_args__ = (
        # Not by the round first: before its first statistics PostgreSQL would take this way for a
        # search by casting, and read the whole box for each ballot.
        Index(None, "voter", "round_id"),
        # No row numbers: they would keep the order of arrival.
        {"sqlite_with_rowid": False},
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    casting: Mapped[str] = mapped_column(String(64), primary_key=True)
    voter: Mapped[str] = mapped_column(String(64))
    envelope: Mapped[bytes] = mapped_column(LargeBinary)


class PendingBallot(Base):
    """Which of somebody's castings is their ballot, until it is sealed."""

    __tablename__ = "pending_ballots"
    __table_args__ = (
        ForeignKeyConstraint(["round_id", "casting"], ["castings.round_id", "castings.casting"]),
        # A casting is one voter's; and the way by which it is seen to be free before it goes.
        Index(None, "round_id", "casting", unique=True),
        {"sqlite_with_rowid": False},
    )

    # One voter, one ballot: the primary key says it, whatever the concurrency.
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    voter: Mapped[str] = mapped_column(String(64), primary_key=True)
    casting: Mapped[str] = mapped_column(String(64))
    # How many castings of theirs wait, and the keyed proof that this one is their ballot: whoever
    # changes the database cannot take one away, or point to an older one.
    castings: Mapped[int]
    seal: Mapped[str] = mapped_column(String(64))
    # Whether this voter has no sealed ballot that this one replaces.
    first_time: Mapped[bool]
    # Whether published figures cover this voter.
    covered: Mapped[bool]


class Ballot(Base):
    """One voter's last valid paper in one round, sealed: its commitment stands in the ledger."""

    __tablename__ = "ballots"
    __table_args__ = (
        UniqueConstraint("round_id", "commitment"),
        # No row numbers, and written in shuffled batches: rows keep no order of arrival.
        {"sqlite_with_rowid": False},
    )

    # One voter, one ballot: the primary key says it, whatever the concurrency.
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    voter_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    commitment: Mapped[str] = mapped_column(String(64))
    client_nonce: Mapped[str] = mapped_column(String(64))
    server_nonce: Mapped[str] = mapped_column(String(32))
    choices: Mapped[str] = mapped_column(Text)


def current_castings(round_id: int) -> Select[str, str, bytes]:
    """Name, voter and envelope of every casting that is somebody's ballot, until it is sealed."""
    return (
        select(Casting.casting, Casting.voter, Casting.envelope)
        .join(
            PendingBallot,
            (PendingBallot.round_id == Casting.round_id)
            & (PendingBallot.casting == Casting.casting),
        )
        .where(PendingBallot.round_id == round_id)
    )


def waiting_in(session: Session, round_id: int, *, covered: bool | None = None) -> int:
    """How many first-time voters' ballots are not sealed yet; only covered ones, or others."""
    query = (
        select(func.count())
        .select_from(PendingBallot)
        .where(PendingBallot.round_id == round_id, PendingBallot.first_time)
    )
    if covered is not None:
        query = query.where(PendingBallot.covered.is_(covered))
    return int(session.execute(query).scalar_one())
