"""Every service test runs on SQLite and on a real PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.schema import migrate
from ballots.keys import KeyFolder, KeyStore
from neighbourhoods.database import Database
from tests.builders import Clock
from tests.servers import Server, drop_database, fresh_database


@pytest.fixture(scope="session")
def empty_postgres(postgres_server: Server) -> str:
    """The name of a migrated PostgreSQL database without a row, to be copied."""
    url = fresh_database(postgres_server)
    database = Database(url)
    migrate(database)
    database.dispose()
    return url.rsplit("/", 1)[1]


@pytest.fixture(
    params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)],
)
def database(
    request: pytest.FixtureRequest, tmp_path: Path, empty_sqlite: Path, clock: Clock
) -> Iterator[Database]:
    if request.param == "sqlite":
        shutil.copy(empty_sqlite, tmp_path / "wardmote.db")
        database = Database(f"sqlite:///{tmp_path / 'wardmote.db'}", clock=clock)
        yield database
        database.dispose()
        return
    server: Server = request.getfixturevalue("postgres_server")
    url = fresh_database(server, like=request.getfixturevalue("empty_postgres"))
    database = Database(url, clock=clock)
    yield database
    database.dispose()
    drop_database(server, url)


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyFolder(tmp_path / "keys")
