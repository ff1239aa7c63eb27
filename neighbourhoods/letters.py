"""Letters the platform owes people, kept in the same transaction as what they tell of."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from itertools import islice

from sqlalchemy import String, Text, false, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from neighbourhoods.database import Base, Moment, UTCDateTime, now
from neighbourhoods.people import NOWHERE

# Letters that are written with one statement.
AT_ONCE = 500


class Letter(Base):
    """One e-mail, waiting or sent."""

    __tablename__ = "letters"

    id: Mapped[int] = mapped_column(primary_key=True)
    to_email: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    written_at: Mapped[Moment]
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    # Once it has left, its row goes too: to somebody of whom nothing may be kept.
    leaves_no_trace: Mapped[bool] = mapped_column(default=False, server_default=false())


def write_letter(session: Session, to_email: str, subject: str, body: str) -> Letter:
    """Put a letter in the outbox; it leaves after the caller's commit.

    Nothing is kept for somebody whose data were erased.
    """
    letter = Letter(to_email=to_email, subject=subject, body=body, written_at=now(session))
    if to_email.endswith(NOWHERE):
        return letter
    session.add(letter)
    session.flush()
    return letter


def write_letters(
    session: Session,
    letters: Iterable[tuple[str, str, str]],
    pause: Callable[[], None] | None = None,
) -> int:
    """Put many letters in the outbox, each its address, subject and body; how many.

    Hundreds go in with one statement, `pause` between them; erased people get none.
    """
    moment, left, written = now(session), iter(letters), 0
    while some := list(islice(left, AT_ONCE)):
        rows = [
            {"to_email": to_email, "subject": subject, "body": body, "written_at": moment}
            for to_email, subject, body in some
            if not to_email.endswith(NOWHERE)
        ]
        if rows:
            session.execute(insert(Letter), rows)
        written += len(some)
        if pause is not None:
            pause()
    return written


def waiting_letters(
    session: Session, limit: int = 50, besides: Collection[int] = ()
) -> list[Letter]:
    """Letters that have not left yet, oldest first, without those that rest a while."""
    query = select(Letter).where(Letter.sent_at.is_(None), Letter.id.not_in(besides))
    return list(session.scalars(query.order_by(Letter.id).limit(limit)))


def take_in_hand(session: Session, letter_id: int) -> Letter | None:
    """Hold a letter that has not left, to send it; None if it has, or somebody else holds it."""
    query = select(Letter).where(Letter.id == letter_id, Letter.sent_at.is_(None))
    return session.scalar(query.with_for_update(skip_locked=True))


def newest_letters(session: Session, limit: int = 50) -> list[Letter]:
    """The latest letters, newest first, for the development outbox."""
    return list(session.scalars(select(Letter).order_by(Letter.id.desc()).limit(limit)))
