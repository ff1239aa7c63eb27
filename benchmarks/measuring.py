"""What metrics and the log cost a request: `python -m benchmarks.measuring`.

The same page is asked of two apps, by turns in one process: one measures and logs, one does not.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from flask.testing import FlaskClient

from app import factory
from app.schema import migrate
from app.settings import settings_from
from neighbourhoods.database import Database

TURNS, REQUESTS = 20, 100
PAGES = ("/health/live", "/rounds", "/static/css/theme.css")
MEASURING = ("measure_requests", "keep_log", "name_requests", "count_turned_away")


def nothing(*_about: object) -> None:
    """Do nothing."""


def client_of(folder: str, *, measuring: bool) -> FlaskClient:
    """A visitor of an app on an empty council."""
    settings = settings_from({"WARDMOTE_VAR": folder, "ASYNC_MODE": "threading"})
    database = Database(settings.database_url)
    migrate(database)
    database.dispose()
    left_out: tuple[str, ...] = () if measuring else MEASURING
    patches: list[Callable[[], object]] = [
        mock.patch.object(factory, name, nothing).start for name in left_out
    ]
    for patch in patches:
        patch()
    try:
        return factory.create_app(settings).test_client()
    finally:
        mock.patch.stopall()


def microseconds(client: FlaskClient, page: str) -> float:
    """Processor time of one request."""
    began = time.process_time()
    for _ in range(REQUESTS):
        client.get(page).close()
    return (time.process_time() - began) / REQUESTS * 1e6


def main() -> None:
    """Print a row for each page."""
    with tempfile.TemporaryDirectory() as folder:
        with_it = client_of(str(Path(folder, "with")), measuring=True)
        without = client_of(str(Path(folder, "without")), measuring=False)
        print(f"{'page':<24} {'without':>9} {'with':>9} {'ratio':>7}")
        for page in PAGES:
            pairs = [
                (microseconds(without, page), microseconds(with_it, page)) for _ in range(TURNS)
            ]
            few, more = (statistics.median(column) for column in zip(*pairs, strict=True))
            ratio = statistics.median(high / low for low, high in pairs)
            print(f"{page:<24} {few:>6.0f} µs {more:>6.0f} µs {ratio:>7.3f}")


if __name__ == "__main__":
    os.environ.setdefault("WARDMOTE_ENVIRONMENT", "development")
    main()
