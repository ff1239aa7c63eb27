"""The clerk at the clock: what is due is done, once, and the councillors are told."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import live, ticker
from app.ticker import Ticker
from ballots.counting import TooHardError
from ballots.covered import CoveredBallots
from ballots.disclosure import SECONDS_APART
from ballots.moves import due_phase
from ballots.outcome import outcome_of
from ballots.tally import PublicTally, due_ballots, latest_snapshot
from neighbourhoods.database import Database
from neighbourhoods.letters import Letter
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round
from tests.builders import Clock, Town
from tests.services.test_tally import vote


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[PublicTally]:
    """Every bell that was rung."""
    bells: list[PublicTally] = []
    monkeypatch.setattr(live, "ring", lambda tally, _moment: bells.append(tally))
    return bells


def test_a_vote_closes_by_the_clock_is_counted_and_the_councillors_are_told(
    app: Flask, town: Town, clock: Clock, database: Database, rung: list[PublicTally]
) -> None:
    the_round = town.round(Phase.VOTE, closes_in=timedelta(hours=1))
    vote(town, the_round, range(1, 4))
    town.session.commit()
    clerk = Ticker(app, delay=float)
    clerk.tick()
    clock.moves(hours=1)
    clerk.tick()
    with database.reading() as session:
        assert session.get_one(Round, the_round.id).phase == Phase.SIGN_OFF
        outcome = outcome_of(session, the_round.id)
        assert outcome is not None
        assert outcome.ballots_cast == 3
        told = session.scalars(select(Letter.to_email).order_by(Letter.to_email)).all()
    assert told == ["carl.councillor@example.org", "cora.councillor@example.org"]
    assert [bell.phase for bell in rung] == [Phase.VOTE, Phase.SIGN_OFF]


def test_what_was_done_is_not_done_again(
    app: Flask, town: Town, clock: Clock, database: Database, rung: list[PublicTally]
) -> None:
    the_round = town.round(Phase.VOTE, closes_in=timedelta(hours=1))
    town.session.commit()
    clock.moves(hours=1)
    clerk = Ticker(app, delay=float)
    for _ in range(3):
        clerk.tick()
    with database.reading() as session:
        moves = session.get_one(Round, the_round.id).moves
        assert [move.to_phase for move in moves[-2:]] == [Phase.COUNT, Phase.SIGN_OFF]
        # It is a Monday: digests go out too.
        waiting = select(Letter).where(Letter.subject.startswith("“"))
        assert len(session.scalars(waiting).all()) == 2
    assert len(rung) == 1


def test_figures_are_published_when_a_step_is_due_and_the_bell_rings_once(
    app: Flask, town: Town, database: Database, rung: list[PublicTally]
) -> None:
    the_round = town.round(Phase.VOTE, voters=6, step=2)
    vote(town, the_round, range(1, 5))
    town.session.commit()
    clerk = Ticker(app, delay=float)
    clerk.tick()
    clerk.tick()
    with database.reading() as session:
        snapshot = latest_snapshot(session, the_round.id)
    assert snapshot is not None
    assert snapshot.covered == 2
    assert [(bell.turnout, bell.covered) for bell in rung] == [(4, 2)]


def test_a_round_that_is_not_ready_stays_where_it_is(
    app: Flask, town: Town, clock: Clock, database: Database, rung: list[PublicTally]
) -> None:
    the_round = town.round(Phase.SET_UP, voters=0, proposals=0)
    town.closes(the_round, timedelta(hours=1))
    town.session.commit()
    clock.moves(hours=2)
    Ticker(app, delay=float).tick()
    with database.reading() as session:
        assert session.get_one(Round, the_round.id).phase == Phase.SET_UP
    assert rung == []


def test_a_round_that_breaks_keeps_no_other_from_closing(
    app: Flask,
    town: Town,
    clock: Clock,
    database: Database,
    rung: list[PublicTally],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    broken = town.round(Phase.VOTE, closes_in=timedelta(hours=1))
    sound = town.round(Phase.VOTE, closes_in=timedelta(hours=1))
    town.session.commit()

    def due(session: Session, the_round: Round) -> Phase | None:
        if the_round.id == broken.id:
            raise Refused(Refusal.NO_SUCH_MOVE)  # an officer moved it at the same moment
        return due_phase(session, the_round)

    monkeypatch.setattr(ticker, "due_phase", due)
    clock.moves(hours=1)
    Ticker(app, delay=float).tick()
    with database.reading() as session:
        assert session.get_one(Round, sound.id).phase == Phase.SIGN_OFF
    assert "tick failed" in capsys.readouterr().out


def test_a_vote_that_its_rule_cannot_decide_is_told_once_and_counted_once_it_can(
    app: Flask,
    town: Town,
    clock: Clock,
    database: Database,
    rung: list[PublicTally],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    moment, tries = [0.0], [0]

    def search_for_two_seconds(_round_id: int) -> None:
        moment[0] += 2
        tries[0] += 1
        raise TooHardError("more than 0 sums")

    monkeypatch.setattr("app.ticker.monotonic", lambda: moment[0])
    the_round = town.round(Phase.VOTE, closes_in=timedelta(hours=1))
    vote(town, the_round, range(1, 4))
    town.session.commit()
    clock.moves(hours=1)
    clerk = Ticker(app, delay=float)
    with monkeypatch.context() as patched:
        patched.setattr(ticker, "counted_away", search_for_two_seconds)
        for second in (0.0, 3.0, 19.0, 21.0):  # two seconds of search, nine times that of rest
            moment[0] = second
            clerk.tick()
    assert tries == [2]
    told = [line for line in capsys.readouterr().out.splitlines() if "round not counted" in line]
    assert len(told) == 1
    assert "TooHardError" in told[0]
    with database.reading() as session:
        assert session.get_one(Round, the_round.id).phase == Phase.COUNT
    moment[0] = 99.0
    clerk.tick()
    with database.reading() as session:
        assert session.get_one(Round, the_round.id).phase == Phase.SIGN_OFF


def test_ballots_that_take_long_to_read_are_read_less_often(
    app: Flask,
    town: Town,
    database: Database,
    rung: list[PublicTally],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment = [0.0]

    def read_for_half_a_second(*about: Any, **more: Any) -> CoveredBallots | None:
        moment[0] += 0.5
        return due_ballots(*about, **more)

    monkeypatch.setattr("app.ticker.monotonic", lambda: moment[0])
    monkeypatch.setattr(ticker, "due_ballots", read_for_half_a_second)
    the_round = town.round(Phase.VOTE, voters=9, step=1)
    clerk = Ticker(app, delay=float)
    seen: list[int] = []
    for second in (0.0, 1.0, 4.9, 5.1):  # half a second of reading, then nine times that of rest
        number = len(seen) * 2 + 1
        vote(town, the_round, range(number, number + 2))
        town.session.commit()
        moment[0] = second
        clerk.tick()
        with database.reading() as session:
            snapshot = latest_snapshot(session, the_round.id)
        seen.append(snapshot.covered if snapshot else 0)
    # Of the steps taken in meanwhile the next figures tell.
    assert seen == [1, 1, 1, 3]
    moment[0] = 99.0
    town.session.info["clock"].moves(seconds=SECONDS_APART)
    clerk.tick()
    assert rung[-1].covered == 7
