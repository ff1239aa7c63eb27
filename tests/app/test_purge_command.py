"""`flask purge` shows before it does; the clerk at the clock does it by night, if told to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.factory import create_app
from app.privacy import nightly
from app.settings import Purge, Settings, SettingsError, settings_from
from app.ticker import Ticker
from neighbourhoods.database import Database
from neighbourhoods.letters import Letter, write_letter
from tests.builders import Clock, Town

LETTERS = select(func.count()).select_from(Letter)


def letters_in(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(LETTERS) or 0


@pytest.fixture
def old_letter(town: Town, clock: Clock) -> None:
    write_letter(town.session, "somebody@example.org", "s", "b")
    town.session.commit()
    clock.moves(days=93)


@pytest.mark.usefixtures("old_letter")
def test_a_purge_first_says_what_it_would_do_and_does_nothing(
    app: Flask, database: Database
) -> None:
    done = app.test_cli_runner().invoke(args=["purge"])
    assert done.exit_code == 0, done.output
    (line,) = (line for line in done.output.splitlines() if line.startswith("letters"))
    assert " ".join(line.split()) == "letters 1 to be deleted: kept 3 months (letters)"
    assert done.output.endswith("Nothing was changed. Add --really to do it.\n")
    assert letters_in(database) == 1


@pytest.mark.usefixtures("old_letter")
def test_a_purge_that_is_meant_does_it_and_logs_numbers_alone(
    app: Flask, database: Database
) -> None:
    done = app.test_cli_runner().invoke(args=["purge", "--really"])
    assert done.exit_code == 0, done.output
    assert "deleted: kept 3 months" in done.output
    assert letters_in(database) == 0
    assert "somebody" not in done.output
    again = app.test_cli_runner().invoke(args=["purge", "--really"]).output
    assert all(line.split()[1] == "0" for line in again.splitlines() if line.startswith("letters"))


def nightly_app(settings: Settings, clock: Clock, purge: Purge) -> Flask:
    return create_app(replace(settings, purge=purge), clock=clock)


@pytest.mark.usefixtures("old_letter")
def test_the_clerk_clears_in_the_night_once_and_only_if_told_to(
    test_settings: Settings, clock: Clock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nightly, "LOOK_EVERY", 0.0)
    monkeypatch.setattr("app.ticker.socketio.sleep", lambda _seconds: None)
    silent = Ticker(nightly_app(test_settings, clock, Purge.BY_HAND))
    told = Ticker(nightly_app(test_settings, clock, Purge.DAILY))
    clock.moment = datetime(2027, 3, 1, 2, 59, tzinfo=UTC)
    told.clear()
    assert letters_in(database) == 1
    clock.moves(minutes=1)
    silent.clear()
    assert letters_in(database) == 1
    told.clear()
    assert letters_in(database) == 0
    with database.writing() as session:
        late = write_letter(session, "late@example.org", "s", "b")
        late.written_at -= timedelta(days=400)
        session.commit()
    clock.moves(minutes=30)
    told.clear()
    assert letters_in(database) == 1
    clock.moves(days=1)
    told.clear()
    assert letters_in(database) == 0


@pytest.mark.parametrize("name", ["WARDMOTE_PURGE", "WARDMOTE_KEEP_DAYS"])
def test_a_setting_that_cannot_be_stops_the_start(name: str, test_settings: Settings) -> None:
    environ = {"WARDMOTE_VAR": str(test_settings.var), "WARDMOTE_SECRET_KEY": "k" * 32}
    with pytest.raises(SettingsError):
        settings_from(environ | {name: "never"})


def test_periods_and_the_nightly_purge_are_settings(test_settings: Settings) -> None:
    environ = {
        "WARDMOTE_VAR": str(test_settings.var),
        "WARDMOTE_SECRET_KEY": "k" * 32,
        "WARDMOTE_PURGE": "daily",
        "WARDMOTE_KEEP_DAYS": "roll=400, letters=30",
    }
    found = settings_from(environ)
    assert found.purge is Purge.DAILY
    assert (found.keep_days["roll"], found.keep_days["letters"]) == (400, 30)  # type: ignore[index]
