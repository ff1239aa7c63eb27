"""What strangers send through a socket, read without ever failing."""

from typing import Any

from socketio.packet import CONNECT, DISCONNECT, EVENT, Packet

UNREADABLE = "unreadable"


class CarefulPacket(Packet):
    """A Socket.IO packet that may hold anything: what is no plain event becomes one nobody hears.

    The library's own reading raises, and writes a traceback into the log for each bad packet.
    """

    data: Any

    def __init__(self, *words: Any, encoded_packet: str | bytes | None = None, **more: Any) -> None:
        """Write a packet, or read one that was sent."""
        super().__init__(*words, encoded_packet=encoded_packet, **more)
        if encoded_packet is not None and not encoded_packet:
            self.data = [UNREADABLE]  # the library does not read an empty one at all

    def decode(self, encoded_packet: str | bytes) -> int:
        """Read a packet; no attachments follow, for none of our events has any."""
        self.packet_type = EVENT
        try:
            super().decode(encoded_packet)
        except (ValueError, TypeError, IndexError, RecursionError):
            self.packet_type, self.data = EVENT, None
        if self.packet_type not in (CONNECT, DISCONNECT) and not self._is_plain_event():
            self.packet_type, self.data, self.id = EVENT, [UNREADABLE], None
        return 0

    def _is_plain_event(self) -> bool:
        named = isinstance(self.data, list) and self.data and isinstance(self.data[0], str)
        return self.packet_type == EVENT and bool(named)
