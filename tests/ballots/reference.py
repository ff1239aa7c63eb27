"""Our elections as pabutools knows them: the oracle that every rule must agree with.

pabutools is under GPL-3 and only ever asked by the tests; the program does not import it.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import pytest

from ballots.counting import (
    DEFAULT_ORDER,
    BallotGroup,
    Completion,
    Election,
    RankedBy,
    Rule,
    RuleName,
    Then,
    TieOrder,
    Utility,
)
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
        self._satisfied: dict[type, Any] = {}
        self._shared: dict[tuple[Utility, Any], Any] = {}
        # What a ballot is worth to its voter is found out once for all rules, not once for each.
        self.profile.as_sat_profile = self._satisfaction

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

    def counted(self, rule: Rule) -> list[str]:
        """The winners, under greedy (what no longer fits is skipped) and equal shares in order.

        Phragmén's come in pabutools' order. The knapsack rule breaks no ties.
        """
        if rule.name is RuleName.PHRAGMEN:
            settings = {"tie_breaking": self.ties}
            return self._names(self._funded(_Asked(rules.sequential_phragmen, settings)))
        if rule.name is RuleName.KNAPSACK:
            settings = {"sat_class": _ADDED_UP[rule.ranked_by]}
            asked = _Asked(rules.max_additive_utilitarian_welfare, settings)
            return self._names(self._funded(asked))
        if rule.name is RuleName.GREEDY:
            return self._names(self._funded(self._greedy(rule)))
        if rule.then is Then.UTILITARIAN:
            in_turn = zip(self._shares(rule), self._greedy(rule), strict=True)
            return self._names(
                rules.completion_by_rule_combination(self.instance, self.profile, *in_turn)
            )
        if rule.comparison:
            in_turn = zip(self._shares(rule), self._greedy(rule), strict=True)
            preferred = rules.popularity_comparison(
                self.instance, self.profile, _WORTH[rule.utility], *in_turn
            )
            # Several where as many voters prefer each: then equal shares stands, which comes first.
            return self._names(preferred[0])
        return self._names(self._funded(self._shares(rule)))

    def _funded(self, asked: "_Asked") -> Any:
        return asked.rule(self.instance, self.profile, **asked.settings)

    def _greedy(self, rule: Rule) -> "_Asked":
        measure = _GREEDY_WORTH[rule.ranked_by]
        settings = {"sat_class": measure, "tie_breaking": self.ties}
        return _Asked(rules.greedy_utilitarian_welfare, settings)

    def _shares(self, rule: Rule) -> "_Asked":
        plain = self._plain_shares(rule.utility)
        if rule.completion is Completion.NONE:
            return _Asked(plain, {})
        settings = {
            "rule": plain,
            "exhaustive_stop": rule.completion is Completion.ADD1_EXHAUSTIVE,
            "budget_step": frac(rule.step_pence * self.profile.num_ballots()),
        }
        return _Asked(rules.exhaustion_by_budget_increase, settings)

    def _plain_shares(self, utility: Utility) -> Callable[..., Any]:
        """Equal shares of whatever budget is asked for; of each budget it is counted once."""

        def run(instance: Any, profile: Any, **settings: Any) -> Any:
            asked = utility, instance.budget_limit
            if asked not in self._shared:
                self._shared[asked] = rules.method_of_equal_shares(
                    instance,
                    profile,
                    sat_class=_WORTH[utility],
                    tie_breaking=self.ties,
                    **settings,
                )
            return self._shared[asked]

        return run

    def _satisfaction(self, sat_class: type) -> Any:
        if sat_class not in self._satisfied:
            found = type(self.profile).as_sat_profile(self.profile, sat_class)
            found.total_satisfaction_project = cache(found.total_satisfaction_project)
            self._satisfied[sat_class] = found
        return self._satisfied[sat_class]

    @staticmethod
    def _names(allocation: Any) -> list[str]:
        return [project.name for project in allocation]


class _Asked(NamedTuple):
    """One of pabutools' rules, and what it is called with beside the election."""

    rule: Callable[..., Any]
    settings: dict[str, Any]


class _PointsTimesCost(AdditiveSatisfaction):
    """Greedy divides by the cost, so that this ranks by points."""

    def __init__(self, instance: Any, profile: Any, ballot: Any) -> None:
        super().__init__(
            instance,
            profile,
            ballot,
            lambda _i, _p, b, project, _v: b.get(project, 0) * project.cost,
        )


_WORTH = {
    Utility.COST: pb.Cost_Sat,
    Utility.CARDINALITY: pb.Cardinality_Sat,
    Utility.POINTS: pb.Additive_Cardinal_Sat,
}
# Greedy divides by the cost.
_GREEDY_WORTH = {
    RankedBy.VOTES: pb.Cost_Sat,
    RankedBy.VOTES_PER_POUND: pb.Cardinality_Sat,
    RankedBy.SCORE: _PointsTimesCost,
}
# The knapsack rule does not.
_ADDED_UP = {
    RankedBy.VOTES: pb.Cardinality_Sat,
    RankedBy.SCORE: pb.Additive_Cardinal_Sat,
    RankedBy.VOTES_TIMES_COST: pb.Cost_Sat,
}


@contextmanager
def deep_recursion() -> Iterator[None]:
    """pabutools' rules call themselves once a purchase."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    yield
    sys.setrecursionlimit(before)


def without_points(election: Election) -> Election:
    """Every choice worth one; only of use where all have points above 0."""
    ballots = election.ballots
    packed = type(ballots)(ballots.weights, ballots.starts, ballots.choices)
    return Election(election.projects, packed, election.budget_pence)


def worth(election: Election, by: RankedBy, winners: Iterable[str]) -> int:
    """What the knapsack rule makes as large as it can."""
    counts = election.score_counts if by is RankedBy.SCORE else election.vote_counts
    costs = [
        project.cost_pence if by is RankedBy.VOTES_TIMES_COST else 1
        for project in election.projects
    ]
    places = (election.places[name] for name in winners)
    return sum(counts[at] * costs[at] for at in places)


def comparable_rules(election: Election, parts: int) -> Iterator[Rule]:
    """Every greedy and equal shares rule that both know, shares raised by a part of the first.

    Where the money covers everything nothing ever overspends, and shares are raised until each
    could pay for all alone: there in parts of the whole budget.
    """
    pointed = election.ballots.points is not None
    for ranked_by in RankedBy.VOTES, RankedBy.VOTES_PER_POUND, RankedBy.SCORE:
        if pointed or ranked_by is not RankedBy.SCORE:
            yield Rule(ranked_by=ranked_by)
    covered = sum(project.cost_pence for project in election.projects) <= election.budget_pence
    first = election.budget_pence // max(1, election.ballots_cast)
    for utility, completion in product(Utility, Completion):
        if utility is Utility.POINTS and not pointed:
            continue
        raised = election.budget_pence if covered and completion is Completion.ADD1 else first
        plain = Rule(
            name=RuleName.EQUAL_SHARES,
            ranked_by=RankedBy.SCORE if utility is Utility.POINTS else RankedBy.VOTES,
            utility=utility,
            completion=completion,
            step_pence=max(1, raised // parts),
        )
        yield plain
        yield replace(plain, then=Then.UTILITARIAN)
        yield replace(plain, comparison=True)
