"""Serving with a thread for each connection: no library of its own, for a desk and a small ward."""

import threading
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from app.carrying import Carrier, close_simple_line
from app.porter import WSGI, noting


class _Quiet(WSGIRequestHandler):
    """Nobody's address is noted."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Note nothing."""


class ThreadingCarrier:
    """Werkzeug's server, with an end in two steps: first nobody comes, then all have gone."""

    def __init__(self) -> None:
        self._is_over = threading.Event()
        self._server: BaseWSGIServer | None = None
        self._lines: set[object] = set()

    def prepare(self, server: Any) -> None:
        """Nothing to set up."""

    def serve(self, app: WSGI, host: str, port: int, most: int) -> None:  # noqa: ARG002
        """Serve until told to finish; how many there may be is up to the system."""
        self._server = make_server(
            host, port, noting(app, self._lines), threaded=True, request_handler=_Quiet
        )
        self._server.serve_forever(poll_interval=0.1)
        self._is_over.wait()

    def held(self) -> int:
        """How many connections there are: here each ends with its answer."""
        return len(self._lines)

    def stop_accepting(self) -> None:
        """Accept nobody any more."""
        if self._server:
            self._server.shutdown()

    def finish(self) -> None:
        """Let `serve` return."""
        self._is_over.set()

    def send_away(self, line: Any) -> None:
        """Tell a phone to go elsewhere; one that reads nothing keeps no other waiting."""
        threading.Thread(target=close_simple_line, args=(line,), daemon=True).start()


def carrier() -> Carrier:
    """The server."""
    return ThreadingCarrier()
