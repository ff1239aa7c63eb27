"""Where lines go that nobody may be kept waiting for: a log is not worth a ballot.

What a process prints is its log. The disk behind it may be full, or whoever reads it may hang: a
line is then left out and counted, and the next one that gets through says how many are missing.
"""

import _socket
import io
import json
import os
import posix  # os.write as green threads know it waits
import stat
import sys
from contextlib import suppress


class CalmOutput(io.TextIOBase):
    """A stream that never raises, and never waits for a pipe or a socket."""

    def __init__(self, number: int) -> None:
        """Write to this file descriptor of the process."""
        self._given = self._number = number
        self._line: _socket.socket | None = None
        self._begun = ""
        self._missing, self._is_torn = 0, False
        with suppress(OSError):
            kind = os.fstat(number).st_mode
            if stat.S_ISFIFO(kind):
                # Opened anew it is ours alone: whoever shares the pipe goes on waiting as before.
                self._number = posix.open(f"/proc/self/fd/{number}", os.O_WRONLY | os.O_NONBLOCK)
            elif stat.S_ISSOCK(kind):
                self._line = _socket.socket(fileno=os.dup(number))

    def writable(self) -> bool:
        """It is there to be written to."""
        return True

    def fileno(self) -> int:
        """The file descriptor that is written to."""
        return self._number

    def close(self) -> None:
        """Give back what was opened for it."""
        if self._line is not None:
            self._line.close()
        elif self._number != self._given:
            posix.close(self._number)
            self._number = self._given
        super().close()

    def write(self, words: str) -> int:
        """Write what are whole lines by now, or leave them out."""
        whole, end, self._begun = (self._begun + words).rpartition("\n")
        if end:
            self._put(whole + end)
        return len(words)

    def _put(self, lines: str) -> None:
        before = "\n" if self._is_torn else ""
        if self._missing:
            told = {"event": "lines missing", "level": "warning", "lines": self._missing}
            before += json.dumps(told) + "\n"
        data = (before + lines).encode(errors="replace")
        try:
            sent = self._send(data)
        except OSError:
            sent = 0
        if sent == len(data):
            self._missing, self._is_torn = 0, False
        else:
            self._missing += lines.count("\n")
            self._is_torn = self._is_torn or sent > 0

    def _send(self, data: bytes) -> int:
        if self._line is not None:
            return self._line.send(data, _socket.MSG_DONTWAIT)
        return posix.write(self._number, data)


def calm_output() -> None:
    """Let whatever this process prints from now on keep nobody waiting and break nothing."""
    sys.stdout, sys.stderr = CalmOutput(1), CalmOutput(2)
