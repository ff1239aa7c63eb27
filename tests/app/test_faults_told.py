"""What fails beside the server is told once in full, then calmly, and never with anybody in it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg2
import pytest
import structlog
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.factory import create_app
from app.faults_told import FaultsTold, is_outage
from app.leading import OnlyOne
from app.logbook import open_log
from app.schema import migrate
from app.settings import Environment, Settings
from app.ticker import Ticker
from neighbourhoods.database import Database
from tests.servers import restartable_postgres

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def production_log(test_settings: Settings) -> Iterator[Settings]:
    """Lines as in production, put back afterwards."""
    settings = replace(test_settings, environment=Environment.PRODUCTION)
    open_log(settings)
    yield settings
    structlog.reset_defaults()


class Seconds:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def lines(captured: Captured) -> list[dict[str, Any]]:
    return [json.loads(line) for line in captured.readouterr().out.splitlines()]


def fail(faults: FaultsTold, act: str, error: Exception) -> None:
    """Tell an error that came from somewhere: here."""
    try:
        break_with(error)
    except Exception as raised:  # noqa: BLE001 - whatever it is
        faults.tell(act, raised)


def break_with(error: Exception) -> None:
    raise error


@pytest.mark.postgres
def test_a_database_that_is_away_for_a_minute_is_three_lines_and_one_when_it_is_back(
    production_log: Settings, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    clock = Seconds()
    monkeypatch.setattr("app.ticker.FaultsTold", lambda: FaultsTold(clock))
    with restartable_postgres() as postgres:
        database = Database(postgres.url)
        migrate(database)
        database.dispose()
        app = create_app(replace(production_log, database_url=postgres.url))
        clerk = Ticker(app, delay=float, lead=OnlyOne())
        clerk.tick()
        assert lines(capsys) == []
        postgres.stop()
        for _ in range(61):
            clerk.tick()
            clock.now += 1
        away = capsys.readouterr().out
        postgres.start()
        clerk.tick()
        clerk.tick()
        (back,) = lines(capsys)
        app.extensions["wardmote"][1].dispose()
    told = [json.loads(line) for line in away.splitlines()]
    assert [(one["event"], one["seconds"]) for one in told] == [
        ("database away", 0),
        ("database away", 30),
        ("database away", 60),
    ]
    assert "places" not in away
    assert len(away) < 600
    assert (back["event"], back["seconds"]) == ("database back", 61)


def test_a_fault_is_told_in_full_once_then_each_half_minute_with_how_often(
    capsys: Captured,
) -> None:
    clock = Seconds()
    faults = FaultsTold(clock)
    for _ in range(91):
        fail(faults, "digests", ProgrammingError("SELECT 1", {}, Exception("no such table")))
        clock.now += 1
    first, *later = lines(capsys)
    assert (first["event"], first["act"], first["kind"]) == (
        "tick failed",
        "digests",
        "ProgrammingError",
    )
    assert "test_faults_told.py" in first["places"][-1]
    assert [(one["event"], one["times"]) for one in later] == [("tick still fails", 30)] * 3
    assert not any("places" in one for one in later)


def test_another_fault_and_the_same_after_a_quiet_half_minute_are_told_in_full(
    capsys: Captured,
) -> None:
    clock = Seconds()
    faults = FaultsTold(clock)
    fail(faults, "round", ValueError("a bug"))
    fail(faults, "round", KeyError("another"))
    fail(faults, "stage", ValueError("elsewhere"))
    clock.now += 30
    fail(faults, "round", ValueError("a bug"))
    told = lines(capsys)
    assert [one["event"] for one in told] == ["tick failed"] * 4
    assert all(one["places"] for one in told)


def test_a_database_that_comes_and_goes_each_second_is_no_line_a_second(capsys: Captured) -> None:
    clock = Seconds()
    faults = FaultsTold(clock)
    for _ in range(60):
        fail(faults, "carry", OperationalError("SELECT 1", {}, psycopg2.OperationalError("gone")))
        faults.tell_back()
        clock.now += 1
    assert [one["event"] for one in lines(capsys)] == ["database away", "database back"] * 2


def test_a_lock_that_was_waited_for_too_long_is_no_outage() -> None:
    class CancelledError(psycopg2.OperationalError):
        pgcode = "57014"

    class EndingError(psycopg2.OperationalError):
        pgcode = "57P01"

    assert not is_outage(OperationalError("SELECT 1", {}, CancelledError()))
    assert is_outage(OperationalError("SELECT 1", {}, EndingError()))
    assert is_outage(OperationalError("SELECT 1", {}, psycopg2.OperationalError("refused")))
    assert not is_outage(OperationalError("SELECT 1", {}, Exception("SQLite is locked")))
    assert not is_outage(ValueError("a bug"))


def test_no_line_about_a_fault_holds_what_it_was_about(capsys: Captured) -> None:
    faults = FaultsTold(Seconds())
    row = "Key (email)=(ann@example.org) chose project-7"
    for error in (ValueError(row), psycopg2.OperationalError(row)):
        fail(faults, "letters", OperationalError(row, {"email": row}, error))
    faults.tell_back()
    written = capsys.readouterr().out
    assert len(written.splitlines()) == 3
    for secret in ("ann@", "project-7"):
        assert secret not in written
