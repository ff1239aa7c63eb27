"""`flask preflight`: each check finds what it is for, says what to do, and is silent otherwise."""

import os
import resource
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfoNotFoundError

import pytest
import redis
from flask import Flask
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.installation import database_checks as data
from app.installation import machine_checks as machine
from app.installation import neighbour_checks as neighbours
from app.installation import settings_checks as chosen
from app.installation.command import CHECKS, NEED_DATABASE, findings_of
from app.installation.finding import ROOT, Check, Installation
from app.schema import migrate
from app.settings import Environment, Settings
from ballots.turned_away import TurnedAway, When, add_tries, hour_of
from neighbourhoods.database import Database
from neighbourhoods.phases import Phase
from tests.builders import Town
from tests.servers import free_port

STRONG = "9f2c61d08be347a5c1f09d6e83b7452afe10c9d87b364a52"


@pytest.fixture
def sound(test_settings: Settings, app: Flask) -> Iterator[Installation]:
    """An installation on SQLite with which nothing is wrong, as far as it goes."""
    database = Database(test_settings.database_url)
    settings = replace(
        test_settings,
        environment=Environment.PRODUCTION,
        secret_key=STRONG,
        public_url="https://vote.example",
        proxies=1,
    )
    yield Installation(settings, database)
    database.dispose()


def wrong(check: Check, found: Installation) -> list[str]:
    findings = list(findings_of(check, found))
    assert all(one.do and one.words.endswith(".") and one.do.strip() for one in findings)
    return [one.words for one in findings]


def changed(found: Installation, **settings: object) -> Installation:
    return replace(found, settings=replace(found.settings, **settings))  # type: ignore[arg-type]


NEED_NO_NEIGHBOUR = [
    check for _, check in CHECKS if not check.__module__.endswith("neighbour_checks")
]


@pytest.mark.parametrize("check", NEED_NO_NEIGHBOUR, ids=lambda check: check.__name__)
def test_with_a_sound_installation_no_check_finds_anything(
    sound: Installation, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (32_768, 32_768))
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=2**40))
    assert wrong(check, sound) == []


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("check", "settings", "words"),
    [
        (chosen.check_environment, {"environment": Environment.DEVELOPMENT}, "/outbox"),
        (chosen.check_secret, {"secret_key": "short"}, "can be guessed"),
        (chosen.check_secret, {"secret_key": "ab" * 40}, "can be guessed"),
        (chosen.check_secret, {"secret_key": "please-change-me-" + STRONG}, "can be guessed"),
        (chosen.check_public_url, {"public_url": "http://vote.example"}, "not https"),
        (chosen.check_public_url, {"public_url": "https://127.0.0.1:8000"}, "this machine"),
        (chosen.check_proxies, {"proxies": 0}, "share its limits"),
    ],
)
def test_a_setting_that_is_wrong_is_named(
    sound: Installation, check: Check, settings: dict[str, object], words: str
) -> None:
    (said,) = wrong(check, changed(sound, **settings))
    assert words in said


def test_several_processes_need_redis_and_postgresql(sound: Installation) -> None:
    several = replace(sound, environ={"WARDMOTE_PROCESSES": "4"})
    without_redis, on_sqlite = wrong(chosen.check_several_processes, several)
    assert "without Redis" in without_redis
    assert "SQLite" in on_sqlite


@pytest.mark.parametrize("written", ["two", "0", "-2", "2.0", "2 or 3", "²"])
def test_a_number_of_processes_that_is_none_is_said_and_not_taken_for_one(
    sound: Installation, written: str
) -> None:
    found = replace(sound, environ={"WARDMOTE_PROCESSES": written})
    (one,) = findings_of(chosen.check_several_processes, found)
    assert f"WARDMOTE_PROCESSES is '{written}', which is no number of processes" in one.words
    assert one.do == "Set it to how many processes serve, in digits: 2."
    assert not one.is_note


@pytest.mark.parametrize("environ", [{}, {"WARDMOTE_PROCESSES": ""}, {"WARDMOTE_PROCESSES": " 1 "}])
def test_one_process_needs_no_number(sound: Installation, environ: dict[str, str]) -> None:
    assert wrong(chosen.check_several_processes, replace(sound, environ=environ)) == []


# --- the database ---------------------------------------------------------------------------------

DATABASE_CHECKS = [check for _, check in CHECKS if check.__module__.endswith("database_checks")]


