"""What one process measures of itself, for an operator's monitoring: one process, one registry.

No label holds a person, an address, a round or a choice: only reasons, statuses and kinds of pages,
each out of a short fixed list. docs/operations.md says what each figure tells and when it alarms.
"""

from collections.abc import Sized
from time import monotonic
from typing import Any

from flask import Flask, Response, g, request
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from werkzeug.routing import Rule

from app.behind import FiguresFollowed, VersionsTold
from app.extensions import socketio
from ballots.refusals import BadPaper, BallotRefusal
from ballots.tally import PublicTally
from ballots.turned_away import LEAST_STATUS, reason_of
from neighbourhoods.refusals import Refused

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
disable_created_metrics()  # type: ignore[no-untyped-call] # it ships so

_QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SLOW = (5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600)

ACCEPTED = Counter(
    "wardmote_ballots_accepted", "Ballots put into the box by phone or computer", registry=REGISTRY
)
REPEATED = Counter(
    "wardmote_ballots_repeated", "Ballots that were sent again and were in", registry=REGISTRY
)
REFUSED = Counter(
    "wardmote_ballots_refused", "Ballots refused, by reason", ["reason"], registry=REGISTRY
)
TURNED_AWAY = Counter(
    "wardmote_turned_away", "Tries that were turned away, by reason", ["reason"], registry=REGISTRY
)
ERRORS = Counter(
    "wardmote_errors", "Faults that nobody foresaw, by kind", ["kind"], registry=REGISTRY
)
REQUESTS = Counter(
    "wardmote_requests",
    "Answers, by kind of page and status",
    ["page", "status"],
    registry=REGISTRY,
)
SECONDS = Histogram(
    "wardmote_request_seconds",
    "Seconds until an answer is ready, by kind of page",
    ["page"],
    buckets=_QUICK,
    registry=REGISTRY,
)
COMMIT = Histogram(
    "wardmote_commit_seconds",
    "Seconds that a commit of ballots takes",
    buckets=_QUICK,
    registry=REGISTRY,
)
BOX_WAIT = Histogram(
    "wardmote_box_seconds",
    "Seconds from the queue before the box to the answer",
    buckets=_QUICK,
    registry=REGISTRY,
)
BOX_QUEUE = Gauge("wardmote_box_queue", "Ballots that wait before the box now", registry=REGISTRY)
PHONES = Gauge("wardmote_connected_clients", "Open sockets now", registry=REGISTRY)
UNSENT = Gauge(
    "wardmote_socket_queue", "Messages that wait for slow sockets now", registry=REGISTRY
)
PUBLISHED = Histogram(
    "wardmote_cast_to_published_seconds",
    "Seconds from a turnout to figures that cover as many voters",
    buckets=_SLOW,
    registry=REGISTRY,
)
OLDEST = Gauge(
    "wardmote_oldest_unpublished_seconds",
    "Seconds since the turnout passed what published figures cover",
    registry=REGISTRY,
)
OVERDUE = Gauge(
    "wardmote_step_overdue_seconds",
    "Seconds since figures could have moved on and have not",
    registry=REGISTRY,
)
VERSION_LAG = Gauge(
    "wardmote_snapshot_version_lag",
    "Versions of figures in the database that this process has not told yet",
    registry=REGISTRY,
)
DATABASE_UP = Gauge("wardmote_database_up", "Whether the database answered last", registry=REGISTRY)
REDIS_SECONDS = Gauge(
    "wardmote_redis_seconds", "Seconds that Redis took to answer last", registry=REGISTRY
)
REDIS_UP = Gauge("wardmote_redis_up", "Whether Redis answered last", registry=REGISTRY)
UNSTORED = Gauge(
    "wardmote_turned_away_unstored", "Tries turned away that are not stored", registry=REGISTRY
)


def _open_sockets() -> list[Any]:
    """The sockets of this process; a server that was never started has none."""
    server = socketio.server
    return list(server.eio.sockets.values()) if server is not None else []


PHONES.set_function(lambda: len(_open_sockets()))
UNSENT.set_function(lambda: sum(phone.queue.qsize() for phone in _open_sockets()))


def watch_queue(queue: Sized) -> None:
    """Measure this queue as the one before the box."""
    BOX_QUEUE.set_function(lambda: len(queue))


# --- ballots --------------------------------------------------------------------------------------


def count_refusal(refused: Refused) -> None:
    """Count a ballot that was refused, by its reason; of several faults by the first."""
    if isinstance(refused, BadPaper):
        reason = refused.faults[0].fault.value if refused.faults else BallotRefusal.BAD_PAPER.value
    else:
        reason = str(refused.reason.value)
    REFUSED.labels(reason).inc()


_followed = FiguresFollowed()


def follow_figures(tally: PublicTally) -> None:
    """Measure how far a round’s figures are behind its turnout, once a second."""
    moment = monotonic()
    for age in _followed.follow(tally, moment):
        PUBLISHED.observe(age)
    OLDEST.set(_followed.oldest(moment))
    OVERDUE.set(_followed.overdue(moment))


VERSIONS = VersionsTold()


# --- requests -------------------------------------------------------------------------------------


def page_of(rule: Rule | None) -> str:
    """The kind of page a route is, out of a short list."""
    if rule is None:
        return "none"
    if rule.endpoint in _KINDS:
        return _KINDS[rule.endpoint]
    if rule.rule.endswith(".json"):
        return "figures"
    blueprint, is_ours, _ = rule.endpoint.partition(".")
    return blueprint if is_ours else "none"


_KINDS = {
    "static": "static",
    "residents.cast": "ballot",
    "public.metrics": "watch",
    "health.live": "watch",
    "health.ready": "watch",
}


def seconds_so_far() -> float:
    """How long this request has taken."""
    now = monotonic()
    return now - float(g.get("began", now))


def measure_requests(app: Flask) -> None:
    """Measure every request of an app: its kind, its status, its seconds."""
    pages: dict[str | None, str] = {}
    answers: dict[tuple[str, int], Any] = {}
    seconds: dict[str, Any] = {}

    @app.before_request
    def begin() -> None:
        g.began = monotonic()

    @app.after_request
    def end(response: Response) -> Response:
        rule, status = request.url_rule, response.status_code
        page = pages.get(request.endpoint) or pages.setdefault(request.endpoint, page_of(rule))
        counted = answers.get((page, status))
        if counted is None:
            counted = answers[page, status] = REQUESTS.labels(page, str(status))
            seconds.setdefault(page, SECONDS.labels(page))
        counted.inc()
        seconds[page].observe(seconds_so_far())
        reason = reason_of(status) if status >= LEAST_STATUS else None
        if reason is not None:
            TURNED_AWAY.labels(reason.value).inc()
        return response
