"""Whoever can write to Redis: what they forge runs nothing, shows nothing, and cuts nobody off."""

import asyncio
import base64
import contextlib
import http.cookiejar
import json
import pickle
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from app.bell import CHANNEL, Rung, Told
from app.rehearsal.following import Follower, State
from app.rehearsal.web import Browser
from ballots.sealing import turnout
from tests.browser import apart
from tests.faults.evening import Evening, eventually, open_evening
from tests.servers import (
    Restartable,
    Server,
    drop_database,
    fresh_database,
    restartable_valkey,
)

pytestmark = [pytest.mark.redis, pytest.mark.postgres]
LIE = 424_242
BY = "f" * 16
# Where Flask-SocketIO’s own processes listen.
LIBRARY = "flask-socketio"


@pytest.fixture(scope="module")
def valkey() -> Iterator[Restartable]:
    with restartable_valkey() as one:
        yield one


@pytest.fixture(scope="module")
def evening(postgres_server: Server, valkey: Restartable) -> Iterator[Evening]:
    url = fresh_database(postgres_server)
    with open_evening(url, valkey.url) as evening:
        yield evening
    drop_database(postgres_server, url)


class Bomb:
    """A pickle that makes a file when it is opened."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (self.file,)  # type: ignore[return-value]


def lie_about(true: State) -> dict[str, object]:
    return {**true, "turnout": LIE, "covered": LIE, "version": LIE, "phase": "sign-off"}


def forged(evening: Evening, phones: list[Follower], file: Path) -> list[bytes]:
    """Messages of every kind: the library's, its older pickled ones, ours bent, and none at all."""
    round_id = evening.vote.round_id
    state = phones[0].state
    assert state is not None
    room = f"round-{round_id}"
    library: list[dict[str, object]] = [
        {"method": "emit", "event": "tally", "data": [lie_about(state)], "room": room},
        {"method": "emit", "event": "tally", "data": [lie_about(state)], "room": None},
        {"method": "emit", "event": "assembly", "data": [{"assembly": 1}], "room": "assembly-1"},
        {"method": "emit", "event": "tally", "data": [lie_about(state)], "callback": ["x", "/", 1]},
        {
            "method": "emit",
            "event": "tally",
            "data": [{"_placeholder": True, "num": 0}, base64.b64encode(b"x").decode()],
            "binary": True,
            "room": room,
        },
        {"method": "close_room", "room": room},
        {"method": "leave_room", "room": room, "sid": "x"},
        {"method": "enter_room", "room": room, "sid": "x"},
        {"method": "disconnect", "sid": "x"},
        {"method": "callback", "host_id": "x", "sid": "x", "id": 1, "args": []},
    ]
    rung = Rung(Told.ROUND, round_id, LIE, BY)
    ours = json.loads(rung.written())
    messages = [json.dumps({"namespace": "/", "host_id": "x", **one}).encode() for one in library]
    messages += [pickle.dumps(one) for one in (*library, Bomb(file))]
    messages += [
        rung.written().encode(),
        Rung(Told.ROUND, 2**31 - 1, 1, BY).written().encode(),
        Rung(Told.ASSEMBLY, 77, 1, BY).written().encode(),
        json.dumps({**ours, "figures": state["figures"], "turnout": LIE}).encode(),
        json.dumps({**ours, "round": lie_about(state)}).encode(),
        json.dumps([ours]).encode(),
        rung.written().encode() * 2,
        b"{" * 100_000,
        b"\x00\xff" * 50,
        b"",
    ]
    return messages


def test_forged_messages_run_nothing_show_nothing_and_cut_nobody_off(
    evening: Evening, valkey: Restartable, tmp_path: Path
) -> None:
    file = tmp_path / "ran"

    async def go() -> None:
        async with evening.watched(list(evening.cluster.urls)) as phones:
            for voter in evening.vote.voters[:5]:
                assert (await evening.cast(voter)).is_counted
            await eventually(
                lambda: all(one.state["turnout"] == 5 for one in phones if one.state), 8
            )
            connections = [phone.connections for phone in phones]
            with redis.Redis.from_url(valkey.url) as client:
                for message in forged(evening, phones, file):
                    for channel in (CHANNEL, LIBRARY):
                        client.publish(channel, message)
            await asyncio.sleep(2)
            for voter in evening.vote.voters[5:10]:
                assert (await evening.cast(voter)).is_counted
            # Everybody is still there, and hears what is true, as soon as ever.
            await eventually(
                lambda: all(one.state["turnout"] == 10 for one in phones if one.state), 4
            )
            assert [phone.connections for phone in phones] == connections
            assert all(phone.is_connected for phone in phones)

    apart(go())
    told = {number for heard in evening.heard.values() for _, number in heard}
    assert max(told) == 10
    assert LIE not in told
    assert not file.exists()
    with evening.hall.database.reading() as session:
        assert turnout(session, evening.vote.round_id) == 10
    assert "Traceback" not in evening.cluster.log


# --- throttles -----------------------------------------------------------------------------------


def ask_for_code(url: str, email: str) -> int:
    """Ask one process for a code to sign in; the status of the answer."""
    opener = urllib.request.build_opener(
        urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    )
    page = opener.open(f"{url}/sign-in", timeout=10).read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token is not None
    form = urllib.parse.urlencode({"csrf_token": token[1], "email": email}).encode()
    began = time.monotonic()
    try:
        with opener.open(f"{url}/sign-in", form, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        with contextlib.closing(refused):
            return refused.code
    finally:
        assert time.monotonic() - began < 5


def test_processes_count_tries_together_apart_while_redis_is_away_and_together_again(
    evening: Evening, valkey: Restartable
) -> None:
    one, other = evening.cluster.urls
    together = [ask_for_code(url, "ann@example.org") for url in (one, other) * 3]
    assert together == [200] * 5 + [429]
    valkey.stop()
    try:
        # Each for itself: still held back, nobody refused for want of Redis.
        apart = [ask_for_code(url, "ben@example.org") for url in (one, other) * 6]
        assert apart == [200] * 10 + [429] * 2
    finally:
        valkey.start()

    def together_again() -> bool:
        email = f"{time.monotonic_ns()}@example.org"
        return [ask_for_code(url, email) for url in (one, other) * 3][-1] == 429

    began = time.monotonic()
    while not together_again():
        assert time.monotonic() - began < 60, "they never counted together again"
        time.sleep(1)


def test_a_browser_may_go_from_process_to_process(evening: Evening) -> None:
    """Who somebody is, and what they were doing, is in their signed cookie or in the database."""

    async def go() -> None:
        one, other = (Browser(url) for url in evening.cluster.urls)
        other.cookies = one.cookies
        voter = evening.vote.voters[20]
        assert (await one.get(evening.hall.card_of(evening.vote, voter))).status == 200
        path = f"/rounds/{evening.vote.round_id}/ballot"
        paper = await other.get(path)
        assert paper.status == 200
        request_id = re.search(r'name="request_id"[^>]*value="([^"]+)"', paper.text)
        code = evening.vote.codes[0]
        assert request_id is not None
        fields = {"csrf_token": paper.token, "request_id": request_id[1], "project": [code]}
        script = {"Accept": "application/json"}
        first = await one.post(path, fields, script)
        again = await other.post(path, fields, script)
        for browser in (one, other):
            browser.hang_up()
        assert first.json["receipt"]["code"] == again.json["receipt"]["code"]

    apart(go())
