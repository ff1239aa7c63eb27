"""Which inner loop equal shares runs on: plain numpy, or the same compiled. Same numbers. Pure."""

from functools import cache

from ballots.counting.prices import PLAIN, Market


def market_for(many_runs: bool) -> Market:
    """The compiled market where it pays and numba works, else the plain one."""
    return _compiled() if many_runs else PLAIN


@cache
def _compiled() -> Market:
    # Loaded only when wanted: compiling takes a moment and numba a hundred megabytes.
    try:
        from ballots.counting.compiled_prices import COMPILED
    except (ImportError, RuntimeError):  # not installed, or nowhere to keep what it compiled
        return PLAIN
    return COMPILED
