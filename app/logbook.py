"""The log: JSON lines in production, each with the request that it is about, and nobody’s choice.

What a line may hold is decided here: routes and never addresses, kinds of errors and where they
came from, never their messages. A database’s message holds the row, an address may hold a code.
docs/operations.md tells every field.
"""

import logging
import re
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog
from flask import Flask, Response, has_request_context, request

from app.errors import places_of
from app.measures import seconds_so_far
from app.request_ids import request_id
from app.settings import LogLevel, Settings

log = structlog.get_logger()
LEVELS = {
    LogLevel.DEBUG: logging.DEBUG,
    LogLevel.INFO: logging.INFO,
    LogLevel.WARNING: logging.WARNING,
    LogLevel.ERROR: logging.ERROR,
}
# Whoever waits so long has noticed.
SLOW_SECONDS = 2.0
_LEAST_REFUSAL, _LEAST_FAULT = 400, 500
# What robots try all day long.
_NOT_WORTH_A_LINE = frozenset({404, 405})
# Libraries put addresses and rows into their words; what has no such marks may be kept.
_PLAIN = re.compile(r"[\w .,:;'()-]{1,200}")
# They write to the console by themselves as well.
_TALKATIVE = ("engineio.server", "socketio.server")

Line = MutableMapping[str, Any]


def keep_log(app: Flask, settings: Settings) -> None:
    """Log what was refused, went wrong or took long; at level debug, every request."""
    open_log(settings)

    # To ask a logger costs more than to know that it would not write.
    least = 0 if settings.log_level is LogLevel.DEBUG else _LEAST_REFUSAL

    @app.after_request
    def tell_request(response: Response) -> Response:
        status, seconds = response.status_code, seconds_so_far()
        if status >= least or seconds > SLOW_SECONDS:
            _way_to_tell(status, seconds)(
                "request",
                method=request.method,
                route=request.url_rule.rule if request.url_rule else None,
                status=status,
                ms=round(seconds * 1_000),
            )
        return response


def _way_to_tell(status: int, seconds: float) -> Callable[..., Any]:
    if status >= _LEAST_FAULT or seconds > SLOW_SECONDS:
        return log.warning
    if status >= _LEAST_REFUSAL and status not in _NOT_WORTH_A_LINE:
        return log.info
    return log.debug


def open_log(settings: Settings) -> None:
    """Write lines of at least this level: for people while developing, JSON in production."""
    for_people = structlog.dev.ConsoleRenderer(colors=False)
    as_json = structlog.processors.JSONRenderer(sort_keys=True)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _add_request,
            as_json if settings.in_production else for_people,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[settings.log_level]),
        logger_factory=structlog.PrintLoggerFactory(),
    )


def _add_request(_logger: object, _method: str, line: Line) -> Line:
    if has_request_context():
        line["request"] = request_id()
    return line


def take_others_words(settings: Settings) -> None:
    """In production, write what libraries log as lines of ours."""
    if not settings.in_production:
        return
    level = max(LEVELS[settings.log_level], logging.WARNING)
    logging.basicConfig(handlers=[OthersWords()], level=level, force=True)
    for name in _TALKATIVE:
        logging.getLogger(name).handlers.clear()


class OthersWords(logging.Handler):
    """What libraries log, as lines of ours: who, where, what kind of error, and no more."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line about a record without what was put into it."""
        # The words as they stand in the library’s source; what they are about is in the args.
        words = record.msg if isinstance(record.msg, str) else ""
        told: dict[str, object] = {
            "logger": record.name,
            "where": f"{record.module}:{record.lineno}",
            "words": words if _PLAIN.fullmatch(words) else "",
        }
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            told |= {"kind": type(error).__name__, "places": places_of(error)}
        tell = log.error if record.levelno >= logging.ERROR else log.warning
        tell("library", **told)
