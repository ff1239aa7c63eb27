"""`flask purge`: what is past its time is shown, and cleared only if one says so."""

import click
from flask.cli import with_appcontext

from app.house import database, keys, settings
from app.privacy.kept import days_in_words
from app.privacy.purging import Purged, look_what_is_due, purge


@click.command("purge")
@click.option("--really", is_flag=True, help="Do it; without this nothing is changed.")
@with_appcontext
def purge_command(really: bool) -> None:
    """Say what is past its time, table by table; with --really delete or blank it.

    A round’s key that is due is destroyed, and its ledger says that the council did so.
    """
    days = settings().keep_days
    if really:
        found = purge(database(), keys(), days, settings().council_name)
    else:
        with database().reading() as session:
            found = look_what_is_due(session, days)
    for one in found:
        click.echo(f"{one.table:<22}{one.number:>9,}  {_why(one, really=really)}")
    click.echo("Done." if really else "Nothing was changed. Add --really to do it.")


def _why(one: Purged, *, really: bool) -> str:
    past = "destroyed" if one.period is None else "deleted" if one.deleted else "blanked"
    words = past if really else f"to be {past}"
    if one.period is None:
        return f"{words}: the result can no longer be disputed"
    return f"{words}: kept {days_in_words(settings().keep_days[one.period])} ({one.period})"
