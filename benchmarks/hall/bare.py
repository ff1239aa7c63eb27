"""The least a broadcast can cost: eventlet's own websockets, every second the same bytes to all.

It greets as Socket.IO does, so that the same phones listen. Run by `broadcast` in a process of
its own: python -m benchmarks.hall.bare PORT FILE, where FILE holds the bytes.
"""

import gc
import sys
import warnings
from pathlib import Path

warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402
from eventlet import websocket, wsgi  # noqa: E402

GREETING = '0{"sid":"bare","pingInterval":3600000,"pingTimeout":3600000}'


def main() -> None:
    """Serve until told to stop."""
    port, words = int(sys.argv[1]), Path(sys.argv[2]).read_text()
    listeners: set[websocket.WebSocket] = set()

    @websocket.WebSocketWSGI
    def listen(line: websocket.WebSocket) -> None:
        line.send(GREETING)
        listeners.add(line)
        while (heard := line.wait()) is not None:
            if heard == "40":
                line.send("40{}")
        listeners.discard(line)

    def broadcast() -> None:
        while True:
            eventlet.sleep(1)
            for line in list(listeners):
                try:
                    line.send(words)
                except OSError:
                    listeners.discard(line)

    eventlet.spawn(broadcast)
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    wsgi.server(eventlet.listen(("127.0.0.1", port)), listen, max_size=20_000, log_output=False)


if __name__ == "__main__":
    main()
