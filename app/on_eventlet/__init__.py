"""Serving with eventlet. Beside wsgi.py, which patches, this is the only room that knows it.

Only `serving` loads it, and only when asked to serve: whoever loads it gets changed copies of the
standard library's modules. The other parts can be tried without.
"""

from app.carrying import Carrier


def carrier() -> Carrier:
    """The server; loads the library."""
    from app.on_eventlet.serving import EventletCarrier

    return EventletCarrier()
