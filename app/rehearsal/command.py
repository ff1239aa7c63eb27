"""`flask rehearse`: whether this installation carries a hall full of phones, tried in practice."""

import asyncio
from urllib.error import URLError
from urllib.request import urlopen

import click
from flask.cli import with_appcontext

from app.house import database, keys, settings
from app.rehearsal.driving import Rehearsal, Step
from app.rehearsal.office import NotPracticeError, Office
from app.wording import say
from neighbourhoods.assemblies import AssemblyState, assembly_by_code
from neighbourhoods.people import Office as Post
from neighbourhoods.people import appointed
from neighbourhoods.refusals import Refused

MOST_PHONES = 5_000


@click.command("rehearse")
@click.argument("code")
@click.option("--voters", default=300, type=click.IntRange(1, MOST_PHONES), help="Phones.")
@click.option("--address", help="Where the server is reached; the public address if not given.")
@click.option("--wipe", is_flag=True, help="Only wipe what earlier rehearsals left.")
@with_appcontext
def rehearse_command(code: str, voters: int, address: str | None, wipe: bool) -> None:
    """Rehearse the practice meeting with this join CODE, on a running server."""
    office, title, code = _office(code)
    try:
        if wipe:
            votes, people = office.wipe()
            click.echo(f"Wiped: {votes} practice votes, {people} simulated people.")
            return
        base_url = (address or settings().public_url).rstrip("/")
        _check_answers(base_url)
        click.echo(f"Rehearsing “{title}” with {voters} simulated phones at {base_url}")
        rehearsal = Rehearsal(office, base_url, code, voters, lambda step: click.echo(_line(step)))
        asyncio.run(rehearsal.run())
    except Refused as refused:
        raise click.ClickException(say(refused)) from refused
    except NotPracticeError as earnest:
        raise click.ClickException(_earnest(str(earnest))) from earnest
    click.echo(f"Wipe what it left: flask --app wsgi rehearse {code} --wipe")
    if not rehearsal.is_ready:
        missed = [step.name for step in rehearsal.steps if not step.is_reached]
        raise click.ClickException(f"Not ready for {voters} phones: not all {'; '.join(missed)}.")
    click.echo(f"Ready: this installation carries {voters} phones.")


def _office(code: str) -> tuple[Office, str, str]:
    with database().reading() as session:
        assembly = assembly_by_code(session, code)
        if assembly is None:
            raise click.ClickException(f"No meeting is joined with the code {code}.")
        if not assembly.is_practice:
            raise click.ClickException(_earnest(assembly.title))
        if assembly.state == AssemblyState.ENDED:
            raise click.ClickException(f"“{assembly.title}” has ended. Plan another rehearsal.")
        officer = next(iter(appointed(session, Post.OFFICER)), None)
        if officer is None:
            raise click.ClickException("Appoint an officer first: somebody must run the meeting.")
        return Office(database(), keys(), assembly.id, officer.id), assembly.title, assembly.code


def _earnest(title: str) -> str:
    return f"“{title}” is a meeting in earnest. Plan a rehearsal, and rehearse in that."


def _check_answers(base_url: str) -> None:
    if not base_url.startswith("http://"):
        raise click.ClickException(
            "Simulated phones speak plain HTTP: give --address, such as http://127.0.0.1:8000"
        )
    try:
        with urlopen(f"{base_url}/health/live", timeout=5):  # noqa: S310 - http, see above
            pass
    except (URLError, OSError) as away:
        raise click.ClickException(f"No server answers at {base_url}: start it first.") from away


def _line(step: Step) -> str:
    words = f"  {step.reached} of {step.of} {step.name}"
    if step.seconds:
        words += f"; 95 of 100 within {step.slow:.2f} s, the last after {max(step.seconds):.2f} s"
    return words + ("" if step.is_reached else "  – NOT AS IT SHOULD BE")
