"""`flask audit`: a round's ledger, box, figures and record held against each other and the keys."""

import click
from flask.cli import with_appcontext

from app.house import database, keys
from ballots.audit import first_fault
from neighbourhoods.rounds import Round


@click.command("audit")
@click.argument("round_id", metavar="ROUND", type=click.IntRange(1, 2**31 - 1))
@with_appcontext
def audit_command(round_id: int) -> None:
    """Say whether anything in a round's database was changed behind its ledger's back.

    Names the table and the row that is wrong first; tells no vote.
    """
    with database().reading() as session:
        the_round = session.get(Round, round_id)
        if the_round is None:
            raise click.ClickException(f"There is no round {round_id}.")
        fault = first_fault(session, keys(), the_round)
    if fault is not None:
        click.echo(f"Something is wrong. {fault}.")
        raise click.exceptions.Exit(1)
    click.echo("Nothing is wrong.")
