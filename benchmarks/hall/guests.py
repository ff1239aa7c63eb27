"""Residents who come into the hall: they join and check in by HTTP, then follow by socket."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from app.rehearsal.following import Follower, State
from app.rehearsal.phones import ResidentPhone
from app.rehearsal.web import Browser
from benchmarks.hall.crowd import AT_A_TIME, all_connected
from benchmarks.hall.venue import Venue

Thing = TypeVar("Thing")


async def a_few_at_a_time(
    people: Sequence[ResidentPhone], do: Callable[[ResidentPhone], Awaitable[Thing]]
) -> list[Thing]:
    """Let everybody do something, so many at a time; what each of them got."""
    turns = asyncio.Semaphore(AT_A_TIME)

    async def one(phone: ResidentPhone) -> Thing:
        async with turns:
            try:
                return await do(phone)
            finally:
                phone.browser.hang_up()

    return list(await asyncio.gather(*(one(phone) for phone in people)))


async def come_in(phone: ResidentPhone) -> None:
    """Open the QR code of the voter card, join by the meeting's code, and check in."""
    await phone.show_card()
    await phone.join()
    await phone.check_in()


@asynccontextmanager
async def guests_of(
    venue: Venue,
    number: int,
    *,
    base_url: str = "",
    heard: Callable[[State], None] = lambda _state: None,
) -> AsyncIterator[list[ResidentPhone]]:
    """So many people checked in, with phones that follow; they all leave in the end."""
    guests = [
        ResidentPhone(Browser(base_url or venue.base_url), venue.code, card.rpartition("/")[2])
        for card in venue.cards[:number]
    ]
    await a_few_at_a_time(guests, come_in)
    try:
        for phone in guests:
            phone.follower = Follower(phone.browser, venue.base_url, venue.channel, heard)
            phone.follower.start()
        await all_connected([each.follower for each in guests if each.follower])
        yield guests
    finally:
        await asyncio.gather(*(each.follower.stop() for each in guests if each.follower))
