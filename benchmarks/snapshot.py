"""How long a server's hands are full while 60,000 ballots become the next figures.

Promise (docs/counting.md): the snapshot is counted beside the server; in the server itself ballots
are only read, in slices with pauses between, and handed over. Told are the longest slice between
two pauses, all of the reading, the handing over, and the count beside the server. Each ballot is
different: that is the dearest case.

Run: python -m benchmarks.snapshot
"""

import pickle
import secrets
import tempfile
from itertools import pairwise
from pathlib import Path
from time import perf_counter

from sqlalchemy import insert

from ballots.box import Ballot
from ballots.covered import on_the_spot, read_ballots
from ballots.ledger import EntryKind, append
from ballots.sealing import Batch
from ballots.voting_rules import rules_of
from benchmarks.casting import Council, databases
from neighbourhoods.rounds import Round

BALLOTS = 60_000


def fill(council: Council, ballots: int) -> None:
    """Seal so many ballots without casting them."""
    dice = secrets.SystemRandom()
    with council.database.writing() as writing:
        body = {"ballots": ballots}
        entry = append(writing, council.keys, council.round_id, EntryKind.BATCH, body)
        writing.add(Batch(round_id=council.round_id, number=1, entry=entry.number, ballots=ballots))
        rows = [
            {
                "round_id": council.round_id,
                "voter_key": secrets.token_hex(32),
                "commitment": secrets.token_hex(32),
                "client_nonce": secrets.token_hex(16),
                "server_nonce": secrets.token_hex(16),
                # Spaces make texts differ that a rule counts alike.
                "choices": "["
                + ",".join(f'"{code}"' for code in dice.sample(council.codes, 6))
                + " " * dice.randrange(60)
                + "]",
            }
            for _ in range(ballots)
        ]
        writing.execute(insert(Ballot), rows)
        writing.commit()


def measure(council: Council) -> tuple[float, float, float, float]:
    """Milliseconds: the longest slice, all of the reading, the handing over, the count beside."""
    marks = [perf_counter()]
    with council.database.reading() as session:
        the_round = session.get_one(Round, council.round_id)
        rules = rules_of(session, council.round_id)
        if rules is None:
            raise AssertionError("a round without rules")
        ballots = read_ballots(
            session,
            council.keys,
            the_round,
            rules,
            pause=lambda: marks.append(perf_counter()),
        )
    marks.append(perf_counter())
    handed = pickle.dumps(ballots.poll, pickle.HIGHEST_PROTOCOL)
    marks.append(perf_counter())
    ballots.counted(on_the_spot)
    counted = perf_counter()
    if ballots.covered != BALLOTS or not handed:
        raise AssertionError("ballots went missing")
    slices = [later - earlier for earlier, later in pairwise(marks[:-1])]
    times = max(slices), marks[-2] - marks[0], marks[-1] - marks[-2], counted - marks[-1]
    longest, reading, handing, counting = (seconds * 1000 for seconds in times)
    return longest, reading, handing, counting


def main() -> None:
    """Print the table."""
    print(f"{'database':12} {'longest ms':>10} {'reading':>8} {'handing':>8} {'beside':>8}")
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder)) as both:
        for name, (url,) in both:
            council = Council(url, Path(folder) / name, 10)
            fill(council, BALLOTS)
            runs = [measure(council) for _ in range(3)]
            council.database.dispose()
            longest, reading, handing, beside = min(runs)
            print(f"{name:12} {longest:10.1f} {reading:8.0f} {handing:8.0f} {beside:8.0f}")


if __name__ == "__main__":
    main()
