"""Redis is away for half a minute in mid-vote, or hangs: nobody who votes or watches notices."""

import asyncio
import os
import signal
import time

import pytest

from app.rehearsal.web import Browser
from tests.faults.evening import Evening, meanwhile, measured
from tests.servers import Restartable

AWAY = 30.0


def take_away(valkey: Restartable, how: str) -> None:
    if how == "stopped":
        valkey.stop()
    else:
        os.kill(valkey.pid, signal.SIGSTOP)


def bring_back(valkey: Restartable, how: str) -> None:
    if how == "stopped":
        valkey.start()
    else:
        os.kill(valkey.pid, signal.SIGCONT)


async def show_cards(evening: Evening, slowest: list[float], statuses: set[int]) -> None:
    """Open voter cards, whose tries are counted in Redis, one every half second."""
    for voter in evening.vote.voters:
        browser = Browser(evening.cluster.base_url)
        card = await browser.get(evening.hall.card_of(evening.vote, voter))
        browser.hang_up()
        slowest.append(card.seconds)
        statuses.add(card.status)
        wrong = await browser.get("/receipts/ABCDEFGHJKMN")
        browser.hang_up()
        slowest.append(wrong.seconds)
        await asyncio.sleep(0.5)


@pytest.mark.parametrize("how", ["stopped", "hung"])
def test_nobody_is_refused_and_figures_go_on(
    evening: Evening, valkey: Restartable, how: str
) -> None:
    away = AWAY if how == "stopped" else AWAY / 2
    asked: list[float] = []
    statuses: set[int] = set()

    async def go() -> tuple[float, float, float]:
        async with evening.watched() as phones:
            connections = [phone.connections for phone in phones]
            async with evening.voting():
                cards = asyncio.create_task(show_cards(evening, asked, statuses))
                await asyncio.sleep(3)
                gone = time.monotonic()
                await meanwhile(take_away, valkey, how)
                await asyncio.sleep(away)
                back = time.monotonic()
                await meanwhile(bring_back, valkey, how)
                await asyncio.sleep(4)
                cards.cancel()
            ended = time.monotonic()
            await asyncio.sleep(6)
            assert [phone.connections for phone in phones] == connections
            return gone, back, ended

    gone, back, ended = asyncio.run(go())
    then, after = evening.behind(gone, back), evening.behind(back, ended)
    measured(
        ballots=len(evening.casts),
        sendings=sum(one.sendings for one in evening.casts.values()),
        slowest_ballot=evening.longest_cast,
        slowest_throttled_page=max(asked),
        figures_behind_meanwhile=then,
        figures_behind_after=after,
    )
    evening.check_box()
    assert {one.sendings for one in evening.casts.values()} == {1}
    assert statuses == {200}
    assert max(asked) < 2.0
    assert then < 5.0
    assert after < 5.0
