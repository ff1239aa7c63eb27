"""How a process ends: nobody new, phones sent elsewhere a few at a time, all work finished.

Told to end (SIGTERM, Ctrl-C) it first says at /health/ready that it is about to. A moment later it
accepts nobody; the front asks the other processes. Its phones are told that it goes away, and come
back to another process, each after a delay of its own. What was begun is finished, ballots above
all; then it ends with 0. A second signal ends it at once.
"""

import os
import signal
import sys
from collections.abc import Callable
from math import ceil
from time import monotonic
from types import FrameType
from typing import Any

import structlog

from app.carrying import Carrier
from app.extensions import socketio
from app.porter import Porter

log = structlog.get_logger()
LOOKS_EVERY = 0.1
# Seconds for whoever asks at /health/ready before it sends somebody here.
NOTICE = 1.0
# A connection costs the others about a millisecond: ten thousand phones in this many seconds.
SPREAD = 6.0
# The front keeps idle connections for five seconds (keepalive_timeout in its site) and may send
# something through one of them until then.
KEPT_BY_FRONT = 6.0
# By then a supervisor loses patience (TimeoutStopSec, stop_grace_period).
LATEST = 16.0


class Leaving:
    """Watches for the signal to end, and ends the process in order."""

    def __init__(
        self,
        porter: Porter,
        carrier: Carrier,
        *,
        behind_front: bool,
        last: Callable[[], object] = lambda: None,
    ) -> None:
        """`behind_front`: whether somebody stands in front who can ask other processes.

        `last` is called when everybody has gone.
        """
        self._porter, self._carrier, self._behind_front = porter, carrier, behind_front
        self._last = last
        self._is_told = False

    def watch(self) -> None:
        """Begin to watch, beside the server."""
        for told in (signal.SIGTERM, signal.SIGINT):
            signal.signal(told, self._tell)
        socketio.start_background_task(self._wait)

    def _tell(self, number: int, _frame: FrameType | None) -> None:
        # Only noted here: whatever was interrupted may hold any lock.
        self._is_told = True
        signal.signal(number, signal.SIG_DFL)

    def _wait(self) -> None:
        while not self._is_told:
            socketio.sleep(LOOKS_EVERY)
        try:
            self.leave()
            self._last()
        finally:
            self._carrier.finish()
        socketio.sleep(2)
        # Whoever is still there was given all the time there is.
        sys.stdout.flush()
        os._exit(0)

    def leave(self) -> None:
        """Hand everybody over, and return when nothing is under way or time is up."""
        began = monotonic()
        self._porter.is_closing = True
        log.info("closing", connections=self._porter.held(), under_way=self._porter.under_way)
        if self._behind_front:
            socketio.sleep(NOTICE)
        self._carrier.stop_accepting()
        shut = monotonic()
        self._send_away(list(socketio.server.eio.sockets.values()))
        kept = KEPT_BY_FRONT if self._behind_front else 0.0
        while monotonic() < began + LATEST:
            if not self._porter.under_way and monotonic() >= shut + kept:
                break
            socketio.sleep(LOOKS_EVERY)
        seconds = round(monotonic() - began, 1)
        log.info("closed", seconds=seconds, unfinished=self._porter.under_way)

    def _send_away(self, phones: list[Any]) -> None:
        at_once = ceil(len(phones) * LOOKS_EVERY / SPREAD)
        for number, phone in enumerate(phones, start=1):
            line = getattr(phone, "line", None)
            if line is not None and not phone.closed:
                self._carrier.send_away(line)
            if number % at_once == 0:
                socketio.sleep(LOOKS_EVERY)
