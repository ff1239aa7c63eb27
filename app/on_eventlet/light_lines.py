"""What a server keeps for each connected phone: as little as it takes to tell it news.

A socket stays open for hours, and with it whatever the libraries laid aside when it was opened:
two copies of the request with all its headers, the buffers that it was read through, and a green
thread that does nothing but wait for the next ping. Five thousand phones make that a third of a
gigabyte; and a socket that forgets its visitor's cookie cannot tell whose it was.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, time
from typing import Any

from engineio import exceptions, packet

# What an event of a socket needs to be handled as a request; nothing in it is about a person.
_KEPT = (
    "REQUEST_METHOD",
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "HTTP_HOST",
    "wsgi.url_scheme",
    "wsgi.input",
    "wsgi.errors",
    "flask.app",
    # What eventlet looks up once the socket is closed.
    "eventlet.input",
    "eventlet.posthooks",
)
_WHOLE = "wardmote.whole"
# Pings are late by at most so much, and so many go out between two pauses.
_SECONDS = 0.5
_AT_ONCE = 100

Environ = dict[str, Any]


def lighten_requests(environ: Environ) -> None:
    """Let whoever opens the socket of this request find all that eventlet keeps of it."""
    if "eventlet.set_idle" in environ:
        environ[_WHOLE] = environ


def travel_light(eio: Any) -> None:
    """Let an Engine.IO server keep little for each phone; for eventlet’s websockets."""
    _forget_requests(eio)
    _ping_by_one_clock(eio)


def _forget_requests(eio: Any) -> None:
    """Once a socket is open, keep of its request only what its events need."""
    open_websocket = eio._async["websocket"]  # noqa: SLF001 - where the library keeps its driver

    def open_line(handle: Any, server: Any) -> Any:
        def handle_light(line: Any) -> Any:
            whole = line.environ.pop(_WHOLE, line.environ)
            _close_buffers(whole)
            for environ in (line.environ, whole):
                kept = {name: environ[name] for name in _KEPT if name in environ}
                environ.clear()  # a dictionary that loses entries one by one keeps its size
                environ.update(kept)
            return handle(line)

        return open_websocket(handle_light, server)

    eio._async = {**eio._async, "websocket": open_line}  # noqa: SLF001


def _close_buffers(environ: Environ) -> None:
    """Give back what eventlet read the request through: a websocket reads its socket itself."""
    belongs_to = getattr(environ.get("eventlet.set_idle"), "__closure__", None)
    if belongs_to:
        handler = belongs_to[0].cell_contents
        handler.rfile.close()
        handler.wfile.close()
        handler.headers = None


def _ping_by_one_clock(eio: Any) -> None:
    """Send every phone's pings from one task; the library starts one for each ping."""
    waiting: deque[tuple[float, Any]] = deque()
    start = eio.start_background_task

    def start_unless_ping(target: Callable[..., Any], *args: Any, **more: Any) -> Any:
        if getattr(target, "__name__", "") != "_send_ping":
            return start(target, *args, **more)
        waiting.append((monotonic() + eio.ping_interval, target.__self__))  # type: ignore[attr-defined]
        return None

    def ping_who_is_due() -> None:
        while True:
            eio.sleep(_SECONDS)
            for number in range(len(waiting)):
                if waiting[0][0] > monotonic():
                    break
                _ping(waiting.popleft()[1])
                if number % _AT_ONCE == _AT_ONCE - 1:
                    eio.sleep(0)

    eio.start_background_task = start_unless_ping
    start(ping_who_is_due)


def _ping(phone: Any) -> None:
    """What the library does once it has waited."""
    if not phone.closing and not phone.closed:
        phone.last_ping = time()
        with suppress(exceptions.SocketIsClosedError):
            phone.send(packet.Packet(packet.PING))
