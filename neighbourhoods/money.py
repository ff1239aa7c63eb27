"""The ledger of a fund's money: pence move between accounts by entries nobody can change."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from neighbourhoods.database import Base, Moment, Pence, Word, now, one_of
from neighbourhoods.people import Person

if TYPE_CHECKING:
    from neighbourhoods.delivery import DeliveryUpdate
    from neighbourhoods.funds import FundSource
    from neighbourhoods.projects import Project
    from neighbourhoods.rounds import Round

# Why money was promised, where the program itself promised it; words are the floor above's.
BY_SIGNATURE = "outcome-signed"


class Account(StrEnum):
    """Where pence of a fund can be."""

    # Where they came from: as much below zero as ever came in.
    SOURCE = "source"
    AVAILABLE = "available"
    COMMITTED = "committed"
    # Committed, but kept from being spent until a condition is met.
    HELD = "held"
    SPENT = "spent"
    # Left the fund for a place that was named.
    RETURNED = "returned"


class MoneyAct(StrEnum):
    """What made pence move."""

    SOURCE = "source"
    CORRECTION = "correction"
    COMMITMENT = "commitment"
    HOLD = "hold"
    RELEASE = "release"
    SPENDING = "spending"
    # A spend that was entered by mistake is taken back.
    REVERSAL = "reversal"
    RETURN = "return"


OF_A_PROJECT = (Account.COMMITTED, Account.HELD, Account.SPENT)
_PROJECT_ACCOUNTS = ", ".join(repr(account.value) for account in OF_A_PROJECT)


class MoneyEntry(Base):
    """One dated, reasoned movement of a fund's money; the database refuses to change it."""

    __tablename__ = "money_entries"
    __table_args__ = (
        CheckConstraint(one_of("act", MoneyAct), name="act"),
        CheckConstraint("why <> ''", name="why"),
        CheckConstraint("(act IN ('source', 'correction')) = (source_id IS NOT NULL)", name="of"),
        CheckConstraint("(source_id IS NULL) = (project_id IS NOT NULL)", name="about"),
        CheckConstraint("(project_id IS NULL) = (round_id IS NULL)", name="round"),
        CheckConstraint(
            "(act IN ('release', 'reversal')) = (answers_id IS NOT NULL)", name="answers"
        ),
        CheckConstraint(
            "(act IN ('spending', 'reversal')) = (update_id IS NOT NULL)", name="report"
        ),
        # A source comes in once and is taken out once at most.
        UniqueConstraint("act", "source_id"),
        # A condition is met once, a spend taken back once.
        UniqueConstraint("answers_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    fund_id: Mapped[int] = mapped_column(ForeignKey("funds.id"), index=True)
    act: Mapped[MoneyAct] = mapped_column(Word(MoneyAct))
    at: Mapped[Moment]
    # Nobody, where it followed from the councillors' signatures.
    by_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    why: Mapped[str] = mapped_column(Text)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("fund_sources.id"))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"), index=True)
    # The round whose record promised it.
    round_id: Mapped[int | None] = mapped_column(ForeignKey("rounds.id"), index=True)
    # The report that says what was spent.
    update_id: Mapped[int | None] = mapped_column(ForeignKey("delivery_updates.id"), index=True)
    # The condition that was met, or the spend that was taken back.
    answers_id: Mapped[int | None] = mapped_column(ForeignKey("money_entries.id"))
    # Where an underspend went; empty: nowhere, or back to the fund.
    returned_to: Mapped[str] = mapped_column(String(160), default="")

    by: Mapped[Person | None] = relationship()
    source: Mapped["FundSource | None"] = relationship()
    project: Mapped["Project | None"] = relationship()
    the_round: Mapped["Round | None"] = relationship()
    update: Mapped["DeliveryUpdate | None"] = relationship()
    lines: Mapped[list["MoneyLine"]] = relationship(back_populates="entry", order_by="MoneyLine.id")


class MoneyLine(Base):
    """Pence that an entry put into an account, or took out of it; an entry's add up to nothing."""

    __tablename__ = "money_lines"
    __table_args__ = (
        CheckConstraint(one_of("account", Account), name="account"),
        CheckConstraint("pence <> 0", name="pence"),
        CheckConstraint(
            f"(account IN ({_PROJECT_ACCOUNTS})) = (project_id IS NOT NULL)", name="project"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("money_entries.id"), index=True)
    account: Mapped[Account] = mapped_column(Word(Account))
    project_id: Mapped[int | None] = mapped_column(ForeignKey("projects.id"), index=True)
    pence: Mapped[Pence]

    entry: Mapped[MoneyEntry] = relationship(back_populates="lines")
    project: Mapped["Project | None"] = relationship()


class MoneyBalance(Base):
    """What an account holds. Triggers keep it to its lines; no account is ever overdrawn."""

    __tablename__ = "money_balances"
    __table_args__ = (
        CheckConstraint(one_of("account", Account), name="account"),
        CheckConstraint(
            "(account = 'source' AND pence <= 0) OR (account <> 'source' AND pence >= 0)",
            name="pence",
        ),
        Index(None, "project_id"),
    )

    fund_id: Mapped[int] = mapped_column(ForeignKey("funds.id"), primary_key=True)
    account: Mapped[Account] = mapped_column(Word(Account), primary_key=True)
    # 0 where an account belongs to the whole fund.
    project_id: Mapped[int] = mapped_column(primary_key=True)
    pence: Mapped[Pence]


@dataclass(frozen=True)
class Movement:
    """Pence into an account, or out of it."""

    account: Account
    pence: int
    project_id: int | None = None


@dataclass(frozen=True)
class ProjectMoney:
    """Where a project's money stands, in pence."""

    committed_pence: int = 0
    held_pence: int = 0
    spent_pence: int = 0

    @property
    def unspent_pence(self) -> int:
        """What was promised and is still there, held back or not."""
        return self.committed_pence + self.held_pence


def hold_fund(session: Session, fund_id: int) -> None:
    """Hold a fund's money until the transaction ends: acts on it come one after the other.

    On SQLite the write transaction is already the lock.
    """
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text("SELECT 1 FROM funds WHERE id = :fund FOR UPDATE"), {"fund": fund_id})


def move_money(session: Session, entry: MoneyEntry, movements: Sequence[Movement]) -> MoneyEntry:
    """Write an entry whose movements add up to nothing; its fund must be held."""
    if len(movements) < 2 or sum(movement.pence for movement in movements) != 0:
        raise ValueError("the movements of an entry add up to nothing")
    entry.at = now(session)
    entry.lines = [
        MoneyLine(account=each.account, project_id=each.project_id, pence=each.pence)
        for each in movements
    ]
    session.add(entry)
    session.flush()
    return entry


def balance_of(session: Session, fund_id: int, account: Account, project_id: int = 0) -> int:
    """Pence in one account of a fund, or of one of its projects."""
    query = select(MoneyBalance.pence).where(
        MoneyBalance.fund_id == fund_id,
        MoneyBalance.account == account,
        MoneyBalance.project_id == project_id,
    )
    return int(session.execute(query).scalar_one_or_none() or 0)


def balances_of(session: Session, fund_id: int) -> dict[Account, int]:
    """Pence in each account of a fund, its projects added up."""
    query = select(MoneyBalance.account, MoneyBalance.pence).where(MoneyBalance.fund_id == fund_id)
    found = dict.fromkeys(Account, 0)
    for account, pence in session.execute(query):
        found[account] += int(pence)
    return found


def money_of(session: Session, project_ids: Collection[int]) -> dict[int, ProjectMoney]:
    """Where the money of each of these projects stands."""
    found: dict[int, dict[Account, int]] = {each: dict.fromkeys(Account, 0) for each in project_ids}
    query = select(MoneyBalance.project_id, MoneyBalance.account, MoneyBalance.pence)
    for project_id, account, pence in session.execute(
        query.where(MoneyBalance.project_id.in_(project_ids))
    ):
        found[project_id][account] += int(pence)
    return {
        project_id: ProjectMoney(
            accounts[Account.COMMITTED], accounts[Account.HELD], accounts[Account.SPENT]
        )
        for project_id, accounts in found.items()
    }


def _entries() -> Select[MoneyEntry]:
    return (
        select(MoneyEntry)
        .options(
            selectinload(MoneyEntry.lines),
            joinedload(MoneyEntry.source),
            joinedload(MoneyEntry.project),
        )
        .order_by(MoneyEntry.id)
    )


def entries_of(session: Session, fund_id: int) -> list[MoneyEntry]:
    """Every entry of a fund, oldest first."""
    return list(session.scalars(_entries().where(MoneyEntry.fund_id == fund_id)))


def entries_about(session: Session, project_ids: Collection[int]) -> list[MoneyEntry]:
    """Every entry about these projects, oldest first."""
    return list(session.scalars(_entries().where(MoneyEntry.project_id.in_(project_ids))))


def unmet_conditions(entries: Collection[MoneyEntry]) -> list[MoneyEntry]:
    """The conditions among a project's entries that are not met, nor overtaken by a return."""
    met = {entry.answers_id for entry in entries}
    returned = max((entry.id for entry in entries if entry.act == MoneyAct.RETURN), default=0)
    return [
        entry
        for entry in entries
        if entry.act == MoneyAct.HOLD and entry.id not in met and entry.id > returned
    ]


def held_by(condition: MoneyEntry) -> int:
    """Pence that a condition holds back."""
    return sum(line.pence for line in condition.lines if line.account == Account.HELD)


def spent_by(spending: MoneyEntry) -> int:
    """Pence that an entry says were spent."""
    return sum(line.pence for line in spending.lines if line.account == Account.SPENT)


def standing_spendings(entries: Collection[MoneyEntry]) -> list[MoneyEntry]:
    """The spends among a project's entries that nobody took back."""
    taken_back = {entry.answers_id for entry in entries if entry.act == MoneyAct.REVERSAL}
    return [
        entry for entry in entries if entry.act == MoneyAct.SPENDING and entry.id not in taken_back
    ]


def corrections_in(session: Session, fund_id: int) -> dict[int, MoneyEntry]:
    """The sources of a fund that were taken out again, each with the entry that says why."""
    return {
        entry.source_id: entry
        for entry in entries_of(session, fund_id)
        if entry.act == MoneyAct.CORRECTION and entry.source_id is not None
    }
