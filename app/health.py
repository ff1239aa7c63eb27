"""Whether this process lives, and whether it is ready for more people: asked by machines."""

from collections.abc import Iterator
from time import monotonic

from flask import Blueprint, Flask, Response, current_app
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import create_engine, inspect, make_url, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from app.access import Who, open_to
from app.extensions import socketio
from app.porter import porter_of
from app.schema import revisions

health = Blueprint("health", __name__)
# Seconds within which a database answers that people can be sent to.
ANSWERS_WITHIN = 1.0
LOOKS_EVERY = 0.01
_PLACE = "wardmote-enquiry"
# A database whose machine is gone says nothing: the connection must notice that by itself.
NOTICES_SILENCE = {
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


class Enquiry:
    """Asks the database for the revision of its schema: one question at a time, however many ask.

    On a connection of its own: the others may all be in use on a busy evening, and that is no
    reason to send people away.
    """

    def __init__(self, url: str) -> None:
        """Connect when asked, and hang up."""
        is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._engine = create_engine(
            url,
            poolclass=NullPool,
            connect_args={} if is_sqlite else NOTICES_SILENCE,
            hide_parameters=True,
        )
        self._is_asking = False
        self._answer: str | None = None

    def revision(self, within: float) -> str | None:
        """The revision, "" if there is no schema; None if the database does not answer in time."""
        if not self._is_asking:
            self._is_asking = True
            socketio.start_background_task(self._ask)
        until = monotonic() + within
        while self._is_asking:
            if monotonic() >= until:
                return None
            socketio.sleep(LOOKS_EVERY)
        return self._answer

    def _ask(self) -> None:
        try:
            with self._engine.connect() as connection:
                has_schema = inspect(connection).has_table("alembic_version")
                asked = text("SELECT max(version_num) FROM alembic_version")
                self._answer = (connection.scalar(asked) or "") if has_schema else ""
        except SQLAlchemyError:
            self._answer = None
        finally:
            self._is_asking = False


def keep_enquiry(app: Flask, database_url: str) -> None:
    """Give an app what it asks the database with."""
    app.extensions[_PLACE] = Enquiry(database_url)


@health.get("/health/live")
@open_to(Who.ANYONE)
def live() -> ResponseReturnValue:
    """Say “ok” when the process answers; a supervisor starts it again when it does not."""
    return Response("ok\n", mimetype="text/plain")


@health.get("/health/ready")
@open_to(Who.ANYONE)
def ready() -> ResponseReturnValue:
    """Say “ready” when people may be sent here, else 503 and in words why not."""
    reasons = list(why_not_ready())
    words = "\n".join(reasons or ["ready"])
    return Response(f"{words}\n", 503 if reasons else 200, mimetype="text/plain")


def why_not_ready() -> Iterator[str]:
    """Every reason for which nobody should be sent here now."""
    porter = porter_of(current_app)
    if porter.is_closing:
        yield _("This process is about to end: it finishes what was begun.")
    if porter.is_nearly_full:
        yield _(
            "This process is nearly full: %(held)s of %(most)s connections.",
            held=porter.held(),
            most=porter.most,
        )
    enquiry: Enquiry = current_app.extensions[_PLACE]
    revision = enquiry.revision(ANSWERS_WITHIN)
    if revision is None:
        yield _("The database does not answer.")
    # A newer schema is no reason: while versions change, the older code still works on it.
    elif revision < revisions()[0]:
        yield _(
            "The database is at revision %(old)s, this code needs %(new)s: run “flask migrate”.",
            old=revision or _("none"),
            new=revisions()[0],
        )
