"""The database goes away for a moment: everybody is told to try again, and nothing else breaks."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError
from sqlalchemy.orm import Session

from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.builders import Town
from tests.council import Site

AWAY = [
    OperationalError("SELECT 1", {}, Exception("terminating connection")),
    InterfaceError("SELECT 1", {}, Exception("connection already closed")),
    NoConnectionFreeError("QueuePool limit of size 5 overflow 10 reached"),
]


@pytest.fixture
def vote(town: Town, session: Session) -> Round:
    the_round = town.round(Phase.VOTE)
    session.commit()
    return the_round


def away(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fails(*_words: object, **_more: object) -> None:
        raise error

    monkeypatch.setattr(Session, "execute", fails)
    monkeypatch.setattr(Session, "get", fails)
    monkeypatch.setattr(Session, "scalar", fails)


@pytest.mark.parametrize("error", AWAY)
def test_a_page_says_so_and_loads_again_by_itself(
    site: Site, vote: Round, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = site.as_(None)
    away(monkeypatch, error)
    answer = visitor.get(f"/rounds/{vote.id}")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == answer.headers["Refresh"] == "5"
    assert "Try again in a moment" in answer.text
    assert "This page loads again by itself." in answer.text


def test_an_act_is_never_sent_again_without_being_asked(
    site: Site, town: Town, vote: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    voter = site.as_voter(town.voter(vote, 1))
    town.session.commit()
    away(monkeypatch, AWAY[0])
    answer = voter.post(f"/rounds/{vote.id}/ballot", data={"request_id": "r", "project": "1"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "Refresh" not in answer.headers
    assert "A ballot that is sent again is counted once." in answer.text


def test_whoever_is_signed_in_gets_the_same_page(
    app: Flask, site: Site, town: Town, vote: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer: FlaskClient = site.as_(town.officer)
    away(monkeypatch, AWAY[0])
    assert officer.get("/office").status_code == 503


def test_another_fault_is_not_called_a_moment(
    site: Site, vote: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    away(monkeypatch, ValueError("a bug"))
    answer = site.as_(None).get(f"/rounds/{vote.id}")
    assert answer.status_code == 500
    assert "Retry-After" not in answer.headers


def test_a_table_that_is_missing_is_not_called_a_moment(
    site: Site, vote: Round, session: Session
) -> None:
    session.execute(text("ALTER TABLE voting_rules RENAME TO gone"))
    session.commit()
    assert site.as_(None).get(f"/rounds/{vote.id}/tally").status_code == 500
