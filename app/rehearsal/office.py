"""What a rehearsal does in the council's own database: the door, the stage, and tidying up."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from ballots.hall import open_vote
from ballots.keys import KeyStore
from ballots.rehearsal import wipe_practice
from ballots.sealing import turnout
from neighbourhoods.agenda import add_item
from neighbourhoods.assemblies import AgendaItem, Assembly, AssemblyState, ItemKind
from neighbourhoods.attendance import Attendee, Phone, pair
from neighbourhoods.database import Database
from neighbourhoods.door import approve_walk_in
from neighbourhoods.people import Person
from neighbourhoods.polls import PollChoice
from neighbourhoods.speakers import SpeakingTurn
from neighbourhoods.stage import begin, go_to, say

Thing = TypeVar("Thing")
# Nobody on the electoral roll takes part in a rehearsal: its people are walk-ins called so.
CALLED = "Simulated person"
OPTIONS = ["Yes", "No", "Not sure"]


class NotPracticeError(Exception):
    """A meeting in earnest is not rehearsed in."""


@dataclass(frozen=True)
class Office:
    """The officer who runs a rehearsal, at the database."""

    database: Database
    keys: KeyStore
    assembly_id: int
    officer_id: int

    def act(self, does: Callable[[Session, Assembly, Person], Thing]) -> Thing:
        """Do something in the meeting, in a transaction of its own."""
        with self.database.writing() as session:
            assembly = session.get_one(Assembly, self.assembly_id)
            if not assembly.is_practice:
                raise NotPracticeError(assembly.title)
            done = does(session, assembly, session.get_one(Person, self.officer_id))
            session.commit()
        return done

    def begin(self) -> None:
        """Begin the meeting, if it has not begun."""

        def begun(session: Session, assembly: Assembly, by: Person) -> None:
            if assembly.state == AssemblyState.PLANNED:
                begin(session, assembly, by)

        self.act(begun)

    def check_in(self, numbers: list[int]) -> int:
        """Let the owners of these phones in at the door; how many phones were there."""

        def checked(session: Session, assembly: Assembly, by: Person) -> int:
            here = Phone.assembly_id == assembly.id, Phone.number.in_(numbers)
            phones = session.scalars(select(Phone).where(*here)).all()
            for phone in phones:
                name = f"{CALLED} {phone.number:04d}"
                pair(session, phone, approve_walk_in(session, assembly, name, by, by), by)
            return len(phones)

        return self.act(checked)

    def say(self, words: str) -> int:
        """Put a line on the screens; the version of the stage that shows it."""

        def said(session: Session, assembly: Assembly, by: Person) -> int:
            say(session, assembly, words, by)
            return assembly.stage.version

        return self.act(said)

    def turn_to_poll(self) -> int:
        """Turn to a quick poll of the rehearsal's own; its number."""

        def turned(session: Session, assembly: Assembly, by: Person) -> int:
            item = _item(session, assembly, ItemKind.POLL, "Rehearsal: quick poll", by)
            go_to(session, assembly, item, by)
            return item.id

        return self.act(turned)

    def open_ballot(self) -> int:
        """Turn to a practice ballot of the rehearsal's own and open it; its round's number."""

        def opened(session: Session, assembly: Assembly, by: Person) -> int:
            item = _item(session, assembly, ItemKind.BALLOT, "Rehearsal: ballot", by)
            go_to(session, assembly, item, by)
            return open_vote(session, self.keys, item, by).round_id

        return self.act(opened)

    def answers(self, item_id: int) -> int:
        """How many phones have answered a poll."""
        query = select(func.count()).where(PollChoice.item_id == item_id)
        with self.database.reading() as session:
            return session.execute(query).scalar_one()

    def ballots(self, round_id: int) -> int:
        """How many people's ballots lie in a box."""
        with self.database.reading() as session:
            return turnout(session, round_id)

    def wipe(self) -> tuple[int, int]:
        """Wipe the practice votes and the simulated people; how many of each there were."""

        def wiped(session: Session, assembly: Assembly, _by: Person) -> tuple[int, int]:
            votes = wipe_practice(session, self.keys, assembly)
            people = select(Attendee.id).where(
                Attendee.assembly_id == assembly.id, Attendee.name.startswith(CALLED)
            )
            phones = select(Phone.id).where(Phone.attendee_id.in_(people))
            session.execute(delete(PollChoice).where(PollChoice.phone_id.in_(phones)))
            session.execute(delete(SpeakingTurn).where(SpeakingTurn.phone_id.in_(phones)))
            number = len(session.scalars(people).all())
            session.execute(delete(Phone).where(Phone.attendee_id.in_(people)))
            session.execute(delete(Attendee).where(Attendee.id.in_(people)))
            return votes, number

        return self.act(wiped)


def _item(
    session: Session, assembly: Assembly, kind: ItemKind, title: str, by: Person
) -> AgendaItem:
    settings: dict[str, object] = {"options": OPTIONS} if kind == ItemKind.POLL else {}
    item = add_item(session, assembly, kind, title, by, settings=settings)
    session.flush()
    return item
