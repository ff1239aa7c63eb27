"""The order in which one voter sees the projects: drawn by lot, the same every time. Pure."""

import hashlib
from collections.abc import Iterable, Iterator


def shuffled(ids: Iterable[str], seed: str) -> tuple[str, ...]:
    """The ids in the order one voter sees them: fixed by the seed, every order as likely.

    Fisher-Yates over the sorted ids, so the database's order never matters, drawn from
    SHA-256 in counter mode with rejection, so there is no modulo bias. The order is as secret
    as the seed.
    """
    order = sorted(ids)
    draws = _draws(seed)
    for last in range(len(order) - 1, 0, -1):
        other = _draw_below(last + 1, draws)
        order[last], order[other] = order[other], order[last]
    return tuple(order)


def _draws(seed: str) -> Iterator[int]:
    """Endless 64-bit numbers from the seed."""
    key = hashlib.sha256(b"wardmote project order 1|" + seed.encode("utf-8", "surrogatepass"))
    counter = 0
    while True:
        block = key.copy()
        block.update(b"|%d" % counter)
        digest = block.digest()
        yield from (int.from_bytes(digest[at : at + 8]) for at in range(0, 32, 8))
        counter += 1


def _draw_below(limit: int, draws: Iterator[int]) -> int:
    unbiased = 2**64 - 2**64 % limit
    return next(draw for draw in draws if draw < unbiased) % limit
