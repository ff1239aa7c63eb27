"""One PostgreSQL database for many tests: what a test wrote is deleted, far sooner than copied.

A database whose schema a test has changed is lent to nobody else.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg2
from psycopg2.sql import SQL, Identifier, Literal

from tests.servers import Server, drop_database, fresh_database

# Deleted rows stay in the files for a while and make them longer.
MOST_TESTS = 50
# Whatever changes the schema or a setting of the database leaves its number in one of these.
CATALOGUES = (
    *("pg_class", "pg_attribute", "pg_attrdef", "pg_constraint", "pg_index", "pg_proc"),
    *("pg_trigger", "pg_type", "pg_namespace", "pg_db_role_setting"),
)


class LentDatabase:
    """Lends a copy of the database `model`, and has it back without a row."""

    def __init__(self, server: Server, model: str) -> None:
        self._server, self._model = server, model
        self._lend_a_copy()

    def _lend_a_copy(self) -> None:
        self.url = fresh_database(self._server, like=self._model.rsplit("/", 1)[1])
        self._tests = 0
        with self._asking() as ask:
            self._schema, self._version = _fingerprint(ask), _version(ask)
            ask.execute(
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p')"
                " AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'"
            )
            self._tables = [name for (name,) in ask.fetchall()]

    @contextlib.contextmanager
    def _asking(self) -> Iterator[Any]:
        address = self.url.replace("postgresql+psycopg2://", "postgresql://")
        with contextlib.closing(psycopg2.connect(address)) as connection:
            connection.autocommit = True
            yield connection.cursor()

    def clear(self) -> None:
        """Delete what a test left, whoever is still connected."""
        self._tests += 1
        with self._asking() as ask:
            ask.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            # Only with the schema of before is the table of its version sure to be there.
            is_as_lent = _fingerprint(ask) == self._schema and _version(ask) == self._version
            if is_as_lent and self._tests < MOST_TESTS:
                self._delete_rows(ask)
                return
        self.renew()

    def _delete_rows(self, ask: Any) -> None:
        # Neither the record's triggers nor foreign keys stand in the way of a test's end.
        ask.execute("SET session_replication_role = replica")
        has_rows = SQL("SELECT {} WHERE EXISTS (SELECT FROM {})")
        ask.execute(
            SQL(" UNION ALL ").join(
                has_rows.format(Literal(table), Identifier(table)) for table in self._tables
            )
        )
        for (table,) in ask.fetchall():
            ask.execute(SQL("DELETE FROM {}").format(Identifier(table)))
        ask.execute(
            "SELECT setval(format('%I.%I', schemaname, sequencename), start_value, false)"
            " FROM pg_sequences WHERE last_value IS NOT NULL"
        )

    def renew(self) -> None:
        """Lend another copy from now on, if this one was ever lent."""
        if self._tests:
            self.close()
            self._lend_a_copy()

    def close(self) -> None:
        """Remove the copy."""
        drop_database(self._server, self.url)


def _fingerprint(ask: Any) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for catalogue in CATALOGUES:
        newest = SQL("SELECT count(*), coalesce(max(xmin::text::bigint), 0) FROM {}")
        ask.execute(newest.format(Identifier(catalogue)))
        found += ask.fetchall()
    return found


def _version(ask: Any) -> Any:
    ask.execute("SELECT * FROM alembic_version")
    return ask.fetchall()
