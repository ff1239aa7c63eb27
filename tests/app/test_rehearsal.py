"""Simulated phones do what phones do, and a rehearsal tells what was reached and cleans up."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from app.rehearsal import booth, following
from app.rehearsal.booth import Paper, cast
from app.rehearsal.driving import Rehearsal, Step
from app.rehearsal.following import Follower, of_round
from app.rehearsal.office import NotPracticeError, Office
from app.rehearsal.socket import frame, unframe
from app.rehearsal.web import Browser
from app.settings import settings_from
from ballots.keys import KeyFolder
from neighbourhoods.attendance import Attendee, Phone
from neighbourhoods.database import Database
from neighbourhoods.phases import Phase
from tests.browser import ROOT, WardmoteServer, apart, running_wardmote
from tests.builders import Town

PHONES = 8


@dataclass
class Hall:
    """A running server with a rehearsal and a meeting in earnest."""

    server: WardmoteServer
    database: Database
    office: Office
    code: str
    earnest: Office
    earnest_code: str

    def count(self, table: type[Attendee] | type[Phone]) -> int:
        with self.database.reading() as session:
            return session.execute(select(func.count(table.id))).scalar_one()

    def flask(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "flask", "--app", "wsgi", *words],
            cwd=ROOT,
            env=os.environ | self.server.settings,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def hall() -> Iterator[Hall]:
    with running_wardmote() as server:
        settings = settings_from(server.settings)
        database, keys = Database(settings.database_url), KeyFolder(settings.key_folder)
        with database.writing() as session:
            session.info["clock"] = lambda: datetime.now(UTC)
            town = Town(session, keys)
            the_round = town.round(Phase.VOTE)
            practice = town.assembly(the_round, is_practice=True)
            earnest = town.assembly(the_round)
            session.commit()
            officer = town.officer.id
            offices = [Office(database, keys, each.id, officer) for each in (practice, earnest)]
            codes = [practice.code, earnest.code]
        yield Hall(server, database, offices[0], codes[0], offices[1], codes[1])
        database.dispose()


def test_a_rehearsal_walks_through_a_meeting_and_leaves_nothing_once_wiped(hall: Hall) -> None:
    steps: list[Step] = []
    rehearsal = Rehearsal(hall.office, hall.server.base_url, hall.code, PHONES, steps.append)
    apart(rehearsal.run())
    reached = {step.name: (step.reached, step.of) for step in steps}
    assert len(reached) == 8
    assert all(of == PHONES and got == of for got, of in reached.values()), reached
    assert hall.count(Attendee) == hall.count(Phone) == PHONES
    assert hall.office.wipe() == (1, PHONES)
    assert hall.count(Attendee) == hall.count(Phone) == 0
    assert hall.office.wipe() == (0, 0)


def test_nothing_is_rehearsed_or_wiped_in_a_meeting_in_earnest(hall: Hall) -> None:
    for more in ([], ["--wipe"]):
        done = hall.flask("rehearse", hall.earnest_code, "--voters", "2", *more)
        assert done.returncode == 1
        assert "is a meeting in earnest" in done.stderr
    with pytest.raises(NotPracticeError):
        hall.earnest.wipe()
    assert hall.count(Phone) == 0


def test_a_code_of_no_meeting_and_a_server_that_is_away_are_said_in_words(hall: Hall) -> None:
    assert "No meeting is joined" in hall.flask("rehearse", "ZZZZZZ").stderr
    away = hall.flask("rehearse", hall.code, "--address", "http://127.0.0.1:9")
    assert "No server answers" in away.stderr
    secure = hall.flask("rehearse", hall.code, "--address", "https://127.0.0.1:9")
    assert "plain HTTP" in secure.stderr


def test_a_phone_that_follows_comes_back_after_its_socket_broke(hall: Hall) -> None:
    async def follow() -> int:
        browser = Browser(hall.server.base_url)
        follower = Follower(browser, hall.server.base_url, of_round(1))
        follower.start()
        async with asyncio.timeout(30):
            await follower.reached.wait()
            assert follower.socket is not None
            follower.socket.hang_up()
            while follower.connections < 2:
                await asyncio.sleep(0.05)
        await follower.stop()
        return follower.connections

    assert apart(follow()) == 2


@pytest.mark.parametrize("hears", [True, False])
def test_who_has_heard_something_since_the_network_returned_keeps_its_socket(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, *, hears: bool
) -> None:
    monkeypatch.setattr(following, "WAKE_WITHIN", 0.2)

    async def come_online() -> bool:
        browser = Browser(hall.server.base_url)
        follower = Follower(browser, hall.server.base_url, of_round(1))
        follower.start()
        async with asyncio.timeout(30):
            await follower.reached.wait()
            before, state = follower.socket, follower.state
            coming = asyncio.create_task(follower.come_online())
            await asyncio.sleep(0)
            if hears:
                follower.receive(state)
            await coming
            await asyncio.sleep(0)
            while not follower.is_connected:
                await asyncio.sleep(0.02)
        await follower.stop()
        return follower.socket is before

    assert apart(come_online()) is hears


def test_an_unanswered_ballot_is_sent_again_as_the_same_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(booth, "FIRST_WAIT", 0.01)
    bodies: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            bodies.append(await reader.readexactly(size))
            if len(bodies) == 2:
                writer.write(b"HTTP/1.1 503 Away\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            elif len(bodies) == 3:
                told = b'{"next":"/x","receipt":{"code":"ABC","commitment":"d"}}'
                length = str(len(told)).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: " + length + b"\r\n\r\n" + told)
        writer.close()  # the first time: without any answer

    async def send() -> tuple[str, int]:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        paper = Paper("/ballot", {"request_id": "one", "project": ["a"]})
        browser = Browser(f"http://127.0.0.1:{port}")
        done = await cast(browser, paper)
        browser.hang_up()
        await asyncio.sleep(0.05)  # what was hung up is closed in the loop's next turns
        server.close()
        return done.receipt, done.sendings

    assert apart(send()) == ("ABC", 3)
    assert len(set(bodies)) == 1
    assert b"request_id=one" in bodies[0]


@pytest.mark.parametrize("size", [0, 5, 125, 126, 4_000, 65_535])
def test_a_masked_frame_reads_back_as_it_was_written(size: int) -> None:
    words, mask = bytes(n % 251 for n in range(size)), b"\x01\x80\xfe\x37"
    sent = bytearray(frame(1, words, mask))
    assert sent[1] & 0x80
    # A server unmasks what a client sent; what it sends itself bears no mask.
    at = 2 if size < 126 else 4
    plain = bytes(each ^ mask[n % 4] for n, each in enumerate(sent[at + 4 :]))
    heard = bytearray(bytes((sent[0], sent[1] & 0x7F)) + sent[2:at] + plain + b"\x89")
    assert unframe(heard) == (1, words)
    assert heard == b"\x89"
    assert unframe(heard) is None
