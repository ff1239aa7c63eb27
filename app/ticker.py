"""The clerk at the clock: moves rounds by their dates, publishes figures, rings the bell."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from flask import Flask
from sqlalchemy.orm import Session

from app.errors import places_of
from app.extensions import socketio
from app.house import database, db, keys, settings
from app.live import ring
from app.officers.news import tell_councillors
from app.post import PutOff, carry_letters
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
        self._put_off: PutOff = {}

    def start(self) -> None:
        """Begin ticking beside the server."""
        # Two tasks: a post office that does not answer must not keep a vote from closing.
        socketio.start_background_task(self._repeat, self.tick)
        socketio.start_background_task(self._repeat, self.carry)

    def _repeat(self, act: Callable[[], None]) -> None:
        while True:
            with _going_on(act.__name__):
                act()
            socketio.sleep(SECONDS)

    def tick(self) -> None:
        """Do once what is due now; what one round cannot do keeps no other waiting."""
        with self.app.app_context():
            watched = _watched(database())
        for round_id in watched:
            with _going_on("round"):
                self._tick_round(round_id)
        with self.app.app_context():
            self._ring()

    def carry(self) -> None:
        """Send once what waits in the outbox."""
        with self.app.app_context():
            carry_letters(database(), settings(), self._put_off)

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


@contextmanager
def _going_on(act: str) -> Iterator[None]:
    """Log what goes wrong, and go on: whatever it was, the clerk does not go home."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - a round moved meanwhile, a database away, a bug
        log.warning("tick failed", act=act, kind=type(error).__name__, places=places_of(error))


def _watched(database: Database) -> list[int]:
    with database.reading() as session:
        return [the_round.id for the_round in rounds_in(session, *_WATCHED)]


def move_or_publish(session: Session, keys: KeyStore, round_id: int) -> None:
    """Move a round whose date has come; else publish its next figures, if it is time for them."""
    the_round = session.get_one(Round, round_id)
    moved = move_if_due(session, keys, the_round)
    if moved is None and the_round.phase == Phase.VOTE:
        publish_next(session, the_round)
