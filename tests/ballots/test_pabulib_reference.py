"""The field's reference library reads from our files what we wrote into them."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from ballots import pabulib
from ballots.pabulib import PabulibBallot, PabulibElection, PabulibProject, VoteType
from tests.ballots.test_pabulib_writing import REAL_FILES, STREET, elections

pytest.importorskip("pabutools")
from pabutools.election import pabulib as reference


def the_reference_reads_what_was_written(election: PabulibElection) -> None:
    instance, profile = reference.parse_pabulib_from_string(pabulib.write(election))
    costs = {project.name: Fraction(int(project.cost * 100), 1) for project in instance}
    assert costs == {project.id: project.cost_pence for project in election.projects}
    assert instance.budget_limit * 100 == election.budget_pence
    assert Counter(said(ballot, election.vote_type) for ballot in profile) == counted(election)


def said(ballot: Any, vote_type: VoteType) -> object:
    """A ballot of the reference library: what was chosen, with points, in order or neither."""
    if vote_type in (VoteType.CUMULATIVE, VoteType.SCORING):
        return frozenset((project.name, Fraction(points)) for project, points in ballot.items())
    names = [project.name for project in ballot]
    return tuple(names) if vote_type is VoteType.ORDINAL else frozenset(names)


def counted(election: PabulibElection) -> Counter[object]:
    """The ballots of an election, not put together by the code under test."""
    ballots: Counter[object] = Counter()
    for _, choices, points in election.voters:
        if election.vote_type in (VoteType.CUMULATIVE, VoteType.SCORING):
            given = [Fraction(number) for number in points] + [Fraction(0)] * len(choices)
            ballots[frozenset(zip(choices, given, strict=False))] += 1
        elif election.vote_type is VoteType.ORDINAL:
            ballots[choices] += 1
        else:
            ballots[frozenset(choices)] += 1
    return ballots


@pytest.mark.parametrize("vote_type", VoteType)
def test_the_reference_reads_every_type_of_vote(vote_type: VoteType) -> None:
    voters = (
        PabulibBallot("a", ("2", "L/1.a"), (Decimal(3), Decimal("0.5"))),
        PabulibBallot("b", ("L/1.a", "2"), (Decimal("0.5"), Decimal(3))),
        PabulibBallot("c", ("2",)),
        PabulibBallot("d", ()),
        PabulibBallot("e", ()),
    )
    the_reference_reads_what_was_written(replace(STREET, vote_type=vote_type, voters=voters))


def test_the_reference_reads_limits_names_and_categories() -> None:
    limited = replace(STREET, min_length=2, max_length=1, max_sum_cost_pence=4_025)
    instance, profile = reference.parse_pabulib_from_string(pabulib.write(limited))
    assert (profile.legal_min_length, profile.legal_max_length) == (2, 1)
    assert instance.meta["max_sum_cost"] == "40.25"
    assert instance.categories >= {"sport", "green"}
    names = {instance.project_meta[project]["name"] for project in instance}
    assert names == {"Lamp", 'The "old" road; mended'}
    assert instance.meta["comment"] == "#1: a; b"


def one_line(project: PabulibProject) -> bool:
    return len(project.id.splitlines()) == 1


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(elections())
def test_the_reference_reads_whatever_is_written(election: PabulibElection) -> None:
    # It loses the line ends of a quoted text, so ids with some come out as others.
    assume(all(map(one_line, election.projects)))
    the_reference_reads_what_was_written(election)


@pytest.mark.skipif(not REAL_FILES, reason="the real elections are not at hand")
@pytest.mark.parametrize(
    "path",
    [path for path in REAL_FILES if path.stat().st_size < 200_000],
    ids=lambda path: path.stem,
)
def test_the_reference_reads_a_real_election_that_went_through_us(path: Path) -> None:
    the_reference_reads_what_was_written(pabulib.read_file(path))
