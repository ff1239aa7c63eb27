"""The porter of a process: who is inside, and who is refused."""

import resource
from collections.abc import Iterable
from typing import Any

import pytest

from app.porter import BESIDE, OWN_FILES, Porter, room_for

PHONE = {"HTTP_UPGRADE": "websocket"}


def app(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [])
    return [b"ok"]


def visited(porter: Porter, **environ: str) -> str:
    told: list[str] = []
    answer = porter.around(app)(dict(environ), lambda status, _headers: told.append(status))
    getattr(answer, "close", lambda: None)()
    return told[0]


def test_a_request_is_under_way_until_its_answer_is_closed() -> None:
    porter = Porter(10)
    answer: Any = porter.around(app)({}, lambda *_: None)
    assert list(answer) == [b"ok"]
    assert porter.under_way == 1
    answer.close()
    assert porter.under_way == 0


def test_a_request_whose_answer_is_dropped_without_being_closed_is_no_longer_under_way() -> None:
    porter = Porter(5)
    answer = porter.around(lambda _environ, _start: iter([b"half", b"rest"]))({}, None)
    assert next(iter(answer)) == b"half"
    assert porter.under_way == 1
    del answer
    assert porter.under_way == 0


def test_a_request_that_fails_is_no_longer_under_way() -> None:
    def failing(_environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        raise LookupError

    porter = Porter(10)
    with pytest.raises(LookupError):
        porter.around(failing)({}, None)
    assert porter.under_way == 0


def test_a_phone_that_follows_keeps_no_process_from_ending() -> None:
    porter = Porter(10)
    porter.around(app)(dict(PHONE), lambda *_: None)
    assert porter.under_way == 0


def test_phones_are_refused_once_it_is_full_and_requests_are_not() -> None:
    porter = Porter(10)
    porter.held = lambda: 11
    assert visited(porter, **PHONE).startswith("503")
    assert visited(porter) == "200 OK"
    porter.held = lambda: 10  # the phone that asks is one of them
    assert visited(porter, **PHONE) == "200 OK"


def test_phones_are_refused_once_it_is_closing_and_requests_are_not() -> None:
    porter = Porter(10)
    porter.is_closing = True
    assert visited(porter, **PHONE).startswith("503")
    assert visited(porter) == "200 OK"


def test_what_is_at_work_is_under_way_even_if_it_fails() -> None:
    porter = Porter(10)

    def work() -> None:
        with porter.at_work():
            assert porter.under_way == 1
            raise LookupError

    with pytest.raises(LookupError):
        work()
    assert porter.under_way == 0


class System:
    """What the system says about open files, and what was asked of it."""

    def __init__(self, soft: int, hard: int) -> None:
        self.limits = soft, hard

    def getrlimit(self, _of: int) -> tuple[int, int]:
        return self.limits

    def setrlimit(self, _of: int, limits: tuple[int, int]) -> None:
        self.limits = limits


def system(monkeypatch: pytest.MonkeyPatch, soft: int, hard: int) -> System:
    made = System(soft, hard)
    monkeypatch.setattr(resource, "getrlimit", made.getrlimit)
    monkeypatch.setattr(resource, "setrlimit", made.setrlimit)
    return made


def test_a_process_takes_as_many_open_files_as_its_connections_need(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = system(monkeypatch, 1_024, 100_000)
    assert room_for(5_000) == 5_000
    assert made.limits == (5_000 + BESIDE + OWN_FILES, 100_000)
    assert capsys.readouterr().out == ""


def test_a_process_says_at_start_that_the_system_allows_fewer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    system(monkeypatch, 1_024, 4_096)
    assert room_for(20_000) == 4_096 - BESIDE - OWN_FILES
    said = capsys.readouterr().out
    assert "fewer connections" in said
    assert "20000" in said
