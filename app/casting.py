"""Where ballots are put into the box: those that arrive together are stored together.

A commit that survives a power cut takes some milliseconds, whether it holds one ballot or a
hundred. Whoever comes to the box first puts in what everybody behind them brings, and each is
answered after that commit.
"""

import threading
from collections import deque
from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter

from flask import Flask, current_app

from app.extensions import socketio
from ballots.box import Stored, put_in
from ballots.envelopes import Envelope
from neighbourhoods.database import Database
from neighbourhoods.refusals import Refused

# More at once would keep the last of them waiting longer than a commit of their own.
MOST_TOGETHER = 100
# Seconds in which ballots gather for one commit; nobody notices them, and a server under load
# does the work of one commit for a handful of ballots.
GATHERING = 0.005
_PLACE = "wardmote-box"


class _Waiting:
    """One envelope in the queue, and what became of it."""

    __slots__ = ("answer", "envelope")

    def __init__(self, envelope: Envelope) -> None:
        self.envelope = envelope
        self.answer: Stored | Exception | None = None

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
        self._at_the_box = threading.Lock()

    def put_in(self, envelope: Envelope) -> Stored:
        """Put an envelope into its round's box; returns once it is stored for good.

        Raises Refused, or whatever kept the database from storing this very envelope.
        """
        mine = _Waiting(envelope)
        self._queue.append(mine)
        with self._at_the_box:
            if mine.answer is None:
                socketio.sleep(GATHERING)  # those who arrive in the same moment come along
            while mine.answer is None:
                self._serve()
        if isinstance(mine.answer, Exception):
            raise mine.answer
        return mine.answer

    def _serve(self) -> None:
        number = min(len(self._queue), MOST_TOGETHER)
        served = [self._queue.popleft() for _ in range(number)]
        # Sorting is stable: those of one round stay in the order in which they came.
        for _, group in groupby(sorted(served, key=attrgetter("round_id")), attrgetter("round_id")):
            together = list(group)
            if not self._store(together):
                # One of them is at fault, or the database was away for a moment.
                for alone in together:
                    self._store([alone])

    def _store(self, together: list[_Waiting]) -> bool:
        """Store these in one transaction; False if they have to be tried one by one."""
        try:
            answers = self._stored([each.envelope for each in together])
        except Exception as error:  # noqa: BLE001 - told to whoever waits for it
            if len(together) > 1:
                return False
            answers = [error]
        for waiting, answer in zip(together, answers, strict=True):
            waiting.answer = answer
        return True

    def _stored(self, envelopes: list[Envelope]) -> Iterable[Stored | Exception]:
        with self._database.writing() as session:
            answers: list[Stored | Refused] = put_in(session, envelopes[0].round_id, envelopes)
            session.commit()
        return answers


def open_queue(app: Flask, database: Database) -> None:
    """Give an app the queue before its boxes."""
    app.extensions[_PLACE] = BoxQueue(database)


def put_in_box(envelope: Envelope) -> Stored:
    """Put an envelope into its round's box; returns once it is stored for good."""
    queue: BoxQueue = current_app.extensions[_PLACE]
    return queue.put_in(envelope)
