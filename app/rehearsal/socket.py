"""A phone's socket: RFC 6455 and Socket.IO, as little of both as a phone needs, without a thread.

Two thousand of these live in one process, so each is a protocol that reads what arrives at once.
"""

import asyncio
import base64
import hashlib
import json
import os
from collections.abc import Callable
from functools import lru_cache
from time import monotonic
from typing import Any, cast

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_SEEN_TWICE = 64
# Engine.IO’s packets, and Socket.IO’s inside its messages.
_OPENED, _CLOSED, _ASKED, _ANSWERED = "0", "1", "2", "3"
_CONNECTED, _DISCONNECTED, _EVENT, _ACKNOWLEDGED = "40", "41", "42", "43"

Heard = Callable[[str, Any], None]
Answered = Callable[[Any], None]


@lru_cache(_SEEN_TWICE)
def _read(words: bytes) -> Any:
    """What a message says: the same one, sent to a thousand phones, is read once."""
    return json.loads(words)


def frame(kind: int, words: bytes, mask: bytes) -> bytes:
    """A whole frame as a client sends it: masked, as RFC 6455 wants."""
    size = len(words)
    if size < 126:
        head = bytes((0x80 | kind, 0x80 | size))
    else:
        head = bytes((0x80 | kind, 0x80 | 126)) + size.to_bytes(2, "big")
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return head + mask + (int.from_bytes(words, "big") ^ key).to_bytes(size, "big")


def unframe(heard: bytearray) -> tuple[int, bytes] | None:
    """Take the first whole frame that a server sent off the bytes; None until it is whole."""
    if len(heard) < 2:
        return None
    size, at = heard[1] & 0x7F, 2
    if size >= 126:
        at = 4 if size == 126 else 10
        size = int.from_bytes(heard[2:at], "big") if len(heard) >= at else 1 << 62
    if len(heard) < at + size:
        return None
    kind, words = heard[0] & 0x0F, bytes(heard[at : at + size])
    del heard[: at + size]
    return kind, words


class PhoneSocket(asyncio.Protocol):
    """One connection to the server's Socket.IO; `heard` is called with each event as it arrives."""

    def __init__(self, host: str, origin: str, cookie: str, heard: Heard) -> None:
        """Made by `connect`."""
        self._host, self._origin, self._cookie, self._heard = host, origin, cookie, heard
        self._key = base64.b64encode(os.urandom(16))
        self._bytes = bytearray()
        self._upgraded = False
        self._asked: dict[int, Answered] = {}
        self._number = 0
        self._transport: asyncio.WriteTransport | None = None
        self._patience = 45.0
        self._last_heard = monotonic()
        self._watch: asyncio.TimerHandle | None = None
        self.was_told_to_go = False
        loop = asyncio.get_running_loop()
        self.open: asyncio.Future[None] = loop.create_future()
        self.gone: asyncio.Future[None] = loop.create_future()

    # --- the connection ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the server to speak websocket."""
        self._transport = cast(asyncio.WriteTransport, transport)
        lines = [
            "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
            f"Host: {self._host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Origin: {self._origin}",
            f"Sec-WebSocket-Key: {self._key.decode()}",
            "Sec-WebSocket-Version: 13",
        ]
        if self._cookie:
            lines.append(f"Cookie: {self._cookie}")
        self._transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def data_received(self, data: bytes) -> None:
        """Read what came, and act on it at once."""
        self._last_heard = monotonic()
        self._bytes += data
        if not self._upgraded and not self._is_upgraded():
            return
        while (found := unframe(self._bytes)) is not None:
            kind, words = found
            if kind == _TEXT:
                self._receive(words)
            elif kind == _PING:
                self._send_frame(_PONG, words)
            elif kind == _CLOSE:
                self.hang_up()

    def _is_upgraded(self) -> bool:
        head, parted, _rest = bytes(self._bytes).partition(b"\r\n\r\n")
        if not parted:
            return False
        accepted = base64.b64encode(hashlib.sha1(self._key + _GUID).digest())  # noqa: S324 - RFC 6455
        if not head.startswith(b"HTTP/1.1 101") or accepted not in head:
            self.hang_up()
            return False
        del self._bytes[: len(head) + 4]
        self._upgraded = True
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell whoever waits that the socket is gone."""
        if self._watch is not None:
            self._watch.cancel()
        if not self.open.done():
            self.open.set_exception(exc or ConnectionResetError("no websocket was opened"))
            self.open.exception()  # whoever no longer waits for it is not told in a log
        if not self.gone.done():
            self.gone.set_result(None)

    def hang_up(self) -> None:
        """Close, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    # --- what is said ------------------------------------------------------------------------

    def _receive(self, words: bytes) -> None:
        kind = words[:1].decode()
        if kind == _ASKED:
            return self._send(_ANSWERED)
        if kind == _OPENED:
            told = _read(words[1:])
            self._patience = (told["pingInterval"] + told["pingTimeout"]) / 1000
            self._watch_silence()
            return self._send(_CONNECTED)
        kind = words[:2].decode()
        if kind == _EVENT:
            name, *contents = _read(words[2:])
            self._heard(name, contents[0] if contents else None)
        elif kind == _ACKNOWLEDGED:
            head, _, contents = words[2:].partition(b"[")
            answered = self._asked.pop(int(head), None)
            if answered is not None:
                answered((_read(b"[" + contents) or [None])[0])
        elif kind == _CONNECTED and not self.open.done():
            self.open.set_result(None)
        elif kind == _DISCONNECTED or kind[:1] == _CLOSED:
            self.was_told_to_go = True
            self.hang_up()
        return None

    def _watch_silence(self) -> None:
        """Hang up once the server has been silent for longer than it said it would be."""
        left = self._last_heard + self._patience - monotonic()
        if left <= 0:
            return self.hang_up()
        self._watch = asyncio.get_running_loop().call_later(left + 0.05, self._watch_silence)
        return None

    def ask(self, event: str, words: object, answered: Answered) -> None:
        """Send an event; `answered` is called with the server's acknowledgement."""
        self._number += 1
        self._asked[self._number] = answered
        self._send(f"{_EVENT}{self._number}{json.dumps([event, words])}")

    def _send(self, words: str) -> None:
        self._send_frame(_TEXT, words.encode())

    def _send_frame(self, kind: int, words: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame(kind, words, os.urandom(4)))


async def connect(
    host: str, port: int, origin: str, heard: Heard, *, cookie: str = "", within: float = 8.0
) -> PhoneSocket:
    """Open a socket at the server's Socket.IO; OSError or TimeoutError if that does not succeed."""
    socket: PhoneSocket | None = None
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(within):
            _, socket = await loop.create_connection(
                lambda: PhoneSocket(f"{host}:{port}", origin, cookie, heard), host, port
            )
            await socket.open
    except BaseException:
        if socket is not None:
            socket.hang_up()
        raise
    return socket
