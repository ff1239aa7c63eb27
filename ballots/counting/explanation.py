"""Why each project won or lost, what it would have taken, and who is served. Pure.

Nothing here decides: winners are those of the result. Figures are worked out from the ballots
again, in whole numbers, and given to six places.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from ballots.counting.election import Election
from ballots.counting.purse import Purse, spending
from ballots.counting.result import Reason, Result, decimal_text
from ballots.counting.rules import LimitOn


@dataclass
class Standing:
    """Where a project stood in a round: what its support was worth and what stood behind it.

    `effective_votes` is its cost over its price: how many full shares its supporters make.
    """

    number: int
    effective_votes: Fraction
    money_pence: int

    def to_json(self) -> dict[str, object]:
        """The standing as plain JSON values."""
        return {
            "round": self.number,
            "effective_votes": decimal_text(self.effective_votes),
            "money_pence": self.money_pence,
        }


@dataclass
class Story:
    """What can be told about one project besides its verdict.

    `more_votes` and `lower_cost_pence` are None where nothing would have helped, or where the
    rule's conditions forbid a simple answer. `votes_are_least` and `cost_is_highest` are False
    where a nearer figure was not tried and might have helped too.
    """

    standings: list[Standing] = field(default_factory=list)
    more_votes: int | None = None
    lower_cost_pence: int | None = None
    votes_are_least: bool = True
    cost_is_highest: bool = True
    lost_in_round: int | None = None
    spent_on: dict[str, int] = field(default_factory=dict)

    def might_win_with(self, votes: int) -> None:
        """Note a number of further votes that would do; the least is kept."""
        votes = max(votes, 1)
        self.more_votes = votes if self.more_votes is None else min(votes, self.more_votes)

    def might_win_at(self, cost_pence: int) -> None:
        """Note a lower cost that would do; the highest is kept."""
        self.lower_cost_pence = max(cost_pence, self.lower_cost_pence or 0)

    def to_json(self, project_id: str) -> dict[str, object]:
        """The story as plain JSON values."""
        most_first = sorted(self.spent_on.items(), key=lambda paid: (-paid[1], paid[0]))
        return {
            "project_id": project_id,
            "more_votes": self.more_votes,
            "lower_cost_pence": self.lower_cost_pence,
            "votes_are_least": self.votes_are_least,
            "cost_is_highest": self.cost_is_highest,
            "lost_in_round": self.lost_in_round,
            "standings": [standing.to_json() for standing in self.standings],
            "supporters_spent_on": [
                {"project_id": winner, "pence": pence} for winner, pence in most_first if pence
            ],
        }


def purse_before(election: Election, result: Result) -> Purse:
    """The purse as it was when the count began."""
    return Purse(election, result.rule, result.tie_order)


def votes_to_be_let_in(purse: Purse, votes: int) -> int | None:
    """How many votes a project lacks to take part; None where points decide that."""
    rule = purse.rule
    if rule.minimum_score:
        return None
    share = -(-rule.minimum_share_percent * purse.election.ballots_cast // 100)
    return max(rule.minimum_votes, share, 1) - min(votes, max(rule.minimum_votes, share, 1))


def ballots_with_a_winner(election: Election, winners: Sequence[str]) -> int:
    """How many ballots support at least one of the winners."""
    won = np.zeros(len(election.projects), dtype=bool)
    won[[election.places[winner] for winner in winners]] = True
    ballots = election.ballots
    served = won[ballots.choices]
    if ballots.points is not None:
        served = served & (ballots.points > 0)
    groups = np.unique(ballots.group_of_choice[served])
    return int(ballots.weights[groups].sum())


def shares_by(election: Election, result: Result, on: LimitOn) -> list[dict[str, object]]:
    """For each category or area: pence to its winners, and all votes given to its projects."""
    votes: dict[str, int] = {}
    for project, count in zip(election.projects, election.vote_counts, strict=True):
        name = project.category if on is LimitOn.CATEGORY else project.area
        if name:
            votes[name] = votes.get(name, 0) + count
    spent = spending(result, election, on)
    ordered = sorted(votes, key=lambda name: (-spent.get(name, 0), -votes[name], name))
    return [{"name": n, "pence": spent.get(n, 0), "votes": votes[n]} for n in ordered]


def cost_per_beneficiary(election: Election, result: Result) -> Mapping[str, int]:
    """Pence a person, rounded up, for each winner that says how many people it serves."""
    served = {}
    for bought in result.purchases:
        people = election.projects[election.places[bought.project_id]].beneficiaries
        if people:
            served[bought.project_id] = -(-bought.paid_pence // people)
    return served


def losers(election: Election, result: Result) -> list[int]:
    """Places of the projects that got nothing, except those that a condition forbids."""
    barred = (Reason.EXCLUDED, Reason.OVER_CAP, Reason.RING_FENCED)
    return [
        election.places[verdict.project_id]
        for verdict in result.verdicts
        if not verdict.funded and verdict.reason not in barred
    ]
