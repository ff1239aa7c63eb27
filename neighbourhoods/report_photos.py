"""The photos beside reports: put there, and taken down for good when they must not stand."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from neighbourhoods.database import now
from neighbourhoods.delivery import DeliveryPhoto, DeliveryUpdate
from neighbourhoods.refusals import Refusal, Refused


def attach_photo(
    session: Session, update: DeliveryUpdate, digest: str, alt: str, size: tuple[int, int]
) -> DeliveryPhoto:
    """Put a stored photo beside a report; it must say in words what is to be seen."""
    if not alt.strip():
        raise Refused(Refusal.ALT_MISSING)
    photo = DeliveryPhoto(
        update=update, digest=digest, alt=alt.strip(), width=size[0], height=size[1]
    )
    session.add(photo)
    session.flush()
    return photo


def take_down_photo(session: Session, photo: DeliveryPhoto, why: str) -> bool:
    """Show a photo no more, and say why; whether no other report shows the same picture."""
    if not why.strip():
        raise Refused(Refusal.REASON_MISSING)
    session.refresh(photo, with_for_update=True)
    if photo.removed_at is not None:
        raise Refused(Refusal.PHOTO_TAKEN_DOWN)
    photo.removed_at, photo.removed_why = now(session), why.strip()
    session.flush()
    return not is_shown(session, photo.digest)


def newest_photo(session: Session) -> str | None:
    """The digest of the newest photo that a report shows."""
    query = select(DeliveryPhoto.digest).where(DeliveryPhoto.removed_at.is_(None))
    return session.scalar(query.order_by(DeliveryPhoto.update_id.desc()).limit(1))


def is_shown(session: Session, digest: str) -> bool:
    """Whether a report still shows the picture with this digest."""
    query = select(DeliveryPhoto.update_id).where(
        DeliveryPhoto.digest == digest, DeliveryPhoto.removed_at.is_(None)
    )
    return session.scalar(query.limit(1)) is not None
