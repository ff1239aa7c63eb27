"""What can be asked of Wardmote from a shell: `flask --app wsgi …`."""

import time
from pathlib import Path

import click
from flask import Flask
from flask.cli import with_appcontext
from sqlalchemy import select

from app.auditing import audit_command
from app.backups.command import backup_command, restore_command
from app.council_file import CouncilFileError, read_council_file, set_up_council
from app.demonstration.story import demonstrate, is_empty
from app.fault_wording import unreadable_in_words
from app.front_log import read_front_log_command
from app.house import database, keys, settings
from app.installation.command import preflight_command
from app.privacy.command import purge_command
from app.recount import count_command, undecided_in_words
from app.rehearsal.command import rehearse_command
from app.residents.sign_in import link_for
from app.roll_import import import_roll_command
from app.schema import migrate
from app.watch import (
    correct_ledger_command,
    destroy_key_command,
    verify_command,
    witness_command,
)
from ballots.counting import TieRefusedError, TooHardError
from ballots.disclosure import DEFAULT_STEP, LEAST_STEP
from ballots.imported import differences, find_imported, import_election, replay_ballots
from ballots.moves import NotReady, count_closed, take_forward
from ballots.outcome import outcome_of
from ballots.pabulib import (
    PabulibElection,
    PabulibError,
    UnsupportedVoteTypeError,
    breaches,
    read_file,
)
from ballots.sealing import turnout
from neighbourhoods.eligibility import RollEntry, voter_code
from neighbourhoods.people import Office, Person, appointed
from neighbourhoods.phases import Phase
from neighbourhoods.places import Community
from neighbourhoods.proposals import Proposal
from neighbourhoods.rounds import Round, rounds_in

PB_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
STEP = click.option(
    "--step",
    default=DEFAULT_STEP,
    type=click.IntRange(min=LEAST_STEP),
    help="Voters that each step of live figures covers.",
)


def code_key() -> bytes:
    """The key that voter codes come from."""
    return settings().key_for("voter-codes")


def add_commands(app: Flask) -> None:
    """Give the app its commands."""
    for command in (
        migrate_command,
        set_up_council_command,
        demo_command,
        import_pabulib_command,
        import_roll_command,
        replay_command,
        rehearse_command,
        read_front_log_command,
        preflight_command,
        backup_command,
        restore_command,
        count_command,
        audit_command,
        verify_command,
        witness_command,
        correct_ledger_command,
        destroy_key_command,
        purge_command,
    ):
        app.cli.add_command(command)


@click.command("migrate")
@with_appcontext
def migrate_command() -> None:
    """Bring the database to the newest schema."""
    bring_up_to_date()


def bring_up_to_date() -> None:
    """Bring the database to the newest schema; makes its folder the first time."""
    settings().var.mkdir(parents=True, exist_ok=True)
    migrate(database())


@click.command("set-up-council")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def set_up_council_command(file: Path) -> None:
    """Add the places, people and menu of a council file (see docs/council.md)."""
    try:
        with database().writing() as session:
            set_up_council(session, read_council_file(file))
            session.commit()
    except CouncilFileError as wrong:
        raise click.ClickException(str(wrong)) from wrong
    click.echo("The council is set up.")


@click.command("demo")
@with_appcontext
def demo_command() -> None:
    """Fill an empty database with a demonstration council; print where to begin."""
    show_demonstration()


def show_demonstration() -> None:
    """Migrate, fill the database if it is empty, then say who can sign in where."""
    if settings().in_production:
        raise click.ClickException("A demonstration has no place in production.")
    bring_up_to_date()
    if is_empty(database()):
        demonstrate(database(), keys(), code_key())
    ways = _ways_in()
    width = max(len(who) for who, _ in ways)
    for who, address in ways:
        click.echo(f"{who:<{width}}  {address}")


def _ways_in() -> list[tuple[str, str]]:
    """One link for each kind of person, and the assembly screen."""
    address = settings().public_url
    with database().reading() as session:
        offices = {office: appointed(session, office) for office in Office}
        resident = session.scalar(select(Person).join(Proposal).order_by(Person.id).limit(1))
        voting = rounds_in(session, Phase.VOTE)
        voter = _voter_with_card(voting[0]) if voting else None
    people = [
        ("Resident", resident),
        *((office.value.capitalize(), found[0]) for office, found in offices.items() if found),
    ]
    ways = [("Front page", f"{address}/")]
    ways += [(f"{who}: {person.name}", link_for(person)) for who, person in people if person]
    if voter is not None:
        code = voter_code(code_key(), voter.round_id, voter.reference)
        ways.append(("Voter with a card", f"{address}/v/{code}"))
    ways.append(("Letters and their codes", f"{address}/outbox"))
    ways += [("Assembly screen", f"{address}/rounds/{the_round.id}/screen") for the_round in voting]
    return ways


def _voter_with_card(the_round: Round) -> RollEntry | None:
    with database().reading() as session:
        return session.scalar(
            select(RollEntry)
            .where(RollEntry.round_id == the_round.id, RollEntry.email.is_(None))
            .order_by(RollEntry.id.desc())
            .limit(1)
        )


def _read(file: Path) -> PabulibElection:
    try:
        return read_file(file)
    except PabulibError as wrong:
        raise click.ClickException(f"{file.name}: {unreadable_in_words(wrong)}") from wrong


