"""On what terms the people of a `.pb` file voted, and where they broke them. Pure."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from typing import Any, NamedTuple

from ballots.counting.election import MOST_POINTS
from ballots.pabulib.election import PabulibBallot, PabulibElection, VoteType
from ballots.papers import (
    NUMBERED,
    BallotFormat,
    BallotPaper,
    Choices,
    Fault,
    PaperProject,
    faults_in,
)

_FORMATS = {
    VoteType.CHOOSE_ONE: BallotFormat.CHOOSE_ONE,
    VoteType.ORDINAL: BallotFormat.RANKING,
    VoteType.CUMULATIVE: BallotFormat.POINTS,
    VoteType.SCORING: BallotFormat.SCORES,
}


class UnsupportedVoteTypeError(Exception):
    """Ballots that cannot be cast: their points are no whole numbers, below 0 or far too many."""

    def __init__(self, vote_type: VoteType) -> None:
        super().__init__(vote_type)
        self.vote_type = vote_type


class VoteDifference(NamedTuple):
    """A project whose `votes` column says something else than the ballots.

    `repeats` is how often a ballot named it again: the column often counts those too.
    """

    project_id: str
    in_file: int
    counted: int
    repeats: int


def ballot_format(election: PabulibElection) -> BallotFormat:
    """The format in which such ballots are cast."""
    limited_by_money = election.max_sum_cost_pence is not None
    approval = BallotFormat.KNAPSACK if limited_by_money else BallotFormat.APPROVAL
    return _FORMATS.get(election.vote_type, approval)


def choices_on(election: PabulibElection, ballot: PabulibBallot) -> Choices:
    """A ballot of the file as it is cast; UnsupportedVoteTypeError if its points cannot be.

    A choice without points, or with 0, is left out where points count.
    """
    if ballot_format(election) not in NUMBERED:
        return ballot.choices
    given = zip(ballot.choices, ballot.points, strict=False)
    return {choice: _whole(election, points) for choice, points in given if points != 0}


def _whole(election: PabulibElection, points: Decimal) -> int:
    if points != int(points) or not 0 < points <= MOST_POINTS:
        raise UnsupportedVoteTypeError(election.vote_type)
    return int(points)


def paper_of(election: PabulibElection) -> BallotPaper:
    """The ballot paper by the file's own limits; where points have none, as many as you like."""
    file_format = ballot_format(election)
    limit = 1 if file_format is BallotFormat.CHOOSE_ONE else election.max_length
    money = election.max_sum_cost_pence
    paper = BallotPaper(
        ballot_format=file_format,
        projects=tuple(PaperProject(p.id, p.cost_pence) for p in election.projects),
        budget_pence=election.budget_pence if money is None else money,
        max_choices=limit,
        min_choices=0,
        points_to_give=MOST_POINTS if file_format is BallotFormat.POINTS else None,
        highest_score=MOST_POINTS if file_format is BallotFormat.SCORES else None,
    )
    least = 1 if election.min_length is None else election.min_length
    return replace(
        paper,
        min_choices=min(least, paper.most_choices),
        **_limits_of_points(election, file_format),
    )


def _limits_of_points(election: PabulibElection, file_format: BallotFormat) -> dict[str, Any]:
    most, in_all = _limit(election, "max_points"), _limit(election, "max_sum_points")
    if file_format is BallotFormat.SCORES:
        return {"highest_score": most or MOST_POINTS}
    if file_format is not BallotFormat.POINTS:
        return {}
    given = {"points_to_give": in_all or MOST_POINTS}
    return given if most is None else given | {"most_points_on_one": min(most, *given.values())}


def _limit(election: PabulibElection, key: str) -> int | None:
    written = election.meta.get(key, "")
    limit = int(written) if written.isascii() and written.isdigit() and len(written) < 9 else 0
    return limit if 1 <= limit <= MOST_POINTS else None


def breaches(election: PabulibElection) -> tuple[tuple[str, Fault], ...]:
    """(voter id, fault) wherever a ballot breaks the file's own limits; raises as `choices_on`."""
    paper = paper_of(election)
    return tuple(
        (ballot.voter_id, fault)
        for ballot in election.voters
        for fault in faults_in(paper, choices_on(election, ballot))
    )


def loosest_paper(election: PabulibElection) -> BallotPaper:
    """The file's paper, each limit loosened just as far as its own ballots need.

    A choose-one paper on which somebody chose more becomes an approval paper. Where the file
    names no limit of points, it is the most that anybody gave. UnsupportedVoteTypeError for
    points that cannot be cast.
    """
    paper = paper_of(election)
    ballots = [choices_on(election, ballot) for ballot in election.voters]
    chosen = [len(choices) for choices in ballots]
    most = None if paper.max_choices is None else max(paper.max_choices, *chosen, 0)
    too_many_for_one = paper.ballot_format is BallotFormat.CHOOSE_ONE and most != 1
    return replace(
        paper,
        ballot_format=BallotFormat.APPROVAL if too_many_for_one else paper.ballot_format,
        max_choices=most,
        min_choices=min(paper.min_choices, *chosen, len(election.projects)),
        budget_pence=_loosest_budget(paper, ballots),
        **_loosest_points(paper, ballots),
    )


def _loosest_budget(paper: BallotPaper, ballots: list[Choices]) -> int:
    if paper.ballot_format is not BallotFormat.KNAPSACK:
        return paper.budget_pence
    costs = paper.costs
    spent = (sum(costs[choice] for choice in choices) for choices in ballots)
    return max(paper.budget_pence, *spent, 0)


def _loosest_points(paper: BallotPaper, ballots: list[Choices]) -> dict[str, Any]:
    given = [tuple(choices.values()) for choices in ballots if isinstance(choices, dict)]
    on_one = max((max(points, default=1) for points in given), default=1)
    in_all = max(map(sum, given), default=1)
    if paper.highest_score is not None:
        return {"highest_score": _loosest(paper.highest_score, on_one)}
    if paper.points_to_give is None:
        return {}
    to_give = _loosest(paper.points_to_give, in_all)
    if paper.most_points_on_one is None:
        return {"points_to_give": to_give}
    most = min(max(paper.most_points_on_one, on_one), to_give)
    return {"points_to_give": to_give, "most_points_on_one": most}


def _loosest(limit: int, needed: int) -> int:
    # The most that can be counted stands for no limit at all.
    return max(1 if limit == MOST_POINTS else limit, needed, 1)


def vote_differences(election: PabulibElection) -> tuple[VoteDifference, ...]:
    """Every project whose `votes` column is not the number of ballots that name it."""
    counted = Counter(choice for ballot in election.voters for choice in ballot.choices)
    repeats = Counter(project_id for _, project_id in election.duplicates)
    return tuple(
        VoteDifference(p.id, p.votes, counted[p.id], repeats[p.id])
        for p in election.projects
        if p.votes is not None and p.votes != counted[p.id]
    )
