"""Five hundred honest phones behind one address: nobody is blocked, nobody is slowed down."""

import asyncio
from collections import Counter

from app.rehearsal.phones import ResidentPhone
from ballots.sealing import turnout
from benchmarks.hall.figures import Findings
from benchmarks.hall.guests import a_few_at_a_time, guests_of
from benchmarks.hall.venue import Venue, open_venue, set_item
from neighbourhoods.assemblies import ItemKind
from neighbourhoods.attendance import present_in
from neighbourhoods.stage import go_to

PHONES = 500


def one_address(found: Findings) -> None:
    """Everybody joins, checks in, answers a poll, raises a hand, votes, and looks again."""
    kinds = (ItemKind.POLL, ItemKind.BALLOT)
    # As behind a proxy: every request comes from one address, and that is whom limits go by.
    with open_venue(*kinds, voters=PHONES) as venue:
        asyncio.run(_visit(found, venue))


async def _visit(found: Findings, venue: Venue) -> None:
    item_id = venue.item(ItemKind.POLL)
    venue.act(
        lambda session, assembly, by: go_to(session, assembly, set_item(session, item_id), by)
    )

    async def take_part(guest: ResidentPhone) -> None:
        await guest.answer_poll(item_id, 0)
        await guest.raise_hand()
        await guest.cast(await guest.fill_in(venue.round_id))
        await guest.join()

    async with guests_of(venue, PHONES) as guests:
        await a_few_at_a_time(guests, take_part)
        refusals = Counter(status for guest in guests for status in guest.refusals)
        connected = sum(bool(each.follower and each.follower.is_connected) for each in guests)
    with venue.hall.database.reading() as session:
        found.tell("phones connected", connected, "", exactly=PHONES)
        found.tell("people checked in", present_in(session, venue.assembly_id), "", exactly=PHONES)
        found.tell("ballots in the box", turnout(session, venue.round_id), "", exactly=PHONES)
    found.tell("answers 429 (too many)", refusals[429], "", exactly=0)
    found.tell("answers 403 (blocked)", refusals[403], "", exactly=0)
    found.tell(
        "other answers of 400 and above",
        refusals.total() - refusals[429] - refusals[403],
        "",
        exactly=0,
    )
