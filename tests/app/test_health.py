"""Health: whether a process lives, and in words why nobody should be sent to it now."""

import shutil
import socket
import threading
import time
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.health import Enquiry, keep_enquiry
from app.porter import porter_of
from app.schema import revisions
from tests.council import Site


def asked(site: Site) -> tuple[int, str]:
    answer = site.as_(None).get("/health/ready")
    assert answer.mimetype == "text/plain"
    return answer.status_code, answer.text


def at_revision(session: Session, revision: str) -> None:
    session.execute(text("UPDATE alembic_version SET version_num = :now"), {"now": revision})
    session.commit()


def test_a_process_lives_whatever_becomes_of_its_database(site: Site, app: Flask) -> None:
    keep_enquiry(app, "sqlite:////nowhere/at/all.db")
    house = app.extensions["wardmote"][1]
    house.dispose()
    house.engine = create_engine("sqlite:////nowhere/at/all.db")
    answer = site.as_(None).get("/health/live")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_a_process_is_ready_on_a_database_of_its_own_revision(site: Site) -> None:
    assert asked(site) == (200, "ready\n")


def test_nobody_is_sent_to_a_process_whose_database_cannot_be_reached(
    site: Site, app: Flask
) -> None:
    keep_enquiry(app, "sqlite:////nowhere/at/all.db")
    assert asked(site) == (503, "The database does not answer.\n")


def test_a_database_that_says_nothing_is_given_up_after_a_second_and_asked_once(
    site: Site, app: Flask
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        keep_enquiry(app, f"postgresql+psycopg2://somebody@127.0.0.1:{port}/somewhere")
        began = time.monotonic()
        assert asked(site)[0] == 503
        assert 0.9 < time.monotonic() - began < 3
        assert asked(site)[0] == 503
        silent.settimeout(1)
        first, _ = silent.accept()
        with pytest.raises(TimeoutError):
            silent.accept()
        first.close()
        enquiry = app.extensions["wardmote-enquiry"]
        until = time.monotonic() + 10
        while enquiry._is_asking and time.monotonic() < until:
            time.sleep(0.01)
        assert not enquiry._is_asking


def test_several_who_ask_at_once_are_told_the_same(empty_sqlite: Path, app: Flask) -> None:
    enquiry, answers = Enquiry(f"sqlite:///{empty_sqlite}"), []
    askers = [
        threading.Thread(target=lambda: answers.append(enquiry.revision(5))) for _ in range(8)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert answers == [revisions()[0]] * 8


def test_a_database_behind_the_code_must_be_migrated_first(site: Site, session: Session) -> None:
    at_revision(session, "0003")
    status, words = asked(site)
    assert status == 503
    assert words == (
        f"The database is at revision 0003, this code needs {revisions()[0]}: "
        "run “flask migrate”.\n"
    )


def test_a_database_without_a_schema_must_be_migrated_first(
    site: Site, app: Flask, tmp_path: Path
) -> None:
    keep_enquiry(app, f"sqlite:///{tmp_path / 'new.db'}")
    status, words = asked(site)
    assert status == 503
    assert "at revision none" in words


def test_older_code_stays_ready_while_a_newer_version_is_brought_in(
    site: Site, session: Session
) -> None:
    at_revision(session, "9999")
    assert asked(site) == (200, "ready\n")


def test_the_newest_revision_is_what_a_migrated_database_has(
    empty_sqlite: Path, tmp_path: Path, app: Flask
) -> None:
    shutil.copy(empty_sqlite, tmp_path / "copy.db")
    assert Enquiry(f"sqlite:///{tmp_path / 'copy.db'}").revision(5) == revisions()[0]


def test_nobody_is_sent_to_a_process_that_is_about_to_end(site: Site, app: Flask) -> None:
    porter_of(app).is_closing = True
    status, words = asked(site)
    assert status == 503
    assert words.startswith("This process is about to end")


@pytest.mark.parametrize(("held", "status"), [(89, 200), (90, 503), (100, 503)])
def test_nobody_is_sent_to_a_process_that_is_nine_tenths_full(
    site: Site, app: Flask, held: int, status: int
) -> None:
    porter = porter_of(app)
    porter.most, porter.held = 100, lambda: held
    found, words = asked(site)
    assert found == status
    assert (f"nearly full: {held} of 100 connections" in words) == (status == 503)


def test_every_reason_is_named_at_once(site: Site, app: Flask, session: Session) -> None:
    porter_of(app).is_closing = True
    at_revision(session, "0003")
    assert asked(site)[1].count("\n") == 2
