"""What the three servers have in common: each carries connections and can be told to let go.

`app/on_….py` is one each, named as the setting ASYNC_MODE names it; nothing else of ours knows the
library behind it, but wsgi.py, which patches.
"""

from importlib import import_module
from typing import Any, Protocol, cast

from app.porter import WSGI
from app.settings import AsyncMode

# RFC 6455: the endpoint is going away, such as a server going down.
GOING_AWAY = 1001
# A hall of phones comes back within a second or two.
WAITING_OUTSIDE = 4_096


class Carrier(Protocol):
    """A server, from its first connection to its last."""

    def serve(self, app: WSGI, host: str, port: int, most: int) -> None:
        """Serve up to `most` connections until told to finish."""

    def held(self) -> int:
        """How many connections there are."""

    def stop_accepting(self) -> None:
        """Take whoever stands outside already, then nobody; returns once that is so."""

    def send_away(self, line: Any) -> None:
        """Tell a websocket's other end that this one is going away."""

    def finish(self) -> None:
        """Let `serve` return."""

    def prepare(self, server: Any) -> None:
        """Set up the Socket.IO server, before anybody comes."""


def carrier_for(mode: AsyncMode) -> Carrier:
    """The server of this mode; its library is loaded only now."""
    return cast(Carrier, import_module(f"app.on_{mode.value}").carrier())


def close_simple_line(line: Any) -> None:
    """Send a line away that the library simple-websocket holds."""
    if line.ws.connected:
        line.ws.close(GOING_AWAY)