@pytest.mark.parametrize("check", DATABASE_CHECKS, ids=lambda check: check.__name__)
def test_a_database_that_is_away_is_said_without_its_password(
    sound: Installation, check: Check
) -> None:
    url = f"postgresql+psycopg2://u:hidden-word@127.0.0.1:{free_port()}/none"
    database = Database(url)
    (said,) = findings_of(check, replace(sound, database=database))
    database.dispose()
    assert "OperationalError" in said.words
    assert "hidden-word" not in said.words + said.do


def test_a_schema_that_is_not_the_codes_is_said(sound: Installation, session: Session) -> None:
    session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    session.commit()
    assert "has schema 0001, this code needs" in wrong(data.check_migrations, sound)[0]
    session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    session.commit()
    assert "has schema 9999, this code knows" in wrong(data.check_migrations, sound)[0]
    session.execute(text("DROP TABLE alembic_version"))
    session.commit()
    assert "has schema none" in wrong(data.check_migrations, sound)[0]


@pytest.mark.parametrize("apart", [-3, 3])
def test_clocks_that_disagree_are_said(sound: Installation, apart: int) -> None:
    stepped = replace(sound, clock=lambda: datetime.now(UTC) + timedelta(seconds=apart))
    (said,) = wrong(data.check_clock, stepped)
    assert "s apart" in said


def test_an_old_sqlite_is_said(sound: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 31, 0))
    assert "older than 3.37" in wrong(data.check_version, sound)[0]


