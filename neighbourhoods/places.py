"""Wards, neighbourhoods and communities of interest, and finding one's own."""

import re
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.database import Base, Word, one_of


class CommunityKind(StrEnum):
    """What a round can belong to."""

    WARD = "ward"
    NEIGHBOURHOOD = "neighbourhood"
    INTEREST = "community-of-interest"


class Community(Base):
    """A ward, a neighbourhood inside a ward, or a community of interest across wards."""

    __tablename__ = "communities"
    __table_args__ = (
        CheckConstraint(one_of("kind", CommunityKind), name="kind"),
        # A councillor answers for every neighbourhood: it hangs from a ward, nothing else does.
        CheckConstraint("(kind = 'neighbourhood') = (ward_id IS NOT NULL)", name="ward"),
        CheckConstraint("population IS NULL OR population >= 0", name="population"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[CommunityKind] = mapped_column(Word(CommunityKind))
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    about: Mapped[str] = mapped_column(Text, default="")
    population: Mapped[int | None]
    ward_id: Mapped[int | None] = mapped_column(ForeignKey("communities.id"), index=True)

    ward: Mapped["Community | None"] = relationship(
        remote_side="Community.id", back_populates="neighbourhoods"
    )
    neighbourhoods: Mapped[list["Community"]] = relationship(
        back_populates="ward", order_by="Community.name"
    )

    @property
    def answering(self) -> "Community":
        """The community whose councillors answer for this one."""
        return self.ward or self


class Postcode(Base):
    """Where a postcode lies; the neighbourhood if one is known, else the ward."""

    __tablename__ = "postcodes"

    postcode: Mapped[str] = mapped_column(String(8), primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"), index=True)

    community: Mapped[Community] = relationship()


@dataclass(frozen=True)
class AreaSearch:
    """What a search for an area found, and whether the words were a postcode."""

    words: str
    postcode: str | None
    areas: tuple[Community, ...]


_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")


def tidy_postcode(words: str) -> str | None:
    """The postcode in the words, as `AB1 2CD`, or None if they are not one."""
    found = _POSTCODE.fullmatch(re.sub(r"[\s.-]", "", words).upper())
    return f"{found[1]} {found[2]}" if found else None


def slug_for(name: str) -> str:
    """A name as it stands in an address."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower().replace("’", "").replace("'", "")).strip("-")


def add_community(
    session: Session,
    kind: CommunityKind,
    name: str,
    *,
    ward: Community | None = None,
    about: str = "",
    population: int | None = None,
) -> Community:
    """Put a place or a community of interest on the map."""
    community = Community(
        kind=kind,
        name=name,
        slug=slug_for(name),
        ward_id=ward.id if ward else None,
        about=about,
        population=population,
    )
    session.add(community)
    session.flush()
    return community


def add_postcodes(session: Session, community: Community, postcodes: list[str]) -> None:
    """Say which postcodes lie in a place."""
    for written in postcodes:
        postcode = tidy_postcode(written)
        if postcode is None:
            raise ValueError(f"not a postcode: {written!r}")
        session.add(Postcode(postcode=postcode, community_id=community.id))
    session.flush()


def find_areas(session: Session, words: str) -> AreaSearch:
    """The communities that a postcode lies in, or whose names contain the words."""
    postcode = tidy_postcode(words)
    if postcode is not None:
        found = session.get(Postcode, postcode)
        here = found.community if found else None
        areas = () if here is None else tuple(dict.fromkeys((here, here.answering)))
        return AreaSearch(words, postcode, areas)
    meant = words.strip().lower()
    if not meant:
        return AreaSearch(words, None, ())
    pattern = meant.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    query = (
        select(Community)
        .where(
            or_(
                func.lower(Community.name).like(f"%{pattern}%", escape="\\"),
                Community.slug == slug_for(words),
            )
        )
        .order_by(Community.name)
        .limit(20)
    )
    return AreaSearch(words, None, tuple(session.scalars(query)))


def all_communities(session: Session) -> list[Community]:
    """Every community, wards first with their neighbourhoods after them."""
    return list(session.scalars(select(Community).order_by(Community.name)))
