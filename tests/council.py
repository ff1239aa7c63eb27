"""Fixtures: a migrated database, the app on it, and a client that lints every page it loads.

def test_it(town, session): ...      # services, on SQLite
def test_it(town, site): ...         # web: site.as_(town.officer).get("/office")
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from app.factory import create_app
from app.house import keys as keys_of
from app.schema import migrate
from app.settings import Environment, Settings, settings_from
from ballots.keys import KeyStore
from neighbourhoods import database as database_module
from neighbourhoods.database import Database
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.people import Person
from tests.builders import Clock, Town
from tests.kept_work import KeptTemplates, keeping_routes, sharing_statements
from tests.page_linter import LintingClient


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file without a row, to be copied."""
    file = tmp_path_factory.mktemp("schema") / "empty.db"
    database = Database(f"sqlite:///{file}")
    migrate(database)
    database.dispose()
    return file


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(autouse=True)
def small_votes_may_be_live(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests have a handful of voters, among whom a live vote would be held sealed."""
    monkeypatch.setattr("ballots.disclosure.ENOUGH_FOR_LIVE", 1)


@pytest.fixture
def test_settings(tmp_path: Path, empty_sqlite: Path) -> Settings:
    shutil.copy(empty_sqlite, tmp_path / "wardmote.db")
    environ = {
        "WARDMOTE_ENVIRONMENT": "testing",
        "WARDMOTE_SECRET_KEY": "a secret for the tests alone, 32 long",
        "WARDMOTE_VAR": str(tmp_path),
        "ASYNC_MODE": "threading",
        "WARDMOTE_PUBLIC_URL": "http://localhost",
    }
    return settings_from(environ)


@pytest.fixture(scope="session", autouse=True)
def kept_routes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", keeping_routes(Rule._compile_builder))
        yield


@pytest.fixture(scope="session", autouse=True)
def shared_statements() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database_module, "_engine", sharing_statements(database_module._engine))
        yield


@pytest.fixture(scope="session")
def kept_templates() -> KeptTemplates:
    return KeptTemplates()


@pytest.fixture
def app(test_settings: Settings, clock: Clock, kept_templates: KeptTemplates) -> Iterator[Flask]:
    app = create_app(test_settings, clock=clock)
    app.jinja_env.bytecode_cache = kept_templates
    app.test_client_class = LintingClient
    yield app
    with app.app_context():
        app.extensions["wardmote"][1].dispose()


@pytest.fixture
def production_app(test_settings: Settings, clock: Clock) -> Flask:
    """The same app as in production, without its mail server."""
    settings = replace(
        test_settings,
        environment=Environment.PRODUCTION,
        public_url="https://wardmote.example",
    )
    return create_app(settings, clock=clock)


@pytest.fixture
def database(app: Flask) -> Database:
    found: Database = app.extensions["wardmote"][1]
    return found


@pytest.fixture
def keys(app: Flask) -> KeyStore:
    with app.app_context():
        return keys_of()


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A session of the test's own; commit before the app shall see anything."""
    with database.reading() as session:
        yield session


@pytest.fixture
def town(session: Session, keys: KeyStore) -> Town:
    """A small council; `session.commit()` hands it to the app."""
    town = Town(session, keys)
    session.commit()
    return town


class Site:
    """The site as one visitor after another sees it."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def as_(self, person: Person | None) -> FlaskClient:
        """A browser of this person's own, signed in; None is nobody."""
        client = self.app.test_client()
        if person is not None:
            with client.session_transaction() as kept:
                kept["person_id"] = person.id
        return client

    def as_voter(self, entry: RollEntry) -> FlaskClient:
        """A browser that has shown a voter card, signed in as nobody."""
        client = self.app.test_client()
        with client.session_transaction() as kept:
            kept["voter"] = {str(entry.round_id): entry.id}
        return client


@pytest.fixture
def site(app: Flask) -> Site:
    app.config["WTF_CSRF_ENABLED"] = False
    app.config["RATELIMIT_ENABLED"] = False
    return Site(app)
