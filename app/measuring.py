"""Looking round beside the server: how far behind it is, whether its neighbours answer.

What monitoring asks for is ready before it asks: `/metrics` itself waits for nobody.
"""

from time import monotonic

import redis
import structlog
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import socketio
from app.house import database, settings
from app.live import is_watched
from app.measures import DATABASE_UP, REDIS_SECONDS, REDIS_UP, UNSTORED, VERSION_LAG, VERSIONS
from app.turned_away import door_of
from ballots.tally import Snapshot
from neighbourhoods.database import Database
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round

log = structlog.get_logger()
SECONDS = 5.0
_ANSWERS_WITHIN = 2.0
_WATCHED = (Phase.VOTE, Phase.COUNT, Phase.SIGN_OFF)


def keep_measuring(app: Flask) -> None:
    """Look round again and again beside the server."""

    def look_again_and_again() -> None:
        while True:
            with app.app_context():
                look_round(app)
            socketio.sleep(SECONDS)

    socketio.start_background_task(look_again_and_again)


def look_round(app: Flask) -> None:
    """Measure once what can only be found out by asking others."""
    UNSTORED.set(door_of(app).waiting)
    try:
        stored = versions_in(database())
        # A process tells only those who watch here.
        watched = {number: stored[number] for number in filter(is_watched, stored)}
        VERSION_LAG.set(VERSIONS.lag(watched))
        DATABASE_UP.set(1)
    except SQLAlchemyError:
        DATABASE_UP.set(0)
    if settings().redis_url:
        _ask_redis(settings().redis_url or "")


def versions_in(database: Database) -> dict[int, int]:
    """The newest version of the figures of every round that people watch."""
    query = (
        select(Snapshot.round_id, func.max(Snapshot.version))
        .join(Round, Round.id == Snapshot.round_id)
        .where(Round.phase.in_(_WATCHED))
        .group_by(Snapshot.round_id)
    )
    with database.reading() as session:
        return {row[0]: row[1] for row in session.execute(query)}


def _ask_redis(url: str) -> None:
    began = monotonic()
    try:
        with redis.Redis.from_url(
            url, socket_timeout=_ANSWERS_WITHIN, socket_connect_timeout=_ANSWERS_WITHIN
        ) as client:
            client.ping()
    except redis.RedisError:
        REDIS_UP.set(0)
        return
    REDIS_SECONDS.set(monotonic() - began)
    REDIS_UP.set(1)
