"""Phragmén and knapsack against pabutools with exact fractions: the same outcome, always."""

from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ballots.counting import (
    BallotGroup,
    Election,
    Project,
    RankedBy,
    Result,
    Rule,
    RuleName,
    TieOrder,
    count,
)
from ballots.pabulib import read_file
from tests.ballots.elections import drawn_elections

reference = pytest.importorskip("tests.ballots.reference", exc_type=ImportError)

REAL = Path(__file__).parents[2].parent / "shared" / "pabulib"
FILES = sorted(REAL.glob("*.pb"))
MANY = settings(max_examples=1_000, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = st.text("abc", min_size=1, max_size=3)


def phragmen_agrees(election: Election, order: TieOrder) -> None:
    rule = Rule(name=RuleName.PHRAGMEN)
    theirs = reference.Reference(election, order).counted(rule)
    assert sorted(count(election, rule, order).winners) == sorted(theirs)


@MANY
@given(drawn_elections(most_projects=8, pointed=False), SEEDS)
def test_phragmen_agrees_on_drawn_elections(drawn: Election, seed: str) -> None:
    phragmen_agrees(reference.supported(drawn), TieOrder.drawn(seed))


@pytest.mark.skipif(not FILES, reason="the real elections are not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_phragmen_agrees_on_real_elections(path: Path) -> None:
    election = reference.supported(read_file(path).as_election())
    with reference.deep_recursion():
        phragmen_agrees(reference.without_points(election), TieOrder.drawn("real"))


def knapsack_agrees(election: Election, by: RankedBy) -> None:
    rule, worth = Rule(name=RuleName.KNAPSACK, ranked_by=by), reference.worth
    ours = count(election, rule, TieOrder.drawn("k"))
    theirs = reference.Reference(election).counted(rule)
    if worth(election, by, theirs) < worth(election, by, ours.winners):
        # Its search can stop short of the best, as of 7 in the election below.
        assert worth(election, by, ours.winners) == the_best_there_is(election, by)
        return
    assert worth(election, by, ours.winners) == worth(election, by, theirs)
    # The reference breaks no ties; where there is none the sets are the same.
    assert ours.ties or set(ours.winners) == set(theirs)
    assert_ties_are_real(election, by, ours)


def the_best_there_is(election: Election, by: RankedBy) -> int:
    """By trying every set of projects that the money reaches."""
    projects = election.projects
    assert len(projects) <= 12, "too many sets to try"
    sets = (chosen for size in range(len(projects) + 1) for chosen in combinations(projects, size))
    return max(
        reference.worth(election, by, [project.id for project in chosen])
        for chosen in sets
        if sum(project.cost_pence for project in chosen) <= election.budget_pence
    )


def assert_ties_are_real(election: Election, by: RankedBy, ours: Result) -> None:
    for tie in ours.ties:
        runner_up = set(ours.winners).symmetric_difference(tie.members)
        assert reference.worth(election, by, runner_up) == reference.worth(
            election, by, ours.winners
        )


def test_knapsack_finds_the_best_where_the_reference_stops_short() -> None:
    costs = {"a": 49, "b": 56, "e": 21, "f": 49, "g": 56}
    projects = [Project(name, cost) for name, cost in costs.items()]
    choices = [("a", "b"), ("g", "e"), ("g", "e"), ("f",), ("a", "b")]
    election = Election.of(projects, [BallotGroup(each, 1) for each in choices], 175)
    assert the_best_there_is(election, RankedBy.VOTES) == 7
    knapsack_agrees(election, RankedBy.VOTES)


@MANY
@given(drawn_elections(most_projects=10), st.sampled_from(RankedBy))
def test_knapsack_agrees_on_drawn_elections(drawn: Election, by: RankedBy) -> None:
    if by is RankedBy.VOTES_PER_POUND or (by is RankedBy.SCORE and drawn.ballots.points is None):
        by = RankedBy.VOTES
    election = reference.supported(drawn)
    if by is not RankedBy.SCORE:
        election = reference.without_points(election)
    # The reference fails when there is nothing to choose from.
    assume(election.projects)
    knapsack_agrees(election, by)


@pytest.mark.skipif(not FILES, reason="the real elections are not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_knapsack_agrees_on_real_elections(path: Path) -> None:
    election = reference.supported(read_file(path).as_election())
    by = RankedBy.VOTES if election.ballots.points is None else RankedBy.SCORE
    with reference.deep_recursion():
        knapsack_agrees(election, by)
        knapsack_agrees(reference.without_points(election), RankedBy.VOTES_TIMES_COST)
