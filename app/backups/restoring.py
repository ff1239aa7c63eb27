"""Bringing a backup back: into an empty place, all or nothing, and then held against itself."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from sqlalchemy import Connection, Table, inspect

from app.backups.reading import Line, held_in, lines_of, look_through
from app.backups.rows import has_rows, put_rows, tables_of, undisturbed
from app.backups.sealed_file import BackupError, Secret
from app.backups.writing import Contents, Part, place_of_files
from app.schema import migrate, revisions
from app.settings import Settings
from neighbourhoods.database import Database


def restore(
    settings: Settings, database: Database, file: Path, secret: Secret, *, into_empty: bool
) -> Contents:
    """Put back what a backup holds; BackupError if it is not whole or the place is not empty.

    Until the whole file was looked through and the place was found empty, nothing is touched.
    """
    contents, keys = look_through(file, secret)
    _check_keys(settings, keys)
    if Part.DATABASE in contents.parts:
        _check_revision(contents)
        _check_empty(database, into_empty=into_empty)
        if inspect(database.engine).get_table_names():
            migrate(database, "base")
        migrate(database, contents.revision or "head")
        with database.engine.begin() as connection:
            _put_all(settings, connection, lines_of(file, secret))
        migrate(database)
    _put_keys(settings, keys)
    return contents


def _check_revision(contents: Contents) -> None:
    if contents.revision not in revisions():
        raise BackupError(
            f"The backup has the schema {contents.revision}, which this version does not know; "
            "restore it with the Wardmote that made it, or a newer one."
        )


def _check_empty(database: Database, *, into_empty: bool) -> None:
    with database.engine.connect() as connection:
        tables = tables_of(connection)
        full = next((table.name for table in tables if has_rows(connection, table)), None)
    if full is not None:
        raise BackupError(
            f"This database is not empty (there are rows in {full}); nothing is ever overwritten. "
            "Point WARDMOTE_DATABASE_URL to a new, empty database."
        )
    if tables and not into_empty:
        raise BackupError(
            "This database has tables already, all of them empty; to make them anew and restore "
            "into them, say --into-empty."
        )


def _check_keys(settings: Settings, keys: Mapping[str, bytes]) -> None:
    for name, held in keys.items():
        kept = settings.key_folder / name
        if kept.exists() and kept.read_bytes() != held:
            raise BackupError(
                f"The key folder holds another {name}; nothing is ever overwritten. Move it away "
                "first, if it belongs to no vote that you still need."
            )


@dataclass
class _Target:
    """The table that the next rows belong to."""

    table: Table
    columns: list[str]


def _put_all(settings: Settings, connection: Connection, lines: Iterator[Line]) -> None:
    tables = tables_of(connection)
    by_name, target = {table.name: table for table in tables}, None
    with undisturbed(connection, tables):
        for line in lines:
            match line:
                case {"table": name, "columns": columns}:
                    target = _Target(by_name[name], columns)
                case {"rows": page} if target is not None:
                    put_rows(connection, target.table, target.columns, page)
                case {"file": Part.PHOTOS}:
                    folder, _named = place_of_files(settings, Part.PHOTOS)
                    folder.mkdir(parents=True, exist_ok=True)
                    # Named by what is in it: the same photo twice is the same file.
                    (folder / line["name"]).write_bytes(held_in(line))


def _put_keys(settings: Settings, keys: Mapping[str, bytes]) -> None:
    folder = settings.key_folder
    if keys:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, held in keys.items():
        if (folder / name).exists():
            continue
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
        with os.fdopen(handle, "wb") as written:
            written.write(held)
            written.flush()
            os.fsync(written.fileno())


def told(contents: Contents) -> list[tuple[str, str]]:
    """What is in a backup, as a table."""
    rows = [("schema", contents.revision or "none"), ("rows", f"{sum(contents.rows.values()):,}")]
    files = [(part, f"{count:,}") for part, count in contents.files.items()]
    missing = [(part.value, "not in this file") for part in Part if part not in contents.parts]
    return list(chain(rows if Part.DATABASE in contents.parts else [], files, missing))
