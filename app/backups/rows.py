"""Every row of a database, out and in: the same words from SQLite and from PostgreSQL.

Rows leave in the order of their keys: a backup tells no order in which they came. They come back as
they were to the letter: what is written as JSON is carried as text, moments as UTC.
"""

import base64
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    text,
)

Value = str | int | float | bool | None
AT_ONCE = 2_000
_NOT_OURS = {"alembic_version"}
_MOMENT = "%Y-%m-%d %H:%M:%S.%f"


def tables_of(connection: Connection) -> list[Table]:
    """Every table of the database as it is, those that others point to first."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name not in _NOT_OURS]


def has_rows(connection: Connection, table: Table) -> bool:
    """Whether anything is in a table."""
    return connection.execute(table.select().limit(1)).first() is not None


# --- out ------------------------------------------------------------------------------------------


def rows_of(connection: Connection, table: Table) -> Iterator[list[Value]]:
    """Every row of a table in the order of its key, as JSON can carry it."""
    columns = list(table.columns)
    named = ", ".join(_as_text(connection, column) for column in columns)
    key = ", ".join(_quoted(column.name) for column in table.primary_key)
    # Names alone, out of the database's own catalogue.
    query = f"SELECT {named} FROM {_quoted(table.name)} ORDER BY {key or '1'}"  # noqa: S608
    streamed = connection.execution_options(stream_results=True, max_row_buffer=AT_ONCE)
    for row in streamed.exec_driver_sql(query):
        yield [_told(column, value) for column, value in zip(columns, row, strict=True)]


def _quoted(name: str) -> str:
    return f'"{name}"'


def _as_text(connection: Connection, column: Column[Any]) -> str:
    """A column as it is written: PostgreSQL's driver would take JSON apart."""
    as_text = isinstance(column.type, JSON) and connection.dialect.name != "sqlite"
    return f"{_quoted(column.name)}::text" if as_text else _quoted(column.name)


def _told(column: Column[Any], value: Any) -> Value:
    if value is None:
        return None
    if isinstance(column.type, Boolean):
        return bool(value)
    if isinstance(column.type, LargeBinary):
        return base64.b64encode(bytes(value)).decode()
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime(_MOMENT)
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, str | int | float):
        raise TypeError(f"{column}: {type(value).__name__} has no place in a backup")
    return value


# --- in -------------------------------------------------------------------------------------------


@contextmanager
def undisturbed(connection: Connection, tables: Sequence[Table]) -> Iterator[None]:
    """Put rows in as they were: no trigger of ours adds to them or refuses them meanwhile."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        query = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        triggers = list(connection.execute(query))
        for name, _sql in triggers:
            connection.exec_driver_sql(f"DROP TRIGGER {_quoted(name)}")
        yield
        for _name, sql in triggers:
            connection.exec_driver_sql(sql)
        return
    for table in tables:
        connection.exec_driver_sql(f"ALTER TABLE {_quoted(table.name)} DISABLE TRIGGER USER")
    yield
    for table in tables:
        connection.exec_driver_sql(f"ALTER TABLE {_quoted(table.name)} ENABLE TRIGGER USER")
        _go_on_counting(connection, table)


def _go_on_counting(connection: Connection, table: Table) -> None:
    """Let PostgreSQL number the next row after the last that was put in."""
    for column in table.primary_key:
        where = {"table": _quoted(table.name), "column": column.name}
        query = text("SELECT pg_get_serial_sequence(:table, :column)")
        sequence = connection.execute(query, where).scalar_one()
        if sequence is not None:
            newest = f"(SELECT max({_quoted(column.name)}) FROM {_quoted(table.name)})"  # noqa: S608
            query = text(f"SELECT setval(:sequence, coalesce({newest}, 1), {newest} IS NOT NULL)")
            connection.execute(query, {"sequence": sequence})


def put_rows(
    connection: Connection, table: Table, names: Sequence[str], rows: Iterable[Sequence[Value]]
) -> None:
    """Put rows into a table, whose columns are named in this order."""
    columns = [table.columns[name] for name in names]
    named = ", ".join(map(_quoted, names))
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        insert = f"INSERT INTO {_quoted(table.name)} ({named}) VALUES ({marks})"  # noqa: S608
        stored = [tuple(map(_for_sqlite, columns, row)) for row in rows]
        connection.exec_driver_sql(insert, stored)
        return
    lines = "".join("\t".join(map(_for_copy, columns, row)) + "\n" for row in rows)
    driver = connection.connection.cursor()
    driver.copy_expert(f"COPY {_quoted(table.name)} ({named}) FROM STDIN", io.StringIO(lines))


def _for_sqlite(column: Column[Any], value: Value) -> object:
    if isinstance(column.type, LargeBinary) and isinstance(value, str):
        return base64.b64decode(value)
    return int(value) if isinstance(value, bool) else value


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _for_copy(column: Column[Any], value: Value) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(column.type, LargeBinary):
        return "\\\\x" + base64.b64decode(str(value)).hex()
    if isinstance(column.type, DateTime) and not isinstance(column.type, Date):
        return f"{value}+00"
    return repr(value) if isinstance(value, float) else str(value).translate(_ESCAPES)
