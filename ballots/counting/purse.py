"""The budget while a rule spends it: what may still be funded under the conditions, and why not."""

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from fractions import Fraction
from functools import cached_property

from ballots.counting.election import Election
from ballots.counting.result import Purchase, Reason, Result, Tie, Verdict
from ballots.counting.rules import Limit, LimitOn, RankedBy, Rule, RuleError
from ballots.counting.ties import TieBreak, TieOrder, TieRefusedError, TieStep

WORTH = 1_000


class Purse:
    """Spends one election's budget under one rule; every rule buys from here and nowhere else.

    Projects are named by their place in the election, from 0. What is refused once by `why_not`
    or `fits` is refused for good: money, caps and ring-fences only ever get less.
    """

    def __init__(self, election: Election, rule: Rule, tie_order: TieOrder) -> None:
        self.election, self.rule, self.tie_order = election, rule, tie_order
        self.costs = tuple(project.cost_pence for project in election.projects)
        self.left = election.budget_pence
        self.reasons: dict[int, Reason] = {}
        self.left_before: dict[int, int] = {}
        self.purchases: list[Purchase] = []
        self.ties: list[Tie] = []
        self.stopped_at: int | None = None
        self.bought: set[int] = set()
        self.spent_on: dict[Limit, int] = dict.fromkeys(rule.caps + rule.ring_fences, 0)
        self._part_funding = rule.part_funding
        self._buy_already_chosen()
        self.running = tuple(self._let_in())

    @cached_property
    def worths(self) -> tuple[int, ...]:
        """What a vote for each project counts by the social criteria, in thousandths."""
        weights = dict(self.rule.criteria)
        return tuple(
            WORTH + sum(weights.get(name, 0) * points for name, points in project.criteria)
            for project in self.election.projects
        )

    @cached_property
    def values(self) -> tuple[int, ...]:
        """What greedy and knapsack rank by: votes or score of each project, times its worth."""
        by_score = self.rule.ranked_by is RankedBy.SCORE
        counts = self.election.score_counts if by_score else self.election.vote_counts
        if not self.rule.criteria:
            return counts
        return tuple(count * worth for count, worth in zip(counts, self.worths, strict=True))

    @cached_property
    def tie_ranks(self) -> tuple[int, ...]:
        """Where the tie order puts each project, from 0."""
        return self.tie_order.ranks(self.election.projects, self.election.votes)

    @property
    def conditional(self) -> bool:
        """Whether more than money decides what may still be funded."""
        rule = self.rule
        around = (rule.exclusive, rule.caps, rule.ring_fences, rule.overspend_pence)
        return any(around) or rule.part_funding

    def _buy_already_chosen(self) -> None:
        places = self.election.places
        for project_id in dict.fromkeys(self.rule.already_chosen):
            at = places.get(project_id)
            if at is None or self.costs[at] > self.left:
                raise RuleError("a project already chosen does not stand, or costs too much")
            self.buy(at, Reason.ALREADY_CHOSEN)

    def _let_in(self) -> Iterable[int]:
        """Places of the projects that take part; the others get their reason."""
        for at in range(len(self.costs)):
            if at in self.bought:
                continue
            reason = self._why_shut_out(at)
            if reason is None:
                yield at
            else:
                self.reasons[at] = reason

    def _why_shut_out(self, at: int) -> Reason | None:
        rule, votes = self.rule, self.election.vote_counts[at]
        if votes == 0:
            # Public money follows somebody's vote: nothing is funded that nobody asked for.
            return Reason.NO_VOTES
        if votes < rule.minimum_votes:
            return Reason.BELOW_THRESHOLD
        if votes * 100 < rule.minimum_share_percent * self.election.ballots_cast:
            return Reason.BELOW_SHARE
        if rule.minimum_score and self.election.score_counts[at] < rule.minimum_score:
            return Reason.BELOW_SCORE
        return None

    def why_not(self, at: int) -> Reason | None:
        """Which condition besides the money left forbids the project now, if one does."""
        if not self.spent_on and not self.rule.exclusive:
            return None
        if any(at != other and other in self.bought for other in self._rivals(at)):
            return Reason.EXCLUDED
        cost = self.costs[at]
        for cap in self.rule.caps:
            if self._is_in(at, cap) and self.spent_on[cap] + cost > cap.pence:
                return Reason.OVER_CAP
        kept = self._kept_from(at)
        # Permission to overspend is no permission to spend what is kept for others.
        if kept and self.fits(at) and cost > self.left - kept:
            return Reason.RING_FENCED
        return None

    def _rivals(self, at: int) -> Iterable[int]:
        project_id, places = self.election.projects[at].id, self.election.places
        for members in self.rule.exclusive:
            if project_id in members:
                yield from (places[member] for member in members if member in places)

    def exclusive_among(self, places: Iterable[int]) -> list[list[int]]:
        """Those of the places that exclude others of them, in groups that share no rivals."""
        apart, groups = set(places), []
        while apart:
            group, reached = set[int](), {apart.pop()}
            while reached:
                group |= reached
                rivals = {rival for at in reached for rival in self._rivals(at)}
                reached = rivals & apart
                apart -= reached
            if len(group) > 1:
                groups.append(sorted(group))
        return sorted(groups)

    def _is_in(self, at: int, limit: Limit) -> bool:
        project = self.election.projects[at]
        named = project.category if limit.on is LimitOn.CATEGORY else project.area
        return named == limit.name

    def _kept_from(self, at: int) -> int:
        """Money kept for others that the project may not touch."""
        kept = 0
        for fence in self.rule.ring_fences:
            unspent = max(0, fence.pence - self.spent_on[fence])
            own = self.costs[at] if self._is_in(at, fence) else 0
            kept += max(0, unspent - own)
        return kept

    def fits(self, at: int) -> bool:
        """Whether the money left covers the project; the last may overspend as far as permitted."""
        cost = self.costs[at]
        return cost <= max(self.left, 0) or 0 < self.left >= cost - self.rule.overspend_pence

    def after(self, places: Iterable[int]) -> "Purse":
        """This purse as it would be once these projects were bought too."""
        later = copy(self)
        later.reasons, later.left_before = dict(self.reasons), dict(self.left_before)
        later.purchases, later.ties = list(self.purchases), list(self.ties)
        later.bought, later.spent_on = set(self.bought), dict(self.spent_on)
        for at in places:
            later.buy(at)
        return later

    def buy(
        self,
        at: int,
        reason: Reason = Reason.FUNDED,
        price: Fraction | None = None,
        paid: int | None = None,
    ) -> None:
        """Fund a project; `price` as in `Purchase`, `paid` if it is less than its cost."""
        spent = self.costs[at] if paid is None else paid
        self.reasons[at], self.left_before[at] = reason, self.left
        self.left -= spent
        self.bought.add(at)
        for limit in self.spent_on:
            if self._is_in(at, limit):
                self.spent_on[limit] += spent
        project_id = self.election.projects[at].id
        self.purchases.append(Purchase(project_id, spent, self.left, price))

    def turn_down(self, at: int, reason: Reason, *, had_turn: bool = False) -> None:
        """Note why a project was not funded; `had_turn` keeps the money that was left then."""
        self.reasons[at] = reason
        if had_turn:
            self.left_before[at] = self.left

    def part_fund(self, at: int) -> bool:
        """Give the first project that no longer fits what is left, if that is enough for it."""
        if not self.is_first_misfit(at):
            return False
        offered = self.part_of(at)
        self._part_funding = False
        if offered is None:
            return False
        self.buy(at, Reason.PART_FUNDED, paid=offered)
        return True

    def is_first_misfit(self, at: int) -> bool:
        """Whether only money is lacking, and nobody before was offered a part."""
        return self._part_funding and not self.fits(at) and self.why_not(at) is None

    def part_of(self, at: int) -> int | None:
        """What a project that does not fit could be given now; None if that is not enough."""
        least = self.election.projects[at].minimum_cost_pence
        offered = self.left - self._kept_from(at)
        if least is None or not max(least, 1) <= offered < self.costs[at]:
            return None
        return offered

    def break_part_funding_tie(self, places: Iterable[int], values: Sequence[int]) -> None:
        """Note who stand level for the part, once all else is bought, if their order decides it."""
        misfits = [at for at in places if self.is_first_misfit(at)]
        most = max((values[at] for at in misfits), default=0)
        level = [at for at in misfits if values[at] == most]
        if len(level) > 1 and any(self.part_of(at) is not None for at in level):
            self.break_tie(level, decisive=True)

    def arrange(self, level: Sequence[int]) -> tuple[list[int], tuple[TieStep, ...]]:
        """Projects that stand level in the order of the tie, and which step decided each pair."""
        projects = self.election.projects
        ordered, steps = self.tie_order.arrange([projects[at] for at in level], self.election.votes)
        return [self.election.places[project.id] for project in ordered], steps

    def break_tie(self, level: Sequence[int], decisive: bool | None = None) -> list[int]:
        """The level in the order of the tie, which is recorded; refused where none may decide."""
        ordered, steps = self.arrange(level)
        if self.tie_order.by is TieBreak.REFUSE:
            raise TieRefusedError(tuple(self.election.projects[at].id for at in ordered))
        self.note_tie(ordered, steps, decisive)
        return ordered

    def note_tie(
        self,
        ordered: Sequence[int],
        steps: tuple[TieStep, ...],
        decisive: bool | None,
        votes: int | None = None,
    ) -> None:
        """Record that projects stood level, preferred first."""
        members = tuple(self.election.projects[at].id for at in ordered)
        self.ties.append(Tie(votes, members, steps, decisive))

    def result(
        self,
        *,
        start_budget_pence: Fraction | None = None,
        steps: int = 0,
        gave_way: bool = False,
        ranked: Sequence[int] | None = None,
    ) -> Result:
        """Everything decided, as a result; `ranked` are all places in the order of rank."""
        stopped = self.stopped_at
        return Result(
            rule=self.rule,
            tie_order=self.tie_order,
            budget_pence=self.election.budget_pence,
            ballots_cast=self.election.ballots_cast,
            verdicts=self._verdicts(self.by_value() if ranked is None else ranked),
            ties=tuple(self.ties),
            purchases=tuple(self.purchases),
            stopped_at=None if stopped is None else self.election.projects[stopped].id,
            start_budget_pence=start_budget_pence,
            steps=steps,
            gave_way=gave_way,
        )

    def by_value(self) -> list[int]:
        """All projects, the most votes (or points) first, level ones in the tie order."""
        values, ranks = self.values, self.tie_ranks
        return sorted(range(len(values)), key=lambda at: (-values[at], ranks[at]))

    def _verdicts(self, ranked: Sequence[int]) -> tuple[Verdict, ...]:
        projects, votes = self.election.projects, self.election.vote_counts
        scores = self.election.score_counts
        won = {bought.project_id: nth for nth, bought in enumerate(self.purchases, start=1)}
        paid = {bought.project_id: bought.paid_pence for bought in self.purchases}
        return tuple(
            Verdict(
                projects[at].id,
                rank,
                votes[at],
                self.costs[at],
                self.reasons[at],
                self.left_before.get(at),
                scores[at],
                won.get(projects[at].id),
                paid.get(projects[at].id, 0),
            )
            for rank, at in enumerate(ranked, start=1)
        )


def spending(result: Result, election: Election, on: LimitOn) -> Mapping[str, int]:
    """What the winners receive by category or area, most first, where named."""
    sums: dict[str, int] = {}
    for bought in result.purchases:
        project = election.projects[election.places[bought.project_id]]
        name = project.category if on is LimitOn.CATEGORY else project.area
        if name:
            sums[name] = sums.get(name, 0) + bought.paid_pence
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))
