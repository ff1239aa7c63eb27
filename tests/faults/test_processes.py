"""One of two processes is killed, hangs, or runs older code: the other goes on."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select

from app.rehearsal.web import Answer, Browser
from ballots.audit import first_fault
from ballots.ledger import EntryKind, entries_of
from neighbourhoods.letters import Letter
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.browser import ROOT
from tests.cluster import Cluster
from tests.faults.evening import Evening, eventually, measured

# What ran before processes agreed who acts by the clock and rang each other through Redis alone.
# Move it on with each release: the code that runs beside the next one while it is brought in.
OLD = "3b4c617"
# Longer than nginx waits for a page before it asks another process.
HUNG = 19.0
LOOKS = 40


def test_a_process_that_is_killed_takes_nobodys_ballot_with_it(evening: Evening) -> None:
    async def go() -> tuple[float, float, float, float]:
        async with evening.watched() as phones:
            leader = evening.leader
            assert leader is not None
            async with evening.voting():
                await asyncio.sleep(4)
                killed = time.monotonic()
                evening.cluster.end(leader, with_signal=signal.SIGKILL)
                followed = await eventually(lambda: evening.leader is not None, 10)
                assert evening.leader != leader
                back = await eventually(lambda: all(one.is_connected for one in phones), 30)
                await asyncio.sleep(6)
            await asyncio.sleep(4)
            return killed, followed, back, time.monotonic()

    killed, followed, back, ended = asyncio.run(go())
    measured(
        phones_back_after=followed + back,
        ballots=len(evening.casts),
        sent_more_than_once=sum(one.sendings > 1 for one in evening.casts.values()),
        slowest_ballot=evening.longest_cast,
        another_leads_after=followed,
        figures_behind=evening.behind(killed, ended),
    )
    evening.check_box()
    assert followed < 5
    assert evening.behind(killed, ended) < 15


async def look_at_once(evening: Evening, times: int) -> list[Answer]:
    """Open the page of the round as so many people in one moment; each waits however long.

    The front spreads them over all processes, so some reach one that hangs.
    """

    async def look() -> Answer:
        browser = Browser(evening.cluster.base_url)
        try:
            return await browser.get(f"/rounds/{evening.vote.round_id}")
        finally:
            browser.hang_up()

    return await asyncio.gather(*(look() for _ in range(times)))


def test_a_process_that_hangs_is_passed_by_and_does_nothing_twice_when_it_wakes(
    evening: Evening,
) -> None:
    pages: list[Answer] = []

    async def go() -> tuple[float, float, float]:
        leader = evening.leader
        assert leader is not None
        pid = evening.cluster.pids[leader]
        async with evening.voting():
            await asyncio.sleep(4)
            os.kill(pid, signal.SIGSTOP)
            stopped = time.monotonic()
            looking = asyncio.create_task(look_at_once(evening, LOOKS))
            try:
                followed = await eventually(lambda: evening.leader not in (leader, None), 20)
                await asyncio.sleep(max(0.0, HUNG - (time.monotonic() - stopped)))
            finally:
                os.kill(pid, signal.SIGCONT)
            woken = time.monotonic()
            pages.extend(await looking)
            await asyncio.sleep(5)
            assert evening.leader not in (leader, None)
        return stopped, followed, woken

    stopped, followed, woken = asyncio.run(go())
    measured(
        hung=woken - stopped,
        ballots=len(evening.casts),
        sent_more_than_once=sum(one.sendings > 1 for one in evening.casts.values()),
        slowest_ballot=evening.longest_cast,
        another_leads_after=followed,
        pages=len(pages),
        slowest_page=max(page.seconds for page in pages),
    )
    evening.check_box()
    assert followed < 15
    assert evening.longest_cast < 30
    # By the other process, while the first still hangs.
    assert {page.status for page in pages} == {200}
    assert 11 < max(page.seconds for page in pages) < 15


# --- older code ----------------------------------------------------------------------------------


@pytest.fixture
def old_code(tmp_path: Path) -> Path:
    """The program as it was before this version."""
    git = shutil.which("git")
    command = [git or "git", "archive", "--format=tar", OLD]
    known = subprocess.run(command, cwd=ROOT, capture_output=True, check=False) if git else None
    if known is None or known.returncode:
        pytest.skip(f"The history up to {OLD} is not here: git fetch --unshallow")
    with tarfile.open(fileobj=BytesIO(known.stdout)) as packed:
        packed.extractall(tmp_path / "old", filter="data")
    return tmp_path / "old"


@pytest.fixture
def mixed(evening: Evening, old_code: Path) -> Evening:
    """The evening with one of its two processes on older code."""
    cluster = evening.cluster
    cluster.end(1)
    with (cluster.folder / "log-old").open("ab") as lines:
        old = subprocess.Popen(
            [sys.executable, old_code / "wsgi.py"],
            stdout=lines,
            stderr=subprocess.STDOUT,
            env=cluster._each[1],
            cwd=old_code,
        )
    cluster.processes[1] = old
    cluster._wait_for(1)
    return evening


def test_older_code_beside_it_serves_its_phones_and_the_vote_closes_once(mixed: Evening) -> None:
    cluster: Cluster = mixed.cluster

    async def go() -> tuple[float, float]:
        async with mixed.watched(list(cluster.urls)):
            began = time.monotonic()
            async with mixed.voting():
                await asyncio.sleep(12)
            ended = time.monotonic()
            await asyncio.sleep(6)
            return began, ended

    began, ended = asyncio.run(go())
    mixed.hall.close_vote(mixed.vote)  # both clerks, the older and ours, count it at once
    closed = asyncio.run(eventually(lambda: mixed.hall.phase(mixed.vote) == Phase.SIGN_OFF, 30))
    time.sleep(4)
    measured(
        ballots=len(mixed.casts),
        slowest_ballot=mixed.longest_cast,
        figures_behind=mixed.behind(began, ended),
        closed_and_counted_after=closed,
    )
    mixed.check_box(is_open=False)
    assert mixed.behind(began, ended) < 6
    with mixed.hall.database.reading() as session:
        the_round = session.get_one(Round, mixed.vote.round_id)
        kinds = [entry.kind for entry in entries_of(session, the_round.id)]
        assert kinds.count(EntryKind.CLOSED) == kinds.count(EntryKind.TALLIED) == 1
        letters = [one.to_email for one in session.scalars(select(Letter))]
        assert sorted(letters) == sorted(set(letters))
        assert first_fault(session, mixed.hall.keys, the_round) is None
