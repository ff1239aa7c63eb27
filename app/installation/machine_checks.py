"""Whether the machine has what a server needs: room, handles, keys for itself alone, files."""

import hashlib
import os
import resource
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.installation.finding import Installation, Wrong
from ballots.keys import KeyFolder
from ballots.ledger import newest_entry
from neighbourhoods.report_photos import newest_photo

LEAST_FREE_BYTES = 1024**3
# Beside sockets: the database’s connections, files, libraries.
_OTHER_HANDLES = 500
_PRINT = "print-typefaces"
_OWN_FILES = ("css/wardmote.css", "css/theme.css", "css/booth.css", "js/booth.js", "js/live.js")


def check_disk(found: Installation) -> Iterator[Wrong]:
    """Whether there is room on the disk."""
    folders = {found.settings.var}
    if found.database.is_sqlite and found.database.url.database:
        folders.add(Path(found.database.url.database).parent)
    for folder in sorted(folders):
        if not folder.exists():
            yield Wrong(f"There is no folder {folder}.", "Make it, for the server’s user alone.")
            continue
        free = shutil.disk_usage(folder).free
        if free < LEAST_FREE_BYTES:
            yield Wrong(
                f"Only {free // 1024**2:,} MB are free in {folder}; a full disk stops every vote.",
                "Make room: at least a gigabyte.",
            )


def check_keys(found: Installation) -> Iterator[Wrong]:
    """Whether nobody but the server can read the keys: with them names lead to ballots."""
    folder = found.settings.key_folder
    if not folder.exists():
        return
    for path in (folder, *sorted(folder.iterdir())):
        about = path.stat()
        if stat.S_IMODE(about.st_mode) & 0o077:
            mode = "700" if path == folder else "400"
            yield Wrong(f"Others than the server can read {path}.", f"chmod {mode} {path}")
        if about.st_uid != os.geteuid():
            yield Wrong(
                f"{path} belongs to another user.",
                "Let it belong to the user that the server runs as, and run this command as them.",
            )


def check_same_folder(found: Installation) -> Iterator[Wrong]:
    """Whether the keys and photos here are those that the database speaks of."""
    share = "Every process, on whichever machine, needs one and the same folder WARDMOTE_VAR."
    keys, photos = found.settings.key_folder, found.settings.photo_folder
    with found.database.reading() as session:
        signed, photo = newest_entry(session), newest_photo(session)
    # A folder without a signing key would get one by being asked for it.
    if signed and not ((keys / "signing.key").exists() and signed.is_by(KeyFolder(keys))):
        yield Wrong(f"The key in {keys} did not sign the newest entry of the ledger.", share)
    if photo and not (photos / f"{photo}.jpg").exists():
        yield Wrong(f"The newest photo is not in {photos}.", share)


def check_file_handles(found: Installation) -> Iterator[Wrong]:
    """Whether each phone can have its socket."""
    most, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = found.settings.most_connections + _OTHER_HANDLES
    if most != resource.RLIM_INFINITY and most < needed:
        yield Wrong(
            f"A process started like this one may open {most:,} files and sockets; a full hall or "
            f"a last evening needs up to {needed:,}.",
            "LimitNOFILE=32768 in the systemd unit, ulimits in compose; run this command likewise.",
        )


def check_static_files(found: Installation) -> Iterator[Wrong]:
    """Whether every file that pages load is there and is the one that was meant."""
    for name in _OWN_FILES:
        if not (found.static / name).is_file():
            yield Wrong(f"static/{name} is missing.", "Deploy the whole repository again.")
    for sums in sorted((found.static / "vendor").glob("*/SHA256SUMS")):
        if sums.parent.name != _PRINT:
            yield from _differing(sums)
    if not list((found.static / "vendor").glob("*/SHA256SUMS")):
        yield Wrong("static/vendor is missing.", "Deploy the whole repository again.")


def check_typefaces(found: Installation) -> Iterator[Wrong]:
    """Whether notices, papers and posters can be typeset in every script."""
    sums = found.static / "vendor" / _PRINT / "SHA256SUMS"
    if not sums.is_file():
        yield Wrong("The typefaces for print are missing.", "Deploy the whole repository again.")
        return
    yield from _differing(sums)


def _differing(sums: Path) -> Iterator[Wrong]:
    for line in sums.read_text().splitlines():
        digest, _space, name = line.partition(" ")
        file = sums.parent / name.strip(" *")
        if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            yield Wrong(
                f"{sums.parent.name}/{file.name} is missing or is not the file that was meant.",
                "Deploy the whole repository again.",
            )


def check_time_zones(found: Installation) -> Iterator[Wrong]:  # noqa: ARG001 - as every check
    """Whether this machine knows when it is what time in Britain."""
    try:
        ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        yield Wrong(
            "This machine knows no time zones: pages could not say when a vote closes.",
            "apt-get install tzdata, or pip install tzdata.",
        )
