"""The public register of decisions: what is listed, for how long, and how it is searched."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from ballots.notices import YEARS_KEPT, DecisionNotice, NoticeCorrection
from ballots.signing import Signature
from neighbourhoods.database import now
from neighbourhoods.funds import Fund
from neighbourhoods.people import Person
from neighbourhoods.places import Community
from neighbourhoods.rounds import Round


@dataclass(frozen=True)
class Wanted:
    """What somebody looks for in the register; nothing means everything."""

    words: str = ""
    # A ward or a community of interest, with its neighbourhoods.
    community_id: int | None = None
    # Whoever signed, at any stage of the route.
    person_id: int | None = None
    year: int | None = None


def kept_until(published_at: datetime) -> datetime:
    """Until when a notice stands in the register."""
    year = published_at.year + YEARS_KEPT
    try:
        return published_at.replace(year=year)
    except ValueError:  # 29 February, in a year that has none
        return published_at.replace(year=year, day=28) + timedelta(days=1)


def _kept_since(moment: datetime) -> datetime:
    """The oldest publication that still stands in the register."""
    year = moment.year - YEARS_KEPT
    try:
        return moment.replace(year=year)
    except ValueError:
        return datetime(year, 3, 1, tzinfo=UTC)


def _listed(session: Session) -> ColumnElement[bool]:
    return DecisionNotice.published_at > _kept_since(now(session))


def find_notices(
    session: Session, wanted: Wanted, *, limit: int | None = None, offset: int = 0
) -> list[DecisionNotice]:
    """The notices of the register that somebody looks for, newest first."""
    query = (
        select(DecisionNotice)
        .where(*_conditions(session, wanted))
        .options(
            selectinload(DecisionNotice.corrections).joinedload(NoticeCorrection.made_by),
            joinedload(DecisionNotice.sent_back),
            joinedload(DecisionNotice.the_round)
            .joinedload(Round.fund)
            .joinedload(Fund.community)
            .joinedload(Community.ward),
        )
        .order_by(DecisionNotice.published_at.desc(), DecisionNotice.round_id.desc())
    )
    return list(session.scalars(query.limit(limit).offset(offset)))


def count_notices(session: Session, wanted: Wanted) -> int:
    """How many notices of the register match."""
    query = select(func.count()).select_from(DecisionNotice)
    return int(session.execute(query.where(*_conditions(session, wanted))).scalar_one())


def _conditions(session: Session, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    yield _listed(session)
    for word in wanted.words.casefold().split():
        yield DecisionNotice.words.contains(word, autoescape=True)
    if wanted.community_id is not None:
        there = or_(Community.id == wanted.community_id, Community.ward_id == wanted.community_id)
        rounds = select(Round.id).join(Round.fund).join(Fund.community).where(there)
        yield DecisionNotice.round_id.in_(rounds)
    if wanted.person_id is not None:
        signed = select(Signature.round_id).where(Signature.person_id == wanted.person_id)
        yield DecisionNotice.round_id.in_(signed)
    if wanted.year is not None:
        yield DecisionNotice.number.startswith(f"{wanted.year}/")


def years_listed(session: Session) -> list[int]:
    """The years in which notices of the register were published, newest first."""
    numbers = session.scalars(select(DecisionNotice.number).where(_listed(session)))
    return sorted({int(number.split("/")[0]) for number in numbers}, reverse=True)


def signers_listed(session: Session) -> list[Person]:
    """Everybody who signed a decision of the register, by name."""
    signed = (
        select(Signature.person_id)
        .join(DecisionNotice, DecisionNotice.round_id == Signature.round_id)
        .where(_listed(session))
    )
    return list(
        session.scalars(
            select(Person).where(Person.id.in_(signed)).order_by(Person.name, Person.id)
        )
    )


def notice_numbered(session: Session, number: str) -> DecisionNotice | None:
    """The notice with a number such as 2026/7; also when it is no longer listed."""
    return session.scalar(select(DecisionNotice).where(DecisionNotice.number == number))
