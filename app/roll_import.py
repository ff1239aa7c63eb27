"""`flask import-roll`: a whole city's roll, which no form carries, from a file on the server."""

from pathlib import Path

import click
from flask.cli import with_appcontext

from app.fault_wording import roll_problem_in_words
from app.house import database, settings
from app.wording import say
from neighbourhoods.eligibility import check_roll, replace_roll, roll_size, rows_of
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round


@click.command("import-roll")
@click.argument("round_id", metavar="ROUND", type=click.IntRange(1, 2**31 - 1))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace the roll that is there now.")
@with_appcontext
def import_roll_command(round_id: int, file: Path, replace: bool) -> None:
    """Import a round's roll from a CSV file, whole or not at all; with one bad line nothing is.

    The server goes on serving meanwhile: this is a process of its own.
    """
    with file.open("rb") as opened:
        reading = check_roll(opened)
        if reading.problems:
            for problem in reading.problems:
                click.echo(str(roll_problem_in_words(problem)))
            raise click.ClickException("Nothing was imported. Put these lines right first.")
        with database().writing() as session:
            the_round = session.get(Round, round_id)
            if the_round is None:
                raise click.ClickException(f"There is no round {round_id}.")
            people = roll_size(session, round_id)
            if people and not replace:
                raise click.ClickException(
                    f"The round has a roll of {people:,}. Say --replace to put this one in place."
                )
            rows = rows_of(opened, reading.problems)
            try:
                replace_roll(session, settings().key_for("voter-codes"), the_round, rows)
            except Refused as refused:
                raise click.ClickException(str(say(refused))) from refused
            session.commit()
    click.echo(f"{reading.people:,} people are on the roll.")
