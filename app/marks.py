"""The marks that tries are counted under: they tell people apart, and lead back to nobody.

Counters may lie in Redis for a day, which writes them to its disk. Whoever reads them there
must not learn who signed in when, from which address.
"""

import hashlib
import hmac

from flask_limiter.util import get_remote_address

from app.house import settings


def mark_of(whom: str) -> str:
    """The same short mark for the same words in every process; nobody without our secret finds
    the words again."""
    key = settings().key_for("tries")
    return hmac.new(key, whom.encode(), hashlib.sha256).hexdigest()[:32]


def visitors_mark() -> str:
    """The mark of the address that a request comes from."""
    return mark_of(f"visitor:{get_remote_address()}")
