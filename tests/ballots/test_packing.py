"""Ballots as the rules hold them: packed, checked, and never changed again."""

import numpy as np
import pytest

from ballots.counting import BallotGroup, Ballots, Election, Project, election
from ballots.counting.election import Whole


def whole(*numbers: int) -> Whole:
    return np.array(numbers, dtype=np.int64)


@pytest.mark.parametrize(
    ("ballots", "complaint"),
    [
        (Ballots(whole(1), whole(0), whole()), "not packed"),
        (Ballots(whole(1), whole(0, 1), whole(0), whole()), "as many points"),
        (Ballots(whole(1), whole(0, 1), whole(0), whole(10**7)), "more points"),
        (Ballots(whole(10**10), whole(0, 1), whole(0)), "more ballots than people"),
        (Ballots(whole(1), whole(0, 1), whole(1)), "unknown project"),
    ],
)
def test_packed_ballots_that_no_paper_allows_are_refused(ballots: Ballots, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Election((Project("a", 1),), ballots, 1)


def test_as_many_points_as_choices() -> None:
    with pytest.raises(ValueError, match="as many points"):
        Election.of([Project("a", 1)], [BallotGroup(("a",), 1, (1, 2))], 1)


def test_choices_beside_pointed_ballots_count_one_point() -> None:
    groups = [BallotGroup(("a",), 2), BallotGroup(("a",), 1, (5,))]
    assert Election.of([Project("a", 1)], groups, 1).score_counts == (7,)


@pytest.mark.parametrize("repeats", [False, True])
def test_too_many_cells_to_mark_are_sorted(monkeypatch: pytest.MonkeyPatch, repeats: bool) -> None:
    monkeypatch.setattr(election, "_MOST_MARKS", 0)
    ballots = Ballots(whole(1), whole(0, 2), whole(0, 0 if repeats else 1))
    projects = (Project("a", 1), Project("b", 1))
    if repeats:
        with pytest.raises(ValueError, match="twice"):
            Election(projects, ballots, 1)
    else:
        assert Election(projects, ballots, 1).vote_counts == (1, 1)
