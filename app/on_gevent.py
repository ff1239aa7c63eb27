"""Serving with gevent. Beside wsgi.py, which patches, this is the only module that knows it."""

from collections.abc import Iterable
from typing import Any

import gevent
from gevent.event import Event
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer

from app.carrying import WAITING_OUTSIDE, Carrier, close_simple_line
from app.porter import BESIDE, WSGI, Environ


class GeventCarrier:
    """gevent's WSGI server, with an end in two steps: first nobody comes, then all have gone."""

    def __init__(self) -> None:
        self._is_over = Event()
        self._server: WSGIServer | None = None

    def prepare(self, server: Any) -> None:
        """Nothing to set up."""

    def serve(self, app: WSGI, host: str, port: int, most: int) -> None:
        """Serve until told to finish."""

        def said(environ: Environ, start_response: Any) -> Iterable[bytes]:
            def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
                if server.closed:
                    headers = [*headers, ("Connection", "close")]
                return start_response(status, headers, *error)

            return app(environ, start)

        pool = Pool(most + BESIDE)
        self._server = server = WSGIServer((host, port), said, WAITING_OUTSIDE, pool, log=None)
        server.start()
        self._is_over.wait()
        server.stop(timeout=1)

    def held(self) -> int:
        """How many connections there are."""
        return len(self._server.pool) if self._server else 0

    def stop_accepting(self) -> None:
        """Take whoever stands outside already, then nobody."""
        gevent.sleep(0)  # whoever stands outside comes in
        if self._server:
            self._server.close()

    def finish(self) -> None:
        """Let `serve` return."""
        self._is_over.set()

    def send_away(self, line: Any) -> None:
        """Tell a phone to go elsewhere; one that reads nothing keeps no other waiting."""
        gevent.spawn(close_simple_line, line)


def carrier() -> Carrier:
    """The server."""
    return GeventCarrier()
