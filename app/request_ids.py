"""What each request is called, so that a resident, the log and the front speak of the same one."""

import re
import secrets

from flask import Flask, Response, g, request

from app.settings import Settings

_HEADER = "X-Request-ID"
_WELL_FORMED = re.compile(r"[0-9a-f]{8}[0-9a-f-]{8,56}")
# What somebody reads out on the telephone.
_QUOTED = 8


def request_id() -> str:
    """What this request is called: here, in the front’s log, and in the answer."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(16)
    return str(g.request_id)


def reference() -> str:
    """What somebody can quote who asks about this request: the beginning of its id."""
    return request_id()[:_QUOTED].upper()


def name_requests(app: Flask, settings: Settings) -> None:
    """Give every request an id, the front’s if it sent one, and return it with the answer."""
    # Only a proxy of ours names requests: a visitor could call theirs what they like.
    may_be_named = settings.proxies > 0

    @app.before_request
    def take_name() -> None:
        sent = request.headers.get(_HEADER, "") if may_be_named else ""
        if _WELL_FORMED.fullmatch(sent):
            g.request_id = sent

    @app.after_request
    def tell_name(response: Response) -> Response:
        response.headers[_HEADER] = request_id()
        return response
