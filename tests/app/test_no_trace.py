"""After a whole vote, faults and all, no log, letter, key of Redis or cookie tells a choice."""

import base64
import contextlib
import http.cookiejar
import re
import sqlite3
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import select

from ballots.box import Casting
from ballots.disclosure import DisclosureProfile
from ballots.envelopes import EnvelopeKey
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.box_reader import waiting_papers
from tests.browser import running_wardmote
from tests.in_browser.hall import Assembly, assembly

VOTERS = 6
MADE_UP = "made-up-choice-77"
NONCE = "5eed" * 16


class Phone:
    """A voter's browser, without the browser."""

    def __init__(self, hall: Assembly, voter: int) -> None:
        self.hall, self.jar = hall, http.cookiejar.CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar)).open
        self.page = self.ask(hall.card(voter))[1]

    def ask(self, address: str, fields: dict[str, Any] | None = None) -> tuple[int, str]:
        data = urllib.parse.urlencode(fields, doseq=True).encode() if fields else None
        try:
            with self._open(address, data, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read().decode()
        except urllib.error.URLError:  # an answer that came before all was sent
            return 0, ""

    def vote(self, *choices: str, request_id: str, **more: str) -> int:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.page)
        fields: dict[str, Any] = {"project": choices, "request_id": request_id}
        fields["client_nonce"] = NONCE
        if token:
            fields["csrf_token"] = token[1]
        return self.ask(self.hall.address("ballot"), fields | more)[0]


@contextlib.contextmanager
def overheard(url: str) -> Iterator[list[str]]:
    """Every command that anybody sends to Valkey meanwhile."""
    heard: list[str] = []
    client = redis.Redis.from_url(url, socket_timeout=None)
    with client.monitor() as monitor:  # type: ignore[no-untyped-call] # it ships so

        def listen() -> None:
            with contextlib.suppress(redis.RedisError, ValueError, OSError):
                heard.extend(str(command["command"]) for command in monitor.listen())

        listening = threading.Thread(target=listen, daemon=True)
        listening.start()
        yield heard
        time.sleep(0.5)
    client.close()


def stored(url: str) -> list[str]:
    """All that lies in Valkey, keys and values."""
    with redis.Redis.from_url(url) as client:
        return [f"{key!r} {client.dump(key)!r}" for key in client.scan_iter()]


def contents(cookies: http.cookiejar.CookieJar) -> str:
    """What cookies hold, unpacked as far as anybody can."""
    told = []
    for cookie in cookies:
        value = cookie.value or ""
        told.append(f"{cookie.name}={value}")
        packed, body = value.startswith("."), value.lstrip(".").split(".")[0]
        with contextlib.suppress(ValueError, zlib.error):
            raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
            told.append((zlib.decompress(raw) if packed else raw).decode(errors="replace"))
    return "\n".join(told)


@pytest.fixture
def provoked(redis_url: str) -> Iterator[dict[str, str]]:
    """Everything that was left behind by a vote in which all went wrong that can, by its place."""
    with contextlib.ExitStack() as stack:
        heard = stack.enter_context(overheard(redis_url))
        settings: dict[str, Any] = {
            "WARDMOTE_REDIS_URL": redis_url,
            "WARDMOTE_LOG_LEVEL": "debug",
        }
        server = stack.enter_context(running_wardmote(**settings))
        sealed = DisclosureProfile.SEALED
        hall = stack.enter_context(assembly(server, voters=VOTERS, profile=sealed))
        with hall.database.reading() as session:
            codes = [project.code for project in projects_in(session, hall.round_id)]
            titles = [project.title for project in projects_in(session, hall.round_id)]
        phones = [Phone(hall, voter) for voter in range(1, VOTERS + 1)]
        answers = [
            phone.vote(codes[number % 3], codes[3], request_id=f"own-request-{number}")
            for number, phone in enumerate(phones)
        ]
        answers.append(phones[0].vote(codes[1], request_id="own-request-again"))
        wrong = [
            phones[1].vote(MADE_UP, request_id="own-request-wrong"),
            phones[1].vote(*codes, request_id="own-request-many"),
            phones[2].ask(f"{server.base_url}/v/ABCD0123EFGH")[0],
        ]
        too_big = phones[2].vote(codes[0], request_id="own-request-big", padding="x" * 5_000_000)
        wrong.append(_without_its_box(server.folder / "wardmote.db", phones[3], codes[2]))
        secrets = _secrets(hall)
        hall.close()
        wrong.append(phones[4].vote(codes[0], request_id="own-request-late"))
        time.sleep(2.5)  # the clerk counts, and rings
        with sqlite3.connect(server.folder / "wardmote.db") as connection:
            letters = repr(connection.execute("SELECT * FROM letters").fetchall())
        metrics = phones[5].ask(f"{server.base_url}/metrics")[1]
        yield {
            "log": server.log,
            "metrics": metrics,
            "letters": letters,
            "stored": "\n".join(stored(redis_url)),
            "heard": "\n".join(heard),
            "cookies": "\n".join(contents(phone.jar) for phone in phones),
            "answers": repr(answers),
            "wrong": repr(wrong),
            "too_big": str(too_big),
            "secrets": "\n".join(secrets),
            "titles": "\n".join(titles),
        }


def _without_its_box(file: Path, phone: Phone, code: str) -> int:
    """Vote while a table is away."""
    for old, new in (("castings", "gone"), ("gone", "castings")):
        with sqlite3.connect(file, timeout=30) as connection:
            connection.execute(f"ALTER TABLE {old} RENAME TO {new}")
        if new == "gone":
            answer = phone.vote(code, request_id="own-request-500")
    return answer


def _secrets(hall: Assembly) -> set[str]:
    """All that a ballot is made of or known by, and who may cast one."""
    with hall.database.reading() as session:
        key = EnvelopeKey(hall.keys, hall.round_id)
        papers = waiting_papers(session, hall.keys, hall.round_id)
        found = {word for paper in papers for word in paper}
        for entry in session.scalars(select(RollEntry).where(RollEntry.round_id == hall.round_id)):
            found |= {entry.name, str(entry.email), key.voter(entry.id), key.sealed_voter(entry.id)}
        found |= set(session.scalars(select(Casting.casting)))
        assert session.get(Round, hall.round_id)
    return found | {MADE_UP, NONCE, "own-request", *hall.codes}


def test_nothing_that_is_left_behind_tells_a_person_or_a_choice(
    provoked: dict[str, str],
) -> None:
    assert set(re.findall(r"\d+", provoked["answers"])) == {"200"}
    assert {"404", "422", "500"} <= set(re.findall(r"\d+", provoked["wrong"]))
    assert provoked["too_big"] in ("413", "0")  # answered before all of it was sent
    secrets = provoked["secrets"].split("\n")
    assert len(secrets) > 30
    for place in ("log", "metrics", "letters", "stored", "heard", "cookies"):
        told = [secret for secret in secrets if secret in provoked[place]]
        assert told == [], place
    for place in ("log", "metrics", "letters", "stored"):
        told = [title for title in provoked["titles"].split("\n") if title in provoked[place]]
        assert told == [], place
    # That there was something to look through.
    assert "Error" in provoked["log"]
    assert "route=/rounds/<int:round_id>/ballot" in provoked["log"]
    assert "wardmote_ballots_accepted_total 7.0" in provoked["metrics"]
    assert "PUBLISH" in provoked["heard"].upper()
    assert "wardmote=" in provoked["cookies"]
