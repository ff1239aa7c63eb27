"""What leads to somebody though no column says so: by their address, their roll entry, a mark."""

from collections.abc import Iterable

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from neighbourhoods.assemblies import Assembly
from neighbourhoods.attendance import Attendee, Phone
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.people import Person
from neighbourhoods.projects import Project
from neighbourhoods.ratings import Rating, rater_of
from neighbourhoods.rounds import Round


def roll_entries_of(session: Session, person: Person) -> list[RollEntry]:
    """Somebody’s entries on rolls, by the address that they have shown to be theirs."""
    query = select(RollEntry).where(RollEntry.email == person.email).order_by(RollEntry.id)
    return list(session.scalars(query))


def attendees_of(session: Session, person: Person) -> list[Attendee]:
    """Where somebody was checked in at a meeting, by their entry on the roll of its round."""
    places = [
        and_(Assembly.round_id == entry.round_id, Attendee.reference == entry.reference)
        for entry in roll_entries_of(session, person)
    ]
    if not places:
        return []
    query = select(Attendee).join(Assembly, Assembly.id == Attendee.assembly_id).where(or_(*places))
    return list(session.scalars(query.order_by(Attendee.id)))


def phones_of(session: Session, attendees: list[Attendee]) -> list[Phone]:
    """The phones that a door found to be theirs."""
    ids = [attendee.id for attendee in attendees]
    return list(session.scalars(select(Phone).where(Phone.attendee_id.in_(ids)).order_by(Phone.id)))


def ratings_of(session: Session, person: Person, key: bytes) -> list[Rating]:
    """What somebody said of finished projects, found by the marks that only `key` can make."""
    return _ratings_under(session, key, roll_entries_of(session, person), {f"person|{person.id}"})


def ratings_by_entries(session: Session, entries: Iterable[RollEntry], key: bytes) -> list[Rating]:
    """What was said of finished projects under these entries of rolls."""
    return _ratings_under(session, key, entries, set())


def _ratings_under(
    session: Session, key: bytes, entries: Iterable[RollEntry], always: set[str]
) -> list[Rating]:
    references = {entry.round_id: entry.reference for entry in entries}
    query = (
        select(Rating, Project.round_id, Round.within_id)
        .join(Project, Project.id == Rating.project_id)
        .join(Round, Round.id == Project.round_id)
    )
    found = []
    for rating, *rounds in session.execute(query.order_by(Rating.id)):
        names = always | {f"roll|{references[number]}" for number in rounds if number in references}
        if rating.rater in {rater_of(key, rating.project_id, name) for name in names}:
            found.append(rating)
    return found
