"""Making a backup: one moment of the database, the keys of that moment, and the photos."""

import base64
import json
import re
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from app.backups.rows import AT_ONCE, Value, rows_of, tables_of
from app.backups.sealed_file import BackupError, SealedWriter, Secret
from app.schema import revision_of
from app.settings import Settings
from neighbourhoods.database import Database

FORMAT = 1
# What lies in these folders under other names is not ours, or is being written.
KEY_NAME = re.compile(r"(round-[0-9]+|signing)\.key")
PHOTO_NAME = re.compile(r"[0-9a-f]{64}\.jpg")


class Part(StrEnum):
    """What a backup can hold."""

    DATABASE = "database"
    PHOTOS = "photos"
    KEYS = "keys"


@dataclass
class Contents:
    """What is in a backup, counted."""

    parts: tuple[Part, ...]
    revision: str | None = None
    rows: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)


def back_up(
    settings: Settings, database: Database, file: Path, secret: Secret, parts: Collection[Part]
) -> Contents:
    """Write these parts into a sealed file that does not exist yet; says what is in it.

    Votes go on meanwhile. Keys are read after the moment that the rows are of: every vote that
    the rows tell of has its key beside it.
    """
    contents = Contents(tuple(part for part in Part if part in parts))
    with SealedWriter(file, secret) as sealed:
        packer = zlib.compressobj()
        for line in _lines(settings, database, contents):
            sealed.write(packer.compress(json.dumps(line, ensure_ascii=False).encode() + b"\n"))
        sealed.write(packer.flush())
    return contents


def _lines(settings: Settings, database: Database, contents: Contents) -> Iterator[object]:
    yield {
        "format": FORMAT,
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "council": settings.council_name,
        "parts": contents.parts,
    }
    if Part.DATABASE in contents.parts:
        try:
            with at_one_moment(database) as connection:
                yield from _rows(connection, contents)
        except OperationalError as away:
            raise BackupError("The database does not answer; see flask preflight.") from away
    for part in (Part.KEYS, Part.PHOTOS):
        if part in contents.parts:
            yield from _files(settings, part, contents)
    # What the rest is held against: without it, the file is not whole.
    yield {"end": {"rows": contents.rows, "files": contents.files}}


def at_one_moment(database: Database) -> Connection:
    """A connection that goes on seeing the database as it is at its first question."""
    connection = database.engine.connect()
    if database.is_sqlite:
        return connection  # WAL: a transaction that only reads sees one moment
    return connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _rows(connection: Connection, contents: Contents) -> Iterator[object]:
    contents.revision = revision_of(connection)
    if contents.revision is None:
        raise BackupError("There is nothing in this database yet: flask migrate makes its tables.")
    yield {"revision": contents.revision}
    for table in tables_of(connection):
        yield {"table": table.name, "columns": [column.name for column in table.columns]}
        contents.rows[table.name] = 0
        page: list[list[Value]] = []
        for row in rows_of(connection, table):
            page.append(row)
            contents.rows[table.name] += 1
            if len(page) == AT_ONCE:
                yield {"rows": page}
                page = []
        if page:
            yield {"rows": page}


def _files(settings: Settings, part: Part, contents: Contents) -> Iterator[object]:
    folder, named = place_of_files(settings, part)
    contents.files[part] = 0
    for file in sorted(folder.glob("*")):
        if not named.fullmatch(file.name):
            continue
        try:
            held = file.read_bytes()
        except FileNotFoundError:  # destroyed this very moment
            continue
        contents.files[part] += 1
        yield {"file": part, "name": file.name, "held": base64.b64encode(held).decode()}


def place_of_files(settings: Settings, part: Part) -> tuple[Path, re.Pattern[str]]:
    """The folder of a part that lies outside the database, and what its files are called."""
    if part is Part.KEYS:
        return settings.key_folder, KEY_NAME
    return settings.photo_folder, PHOTO_NAME
