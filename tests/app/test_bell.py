"""The bell between processes: what is read as one, and what a real Valkey carries."""

import json
import pickle
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import redis
from flask import Flask

from app import bell as bell_room
from app.bell import CHANNEL, MOST_BYTES, Bell, Rung, Told, read_rung
from tests.servers import Server, running_valkey

BY = "0123456789abcdef"


def rung(**told: object) -> bytes:
    return json.dumps(told).encode()


def test_a_bell_is_read_as_it_was_written() -> None:
    for about in Told:
        one = Rung(about, 7, 12, BY)
        assert read_rung(one.written().encode()) == one


@pytest.mark.parametrize(
    "words",
    [
        None,
        1,
        "a text",
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe{",
        b"[" * MOST_BYTES,
        b"NaN",
        pickle.dumps({"round": 1, "version": 1, "by": BY}),
        rung(round=1, version=1),
        rung(round=1, by=BY),
        rung(version=1, by=BY),
        rung(round="1", version=1, by=BY),
        rung(round=True, version=1, by=BY),
        rung(round=1, version=True, by=BY),
        rung(round=1.0, version=1, by=BY),
        rung(round=0, version=1, by=BY),
        rung(round=-1, version=1, by=BY),
        rung(round=2**31, version=1, by=BY),
        rung(round=1, version=-1, by=BY),
        rung(round=1, version=2**31, by=BY),
        rung(round=[1], version=1, by=BY),
        rung(round=1, version=1, by=""),
        rung(round=1, version=1, by=BY.upper()),
        rung(round=1, version=1, by=BY + "\n"),
        rung(round=1, version=1, by=1),
        rung(round=1, assembly=1, version=1, by=BY),
        rung(round=1, version=1, by=BY, figures=[]),
        rung(tally=1, version=1, by=BY),
        rung(method="emit", event="tally", data=[{}]),
        rung(round=1, version=1, by=BY) + b" " * MOST_BYTES,
    ],
)
def test_whatever_is_not_exactly_a_bell_is_none(words: object) -> None:
    assert read_rung(words) is None


# --- a real Valkey -------------------------------------------------------------------------------


@pytest.fixture
def valkey(app: Flask) -> Iterator[Server]:
    """A Valkey of this test's own, which it may stop; the app, for its background tasks."""
    with running_valkey() as server:
        yield server


class Listener:
    """A process that hears the bell."""

    def __init__(self, url: str) -> None:
        self.heard: list[set[Rung] | None] = []
        self.bell = Bell(url)
        threading.Thread(target=self.bell._listen, args=(self.heard.append,), daemon=True).start()
        threading.Thread(target=self.bell._send, daemon=True).start()

    @property
    def rungs(self) -> set[Rung]:
        return {rung for rungs in self.heard for rung in rungs or ()}


def until(happens: Callable[[], bool], within: float = 10.0) -> float:
    began = time.monotonic()
    while not happens():
        assert time.monotonic() - began < within, "it did not happen"
        time.sleep(0.01)
    return time.monotonic() - began


@pytest.mark.redis
def test_others_hear_what_is_rung_and_who_rang_does_not(valkey: Server) -> None:
    one, other = Listener(valkey.url), Listener(valkey.url)
    until(lambda: one.bell.is_heard and other.bell.is_heard)
    one.bell.ring(Told.ROUND, 3, 17)
    until(lambda: bool(other.rungs))
    assert other.rungs == {Rung(Told.ROUND, 3, 17, one.bell.process)}
    assert one.rungs == set()


@pytest.mark.redis
def test_ringing_never_waits_and_is_resumed_by_itself(valkey: Server) -> None:
    with running_valkey() as gone:
        one = Listener(gone.url)
        until(lambda: one.bell.is_heard)
    until(lambda: not one.bell.is_heard)
    began = time.monotonic()
    for version in range(1000):
        one.bell.ring(Told.ASSEMBLY, 1, version)
    assert time.monotonic() - began < 0.1


@pytest.mark.redis
def test_who_lost_the_bell_is_told_to_look_at_everything_once_it_is_heard_again(
    valkey: Server,
) -> None:
    one, other = Listener(valkey.url), Listener(valkey.url)
    until(lambda: one.bell.is_heard and other.bell.is_heard)
    with redis.Redis.from_url(valkey.url) as client:
        client.client_kill_filter(_type="pubsub")
    until(lambda: other.heard.count(None) == 2)
    until(lambda: one.bell.is_heard and other.bell.is_heard)
    one.bell.ring(Told.ROUND, 3, 18)
    until(lambda: bool(other.rungs))


@pytest.mark.redis
def test_a_redis_that_hangs_counts_as_lost(valkey: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell_room, "SILENT_AFTER", 1.0)
    one = Listener(valkey.url)
    until(lambda: one.bell.is_heard)
    with redis.Redis.from_url(valkey.url, socket_timeout=1) as client:
        client.client_pause(4000)
        until(lambda: not one.bell.is_heard, 4.0)
    until(lambda: one.bell.is_heard)


@pytest.mark.redis
def test_a_flood_of_forged_bells_is_looked_at_a_few_times_a_second(valkey: Server) -> None:
    one = Listener(valkey.url)
    until(lambda: one.bell.is_heard)
    looks = len(one.heard)
    began = time.monotonic()
    with redis.Redis.from_url(valkey.url) as client:
        while time.monotonic() - began < 1.0:
            line = client.pipeline(transaction=False)
            for version in range(100):
                line.publish(CHANNEL, Rung(Told.ROUND, 3, version, BY).written())
            line.execute()
    assert len(one.heard) - looks <= 1.0 / bell_room.LOOKS_APART + 2
