"""Commands that keep watch over votes: check a record, witness ledgers, correct, destroy keys."""

import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from app.house import database, keys
from app.public.ledger import VERIFIER
from app.wording import say
from ballots.disputes import correct_ledger, destroy_key
from ballots.ledger import head_of
from ballots.notices import notice_of
from ballots.published import record_in_pieces
from ballots.witness import bear_witness, fetch_json
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round

ROUND = click.argument("round_id", metavar="ROUND", type=click.IntRange(1, 2**31 - 1))


def _find(session: Session, round_id: int) -> Round:
    the_round = session.get(Round, round_id)
    if the_round is None or head_of(session, round_id) is None:
        raise click.ClickException(f"Round {round_id} has no ledger yet.")
    return the_round


@click.command("verify")
@ROUND
@with_appcontext
def verify_command(round_id: int) -> None:
    """Check a round as anybody would, through verify.py: its record, ballots and notice."""
    # The record opens ballots: only this user can read it, and it is gone when the check is done.
    with TemporaryDirectory() as folder:
        record, notice, proof = (Path(folder, name) for name in ("record", "notice", "proof"))
        command = [sys.executable, "-I", str(VERIFIER), str(record)]
        with database().reading() as session:
            the_round = _find(session, round_id)
            opened = is_past(Phase.COUNT, the_round.phase)
            record.touch(mode=0o600)
            with record.open("w", encoding="utf-8") as file:
                file.writelines(record_in_pieces(session, the_round, opened=opened))
            published = notice_of(session, round_id)
            if published is not None:
                notice.write_bytes(published.document.encode())
                signed = {"notice_sha256": published.digest, "signature": published.signature}
                proof.write_text(json.dumps(signed))
                command += ["--notice", str(notice), "--proof", str(proof)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    click.echo(done.stdout, nl=False)
    click.echo(done.stderr, nl=False, err=True)
    if done.returncode:
        raise click.exceptions.Exit(done.returncode)


@click.command("witness")
@click.argument("address")
@click.option(
    "--keep",
    "file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write down what was seen.",
)
def witness_command(address: str, file: Path) -> None:
    """Look whether everything that was ever seen of another server’s ledgers still stands.

    The same as `python -m ballots.witness`, which needs no settings.
    """
    code = bear_witness(address, file, fetch_json, click.echo)
    if code:
        raise click.exceptions.Exit(code)


@click.command("correct-ledger")
@ROUND
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@click.option("--by", required=True, help="Who says so; it is public.")
@click.option("--words", required=True, help="What is wrong, and what is right; it is public.")
@with_appcontext
def correct_ledger_command(round_id: int, number: int, by: str, words: str) -> None:
    """Say in the ledger of ROUND what is wrong with its entry NUMBER; that one stays."""
    try:
        with database().writing() as session:
            the_round = _find(session, round_id)
            entry = correct_ledger(session, keys(), the_round, number, by, words).number
            session.commit()
    except Refused as refused:
        raise click.ClickException(say(refused)) from refused
    click.echo(f"Entry {entry} corrects entry {number}.")


@click.command("destroy-key")
@ROUND
@click.option("--by", required=True, help="Who does this: it will be public.")
@with_appcontext
def destroy_key_command(round_id: int, by: str) -> None:
    """Destroy the key that leads from names to ballots, and say so in the ledger of ROUND."""
    try:
        with database().writing() as session:
            destroy_key(session, keys(), _find(session, round_id), by)
            session.commit()
    except Refused as refused:
        raise click.ClickException(say(refused)) from refused
    # Also where the ledger says so already: that server may have stopped before it was done.
    keys().destroy(round_id)
    click.echo(f"The key of round {round_id} is destroyed. Destroy every copy of it as well.")
