"""What every request may ask for: the settings, the database session, the keys."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from typing import TypeVar, cast

from flask import Flask, current_app, g, request
from sqlalchemy.orm import Session
from werkzeug.exceptions import RequestEntityTooLarge

import neighbourhoods.database
from app.settings import Settings
from ballots.keys import KeyFolder, KeyStore
from neighbourhoods.database import Database

READS_ONLY = frozenset({"GET", "HEAD", "OPTIONS"})
View = TypeVar("View", bound=Callable[..., object])


def furnish(app: Flask, settings: Settings, database: Database) -> None:
    """Give an app its settings, database and keys, and close sessions after each request."""
    app.extensions["wardmote"] = (settings, database, KeyFolder(settings.key_folder))
    app.teardown_appcontext(_close_session)


def settings() -> Settings:
    """The settings of this deployment."""
    return cast(Settings, current_app.extensions["wardmote"][0])


def database() -> Database:
    """The database of this deployment."""
    return cast(Database, current_app.extensions["wardmote"][1])


def keys() -> KeyStore:
    """Where round keys are kept."""
    return cast(KeyStore, current_app.extensions["wardmote"][2])


def stores_elsewhere(view: View) -> View:
    """Say that an act only looks things up itself: what it stores goes through a queue."""
    view.stores_elsewhere = True  # type: ignore[attr-defined]
    return view


def db() -> Session:
    """This request's session: reading for a GET, writing for an act. The view commits once."""
    if "db" not in g:
        stack = ExitStack()
        view = current_app.view_functions.get(request.endpoint or "")
        reads_only = request.method in READS_ONLY or hasattr(view, "stores_elsewhere")
        if not reads_only:
            # Read all that was sent before the one writer is held: signals in halls are slow.
            try:
                request.form  # noqa: B018
            except RequestEntityTooLarge:
                reads_only = True  # nothing of it is done; the page that says so only looks
        opened = database().reading() if reads_only else database().writing()
        g.db = stack.enter_context(opened)
        g.db_stack = stack
    return cast(Session, g.db)


def today() -> date:
    """The day it is in Britain, by the database's clock."""
    return neighbourhoods.database.today(db())


def let_go() -> None:
    """Close this request's session, so that others may write; `db` opens the next when asked."""
    g.pop("visitor", None)  # they were read in it, and are read anew in the next
    _close_session(None)


def _close_session(_error: BaseException | None) -> None:
    stack: ExitStack | None = g.pop("db_stack", None)
    g.pop("db", None)
    if stack is not None:
        stack.close()
