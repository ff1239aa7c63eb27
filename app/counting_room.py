"""Where this server has votes counted: in a process of its own, beside it.

Python counts for seconds without a break; in the server's own process nobody could vote or look
meanwhile, as all its green threads share one real one.
"""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import structlog
from flask import Flask, current_app

import ballots
from app.errors import places_of
from app.extensions import socketio
from app.house import database
from ballots.counting import Result
from ballots.counting.room import receive, send
from ballots.covered import Answer, Counted, Counting, CoveredBallots, on_the_spot
from ballots.outcome import explained, uncounted_ballots
from neighbourhoods.rounds import Round

log = structlog.get_logger()
# The longest count we know takes three; after this long something is wrong, and the next
# one tries again.
MOST_SECONDS = 120.0
_COMMAND = (sys.executable, "-m", "ballots.counting.room")
_ROOT = Path(ballots.__file__).parents[1]
_PLACE = "wardmote-counting-room"


class CountingRoom:
    """One child process that counts, started when first needed and again whenever it died."""

    def __init__(self) -> None:
        self._one_at_a_time = threading.Lock()
        self._connection: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def do(self, work: Callable[..., Answer], *about: object) -> Answer:
        """What a function of `ballots.counting` returns; does it here if the child dies of it.

        Raises TimeoutError, and ends the child, if it takes far too long.
        """
        with self._one_at_a_time:
            try:
                answer = self._asked(work, about)
            except TimeoutError:
                self._close()
                raise
            except (OSError, EOFError) as lost:
                log.warning("counting room lost", kind=type(lost).__name__)
                self._close()
                answer = work(*about)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def open(self) -> None:
        """Start the child, if it does not run; it ends with this process."""
        if self._connection is not None:
            return
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [*_COMMAND, str(theirs.fileno())],
                cwd=_ROOT,
                env=_without_settings(),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                # Ctrl-C is for the server; the child sees its socket close.
                start_new_session=True,
            )
        ours.settimeout(MOST_SECONDS)
        self._connection = ours

    def close(self) -> None:
        """End the child."""
        with self._one_at_a_time:
            self._close()

    def _asked(self, work: Callable[..., Answer], about: tuple[object, ...]) -> Answer | Exception:
        self.open()
        if self._connection is None:
            raise EOFError
        send(self._connection, (work, about))
        answer: Answer | Exception = receive(self._connection)
        return answer

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        process, self._process = self._process, None
        if connection is not None:
            connection.close()
        if process is not None:
            process.kill()
            process.wait()


def _without_settings() -> dict[str, str]:
    """The environment without what only the server may know: its keys and its database."""
    return {name: value for name, value in os.environ.items() if not name.startswith("WARDMOTE_")}


def open_counting_room(app: Flask) -> None:
    """Count in a process beside this server from now on."""
    room = CountingRoom()
    room.open()
    app.extensions[_PLACE] = room


def counting() -> Counting:
    """How this process counts: in the room beside a server, else on the spot."""
    room: CountingRoom | None = current_app.extensions.get(_PLACE)
    return room.do if room else on_the_spot


def counted_away(round_id: int) -> Counted | None:
    """All ballots of a closed vote, counted while nothing is held; None once that is done."""
    with database().reading() as session:
        ballots = uncounted_ballots(session, session.get_one(Round, round_id), breathe)
    if ballots is None:
        return None
    by = counting()
    result = ballots.counted(by)
    return Counted(ballots, result, _explanation(ballots, result, by))


def _explanation(ballots: CoveredBallots, result: Result, by: Counting) -> dict[str, object] | None:
    try:
        return explained(ballots, result, by)
    except Exception as error:  # noqa: BLE001 - whatever it was, the outcome stands without it
        log.warning("outcome not explained", kind=type(error).__name__, places=places_of(error))
        return None


def breathe() -> None:
    """Let whoever waits go first."""
    socketio.sleep(0)
