"""How long a server waits for what somebody wants to say: each part must be whole by a time.

A time-out for each read alone would be renewed by every byte. Whoever sends a byte a second, or
nothing, holds a connection and a green thread, and five thousand of them fill a process.
"""

import io
from time import monotonic
from typing import Any

# Seconds: for somebody who says nothing (longer than a front keeps idle connections, or it would
# send into one that is just being closed), and from the first byte of a request to its last header.
IDLE, HEAD = 30.0, 10.0
# For a body, and for each so many bytes of it another second: the slowest phone in a hall.
BODY, BYTES_A_SECOND = 15.0, 10_000
# For whoever reads nothing of an answer.
READS_NOTHING = 60.0


class Patience(io.RawIOBase):
    """What a connection is read through; raises TimeoutError once a part was not whole in time."""

    def __init__(self, raw: Any, line: Any) -> None:
        """Read `raw`, which reads the socket `line`."""
        self._raw, self._line = raw, line
        self._until, self._is_idle = 0.0, False
        self.await_request()

    def await_request(self) -> None:
        """Wait for the next request, and from its first byte on for its end."""
        self._until, self._is_idle = monotonic() + IDLE, True

    def await_body(self, length: int) -> None:
        """Wait for a body of this length."""
        self._until, self._is_idle = monotonic() + BODY + length / BYTES_A_SECOND, False

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what has come, wait for more until time is up."""
        left = self._until - monotonic()
        if left <= 0:
            raise TimeoutError("time is up")
        before = self._line.gettimeout()
        self._line.settimeout(left)
        try:
            read: int | None = self._raw.readinto(buffer)
        finally:
            self._line.settimeout(before)
        if self._is_idle:
            self._until, self._is_idle = monotonic() + HEAD, False
        return read

    def close(self) -> None:
        """Let go of the socket."""
        if not self.closed:
            self._raw.close()
        super().close()
