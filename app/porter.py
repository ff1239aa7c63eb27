"""The porter of this process: how many are inside, how many may be, and whether it is closing."""

import resource
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from flask import Flask
from werkzeug.wsgi import ClosingIterator

log = structlog.get_logger()
# From this share of the most on, newcomers are better off at another process.
NEARLY = 0.9
# Short visits that are let in beside the most, so that a full process still answers.
BESIDE = 200
# Open files that are no connections: the database, logs, the room in which votes are counted.
OWN_FILES = 100
_PLACE = "wardmote-porter"

Environ = dict[str, Any]
WSGI = Callable[[Environ, Any], Iterable[bytes]]


class Porter:
    """Knows everybody inside. Phones that follow something stay; whoever asks something leaves."""

    def __init__(self, most: int) -> None:
        """Let in as many connections as `most`."""
        self.most = most
        self.is_closing = False
        # What carries the connections says how many there are.
        self.held: Callable[[], int] = int
        # Adding and taking away is one step each, with real threads too.
        self._under_way: set[object] = set()

    @property
    def is_nearly_full(self) -> bool:
        """Whether newcomers are better off elsewhere."""
        return self.held() >= self.most * NEARLY

    @property
    def under_way(self) -> int:
        """How many requests and other works have begun and not ended."""
        return len(self._under_way)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Let the process not end before this is done."""
        work = object()
        self._under_way.add(work)
        try:
            yield
        finally:
            self._under_way.discard(work)

    def around(self, app: WSGI) -> WSGI:
        """The app, with every request known here and phones refused while there is no room."""
        asked = noting(app, self._under_way)

        def known(environ: Environ, start_response: Any) -> Iterable[bytes]:
            if environ.get("HTTP_UPGRADE", "").lower() != "websocket":
                return asked(environ, start_response)
            if self.is_closing or self.held() > self.most:
                return _refused(start_response)
            return app(environ, start_response)

        return known


def noting(app: WSGI, here: set[object]) -> WSGI:
    """The app, with something in the set for each visit until its answer is closed."""

    def noted(environ: Environ, start_response: Any) -> Iterable[bytes]:
        visit = object()
        here.add(visit)
        try:
            answer = app(environ, start_response)
        except BaseException:
            here.discard(visit)
            raise
        return _Answer(answer, lambda: here.discard(visit))

    return noted


class _Answer(ClosingIterator):
    """An answer that ends a visit when it is closed, and when it is dropped without that.

    Werkzeug's own server drops one whose reader broke off: it reads what is left before it closes.
    """

    def __init__(self, answer: Iterable[bytes], over: Callable[[], None]) -> None:
        """Call `over` at its end, once or twice."""
        super().__init__(answer, over)
        self._over = over

    def __del__(self) -> None:
        """The visit is over."""
        self._over()


def _refused(start_response: Any) -> Iterable[bytes]:
    start_response(
        "503 Service Unavailable",
        [("Content-Length", "0"), ("Retry-After", "5"), ("Connection", "close")],
    )
    return []


def post_porter(app: Flask, porter: Porter) -> None:
    """Give an app its porter."""
    app.extensions[_PLACE] = porter


def porter_of(app: Flask) -> Porter:
    """The porter of the process that serves this app."""
    porter: Porter = app.extensions[_PLACE]
    return porter


def room_for(wanted: int) -> int:
    """How many connections the system lets this process hold, at most `wanted`; says if fewer."""
    needed = wanted + BESIDE + OWN_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < needed:
        soft = min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    if soft >= needed:
        return wanted
    least = max(1, soft - BESIDE - OWN_FILES)
    log.warning("fewer connections", wanted=wanted, most=least, open_files=soft, needed=needed)
    return least
