"""Devolved pots of money: their named sources, and where every penny of them stands."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.database import Base, Pence, Word, one_of
from neighbourhoods.money import (
    Account,
    MoneyAct,
    MoneyEntry,
    Movement,
    balance_of,
    balances_of,
    hold_fund,
    move_money,
)
from neighbourhoods.people import Person
from neighbourhoods.places import Community
from neighbourhoods.refusals import Refusal, Refused


class SourceKind(StrEnum):
    """Where money in a fund can come from."""

    GENERAL_FUND = "general-fund"
    PARKING = "parking-income"
    FINES = "environmental-fines"
    INFRASTRUCTURE = "infrastructure-levy"
    LANDFILL = "landfill-savings"
    HEALTH = "health-partner"
    POLICE = "police-partner"
    GRANT = "grant"
    OTHER = "other"


class Fund(Base):
    """A devolved pot for one community and one financial year."""

    __tablename__ = "funds"
    __table_args__ = (CheckConstraint("financial_year LIKE '____-__'", name="financial_year"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    financial_year: Mapped[str] = mapped_column(String(7))
    about: Mapped[str] = mapped_column(Text, default="")

    community: Mapped[Community] = relationship()
    sources: Mapped[list["FundSource"]] = relationship(
        back_populates="fund", order_by="FundSource.id"
    )


class FundSource(Base):
    """One named, dated sum that goes into a fund."""

    __tablename__ = "fund_sources"
    __table_args__ = (
        CheckConstraint(one_of("kind", SourceKind), name="kind"),
        CheckConstraint("amount_pence > 0", name="amount"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    fund_id: Mapped[int] = mapped_column(ForeignKey("funds.id"), index=True)
    kind: Mapped[SourceKind] = mapped_column(Word(SourceKind))
    name: Mapped[str] = mapped_column(String(160))
    amount_pence: Mapped[Pence]
    given_on: Mapped[date]

    fund: Mapped[Fund] = relationship(back_populates="sources")


@dataclass(frozen=True)
class FundPosition:
    """Where a fund's money stands, in pence: all that came in is in one of these places."""

    allocated_pence: int
    available_pence: int
    committed_pence: int
    held_pence: int
    spent_pence: int
    returned_pence: int


def create_fund(
    session: Session, community: Community, name: str, financial_year: str, about: str = ""
) -> Fund:
    """Open a pot for a community and a financial year, without money as yet."""
    fund = Fund(community=community, name=name, financial_year=financial_year, about=about)
    session.add(fund)
    session.flush()
    return fund


def add_source(
    session: Session,
    fund: Fund,
    kind: SourceKind,
    name: str,
    amount_pence: int,
    given_on: date,
    by: Person | None = None,
) -> FundSource:
    """Put a named sum into a fund, and write it down in the fund's ledger."""
    if amount_pence <= 0:
        raise Refused(Refusal.AMOUNT_NOT_POSITIVE)
    hold_fund(session, fund.id)
    source = FundSource(
        fund=fund, kind=kind, name=name, amount_pence=amount_pence, given_on=given_on
    )
    session.add(source)
    session.flush()
    entry = MoneyEntry(fund_id=fund.id, act=MoneyAct.SOURCE, by=by, why=name, source=source)
    into = Movement(Account.AVAILABLE, amount_pence)
    move_money(session, entry, [Movement(Account.SOURCE, -amount_pence), into])
    return source


def allocated_pence(session: Session, fund: Fund) -> int:
    """All that came into a fund, without what was put in by mistake and taken out."""
    return -balance_of(session, fund.id, Account.SOURCE)


def position_of(session: Session, fund: Fund) -> FundPosition:
    """Where a fund's money stands today, to the penny, as its ledger has it."""
    balances = balances_of(session, fund.id)
    return FundPosition(
        allocated_pence=-balances[Account.SOURCE],
        available_pence=balances[Account.AVAILABLE],
        committed_pence=balances[Account.COMMITTED],
        held_pence=balances[Account.HELD],
        spent_pence=balances[Account.SPENT],
        returned_pence=balances[Account.RETURNED],
    )
