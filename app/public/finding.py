"""What the public pages look up, each in a number of queries that does not grow with the list."""

from collections.abc import Collection
from datetime import date
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, ScalarSelect, func, or_, select
from sqlalchemy.orm import (
    InstrumentedAttribute,
    Session,
    contains_eager,
    defer,
    joinedload,
    selectinload,
)
from sqlalchemy.orm.interfaces import ORMOption

from ballots.record import PublicRecord
from neighbourhoods.debate import Point
from neighbourhoods.delivery import UNDER_WAY, Delivery
from neighbourhoods.funds import Fund
from neighbourhoods.money import Account, MoneyBalance
from neighbourhoods.places import Community, CommunityKind
from neighbourhoods.projects import Project
from neighbourhoods.proposals import Backing, Proposal, ProposalState
from neighbourhoods.rounds import Round, RoundKind, RoundMove

Thing = TypeVar("Thing")

_PLACE = joinedload(Round.fund).joinedload(Fund.community).joinedload(Community.ward)
_DATES: tuple[ORMOption, ...] = (_PLACE, selectinload(Round.starts))


def financial_year(day: date) -> str:
    """The financial year of a day, as funds write it: 2026-27, from April to March."""
    starts = day.year if day.month >= 4 else day.year - 1
    return f"{starts}-{(starts + 1) % 100:02d}"


def find_rounds(
    session: Session,
    *conditions: ColumnElement[bool],
    kinds: Collection[RoundKind] = (RoundKind.FULL,),
) -> list[Round]:
    """Rounds with their places and dates, newest first; votes in halls only if they are asked."""
    query = select(Round).join(Round.fund).where(Round.kind.in_(kinds), *conditions)
    return list(session.scalars(query.options(*_DATES).order_by(Round.id.desc())))


def rounds_around(session: Session, community: Community) -> list[Round]:
    """The rounds that concern people of a community: its own, its ward’s, its neighbourhoods’."""
    inside = select(Community.id).where(Community.ward_id == community.id)
    own = [community.id] if community.ward_id is None else [community.id, community.ward_id]
    return find_rounds(session, or_(Fund.community_id.in_(own), Fund.community_id.in_(inside)))


def round_with_log(session: Session, round_id: int) -> Round | None:
    """A round with its place, its dates and its log with the people in it, in two queries."""
    movers = selectinload(Round.moves).joinedload(RoundMove.moved_by)
    query = select(Round).where(Round.id == round_id)
    query = query.options(_PLACE, joinedload(Round.starts), joinedload(Round.within), movers)
    return session.scalars(query).unique().one_or_none()


def funds_this_year(session: Session, community: Community, today: date) -> list[Fund]:
    """A community’s funds of this financial year, else of the newest year it has any."""
    query = select(Fund).where(Fund.community_id == community.id).order_by(Fund.id)
    funds = list(session.scalars(query.options(joinedload(Fund.community))))
    years = {fund.financial_year for fund in funds}
    this_year = financial_year(today)
    shown = this_year if this_year in years else max(years, default="")
    return [fund for fund in funds if fund.financial_year == shown]


def funds_inside(session: Session, ward: Community, today: date) -> list[tuple[Fund, int]]:
    """This year’s funds of a ward’s neighbourhoods, each with its money in pence."""
    query = (
        select(Fund, func.coalesce(-func.sum(MoneyBalance.pence), 0))
        .join(Fund.community)
        .outerjoin(
            MoneyBalance,
            (MoneyBalance.fund_id == Fund.id) & (MoneyBalance.account == Account.SOURCE),
        )
        .where(
            Community.ward_id == ward.id,
            Fund.financial_year == financial_year(today),
        )
        .options(contains_eager(Fund.community))
        .group_by(Fund.id, Community.id)
        .order_by(Community.name, Fund.id)
    )
    return [(fund, int(pence)) for fund, pence in session.execute(query)]


