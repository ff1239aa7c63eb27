"""A tally that ballots come into one by one, ready to be counted at any moment. Pure."""

from array import array
from collections.abc import Iterable

import numpy as np

from ballots.counting.election import Ballots, Election, Project, Whole

_Marks = tuple[tuple[str, ...], tuple[int, ...] | None]


class RunningTally:
    """The ballots so far, identical ones together; adding one costs microseconds.

    Raises ValueError for a ballot that no rule could count, and for one taken out that is not
    there.
    """

    def __init__(self, projects: Iterable[Project], budget_pence: int) -> None:
        self._projects, self._budget_pence = tuple(projects), budget_pence
        self._places = {project.id: place for place, project in enumerate(self._projects)}
        self._groups: dict[_Marks, int] = {}
        self._weights = array("q")
        self._ends = array("q", [0])
        self._choices = array("q")
        self._points = array("q")
        self._pointed = False

    def add(
        self, choices: tuple[str, ...], points: tuple[int, ...] | None = None, ballots: int = 1
    ) -> None:
        """Take in a ballot, or so many identical ones."""
        group = self._groups.get((choices, points))
        if group is None:
            group = self._new_group(choices, points)
        self._weights[group] += ballots

    def take_out(
        self, choices: tuple[str, ...], points: tuple[int, ...] | None = None, ballots: int = 1
    ) -> None:
        """Take a ballot out again, as when somebody changes theirs."""
        group = self._groups.get((choices, points))
        if group is None or self._weights[group] < ballots:
            raise ValueError("no such ballot was taken in")
        self._weights[group] -= ballots

    def _new_group(self, choices: tuple[str, ...], points: tuple[int, ...] | None) -> int:
        if len(set(choices)) != len(choices):
            raise ValueError("a ballot names a project twice")
        try:
            places = list(map(self._places.__getitem__, choices))
        except KeyError as unknown:
            raise ValueError("a ballot names an unknown project") from unknown
        if points is not None or self._pointed:
            self._note_points(choices, points)
        self._choices.fromlist(places)
        self._ends.append(len(self._choices))
        self._weights.append(0)
        group = self._groups[choices, points] = len(self._weights) - 1
        return group

    def _note_points(self, choices: tuple[str, ...], points: tuple[int, ...] | None) -> None:
        if points is not None and len(points) != len(choices):
            raise ValueError("as many points as choices")
        if not self._pointed:
            self._pointed = True
            self._points.extend((1,) * len(self._choices))
        self._points.extend((1,) * len(choices) if points is None else points)

    def election(self) -> Election:
        """The election of the ballots as they are now; what comes later does not change it."""
        weights, ends = np.array(self._weights), np.array(self._ends)
        choices = np.array(self._choices)
        points = np.array(self._points) if self._pointed else None
        if len(weights) and weights.min() == 0:
            weights, ends, choices, points = _without_empty(weights, ends, choices, points)
        return Election(self._projects, Ballots(weights, ends, choices, points), self._budget_pence)


def _without_empty(
    weights: Whole, ends: Whole, choices: Whole, points: Whole | None
) -> tuple[Whole, Whole, Whole, Whole | None]:
    """The same groups without those that no ballot is left of."""
    lengths, kept = np.diff(ends), weights > 0
    of_kept = np.repeat(kept, lengths)
    starts = np.concatenate(([0], np.cumsum(lengths[kept])))
    return weights[kept], starts, choices[of_kept], None if points is None else points[of_kept]
