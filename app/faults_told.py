"""Telling what fails beside the server: once in full, then calmly, however often it is tried again.

Clerks try again each second. A database that is away for an hour is a handful of lines, not
thousands: one when it goes, one each half a minute, one when it is back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from app.errors import places_of

log = structlog.get_logger()
# Seconds between two lines about the same trouble.
TOLD_EVERY = 30.0
# What PostgreSQL answers while it starts or ends, and while a connection breaks.
_GOING = ("57P01", "57P02", "57P03", "08")


def is_outage(error: BaseException) -> bool:
    """Whether PostgreSQL is away: where in our code that was noticed tells nobody anything."""
    if not isinstance(error, DBAPIError) or not hasattr(error.orig, "pgcode"):
        return False
    code = getattr(error.orig, "pgcode", None)
    if code is not None:
        return str(code).startswith(_GOING)
    # Nobody answered: the connection was refused, timed out, or broke off.
    return error.connection_invalidated or isinstance(error, (OperationalError, InterfaceError))


def what_broke(error: BaseException) -> dict[str, object]:
    """What a line tells of an error: its kind, and where it came from unless that says nothing."""
    told: dict[str, object] = {"kind": type(error).__name__}
    return told if is_outage(error) else told | {"places": places_of(error)}


@dataclass
class _Trouble:
    """Something that fails again and again."""

    told_at: float
    failed_at: float
    times: int = 0


class FaultsTold:
    """What one process has told of what fails in its background, and when."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """Nothing fails yet."""
        self._clock = clock
        self._troubles: dict[tuple[str, ...], _Trouble] = {}
        self._away_since: float | None = None
        self._away_told_at: float | None = None
        self._away_is_told = False
        self._away_times = 0

    @property
    def is_away(self) -> bool:
        """Whether the database went away and was not seen since."""
        return self._away_since is not None

    def tell(self, act: str, error: Exception) -> None:
        """Tell that an act failed, unless the same was told within half a minute: then count."""
        if is_outage(error):
            self._tell_outage(error)
            return
        told = what_broke(error)
        moment, places = self._clock(), places_of(error)
        same = (act, type(error).__name__, *places[-1:])
        trouble = self._troubles.get(same)
        if trouble is None or moment - trouble.failed_at >= TOLD_EVERY:
            log.warning("tick failed", act=act, **told)
            self._troubles[same] = _Trouble(told_at=moment, failed_at=moment)
            return
        trouble.failed_at = moment
        trouble.times += 1
        if moment - trouble.told_at >= TOLD_EVERY:
            log.warning("tick still fails", act=act, kind=told["kind"], times=trouble.times)
            trouble.told_at, trouble.times = moment, 0

    def _tell_outage(self, error: Exception) -> None:
        moment = self._clock()
        if self._away_since is None:
            self._away_since = moment
        self._away_times += 1
        if self._away_told_at is not None and moment - self._away_told_at < TOLD_EVERY:
            return
        seconds = round(moment - self._away_since)
        kind, times = type(error).__name__, self._away_times
        log.warning("database away", kind=kind, times=times, seconds=seconds)
        self._away_told_at, self._away_is_told, self._away_times = moment, True, 0

    def tell_back(self) -> None:
        """Tell that the database is back, if it was told that it is away."""
        since, self._away_since = self._away_since, None
        if since is not None and self._away_is_told:
            seconds = round(self._clock() - since)
            log.warning("database back", times=self._away_times, seconds=seconds)
            self._away_is_told, self._away_times = False, 0
