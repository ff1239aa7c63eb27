"""Greedy and equal shares against pabutools with exact fractions: the same winners, always."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ballots.counting import (
    Completion,
    Election,
    RankedBy,
    Rule,
    RuleName,
    TieOrder,
    Utility,
    count,
)
from ballots.pabulib import read_file
from tests.ballots.elections import drawn_elections

reference = pytest.importorskip("tests.ballots.reference", exc_type=ImportError)

REAL = Path(__file__).parents[2].parent / "shared" / "pabulib"
FILES = sorted(REAL.glob("*.pb"))
MANY = settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
SEEDS = st.text("abc", min_size=1, max_size=3)


@MANY
@given(drawn_elections(), st.sampled_from([RankedBy.VOTES, RankedBy.SCORE]), SEEDS)
def test_greedy_agrees_on_drawn_elections(drawn: Election, by: RankedBy, seed: str) -> None:
    election, order = reference.supported(drawn), TieOrder.drawn(seed)
    by = by if election.ballots.points is not None else RankedBy.VOTES
    ours = count(election, Rule(ranked_by=by), order).winners
    assert list(ours) == reference.Reference(election, order).greedily(by)


@MANY
@given(drawn_elections(pointed=False), SEEDS)
def test_greedy_by_votes_per_pound_agrees(drawn: Election, seed: str) -> None:
    election, order = reference.supported(drawn), TieOrder.drawn(seed)
    by = RankedBy.VOTES_PER_POUND
    ours = count(election, Rule(ranked_by=by), order).winners
    assert list(ours) == reference.Reference(election, order).greedily(by)


@MANY
@given(drawn_elections(), st.sampled_from(Utility), SEEDS)
def test_equal_shares_agrees_on_drawn_elections(
    drawn: Election, utility: Utility, seed: str
) -> None:
    election, order = reference.supported(drawn), TieOrder.drawn(seed)
    assume(election.ballots.points is not None or utility is not Utility.POINTS)
    ours = count(election, Rule(name=RuleName.EQUAL_SHARES, utility=utility), order).winners
    assert list(ours) == reference.Reference(election, order).by_equal_shares(utility)


@MANY
@given(drawn_elections(4), st.sampled_from(Utility), st.booleans(), SEEDS)
def test_raised_shares_agree_on_drawn_elections(
    drawn: Election, utility: Utility, exhaustive: bool, seed: str
) -> None:
    election, order = reference.supported(drawn), TieOrder.drawn(seed)
    assume(election.ballots.points is not None or utility is not Utility.POINTS)
    step = max(1, election.budget_pence // 15)
    completion = Completion.ADD1_EXHAUSTIVE if exhaustive else Completion.ADD1
    rule = Rule(name=RuleName.EQUAL_SHARES, utility=utility, completion=completion, step_pence=step)
    theirs = reference.Reference(election, order).by_equal_shares_raised(
        utility, step, exhaustive=exhaustive
    )
    assert list(count(election, rule, order).winners) == theirs


@pytest.mark.skipif(not FILES, reason="needs the real elections beside the repository")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem[:40])
def test_greedy_and_equal_shares_agree_on_real_elections(path: Path) -> None:
    election = reference.supported(read_file(path).as_election())
    asked = reference.Reference(election)
    by = RankedBy.VOTES if election.ballots.points is None else RankedBy.SCORE
    assert list(count(election, Rule(ranked_by=by)).winners) == asked.greedily(by)
    utility = Utility.COST if election.ballots.points is None else Utility.POINTS
    ours = count(election, Rule(name=RuleName.EQUAL_SHARES, utility=utility)).winners
    assert list(ours) == asked.by_equal_shares(utility)
