"""The volume of the logs is full, or whoever reads them hangs; the volume of the data is full."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.rehearsal.web import Answer, Browser
from tests.browser import ROOT
from tests.faults.evening import SCRIPT, Evening, eventually, meanwhile, measured, open_evening
from tests.servers import Restartable, start_process

TRIES = 6  # at the sixth code that somebody asks for they are asked to wait
SPACE = 6 * 1024 * 1024


# --- the log -------------------------------------------------------------------------------------


@contextlib.contextmanager
def stuck(how: str) -> Iterator[int]:
    """A file descriptor that refuses whatever is written, or lets whoever writes wait for ever."""
    if how == "full":
        with Path("/dev/full").open("wb", buffering=0) as full:
            yield full.fileno()
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4_096)
    os.set_blocking(writing, True)
    yield writing
    os.close(reading)
    os.close(writing)


def log_into(evening: Evening, number: int, log: int) -> None:
    """Start a process again whose log goes there."""
    cluster = evening.cluster
    cluster.end(number, with_signal=signal.SIGKILL)
    with open(log, "wb", buffering=0, closefd=False) as lines:
        cluster.processes[number] = start_process(
            [sys.executable, ROOT / "wsgi.py"], log=lines, env=cluster._each[number], cwd=ROOT
        )
    cluster._wait_for(number)


def fill_front_log(evening: Evening) -> None:
    """Let nginx write who was turned away to a full volume."""
    folder = evening.cluster.folder
    for name in ("turned-away.log", "front.log"):
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to("/dev/full")
    os.kill(int((folder / "nginx.pid").read_text()), signal.SIGUSR1)


async def ask_for_codes(evening: Evening) -> list[int]:
    """Ask for one code more than one may."""
    browser = Browser(evening.cluster.base_url)
    page = await browser.get("/sign-in")
    fields = {"csrf_token": page.token, "email": "somebody@example.org"}
    statuses = [(await browser.post("/sign-in", fields)).status for _ in range(TRIES)]
    browser.hang_up()
    return statuses


@pytest.fixture
def talkative(postgres: Restartable, valkey: Restartable) -> Iterator[Evening]:
    """An evening whose processes write a line for each request, and much of it."""
    with open_evening(postgres.url, valkey.url, WARDMOTE_LOG_LEVEL="debug") as evening:
        yield evening


@pytest.mark.parametrize("how", ["full", "unread"])
def test_votes_and_figures_go_on_while_no_log_can_be_written(talkative: Evening, how: str) -> None:
    async def look(pages: list[float]) -> None:
        browser = Browser(talkative.cluster.base_url)
        try:
            while True:
                pages.append((await browser.get(f"/rounds/{talkative.vote.round_id}")).seconds)
                await asyncio.sleep(0.02)
        finally:
            browser.hang_up()

    async def go(pages: list[float]) -> tuple[float, float, list[int]]:
        async with talkative.watched():
            began = time.monotonic()
            async with talkative.voting():
                looking = asyncio.create_task(look(pages))
                statuses = await ask_for_codes(talkative)
                await asyncio.sleep(20)
                assert not looking.done()
                looking.cancel()
            ended = time.monotonic()
            await asyncio.sleep(5)
            return began, ended, statuses

    pages: list[float] = []
    with stuck(how) as log:
        for number in range(2):
            log_into(talkative, number, log)
        fill_front_log(talkative)
        began, ended, statuses = asyncio.run(go(pages))
        measured(
            how=how,
            ballots=len(talkative.casts),
            sent_more_than_once=sum(one.sendings > 1 for one in talkative.casts.values()),
            slowest_ballot=talkative.longest_cast,
            pages=len(pages),
            slowest_page=max(pages),
            figures_behind=talkative.behind(began, ended),
        )
        talkative.check_box()
        assert {one.sendings for one in talkative.casts.values()} == {1}
        assert statuses == [200] * (TRIES - 1) + [429]
        assert talkative.behind(began, ended) < 6
        assert max(pages) < 5


# --- the data ------------------------------------------------------------------------------------


@pytest.fixture
def small_volume(tmp_path: Path) -> Iterator[Path]:
    """A volume of a few megabytes."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() or not mount or not umount:
        pytest.skip("Only root can make a small volume")
    folder = tmp_path / "volume"
    folder.mkdir()
    made = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={SPACE}", "small", folder], check=False
    )
    if made.returncode:
        pytest.skip("No volume may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run([umount, "-l", folder], check=True)


def fill(volume: Path) -> None:
    """Leave no byte free."""
    with contextlib.suppress(OSError), (volume / "filler").open("ab", buffering=0) as filler:
        while True:
            filler.write(b"x" * 4_096)


async def look_and_vote(evening: Evening) -> tuple[Answer, Answer]:
    """What whoever looks, and whoever votes, is told."""
    browser = Browser(evening.cluster.base_url)
    page = await browser.get(f"/rounds/{evening.vote.round_id}")
    voter = evening.vote.voters[-1]
    browser.cookies["wardmote"] = voter.cookie.partition("=")[2]
    fields = {
        "csrf_token": voter.token,
        "request_id": "a form",
        "client_nonce": "ab" * 16,
        "project": evening.vote.choices(1),
    }
    answer = await browser.post(evening.vote.path, fields, SCRIPT)
    browser.hang_up()
    return page, answer


def test_while_the_data_have_no_room_ballots_are_refused_clearly_and_then_go_on(
    small_volume: Path,
) -> None:
    async def go(evening: Evening) -> tuple[Answer, Answer, float, float]:
        async with evening.voting():
            await asyncio.sleep(4)
            await meanwhile(fill, small_volume)
            gone = time.monotonic()
            for _ in range(100):  # what is free inside the files of the database is used first
                page, answer = await look_and_vote(evening)
                if answer.status == 503:
                    break
                await asyncio.sleep(0.1)
            await asyncio.sleep(6)
            stored = len(evening.answered_at)
            page, answer = await look_and_vote(evening)
            (small_volume / "filler").unlink()
            back = time.monotonic()
            await eventually(lambda: len(evening.answered_at) > stored, 30)
            again = time.monotonic() - back
            await asyncio.sleep(3)
        return page, answer, back - gone, again

    database = f"sqlite:///{small_volume / 'wardmote.db'}"
    with open_evening(database, None, processes=1) as evening:
        page, answer, full, again = asyncio.run(go(evening))
        measured(
            full=full,
            ballots=len(evening.casts),
            sent_more_than_once=sum(one.sendings > 1 for one in evening.casts.values()),
            slowest_ballot=evening.longest_cast,
            first_ballot_after=again,
            page_meanwhile=page.status,
            ballot_answered_in=answer.seconds,
        )
        assert page.status == 200
        assert answer.status == 503
        assert answer.headers["retry-after"] == "5"
        assert "try again in a moment" in answer.text.lower()
        assert any(one.sendings > 1 for one in evening.casts.values())
        evening.check_box()
