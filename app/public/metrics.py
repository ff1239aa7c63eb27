"""Metrics in Prometheus’ format, for whoever holds the token, and for this very machine."""

import hmac
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from flask import Response, abort, request
from flask.typing import ResponseReturnValue
from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from app.access import Who, open_to
from app.house import settings
from app.measures import REGISTRY
from app.public import public

# What any proxy may add: whoever came through one is not on this machine.
_BY_PROXY = (
    "HTTP_FORWARDED",
    "HTTP_VIA",
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
    "HTTP_X_REQUEST_ID",
)


@public.get("/metrics")
@open_to(Who.ANYONE)
def metrics() -> ResponseReturnValue:
    """What this process measures of itself; for everybody else there is no such page."""
    if not (_holds_token() or _is_on_this_machine()):
        abort(404)
    return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _holds_token() -> bool:
    token = settings().metrics_token or ""
    kind, _space, sent = request.headers.get("Authorization", "").partition(" ")
    # Compared without telling by the time it takes how much of it was right.
    return bool(token) and kind == "Bearer" and hmac.compare_digest(sent.encode(), token.encode())


def _is_on_this_machine() -> bool:
    """Whether the request came straight from here: by its address, its target, and no proxy."""
    asked = request.environ
    if any(name in asked for name in _BY_PROXY):
        return False
    return _is_loopback(asked.get("REMOTE_ADDR", "")) and _is_loopback(asked.get("HTTP_HOST", ""))


def _is_loopback(written: str) -> bool:
    """Whether an address, or a host and port, is this machine’s own."""
    try:
        host = written if _address_in(written) else urlsplit(f"//{written}").hostname or ""
    except ValueError:
        return False
    address = _address_in(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address_in(written: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(written)
    except ValueError:
        return None
