"""A process told to end: phones go elsewhere, what was begun is finished, no ballot is lost."""

from __future__ import annotations

import base64
import contextlib
import os
import re
import socket
import struct
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from http.cookiejar import CookieJar
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import func, select

from app import leaving
from app.carrying import GOING_AWAY
from app.leaving import Leaving
from app.porter import Porter
from app.rehearsal.socket import unframe
from ballots.box import Casting
from tests.cluster import Cluster, running_cluster
from tests.followers import following
from tests.in_browser.hall import Assembly, assembly

MODES = ["eventlet", "gevent", "threading"]
VOTERS = 12
PHONES = 12


# --- the order of things -------------------------------------------------------------------------


class Server:
    """A server that notes what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def held(self) -> int:
        return 0

    def stop_accepting(self) -> None:
        self.told.append("nobody new")

    def send_away(self, line: str) -> None:
        self.told.append(f"away {line}")

    def finish(self) -> None:
        self.told.append("finish")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that moves only when somebody sleeps."""
    slept = [0.0]

    def sleep(seconds: float) -> None:
        slept[0] += seconds

    sockets = {n: SimpleNamespace(line=f"{n}", closed=False) for n in range(200)}
    eio = SimpleNamespace(eio=SimpleNamespace(sockets=sockets))
    monkeypatch.setattr(leaving, "socketio", SimpleNamespace(sleep=sleep, server=eio))
    monkeypatch.setattr(leaving, "monotonic", lambda: slept[0])
    return slept


@pytest.fixture
def nobody_follows(quick: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    server = SimpleNamespace(eio=SimpleNamespace(sockets={}))
    monkeypatch.setattr("app.leaving.socketio.server", server)


def left(porter: Porter, server: Server, *, behind_front: bool) -> None:
    Leaving(porter, server, behind_front=behind_front).leave()  # type: ignore[arg-type]


def test_first_nobody_new_then_all_phones_a_few_at_a_time(quick: list[float]) -> None:
    porter, server = Porter(500), Server()
    left(porter, server, behind_front=True)
    assert porter.is_closing
    assert server.told == ["nobody new", *(f"away {n}" for n in range(200))]
    assert 0.8 * leaving.SPREAD < quick[0] < leaving.LATEST


def test_with_nobody_in_front_nothing_is_waited_for(
    quick: list[float], nobody_follows: None
) -> None:
    left(Porter(500), Server(), behind_front=False)
    assert quick[0] == 0


def test_what_never_ends_is_given_up_in_time(quick: list[float]) -> None:
    porter = Porter(500)
    with porter.at_work():
        left(porter, Server(), behind_front=True)
        assert leaving.LATEST <= quick[0] < leaving.LATEST + 1


def test_the_last_thing_is_done_once_nothing_is_under_way(
    quick: list[float], nobody_follows: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    porter, server = Porter(500), Server()
    ended: list[int] = []
    monkeypatch.setattr("app.leaving.os._exit", ended.append)
    last = partial(server.told.append, "last")
    going = Leaving(porter, server, behind_front=False, last=last)  # type: ignore[arg-type]
    going._is_told = True
    going._wait()
    assert server.told == ["nobody new", "last", "finish"]
    assert ended == [0]


# --- real processes ------------------------------------------------------------------------------


@contextlib.contextmanager
def one_process(folder: Path, async_mode: str, **settings: str) -> Iterator[Cluster]:
    database = f"sqlite:///{folder / 'one.db'}"
    with running_cluster(
        1, database_url=database, redis_url=None, front=False, async_mode=async_mode, **settings
    ) as cluster:
        yield cluster


def ready(cluster: Cluster) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"{cluster.urls[0]}/health/ready") as answer:  # noqa: S310 - our own
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def phone_at(cluster: Cluster) -> tuple[socket.socket, bytes]:
    """A websocket, and the head of the answer it got."""
    host = urlsplit(cluster.urls[0])
    line = socket.create_connection((host.hostname, host.port), timeout=20)
    line.sendall(
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        + f"Host: {host.netloc}\r\nOrigin: {cluster.urls[0]}\r\n".encode()
        + b"Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)) + b"\r\n\r\n"
    )  # fmt: skip
    head = b""
    while b"\r\n\r\n" not in head:
        head += line.recv(1)
    return line, head


def told_to_close(line: socket.socket) -> int:
    """The code with which a websocket is closed by its server."""
    heard = bytearray()
    while more := line.recv(4096):
        heard += more
        while (found := unframe(heard)) is not None:
            kind, words = found
            if kind == 8:
                return int(struct.unpack("!H", words[:2])[0])
    return 0


def in_background(act: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(act()))
    thread.start()
    return thread, found


@pytest.mark.parametrize("async_mode", MODES)
def test_a_process_told_to_end_sends_phones_away_finishes_what_was_begun_and_ends_well(
    tmp_path: Path, async_mode: str
) -> None:
    with one_process(tmp_path, async_mode, WARDMOTE_PROXIES="1") as cluster:
        assert ready(cluster) == (200, "ready\n")
        phone, head = phone_at(cluster)
        assert head.startswith(b"HTTP/1.1 101")
        host = urlsplit(cluster.urls[0])
        body = urlencode({"email": "rita@example.org"}).encode()
        with phone, socket.create_connection((host.hostname, host.port), timeout=20) as begun:
            begun.sendall(
                b"POST /sign-in HTTP/1.1\r\nHost: x\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\n"
                b"Content-Length: %d\r\n\r\n" % len(body)
            )
            time.sleep(0.3)
            ended, codes = in_background(lambda: cluster.end(0))
            began = time.monotonic()
            time.sleep(0.5)
            status, words = ready(cluster)
            assert status == 503
            assert "about to end" in words
            assert told_to_close(phone) == GOING_AWAY
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((host.hostname, host.port), timeout=5)
            begun.sendall(body)
            answer = begun.recv(65_536)
            assert re.match(rb"HTTP/1\.[01] 400 ", answer)
            assert b"Connection: close" in answer
            ended.join()
        assert codes == [0]
        assert 5 < time.monotonic() - began < 15, cluster.log[-3000:]
        assert "Traceback" not in cluster.log


@pytest.mark.parametrize("async_mode", ["eventlet", "gevent"])
def test_a_full_process_refuses_more_phones_and_still_answers_how_it_is(
    tmp_path: Path, async_mode: str
) -> None:
    with one_process(tmp_path, async_mode, WARDMOTE_MOST_CONNECTIONS="10") as cluster:
        phones = []
        with contextlib.ExitStack() as stack:
            for _ in range(12):
                line, head = phone_at(cluster)
                stack.enter_context(line)
                phones.append(head.startswith(b"HTTP/1.1 101"))
            assert phones == [True] * 10 + [False] * 2
            status, words = ready(cluster)
            assert status == 503
            assert "nearly full: 1" in words
            assert "of 10 connections" in words
            with urllib.request.urlopen(f"{cluster.urls[0]}/health/live") as answer:  # noqa: S310 - our own
                assert answer.read() == b"ok\n"
        until = time.monotonic() + 10
        while ready(cluster)[0] != 200:
            assert time.monotonic() < until, ready(cluster)
            time.sleep(0.1)


# --- under a stream of ballots -------------------------------------------------------------------


class Voter:
    """Somebody with a voter card and a browser without scripts, who sends each ballot once."""

    def __init__(self, vote: Assembly, number: int) -> None:
        self._address, self._number, self._sent = vote.address("ballot"), number, 0
        self._open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar())
        ).open
        page = self._open(vote.card(number)).read().decode()
        names = ("csrf_token", "project")
        found = [re.search(rf'name="{name}"[^>]* value="([^"]+)"', page) for name in names]
        self._form = {name: match[1] for name, match in zip(names, found, strict=True) if match}

    def cast(self) -> str:
        """Cast once more, as another ballot; where that led to, or what went wrong."""
        self._sent += 1
        form = {**self._form, "request_id": f"{self._number}-{self._sent}"}
        request = urllib.request.Request(  # noqa: S310 - our own address
            self._address, urlencode(form).encode(), {"Referer": self._address}
        )
        try:
            with self._open(request, timeout=30) as answer:
                return urlsplit(answer.url).path
        except OSError as wrong:
            return str(wrong)


