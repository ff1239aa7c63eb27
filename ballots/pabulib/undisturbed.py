"""Making very many tuples at once without Python stopping again and again to look at them."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def undisturbed() -> Iterator[None]:
    """No search for rings of forgotten objects meanwhile, in any thread.

    Texts and tuples of texts form no rings, and looking through them all took a sixth of the time.
    Who finds the search off leaves it off: whoever turned it off turns it on again.
    """
    searched = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if searched:
            gc.enable()
