"""`flask count`: a closed round again, and of an open one nothing that is not public."""

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import update

from ballots.box import Ballot
from ballots.counting import TieRefusedError, TooHardError
from ballots.disclosure import DisclosureProfile
from ballots.tally import publish_next
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.builders import Town
from tests.services.test_tally import vote


@pytest.fixture
def shell(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


def counted(shell: FlaskCliRunner, the_round: Round, code: int = 0) -> dict[str, Any]:
    done = shell.invoke(args=["count", str(the_round.id), "--json"])
    assert done.exit_code == code, done.output
    answer: dict[str, Any] = json.loads(done.output)
    return answer


def closed(town: Town) -> Round:
    the_round = town.round(Phase.VOTE, voters=5)
    vote(town, the_round, range(1, 6))
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    return the_round


def test_a_closed_round_counted_again_is_the_same(town: Town, shell: FlaskCliRunner) -> None:
    the_round = closed(town)
    answer = counted(shell, the_round)
    assert answer["same"] is True
    assert answer["covered"] == 5
    page = shell.invoke(args=["count", str(the_round.id)]).output
    assert page.endswith("the stored outcome is the same.\n")
    first = projects_in(town.session, the_round.id)[0]
    assert page.splitlines()[1].split()[1:3] == [first.code, "5"]


def test_a_ballot_changed_behind_the_outcome_is_found(town: Town, shell: FlaskCliRunner) -> None:
    the_round = closed(town)
    last = projects_in(town.session, the_round.id)[3]
    forged = update(Ballot).where(Ballot.round_id == the_round.id)
    town.session.execute(forged.values(choices=f'["{last.code}"]'))
    town.session.commit()
    answer = counted(shell, the_round, code=1)
    assert (answer["same"], answer["same_winners"]) == (False, False)
    done = shell.invoke(args=["count", str(the_round.id)])
    assert done.exit_code == 1
    assert "DIFFERS, and so do the winners" in done.output


def test_other_figures_with_the_same_winners_are_told_apart(
    town: Town, shell: FlaskCliRunner
) -> None:
    the_round = closed(town)
    first = projects_in(town.session, the_round.id)[0]
    one = town.session.query(Ballot).first()
    assert one is not None
    one.choices = "[]"
    town.session.commit()
    done = shell.invoke(args=["count", str(the_round.id)])
    assert "DIFFERS, with the same winners" in done.output
    assert done.output.splitlines()[1].split()[1:3] == [first.code, "4"]


@pytest.mark.parametrize(
    ("undecided", "words"),
    [
        (TooHardError("more than 0 sums"), "there are too many sets of projects to compare."),
        (TieRefusedError(("P2", "P1")), "level projects may not be put in order: P2, P1."),
    ],
)
@pytest.mark.parametrize("phase", [Phase.COUNT, Phase.SIGN_OFF])
def test_why_the_rule_cannot_decide_a_closed_vote_is_said_in_words(
    town: Town,
    shell: FlaskCliRunner,
    monkeypatch: pytest.MonkeyPatch,
    phase: Phase,
    undecided: Exception,
    words: str,
) -> None:
    the_round = closed(town) if phase is Phase.SIGN_OFF else town.round(Phase.COUNT)
    town.session.commit()

    def give_up(*_: object) -> None:
        raise undecided

    monkeypatch.setattr("ballots.poll.count", give_up)
    done = shell.invoke(args=["count", str(the_round.id)])
    assert done.exit_code == 1
    assert done.output == f"Error: The vote is closed, and its rule cannot decide it: {words}\n"


def test_of_an_open_round_the_published_figures_are_shown_and_no_change_since(
    town: Town, shell: FlaskCliRunner
) -> None:
    the_round = town.round(Phase.VOTE, voters=6, step=2)
    vote(town, the_round, range(1, 5), choice=0)
    publish_next(town.session, town.keys, the_round)
    vote(town, the_round, range(1, 7), choice=1)  # everybody changes their mind
    town.session.commit()
    answer = counted(shell, the_round)
    first = projects_in(town.session, the_round.id)[0]
    assert answer["open"] is True
    assert "same" not in answer
    shown = {row["project_id"]: row["votes"] for row in answer["result"]["projects"]}
    assert shown[first.code] == 2
    assert sum(shown.values()) == 2
    page = shell.invoke(args=["count", str(the_round.id)]).output
    assert "they cover 2 voters" in page


@pytest.mark.parametrize("profile", [DisclosureProfile.SEALED, DisclosureProfile.LIVE])
def test_figures_that_are_not_public_are_refused(
    town: Town, shell: FlaskCliRunner, profile: DisclosureProfile
) -> None:
    the_round = town.round(Phase.VOTE, profile=profile, voters=6, step=3)
    vote(town, the_round, range(1, 6))
    town.session.commit()
    done = shell.invoke(args=["count", str(the_round.id), "--json"])
    assert done.exit_code == 1
    assert done.output == "Error: The vote is open, and none of its figures are public.\n"


def test_there_is_nothing_to_count_before_the_vote_or_before_the_count(
    town: Town, shell: FlaskCliRunner
) -> None:
    early, uncounted = town.round(Phase.DEBATE), town.round(Phase.COUNT)
    town.session.commit()
    for number, words in (
        (early.id, "There is no vote in round"),
        (999, "There is no vote in round 999 yet."),
        (uncounted.id, "its votes are not counted yet"),
    ):
        done = shell.invoke(args=["count", str(number)])
        assert done.exit_code == 1
        assert words in done.output
