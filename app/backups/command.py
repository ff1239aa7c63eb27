"""`flask backup FILE` and `flask restore FILE`."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import click
from flask.cli import with_appcontext
from sqlalchemy import inspect

from app.backups.reading import look_through
from app.backups.restoring import restore, told
from app.backups.sealed_file import (
    BackupError,
    Secret,
    secret_from_file,
    secret_from_passphrase,
)
from app.backups.verifying import Finding, verify_restored
from app.backups.writing import Part, back_up
from app.house import database, settings

PASSPHRASE = "WARDMOTE_BACKUP_PASSPHRASE"  # noqa: S105 - where it is found, not what it is
Command = TypeVar("Command", bound=Callable[..., None])

FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))


def _with_key(command: Command) -> Command:
    return click.option(
        "--key-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help=f"At least 32 random bytes; without it the passphrase in {PASSPHRASE}, or one typed.",
    )(command)


def _secret(key_file: Path | None, *, is_new: bool) -> Secret:
    if key_file is not None:
        return secret_from_file(key_file)
    given = os.environ.get(PASSPHRASE) or click.prompt(
        "Passphrase", hide_input=True, confirmation_prompt=is_new
    )
    return secret_from_passphrase(given)


@click.command("backup")
@FILE
@_with_key
@click.option("--without-keys", is_flag=True, help="Leave the keys out, to keep them apart.")
@click.option("--keys-only", is_flag=True, help="Only the keys.")
@with_appcontext
def backup_command(file: Path, key_file: Path | None, without_keys: bool, keys_only: bool) -> None:
    """Seal database, photos and keys into FILE, while votes go on, and look it through.

    Whoever has roll, ballots and keys together can go from a name to a ballot: make two files, and
    keep them in two places.
    """
    if without_keys and keys_only:
        raise click.UsageError("--without-keys and --keys-only leave nothing.")
    parts = {Part.KEYS} if keys_only else {*Part} - ({Part.KEYS} if without_keys else set())
    try:
        secret = _secret(key_file, is_new=True)
        made = back_up(settings(), database(), file, secret, parts)
        found, _keys = look_through(file, secret)
    except BackupError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    except OSError as wrong:
        raise click.ClickException(
            f"No backup was made: {wrong.strerror} ({wrong.filename or file}). The folder must be "
            "there, belong to the user that the server runs as, and have room."
        ) from wrong
    if found != made:
        raise click.ClickException(f"{file} was written and reads differently: is the disk sound?")
    _print_table([*told(found), ("file", f"{file.stat().st_size:,} bytes, read back and whole")])


@click.command("restore")
@FILE
@_with_key
@click.option("--into-empty", is_flag=True, help="The tables exist already, and all are empty.")
@with_appcontext
def restore_command(file: Path, key_file: Path | None, into_empty: bool) -> None:
    """Put FILE back into an empty place, then audit every ledger and verify every record."""
    if not file.exists():
        raise click.ClickException(f"There is no {file}.")
    try:
        secret = _secret(key_file, is_new=False)
        found = restore(settings(), database(), file, secret, into_empty=into_empty)
    except BackupError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    _print_table(told(found))
    if not inspect(database().engine).get_table_names():
        return
    findings = list(verify_restored(settings(), database()))
    _print_findings(findings)
    if any(finding.is_wrong for finding in findings):
        raise click.ClickException("What was restored is not as it should be; see above.")


def _print_findings(findings: Iterable[Finding]) -> None:
    _print_table(
        (one.about, f"WRONG: {one.words}" if one.is_wrong else one.words) for one in findings
    )


def _print_table(rows: Iterable[tuple[str, str]]) -> None:
    rows = list(rows)
    width = max((len(about) for about, _ in rows), default=0)
    for about, words in rows:
        click.echo(f"{about:<{width}}  {words}")
