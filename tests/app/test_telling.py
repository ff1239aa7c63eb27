"""Telling a room: at once where nothing is in the way, in the library's own way else."""

import socket
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from socketio.packet import Packet

from app.on_eventlet.straight import hand_over
from app.rehearsal.socket import unframe
from app.telling import HallManager, framed, remember_lines


@dataclass
class Latch:
    """The lock of a line."""

    is_held: bool = False

    def locked(self) -> bool:
        return self.is_held

    def acquire(self) -> None:
        self.is_held = True

    def release(self) -> None:
        self.is_held = False


class Wire:
    """A socket as eventlet has it: the real one, which never waits, is inside."""

    def __init__(self, real: socket.socket) -> None:
        self.fd = real
        real.setblocking(False)

    def sendall(self, words: bytes) -> None:
        self.fd.setblocking(True)
        self.fd.sendall(words)
        self.fd.setblocking(False)

    def shutdown(self, how: int) -> None:
        self.fd.shutdown(how)


@dataclass
class Phone:
    """A phone's end of the server: its queue, its line, and what the library was asked to send."""

    line: Any
    far: socket.socket
    closing: bool = False
    closed: bool = False
    waiting: int = 1
    queued: deque[str] = field(default_factory=deque)

    @property
    def queue(self) -> Any:
        return SimpleNamespace(qsize=lambda: len(self.queued), getting=lambda: self.waiting)

    @property
    def heard(self) -> bytes:
        self.far.setblocking(False)
        try:
            return self.far.recv(1 << 22)
        except BlockingIOError:
            return b""


@pytest.fixture
def phone() -> Iterator[Phone]:
    near, far = socket.socketpair()
    with near, far:
        line = SimpleNamespace(
            socket=Wire(near), _sendlock=Latch(), extensions={}, websocket_closed=False
        )
        yield Phone(line, far)


@dataclass
class Room:
    """A manager whose only follower is this phone; what is spawned waits until it is let run."""

    phone: Phone
    spawned: list[Callable[[], None]] = field(default_factory=list)

    def tell(self, words: str) -> None:
        manager = HallManager()
        manager.hand_over = hand_over
        eio = SimpleNamespace(sockets={"line": self.phone})
        server = SimpleNamespace(
            eio=eio,
            packet_class=Packet,
            start_background_task=lambda act, *of: self.spawned.append(lambda: act(*of)),
            _send_eio_packet=lambda _number, packet: self.phone.queued.append(packet.encode()),
        )
        manager.set_server(server)
        manager.basic_enter_room("phone", "/", "hall", eio_sid="line")
        manager.emit("news", {"words": words}, "/", to="hall")


@pytest.fixture
def room(phone: Phone) -> Room:
    return Room(phone)


def told(words: str) -> str:
    return f'42["news",{{"words":"{words}"}}]'


@pytest.mark.parametrize("size", [0, 60, 125, 126, 65_535, 65_536, 70_000])
def test_a_frame_holds_its_words_whatever_their_length(size: int) -> None:
    assert unframe(bytearray(framed("x" * size))) == (1, b"x" * size)


def test_a_phone_that_waits_is_told_at_once_and_nothing_is_queued(room: Room) -> None:
    room.tell("Tea")
    assert unframe(bytearray(room.phone.heard)) == (1, told("Tea").encode())
    assert not room.phone.queued


def test_news_never_overtakes_what_is_queued_already(room: Room) -> None:
    room.phone.queued.append("before")
    room.tell("after")
    assert list(room.phone.queued) == ["before", told("after")]
    assert room.phone.heard == b""


@pytest.mark.parametrize("busy", ["writer", "lock", "closing", "closed", "compressed", "unknown"])
def test_whoever_is_not_free_is_told_in_the_librarys_own_way(room: Room, busy: str) -> None:
    phone = room.phone
    match busy:
        case "writer":
            phone.waiting = 0
        case "lock":
            phone.line._sendlock.acquire()
        case "closing":
            phone.closing = True
        case "closed":
            phone.closed = True
        case "compressed":
            phone.line.extensions = {"permessage-deflate": {}}
        case _:
            phone.line = None
    room.tell("Tea")
    assert list(phone.queued) == [told("Tea")]
    assert phone.heard == b""


def test_a_phone_that_is_gone_is_left_to_the_library(room: Room) -> None:
    room.phone.line.socket.fd.close()
    room.tell("Tea")
    assert list(room.phone.queued) == [told("Tea")]


def fill(room: Room) -> bytes:
    """Tell more than fits into the socket's buffer; what of it has arrived."""
    room.phone.line.socket.fd.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
    room.tell("x" * 3_000_000)
    assert len(room.spawned) == 1
    return room.phone.heard


def test_what_does_not_fit_is_finished_before_anything_else_is_said(room: Room) -> None:
    heard = fill(room)
    room.tell("later")
    assert list(room.phone.queued) == [told("later")], "the line is held while a frame is half sent"
    near = room.phone.line.socket
    near.sendall = lambda rest: rests.append(rest)
    rests: list[bytes] = []
    room.spawned[0]()
    assert unframe(bytearray(heard + rests[0])) == (1, told("x" * 3_000_000).encode())
    assert not room.phone.line._sendlock.locked()


def test_a_phone_that_takes_only_half_a_frame_is_hung_up_on(room: Room) -> None:
    fill(room)

    def lost(_rest: bytes) -> None:
        raise OSError

    room.phone.line.socket.sendall = lost
    room.spawned[0]()
    with pytest.raises(OSError, match="Broken pipe"):
        room.phone.line.socket.fd.send(b"x")
    assert not room.phone.line._sendlock.locked()


def test_every_socket_knows_the_line_that_it_is_told_through() -> None:
    class Socket:
        line: object = None

        def handle(self, _line: object) -> str:
            return "handled"

    opened = SimpleNamespace(_async={"websocket": lambda handle, _server: handle, "sleep": 1})
    remember_lines(opened)
    phone, line = Socket(), object()
    assert opened._async["websocket"](phone.handle, None)(line) == "handled"
    assert phone.line is line
