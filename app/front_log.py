"""`flask read-front-log`: what the front before the servers turned away, each line read once."""

import errno
import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from app.house import database
from app.turned_away import Place, place_in, round_at
from ballots.turned_away import When, add_tries, bytes_read_of, hour_of, reason_of
from neighbourhoods.database import now

# So much is read at once: a log of a bad evening fits into no memory.
MOST_BYTES = 16 * 1024 * 1024
_COLUMNS = 4
_COUNTED_METHODS = ("GET", "POST")


@dataclass(frozen=True)
class Read:
    """What became of the lines that were read."""

    lines: int = 0
    counted: int = 0

    def __add__(self, more: "Read") -> "Read":
        """Both together."""
        return Read(self.lines + more.lines, self.counted + more.counted)


@click.command("read-front-log")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def read_front_log_command(file: Path) -> None:
    """Count the tries that nginx turned away and wrote into FILE; each line counts once.

    What logrotate renamed to FILE.1 since is read to its end first. Run it as often as you like.
    """
    try:
        read = _read_parts(file)
    except OSError as wrong:
        raise click.ClickException(
            f"{file}: {wrong.strerror}. Whom the front turned away is not known. Is it the file "
            "of access_log in the site, and may this user look into its folder?"
        ) from wrong
    click.echo(f"{read.lines} new lines, {read.counted} of them about a round.")


def _read_parts(file: Path) -> Read:
    """Read the log and what it was called before; FileNotFoundError if there is neither."""
    # The older part first. It is known by its beginning, whatever it is called now.
    parts = [part for part in (file.with_name(f"{file.name}.1"), file) if part.exists()]
    if not parts:
        # nginx makes it when it starts, also when it turns nobody away.
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
    read = Read()
    for part in parts:
        while True:
            with database().writing() as session:
                some = read_on(session, part)
                session.commit()
            read += some
            if not some.lines:
                break
    return read


def read_on(session: Session, file: Path) -> Read:
    """Count the next whole lines of a log; the caller commits counts and place together."""
    with file.open("rb") as opened:
        first = opened.readline()
        if not first.endswith(b"\n"):
            return Read()
        # By its file and first line: under a new name it is the same log, cut short another one.
        mark = hashlib.sha256(b"%d|%b" % (file.stat().st_ino, first)).hexdigest()
        log = bytes_read_of(session, mark, now(session))
        opened.seek(log.bytes_read)
        written = opened.read(MOST_BYTES)
    whole = written[: written.rfind(b"\n") + 1]
    tries: Counter[When] = Counter()
    for when in _tries_in(session, whole.decode(errors="replace")):
        tries[when] += 1
    log.bytes_read += len(whole)
    log.read_at = now(session)
    return Read(whole.count(b"\n"), add_tries(session, tries))


def _tries_in(session: Session, lines: str) -> Iterator[When]:
    """What the lines tell; one that is no line of ours tells nothing."""
    found: dict[Place, int | None] = {}
    for line in lines.split("\n"):
        parts = line.split("\t")
        if len(parts) != _COLUMNS or parts[2] not in _COUNTED_METHODS:
            continue
        at, status, _method, path = parts
        reason = reason_of(int(status), at_front=True) if status.isdecimal() else None
        moment, place = _moment(at), place_in(path)
        if reason is None or moment is None or place is None:
            continue
        if place not in found:
            found[place] = round_at(session, place)
        round_id = found[place]
        if round_id is not None:
            yield When(round_id, hour_of(moment), reason)


def _moment(written: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
