"""Wiping a rehearsal: nobody learns from it how anybody voted, not even in play."""

from sqlalchemy.orm import Session

from ballots.keys import KeyStore
from neighbourhoods.assemblies import Assembly


def wipe_practice(session: Session, keys: KeyStore, assembly: Assembly) -> int:
    """Wipe the votes of a rehearsal and destroy their keys; returns how many there were."""
    raise NotImplementedError
