"""Telling a room: news is framed once, and handed to every line that is free in the same moment.

The library queues each message for each phone and wakes a writer for it: two hub timers, two
switches and one framing a message. A phone that waits for news has an empty queue, a sleeping
writer and room in its socket's buffer, so the bytes can go there at once. Whenever one of these is
not so, the library's own way is taken, and nothing overtakes what is queued already.
"""

from collections.abc import Callable
from typing import Any

from engineio import packet as lines
from socketio import Manager
from socketio.packet import EVENT

from app.measures import VERSIONS

_FINAL_TEXT = 0x81
# Bytes: the longest frame with its length in seven bits, and in sixteen.
_SHORT, _LONG = 125, 0xFFFF

Spawn = Callable[..., object]
# Puts a frame on a phone's line if nothing is in the way; whether that was done.
HandOver = Callable[[Any, bytes, Spawn], bool]


def framed(words: str) -> bytes:
    """A whole text frame as RFC 6455 lets a server send it."""
    said = words.encode()
    if len(said) <= _SHORT:
        return bytes((_FINAL_TEXT, len(said))) + said
    if len(said) <= _LONG:
        return bytes((_FINAL_TEXT, 126)) + len(said).to_bytes(2, "big") + said
    return bytes((_FINAL_TEXT, 127)) + len(said).to_bytes(8, "big") + said


class HallManager(Manager):
    """The library's list of who follows what here, with a quicker way to tell all of them.

    It knows this process alone: others are rung (app/bell.py) and tell their own phones.
    """

    def is_followed(self, room: str) -> bool:
        """Whether anybody connected here is in a room."""
        return any(room in rooms for rooms in list(self.rooms.values()))

    # A server that can put bytes on a line itself says how.
    hand_over: HandOver | None = None

    def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: Any = None,
        skip_sid: Any = None,
        callback: Any = None,
        to: Any = None,
        **more: Any,
    ) -> None:
        """Tell everybody in a room the same."""
        if event == "tally":
            VERSIONS.tell(data)
        hand_over = self.hand_over
        if hand_over is None or callback or skip_sid or isinstance(data, tuple | bytes):
            super().emit(event, data, namespace, room, skip_sid, callback, to, **more)
            return
        told = [event] if data is None else [event, data]
        words = self.server.packet_class(EVENT, namespace=namespace, data=told).encode()
        if not isinstance(words, str):
            super().emit(event, data, namespace, room, skip_sid, callback, to, **more)
            return
        packet = lines.Packet(lines.MESSAGE, words)
        frame = framed(packet.encode())
        sockets = self.server.eio.sockets
        for _, number in self.get_participants(namespace, to or room):
            if not hand_over(sockets.get(number), frame, self.server.start_background_task):
                self.server._send_eio_packet(number, packet)  # noqa: SLF001 - as Manager.emit does


def remember_lines(eio: Any) -> None:
    """Let every Engine.IO socket know the websocket that it is told through."""
    open_websocket = eio._async["websocket"]  # noqa: SLF001 - where the library keeps its driver

    def open_line(handle: Any, server: Any) -> Any:
        def handle_known(line: Any) -> Any:
            handle.__self__.line = line
            return handle(line)

        return open_websocket(handle_known, server)

    eio._async = {**eio._async, "websocket": open_line}  # noqa: SLF001
