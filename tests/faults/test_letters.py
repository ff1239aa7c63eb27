"""The process that carries the letters is killed or hangs: every letter leaves, and leaves once."""

import os
import signal
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes

import pytest
from sqlalchemy import func, select

from neighbourhoods.letters import Letter, write_letter
from tests.faults.evening import Evening, measured, open_evening
from tests.servers import Restartable

LETTERS = 60
TAKES = 0.1


@dataclass
class PostOffice:
    """An SMTP server that takes a while over each letter, and keeps what each was called."""

    port: int = 0
    names: list[str] = field(default_factory=list)


class Clerk(socketserver.StreamRequestHandler):
    """One conversation, as much of RFC 5321 as our side speaks."""

    office: PostOffice

    def say(self, words: str) -> None:
        self.wfile.write(words.encode() + b"\r\n")

    def handle(self) -> None:
        self.say("220 here")
        while line := self.rfile.readline().strip().upper():
            if line == b"DATA":
                self.say("354 go on")
                self._take()
            elif line == b"QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 good")

    def _take(self) -> None:
        body = b""
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            body += line
        time.sleep(TAKES)
        self.office.names.append(str(message_from_bytes(body)["Message-ID"]))
        self.say("250 taken")


@pytest.fixture
def office() -> Iterator[PostOffice]:
    office = PostOffice()

    clerk = type("ItsClerk", (Clerk,), {"office": office})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), clerk) as server:
        server.daemon_threads = True
        office.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield office
        server.shutdown()


@pytest.fixture
def posting(postgres: Restartable, valkey: Restartable, office: PostOffice) -> Iterator[Evening]:
    smtp = f"smtp://127.0.0.1:{office.port}"
    with open_evening(postgres.url, valkey.url, WARDMOTE_SMTP_URL=smtp) as evening:
        yield evening


def waiting(evening: Evening) -> int:
    with evening.hall.database.reading() as session:
        query = select(func.count()).select_from(Letter).where(Letter.sent_at.is_(None))
        return session.execute(query).scalar_one()


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGSTOP])
def test_every_letter_leaves_once(posting: Evening, office: PostOffice, by: signal.Signals) -> None:
    with posting.hall.database.writing() as session:
        for number in range(LETTERS):
            write_letter(session, f"r{number}@example.org", "The decision", "It is made.")
        session.commit()
    while len(office.names) < LETTERS // 4:
        time.sleep(0.02)
    leader = posting.leader
    assert leader is not None
    pid = posting.cluster.pids[leader]
    os.kill(pid, by)
    struck = time.monotonic()
    while waiting(posting) > (1 if by == signal.SIGSTOP else 0):
        assert time.monotonic() - struck < 45
        time.sleep(0.05)
    carried = time.monotonic() - struck
    if by == signal.SIGSTOP:  # the one in its hand waits for it
        os.kill(pid, signal.SIGCONT)
        while waiting(posting):
            assert time.monotonic() - struck < 60
            time.sleep(0.05)
        time.sleep(3)
    sent = Counter(office.names)
    measured(letters=len(sent), sent_twice=len(office.names) - len(sent), carried_after=carried)
    assert len(sent) == LETTERS
    if by == signal.SIGSTOP:
        assert set(sent.values()) == {1}
    else:
        # Killed between the post office's word and writing it down: the same letter, by its name.
        assert len(office.names) <= LETTERS + 1
