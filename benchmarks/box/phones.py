"""Phones: keep-alive connections that send at the same moment and tell what came back, and when.

All of them are driven by one loop, so that a hundred answers are not slowed by a hundred threads.
"""

import json
import selectors
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from urllib.parse import urlencode

SECONDS_TO_ANSWER = 60.0


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 if the connection broke first."""

    status: int
    headers: dict[str, str]
    body: bytes
    sent_at: float
    answered_at: float

    @property
    def receipt(self) -> str:
        """The receipt code that the script is given; empty if there is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return ""
        return str(found.get("receipt", {}).get("code", ""))


def form_post(path: str, cookie: str, fields: dict[str, str | list[str]]) -> bytes:
    """A form as the booth's script sends it, as bytes on the wire."""
    body = urlencode(fields, doseq=True).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n"
        "Accept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def page_get(path: str, cookie: str = "") -> bytes:
    """A page asked for, as bytes on the wire."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\n\r\n".encode()


class Phone:
    """One connection, opened again when the server or the phone had closed it."""

    def __init__(self, port: int) -> None:
        """Belong to the server at this port of this machine."""
        self._port = port
        self._socket: socket.socket | None = None
        self._heard = b""
        self._sent_at = 0.0

    @property
    def line(self) -> socket.socket:
        """The open connection."""
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), SECONDS_TO_ANSWER)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def send(self, request: bytes) -> None:
        """Send, and do not wait."""
        self._heard, self._sent_at = b"", monotonic()
        self.line.sendall(request)

    def hang_up(self) -> None:
        """Close the connection, whatever is under way."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def wait(self) -> Answer:
        """The whole answer."""
        while True:
            answer = self.hear()
            if answer is not None:
                return answer

    def ask(self, request: bytes) -> Answer:
        """Send and wait."""
        self.send(request)
        return self.wait()

    def hear(self) -> Answer | None:
        """Read what has come; the answer once it is whole."""
        try:
            piece = self.line.recv(1 << 16)
        except OSError:
            piece = b""
        if not piece:
            self.hang_up()
            return Answer(0, {}, b"", self._sent_at, monotonic())
        self._heard += piece
        head, parted, body = self._heard.partition(b"\r\n\r\n")
        if not parted:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(_header(line) for line in lines)
        if len(body) < int(headers.get("content-length", "0")):
            return None
        if first.startswith("HTTP/1.0") or headers.get("connection") == "close":
            self.hang_up()
        return Answer(int(first.split()[1]), headers, body, self._sent_at, monotonic())


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.lower(), value.strip()


def all_at_once(phones: list[Phone], requests: list[bytes]) -> list[Answer]:
    """Each phone sends its request in the same moment; all answers, in that order."""
    for phone, request in zip(phones, requests, strict=True):
        phone.send(request)
    return [phone.wait() for phone in phones]


def keep_sending(
    phones: list[Phone], requests: Iterable[bytes], seen: Callable[[int, Answer], None]
) -> None:
    """Each phone sends the next request as soon as it has its answer, until none is left.

    `seen` is told each answer with the number of its request. A phone whose connection broke
    sends no more.
    """
    numbered: Iterator[tuple[int, bytes]] = enumerate(requests)
    with selectors.DefaultSelector() as ears:
        busy: dict[int, int] = {}

        def send_next(at: int) -> None:
            for number, request in numbered:
                with suppress(OSError):
                    phones[at].send(request)
                    busy[at] = number
                    ears.register(phones[at].line, selectors.EVENT_READ, at)
                    return
                phones[at].hang_up()
                return

        for at in range(len(phones)):
            send_next(at)
        while busy:
            ready = ears.select(SECONDS_TO_ANSWER)
            if not ready:
                raise TimeoutError(f"{len(busy)} requests were never answered")
            for key, _ in ready:
                at = key.data
                answer = phones[at].hear()
                if answer is None:
                    continue
                ears.unregister(key.fileobj)
                seen(busy.pop(at), answer)
                if answer.status:
                    send_next(at)
