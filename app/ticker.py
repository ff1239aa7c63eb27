"""The clerk at the clock: moves rounds by their dates, publishes figures, rings the bell."""

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import socketio
from app.house import database, keys, settings
from app.live import ring
from app.post import carry_letters
from ballots.keys import KeyStore
from ballots.moves import count_closed, due_phase, move_if_due
from ballots.tally import PublicTally, public_tally, publish_next
from neighbourhoods.database import Database, now
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round, rounds_in

log = structlog.get_logger()
SECONDS = 1.0
_WATCHED = tuple(phase for phase in Phase if phase != Phase.REVIEW)


class Ticker:
    """One background task of the process; everything it does can be done twice unharmed."""

    def __init__(self, app: Flask) -> None:
        """Serve this app; `start` begins."""
        self.app = app
        self._rung: dict[int, PublicTally] = {}

    def start(self) -> None:
        """Begin ticking beside the server."""
        socketio.start_background_task(self._run)

    def _run(self) -> None:
        while True:
            try:
                self.tick()
            except (SQLAlchemyError, OSError) as error:
                # The database or the post may be away for a moment; the next tick tries again.
                log.warning("tick failed", kind=type(error).__name__)
            socketio.sleep(SECONDS)

    def tick(self) -> None:
        """Do once what is due now."""
        with self.app.app_context():
            for round_id in _watched(database()):
                tick_round(database(), keys(), round_id)
                self._ring_if_new(round_id)
            carry_letters(database(), settings())

    def _ring_if_new(self, round_id: int) -> None:
        with database().reading() as session:
            tally, moment = public_tally(session, session.get_one(Round, round_id)), now(session)
        if tally is not None and self._rung.get(round_id) != tally:
            self._rung[round_id] = tally
            ring(tally, moment)


def _watched(database: Database) -> list[int]:
    with database.reading() as session:
        return [the_round.id for the_round in rounds_in(session, *_WATCHED)]


def tick_round(database: Database, keys: KeyStore, round_id: int) -> None:
    """Move, count or publish one round, whichever is due, each in its own transaction."""
    with database.reading() as session:
        the_round = session.get_one(Round, round_id)
        phase, due = the_round.phase, due_phase(session, the_round)
    if due is None and phase not in (Phase.VOTE, Phase.COUNT):
        return
    with database.writing() as session:
        the_round = session.get_one(Round, round_id)
        moved = move_if_due(session, keys, the_round) if due else None
        if moved is None and the_round.phase == Phase.VOTE:
            publish_next(session, the_round)
        session.commit()
    with database.writing() as session:
        the_round = session.get_one(Round, round_id)
        if the_round.phase == Phase.COUNT:
            count_closed(session, keys, the_round)
            session.commit()
