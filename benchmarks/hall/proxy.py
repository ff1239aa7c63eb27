"""The hall's Wi-Fi: everything that passes between phones and server, until it is cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Wifi:
    """A proxy on 127.0.0.1 that can be cut: what is sent meanwhile arrives afterwards, or never."""

    def __init__(self, port: int) -> None:
        """Lead to the server at this port of this machine."""
        self._to = port
        self._up = asyncio.Event()
        self._up.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    @property
    def base_url(self) -> str:
        """Where phones find the server."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """From now on nothing passes, and nobody is told."""
        self._up.clear()

    def restore(self) -> None:
        """Let everything pass again."""
        self._up.set()

    def drop_everybody(self) -> None:
        """Break every connection, as an access point does that starts anew."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(1 << 16):
            await self._up.wait()
            writer.write(piece)
            await writer.drain()

    async def _first_words(self, reader: asyncio.StreamReader) -> bytes | None:
        """What a new connection asks, once it passes; None if its phone gave up before that.

        Without a signal nobody connects at all: the server never hears of such a try.
        """
        asked = await reader.read(1 << 16)
        more = asyncio.create_task(reader.read(1 << 16))
        passes = asyncio.create_task(self._up.wait())
        try:
            while asked and not passes.done():
                await asyncio.wait({more, passes}, return_when=asyncio.FIRST_COMPLETED)
                if more.done():
                    if not more.result():
                        return None
                    asked, more = (
                        asked + more.result(),
                        asyncio.create_task(reader.read(1 << 16)),
                    )
        finally:
            more.cancel()
            passes.cancel()
            await asyncio.gather(more, passes, return_exceptions=True)
        return asked or None

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        theirs: asyncio.StreamWriter | None = None
        try:
            asked = await self._first_words(reader)
            if asked is None:
                return
            answers, theirs = await asyncio.open_connection("127.0.0.1", self._to)
            self._writers.add(theirs)
            theirs.write(asked)
            ways = [
                asyncio.create_task(self._pass(reader, theirs)),
                asyncio.create_task(self._pass(answers, writer)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass
        finally:
            for each in (writer, theirs):
                if each is not None:
                    self._writers.discard(each)
                    each.transport.abort()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take a new connection."""
        task = asyncio.create_task(self._carry(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Break everything off."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def open_wifi(port: int) -> AsyncIterator[Wifi]:
    """A proxy before the server at this port."""
    wifi = Wifi(port)
    server = await asyncio.start_server(wifi.accept, "127.0.0.1", 0, backlog=1_000)
    wifi.port = server.sockets[0].getsockname()[1]
    try:
        yield wifi
    finally:
        server.close()
        await wifi.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(2):
                await server.wait_closed()
