"""Phragmén and knapsack against pabutools with exact fractions: the same outcome, always."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ballots.counting import Election, RankedBy, Result, Rule, RuleName, TieOrder, count
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
    assert worth(election, by, ours.winners) == worth(election, by, theirs)
    # The reference breaks no ties; where there is none the sets are the same.
    assert ours.ties or set(ours.winners) == set(theirs)
    assert_ties_are_real(election, by, ours)


def assert_ties_are_real(election: Election, by: RankedBy, ours: Result) -> None:
    for tie in ours.ties:
        runner_up = set(ours.winners).symmetric_difference(tie.members)
        assert reference.worth(election, by, runner_up) == reference.worth(
            election, by, ours.winners
        )


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
