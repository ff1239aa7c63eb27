"""Reading a backup: all of it is looked through before anything is touched."""

import base64
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.backups.sealed_file import BackupError, Secret, unsealed
from app.backups.writing import FORMAT, KEY_NAME, PHOTO_NAME, Contents, Part

Line = dict[str, Any]
_NAMES = {Part.KEYS: KEY_NAME, Part.PHOTOS: PHOTO_NAME}


def lines_of(file: Path, secret: Secret) -> Iterator[Line]:
    """What a backup says, line by line."""
    unpacker, held = zlib.decompressobj(), b""
    for piece in unsealed(file, secret):
        held += unpacker.decompress(piece)
        *whole, held = held.split(b"\n")
        yield from map(json.loads, whole)


def look_through(file: Path, secret: Secret) -> tuple[Contents, dict[str, bytes]]:
    """What is in a backup, once it is known to be whole; and its keys by name."""
    lines = lines_of(file, secret)
    head = next(lines, {})
    if head.get("format") != FORMAT:
        raise BackupError(f"{file} was made by a newer Wardmote; restore it with that version.")
    contents, keys = Contents(tuple(map(Part, head["parts"]))), dict[str, bytes]()
    rows: Counter[str] = Counter()
    files: Counter[str] = Counter()
    table, end = "", None
    for line in lines:
        match line:
            case {"revision": revision}:
                contents.revision = revision
            case {"table": name}:
                table = name
                rows[table] += 0
            case {"rows": page}:
                rows[table] += len(page)
            case {"file": part, "name": name}:
                held = held_in(line)
                files[part] += 1
                if part == Part.KEYS:
                    keys[name] = held
            case {"end": told}:
                end = told
    counted: dict[str, int] = {part: files[part] for part in contents.parts if part in _NAMES}
    if end != {"rows": dict(rows), "files": counted}:
        raise BackupError(f"{file} does not hold what it says; nothing was touched.")
    contents.rows, contents.files = dict(rows), counted
    return contents, keys


def held_in(line: Line) -> bytes:
    """The bytes of a file; BackupError if its name could lead out of its folder, or lies."""
    name, held = str(line["name"]), base64.b64decode(line["held"])
    is_named = _NAMES[Part(line["file"])].fullmatch(name)
    is_photo = line["file"] == Part.PHOTOS
    if not is_named or (is_photo and hashlib.sha256(held).hexdigest() != name.partition(".")[0]):
        raise BackupError(f"The backup holds a file {name!r} that is none of ours.")
    return held
