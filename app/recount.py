"""`flask count`: a stored round counted again from its ballots, and compared with its outcome."""

import json
from typing import Any

import click
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from app.house import database
from ballots.counting import TieRefusedError, TooHardError
from ballots.counting.printing import page
from ballots.covered import read_ballots
from ballots.draws import tie_order_of
from ballots.holding import is_held
from ballots.outcome import outcome_of
from ballots.papers import GRADED
from ballots.tally import latest_snapshot
from ballots.voting_rules import VotingRules, rules_of
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.rounds import Round


@click.command("count")
@click.argument("round_id", metavar="ROUND", type=click.IntRange(1, 2**31 - 1))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@with_appcontext
def count_command(round_id: int, as_json: bool) -> None:
    """Count a closed round again, and say whether its stored outcome is the same.

    Of an open round it shows the published figures and no more; sealed ones stay sealed.
    """
    with database().reading() as session:
        the_round = session.get(Round, round_id)
        rules = rules_of(session, round_id)
        if the_round is None or rules is None or is_past(the_round.phase, Phase.VOTE):
            raise click.ClickException(f"There is no vote in round {round_id} yet.")
        open_still = the_round.phase == Phase.VOTE
        told = _published(session, the_round) if open_still else _again(session, the_round, rules)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        click.echo("\n".join(page(told["result"], scores=rules.ballot_format in GRADED)))
        click.echo(_ending(told))
    if told.get("same") is False:
        raise click.exceptions.Exit(1)


def _published(session: Session, the_round: Round) -> dict[str, Any]:
    """What is public of an open vote: a new count would show who changed their mind since."""
    snapshot = latest_snapshot(session, the_round.id)
    if snapshot is None:
        raise click.ClickException("The vote is open, and none of its figures are public.")
    return {
        "round": the_round.id,
        "open": True,
        "version": snapshot.version,
        "covered": snapshot.covered,
        "at": snapshot.published_at.isoformat(),
        "result": snapshot.result,
    }


def _again(session: Session, the_round: Round, rules: VotingRules) -> dict[str, Any]:
    if is_held(session, the_round.id):
        raise click.ClickException("The outcome is held back until the meeting reveals it.")
    order = tie_order_of(session, the_round.id)
    ballots = read_ballots(session, None, the_round, rules, tie_order=order)
    try:
        result = ballots.counted().to_json()
    except (TooHardError, TieRefusedError) as undecided:
        raise click.ClickException(undecided_in_words(undecided)) from undecided
    outcome = outcome_of(session, the_round.id)
    if outcome is None:
        raise click.ClickException("The vote is closed, and its votes are not counted yet.")
    return {
        "round": the_round.id,
        "open": False,
        "covered": ballots.covered,
        "at": outcome.counted_at.isoformat(),
        "same": result == outcome.result,
        "same_winners": result["winners"] == outcome.winners,
        "result": result,
    }


def undecided_in_words(undecided: TooHardError | TieRefusedError) -> str:
    """Why a round’s own rule cannot decide its closed vote."""
    if isinstance(undecided, TooHardError):
        why = "there are too many sets of projects to compare"
    else:
        why = f"level projects may not be put in order: {', '.join(undecided.members)}"
    return f"The vote is closed, and its rule cannot decide it: {why}."


def _ending(told: dict[str, Any]) -> str:
    if told["open"]:
        return (
            f"The vote is open. These are its published figures of {told['at']}; "
            f"they cover {told['covered']:,} voters."
        )
    if told["same"]:
        return "Counted again from the ballots: the stored outcome is the same."
    if told["same_winners"]:
        return "Counted again from the ballots: the stored outcome DIFFERS, with the same winners."
    return "Counted again from the ballots: the stored outcome DIFFERS, and so do the winners."
