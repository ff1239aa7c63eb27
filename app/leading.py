"""Which of several processes acts by the clock: whoever holds one lock of the database.

The lock belongs to a connection of its own. A process that dies loses it at once. One that hangs
keeps the connection open but says nothing on it, and the database ends it after `LEASE`. Whoever
wakes from that finds by its own clock that its time is over, before it has asked anybody.
"""

import os
import socket
from time import monotonic
from typing import Protocol

import structlog
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from neighbourhoods.database import Database

log = structlog.get_logger()
# Seconds: the longest silence of a leader, and how often everybody asks.
LEASE, ASKS_EVERY = 10.0, 2.0
_ROOM, _THE_CLERK = 7002, 1


class Lead(Protocol):
    """Whether this process is the one that acts by the clock."""

    @property
    def is_ours(self) -> bool:
        """Whether this process leads at this moment."""

    def ask(self) -> None:
        """Take the lead if nobody has it, or keep it; call it every `ASKS_EVERY` seconds."""

    def give_up(self) -> None:
        """Let another process lead, at once."""


class OnlyOne:
    """The one process there is always leads."""

    is_ours = True

    def ask(self) -> None:
        """There is nobody to ask."""

    def give_up(self) -> None:
        """There is nobody else."""


class LeadByLock:
    """The lead among processes on one PostgreSQL."""

    def __init__(self, database: Database) -> None:
        """Nobody's yet: `ask` for it."""
        self._database = database
        self._line: Connection | None = None
        self._ours_until: float | None = None

    @property
    def is_ours(self) -> bool:
        """Whether this process leads at this moment; False for whoever was silent too long."""
        return self._ours_until is not None and monotonic() < self._ours_until

    def ask(self) -> None:
        """Take the lead if nobody has it, or keep it."""
        led = self._ours_until is not None
        asked_at = monotonic()
        try:
            if self._holds_lock():
                # The database counts from its answer, which comes later: we end before it does.
                self._ours_until = asked_at + LEASE
        except (DBAPIError, OSError) as lost:
            self.give_up()
            if led:
                log.warning("lead lost", kind=type(lost).__name__)
        if self._ours_until is not None and not led:
            log.info("lead taken")

    def give_up(self) -> None:
        """Let another process lead, at once."""
        line, self._line, self._ours_until = self._line, None, None
        if line is not None:
            line.invalidate()
            line.close()

    def _holds_lock(self) -> bool:
        if self._line is None:
            self._line = self._database.line_of_its_own()
            self._line.execute(text(f"SET idle_session_timeout = {int(LEASE * 1000)}"))
            # Whoever looks into pg_stat_activity sees which process it is.
            name = f"wardmote clerk {os.getpid()} {socket.gethostname()}"[:63]
            self._line.execute(
                text("SELECT set_config('application_name', :name, false)"), {"name": name}
            )
        if self._ours_until is not None:
            # Asked again the lock would be held twice; while the connection lives it is held.
            self._line.execute(text("SELECT 1"))
            return True
        asked = text("SELECT pg_try_advisory_lock(:room, :clerk)")
        found = self._line.execute(asked, {"room": _ROOM, "clerk": _THE_CLERK}).scalar_one()
        return bool(found)


def lead_in(database: Database) -> Lead:
    """How processes on this database agree who leads; on SQLite there is only one."""
    return OnlyOne() if database.is_sqlite else LeadByLock(database)