@click.command("import-pabulib")
@PB_FILE
@click.option(
    "--community", help="Slug of the community it belongs to; the first ward if not given."
)
@STEP
@with_appcontext
def import_pabulib_command(file: Path, community: str | None, step: int) -> None:
    """Make a round in set-up out of a real election in Pabulib's format."""
    the_round = _import(file, _read(file), community, step)
    click.echo(f"Round {the_round.id}: {settings().public_url}/rounds/{the_round.id}")


def _import(file: Path, election: PabulibElection, slug: str | None, step: int) -> Round:
    try:
        with database().writing() as session:
            query = select(Community).order_by(Community.id).limit(1)
            community = session.scalar(
                query if slug is None else query.where(Community.slug == slug)
            )
            if community is None:
                raise click.ClickException("Set up a council with this community first.")
            imported = import_election(session, code_key(), election, community, file.name, step)
            session.commit()
    except UnsupportedVoteTypeError as wrong:
        raise click.ClickException(
            f"{file.name}: {wrong.vote_type} ballots can be cast only if all points are whole "
            "numbers above 0."
        ) from wrong
    _tell_about_file(election)
    return imported.the_round


def _tell_about_file(election: PabulibElection) -> None:
    for voter_id, project_id in election.duplicates:
        click.echo(f"Voter {voter_id} lists project {project_id} twice; it counts once.")
    broken = {voter_id for voter_id, _ in breaches(election)}
    if broken:
        click.echo(
            f"{len(broken)} ballots break the file’s own limits; the limits were loosened "
            "just as far as they need."
        )


@click.command("replay")
@PB_FILE
@click.option("--rate", default=20.0, help="Ballots a second; 0 means as fast as it goes.")
@click.option("--community", help="Slug of the community, if the file is not imported yet.")
@STEP
@click.option("--keep-open", is_flag=True, help="Leave the vote open at the end.")
@with_appcontext
def replay_command(
    file: Path, rate: float, community: str | None, step: int, keep_open: bool
) -> None:
    """Cast a real election's ballots one by one, close, count, and compare with the file."""
    election = _read(file)
    with database().reading() as session:
        found = find_imported(session, file.name)
    if found is None or found.phase not in (Phase.SET_UP, Phase.VOTE):
        found = _import(file, election, community, step)
    _open_vote(found.id)
    click.echo(f"Watch it: {settings().public_url}/rounds/{found.id}/screen")
    cast = _cast(found.id, election, rate)
    click.echo(f"{cast} ballots cast.")
    if not keep_open:
        _close_and_compare(found.id, election)


def _officer() -> Person | None:
    with database().reading() as session:
        return next(iter(appointed(session, Office.OFFICER)), None)


def _open_vote(round_id: int) -> None:
    officer = _officer()
    with database().writing() as session:
        the_round = session.get_one(Round, round_id)
        if the_round.phase == Phase.VOTE:
            return
        by = session.get(Person, officer.id) if officer else None
        try:
            take_forward(session, keys(), the_round, Phase.VOTE, by, "To replay a real election.")
        except NotReady as wrong:
            blockers = ", ".join(obstacle.blocker for obstacle in wrong.obstacles)
            raise click.ClickException(f"The vote cannot open: {blockers}.") from wrong
        session.commit()


def _cast(round_id: int, election: PabulibElection, rate: float) -> int:
    started = time.monotonic()
    for cast in replay_ballots(database(), keys(), round_id, election):
        ahead = cast / rate - (time.monotonic() - started) if rate > 0 else 0
        if ahead > 0:
            time.sleep(ahead)
    with database().reading() as session:
        return turnout(session, round_id)


def _count(round_id: int) -> None:
    try:
        with database().writing() as session:
            the_round = session.get_one(Round, round_id)
            if the_round.phase == Phase.COUNT:  # a running server's clerk may have counted it
                count_closed(session, keys(), the_round)
                session.commit()
    except (TooHardError, TieRefusedError) as undecided:
        raise click.ClickException(undecided_in_words(undecided)) from undecided


def _close_and_compare(round_id: int, election: PabulibElection) -> None:
    officer = _officer()
    with database().writing() as session:
        the_round = session.get_one(Round, round_id)
        by = session.get(Person, officer.id) if officer else None
        take_forward(session, keys(), the_round, Phase.COUNT, by, "Every ballot was replayed.")
        session.commit()
    _count(round_id)
    with database().reading() as session:
        outcome = outcome_of(session, round_id)
    if outcome is None:
        raise click.ClickException("The votes were not counted.")
    differing = differences(outcome, election)
    for project_id, in_file, counted, repeats in differing:
        click.echo(
            f"Project {project_id}: {counted} ballots, {in_file} in the file’s votes column; "
            f"{repeats} ballots list it twice."
        )
    unexplained = [row for row in differing if row.in_file != row.counted + row.repeats]
    compared = sum(project.votes is not None for project in election.projects)
    click.echo(
        f"{outcome.ballots_cast} ballots counted; {compared - len(differing)} of {compared} "
        f"projects have the votes of the file; {len(unexplained)} differences unexplained."
    )
    if unexplained:
        raise click.ClickException("The count differs from the file.")
