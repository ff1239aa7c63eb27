"""Where ballots are put into the box: those that arrive together are stored together.

A commit that survives a power cut takes some milliseconds, whether it holds one ballot or a
hundred. Whoever comes to the box first puts in what everybody behind them brings, and each is
answered after that commit.
"""

from collections import deque
from itertools import groupby
from operator import attrgetter
from time import monotonic

from flask import Flask, current_app
from sqlalchemy.exc import InterfaceError, OperationalError

from app.extensions import socketio
from app.measures import ACCEPTED, BOX_WAIT, COMMIT, watch_queue
from ballots.casting import Stored, put_in
from ballots.envelopes import Envelope
from neighbourhoods.database import Database
from neighbourhoods.turns import Turns

# More at once would keep the last of them waiting longer than a commit of their own.
MOST_TOGETHER = 100
# Seconds in which ballots gather for one commit; nobody notices them, and a server under load
# does the work of one commit for a handful of ballots.
GATHERING = 0.005
# What ends by itself when the same is tried again: two servers that waited for each other, a
# connection that was lost. What was stored after all is then known, and stored once.
PASSING = (OperationalError, InterfaceError)
SECONDS_BEFORE_TRYING_AGAIN = (0.05, 0.5)
_PLACE = "wardmote-box"
# What somebody who waited is told: what was stored, or why nothing was.
Answer = Stored | Exception


class _Waiting:
    """One envelope in the queue, and what became of it."""

    __slots__ = ("answer", "envelope")

    def __init__(self, envelope: Envelope) -> None:
        self.envelope = envelope
        self.answer: Answer | None = None

    @property
    def round_id(self) -> int:
        """The round whose box it is for."""
        return self.envelope.round_id


class BoxQueue:
    """The queue before the boxes of one process."""

    def __init__(self, database: Database) -> None:
        """Store ballots in this database."""
        self._database = database
        self._queue: deque[_Waiting] = deque()
        self._at_the_box = Turns()

    def __len__(self) -> int:
        """How many envelopes wait now."""
        return len(self._queue)

    def put_in(self, envelope: Envelope) -> Stored:
        """Put an envelope into its round's box; returns once it is stored for good.

        Raises Refused, or whatever kept the database from storing this very envelope.
        """
        mine, came = _Waiting(envelope), monotonic()
        self._queue.append(mine)
        with self._at_the_box:
            if mine.answer is None:
                socketio.sleep(GATHERING)  # those who arrive in the same moment come along
            while mine.answer is None:
                self._serve(mine)
        BOX_WAIT.observe(monotonic() - came)
        if isinstance(mine.answer, Exception):
            raise mine.answer
        if not mine.answer.is_retry:
            ACCEPTED.inc()
        return mine.answer

    def _serve(self, server: _Waiting) -> None:
        number = min(len(self._queue), MOST_TOGETHER)
        served = [self._queue.popleft() for _ in range(number)]
        try:
            self._store_all(served)
        finally:
            # Whoever is torn away in the middle leaves the others to the next in the queue.
            left = [each for each in served if each.answer is None and each is not server]
            self._queue.extendleft(reversed(left))

    def _store_all(self, served: list[_Waiting]) -> None:
        # Sorting is stable: those of one round stay in the order in which they came.
        for _, group in groupby(sorted(served, key=attrgetter("round_id")), attrgetter("round_id")):
            together = list(group)
            try:
                answers = self._stored_in_the_end([each.envelope for each in together])
            except Exception:  # noqa: BLE001 - one of them is at fault, or the database is away
                answers = [self._stored_alone(each.envelope) for each in together]
            for waiting, answer in zip(together, answers, strict=True):
                waiting.answer = answer

    def _stored_in_the_end(self, envelopes: list[Envelope]) -> list[Answer]:
        for seconds in SECONDS_BEFORE_TRYING_AGAIN:
            try:
                return self._stored(envelopes)
            except PASSING:
                socketio.sleep(seconds)
        return self._stored(envelopes)

    def _stored_alone(self, envelope: Envelope) -> Answer:
        try:
            (answer,) = self._stored([envelope])
        except Exception as error:  # noqa: BLE001 - told to whoever waits for it
            return error
        return answer

    def _stored(self, envelopes: list[Envelope]) -> list[Answer]:
        """Store these in one transaction, all or none."""
        with self._database.writing() as session:
            answers: list[Answer] = [*put_in(session, envelopes[0].round_id, envelopes)]
            with COMMIT.time():
                session.commit()
        return answers


def open_queue(app: Flask, database: Database) -> None:
    """Give an app the queue before its boxes."""
    queue = app.extensions[_PLACE] = BoxQueue(database)
    watch_queue(queue)


def put_in_box(envelope: Envelope) -> Stored:
    """Put an envelope into its round's box; returns once it is stored for good."""
    queue: BoxQueue = current_app.extensions[_PLACE]
    return queue.put_in(envelope)
