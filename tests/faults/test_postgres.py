"""PostgreSQL is restarted in mid-vote: phones try again by themselves; 0 lost, 0 double."""

import asyncio
import time

from app.rehearsal.web import Answer, Browser
from tests.faults.evening import SCRIPT, Evening, meanwhile, measured
from tests.servers import Restartable

AWAY = 6.0


async def look(evening: Evening) -> tuple[Answer, Answer]:
    """What whoever looks, and whoever votes by form, is told."""
    browser = Browser(evening.cluster.base_url)
    page = await browser.get(f"/rounds/{evening.vote.round_id}")
    voter = evening.vote.voters[-1]
    browser.cookies["wardmote"] = voter.cookie.partition("=")[2]
    fields = {"csrf_token": voter.token, "request_id": "a form", "project": ["none"]}
    answer = await browser.post(evening.vote.path, fields, SCRIPT)
    browser.hang_up()
    return page, answer


def test_phones_try_again_and_everybody_is_counted_once(
    evening: Evening, postgres: Restartable
) -> None:
    told: list[tuple[Answer, Answer]] = []

    async def go() -> tuple[float, float, float]:
        async with evening.watched() as phones:
            connections = [phone.connections for phone in phones]
            async with evening.voting():
                await asyncio.sleep(4)
                gone = time.monotonic()
                await meanwhile(postgres.stop)
                await asyncio.sleep(AWAY / 2)
                told.append(await look(evening))
                await asyncio.sleep(AWAY / 2)
                await meanwhile(postgres.start)
                back = time.monotonic()
                await asyncio.sleep(4)
            await asyncio.sleep(15)
            assert [phone.connections for phone in phones] == connections
            return gone, back, time.monotonic()

    gone, back, ended = asyncio.run(go())
    casts = evening.casts.values()
    measured(
        away=back - gone,
        ballots=len(casts),
        sent_more_than_once=sum(one.sendings > 1 for one in casts),
        slowest_ballot=evening.longest_cast,
        figures_behind_after=evening.behind(back, ended),
        page_answered_in=told[0][0].seconds,
        ballot_answered_in=told[0][1].seconds,
    )
    for answer in told[0]:
        assert answer.status == 503
        assert answer.headers["retry-after"] == "5"
        assert "Try again in a moment" in answer.text
    evening.check_box()
    assert any(one.sendings > 1 for one in casts)
    assert evening.leader is not None
    assert evening.behind(back, ended) < 15
