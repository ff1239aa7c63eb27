"""The week’s digest: to whom it was written for which week, and who wants none."""

from datetime import date, datetime, time, timedelta

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from neighbourhoods.database import LONDON, Base, Moment, insert_into, now
from neighbourhoods.people import Person

EIGHT = time(8)
# A letter about the week is late, then useless: so long a server that was away catches up.
STILL_WRITTEN = timedelta(days=1)


class WeeklyDigest(Base):
    """One person’s digest of one week: written, or found to have nothing to say."""

    __tablename__ = "weekly_digests"

    # Both the key: whoever comes second, a restarted server or another process, finds it taken.
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    monday: Mapped[date] = mapped_column(primary_key=True)
    taken_at: Mapped[Moment]


class DigestRefusal(Base):
    """Somebody who wants no digest."""

    __tablename__ = "digest_refusals"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    refused_at: Mapped[Moment]


def monday_due(moment: datetime) -> date | None:
    """The Monday whose digest is due: from 8:00 in London on, for a day; None at other times."""
    local = moment.astimezone(LONDON)
    monday = local.date() - timedelta(days=local.weekday())
    began = datetime.combine(monday, EIGHT, LONDON)
    return monday if began <= local < began + STILL_WRITTEN else None


def take_week(session: Session, person: Person, monday: date) -> bool:
    """Take it upon oneself to write somebody’s digest of a week; False if that was done."""
    taken = session.scalar(
        insert_into(session, WeeklyDigest)
        .values(person_id=person.id, monday=monday, taken_at=now(session))
        .on_conflict_do_nothing()
        .returning(WeeklyDigest.person_id)
    )
    return taken is not None


def wants_digest(session: Session, person: Person) -> bool:
    """Whether somebody has not said that they want no digest."""
    return session.get(DigestRefusal, person.id) is None


def choose_digest(session: Session, person: Person, *, wanted: bool) -> None:
    """Keep whether somebody wants the digest; saying it twice changes nothing."""
    refusal = session.get(DigestRefusal, person.id)
    if wanted and refusal is not None:
        session.delete(refusal)
        session.flush()
    elif not wanted:
        session.execute(
            insert_into(session, DigestRefusal)
            .values(person_id=person.id, refused_at=now(session))
            .on_conflict_do_nothing()
        )
