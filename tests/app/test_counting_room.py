"""The room beside a server in which votes are counted: it answers, or is opened again."""

import os
import re
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask

from app import counting_room
from app.counting_room import CountingRoom, counting, open_counting_room
from ballots.counting import (
    DEFAULT_ORDER,
    REFUSE,
    BallotGroup,
    Election,
    Project,
    Rule,
    TieRefusedError,
    count,
)
from ballots.covered import on_the_spot
from tests.browser import running_wardmote
from tests.in_browser.hall import Assembly, assembly

ROOT = Path(__file__).parents[2]
SLOW_SECONDS = 3


def election(*ballots: BallotGroup) -> Election:
    projects = [Project("lamp", 60), Project("road", 50), Project("tree", 40)]
    return Election.of(projects, ballots, 100)


STREET = election(
    BallotGroup(("lamp", "road"), 2), BallotGroup(("road",), 1), BallotGroup(("tree", "lamp"), 1)
)
WITH_POINTS = election(BallotGroup(("lamp", "tree"), 3, (1, 4)), BallotGroup(("road",), 1, (2,)))
LEVEL = election(BallotGroup(("lamp", "road"), 1))


@pytest.fixture
def room() -> Iterator[CountingRoom]:
    opened = CountingRoom()
    yield opened
    opened.close()


def child_of(room: CountingRoom) -> int:
    assert room._process is not None
    return room._process.pid


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("counted", [STREET, WITH_POINTS, LEVEL, election()])
def test_the_room_decides_as_a_count_on_the_spot(room: CountingRoom, counted: Election) -> None:
    here = count(counted, Rule(), DEFAULT_ORDER)
    assert room.do(count, counted, Rule(), DEFAULT_ORDER) == here
    assert child_of(room) != os.getpid()


def test_an_error_of_the_rule_comes_back_and_the_room_stays_open(room: CountingRoom) -> None:
    with pytest.raises(TieRefusedError) as refused:
        room.do(count, LEVEL, Rule(), REFUSE)
    assert set(refused.value.members) == {"lamp", "road"}
    child = child_of(room)
    room.do(count, STREET, Rule(), DEFAULT_ORDER)
    assert child_of(room) == child


def test_when_the_child_dies_votes_are_counted_here_and_then_in_a_new_room(
    room: CountingRoom, capsys: pytest.CaptureFixture[str]
) -> None:
    here = room.do(count, STREET, Rule(), DEFAULT_ORDER)
    first = child_of(room)
    os.kill(first, signal.SIGKILL)
    assert room.do(count, STREET, Rule(), DEFAULT_ORDER) == here
    assert "counting room lost" in capsys.readouterr().out
    assert not is_running(first)
    assert room.do(count, STREET, Rule(), DEFAULT_ORDER) == here
    assert child_of(room) != first


def test_a_count_without_end_is_given_up(
    room: CountingRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting_room, "MOST_SECONDS", 0.5)
    room.open()
    child = child_of(room)
    os.kill(child, signal.SIGSTOP)
    with pytest.raises(TimeoutError):
        room.do(count, STREET, Rule(), DEFAULT_ORDER)
    assert not is_running(child)
    monkeypatch.setattr(counting_room, "MOST_SECONDS", 60)
    assert room.do(count, STREET, Rule(), DEFAULT_ORDER).winners == ("road", "tree")


def test_several_may_ask_at_once(room: CountingRoom) -> None:
    answers: list[tuple[str, ...]] = []
    askers = [
        threading.Thread(
            target=lambda: answers.append(room.do(count, STREET, Rule(), DEFAULT_ORDER).winners)
        )
        for _ in range(4)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(30)
    assert answers == [("road", "tree")] * 4


def test_the_child_learns_no_setting_and_ends_with_its_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WARDMOTE_SECRET_KEY", "not for the child")
    room = CountingRoom()
    room.do(count, STREET, Rule(), DEFAULT_ORDER)
    child, process = child_of(room), room._process
    assert b"not for the child" not in Path(f"/proc/{child}/environ").read_bytes()
    assert room._connection is not None
    room._connection.close()  # as the end of this process would
    assert process is not None
    assert process.wait(10) == 0


def test_a_server_counts_in_the_room_and_everybody_else_on_the_spot(app: Flask) -> None:
    with app.app_context():
        assert counting() is on_the_spot
        open_counting_room(app)
        in_room = counting()
        assert in_room(count, STREET, Rule(), DEFAULT_ORDER).winners == ("road", "tree")
    app.extensions["wardmote-counting-room"].close()


# --- beside a real server ------------------------------------------------------------------------

SLOW_COUNT = f"""
import sys
if "ballots.counting.room" in sys.orig_argv:
    sys.path.insert(0, {str(ROOT)!r})
    import time
    from pathlib import Path
    import ballots.counting
    counted = ballots.counting.count
    def slow_count(*sheet):
        Path(__file__).with_name("began").touch()
        until = time.monotonic() + {SLOW_SECONDS}
        while time.monotonic() < until:
            pass
        Path(__file__).with_name("ended").touch()
        return counted(*sheet)
    ballots.counting.count = slow_count
"""


class Voter:
    """Somebody with a voter card and a browser without scripts."""

    def __init__(self, vote: Assembly, number: int) -> None:
        self._address = vote.address("ballot")
        self._open = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(CookieJar())
        ).open
        page = self._open(vote.card(number)).read().decode()
        names = ("csrf_token", "project")
        found = [re.search(rf'name="{name}"[^>]* value="([^"]+)"', page) for name in names]
        self._form = {name: match[1] for name, match in zip(names, found, strict=True) if match}

    def cast(self) -> str:
        """Cast a ballot for the first project on the paper; where that led to."""
        form = urlencode({**self._form, "request_id": "r1"}).encode()
        request = urllib.request.Request(  # noqa: S310 - our own address
            self._address, form, {"Referer": self._address}
        )
        return str(self._open(request).url)


@pytest.mark.parametrize("async_mode", ["eventlet", "gevent"])
def test_a_long_count_keeps_nobody_from_voting(tmp_path: Path, async_mode: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(SLOW_COUNT)
    began, ended = tmp_path / "began", tmp_path / "ended"
    with (
        running_wardmote(async_mode=async_mode, PYTHONPATH=str(tmp_path)) as server,
        assembly(server, voters=4, step=1) as vote,
    ):
        voter = Voter(vote, 3)
        vote.cast(1, 2)  # a step of one: the clerk has it counted
        wait_for(began)
        started = time.monotonic()
        assert voter.cast().endswith("/counted")
        waited = time.monotonic() - started
        assert not ended.exists()
        assert waited < SLOW_SECONDS / 3
        assert vote.ballots() == 3
        wait_for(ended)
        wait_for_figures(vote)


def wait_for(file: Path) -> None:
    until = time.monotonic() + 30
    while not file.exists():
        assert time.monotonic() < until, f"no {file.name}"
        time.sleep(0.02)


def wait_for_figures(vote: Assembly) -> None:
    until = time.monotonic() + 30
    while b'"covered":0' in urllib.request.urlopen(vote.address("tally.json")).read():  # noqa: S310
        assert time.monotonic() < until, "no figures"
        time.sleep(0.1)
