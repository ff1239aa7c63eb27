"""Greedy: fund in the order of votes while the money lasts. Pure, exact, O(p log p)."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from ballots.counting.election import Election, Project
from ballots.counting.result import Reason, Result, Tie, Verdict
from ballots.counting.rules import Misfit, Rule
from ballots.counting.ties import TieBreak, TieOrder, TieRefusedError


def count_greedily(election: Election, rule: Rule, tie_order: TieOrder) -> Result:
    """Fund project after project by votes; at one that does not fit, skip it or stop.

    A project nobody voted for is never funded, even if money is left: public money follows
    somebody's vote, and an officer could otherwise slip a project through that no resident
    asked for. A project below the threshold has no turn, so it never stops the count either.
    """
    return _GreedyCount(election, rule, tie_order).result()


class _GreedyCount:
    """One run down the list: what is left, what was decided."""

    def __init__(self, election: Election, rule: Rule, tie_order: TieOrder) -> None:
        self.election, self.rule, self.tie_order = election, rule, tie_order
        self.left = election.budget_pence
        self.stopped_at: str | None = None
        self.verdicts: list[Verdict] = []
        self.ties: list[Tie] = []

    def result(self) -> Result:
        for level in self._levels():
            for project in self._arranged(level):
                self._decide(project)
        return Result(
            rule=self.rule,
            tie_order=self.tie_order,
            budget_pence=self.election.budget_pence,
            ballots_cast=self.election.ballots_cast,
            verdicts=tuple(self.verdicts),
            ties=tuple(self.ties),
            stopped_at=self.stopped_at,
        )

    def _levels(self) -> Iterator[list[Project]]:
        """Projects with the same number of votes together, most votes first."""
        votes = self.election.votes
        ranked = sorted(self.election.projects, key=lambda project: -votes[project.id])
        for _, level in groupby(ranked, key=lambda project: votes[project.id]):
            yield list(level)

    def _arranged(self, level: list[Project]) -> tuple[Project, ...]:
        """The level in the order of the tie; a tie among projects in the running is recorded."""
        votes = self.election.votes
        if len(level) == 1:
            return tuple(level)
        ordered, steps = self.tie_order.arrange(level, votes)
        if self._why_out(ordered[0]) is None:
            members = tuple(project.id for project in ordered)
            decisive = self._order_decides(ordered)
            if decisive and self.tie_order.by is TieBreak.REFUSE:
                raise TieRefusedError(members)
            self.ties.append(Tie(votes[members[0]], members, steps, decisive))
        return ordered

    def _order_decides(self, level: Iterable[Project]) -> bool:
        """Whether another order of the level could fund another set of it.

        What costs more than is left loses in any order. If the others fit all together they
        all win in any order — unless the count stops at the one that is too dear, and it comes
        first. If they do not fit together, whoever comes first wins and somebody loses.
        """
        costs = [project.cost_pence for project in level]
        affordable = [cost for cost in costs if cost <= self.left]
        if self.rule.misfit is Misfit.STOP and len(affordable) < len(costs):
            return bool(affordable)
        return sum(affordable) > self.left

    def _why_out(self, project: Project) -> Reason | None:
        """Why the project has no turn, if it has none."""
        votes = self.election.votes[project.id]
        if votes == 0:
            return Reason.NO_VOTES
        if votes < self.rule.minimum_votes:
            return Reason.BELOW_THRESHOLD
        return None if self.stopped_at is None else Reason.AFTER_THE_STOP

    def _decide(self, project: Project) -> None:
        reason = self._why_out(project)
        left_before = None if reason else self.left
        if reason is None:
            reason = self._take_turn(project)
        self.verdicts.append(
            Verdict(
                project_id=project.id,
                rank=len(self.verdicts) + 1,
                votes=self.election.votes[project.id],
                cost_pence=project.cost_pence,
                reason=reason,
                left_before_pence=left_before,
            )
        )

    def _take_turn(self, project: Project) -> Reason:
        if project.cost_pence <= self.left:
            self.left -= project.cost_pence
            return Reason.FUNDED
        if self.rule.misfit is Misfit.STOP:
            self.stopped_at = project.id
        return Reason.DOES_NOT_FIT
