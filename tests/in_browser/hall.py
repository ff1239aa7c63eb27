"""A running Wardmote with rounds in it, made through the services on the database it serves."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

from playwright.sync_api import Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.settings import settings_from
from ballots.casting import cast_ballot
from ballots.disclosure import DisclosureProfile
from ballots.keys import KeyFolder
from ballots.outcome import outcome_of
from ballots.sealing import turnout
from neighbourhoods.database import Database
from neighbourhoods.eligibility import RollRow, replace_roll, voter_code
from neighbourhoods.phases import Phase
from neighbourhoods.places import Community
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.browser import WardmoteServer
from tests.builders import Town


@dataclass(frozen=True)
class Assembly:
    """One round on a running server, and the codes of its voter cards."""

    server: WardmoteServer
    database: Database
    keys: KeyFolder
    round_id: int
    codes: tuple[str, ...]

    def address(self, page: str) -> str:
        return f"{self.server.base_url}/rounds/{self.round_id}/{page}"

    def card(self, voter: int) -> str:
        return f"{self.server.base_url}/v/{self.codes[voter - 1]}"

    def describe(self, projects: Sequence[tuple[str, str, int]]) -> None:
        """Give the round's projects these titles, categories and costs in pence."""
        with self.database.writing() as session:
            found = projects_in(session, self.round_id)
            for project, (title, category, pence) in zip(found, projects, strict=True):
                project.title, project.category, project.cost_pence = title, category, pence
            session.commit()

    def choose(self, voter: int, *places: int) -> None:
        """Let one voter choose the round's projects at these places, from 0."""
        with self.database.writing() as session:
            the_round = session.get_one(Round, self.round_id)
            projects = projects_in(session, self.round_id)
            chosen = [projects[place].code for place in places]
            entry = _town(session, self.keys).voter(the_round, voter)
            cast_ballot(session, self.keys, the_round, entry, chosen, request_id=f"c{voter}")
            session.commit()

    def cast(self, *voters: int, project: int = 0) -> None:
        """Let these voters choose the round's n-th project."""
        with self.database.writing() as session:
            the_round = session.get_one(Round, self.round_id)
            code = projects_in(session, self.round_id)[project].code
            town = _town(session, self.keys)
            for number in voters:
                entry = town.voter(the_round, number)
                cast_ballot(session, self.keys, the_round, entry, [code], request_id=f"r{number}")
            session.commit()

    def score(self, *voters: int, project: int, score: int) -> None:
        """Let these voters give this many points to the round's n-th project."""
        with self.database.writing() as session:
            the_round = session.get_one(Round, self.round_id)
            given = {projects_in(session, self.round_id)[project].code: score}
            town = _town(session, self.keys)
            for number in voters:
                entry = town.voter(the_round, number)
                cast_ballot(session, self.keys, the_round, entry, given, request_id=f"s{number}")
            session.commit()

    def ballots(self) -> int:
        with self.database.reading() as session:
            return turnout(session, self.round_id)

    def open(self) -> None:
        with self.database.writing() as session:
            session.info["clock"] = lambda: datetime.now(UTC)
            town = _town(session, self.keys)
            town.enter(session.get_one(Round, self.round_id), Phase.VOTE)
            session.commit()

    def close(self) -> None:
        with self.database.writing() as session:
            town = _town(session, self.keys)
            town.enter(session.get_one(Round, self.round_id), Phase.COUNT)
            session.commit()

    def wait_until_counted(self) -> None:
        """Return once the server has stored the outcome of the closed vote."""
        for _ in range(300):
            with self.database.reading() as session:
                if outcome_of(session, self.round_id):
                    return
            sleep(0.1)
        raise AssertionError(f"not counted within 30 seconds\n{self.server.log}")


def _town(session: Session, keys: KeyFolder) -> Town:
    """The town of this database, made by whoever asks first."""
    canal_side = session.scalar(select(Community).where(Community.name == "Canal Side"))
    if canal_side is None:
        return Town(session, keys)
    town = object.__new__(Town)
    town.session, town.keys, town.neighbourhood = session, keys, canal_side
    town.officer, town.resident = town.person("Olive Officer"), town.person("Rita Resident")
    return town


@contextmanager
def assembly(
    server: WardmoteServer,
    *,
    voters: int = 12,
    proposals: int = 4,
    step: int = 2,
    profile: DisclosureProfile = DisclosureProfile.LIVE,
    phase: Phase = Phase.VOTE,
    **rules: Any,
) -> Iterator[Assembly]:
    """A round of a town of its own on a running server."""
    settings = settings_from(server.settings)
    database, keys = Database(settings.database_url), KeyFolder(settings.key_folder)
    key = settings.key_for("voter-codes")
    with database.writing() as session:
        session.info["clock"] = lambda: datetime.now(UTC)
        town = _town(session, keys)
        the_round = town.round(
            Phase.DEBATE, proposals=proposals, step=step, profile=profile, **rules
        )
        numbers = range(1, voters + 1)
        roll = [RollRow(f"R{n}", f"Voter {n}", None, f"voter{n}@example.org") for n in numbers]
        replace_roll(session, key, the_round, roll)
        town.closes(the_round, timedelta(minutes=30))
        if phase != Phase.DEBATE:
            town.enter(the_round, phase)
        session.commit()
        codes = tuple(voter_code(key, the_round.id, f"R{n}") for n in numbers)
        round_id = the_round.id
    yield Assembly(server, database, keys, round_id, codes)
    database.dispose()


def mark_covers(page: Page) -> list[str]:
    """What stands on a screen under the mark of one that is cut off."""
    covered: list[str] = page.evaluate(
        """() => {
          const mark = document.querySelector("[data-away]").getBoundingClientRect();
          const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          const covered = [];
          while (texts.nextNode()) {
            const { currentNode: text } = texts, range = document.createRange();
            const words = text.data.trim();
            if (!words || text.parentElement.closest("[data-away], .screen__unseen, [hidden]")) {
              continue;
            }
            range.selectNodeContents(text);
            for (const box of range.getClientRects()) {
              const beside = box.right <= mark.left || box.left >= mark.right;
              const apart = beside || box.bottom <= mark.top || box.top >= mark.bottom;
              if (!apart) covered.push(words);
            }
          }
          return covered;
        }"""
    )
    return covered