class Stream:
    """Voters who cast again and again until it is turned off."""

    def __init__(self, voters: list[Voter]) -> None:
        self.answers: list[str] = []
        self.slowest = 0.0
        self._is_on = True
        self._threads = [threading.Thread(target=self._run, args=(voter,)) for voter in voters]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_on = False
        for thread in self._threads:
            thread.join()

    def _run(self, voter: Voter) -> None:
        while self._is_on:
            began = time.monotonic()
            self.answers.append(voter.cast())
            self.slowest = max(self.slowest, time.monotonic() - began)
            time.sleep(0.3)


@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.parametrize("async_mode", MODES)
def test_a_restart_under_a_stream_of_ballots_refuses_loses_and_doubles_none(
    postgres_url: str, redis_url: str, async_mode: str
) -> None:
    with (
        running_cluster(
            2, database_url=postgres_url, redis_url=redis_url, async_mode=async_mode
        ) as cluster,
        assembly(cluster.server, voters=VOTERS + 1) as vote,
    ):
        front = urlsplit(cluster.base_url)
        assert front.hostname
        assert front.port
        voters = [Voter(vote, number) for number in range(1, VOTERS + 1)]
        with following(front.hostname, front.port, vote.round_id, phones=PHONES) as followers:
            with Stream(voters) as stream:
                time.sleep(1)
                began = time.monotonic()
                assert cluster.restart(0) == 0
                took = time.monotonic() - began
                time.sleep(1)
            assert set(stream.answers) == {f"/rounds/{vote.round_id}/counted"}
            with vote.database.reading() as session:
                cast = select(func.count()).where(Casting.round_id == vote.round_id)
                assert session.execute(cast).scalar_one() == len(stream.answers)
            assert vote.ballots() == VOTERS
            assert 3 <= len(followers.gaps) <= PHONES
            assert max(followers.gaps) < 8
            vote.cast(VOTERS + 1)
            followers.wait_for(lambda tally: tally["turnout"] == VOTERS + 1)
        assert cluster.turned_away == []
        print(  # noqa: T201 - figures for whoever runs it with -s
            f"{async_mode}: {len(stream.answers)} ballots, restart {took:.1f} s, slowest "
            f"{stream.slowest:.2f} s, {len(followers.gaps)} phones away {max(followers.gaps):.1f} s"
        )
