"""A running tally: ballots come and go, and at any moment it is the election of those there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballots.counting import BallotGroup, Election, Project
from ballots.counting.running import RunningTally
from tests.ballots.elections import drawn_elections, groups_of

PROJECTS = (Project("lamp", 60), Project("road", 50), Project("tree", 40))


def sums(election: Election) -> tuple[object, ...]:
    return election.votes, election.score_counts, election.ballots_cast, election.budget_pence


@given(drawn_elections())
def test_ballots_added_one_by_one_are_the_same_election(election: Election) -> None:
    tally = RunningTally(election.projects, election.budget_pence)
    for group in groups_of(election):
        for _ in range(group.ballots):
            tally.add(group.choices, group.points)
    assert sums(tally.election()) == sums(election)


@given(drawn_elections(), drawn_elections(), st.data())
def test_what_was_taken_out_leaves_no_trace(
    kept: Election, gone: Election, data: st.DataObject
) -> None:
    tally = RunningTally(gone.projects, gone.budget_pence)
    known = set(gone.places)
    staying = [group for group in groups_of(kept) if known.issuperset(group.choices)]
    coming = [(group, True) for group in groups_of(gone)] + [(group, False) for group in staying]
    for group, _ in data.draw(st.permutations(coming)):
        tally.add(group.choices, group.points, group.ballots)
    for group, leaves in coming:
        if leaves:
            tally.take_out(group.choices, group.points, group.ballots)
    assert sums(tally.election()) == sums(Election.of(gone.projects, staying, gone.budget_pence))


def test_an_election_taken_from_the_tally_stays_as_it_was() -> None:
    tally = RunningTally(PROJECTS, 100)
    tally.add(("lamp",))
    then = tally.election()
    tally.add(("lamp", "road"), ballots=2)
    assert then.vote_counts == (1, 0, 0)
    assert tally.election().vote_counts == (3, 2, 0)


def test_points_may_come_after_ballots_without_and_before() -> None:
    tally = RunningTally(PROJECTS, 100)
    tally.add(("lamp", "road"))
    tally.add(("road", "tree"), (5, 0))
    tally.add(("tree",))
    assert tally.election().score_counts == (1, 6, 1)
    assert tally.election().vote_counts == (1, 2, 1)


@pytest.mark.parametrize(
    ("choices", "points"),
    [
        (("oak",), None),
        (("lamp", "lamp"), None),
        (("lamp",), (1, 2)),
        (("oak",), (1,)),
    ],
)
def test_a_ballot_that_no_rule_could_count_is_refused_and_leaves_no_trace(
    choices: tuple[str, ...], points: tuple[int, ...] | None
) -> None:
    tally = RunningTally(PROJECTS, 100)
    tally.add(("tree",))
    with pytest.raises(ValueError):
        tally.add(choices, points)
    tally.add(("road",), (2,))
    assert tally.election().score_counts == (0, 2, 1)


def test_only_what_came_in_can_go_out() -> None:
    tally = RunningTally(PROJECTS, 100)
    tally.add(("tree",))
    for choices, ballots in ((("lamp",), 1), (("tree",), 2)):
        with pytest.raises(ValueError, match="no such ballot"):
            tally.take_out(choices, ballots=ballots)
    assert tally.election().ballots_cast == 1


def test_a_project_named_twice_is_found_however_many_groups_and_projects_there_are() -> None:
    many = [Project(f"p{number}", 1) for number in range(9_000)]
    groups = [BallotGroup((f"p{number}",), 1) for number in range(8_999)]
    Election.of(many, [*groups, BallotGroup(("p1", "p8999"), 1)], 1)
    with pytest.raises(ValueError, match="twice"):
        Election.of(many, [*groups, BallotGroup(("p8999", "p1", "p8999"), 1)], 1)
