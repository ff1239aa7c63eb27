"""Every service test runs on SQLite and on a real PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.schema import migrate
from ballots.keys import KeyFolder, KeyStore
from neighbourhoods.database import Database
from tests.builders import Clock
from tests.lent_database import LentDatabase
from tests.servers import Server, fresh_database


@pytest.fixture(scope="session")
def lent_postgres(postgres_server: Server) -> Iterator[LentDatabase]:
    """A migrated PostgreSQL database that one test after another gets without a row."""
    model = fresh_database(postgres_server)
    database = Database(model)
    migrate(database)
    database.dispose()
    lent = LentDatabase(postgres_server, model)
    yield lent
    lent.close()


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)],
)
def database(
    request: pytest.FixtureRequest, tmp_path: Path, empty_sqlite: Path, clock: Clock
) -> Iterator[Database]:
    """A migrated database without a row. Marked `untouched`, its files never held one either."""
    if request.param == "sqlite":
        shutil.copy(empty_sqlite, tmp_path / "wardmote.db")
        database = Database(f"sqlite:///{tmp_path / 'wardmote.db'}", clock=clock)
        yield database
        database.dispose()
        return
    lent: LentDatabase = request.getfixturevalue("lent_postgres")
    if request.node.get_closest_marker("untouched"):
        lent.renew()
    database = Database(lent.url, clock=clock)
    yield database
    database.dispose()
    lent.clear()


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyFolder(tmp_path / "keys")
