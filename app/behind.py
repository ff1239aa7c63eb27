"""How far this process is behind: figures behind the turnout, phones behind the figures."""

from collections import deque
from collections.abc import Iterator
from itertools import repeat
from typing import NamedTuple

from ballots.disclosure import DisclosureProfile, next_step
from ballots.tally import PublicTally
from neighbourhoods.phases import Phase


class _Came(NamedTuple):
    """The voters that made the turnout rise from one look to the next: by number, not by person."""

    first: int
    last: int
    since: float
    is_known: bool


def _covered_of(uncovered: deque[_Came], covered: int, moment: float) -> Iterator[float]:
    """Take out those that figures now cover; the age of each whose coming was seen."""
    while uncovered and uncovered[0].first <= covered:
        came = uncovered.popleft()
        last = min(came.last, covered)
        if came.is_known:
            yield from repeat(moment - came.since, last - came.first + 1)
        if last < came.last:
            uncovered.appendleft(came._replace(first=last + 1))


class FiguresFollowed:
    """How far published figures are behind the turnout, out of what anybody can see.

    No ballot is looked at, and no ballot’s time is known here: the turnout is public at every
    moment, and so is how many voters the figures cover. The n-th voter counts as published once n
    are covered, whoever was drawn by lot into the step.
    """

    def __init__(self) -> None:
        """Nothing was seen so far."""
        self._uncovered: dict[int, deque[_Came]] = {}
        self._reached: dict[int, int] = {}
        self._due_since: dict[int, float] = {}

    def follow(self, tally: PublicTally, moment: float) -> list[float]:
        """Note what is public of a round now; returns the age of each voter newly covered."""
        number = tally.round_id
        if tally.phase != Phase.VOTE or tally.profile is DisclosureProfile.SEALED:
            for kept in (self._uncovered, self._reached, self._due_since):
                kept.pop(number, None)
            return []
        uncovered = self._uncovered.setdefault(number, deque())
        reached = self._reached.get(number)
        if tally.turnout > (reached or 0):
            # When those came who were there before this process looked, it cannot know.
            came = _Came((reached or 0) + 1, tally.turnout, moment, is_known=reached is not None)
            uncovered.append(came)
        self._reached[number] = max(reached or 0, tally.turnout)
        held = max(tally.turnout - tally.covered, 0)
        if next_step(tally.profile, tally.covered, held, tally.step, closed=False):
            self._due_since.setdefault(number, moment)
        else:
            self._due_since.pop(number, None)
        return list(_covered_of(uncovered, tally.covered, moment))

    def oldest(self, moment: float) -> float:
        """Seconds since the turnout of some round passed what its figures cover; else 0."""
        return max(
            (moment - each[0].since for each in self._uncovered.values() if each), default=0.0
        )

    def overdue(self, moment: float) -> float:
        """Seconds since figures of some round could have moved; 0 if none can."""
        return max((moment - since for since in self._due_since.values()), default=0.0)


class VersionsTold:
    """Which version of a round's figures this process last told its phones."""

    def __init__(self) -> None:
        """Nothing was told so far."""
        self._told: dict[int, int] = {}

    def tell(self, news: object) -> None:
        """Note what is being told to the phones."""
        told = news if isinstance(news, dict) else {}
        number, version = told.get("round"), told.get("version")
        if isinstance(number, int) and isinstance(version, int):
            self._told[number] = max(version, self._told.get(number, 0))

    def lag(self, stored: dict[int, int]) -> int:
        """How many stored versions were not told, in the round where it is most.

        What was stored before this process first looked, others told.
        """
        self._told = {number: self._told.get(number, stored[number]) for number in stored}
        return max((stored[number] - told for number, told in self._told.items()), default=0)
