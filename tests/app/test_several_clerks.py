"""The clerks of several processes: one acts, and each tells its own phones what is new."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import live, ticker
from app.bell import Rung, Told
from app.extensions import socketio
from app.ticker import Ticker, move_on
from ballots.keys import KeyStore
from ballots.tally import PublicTally
from neighbourhoods.database import Database
from neighbourhoods.letters import Letter
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.builders import Clock, Town
from tests.services.test_tally import vote


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[PublicTally]:
    """Every bell that was rung."""
    bells: list[PublicTally] = []
    monkeypatch.setattr(live, "ring", lambda tally, _moment: bells.append(tally))
    return bells


class Elsewhere:
    """The lead, held by another process until it is given to this one."""

    is_ours = False

    def ask(self) -> None:
        """The answer is set by the test."""

    def give_up(self) -> None:
        """This process never ends here."""


class Watched:
    """A bell that is heard."""

    process = "0" * 16
    is_heard = True

    def __init__(self) -> None:
        self.rung: list[tuple[Told, int, int]] = []

    def ring(self, about: Told, number: int, version: int) -> None:
        self.rung.append((about, number, version))


@pytest.fixture
def hung_bell(app: Flask) -> Watched:
    found = app.extensions["wardmote-bell"] = Watched()
    return found


def test_who_does_not_lead_moves_and_writes_nothing(
    app: Flask, town: Town, clock: Clock, database: Database, rung: list[PublicTally]
) -> None:
    the_round = town.round(Phase.VOTE, closes_in=timedelta(hours=1))
    town.session.commit()
    clock.moves(hours=1)
    lead = Elsewhere()
    clerk = Ticker(app, delay=float, lead=lead)
    clerk.tick()
    clerk.carry()
    with database.reading() as session:
        assert session.get_one(Round, the_round.id).phase == Phase.VOTE
        assert session.scalars(select(Letter)).all() == []
    lead.is_ours = True
    clerk.tick()
    with database.reading() as session:
        assert session.get_one(Round, the_round.id).phase == Phase.SIGN_OFF


def test_who_loses_the_lead_in_the_middle_stops_there(
    app: Flask,
    town: Town,
    clock: Clock,
    database: Database,
    rung: list[PublicTally],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rounds = [town.round(Phase.VOTE, closes_in=timedelta(hours=1)) for _ in range(3)]
    town.session.commit()
    clock.moves(hours=1)
    lead = Elsewhere()
    lead.is_ours = True

    def move_and_lose(session: Session, keys: KeyStore, round_id: int) -> None:
        move_on(session, keys, round_id)
        lead.is_ours = False

    monkeypatch.setattr(ticker, "move_on", move_and_lose)
    Ticker(app, delay=float, lead=lead).tick()
    with database.reading() as session:
        phases = [session.get_one(Round, one.id).phase for one in rounds]
    assert phases == [Phase.COUNT, Phase.VOTE, Phase.VOTE]
    assert "left to who leads" in capsys.readouterr().out


def test_who_leads_rings_for_every_round_and_the_others_for_none(
    app: Flask, town: Town, rung: list[PublicTally], hung_bell: Watched
) -> None:
    the_round = town.round(Phase.VOTE)
    town.session.commit()
    lead = Elsewhere()
    clerk = Ticker(app, delay=float, lead=lead)
    clerk.tick()
    assert (rung, hung_bell.rung) == ([], [])  # nobody watches it here
    lead.is_ours = True
    clerk.tick()
    assert [bell.round_id for bell in rung] == [the_round.id]
    assert hung_bell.rung == [(Told.ROUND, the_round.id, 0)]


def test_a_bell_makes_a_process_look_and_it_tells_what_it_finds(
    app: Flask, town: Town, hung_bell: Watched
) -> None:
    the_round, other = town.round(Phase.VOTE), town.round(Phase.VOTE)
    town.session.commit()
    phone = socketio.test_client(app)
    phone.emit("join", {"round": the_round.id}, callback=True)
    clerk = Ticker(app, delay=float, lead=Elsewhere())
    clerk.tick()
    phone.get_received()
    vote(town, the_round, range(1, 3))
    town.session.commit()
    forged = {Rung(Told.ROUND, number, 99, "f" * 16) for number in (the_round.id, other.id, 999)}
    for _ in range(2):
        clerk.answer(forged | {Rung(Told.ASSEMBLY, 1, 1, "f" * 16)})
    told = [heard["args"][0] for heard in phone.get_received()]
    assert [(one["round"], one["turnout"], one["version"]) for one in told] == [
        (the_round.id, 2, 0)
    ]
    assert hung_bell.rung == []
    phone.disconnect()


def test_while_the_bell_is_heard_a_process_looks_by_itself_now_and_then(
    app: Flask, town: Town, hung_bell: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = [100.0]
    monkeypatch.setattr(ticker, "monotonic", lambda: moment[0])
    the_round = town.round(Phase.VOTE)
    town.session.commit()
    phone = socketio.test_client(app)
    phone.emit("join", {"round": the_round.id}, callback=True)
    clerk = Ticker(app, delay=float, lead=Elsewhere())
    clerk.tick()
    phone.get_received()

    def told_after(seconds: float, *, is_heard: bool) -> int:
        vote(town, the_round, range(len(cast) + 1, len(cast) + 2))
        cast.append(1)
        town.session.commit()
        hung_bell.is_heard = is_heard
        moment[0] += seconds
        clerk.tick()
        return len(phone.get_received())

    cast: list[int] = []
    assert told_after(1, is_heard=True) == 0
    assert told_after(1, is_heard=False) == 1
    assert told_after(1, is_heard=True) == 0
    assert told_after(ticker.LOOKS_EVERY, is_heard=True) == 1
    clerk.answer(None)  # the bell was away, and is heard again
    assert told_after(0, is_heard=True) == 1
    phone.disconnect()
