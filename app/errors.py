"""What people see when something cannot be done: what happened and what to do, no traceback."""

import sqlite3
import traceback
from urllib.parse import urlsplit

import structlog
from flask import Flask, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFreeError
from werkzeug.exceptions import HTTPException

from app.coming_from import path_on_this_site
from app.fault_wording import paper_faults_in_words
from app.house import READS_ONLY
from app.measures import ERRORS
from app.obstacle_wording import obstacles_in_words
from app.request_ids import reference
from app.wording import say
from ballots.moves import NotReady
from ballots.refusals import BadPaper
from neighbourhoods.refusals import Refused

log = structlog.get_logger()

# The database is away, is just starting, or serves as many as it can: that passes by itself.
DATABASE_AWAY = (OperationalError, InterfaceError, NoConnectionFreeError)
TRY_AGAIN_AFTER = 5


def explain_errors(app: Flask) -> None:
    """Answer every failure with a page in plain words."""
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _plain_error)
    for kind in DATABASE_AWAY:
        app.register_error_handler(kind, _database_away)
    app.register_error_handler(Exception, _unexpected)


def _page(status: int, title: str, words: str, points: list[str]) -> tuple[str, int]:
    page = render_template(
        "errors/error.html",
        title=title,
        words=words,
        points=points,
        reference=reference(),
        back=_page_before() if status < 500 else None,
    )
    return page, status


def _page_before() -> str | None:
    """The page whose form was refused: it says what can be done now."""
    if request.method in READS_ONLY:
        return None
    back = path_on_this_site(request.referrer or "")
    # A form that came back with faults lies at an address which nobody can open.
    routes = current_app.create_url_adapter(request)
    can_be_opened = back and routes and routes.test(urlsplit(back).path, method="GET")
    return back if can_be_opened else None


def _refused(refused: Refused) -> ResponseReturnValue:
    if isinstance(refused, BadPaper):
        return _page(422, _("This ballot was not counted"), "", paper_faults_in_words(refused))
    if isinstance(refused, NotReady):
        return _page(409, say(refused), "", obstacles_in_words(refused))
    return _page(409, _("This cannot be done now"), say(refused), [])


def _stale_form(_error: CSRFError) -> ResponseReturnValue:
    return _page(
        400,
        _("This page has been open for a long time"),
        _("Nothing was lost or sent. Go back, load the page again, and send it once more."),
        [],
    )


def _plain_error(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error.get_response()
    titles = {
        400: (_("We could not read what was sent"), _("Go back and try again.")),
        403: (
            _("You cannot open this page"),
            _("It is kept for people with another role. You may be signed in as somebody else."),
        ),
        404: (
            _("Page not found"),
            _("Check the address, or start from the front page to find your area."),
        ),
        405: (_("Page not found"), _("Start from the front page to find your area.")),
        413: (_("This file is too large"), _("Choose a smaller file and send it again.")),
        429: (
            _("Please wait a moment"),
            _("Too many tries came from here in a short time. Wait a minute, then try again."),
        ),
    }
    title, words = titles.get(error.code, (_("This did not work"), _("Go back and try again.")))
    return _page(error.code, title, words, [])


def _database_away(error: Exception) -> ResponseReturnValue:
    """Ask to try again soon: a page that only shows something does so by itself."""
    if not _passes(error):
        return _unexpected(error)
    _forget_visitor()
    route = request.url_rule.rule if request.url_rule else None
    log.warning("database away", route=route, kind=type(error).__name__)
    words = _("We cannot reach our records for a moment. This usually takes less than a minute.")
    if request.method in READS_ONLY:
        points = [_("This page loads again by itself.")]
        more = {"Refresh": str(TRY_AGAIN_AFTER)}
    else:
        points = [
            _("Wait a few seconds, then reload this page to send the same again."),
            _("A ballot that is sent again is counted once."),
            _("Before you send anything else again, look whether it is there already."),
        ]
        more = {}
    page, status = _page(503, _("Try again in a moment"), words, points)
    return page, status, {"Retry-After": str(TRY_AGAIN_AFTER), **more}


def _passes(error: Exception) -> bool:
    """Whether this ends by itself. SQLite calls a statement of ours that is wrong the same."""
    cause = getattr(error, "orig", None)
    if not isinstance(cause, sqlite3.OperationalError):
        return True
    return cause.sqlite_errorcode & 0xFF != sqlite3.SQLITE_ERROR


def _forget_visitor() -> None:
    if "visitor" not in g:  # the database may be what failed: do not ask it who this is
        g.visitor = None


def places_of(error: BaseException) -> list[str]:
    """Where an error came from, outermost first, and nothing of what it was about."""
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def _unexpected(error: Exception) -> ResponseReturnValue:
    # The route, not the address and not the form; where it broke, not what was in hand there or
    # in the message (a database's holds the row): neither names nor choices reach the log.
    route = request.url_rule.rule if request.url_rule else None
    log.error(
        "unexpected",
        reference=reference(),
        route=route,
        kind=type(error).__name__,
        places=places_of(error),
    )
    ERRORS.labels(type(error).__name__).inc()
    _forget_visitor()
    words = _(
        "Something went wrong on our side. Nothing you sent was stored. Try again in a few minutes."
    )
    return _page(500, _("Sorry, there is a problem"), words, [])
