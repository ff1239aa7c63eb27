"""The clerk at the clock: moves rounds by their dates, publishes figures, rings the bell."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.extensions import socketio
from app.house import database, db, keys, settings
from app.live import ring
from app.officers.news import tell_councillors
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
# Whose figures or state people watch as they change.
_AWAKE = (Phase.VOTE, Phase.COUNT, Phase.SIGN_OFF)


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
            watched = _watched(database())
        for round_id in watched:
            self._tick_round(round_id)
        with self.app.app_context():
            self._ring()
            carry_letters(database(), settings())

    def _tick_round(self, round_id: int) -> None:
        """Each act in a transaction of its own; what is closed is first kept, then counted."""
        with self._acting() as session:
            the_round = session.get_one(Round, round_id)
            due, phase = due_phase(session, the_round), the_round.phase
        if due is None and phase not in (Phase.VOTE, Phase.COUNT):
            return
        with self._acting(writing=True) as session:
            move_or_publish(session, keys(), round_id)
            session.commit()
        with self._acting(writing=True) as session:
            the_round = session.get_one(Round, round_id)
            if the_round.phase == Phase.COUNT:
                count_closed(session, keys(), the_round)
                tell_councillors(the_round, "outcome_waits")
                session.commit()

    @contextmanager
    def _acting(self, *, writing: bool = False) -> Iterator[Session]:
        """Act as a visitor does, so that letters are worded and addressed in one way only."""
        with self.app.test_request_context(method="POST" if writing else "GET"):
            yield db()

    def _ring(self) -> None:
        """Send what is new to those who watch; a round's last bell tells that it was signed."""
        with database().reading() as session:
            awake = {the_round.id for the_round in rounds_in(session, *_AWAKE)}
            for round_id in awake | self._rung.keys():
                tally = public_tally(session, session.get_one(Round, round_id))
                if tally is not None and self._rung.get(round_id) != tally:
                    self._rung[round_id] = tally
                    ring(tally, now(session))
        self._rung = {number: self._rung[number] for number in awake & self._rung.keys()}


def _watched(database: Database) -> list[int]:
    with database.reading() as session:
        return [the_round.id for the_round in rounds_in(session, *_WATCHED)]


def move_or_publish(session: Session, keys: KeyStore, round_id: int) -> None:
    """Move a round whose date has come; else publish its next figures, if it is time for them."""
    the_round = session.get_one(Round, round_id)
    moved = move_if_due(session, keys, the_round)
    if moved is None and the_round.phase == Phase.VOTE:
        publish_next(session, the_round)
