"""On what terms rankings, points and scores of a `.pb` file are cast again."""

from pathlib import Path
from typing import Any

import pytest

from ballots import pabulib
from ballots.papers import BallotFormat, PaperFault, faults_in

REAL = Path(__file__).parents[2].parent / "shared" / "pabulib"
REAL_FILES = sorted(REAL.glob("*.pb")) if REAL.is_dir() else []


def pb(vote_type: str, *votes: str, **meta: str) -> pabulib.PabulibElection:
    """An election of three projects; each vote is “1,2;3,1”: choices and their points."""
    keys = {"num_projects": "3", "budget": "100", "vote_type": vote_type, **meta}
    return pabulib.read(
        "\n".join(
            [
                "META",
                "key;value",
                *(f"{key};{value}" for key, value in keys.items()),
                "PROJECTS",
                "project_id;cost;name",
                "1;60;Benches",
                "2;50;Lights",
                "3;40;Trees",
                "VOTES",
                "voter_id;vote;points",
                *(f"v{n};{vote}" for n, vote in enumerate(votes, start=1)),
                "",
            ]
        )
    )


def limits_of(paper: Any) -> dict[str, int]:
    names = ("max_choices", "points_to_give", "most_points_on_one", "highest_score")
    limits = {name: getattr(paper, name) for name in names}
    return {name: limit for name, limit in limits.items() if limit is not None}


@pytest.mark.parametrize(
    ("vote_type", "ballot_format"),
    [
        ("ordinal", BallotFormat.RANKING),
        ("cumulative", BallotFormat.POINTS),
        ("scoring", BallotFormat.SCORES),
    ],
)
def test_each_type_of_vote_has_its_paper(vote_type: str, ballot_format: BallotFormat) -> None:
    election = pb(vote_type, "1;1")
    assert pabulib.ballot_format(election) is ballot_format
    assert pabulib.loosest_paper(election).ballot_format is ballot_format


def test_a_ranking_is_cast_in_the_order_of_the_file() -> None:
    election = pb("ordinal", "3,1;")
    assert pabulib.choices_on(election, election.voters[0]) == ("3", "1")


def test_points_are_cast_beside_their_projects_and_nothing_is_left_out() -> None:
    election = pb("cumulative", "3,1,2;5,0")
    assert pabulib.choices_on(election, election.voters[0]) == {"3": 5}


@pytest.mark.parametrize("points", ["1.5", "-1", "1000001"])
@pytest.mark.parametrize("vote_type", ["cumulative", "scoring"])
def test_points_that_no_paper_allows_cannot_be_cast(vote_type: str, points: str) -> None:
    election = pb(vote_type, f"1;{points}")
    with pytest.raises(pabulib.UnsupportedVoteTypeError) as unsupported:
        pabulib.loosest_paper(election)
    assert unsupported.value.vote_type == vote_type


@pytest.mark.parametrize(
    ("vote_type", "votes", "meta", "own", "loosest"),
    [
        (
            "cumulative",
            ["1,2;2,1"],
            {"max_sum_points": "5", "max_points": "4"},
            {"points_to_give": 5, "most_points_on_one": 4},
            {"points_to_give": 5, "most_points_on_one": 4},
        ),
        (
            "cumulative",
            ["1,2;4,3"],
            {"max_sum_points": "5", "max_points": "3"},
            {"points_to_give": 5, "most_points_on_one": 3},
            {"points_to_give": 7, "most_points_on_one": 4},
        ),
        (
            "cumulative",
            ["1,2;4,3", "3;6"],
            {"max_length": "1"},
            {"max_choices": 1, "points_to_give": 1_000_000},
            {"max_choices": 2, "points_to_give": 7},
        ),
        (
            "scoring",
            ["1;4", "2;7"],
            {"max_points": "5"},
            {"highest_score": 5},
            {"highest_score": 7},
        ),
        ("scoring", ["1;4"], {}, {"highest_score": 1_000_000}, {"highest_score": 4}),
        ("scoring", [], {"max_points": "many"}, {"highest_score": 1_000_000}, {"highest_score": 1}),
        ("ordinal", ["1,2,3;"], {"max_length": "2"}, {"max_choices": 2}, {"max_choices": 3}),
    ],
)
def test_limits_are_the_file_s_own_and_are_loosened_just_as_far_as_its_ballots_need(
    vote_type: str,
    votes: list[str],
    meta: dict[str, str],
    own: dict[str, int],
    loosest: dict[str, int],
) -> None:
    election = pb(vote_type, *votes, **meta)
    assert limits_of(pabulib.paper_of(election)) == own
    assert limits_of(pabulib.loosest_paper(election)) == loosest


def test_points_beyond_the_file_s_own_limit_are_reported() -> None:
    election = pb("cumulative", "1,2;4,3", "1;5", max_sum_points="5")
    found = [(voter, fault.fault) for voter, fault in pabulib.breaches(election)]
    assert found == [("v1", PaperFault.TOO_MANY_POINTS)]


@pytest.mark.skipif(not REAL_FILES, reason="the real elections are not at hand")
@pytest.mark.parametrize("path", REAL_FILES, ids=lambda path: path.stem)
def test_every_ballot_of_a_real_election_can_be_cast_on_its_loosest_paper(path: Path) -> None:
    election = pabulib.read_file(path)
    paper = pabulib.loosest_paper(election)
    assert all(
        not faults_in(paper, pabulib.choices_on(election, ballot)) for ballot in election.voters
    )
