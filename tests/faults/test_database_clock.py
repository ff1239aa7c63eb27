"""The clock by which everything is decided, PostgreSQL's own, is stepped two hours in mid-vote."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ballots.audit import first_fault
from ballots.published import may_open, record_in_pieces
from ballots.sealing import turnout
from ballots.verify import Report, parse_json, verify
from neighbourhoods.database import now
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.faults.evening import Evening, eventually, measured, open_evening
from tests.faults.stepping import step, takes_its_time_from
from tests.servers import Restartable, restartable_postgres, temporary_folder

OPEN_FOR = 45.0


@pytest.fixture
def clock() -> Iterator[Path]:
    with temporary_folder("clock") as folder:
        folder.chmod(0o755)
        yield folder / "clock"


@pytest.fixture
def stepping(clock: Path, valkey: Restartable) -> Iterator[Evening]:
    """An evening whose database takes its time from a file."""
    with (
        restartable_postgres(more=takes_its_time_from(clock)) as postgres,
        open_evening(postgres.url, valkey.url, closes_in=OPEN_FOR) as evening,
    ):
        yield evening


def hours_off(evening: Evening) -> float:
    """How far the database believes itself ahead."""
    with evening.hall.database.reading() as session:
        return (now(session) - datetime.now(UTC)).total_seconds() / 3_600


def closes_in(evening: Evening) -> float:
    """Seconds until the vote should close, by the right time."""
    with evening.hall.database.reading() as session:
        closes_at = session.get_one(Round, evening.vote.round_id).vote_closes_at
    assert closes_at is not None
    return (closes_at - datetime.now(UTC)).total_seconds()


def check_story(evening: Evening) -> None:
    """The ledger's story is in order, and the record proves itself."""
    with evening.hall.database.reading() as session:
        the_round = session.get_one(Round, evening.vote.round_id)
        assert first_fault(session, evening.hall.keys, the_round) is None
        record = "".join(
            record_in_pieces(session, the_round, opened=may_open(session, the_round.id))
        )
        verify(parse_json(record), Report())
        counted = [one for one in evening.casts.values() if one.is_counted]
        assert turnout(session, the_round.id) == len(counted)
    assert len({one.receipt for one in counted}) == len(counted)


def test_set_back_everybody_goes_on_voting_and_once_it_is_right_the_vote_closes_in_time(
    stepping: Evening, clock: Path
) -> None:
    async def go() -> dict[str, float]:
        async with stepping.watched():
            async with stepping.voting():
                await asyncio.sleep(3)
                step(clock, "-2h")
                await eventually(lambda: abs(hours_off(stepping) + 2) < 0.01, 5)
                began = time.monotonic()
                await asyncio.sleep(15)
                ended = time.monotonic()
                step(clock, "+0")
                await eventually(lambda: abs(hours_off(stepping)) < 0.01, 5)
                await asyncio.sleep(max(0.0, closes_in(stepping) - 6))
            seen = {"figures_behind": stepping.behind(began, ended)}
            assert stepping.hall.phase(stepping.vote) == Phase.VOTE
            await asyncio.sleep(max(0.0, closes_in(stepping)))
            await eventually(lambda: stepping.hall.phase(stepping.vote) == Phase.SIGN_OFF, 15)
            seen["counted_after"] = -closes_in(stepping)
        return seen

    seen = asyncio.run(go())
    measured(ballots=len(stepping.casts), slowest_ballot=stepping.longest_cast, **seen)
    stepping.check_box(is_open=False)
    assert {one.sendings for one in stepping.casts.values()} == {1}
    check_story(stepping)
    assert seen["figures_behind"] < 6
    assert seen["counted_after"] < 10


def test_set_ahead_the_vote_is_closed_for_good_and_every_ballot_that_was_answered_counts(
    stepping: Evening, clock: Path
) -> None:
    async def go() -> dict[str, float]:
        async with stepping.voting():
            await asyncio.sleep(5)
            step(clock, "+2h")
            took = await eventually(
                lambda: stepping.hall.phase(stepping.vote) == Phase.SIGN_OFF, 20
            )
            await asyncio.sleep(2)
            step(clock, "+0")
            await asyncio.sleep(5)
        return {"counted_after": took}

    seen = asyncio.run(go())
    refused = [one.status for one in stepping.casts.values() if not one.is_counted]
    measured(ballots=len(stepping.casts) - len(refused), refused=len(refused), **seen)
    assert refused
    assert all(400 <= status < 500 for status in refused)
    # That the clock is right again opens nothing.
    assert stepping.hall.phase(stepping.vote) == Phase.SIGN_OFF
    check_story(stepping)
