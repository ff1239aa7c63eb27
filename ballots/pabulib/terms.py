"""On what terms the people of a `.pb` file voted, and where they broke them. Pure."""

from collections import Counter
from dataclasses import replace
from typing import NamedTuple

from ballots.counting import Misfit, Rule
from ballots.pabulib.election import PabulibElection, VoteType
from ballots.papers import BallotFormat, BallotPaper, Fault, PaperProject, faults_in


class UnsupportedVoteTypeError(Exception):
    """Ballots that cannot be cast yet; they come with the counting issue (issue 3)."""

    issue = 3

    def __init__(self, vote_type: VoteType) -> None:
        super().__init__(vote_type, self.issue)
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
    """The format in which such ballots are cast; UnsupportedVoteTypeError for those of issue 3."""
    if election.vote_type is VoteType.CHOOSE_ONE:
        return BallotFormat.CHOOSE_ONE
    if election.vote_type is not VoteType.APPROVAL:
        raise UnsupportedVoteTypeError(election.vote_type)
    limited_by_money = election.max_sum_cost_pence is not None
    return BallotFormat.KNAPSACK if limited_by_money else BallotFormat.APPROVAL


def paper_of(election: PabulibElection) -> BallotPaper:
    """The ballot paper by the file's own limits."""
    file_format = ballot_format(election)
    limit = 1 if file_format is BallotFormat.CHOOSE_ONE else election.max_length
    money = election.max_sum_cost_pence
    paper = BallotPaper(
        ballot_format=file_format,
        projects=tuple(PaperProject(p.id, p.cost_pence) for p in election.projects),
        budget_pence=election.budget_pence if money is None else money,
        max_choices=limit,
        min_choices=0,
    )
    least = 1 if election.min_length is None else election.min_length
    return replace(paper, min_choices=min(least, paper.most_choices))


def breaches(election: PabulibElection) -> tuple[tuple[str, Fault], ...]:
    """(voter id, fault) wherever a ballot of the file breaks the file's own limits."""
    paper = paper_of(election)
    return tuple(
        (ballot.voter_id, fault)
        for ballot in election.voters
        for fault in faults_in(paper, ballot.choices)
    )


def loosest_paper(election: PabulibElection) -> BallotPaper:
    """The file's paper, each limit loosened just as far as its own ballots need.

    A choose-one paper on which somebody chose more becomes an approval paper.
    """
    paper = paper_of(election)
    costs = paper.costs
    chosen = [len(ballot.choices) for ballot in election.voters]
    spent = [sum(costs[choice] for choice in ballot.choices) for ballot in election.voters]
    most = None if paper.max_choices is None else max(paper.max_choices, *chosen, 0)
    too_many_for_one = paper.ballot_format is BallotFormat.CHOOSE_ONE and most != 1
    knapsack = paper.ballot_format is BallotFormat.KNAPSACK
    return replace(
        paper,
        ballot_format=BallotFormat.APPROVAL if too_many_for_one else paper.ballot_format,
        max_choices=most,
        min_choices=min(paper.min_choices, *chosen, len(election.projects)),
        budget_pence=max(paper.budget_pence, *spent, 0) if knapsack else paper.budget_pence,
    )


def declared_rule(election: PabulibElection) -> Rule | None:
    """The rule the file declares, if it is one that can be applied today."""
    if election.vote_type not in (VoteType.APPROVAL, VoteType.CHOOSE_ONE):
        return None
    misfit = {
        "greedy": Misfit.SKIP,
        "greedy-threshold": Misfit.SKIP,
        "greedy-no-skip": Misfit.STOP,
    }.get(election.meta.get("rule", ""))
    return None if misfit is None else Rule(misfit=misfit, minimum_votes=election.minimum_votes)


def vote_differences(election: PabulibElection) -> tuple[VoteDifference, ...]:
    """Every project whose `votes` column is not the number of ballots that name it."""
    counted = Counter(choice for ballot in election.voters for choice in ballot.choices)
    repeats = Counter(project_id for _, project_id in election.duplicates)
    return tuple(
        VoteDifference(p.id, p.votes, counted[p.id], repeats[p.id])
        for p in election.projects
        if p.votes is not None and p.votes != counted[p.id]
    )
