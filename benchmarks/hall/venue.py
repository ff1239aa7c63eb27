"""A meeting on a running server: its phones join and follow by HTTP and socket like anybody's."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from typing import TypeVar

from sqlalchemy.orm import Session

from app.rehearsal.following import Channel, of_assembly
from app.rehearsal.web import Browser
from ballots.disclosure import DisclosureProfile
from ballots.hall import open_vote
from benchmarks.box.hall import Hall, Voter, open_hall
from neighbourhoods.assemblies import AgendaItem, Assembly, ItemKind
from neighbourhoods.people import Person
from neighbourhoods.rounds import Round
from neighbourhoods.stage import begin, go_to, say

Thing = TypeVar("Thing")
WORDS = ("The count is at the table.", "Please take your seats.", "Tea is at the back.")


@dataclass
class Venue:
    """One meeting about one round in the vote, on one server."""

    hall: Hall
    assembly_id: int
    code: str
    round_id: int
    voters: list[Voter]
    cards: list[str]

    @property
    def port(self) -> int:
        """Where the server listens."""
        return self.hall.port

    @property
    def base_url(self) -> str:
        """Where the server is visited."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def channel(self) -> Channel:
        """What phones and screens follow."""
        return of_assembly(self.assembly_id, self.code)

    def browsers(self, number: int, base_url: str = "") -> list[Browser]:
        """So many phones that have not joined yet."""
        return [Browser(base_url or self.base_url) for _ in range(number)]

    # --- acts, in the office's own process; the server's clerk sees them within a second --------

    def act(self, does: Callable[[Session, Assembly, Person], Thing]) -> Thing:
        """Do something as the facilitator, in a transaction of its own."""
        with self.hall.database.writing() as session:
            assembly = session.get_one(Assembly, self.assembly_id)
            by = session.get_one(Person, self.hall.town.facilitator.id)
            done = does(session, assembly, by)
            session.commit()
        return done

    def item(self, kind: ItemKind) -> int:
        """The number of the agenda's first item of a kind."""
        with self.hall.database.reading() as session:
            items = session.get_one(Assembly, self.assembly_id).items
            return next(item.id for item in items if item.kind == kind)

    def open_ballot(self) -> int:
        """Turn to the agenda's ballot and open it, into the round's own box; the round's number."""
        item_id = self.item(ItemKind.BALLOT)

        def opened(session: Session, assembly: Assembly, by: Person) -> int:
            item = set_item(session, item_id, own_count=False)
            go_to(session, assembly, item, by)
            return open_vote(session, self.hall.keys, item, by).round_id

        return self.act(opened)

    async def move_every_second(self) -> None:
        """Let the stage change every second, until this task is cancelled."""
        for words in cycle(WORDS):
            await asyncio.sleep(1)
            await asyncio.to_thread(self.act, lambda s, a, by, w=words: say(s, a, w, by))


@contextmanager
def open_venue(
    *kinds: ItemKind,
    voters: int = 6,
    profile: DisclosureProfile = DisclosureProfile.LIVE,
    environ: dict[str, str] | None = None,
    is_practice: bool = False,
) -> Iterator[Venue]:
    """A meeting under way, with an item of each kind, on a server of its own."""
    with open_hall("sqlite", more=environ or {}) as hall:
        hall.serve(1)
        yield venue_in(hall, *kinds, voters=voters, profile=profile, is_practice=is_practice)


def venue_in(
    hall: Hall,
    *kinds: ItemKind,
    voters: int = 6,
    profile: DisclosureProfile = DisclosureProfile.LIVE,
    is_practice: bool = False,
) -> Venue:
    """A meeting under way about a vote of its own, in a hall whose servers run."""
    vote = hall.open_vote(voters, profile=profile)
    session = hall.town.session
    session.info["clock"] = lambda: datetime.now(UTC)
    the_round = session.get_one(Round, vote.round_id)
    assembly = hall.town.assembly(the_round, *kinds, is_practice=is_practice)
    begin(session, assembly, hall.town.facilitator)
    session.commit()
    cards = [hall.card_of(vote, voter) for voter in vote.voters]
    venue = Venue(hall, assembly.id, assembly.code, vote.round_id, vote.voters, cards)
    session.rollback()
    return venue


def set_item(session: Session, item_id: int, **settings: object) -> AgendaItem:
    """Say how an item of the agenda is held."""
    item = session.get_one(AgendaItem, item_id)
    item.settings = {**item.settings, **settings}
    return item
