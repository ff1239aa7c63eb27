"""eventlet's WSGI server: the only module that loads the library, beside wsgi.py, which patches."""

import errno
import io
import socket
from collections.abc import Iterable
from typing import Any

import eventlet
from eventlet import wsgi
from eventlet.event import Event

from app.carrying import GOING_AWAY, WAITING_OUTSIDE
from app.on_eventlet.light_lines import lighten_requests, travel_light
from app.on_eventlet.patience import READS_NOTHING, Patience
from app.on_eventlet.straight import hand_over
from app.porter import BESIDE, WSGI, Environ

# How often the one who accepts looks whether the door is shut.
LOOKS_EVERY = 0.2


class EventletCarrier:
    """Its WSGI server, with an end in two steps: first nobody comes, then all have gone."""

    def __init__(self) -> None:
        self._is_shut = False
        self._is_closed, self._is_over = Event(), Event()
        self._pool = eventlet.GreenPool(0)
        self._server: Any = None

    def prepare(self, server: Any) -> None:
        """Let news go straight to the lines, and little be kept for each."""
        travel_light(server.eio)
        server.manager.hand_over = hand_over

    def serve(self, app: WSGI, host: str, port: int, most: int) -> None:
        """Serve until told to finish."""
        # eventlet's own limit of 1,024 stalls the whole server, HTTP included, at the next socket.
        self._pool.resize(most + BESIDE)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # One process a port: of two that share one, whoever ends breaks off those in its queue.
        listener = eventlet.listen((host, port), family, WAITING_OUTSIDE, reuse_port=False)
        listener.settimeout(LOOKS_EVERY)
        carrier = self

        class Line(wsgi.HttpProtocol):
            rfile: Any

            def setup(self) -> None:
                super().setup()
                carrier._server = self.server
                self.patience = Patience(self.rfile.detach(), self.connection)
                self.rfile = io.BufferedReader(self.patience)

            def handle_one_request(self) -> None:
                self.patience.await_request()
                super().handle_one_request()

            def get_environ(self) -> Environ:
                environ: Environ = super().get_environ()
                length = environ.get("CONTENT_LENGTH", "")
                self.patience.await_body(int(length) if length.isdecimal() else 0)
                return environ

        def lightened(environ: Environ, start_response: Any) -> Iterable[bytes]:
            if environ.get("HTTP_UPGRADE", "").lower() == "websocket":
                # A phone may be silent for long: pings find out whether it is there.
                environ["eventlet.input"].get_socket().settimeout(None)
                lighten_requests(environ)
            return app(environ, start_response)

        wsgi.server(
            _Entrance(listener, self),
            lightened,
            custom_pool=self._pool,
            protocol=Line,
            log_output=False,
            socket_timeout=READS_NOTHING,
        )

    def held(self) -> int:
        """How many connections there are."""
        return int(self._pool.running())

    def stop_accepting(self) -> None:
        """Take whoever stands outside already, then nobody."""
        self._is_shut = True
        self._is_closed.wait()
        if self._server is not None:
            # Every answer from now on says that it is the last on its connection.
            self._server.keepalive = False

    def finish(self) -> None:
        """Let `serve` return once nothing is under way."""
        self._is_over.send()

    def send_away(self, line: Any) -> None:
        """Tell a phone to go elsewhere; one that reads nothing keeps no other waiting."""
        eventlet.spawn_n(line._send_closing_frame, True, (GOING_AWAY, ""))  # noqa: SLF001

    def entered(self, listener: Any) -> Any:
        """The next who comes in; OSError once all is over."""
        while True:
            if self._is_shut:
                listener.setblocking(False)  # whoever stands outside still comes in
            try:
                return listener.accept()
            except TimeoutError:
                continue
            except BlockingIOError:
                break
        listener.close()
        self._is_closed.send()
        self._is_over.wait()
        raise OSError(errno.ESHUTDOWN, "nobody comes any more")


class _Entrance:
    """What eventlet takes for its listening socket."""

    def __init__(self, listener: Any, carrier: EventletCarrier) -> None:
        self._listener, self._carrier = listener, carrier
        self._name, self.family = listener.getsockname(), listener.family

    def getsockname(self) -> Any:
        return self._name

    def accept(self) -> Any:
        return self._carrier.entered(self._listener)

    def close(self) -> None:
        self._listener.close()
