"""Two clerks that both believe they lead, on one PostgreSQL: what they do is done once."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.factory import create_app
from app.house import keys as keys_of
from app.leading import OnlyOne
from app.schema import migrate
from app.settings import Settings
from app.ticker import Ticker
from ballots.audit import first_fault
from ballots.ledger import EntryKind, entries_of
from ballots.outcome import Outcome
from ballots.tally import Snapshot
from neighbourhoods.database import Database
from neighbourhoods.letters import Letter
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.builders import Clock, Town
from tests.services.test_tally import vote

pytestmark = pytest.mark.postgres
ROUNDS = 3


@pytest.fixture
def council(
    postgres_url: str, test_settings: Settings, clock: Clock, tmp_path: Path
) -> Iterator[tuple[Flask, Town, Database]]:
    settings = replace(test_settings, database_url=postgres_url)
    app = create_app(settings, clock=clock)
    database = Database(postgres_url, clock=clock)
    migrate(database)
    with app.app_context(), database.writing() as session:
        yield app, Town(session, keys_of()), database
    app.extensions["wardmote"][1].dispose()
    database.dispose()


def tick_together(clerks: list[Ticker]) -> None:
    """Let all of them begin in the same moment, and wait for the last."""
    start = threading.Barrier(len(clerks))

    def tick(clerk: Ticker) -> None:
        start.wait(10)
        clerk.tick()

    threads = [threading.Thread(target=tick, args=(clerk,)) for clerk in clerks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def test_two_clerks_at_once_do_everything_once(
    council: tuple[Flask, Town, Database], clock: Clock
) -> None:
    app, town, database = council
    session = town.session
    rounds = [
        town.round(Phase.VOTE, voters=12, step=2, closes_in=timedelta(hours=1))
        for _ in range(ROUNDS)
    ]
    clerks = [Ticker(app, delay=float, lead=OnlyOne()) for _ in range(3)]
    for voters in (range(1, 5), range(5, 9), range(9, 12)):
        for the_round in rounds:
            vote(town, the_round, voters)
        session.commit()
        for _ in range(3):
            tick_together(clerks)
    clock.moves(hours=1)
    for _ in range(4):
        tick_together(clerks)
    with database.reading() as looked:
        for one in rounds:
            the_round = looked.get_one(Round, one.id)
            assert the_round.phase == Phase.SIGN_OFF
            reached = [move.to_phase for move in the_round.moves]
            assert len(reached) == len(set(reached))
            assert looked.get_one(Outcome, one.id).ballots_cast == 11
            kinds = Counter(entry.kind for entry in entries_of(looked, one.id))
            assert kinds[EntryKind.CLOSED] == kinds[EntryKind.TALLIED] == 1
            versions = looked.scalars(
                select(Snapshot.version).where(Snapshot.round_id == one.id)
            ).all()
            assert sorted(versions) == list(range(1, len(versions) + 1))
            assert len(versions) > 2
            assert first_fault(looked, town.keys, the_round) is None
        letters = Counter((one.to_email, one.subject) for one in looked.scalars(select(Letter)))
    waiting = {who: number for who, number in letters.items() if who[1].startswith("“")}
    assert set(waiting.values()) == {ROUNDS}, "a letter for each round, to each councillor"
    assert {number for who, number in letters.items() if who not in waiting} <= {1}
