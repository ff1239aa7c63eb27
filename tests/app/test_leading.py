"""Which process acts by the clock: one at a time, on a real PostgreSQL, whatever becomes of it."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from app import leading
from app.leading import LeadByLock, OnlyOne, lead_in
from neighbourhoods.database import Database
from tests.browser import ROOT

pytestmark = pytest.mark.postgres
SHORT_LEASE = 1.5

# A process that asks for the lead as a server does, and writes down whenever it has it.
ASKING = f"""
import sys, time
from app import leading
from neighbourhoods.database import Database
leading.LEASE = {SHORT_LEASE}
lead = leading.LeadByLock(Database(sys.argv[1]))
while True:
    lead.ask()
    print(time.monotonic(), int(lead.is_ours), flush=True)
    for _ in range(10):
        time.sleep(0.02)
        print(time.monotonic(), int(lead.is_ours), flush=True)
"""


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    database = Database(postgres_url)
    yield database
    database.dispose()


@pytest.fixture
def short_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leading, "LEASE", SHORT_LEASE)


def until(happens: Callable[[], bool], within: float) -> None:
    began = time.monotonic()
    while not happens():
        assert time.monotonic() - began < within, "it did not happen"
        time.sleep(0.02)


def test_of_two_one_leads_until_it_gives_up(postgres: Database) -> None:
    first, second = LeadByLock(postgres), LeadByLock(postgres)
    for _ in range(3):
        first.ask()
        second.ask()
        assert (first.is_ours, second.is_ours) == (True, False)
    first.give_up()

    def second_leads() -> bool:  # the database sees only after a moment that somebody hung up
        second.ask()
        return second.is_ours

    until(second_leads, 10)
    first.ask()
    assert not first.is_ours
    second.give_up()
    first.give_up()


def test_nobody_leads_before_they_have_asked(postgres: Database) -> None:
    assert not LeadByLock(postgres).is_ours


def test_who_is_silent_too_long_does_not_lead_and_the_next_one_does(
    postgres: Database, short_lease: None
) -> None:
    silent, other = LeadByLock(postgres), LeadByLock(postgres)
    began = time.monotonic()
    silent.ask()
    other.ask()
    while not other.is_ours and time.monotonic() - began < 10:
        if time.monotonic() - began < SHORT_LEASE * 0.8:
            assert silent.is_ours
        time.sleep(0.1)
        other.ask()
    assert other.is_ours
    assert not silent.is_ours
    silent.ask()  # its connection was ended: it finds out, and asks anew
    silent.ask()
    assert not silent.is_ours
    other.give_up()
    silent.give_up()


def test_a_connection_that_is_ended_ends_the_lead_when_it_asks(
    postgres: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    lead = LeadByLock(postgres)
    lead.ask()
    with postgres.engine.connect() as connection:
        ended = connection.execute(
            text(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_locks "
                "WHERE locktype = 'advisory' AND classid = 7002"
            )
        ).scalar_one()
    assert ended == 1
    states = []
    for _ in range(2):
        lead.ask()
        states.append(lead.is_ours)
    assert states == [False, True]
    assert "lead lost" in capsys.readouterr().out
    lead.give_up()


def test_a_database_that_is_away_gives_the_lead_to_nobody() -> None:
    lead = LeadByLock(Database("postgresql+psycopg2://nobody@127.0.0.1:1/none"))
    lead.ask()
    assert not lead.is_ours


def test_on_sqlite_the_one_process_leads(tmp_path: Path) -> None:
    lead = lead_in(Database(f"sqlite:///{tmp_path / 'one.db'}"))
    lead.ask()
    assert isinstance(lead, OnlyOne)
    assert lead.is_ours


# --- processes -----------------------------------------------------------------------------------


@dataclass
class Clerk:
    """A process that asks for the lead, and what it wrote."""

    process: subprocess.Popen[bytes]
    file: Path

    @property
    def looks(self) -> list[tuple[float, bool]]:
        lines = [line.split() for line in self.file.read_text().splitlines()]
        return [(float(line[0]), line[1] == "1") for line in lines if len(line) == 2]

    @property
    def leads(self) -> bool:
        looks = self.looks
        return bool(looks) and looks[-1][1]


@pytest.fixture
def clerks(postgres_url: str, tmp_path: Path) -> Iterator[list[Clerk]]:
    found = []
    for number in range(2):
        file = tmp_path / f"clerk-{number}"
        with file.open("wb") as lines:
            command = [sys.executable, "-c", ASKING, postgres_url]
            found.append(Clerk(subprocess.Popen(command, stdout=lines, cwd=ROOT), file))
    yield found
    for clerk in found:
        clerk.process.kill()
        clerk.process.wait(10)


def leader_and_other(clerks: list[Clerk]) -> tuple[Clerk, Clerk]:
    until(lambda: all(clerk.looks for clerk in clerks), 30)
    until(lambda: sum(clerk.leads for clerk in clerks) == 1, 10)
    leader = next(clerk for clerk in clerks if clerk.leads)
    return leader, next(clerk for clerk in clerks if clerk is not leader)


def test_a_leader_that_is_killed_is_followed_at_once(clerks: list[Clerk]) -> None:
    leader, other = leader_and_other(clerks)
    leader.process.send_signal(signal.SIGKILL)
    until(lambda: other.leads, 5)


def test_a_leader_that_hangs_is_followed_and_when_it_wakes_it_never_leads_beside_the_other(
    clerks: list[Clerk],
) -> None:
    leader, other = leader_and_other(clerks)
    leader.process.send_signal(signal.SIGSTOP)
    stopped = time.monotonic()
    until(lambda: other.leads, SHORT_LEASE + 5)
    time.sleep(0.3)
    leader.process.send_signal(signal.SIGCONT)
    woken = time.monotonic()
    until(lambda: leader.looks[-1][0] > woken + 0.5, 10)
    # The line that it was about to write when it was stopped was looked at before.
    after = [is_ours for at, is_ours in leader.looks if at > stopped + SHORT_LEASE]
    assert len(after) > 5
    assert not any(after)
    assert other.leads
