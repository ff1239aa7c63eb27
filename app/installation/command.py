"""`flask preflight`: every check, one line each, and what to do where something is wrong."""

import os
from collections.abc import Iterator

import click
from flask.cli import with_appcontext
from redis import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.house import database, settings
from app.installation import database_checks as data
from app.installation import machine_checks as machine
from app.installation import neighbour_checks as neighbours
from app.installation import settings_checks as chosen
from app.installation.finding import Check, Installation, Wrong

CHECKS: tuple[tuple[str, Check], ...] = (
    ("environment", chosen.check_environment),
    ("secret key", chosen.check_secret),
    ("public address", chosen.check_public_url),
    ("proxies", chosen.check_proxies),
    ("several processes", chosen.check_several_processes),
    ("database answers", data.check_reachable),
    ("database version", data.check_version),
    ("isolation", data.check_isolation),
    ("power cuts", data.check_durable),
    ("database’s log", data.check_silent),
    ("schema", data.check_migrations),
    ("clock", data.check_clock),
    ("connections", data.check_connections),
    ("turned away", data.check_turned_away),
    ("Redis", neighbours.check_redis),
    ("mail server", neighbours.check_mail),
    ("public address answers", neighbours.check_public_address),
    ("front says for whom", neighbours.check_front_headers),
    ("disk", machine.check_disk),
    ("keys", machine.check_keys),
    ("one folder", machine.check_same_folder),
    ("file handles", machine.check_file_handles),
    ("files of pages", machine.check_static_files),
    ("typefaces", machine.check_typefaces),
    ("time zones", machine.check_time_zones),
)

# What nothing can be said of while the database does not answer.
NEED_DATABASE = frozenset(
    {
        data.check_version,
        data.check_isolation,
        data.check_durable,
        data.check_silent,
        data.check_migrations,
        data.check_clock,
        data.check_connections,
        data.check_turned_away,
        machine.check_same_folder,
    }
)


def findings_of(check: Check, found: Installation) -> Iterator[Wrong]:
    """What a check finds; that it cannot look is something wrong too."""
    try:
        yield from check(found)
    except (SQLAlchemyError, RedisError, OSError) as away:
        # Its kind alone: its words can hold a password.
        yield Wrong(
            f"This could not be looked at ({type(away).__name__}).",
            "Is the database up, its schema the newest, and WARDMOTE_DATABASE_URL right?",
        )


@click.command("preflight")
@with_appcontext
def preflight_command() -> None:
    """Say everything that is wrong with this installation, each with what to do."""
    installation = Installation(settings(), database(), os.environ)
    width, wrong = max(len(name) for name, _ in CHECKS), 0
    answers, left_out = True, list[str]()
    for name, check in CHECKS:
        if check in NEED_DATABASE and not answers:
            left_out.append(name)
            continue
        findings = list(findings_of(check, installation))
        if check is data.check_reachable:
            answers = not findings
        if not findings:
            click.echo(f"ok     {name}")
        for one in findings:
            wrong += not one.is_note
            click.echo(f"{'note ' if one.is_note else 'WRONG'}  {name:<{width}}  {one.words}")
            click.echo(f"       {'':<{width}}  → {one.do}")
    if left_out:
        click.echo(f"Not looked at, for the database does not answer: {', '.join(left_out)}.")
    if wrong:
        click.echo(f"{wrong} things are wrong." if wrong > 1 else "One thing is wrong.")
        raise click.exceptions.Exit(1)
    click.echo("Nothing is wrong.")
