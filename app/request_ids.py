"""What each request is called, so that a resident, the log and the front speak of the same one."""

import random
import re

from flask import Flask, Response, g, request

from app.settings import Settings

_HEADER = "X-Request-ID"
_WELL_FORMED = re.compile(r"[0-9a-f]{8}[0-9a-f-]{8,56}")
# What somebody reads out on the telephone.
_QUOTED = 8


def request_id() -> str:
    """What this request is called: here, in the front’s log, and in the answer."""
    if "request_id" not in g:
        # Nobody gains by guessing it; and to ask the system for chance takes as long as the rest.
        g.request_id = f"{random.getrandbits(128):032x}"
    return str(g.request_id)


def reference() -> str:
    """What somebody can quote who asks about this request: the beginning of its id."""
    return request_id()[:_QUOTED].upper()


def name_requests(app: Flask, settings: Settings) -> None:
    """Give every request an id, the front’s if it sent one, and return it with the answer."""

    def take_name() -> None:
        sent = request.headers.get(_HEADER, "")
        if _WELL_FORMED.fullmatch(sent):
            g.request_id = sent

    # Only a proxy of ours names requests: a visitor could call theirs what they like.
    if settings.proxies > 0:
        app.before_request(take_name)

    @app.after_request
    def tell_name(response: Response) -> Response:
        response.headers[_HEADER] = request_id()
        return response
