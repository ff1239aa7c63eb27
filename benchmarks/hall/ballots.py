"""A thousand ballots within a minute, while a thousand phones follow the meeting."""

import asyncio
import random
from time import process_time

from app.rehearsal.booth import Cast
from app.rehearsal.phones import ResidentPhone
from ballots.sealing import turnout
from benchmarks.hall.figures import Findings, percentile, processor_seconds, waited_seconds
from benchmarks.hall.guests import guests_of
from benchmarks.hall.venue import Venue, open_venue
from neighbourhoods.assemblies import ItemKind

VOTERS = 1_000
WITHIN = 60.0
# Who taps last still has to be answered within the minute.
LAST_TAP = 55.0


def ballots(found: Findings) -> None:
    """Everybody opens the booth and votes at a moment of their own."""
    with open_venue(ItemKind.BALLOT, voters=VOTERS) as venue:
        asyncio.run(_vote(found, venue))


async def _vote(found: Findings, venue: Venue) -> None:
    dice = random.Random(7)
    async with guests_of(venue, VOTERS) as guests:
        moving = asyncio.create_task(venue.move_every_second())
        pid, began = venue.hall.server_pid, asyncio.get_running_loop().time()
        used, waited, ours = processor_seconds(pid), waited_seconds(pid), process_time()
        cast = await asyncio.gather(
            *(_one(venue, guest, dice.uniform(0, LAST_TAP)) for guest in guests)
        )
        took = asyncio.get_running_loop().time() - began
        used, waited = processor_seconds(pid) - used, waited_seconds(pid) - waited
        ours = process_time() - ours
        moving.cancel()
        await asyncio.gather(moving, return_exceptions=True)
    with venue.hall.database.reading() as session:
        stored = turnout(session, venue.round_id)
    tell_ballots(found, list(cast), stored, VOTERS)
    found.tell("all of them cast within", took, "s", at_most=WITHIN)
    found.tell("processor time of the server, news and counting included", used, "s")
    found.tell("time that it waited for a processor, others having them", waited, "s")
    found.tell("processor time of the simulated phones", ours, "s")


async def _one(venue: Venue, guest: ResidentPhone, after: float) -> Cast:
    await asyncio.sleep(after)
    paper = await guest.fill_in(venue.round_id)
    done = await guest.cast(paper)
    guest.browser.hang_up()
    return done


def tell_ballots(found: Findings, cast: list[Cast], stored: int, voters: int) -> None:
    """What became of the ballots of so many voters."""
    counted = [each for each in cast if each.is_counted]
    seconds = [each.seconds for each in counted]
    found.tell("ballots answered with a receipt", len(counted), "", exactly=voters)
    found.tell("turned away", sum(400 <= each.status < 500 for each in cast), "", exactly=0)
    found.tell("lost: with a receipt, not in the box", len(counted) - stored, "", exactly=0)
    found.tell("from the tap to the receipt, median", percentile(seconds, 0.5), "s")
    found.tell("from the tap to the receipt, p95", percentile(seconds, 0.95), "s", at_most=1.0)
