"""Our elections as pabutools knows them: the oracle that every rule must agree with.

pabutools is under GPL-3 and only ever asked by the tests; the program does not import it.
"""

from collections.abc import Callable
from typing import Any

import pytest

from ballots.counting import DEFAULT_ORDER, BallotGroup, Election, RankedBy, TieOrder, Utility
from tests.ballots.elections import groups_of

pytest.importorskip("pabutools")

from pabutools import election as pb
from pabutools import rules, tiebreaking
from pabutools.election.satisfaction import AdditiveSatisfaction
from pabutools.fractions import frac


def supported(election: Election) -> Election:
    """Without the projects nobody supports: we never fund those, pabutools may."""
    standing = [project for project in election.projects if election.votes[project.id]]
    named = {project.id for project in standing}
    groups = []
    for choices, ballots, points in groups_of(election):
        given = points or (1,) * len(choices)
        kept = [(c, p) for c, p in zip(choices, given, strict=True) if c in named and p > 0]
        groups.append(
            BallotGroup(
                tuple(choice for choice, _ in kept),
                ballots,
                tuple(point for _, point in kept) if points else None,
            )
        )
    return Election.of(standing, groups, election.budget_pence)


class Reference:
    """An election in pabutools' words, counted by its rules with our tie order."""

    def __init__(self, election: Election, tie_order: TieOrder = DEFAULT_ORDER) -> None:
        self.projects = {p.id: pb.Project(p.id, p.cost_pence) for p in election.projects}
        self.instance = pb.Instance(self.projects.values(), budget_limit=election.budget_pence)
        self.profile = self._profile(election)
        ordered, _ = tie_order.arrange(election.projects, election.votes)
        ranks = {project.id: rank for rank, project in enumerate(ordered)}
        self.ties = tiebreaking.TieBreakingRule(lambda _i, _p, project: ranks[project.name])

    def _profile(self, election: Election) -> Any:
        if election.ballots.points is None:
            profile = pb.ApprovalMultiProfile(instance=self.instance)
            for choices, ballots, _ in groups_of(election):
                ballot = pb.FrozenApprovalBallot([self.projects[choice] for choice in choices])
                profile[ballot] += ballots
            return profile
        profile = pb.CardinalMultiProfile(instance=self.instance)
        for choices, ballots, points in groups_of(election):
            given = zip(choices, points or (1,) * len(choices), strict=True)
            ballot = pb.FrozenCardinalBallot({self.projects[c]: p for c, p in given})
            profile[ballot] += ballots
        return profile

    def greedily(self, ranked_by: RankedBy) -> list[str]:
        """Greedy, skipping what no longer fits."""
        satisfaction = {
            RankedBy.VOTES: pb.Cost_Sat,
            RankedBy.VOTES_PER_POUND: pb.Cardinality_Sat,
            RankedBy.SCORE: _PointsTimesCost,
        }[ranked_by]
        return self._names(
            rules.greedy_utilitarian_welfare(
                self.instance, self.profile, sat_class=satisfaction, tie_breaking=self.ties
            )
        )

    def by_equal_shares(self, utility: Utility) -> list[str]:
        """Equal shares without completion."""
        return self._names(self._shares(utility)(self.instance, self.profile))

    def by_equal_shares_raised(self, utility: Utility, step: int, *, exhaustive: bool) -> list[str]:
        """Equal shares with more money until the next step overspends, or nothing more fits."""
        return self._names(
            rules.exhaustion_by_budget_increase(
                self.instance,
                self.profile,
                self._shares(utility),
                exhaustive_stop=exhaustive,
                budget_step=frac(step * self.profile.num_ballots()),
            )
        )

    def _shares(self, utility: Utility) -> Callable[..., Any]:
        satisfaction = {
            Utility.COST: pb.Cost_Sat,
            Utility.CARDINALITY: pb.Cardinality_Sat,
            Utility.POINTS: pb.Additive_Cardinal_Sat,
        }[utility]

        def run(instance: Any, profile: Any, **settings: Any) -> Any:
            return rules.method_of_equal_shares(
                instance, profile, sat_class=satisfaction, tie_breaking=self.ties, **settings
            )

        return run

    @staticmethod
    def _names(allocation: Any) -> list[str]:
        return [project.name for project in allocation]


class _PointsTimesCost(AdditiveSatisfaction):
    """Greedy divides by the cost, so that this ranks by points."""

    def __init__(self, instance: Any, profile: Any, ballot: Any) -> None:
        super().__init__(
            instance,
            profile,
            ballot,
            lambda _i, _p, b, project, _v: b.get(project, 0) * project.cost,
        )
