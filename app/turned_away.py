"""Counting whom this server turned away: in memory first, so that a refusal costs no write.

Counts wait here until the clerk’s next pass stores them. While the database is away they go on
waiting: none is lost as long as the process lives.
"""

import re
from collections import Counter
from datetime import UTC, datetime
from typing import NamedTuple

import structlog
from flask import Flask, Response, request, session
from sqlalchemy.orm import Session

from app.extensions import socketio
from ballots.turned_away import LEAST_STATUS, TurnedAway, When, add_tries, hour_of, reason_of
from neighbourhoods.assemblies import assembly_by_code
from neighbourhoods.database import Database

log = structlog.get_logger()
SECONDS = 10.0
# Addresses are made up by whoever asks: so many different places wait, and no more.
MOST_PLACES = 10_000
_ROUND = re.compile(r"/(?:rounds|vote)/([0-9]{1,9})(?:/|$)")
_HALL = re.compile(r"/a/([^/]{1,40})(?:/|$)")
# What phones and screens ask for by themselves, again and again, is nobody’s try.
_BY_ITSELF = re.compile(r"\.json$|/(?:now|screen)(?:/|$)")
_SIGNING_IN = ("residents.sign_in", "residents.enter_code")
_PLACE = "wardmote-turned-away"


class Place(NamedTuple):
    """What somebody wanted to reach: a round by its number, or a meeting by its code."""

    round_id: int | None = None
    join_code: str | None = None


class Waiting(NamedTuple):
    """What counts wait under until they are stored."""

    place: Place
    hour: datetime
    reason: TurnedAway


def place_in(path: str) -> Place | None:
    """The round or the meeting that a path leads to; None for whatever no person asks for."""
    if _BY_ITSELF.search(path):
        return None
    if found := _ROUND.match(path):
        return Place(round_id=int(found[1]))
    if found := _HALL.match(path):
        return Place(join_code=found[1])
    return None


class Door:
    """What one process knows of those it turned away, until it is stored."""

    def __init__(self, database: Database) -> None:
        """Store in this database."""
        self._database = database
        self._waiting: Counter[Waiting] = Counter()

    def turn_away(self, path: str, reason: TurnedAway) -> None:
        """Count one try; nothing is written yet."""
        place = place_in(path)
        if place is None:
            return
        clock = self._database.clock
        moment = clock() if clock else datetime.now(UTC)
        waiting = Waiting(place, hour_of(moment), reason)
        if waiting in self._waiting or len(self._waiting) < MOST_PLACES:
            self._waiting[waiting] += 1

    @property
    def waiting(self) -> int:
        """How many tries are counted and not stored yet."""
        return self._waiting.total()

    def store(self) -> int:
        """Store what waits; returns how many tries. What cannot be stored goes on waiting."""
        if not self._waiting:
            return 0
        taken, self._waiting = self._waiting, Counter()
        try:
            with self._database.writing() as writing:
                stored = add_tries(writing, _by_round(writing, taken))
                writing.commit()
        except BaseException:
            self._waiting.update(taken)
            raise
        return stored


def _by_round(session: Session, waiting: Counter[Waiting]) -> Counter[When]:
    found: Counter[When] = Counter()
    for (place, hour, reason), count in waiting.items():
        round_id = round_at(session, place)
        if round_id is not None:
            found[When(round_id, hour, reason)] += count
    return found


def round_at(session: Session, place: Place) -> int | None:
    """The number of the round that a place is about; None if there is no such meeting."""
    if place.join_code is None:
        return place.round_id
    assembly = assembly_by_code(session, place.join_code)
    return assembly.round_id if assembly else None


def count_turned_away(app: Flask, database: Database) -> None:
    """Let an app count whom it turns away, by the status of its answers."""
    door = app.extensions[_PLACE] = Door(database)

    @app.after_request
    def look_who_goes(response: Response) -> Response:
        if response.status_code >= LEAST_STATUS:
            reason = reason_of(response.status_code)
            if reason is not None and request.method in ("GET", "POST"):
                door.turn_away(_wanted(), reason)
        return response


def door_of(app: Flask) -> Door:
    """Who an app turned away since it last stored that."""
    door: Door = app.extensions[_PLACE]
    return door


def _wanted() -> str:
    """Where somebody was going: while they sign in, the page that they want to come back to."""
    if request.endpoint in _SIGNING_IN:
        return str(request.args.get("next") or session.get("wanted") or "")
    return request.path


def keep_storing(app: Flask) -> None:
    """Store beside the server what it counts; what is left, whoever ends the process stores."""
    door = door_of(app)

    def store_again_and_again() -> None:
        while True:
            socketio.sleep(SECONDS)
            store_calmly(door)

    socketio.start_background_task(store_again_and_again)


def store_calmly(door: Door) -> None:
    """Store what waits; if that cannot be done, say so and leave it for the next time."""
    try:
        door.store()
    except Exception as away:  # noqa: BLE001 - the database is away, or whatever it was: go on
        log.warning("turned away not stored", kind=type(away).__name__, waiting=door.waiting)
