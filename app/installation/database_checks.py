"""Whether the database is the one that was meant, keeps what it promises, and has room."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import Connection, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from app.installation.finding import Installation, Wrong
from app.schema import revision_of, revisions
from ballots.turned_away import tries_since
from neighbourhoods.database import now

LEAST_POSTGRES, LEAST_SQLITE = 140_000, (3, 37, 0)
MOST_SECONDS_APART = 1.0
# SQLAlchemy’s own: so many more than its pool an engine opens under load.
_OVERFLOW = 10
# One for those who look things up, one for those who write.
_ENGINES = 2
# One to agree who acts by the clock, one while somebody asks at /health/ready.
_BESIDE = 2


def check_reachable(found: Installation) -> Iterator[Wrong]:
    """Whether the database answers at all."""
    try:
        with found.database.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except (SQLAlchemyError, OSError) as away:
        yield Wrong(
            f"The database does not answer ({type(away).__name__}).",
            "Start it, and look at WARDMOTE_DATABASE_URL: host, port, name, user, password.",
        )


def check_version(found: Installation) -> Iterator[Wrong]:
    """Whether the database is new enough."""
    if found.database.is_sqlite:
        if sqlite3.sqlite_version_info < LEAST_SQLITE:
            yield Wrong(
                f"SQLite {sqlite3.sqlite_version} is older than 3.37.",
                "Use a newer Python or operating system, or PostgreSQL.",
            )
        return
    with found.database.engine.connect() as connection:
        version = int(_shown(connection, "server_version_num"))
    if version < LEAST_POSTGRES:
        yield Wrong(
            f"PostgreSQL {version // 10_000} is older than 14.",
            "Move to a version that is kept up.",
        )


def _shown(connection: Connection, setting: str) -> str:
    query = text("SELECT current_setting(:name)")
    return str(connection.execute(query, {"name": setting}).scalar_one())


def check_isolation(found: Installation) -> Iterator[Wrong]:
    """Whether transactions see what the code expects them to see."""
    with found.database.engine.connect() as connection:
        if found.database.is_sqlite:
            mode = connection.execute(text("PRAGMA journal_mode")).scalar_one()
            if mode != "wal":
                yield Wrong(
                    f"SQLite keeps its journal as {mode!r}, not as a WAL: readers stop voters.",
                    "Put the database file on a disk of this machine, not on a network share.",
                )
            return
        level = _shown(connection, "default_transaction_isolation")
    if level != "read committed":
        yield Wrong(
            f"Transactions are isolated as {level!r}; under it ballots that come together fail.",
            "ALTER DATABASE … SET default_transaction_isolation = 'read committed'.",
        )


_SAFE = {
    "fsync": "on",
    "full_page_writes": "on",
}


def check_durable(found: Installation) -> Iterator[Wrong]:
    """Whether a ballot that was acknowledged survives a power cut."""
    with found.database.engine.connect() as connection:
        if found.database.is_sqlite:
            level = int(connection.execute(text("PRAGMA synchronous")).scalar_one())
            if level < 2:  # FULL
                yield Wrong(
                    "SQLite does not wait for the disk: a power cut loses acknowledged ballots.",
                    "Report this: Wardmote sets synchronous=FULL itself.",
                )
            return
        wrong = [name for name, safe in _SAFE.items() if _shown(connection, name) != safe]
        if _shown(connection, "synchronous_commit") == "off":
            wrong.append("synchronous_commit")
    if wrong:
        yield Wrong(
            f"PostgreSQL runs with {', '.join(wrong)} off: a power cut loses acknowledged ballots.",
            "Set them to on in postgresql.conf, and restart it.",
        )


# Values stand in a statement as it reaches PostgreSQL, and in the DETAIL of an error.
SILENT = {
    "log_statement": ("none", "ddl"),
    "log_min_duration_statement": ("-1",),
    "log_min_error_statement": ("panic",),
    "log_error_verbosity": ("terse",),
}


def check_silent(found: Installation) -> Iterator[Wrong]:
    """Whether PostgreSQL writes what people entered into its own log."""
    if found.database.is_sqlite:
        return
    with found.database.engine.connect() as connection:
        loud = [name for name, good in SILENT.items() if _shown(connection, name) not in good]
    if loud:
        yield Wrong(
            f"By {', '.join(loud)} PostgreSQL’s log may hold names, addresses and sealed ballots.",
            f"Set {', '.join(f'{name} = {SILENT[name][0]}' for name in loud)} in postgresql.conf, "
            "and reload it.",
        )


def check_migrations(found: Installation) -> Iterator[Wrong]:
    """Whether the database has the schema of this code."""
    with found.database.engine.connect() as connection:
        revision = revision_of(connection)
    newest = revisions()[0]
    if revision == newest:
        return
    if revision is not None and revision > newest:
        yield Wrong(
            f"The database has schema {revision}, this code knows {newest} as the newest.",
            "Deploy the code that belongs to it; old code runs beside new code only meanwhile.",
        )
        return
    yield Wrong(
        f"The database has schema {revision or 'none'}, this code needs {newest}.",
        "Make a backup, then: flask --app wsgi migrate.",
    )


def check_clock(found: Installation) -> Iterator[Wrong]:
    """Whether this machine and the database agree on the time."""
    with found.database.reading() as session:
        session.info["clock"] = None
        apart = abs((now(session) - found.clock()).total_seconds())
    if apart > MOST_SECONDS_APART:
        yield Wrong(
            f"The clocks of this machine and of the database are {apart:,.1f} s apart.",
            "Let both follow one time server (chrony, systemd-timesyncd): the database’s clock "
            "closes votes, this one stands in the log.",
        )


def check_connections(found: Installation) -> Iterator[Wrong]:
    """Whether PostgreSQL admits all the connections that the processes may open."""
    pool = found.database.engine.pool
    if found.database.is_sqlite or not isinstance(pool, QueuePool):
        return
    needed = found.processes * (_ENGINES * (pool.size() + _OVERFLOW) + _BESIDE)
    with found.database.engine.connect() as connection:
        reserved = int(_shown(connection, "superuser_reserved_connections"))
        admitted = int(_shown(connection, "max_connections")) - reserved
    if needed > admitted:
        yield Wrong(
            f"{found.processes} processes may open {needed} connections; PostgreSQL admits "
            f"{admitted}.",
            f"Set max_connections to at least {needed + reserved}, or serve with fewer processes.",
        )


def check_turned_away(found: Installation) -> Iterator[Wrong]:
    """How many tries were turned away since yesterday."""
    with found.database.reading() as session:
        session.info["clock"] = None
        tries = tries_since(session, now(session) - timedelta(days=1))
    if tries:
        yield Wrong(
            f"{tries:,} tries were turned away since yesterday.",
            "docs/operations.md says where to look.",
            is_note=True,
        )
