"""What the reference answered about the real elections, so that it is not asked anew each time.

pabutools takes two minutes for what we count in seconds. Kept is one hash for each election: of
all winners it named, under every rule and in order. Only winners with that hash are taken for
those it named; for any others it is asked, as it is when the election, the rules, how we ask or
pabutools has changed, and always under FUZZ=1. WRITE_ANSWERS=1 writes what it answers then.
"""

import json
import os
from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from ballots.counting import Election, Rule
from tests.ballots.elections import groups_of

HERE = Path(__file__).parent
FILE = HERE / "reference_answers.json"
# How an election is put to pabutools.
ASKING = (HERE / "reference.py", HERE / "elections.py")

Winners = Sequence[Sequence[str]]


class Question:
    """One election under many rules, as it is put to the reference."""

    def __init__(self, name: str, election: Election, rules: Sequence[Rule]) -> None:
        how = [file.read_text() for file in ASKING]
        money = election.budget_pence, [(p.id, p.cost_pence) for p in election.projects]
        everything = (version("pabutools"), how, money, groups_of(election), list(rules))
        self._name, self._asked = name, sha256(repr(everything).encode()).hexdigest()

    def was_answered(self, winners: Winners) -> bool:
        """Whether the reference, asked the very same, named these winners and no others."""
        if os.environ.get("FUZZ") or os.environ.get("WRITE_ANSWERS"):
            return False
        kept = json.loads(FILE.read_text()).get(self._name)
        return bool(kept == [self._asked, _hash(winners)])

    def keep(self, answered: Winners) -> None:
        """Keep what the reference has just answered, where somebody wants that."""
        if os.environ.get("WRITE_ANSWERS"):
            kept = json.loads(FILE.read_text())
            kept[self._name] = [self._asked, _hash(answered)]
            FILE.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")


def _hash(winners: Winners) -> str:
    return sha256(repr([list(each) for each in winners]).encode()).hexdigest()
