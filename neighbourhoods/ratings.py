"""Co-evaluation: residents say what a finished project changed, once each and without names."""

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from neighbourhoods.database import Base, Moment, UTCDateTime, insert_into, now
from neighbourhoods.delivery import Delivery, DeliveryStatus
from neighbourhoods.refusals import Refusal, Refused

HIGHEST = 5
# Below this many people nothing is shown of what single ones said.
FEWEST_SHOWN = 5


class Rating(Base):
    """What one person, known by a keyed hash only, says of a finished project."""

    __tablename__ = "ratings"
    __table_args__ = (
        UniqueConstraint("project_id", "rater"),
        CheckConstraint(f"score BETWEEN 1 AND {HIGHEST}", name="score"),
        CheckConstraint("(hidden_at IS NULL) = (hidden_why = '')", name="hidden"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("deliveries.project_id"))
    rater: Mapped[str] = mapped_column(String(64))
    score: Mapped[int]
    # What changed, in their words; they may leave it at the score.
    changed: Mapped[str] = mapped_column(Text)
    rated_at: Mapped[Moment]
    hidden_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    hidden_why: Mapped[str] = mapped_column(Text, default="")

    delivery: Mapped[Delivery] = relationship()


@dataclass(frozen=True)
class CoEvaluation:
    """What people say of one project: nothing but their number while they are few."""

    people: int = 0
    # The mean score in tenths, and what they say changed, in an order that tells nothing.
    mean_tenths: int | None = None
    said: tuple[str, ...] = ()

    @property
    def shown(self) -> bool:
        """Whether enough people rated it to show what they say."""
        return self.people >= FEWEST_SHOWN


def rater_of(key: bytes, project_id: int, who: str) -> str:
    """Who rates a project, as it is stored: a hash that only this deployment's key can make."""
    return hmac.new(key, f"rating|{project_id}|{who}".encode(), hashlib.sha256).hexdigest()


def rate_delivery(
    session: Session, delivery: Delivery, rater: str, score: int, changed: str
) -> None:
    """Rate a finished project from 1 to 5; rating again replaces what one said before."""
    if delivery.status != DeliveryStatus.FINISHED:
        raise Refused(Refusal.NOT_FINISHED)
    if not 1 <= score <= HIGHEST:
        raise Refused(Refusal.SCORE_OUTSIDE)
    said = {"score": score, "changed": changed.strip(), "rated_at": now(session)}
    # Not look-then-add: a double tap rates twice at once. What was hidden stays hidden.
    session.execute(
        insert_into(session, Rating)
        .values(project_id=delivery.project_id, rater=rater, hidden_why="", **said)
        .on_conflict_do_update(index_elements=["project_id", "rater"], set_=said)
    )


def rating_by(session: Session, project_id: int, rater: str) -> Rating | None:
    """What somebody said of a project before."""
    query = select(Rating).where(Rating.project_id == project_id, Rating.rater == rater)
    return session.scalar(query.execution_options(populate_existing=True))


def hide_rating(session: Session, rating: Rating, why: str) -> None:
    """Keep somebody's words off the public pages, with a reason; their score still counts."""
    if not why.strip():
        raise Refused(Refusal.REASON_MISSING)
    if rating.hidden_at is not None:
        raise Refused(Refusal.ALREADY_HIDDEN)
    rating.hidden_at, rating.hidden_why = now(session), why.strip()
    session.flush()


def show_rating_again(session: Session, rating: Rating) -> None:
    """Undo a hiding."""
    rating.hidden_at, rating.hidden_why = None, ""
    session.flush()


def ratings_in(session: Session, project_id: int) -> list[Rating]:
    """Every rating of a project, for whoever moderates them."""
    query = (
        select(Rating).where(Rating.project_id == project_id).options(joinedload(Rating.delivery))
    )
    return list(session.scalars(query.order_by(Rating.id)))


def co_evaluations(session: Session, project_ids: Collection[int]) -> dict[int, CoEvaluation]:
    """What people say of each of these projects, as far as it may be shown."""
    # By the hash of who said it: the order of their coming is nobody's business.
    query = select(Rating).where(Rating.project_id.in_(project_ids)).order_by(Rating.rater)
    by_project: dict[int, list[Rating]] = {project_id: [] for project_id in project_ids}
    for rating in session.scalars(query.execution_options(populate_existing=True)):
        by_project[rating.project_id].append(rating)
    return {project_id: _together(found) for project_id, found in by_project.items()}


def _together(ratings: list[Rating]) -> CoEvaluation:
    people = len(ratings)
    if people < FEWEST_SHOWN:
        return CoEvaluation(people)
    total = sum(rating.score for rating in ratings)
    said = tuple(each.changed for each in ratings if each.changed and each.hidden_at is None)
    return CoEvaluation(people, (20 * total + people) // (2 * people), said)
