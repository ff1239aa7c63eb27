"""Taking turns: a lock that serves people in the order in which they came."""

import threading
from collections import deque
from types import TracebackType


class Turns:
    """A lock for one at a time, handed on to whoever has waited longest.

    `threading.Lock` promises no order: under constant voting whoever closes the vote could wait
    for ever. Works with real threads and with green ones alike.
    """

    def __init__(self) -> None:
        """Nobody holds it, nobody waits."""
        self._door = threading.Lock()  # held for a moment, to look at the two below
        self._is_taken = False
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        """Wait for one's turn."""
        with self._door:
            if not self._is_taken:
                self._is_taken = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        try:
            turn.acquire()  # released by whoever hands the turn on
        except BaseException:
            self._give_up(turn)
            raise

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        """Hand the turn on."""
        with self._door:
            self._hand_on()

    def _hand_on(self) -> None:
        if self._waiting:
            self._waiting.popleft().release()
        else:
            self._is_taken = False

    def _give_up(self, turn: threading.Lock) -> None:
        """Leave the queue; a turn that came in the same moment goes to the next."""
        with self._door:
            if turn in self._waiting:
                self._waiting.remove(turn)
            else:
                self._hand_on()