def under_way(session: Session, rounds: list[Round], today: date, limit: int) -> list[Delivery]:
    """Funded projects of these rounds, and of votes in their halls, that are not finished yet.

    The late ones first, then the soonest due.
    """
    ids = [the_round.id for the_round in rounds]
    query = (
        select(Delivery)
        .join(Round, Round.id == Delivery.round_id)
        .where(
            or_(Round.id.in_(ids), Round.within_id.in_(ids)),
            Delivery.status.in_(UNDER_WAY),
        )
        .options(joinedload(Delivery.project), selectinload(Delivery.milestones))
        .order_by(Delivery.due_on.is_(None), Delivery.due_on, Delivery.project_id)
    )
    found = session.scalars(query)
    return sorted(found, key=lambda delivery: not delivery.late_on(today))[:limit]


def find_community(session: Session, slug: str) -> Community | None:
    """The community with this name in its address, with its ward."""
    query = select(Community).where(Community.slug == slug).options(joinedload(Community.ward))
    return session.scalar(query)


def communities_of_interest(session: Session) -> list[Community]:
    """Every community of interest, by name."""
    query = select(Community).where(Community.kind == CommunityKind.INTEREST)
    return list(session.scalars(query.order_by(Community.name)))


def find_records(
    session: Session,
    *,
    community: Community | None = None,
    year: str = "",
    limit: int | None = None,
) -> list[PublicRecord]:
    """Published records without their documents, newest first; of a ward or interest, of a year."""
    query = (
        select(PublicRecord)
        .join(PublicRecord.the_round)
        .join(Round.fund)
        .join(Fund.community)
        .options(
            defer(PublicRecord.document),
            joinedload(PublicRecord.the_round)
            .joinedload(Round.fund)
            .joinedload(Fund.community)
            .joinedload(Community.ward),
        )
        .order_by(PublicRecord.published_at.desc(), PublicRecord.round_id.desc())
        .limit(limit)
    )
    if community is not None:
        query = query.where(or_(Community.id == community.id, Community.ward_id == community.id))
    if year:
        query = query.where(Fund.financial_year == year)
    return list(session.scalars(query))


def years_with_records(session: Session, community: Community | None = None) -> list[str]:
    """The financial years that have a public record (of a community), newest first."""
    query = (
        select(Fund.financial_year)
        .join(Round, Round.fund_id == Fund.id)
        .join(PublicRecord, PublicRecord.round_id == Round.id)
        .distinct()
        .order_by(Fund.financial_year.desc())
    )
    if community is not None:
        query = query.join(Fund.community).where(
            or_(Community.id == community.id, Community.ward_id == community.id)
        )
    return list(session.scalars(query))


class Listing(NamedTuple, Generic[Thing]):
    """A proposal or project as a list shows it, with how many people took part in it."""

    thing: Thing
    backers: int
    contributions: int


def first_proposals(
    session: Session, the_round: Round, limit: int
) -> tuple[list[Listing[Proposal]], int]:
    """The newest proposals of a round, and how many there are in all."""
    backers = select(func.count()).where(Backing.proposal_id == Proposal.id).scalar_subquery()
    query = (
        select(Proposal, func.count().over(), backers, _contributions_to(Proposal.id))
        .where(Proposal.round_id == the_round.id, Proposal.state != ProposalState.WITHDRAWN)
        .order_by(Proposal.id.desc())
        .limit(limit)
    )
    rows = session.execute(query).all()
    listed = [Listing(proposal, backed, said) for proposal, _total, backed, said in rows]
    return listed, rows[0][1] if rows else 0


def first_projects(
    session: Session, the_round: Round, limit: int
) -> tuple[list[Listing[Project]], int]:
    """The first projects on a round’s ballot paper, and how many there are in all."""
    query = (
        select(Project, func.count().over(), _contributions_to(Project.proposal_id))
        .where(Project.round_id == the_round.id)
        .order_by(Project.id)
        .limit(limit)
    )
    rows = session.execute(query).all()
    return [Listing(project, 0, said) for project, _total, said in rows], rows[0][1] if rows else 0


def _contributions_to(proposal: InstrumentedAttribute[Any]) -> ScalarSelect[int]:
    """How much can be read in the debate of each proposal of a query."""
    visible = (Point.proposal_id == proposal, Point.hidden_at.is_(None))
    return select(func.count()).where(*visible).scalar_subquery()
