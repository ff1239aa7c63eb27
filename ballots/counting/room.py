"""A process of its own in which votes are counted, so that a server has its hands free.

It knows no database and no settings. Through a socket come functions of `ballots.counting` and
what to apply them to, an election say; what they return goes out. Messages are pickles, each after
its length in eight bytes; both ends are processes of the same program, and nobody else holds the
socket. It ends when the other end is closed.

Run: python -m ballots.counting.room DESCRIPTOR
"""

import os
import pickle
import socket
import struct
import sys
from typing import Any

_LENGTH = struct.Struct(">Q")
# Votes that come in go before votes that are counted.
_NICENESS = 5


def send(connection: socket.socket, message: object) -> None:
    """Send a message; OSError if nobody listens any more."""
    written = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    connection.sendall(_LENGTH.pack(len(written)) + written)


def receive(connection: socket.socket) -> Any:
    """The next message; EOFError if the other end is closed."""
    (length,) = _LENGTH.unpack(_receive_bytes(connection, _LENGTH.size))
    # Only the two ends of our own pair of sockets ever write here.
    return pickle.loads(_receive_bytes(connection, length))  # noqa: S301


def _receive_bytes(connection: socket.socket, number: int) -> bytearray:
    received = bytearray()
    while len(received) < number:
        part = connection.recv(min(number - len(received), 1 << 20))
        if not part:
            raise EOFError
        received += part
    return received


def count_until_closed(connection: socket.socket) -> None:
    """Answer each message with what its function returns, or with the error that it raises."""
    while True:
        try:
            work, about = receive(connection)
        except EOFError:
            return
        try:
            answer = work(*about)
        except Exception as error:  # noqa: BLE001 - whatever it was, it is the asker's to know
            answer = error
        send(connection, answer)


def main() -> None:
    """Count for the process that holds the other end."""
    os.nice(_NICENESS)
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        connection.setblocking(True)  # a green server's sockets are not
        count_until_closed(connection)


if __name__ == "__main__":
    main()
