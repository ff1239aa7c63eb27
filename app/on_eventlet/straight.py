"""Frames put on a phone's line without the library's detours, see app/telling.py."""

import socket
from typing import Any

from app.telling import Spawn


def hand_over(phone: Any, frame: bytes, spawn: Spawn) -> bool:
    """Hand a frame to a phone's line if nothing else is on its way there; whether that was done."""
    line = getattr(phone, "line", None)
    if line is None or phone.closing or phone.closed or line.extensions or line.websocket_closed:
        return False
    queue = phone.queue
    if queue.qsize() or not queue.getting() or line._sendlock.locked():  # noqa: SLF001
        return False
    try:
        sent = line.socket.fd.send(frame)
    except OSError:
        return False  # its buffer is full, or it is gone: the library waits for it, or finds out
    if sent < len(frame):
        line._sendlock.acquire()  # noqa: SLF001 - free, see above: whoever comes next waits
        spawn(_finish, line, frame[sent:])
    return True


def _finish(line: Any, rest: bytes) -> None:
    """Send the rest of a frame that did not fit into the buffer; hang up if that cannot be done."""
    try:
        line.socket.sendall(rest)
    except OSError:
        try:
            line.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
    finally:
        line._sendlock.release()  # noqa: SLF001
