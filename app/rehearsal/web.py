"""A phone's browser, as far as forms go: pages asked for and sent, with cookies and tokens."""

import asyncio
import json
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
ANSWER_WITHIN = 20.0

Fields = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Answer:
    """What came back, and how long that took."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        """The page."""
        return self.body.decode(errors="replace")

    @property
    def json(self) -> Any:
        """What a script is answered; nothing where it is a page."""
        with suppress(ValueError):
            return json.loads(self.body)
        return None

    @property
    def token(self) -> str:
        """The token of the page's first form."""
        found = _TOKEN.search(self.text)
        return found.group(1) if found else ""


class Browser:
    """One browser: its cookies, and one connection at a time."""

    def __init__(self, base_url: str) -> None:
        """Visit the server at this address."""
        parts = urlsplit(base_url)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        self.cookies: dict[str, str] = {}
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def line_beside(self) -> "Browser":
        """A second connection of the same browser, with the same cookies."""
        beside = Browser(f"http://{self.host}:{self.port}")
        beside.cookies = self.cookies
        return beside

    @property
    def cookie(self) -> str:
        """The cookies as they are sent."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Open a page; follows where it leads."""
        return await self._visit("GET", path, headers or {}, b"")

    async def post(
        self, path: str, fields: Fields, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a form; follows where it leads."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(fields, doseq=True).encode()
        return await self._visit("POST", path, {**kind, **(headers or {})}, body)

    async def _visit(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer:
        began = time.monotonic()
        for _ in range(6):
            async with asyncio.timeout(ANSWER_WITHIN):
                status, told, page = await self._ask(method, path, headers, body)
            if status not in (301, 302, 303, 307):
                return Answer(status, told, page, time.monotonic() - began)
            parts = urlsplit(told.get("location", "/"))
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            method, body = "GET", b""
            headers = {k: v for k, v in headers.items() if k != "Content-Type"}
        raise ConnectionError(f"{path} leads in a circle")

    async def _ask(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        is_kept = self._line is not None
        if self._line is None:
            self._line = await asyncio.open_connection(self.host, self.port)
        reader, writer = self._line
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        if self.cookies:
            lines.append(f"Cookie: {self.cookie}")
        if method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        lines += [f"{name}: {value}" for name, value in headers.items()]
        try:
            writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
            return await self._hear(reader)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError) as lost:
            self.hang_up()
            nothing_came = isinstance(lost, OSError) or getattr(lost, "partial", None) == b""
            if is_kept and nothing_came:
                # The server closes what was idle for some seconds: browsers ask once more, too.
                return await self._ask(method, path, headers, body)
            if isinstance(lost, asyncio.IncompleteReadError):
                raise ConnectionResetError("the answer broke off") from lost
            raise

    async def _hear(self, reader: asyncio.StreamReader) -> tuple[int, dict[str, str], bytes]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        told: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                self._keep(value)
            told[name.lower()] = value
        status = int(first.split()[1])
        if told.get("transfer-encoding") == "chunked":
            body = await _chunks(reader)
        elif status in (204, 304):
            body = b""
        else:
            body = await reader.readexactly(int(told.get("content-length", "0")))
        if told.get("connection", "").lower() == "close":
            self.hang_up()
        return status, told, body

    def _keep(self, cookie: str) -> None:
        name, _, value = cookie.partition(";")[0].partition("=")
        if value:
            self.cookies[name] = value
        else:
            self.cookies.pop(name, None)

    def hang_up(self) -> None:
        """Close the connection; the next visit opens another."""
        if self._line is not None:
            self._line[1].transport.abort()
            self._line = None


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).partition(b";")[0], 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readline()
    return body
