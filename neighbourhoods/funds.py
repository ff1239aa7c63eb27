"""Devolved pots of money: their named sources, and where every penny stands."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.database import Base, Pence, Word, one_of
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
    """Where a fund's money stands, in pence: allocated, then committed, then spent."""

    allocated_pence: int
    committed_pence: int
    spent_pence: int

    @property
    def uncommitted_pence(self) -> int:
        """What no signed-off project has been promised."""
        return self.allocated_pence - self.committed_pence


def create_fund(
    session: Session, community: Community, name: str, financial_year: str, about: str = ""
) -> Fund:
    """Open a pot for a community and a financial year, without money as yet."""
    fund = Fund(community=community, name=name, financial_year=financial_year, about=about)
    session.add(fund)
    session.flush()
    return fund


def add_source(
    session: Session, fund: Fund, kind: SourceKind, name: str, amount_pence: int, given_on: date
) -> FundSource:
    """Put a named sum into a fund."""
    if amount_pence <= 0:
        raise Refused(Refusal.AMOUNT_NOT_POSITIVE)
    source = FundSource(
        fund=fund, kind=kind, name=name, amount_pence=amount_pence, given_on=given_on
    )
    session.add(source)
    session.flush()
    return source


def allocated_pence(session: Session, fund: Fund) -> int:
    """The sum of a fund's sources."""
    query = select(func.coalesce(func.sum(FundSource.amount_pence), 0)).where(
        FundSource.fund_id == fund.id
    )
    return int(session.execute(query).scalar_one())
