"""What a server keeps for a phone that stays connected for hours: little, nothing of a person."""

from collections.abc import Callable
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from engineio import packet

from app.on_eventlet.light_lines import lighten_requests, travel_light


class StoppedError(Exception):
    """Ends the clock of a test."""


class Eio:
    """As much of an Engine.IO server as is touched: who opens sockets, starts tasks and waits."""

    ping_interval = 0.0

    def __init__(self) -> None:
        self.tasks: list[Callable[[], object]] = []
        self.turns = 2
        self._async = {"websocket": lambda handle, _server: handle}

    def start_background_task(self, target: Callable[[], object]) -> str:
        self.tasks.append(target)
        return "started"

    def sleep(self, _seconds: float) -> None:
        self.turns -= 1
        if self.turns < 0:
            raise StoppedError


class PhoneLine:
    """An Engine.IO socket that is pinged."""

    def __init__(self, *, closed: bool = False) -> None:
        self.closed, self.closing, self.last_ping = closed, False, None
        self.sent: list[int] = []

    def _send_ping(self) -> None:
        raise AssertionError("a task of its own for one ping")

    def send(self, sent: packet.Packet) -> None:
        self.sent.append(sent.packet_type)


@pytest.fixture
def eio() -> Eio:
    eio = Eio()
    travel_light(eio)
    return eio


def opened(eio: Eio, environ: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Open a socket by a request; what eventlet and what the library still keep of it."""
    lighten_requests(environ)
    line = SimpleNamespace(environ=environ.copy())
    eio._async["websocket"](lambda _line: [], eio)(line)
    return environ, line.environ


def test_an_open_socket_has_forgotten_its_visitors_cookie_and_headers(eio: Eio) -> None:
    request = {
        "REQUEST_METHOD": "GET",
        "HTTP_HOST": "wardmote.example",
        "HTTP_COOKIE": "wardmote=who-it-is",
        "REMOTE_ADDR": "192.0.2.7",
        "eventlet.set_idle": None,
        "headers_raw": (("Cookie", "wardmote=who-it-is"),),
    }
    for kept in opened(eio, request):
        assert kept == {"REQUEST_METHOD": "GET", "HTTP_HOST": "wardmote.example"}


def test_an_open_socket_has_given_back_what_its_request_was_read_through(eio: Eio) -> None:
    handler = SimpleNamespace(rfile=BytesIO(), wfile=BytesIO(), headers={"Cookie": "who-it-is"})

    def set_idle() -> object:
        return handler

    opened(eio, {"eventlet.set_idle": set_idle})
    assert handler.rfile.closed
    assert handler.wfile.closed
    assert handler.headers is None


def test_all_phones_are_pinged_by_one_clock(eio: Eio) -> None:
    (clock,) = eio.tasks
    phones = [PhoneLine() for _ in range(3)]
    for phone in phones:
        eio.start_background_task(phone._send_ping)
    with pytest.raises(StoppedError):
        clock()
    assert [phone.sent for phone in phones] == [[packet.PING]] * 3
    assert all(phone.last_ping for phone in phones)


def test_a_phone_that_is_gone_is_not_pinged(eio: Eio) -> None:
    (clock,) = eio.tasks
    gone = PhoneLine(closed=True)
    eio.start_background_task(gone._send_ping)
    with pytest.raises(StoppedError):
        clock()
    assert gone.sent == []


def test_nobody_is_pinged_before_the_time(eio: Eio) -> None:
    (clock,) = eio.tasks
    eio.ping_interval = 60.0
    phone = PhoneLine()
    eio.start_background_task(phone._send_ping)
    with pytest.raises(StoppedError):
        clock()
    assert phone.sent == []


def test_every_other_task_is_started_as_ever(eio: Eio) -> None:
    def writer() -> None:
        """As the library names it."""

    assert eio.start_background_task(writer) == "started"
    assert eio.tasks[-1] is writer