@pytest.mark.parametrize(
    ("check", "pragma", "words"),
    [
        (data.check_isolation, "journal_mode=DELETE", "not as a WAL"),
        (data.check_durable, "synchronous=NORMAL", "does not wait for the disk"),
    ],
)
def test_an_sqlite_that_forgets_or_stops_people_is_said(
    sound: Installation, check: Check, pragma: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = "neighbourhoods.database._prepare_sqlite"
    monkeypatch.setattr(prepare, lambda connection, _: connection.execute(f"PRAGMA {pragma}"))
    database = Database(sound.settings.database_url)
    assert words in wrong(check, replace(sound, database=database))[0]
    database.dispose()


@pytest.mark.postgres
def test_a_postgresql_whose_log_would_hold_what_people_entered_is_said(
    sound: Installation, postgres_url: str
) -> None:
    database = Database(postgres_url)
    found, name = replace(sound, database=database), database.url.database
    # What every PostgreSQL does out of its box.
    (said,) = wrong(data.check_silent, found)
    assert "By log_min_error_statement, log_error_verbosity PostgreSQL’s log" in said
    with database.engine.begin() as connection:
        for setting in ("log_min_error_statement = 'panic'", "log_error_verbosity = 'terse'"):
            connection.execute(text(f'ALTER DATABASE "{name}" SET {setting}'))
    database.dispose()
    assert wrong(data.check_silent, found) == []
    database.dispose()


@pytest.mark.postgres
def test_a_postgresql_that_forgets_waits_or_is_too_small_is_said(
    sound: Installation, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(postgres_url)
    migrate(database)
    found = replace(sound, database=database, environ={"WARDMOTE_PROCESSES": "8"})
    for check in (data.check_reachable, data.check_version, data.check_migrations):
        assert wrong(check, found) == []
    assert wrong(data.check_clock, found) == []
    assert wrong(data.check_isolation, found) == []
    # The tests’ own PostgreSQL forgets on purpose, for speed.
    (said,) = wrong(data.check_durable, found)
    assert "runs with fsync, full_page_writes, synchronous_commit off: a power cut" in said
    (said,) = wrong(data.check_connections, found)
    assert "8 processes may open 256 connections; PostgreSQL admits 97" in said
    assert wrong(data.check_connections, replace(found, environ={})) == []
    name = database.url.database
    with database.engine.begin() as connection:
        level = "SET default_transaction_isolation = 'serializable'"
        connection.execute(text(f'ALTER DATABASE "{name}" {level}'))
    database.dispose()
    assert "isolated as 'serializable'" in wrong(data.check_isolation, found)[0]
    monkeypatch.setattr(data, "LEAST_POSTGRES", 990_000)
    assert "is older than" in wrong(data.check_version, found)[0]
    database.dispose()


def test_whom_the_service_turned_away_is_worth_a_note(
    sound: Installation, town: Town, session: Session
) -> None:
    the_round = town.round(Phase.VOTE)
    session.commit()
    with sound.database.writing() as writing:
        when = When(the_round.id, hour_of(datetime.now(UTC)), TurnedAway.FAULT)
        add_tries(writing, {when: 7})
        writing.commit()
    (note,) = findings_of(data.check_turned_away, sound)
    assert note.is_note
    assert note.words == "7 tries were turned away since yesterday."


# --- the machine ----------------------------------------------------------------------------------


def test_a_disk_that_is_nearly_full_or_missing_is_said(
    sound: Installation, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=5 * 2**20))
    assert "Only 5 MB are free" in wrong(machine.check_disk, sound)[0]
    gone = changed(sound, var=tmp_path / "gone")
    assert any("There is no folder" in said for said in wrong(machine.check_disk, gone))


def test_keys_that_others_can_read_are_said(sound: Installation) -> None:
    folder = sound.settings.key_folder
    folder.mkdir(mode=0o755)
    key = folder / "round-1.key"
    key.touch(mode=0o444)
    folder.chmod(0o750)
    assert len(wrong(machine.check_keys, sound)) == 2
    folder.chmod(0o700)
    key.chmod(0o400)
    assert wrong(machine.check_keys, sound) == []


def test_keys_of_another_user_are_said(
    sound: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound.settings.key_folder.mkdir(mode=0o700)
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert "belongs to another user" in wrong(machine.check_keys, sound)[0]


def test_too_few_file_handles_are_said(
    sound: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (1_024, 1_048_576))
    assert "1,024 files and sockets" in wrong(machine.check_file_handles, sound)[0]


@pytest.mark.parametrize(
    ("check", "file", "words"),
    [
        (machine.check_static_files, "css/wardmote.css", "css/wardmote.css is missing"),
        (machine.check_static_files, "vendor/socket.io-4.8.4/socket.io.min.js", "socket.io.min.js"),
        (machine.check_typefaces, "vendor/print-typefaces/NotoSans_400Regular.ttf", "NotoSans"),
        (machine.check_typefaces, "vendor/print-typefaces/SHA256SUMS", "typefaces for print"),
    ],
)
def test_a_file_that_is_missing_or_another_is_said(
    sound: Installation, tmp_path: Path, check: Check, file: str, words: str
) -> None:
    shutil.copytree(ROOT / "static", tmp_path / "static")
    found = replace(sound, static=tmp_path / "static")
    assert wrong(check, found) == []
    (found.static / file).unlink()
    (said,) = wrong(check, found)
    assert words in said
    if not file.endswith(("SHA256SUMS", "wardmote.css")):
        (found.static / file).write_text("another")
        assert words in wrong(check, found)[0]


def test_a_machine_without_time_zones_is_said(
    sound: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def knows_none(name: str) -> None:
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr(machine, "ZoneInfo", knows_none)
    assert "knows no time zones" in wrong(machine.check_time_zones, sound)[0]


# --- the neighbours -------------------------------------------------------------------------------


@pytest.mark.redis
def test_a_redis_that_is_away_old_or_forgetful_is_said(
    sound: Installation, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = changed(sound, redis_url=redis_url)
    assert wrong(neighbours.check_redis, found) == []
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory", "100mb")
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            assert "allkeys-lru" in wrong(neighbours.check_redis, found)[0]
        finally:
            client.config_set("maxmemory", "0")
            client.config_set("maxmemory-policy", "noeviction")
    monkeypatch.setattr(neighbours, "LEAST_REDIS", (99, 0))
    assert "is older than" in wrong(neighbours.check_redis, found)[0]
    away = changed(sound, redis_url=f"redis://:hidden-word@127.0.0.1:{free_port()}/0")
    (said,) = wrong(neighbours.check_redis, away)
    assert "does not answer" in said
    assert "hidden-word" not in said


def answering(lines: list[bytes]) -> Callable[[socket.socket], None]:
    """A mail server that says these lines, one after each it hears."""

    def serve(listening: socket.socket) -> None:
        talking, _ = listening.accept()
        with talking, talking.makefile("rb") as heard:
            for line in lines:
                talking.sendall(line)
                heard.readline()

    return serve


@pytest.mark.parametrize(
    ("lines", "is_right"),
    [
        ([b"220 hello\r\n", b"250 hello\r\n", b"221 bye\r\n"], True),
        ([b"554 go away\r\n"], False),
    ],
)
def test_a_mail_server_must_answer(sound: Installation, lines: list[bytes], is_right: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        server = threading.Thread(target=answering(lines), args=(listening,))
        server.start()
        said = wrong(neighbours.check_mail, changed(sound, smtp_url=f"smtp://127.0.0.1:{port}"))
        server.join(10)
    assert (said == []) is is_right


def test_a_mail_server_that_is_away_or_not_set_is_said(sound: Installation) -> None:
    address = f"smtp://someone:hidden-word@127.0.0.1:{free_port()}"
    (said,) = wrong(neighbours.check_mail, changed(sound, smtp_url=address))
    assert "does not let us in" in said
    assert "hidden-word" not in said
    assert "No mail server is set" in wrong(neighbours.check_mail, sound)[0]


@pytest.fixture
def front() -> Iterator[dict[str, int]]:
    """A web server; what it answers by path, and where under `port`."""
    answers: dict[str, int] = {}

    class Front(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(answers.get(self.path, 404))
            self.end_headers()

        def log_message(self, *_about: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Front) as server:
        answers["port"] = server.server_port
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield answers
        server.shutdown()
        serving.join()


def test_a_public_address_that_leads_nowhere_is_said(
    sound: Installation, front: dict[str, int]
) -> None:
    found = changed(sound, public_url=f"http://127.0.0.1:{front['port']}")
    front["/health/live"] = 200
    assert wrong(neighbours.check_public_address, found) == []
    front["/health/live"] = 502
    assert "answers 502, not 200" in wrong(neighbours.check_public_address, found)[0]
    gone = changed(sound, public_url=f"http://127.0.0.1:{free_port()}")
    assert "answers nothing" in wrong(neighbours.check_public_address, gone)[0]


def test_a_front_that_does_not_say_for_whom_it_asks_is_said(
    sound: Installation, front: dict[str, int]
) -> None:
    found = changed(sound, public_url=f"http://127.0.0.1:{front['port']}")
    assert wrong(neighbours.check_front_headers, found) == []
    front["/metrics"] = 200
    assert "Anybody can read /metrics" in wrong(neighbours.check_front_headers, found)[0]


# --- the command ----------------------------------------------------------------------------------


def test_the_command_ends_with_1_when_something_is_wrong_and_says_what_to_do(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (1_024, 1_024))
    done = app.test_cli_runner().invoke(args=["preflight"])
    assert done.exit_code == 1
    assert "WRONG  file handles" in done.output
    assert "→ LimitNOFILE=32768" in done.output
    assert "ok     schema" in done.output


def test_the_command_ends_with_0_when_all_is_well(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = (CHECKS[0], ("disk", lambda _found: iter(())))
    monkeypatch.setattr("app.installation.command.CHECKS", checks)
    done = app.test_cli_runner().invoke(args=["preflight"])
    assert done.exit_code == 0
    assert "note   environment" in done.output  # a note is nothing wrong
    assert done.output.endswith("Nothing is wrong.\n")


def test_a_wrong_database_address_is_one_thing_that_is_wrong_and_what_needs_it_is_not_looked_at(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"postgresql+psycopg2://u:hidden-word@127.0.0.1:{free_port()}/none"
    database = Database(url)
    monkeypatch.setattr("app.installation.command.database", lambda: database)
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (32_768, 32_768))
    done = app.test_cli_runner().invoke(args=["preflight"])
    database.dispose()
    assert done.exit_code == 1
    lines = done.output.splitlines()
    about_it = [line for line in lines if line.startswith("WRONG") and "Operational" in line]
    assert [line.split("  ")[1] for line in about_it] == ["database answers"]
    wrongs = sum(line.startswith("WRONG") for line in lines)
    assert lines[-1] == (f"{wrongs} things are wrong." if wrongs > 1 else "One thing is wrong.")
    told, left_out = lines[-2].split(": ")
    assert told == "Not looked at, for the database does not answer"
    names = left_out.removesuffix(".").split(", ")
    assert {check for name, check in CHECKS if name in names} == NEED_DATABASE
    assert not any(line.startswith(f"ok     {name}") for line in lines for name in names)


@pytest.mark.parametrize("check", [check for _, check in CHECKS], ids=lambda one: one.__name__)
def test_every_check_that_asks_the_database_is_known_as_one(
    sound: Installation, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_asked(*_about: object, **_more: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("away"))

    monkeypatch.setattr(Engine, "connect", is_asked)
    database = Database(f"postgresql+psycopg2://u@127.0.0.1:{free_port()}/none")
    found = findings_of(check, replace(sound, database=database))
    asks = any("OperationalError" in one.words for one in found)
    database.dispose()
    assert asks == (check in NEED_DATABASE or check is data.check_reachable)


def test_every_check_stands_in_the_table_once() -> None:
    listed = [check.__name__ for _, check in CHECKS]
    modules = (chosen, data, neighbours, machine)
    written = [name for each in modules for name in vars(each) if name.startswith("check_")]
    assert sorted(listed) == sorted(written)
