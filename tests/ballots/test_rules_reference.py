"""Phragmén and knapsack against pabutools with exact fractions: the same outcome, always."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ballots.counting import Election, RankedBy, Result, Rule, RuleName, TieOrder
from ballots.counting.knapsack import count_by_knapsack
from ballots.counting.phragmen import count_by_phragmen
from ballots.pabulib import read_file
from tests.ballots.elections import drawn_elections

reference = pytest.importorskip("tests.ballots.reference", exc_type=ImportError)
pabutools = pytest.importorskip("pabutools.rules")
measures = pytest.importorskip("pabutools.election")

REAL = Path(__file__).parents[2].parent / "shared" / "pabulib"
FILES = sorted(REAL.glob("*.pb"))
MANY = settings(max_examples=1_000, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = st.text("abc", min_size=1, max_size=3)


@pytest.fixture
def deep_recursion() -> Iterator[None]:
    """The reference calls itself once a purchase."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(before)


def phragmen_agrees(election: Election, order: TieOrder) -> None:
    ours = count_by_phragmen(election, Rule(name=RuleName.PHRAGMEN), order)
    theirs = reference.Reference(election, order)
    allocation = pabutools.sequential_phragmen(
        theirs.instance, theirs.profile, tie_breaking=theirs.ties
    )
    assert sorted(ours.winners) == sorted(project.name for project in allocation)


@MANY
@given(drawn_elections(most_projects=8, pointed=False), SEEDS)
def test_phragmen_agrees_on_drawn_elections(drawn: Election, seed: str) -> None:
    phragmen_agrees(reference.supported(drawn), TieOrder.drawn(seed))


@pytest.mark.skipif(not FILES, reason="the real elections are not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_phragmen_agrees_on_real_elections(path: Path, deep_recursion: None) -> None:
    election = reference.supported(read_file(path).as_election())
    phragmen_agrees(without_points(election), TieOrder.drawn("real"))


def knapsack_agrees(election: Election, by: RankedBy) -> None:
    ours = count_by_knapsack(
        election, Rule(name=RuleName.KNAPSACK, ranked_by=by), TieOrder.drawn("k")
    )
    theirs = reference.Reference(election)
    satisfaction = {
        RankedBy.VOTES: measures.Cardinality_Sat,
        RankedBy.SCORE: measures.Additive_Cardinal_Sat,
        RankedBy.VOTES_TIMES_COST: measures.Cost_Sat,
    }[by]
    allocation = pabutools.max_additive_utilitarian_welfare(
        theirs.instance, theirs.profile, sat_class=satisfaction
    )
    names = {project.name for project in allocation}
    assert worth(election, by, ours.winners) == worth(election, by, names)
    # The reference breaks no ties; where there is none the sets are the same.
    assert ours.ties or set(ours.winners) == names
    assert_ties_are_real(election, by, ours)


def worth(election: Election, by: RankedBy, names: Any) -> int:
    counts = election.score_counts if by is RankedBy.SCORE else election.vote_counts
    costs = [
        project.cost_pence if by is RankedBy.VOTES_TIMES_COST else 1
        for project in election.projects
    ]
    places = (election.places[name] for name in names)
    return sum(counts[at] * costs[at] for at in places)


def assert_ties_are_real(election: Election, by: RankedBy, ours: Result) -> None:
    for tie in ours.ties:
        runner_up = set(ours.winners).symmetric_difference(tie.members)
        assert worth(election, by, runner_up) == worth(election, by, ours.winners)


@MANY
@given(drawn_elections(most_projects=10), st.sampled_from(RankedBy))
def test_knapsack_agrees_on_drawn_elections(drawn: Election, by: RankedBy) -> None:
    if by is RankedBy.VOTES_PER_POUND or (by is RankedBy.SCORE and drawn.ballots.points is None):
        by = RankedBy.VOTES
    election = reference.supported(drawn)
    if by is not RankedBy.SCORE:
        election = without_points(election)
    # The reference fails when there is nothing to choose from.
    assume(election.projects)
    knapsack_agrees(election, by)


@pytest.mark.skipif(not FILES, reason="the real elections are not here")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_knapsack_agrees_on_real_elections(path: Path, deep_recursion: None) -> None:
    election = reference.supported(read_file(path).as_election())
    if election.ballots.points is None:
        knapsack_agrees(election, RankedBy.VOTES)
    else:
        knapsack_agrees(election, RankedBy.SCORE)


def without_points(election: Election) -> Election:
    """Every choice worth one; only of use where all have points above 0."""
    ballots = election.ballots
    packed = type(ballots)(ballots.weights, ballots.starts, ballots.choices)
    return Election(election.projects, packed, election.budget_pence)
