"""The clocks of two processes are stepped, one two hours ahead and one two hours back."""

import asyncio
import re
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from app.rehearsal.following import Follower
from app.rehearsal.web import Answer, Browser
from neighbourhoods.database import now
from neighbourhoods.letters import Letter
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.browser import ROOT
from tests.faults.evening import SCRIPT, Evening, eventually, measured, open_evening
from tests.faults.stepping import step, takes_its_time_from
from tests.servers import Restartable, start_process

STEPS = ("+2h", "-2h")
HOURS = (2, -2)
# Not longer: there are voters for a minute.
OPEN_FOR = 60.0
EMAIL = "amina@example.org"


@pytest.fixture
def stepping(postgres: Restartable, valkey: Restartable, tmp_path: Path) -> Iterator[Evening]:
    """An evening whose processes each take their time from a file."""
    with open_evening(postgres.url, valkey.url, closes_in=OPEN_FOR) as evening:
        cluster = evening.cluster
        for number in range(2):
            cluster.end(number, with_signal=signal.SIGKILL)
            more = takes_its_time_from(tmp_path / f"clock-{number}")
            with (cluster.folder / "log").open("ab") as lines:
                cluster.processes[number] = start_process(
                    [sys.executable, ROOT / "wsgi.py"],
                    log=lines,
                    env=cluster._each[number] | more,
                    cwd=ROOT,
                )
        for number in range(2):
            cluster._wait_for(number)
        yield evening


def seconds_open(evening: Evening) -> float:
    """How long the vote is still open, by the clock of the database."""
    with evening.hall.database.reading() as session:
        closes_at = session.get_one(Round, evening.vote.round_id).vote_closes_at
        assert closes_at is not None
        return (closes_at - now(session)).total_seconds()


async def hours_ahead(address: str) -> float:
    """How far a process believes itself ahead, by the date on its answers."""
    browser = Browser(address)
    answer = await browser.get("/health/live")
    browser.hang_up()
    told = parsedate_to_datetime(answer.headers["date"])
    return (told - datetime.now(UTC)).total_seconds() / 3_600


def time_told(phone: Follower) -> datetime:
    """The time that came with the newest figures: what a phone's countdown goes by."""
    assert phone.state is not None
    return datetime.fromisoformat(phone.state["now"])


def heard(phone: Follower) -> int:
    """The turnout that a phone shows."""
    return int(phone.state["turnout"]) if phone.state else 0


def off(evening: Evening, phone: Follower) -> float:
    """How many seconds that is from the time of the database; it was told some seconds ago."""
    with evening.hall.database.reading() as session:
        return abs((now(session) - time_told(phone)).total_seconds())


def newest_code(evening: Evening) -> str:
    with evening.hall.database.reading() as session:
        letters = session.scalars(select(Letter).where(Letter.to_email == EMAIL))
        codes = [re.findall(r"^\s*(\d{6})\s*$", one.body, re.MULTILINE) for one in letters]
    return str(codes[-1][0])


async def sign_in(evening: Evening, here: str, there: str) -> Answer:
    """Ask one process for a code, give it to the other, and open one's own page at the first."""
    first, second = Browser(here), Browser(there)
    second.cookies = first.cookies
    page = await first.get("/sign-in")
    await first.post("/sign-in", {"csrf_token": page.token, "email": EMAIL})
    page = await second.get("/sign-in/code")
    fields = {"csrf_token": page.token, "code": newest_code(evening)}
    await second.post("/sign-in/code", fields)
    mine = await first.get("/me")
    first.hang_up()
    second.hang_up()
    return mine


async def vote_late(evening: Evening, address: str, number: int) -> int:
    """Send a ballot to one process after the close; the status of its answer."""
    voter, browser = evening.vote.voters[-number], Browser(address)
    browser.cookies["wardmote"] = voter.cookie.partition("=")[2]
    fields = {"csrf_token": voter.token, "request_id": f"late-{number}", "project": ["none"]}
    answer = await browser.post(evening.vote.path, fields, SCRIPT)
    browser.hang_up()
    return answer.status


def test_no_vote_closes_early_or_late_and_nobody_is_signed_out(
    stepping: Evening, tmp_path: Path
) -> None:
    urls = stepping.cluster.urls

    async def go() -> dict[str, float]:
        seen: dict[str, float] = {}
        async with stepping.watched(list(urls)) as phones:
            leader = stepping.leader
            connections = [phone.connections for phone in phones]
            began = time.monotonic()
            async with stepping.voting():
                await asyncio.sleep(3)
                for number, by in enumerate(STEPS):
                    step(tmp_path / f"clock-{number}", by)
                await asyncio.sleep(3)
                for address, hours in zip(urls, HOURS, strict=True):
                    assert abs(await hours_ahead(address) - hours) < 0.01
                turnout = len(stepping.answered_at)
                await eventually(lambda: all(heard(phone) >= turnout for phone in phones), 20)
                seen["time_told_off"] = max(off(stepping, phone) for phone in phones)
                for here, there in (urls, urls[::-1]):
                    mine = await sign_in(stepping, here, there)
                    assert mine.status == 200
                    assert EMAIL in mine.text or "Sign out" in mine.text
                await asyncio.sleep(max(0.0, seconds_open(stepping) - 4))
            ended = time.monotonic()
            await asyncio.sleep(seconds_open(stepping) - 0.6)
            assert stepping.hall.phase(stepping.vote) == Phase.VOTE
            assert seconds_open(stepping) > 0
            seen["figures_behind"] = stepping.behind(began, ended)
            await asyncio.sleep(max(0.0, seconds_open(stepping)))
            late = [await vote_late(stepping, url, n) for n, url in enumerate(urls, start=1)]
            assert all(400 <= status < 500 for status in late)
            await eventually(lambda: stepping.hall.phase(stepping.vote) != Phase.VOTE, 10)
            seen["closed_after"] = -seconds_open(stepping)
            assert stepping.leader == leader
            assert [phone.connections for phone in phones] == connections
        return seen

    seen = asyncio.run(go())
    measured(
        ballots=len(stepping.casts),
        sent_more_than_once=sum(one.sendings > 1 for one in stepping.casts.values()),
        slowest_ballot=stepping.longest_cast,
        **seen,
    )
    stepping.check_box(is_open=False)
    assert {one.sendings for one in stepping.casts.values()} == {1}
    assert seen["time_told_off"] < 20
    assert seen["closed_after"] < 5
    assert seen["figures_behind"] < 6
