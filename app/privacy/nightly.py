"""The purge that runs by itself, once a night, where the council has said so."""

from collections.abc import Callable
from datetime import date
from time import monotonic

from app.display import LONDON
from app.house import database, keys, settings
from app.privacy.purging import purge
from app.settings import Purge
from neighbourhoods.database import now

# When few people vote; a server that is away in that hour clears the night after.
HOUR = 3
LOOK_EVERY = 60.0


class NightlyPurge:
    """Remembers for which night it was done; a second process that does it finds nothing left."""

    def __init__(self) -> None:
        """Nothing was done yet."""
        self._look_at = 0.0
        self._done_on: date | None = None

    def clear_if_due(self, pause: Callable[[], None]) -> bool:
        """Clear what is past its time if it is that hour of a night not done yet; whether it was.

        `pause` is called between small transactions, so that everybody else comes in.
        """
        if settings().purge is not Purge.DAILY or monotonic() < self._look_at:
            return False
        self._look_at = monotonic() + LOOK_EVERY
        with database().reading() as session:
            local = now(session).astimezone(LONDON)
        if local.hour != HOUR or self._done_on == local.date():
            return False
        purge(database(), keys(), settings().keep_days, settings().council_name, pause)
        self._done_on = local.date()
        return True
