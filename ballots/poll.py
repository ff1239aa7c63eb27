"""Filled-in papers with all that a count needs, put together where they are counted. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ballots.counting import Election, Project, Result, Rule, TieOrder, count
from ballots.counting.alternatives import explain_beside_other
from ballots.counting.running import RunningTally
from ballots.papers import BallotFormat, marks_in


@dataclass(frozen=True)
class Poll:
    """Papers as they are stored, alike ones together; a city's go to another process as they are.

    `papers` are canonical texts of `ballot_format`, and how many voters handed in each.
    """

    ballot_format: BallotFormat
    projects: tuple[Project, ...]
    budget_pence: int
    papers: Mapping[str, int]

    @property
    def voters(self) -> int:
        """How many voters' papers these are."""
        return sum(self.papers.values())

    def election(self) -> Election:
        """The papers as a rule counts them."""
        tally = RunningTally(self.projects, self.budget_pence)
        for choices, points, ballots in self._groups():
            tally.add(choices, points, ballots)
        return tally.election()

    def _groups(self) -> Iterator[tuple[tuple[str, ...], tuple[int, ...] | None, int]]:
        for stored, ballots in self.papers.items():
            choices, points = marks_in(self.ballot_format, stored)
            yield choices, points, ballots


def count_poll(poll: Poll, rule: Rule, tie_order: TieOrder) -> Result:
    """The result of these papers under a rule."""
    return count(poll.election(), rule, tie_order)


def explain_poll(poll: Poll, result: Result) -> dict[str, object]:
    """Why these papers decided so, beside what a second rule would have decided."""
    return explain_beside_other(poll.election(), result)
