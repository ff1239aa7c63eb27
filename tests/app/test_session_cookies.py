"""A session outlives a clock that is wrong by hours, and ends after a month."""

import time
from datetime import timedelta

import pytest
from flask import Flask, session
from flask.testing import FlaskClient

from app.session_cookies import SessionCookies


@pytest.fixture
def app() -> Flask:
    app = Flask("asked")
    app.secret_key = "for this test alone"
    app.session_interface = SessionCookies()
    app.permanent_session_lifetime = timedelta(days=30)

    @app.get("/in")
    def sign_in() -> str:
        session["name"] = "Amina"
        return "in"

    @app.get("/who")
    def who() -> str:
        return str(session.get("name", "nobody"))

    return app


def signed_in(app: Flask, monkeypatch: pytest.MonkeyPatch, ahead: float) -> FlaskClient:
    """Somebody signed in at a process whose clock goes so many seconds ahead of ours."""
    client, true = app.test_client(), time.time
    with monkeypatch.context() as there:
        there.setattr(time, "time", lambda: true() + ahead)
        client.get("/in")
    return client


@pytest.mark.parametrize(
    ("ahead", "name"),
    [(0, "Amina"), (7_200, "Amina"), (-7_200, "Amina"), (-31 * 86_400, "nobody")],
)
def test_a_session_signed_by_another_clock_is_known_unless_it_is_too_old(
    app: Flask, monkeypatch: pytest.MonkeyPatch, ahead: float, name: str
) -> None:
    assert signed_in(app, monkeypatch, ahead).get("/who").text == name


def test_a_session_that_somebody_changed_is_nobodys(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(app, monkeypatch, 0)
    cookie = client.get_cookie("session")
    assert cookie is not None
    client.set_cookie("session", "x" + cookie.value)
    assert client.get("/who").text == "nobody"
