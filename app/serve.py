"""Serving: one process, many sockets, the settings that were measured to matter."""

import gc
import io
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from app.calm_output import calm_output
from app.carrying import carrier_for
from app.counting_room import open_counting_room
from app.extensions import socketio
from app.house import database, keys, settings
from app.leaving import Leaving
from app.logbook import take_others_words
from app.measuring import keep_measuring
from app.porter import WSGI, Environ, porter_of, room_for
from app.telling import remember_lines
from app.ticker import Ticker
from app.turned_away import door_of, keep_storing, store_calmly
from ballots.ledger import votes_under_other_keys

# A process that hangs in the middle of a transaction keeps a vote waiting for no longer than this.
MOST_SILENT_SECONDS = 10.0


class Nowhere(io.TextIOBase):
    """Where the server may write that a phone went away without saying goodbye: phones do."""

    def write(self, words: str) -> int:
        """Forget it."""
        return len(words)


def for_sockets(app: WSGI) -> WSGI:
    """Refuse per-message compression (it triples the CPU of a broadcast and takes 190 kB a
    socket), and keep lost sockets out of the log."""
    nowhere = Nowhere()

    def plain(environ: Environ, start_response: Any) -> Iterable[bytes]:
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        if environ.get("HTTP_UPGRADE", "").lower() == "websocket":
            environ["wsgi.errors"] = nowhere
        return app(environ, start_response)

    return plain


def refuse_taken_port(host: str, port: int) -> None:
    """Stop if somebody listens here already: two servers would silently share the visitors."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as taken:
            sys.exit(f"Wardmote cannot start: port {port} of {host} is taken ({taken.strerror}).")


def refuse_other_keys(app: Flask) -> None:
    """Stop if a vote is open whose keys are not here: its ballots would be refused, or doubted."""
    with app.app_context(), suppress(SQLAlchemyError):  # a database that is away says so later
        with database().reading() as session:
            votes = votes_under_other_keys(session, keys())
        if votes:
            numbers = ", ".join(map(str, votes))
            sys.exit(
                f"Wardmote cannot start: the keys of open votes ({numbers}) are not in "
                f"{settings().key_folder}. All processes need the same folder WARDMOTE_VAR."
            )


def serve(app: Flask) -> None:
    """Serve until told to stop; then finish what was begun, and return."""
    calm_output()
    with app.app_context():
        chosen = settings()
    refuse_taken_port(chosen.host, chosen.port)
    refuse_other_keys(app)
    with app.app_context():
        database().end_idle_writers(MOST_SILENT_SECONDS)
    take_others_words(chosen)
    carrier, porter = carrier_for(chosen.async_mode), porter_of(app)
    porter.most = room_for(chosen.most_connections)
    porter.held = carrier.held
    app.wsgi_app = porter.around(for_sockets(app.wsgi_app))  # type: ignore[method-assign,assignment]
    open_counting_room(app)
    carrier.prepare(socketio.server)
    remember_lines(socketio.server.eio)
    last = partial(store_calmly, door_of(app))
    Leaving(porter, carrier, behind_front=chosen.proxies > 0, last=last).watch()
    Ticker(app).start()
    keep_storing(app)
    keep_measuring(app)
    # p95 of a broadcast to 2,000 sockets: 282 ms with the collector's defaults, 79 ms so.
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    carrier.serve(app, chosen.host, chosen.port, porter.most)
