"""The bell between processes: Redis carries what has a newer version, and nothing that is shown.

Whoever can write to Redis can ring this bell, and that is all they can do: each process then looks
at the database itself, and tells its own phones what stands there.
"""

import json
import re
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from typing import Any, cast

import structlog
from flask import Flask, current_app
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.extensions import socketio
from app.faults_told import what_broke

log = structlog.get_logger()

# No request waits longer for Redis than these two together, and none of them tries twice.
REDIS_PATIENCE: dict[str, Any] = {
    "socket_connect_timeout": 0.2,
    "socket_timeout": 0.3,
    "retry": Retry(NoBackoff(), 0),
}
CHANNEL = "wardmote-bell"
MOST_BYTES = 120
# What is rung in one moment is looked at once; a thousand forged bells cost so many looks a second.
MOST_AT_ONCE, LOOKS_APART = 200, 0.05
# Seconds: how long nothing may be heard of Redis, not even an answer to being asked.
ASK_AFTER, SILENT_AFTER, TRY_AGAIN = 1.0, 3.0, 1.0
_PLACE = "wardmote-bell"
_PROCESS = re.compile(r"[0-9a-f]{16}")


class Told(StrEnum):
    """What a bell can be about."""

    ROUND = "round"
    ASSEMBLY = "assembly"


@dataclass(frozen=True)
class Rung:
    """One bell: something has reached a version, so a process of that name says."""

    about: Told
    number: int
    version: int
    process: str

    def written(self) -> str:
        """The bell as Redis carries it."""
        return json.dumps(
            {self.about.value: self.number, "version": self.version, "by": self.process}
        )


def read_rung(words: object) -> Rung | None:
    """A bell as it was rung; None for whatever is not exactly one."""
    if not isinstance(words, bytes) or len(words) > MOST_BYTES:
        return None
    try:
        told = json.loads(words.decode("ascii"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or len(told) != 3:
        return None
    by, version = told.get("by"), _number(told.get("version"), 0)
    if not isinstance(by, str) or not _PROCESS.fullmatch(by) or version is None:
        return None
    for about in Told:
        number = _number(told.get(about.value), 1)
        if number is not None:
            return Rung(about, number, version, by)
    return None


def _number(found: object, least: int) -> int | None:
    if not isinstance(found, int) or isinstance(found, bool):
        return None
    return found if least <= found < 2**31 else None


# What is done about bells: these were heard, or None for all that may have been missed.
Answering = Callable[[set[Rung] | None], None]


class Bell:
    """This process's end of the bell: it rings without ever waiting, and hears by itself."""

    def __init__(self, redis_url: str) -> None:
        """Ring and hear through this Redis once `start` was called."""
        self.process = secrets.token_hex(8)
        self._redis = Redis.from_url(redis_url, **REDIS_PATIENCE)
        self._waiting: dict[tuple[Told, int], int] = {}
        self._something_waits = threading.Event()
        # Whether others are heard now; while they are not, this process looks more often.
        self.is_heard = False

    def start(self, answer: Answering) -> None:
        """Begin to ring and to hear, beside the server."""
        socketio.start_background_task(self._send)
        socketio.start_background_task(self._listen, answer)

    def ring(self, about: Told, number: int, version: int) -> None:
        """Tell the other processes, soon; while Redis is away they find out by themselves."""
        self._waiting[about, number] = version
        self._something_waits.set()

    def _send(self) -> None:
        while True:
            self._something_waits.wait()
            self._something_waits.clear()
            waiting, self._waiting = self._waiting, {}
            try:
                for (about, number), version in waiting.items():
                    rung = Rung(about, number, version, self.process)
                    self._redis.publish(CHANNEL, rung.written())
            except (RedisError, OSError):
                # Others look by themselves; what is rung meanwhile is old once Redis is back.
                socketio.sleep(TRY_AGAIN)

    def _listen(self, answer: Answering) -> None:
        while True:
            try:
                self._hear(answer)
            except (RedisError, OSError) as lost:
                if self.is_heard:
                    log.warning("bell not heard", kind=type(lost).__name__)
            except Exception as error:  # noqa: BLE001 - the database is away, or a bug
                log.warning("bell not answered", **what_broke(error))
            self.is_heard = False
            socketio.sleep(TRY_AGAIN)

    def _hear(self, answer: Answering) -> None:
        """Answer what is rung, until Redis is lost."""
        with self._redis.pubsub() as line:  # type: ignore[no-untyped-call]
            line.subscribe(CHANNEL)
            heard_at = monotonic()
            while True:
                message = line.get_message(timeout=ASK_AFTER)
                if message is None:
                    if monotonic() - heard_at > SILENT_AFTER:
                        raise TimeoutError
                    line.ping()
                    continue
                heard_at = monotonic()
                if message["type"] == "subscribe":
                    self.is_heard = True
                    answer(None)
                elif message["type"] == "message":
                    rungs = self._of_others(message, line)
                    if rungs:
                        answer(rungs)
                    socketio.sleep(LOOKS_APART)

    def _of_others(self, message: dict[str, Any], line: Any) -> set[Rung]:
        """What others rang with this message, and with those that came with it."""
        found: set[Rung] = set()
        came: dict[str, Any] | None = message
        for _ in range(MOST_AT_ONCE):
            if came is None:
                break
            rung = read_rung(came.get("data"))
            if rung is not None and rung.process != self.process:
                found.add(rung)
            came = line.get_message(timeout=0)
        return found


def hang_bell(app: Flask, redis_url: str | None) -> None:
    """Give an app its bell, where there are several processes."""
    app.extensions[_PLACE] = Bell(redis_url) if redis_url else None


def bell() -> Bell | None:
    """The bell of this process; None where there is only one."""
    return cast(Bell | None, current_app.extensions[_PLACE])


def ring_bell(about: Told, number: int, version: int) -> None:
    """Tell the other processes, if there are any; never waits."""
    hung = bell()
    if hung is not None:
        hung.ring(about, number, version)
