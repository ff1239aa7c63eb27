"""Which inner loop equal shares runs on: plain numpy, or the same compiled. Same numbers. Pure."""

from functools import cache
from importlib.util import find_spec

from ballots.counting.prices import PLAIN, Market


def market_for(many_runs: bool) -> Market:
    """The compiled market where it pays and numba is installed, else the plain one."""
    return _compiled() if many_runs and find_spec("numba") is not None else PLAIN


@cache
def _compiled() -> Market:
    # Loaded only when wanted: compiling takes a moment and numba a hundred megabytes.
    from ballots.counting.compiled_prices import COMPILED

    return COMPILED
