"""Greedy and equal shares against pabutools with exact fractions: the same winners, always."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ballots.counting import (
    Election,
    Misfit,
    RankedBy,
    Rule,
    RuleName,
    TieOrder,
    Utility,
    count,
)
from ballots.pabulib import read_file
from tests.ballots.elections import drawn_elections
from tests.ballots.kept_answers import Question

reference = pytest.importorskip("tests.ballots.reference", exc_type=ImportError)

REAL = Path(__file__).parents[2].parent / "shared" / "pabulib"
FILES = sorted(REAL.glob("*.pb"))
MANY = settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
# pabutools takes a second a count beyond so many different ballots; `benchmarks.peers` has time.
MANY_BALLOTS = 2_500
SEEDS = st.text("abc", min_size=1, max_size=3)


def agrees(election: Election, rule: Rule, order: TieOrder) -> None:
    asked = reference.Reference(election, order)
    assert list(count(election, rule, order).winners) == asked.counted(rule)


@MANY
@given(drawn_elections(), st.sampled_from(RankedBy), SEEDS)
def test_greedy_agrees_on_drawn_elections(drawn: Election, by: RankedBy, seed: str) -> None:
    election = reference.supported(drawn)
    assume(by is not RankedBy.VOTES_TIMES_COST)
    assume(election.ballots.points is not None or by is not RankedBy.SCORE)
    agrees(election, Rule(ranked_by=by), TieOrder.drawn(seed))


@MANY
@given(drawn_elections(), st.sampled_from(Utility), SEEDS)
def test_equal_shares_agrees_on_drawn_elections(
    drawn: Election, utility: Utility, seed: str
) -> None:
    election = reference.supported(drawn)
    assume(election.ballots.points is not None or utility is not Utility.POINTS)
    agrees(election, Rule(name=RuleName.EQUAL_SHARES, utility=utility), TieOrder.drawn(seed))


@MANY
@given(drawn_elections(4), st.data(), SEEDS)
def test_raised_and_completed_shares_agree_on_drawn_elections(
    drawn: Election, data: st.DataObject, seed: str
) -> None:
    election = reference.supported(drawn)
    rule = data.draw(st.sampled_from(list(reference.comparable_rules(election, parts=3))))
    agrees(election, rule, TieOrder.drawn(seed))


@pytest.mark.skipif(not FILES, reason="needs the real elections beside the repository")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem[:40])
def test_every_greedy_and_equal_shares_rule_agrees_on_real_elections(path: Path) -> None:
    election = reference.supported(read_file(path).as_election())
    parts = 2 if election.ballots.groups > MANY_BALLOTS else 20
    rules = list(reference.comparable_rules(election, parts))
    ours = [list(count(election, rule).winners) for rule in rules]
    question = Question(path.stem, election, rules)
    if question.was_answered(ours):
        return
    asked = reference.Reference(election)
    theirs = [asked.counted(rule) for rule in rules]
    question.keep(theirs)
    for rule, our, their in zip(rules, ours, theirs, strict=True):
        assert our == their, rule


@pytest.mark.skipif(not FILES, reason="needs the real elections beside the repository")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem[:40])
def test_greedy_that_stops_funds_what_a_plain_loop_funds(path: Path) -> None:
    election = read_file(path).as_election()
    votes, left, funded = election.votes, election.budget_pence, []
    for project in sorted(election.projects, key=lambda p: (-votes[p.id], p.cost_pence, p.id)):
        if project.cost_pence > left or not votes[project.id]:
            break
        left -= project.cost_pence
        funded.append(project.id)
    assert list(count(election, Rule(misfit=Misfit.STOP)).winners) == funded
