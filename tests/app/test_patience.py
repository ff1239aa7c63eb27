"""How long a process waits for whoever speaks slowly or not at all, with nothing in front of it."""

import io
import socket
import time
from collections.abc import Iterator

import pytest

from app.on_eventlet import patience
from app.on_eventlet.patience import Patience


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that the test sets."""
    at = [1_000.0]
    monkeypatch.setattr(patience, "monotonic", lambda: at[0])
    return at


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    here, there = socket.socketpair()
    with here, there:
        yield here, there


def reading(line: socket.socket) -> tuple[Patience, io.BufferedReader]:
    waiting = Patience(line.makefile("rb", buffering=0), line)
    return waiting, io.BufferedReader(waiting)


def test_bytes_one_by_one_do_not_renew_the_time_for_the_head(
    ends: tuple[socket.socket, socket.socket], clock: list[float]
) -> None:
    here, there = ends
    _, reader = reading(here)
    there.sendall(b"G")
    assert reader.read1(1) == b"G"
    for _ in range(9):
        clock[0] += 1
        there.sendall(b"E")
        assert reader.read1(1) == b"E"
    clock[0] += 1.1
    there.sendall(b"T")
    with pytest.raises(TimeoutError):
        reader.read1(1)


def test_a_large_body_has_more_time_than_a_small_one(
    ends: tuple[socket.socket, socket.socket], clock: list[float]
) -> None:
    here, there = ends
    waiting, reader = reading(here)
    for length, seconds in ((100, 15.5), (1_000_000, 110.0)):
        waiting.await_body(length)
        clock[0] += seconds
        there.sendall(b"x")
        if length == 100:
            with pytest.raises(TimeoutError):
                reader.read1(1)
            there.sendall(b"y")
        else:
            assert reader.read1(2) == b"xy"


def test_the_next_request_has_time_of_its_own_and_the_line_keeps_its_time_out(
    ends: tuple[socket.socket, socket.socket], clock: list[float]
) -> None:
    here, there = ends
    here.settimeout(7)
    waiting, reader = reading(here)
    there.sendall(b"a")
    reader.read1(1)
    clock[0] += 60
    waiting.await_request()
    clock[0] += 29
    there.sendall(b"b")
    assert reader.read1(1) == b"b"
    assert here.gettimeout() == 7


def test_whoever_says_nothing_is_waited_for_no_longer_than_that(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "IDLE", 0.2)
    _, reader = reading(ends[0])
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        reader.read1(1)
    assert 0.15 < time.monotonic() - began < 2
