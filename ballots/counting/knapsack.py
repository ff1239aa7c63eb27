"""Knapsack: the set of projects of the greatest total value that the money covers. Pure, exact."""

from collections.abc import Sequence

from ballots.counting.election import Election, Project
from ballots.counting.knapsack_lists import BestSets, Offer, best_sets
from ballots.counting.knapsack_search import Conditions, Division, best_sets_within
from ballots.counting.purse import Purse
from ballots.counting.result import Reason, Result
from ballots.counting.rules import Limit, LimitOn, RankedBy, Rule
from ballots.counting.ties import TieOrder


def count_by_knapsack(election: Election, rule: Rule, tie_order: TieOrder) -> Result:
    """Fund the set worth most: by votes, score, or votes x cost, as the rule ranks.

    Among sets worth the same, the one that holds the first project, in the tie order, in which
    they differ; if there is one, the tie is recorded against the runner-up. What costs nothing
    wins whenever conditions allow. A project that adds no value does not: its score may be zero
    or less. Exclusive sets, caps and ring-fences hold for the set as a whole. Part-funding gives
    what the set leaves to the project worth most of those that no longer fit; the set is chosen
    without regard to that. A set has no last winner that might overspend, so no `Rule` lets it.
    TooHardError rather than more than some seconds' work; see
    `best_sets` and, under conditions, `best_sets_within` for the bounds. It takes many projects
    whose values stand in almost the same proportion to costs that are not round, or many
    conditions that bite at once.
    """
    purse = Purse(election, rule, tie_order)
    values = _values(purse)
    ranks = purse.tie_ranks
    standing = _standing(purse, values)
    first, level = _best(purse, [Offer(purse.costs[at], values[at]) for at in standing], standing)
    if level is not None:
        purse.break_tie([standing[nth] for nth in first ^ level], decisive=True)
    ranked = sorted(range(len(values)), key=lambda at: (-values[at], ranks[at]))
    winners = {standing[nth] for nth in first}
    for at in ranked:
        if at in winners:
            purse.buy(at)
    in_the_running = set(purse.running) - winners
    # What adds no value does not win by a part of its cost either.
    losers = [at for at in ranked if at in in_the_running and values[at] > 0]
    purse.break_part_funding_tie(losers, values)
    for at in losers:
        purse.part_fund(at)
    return purse.result(ranked=ranked)


def _values(purse: Purse) -> tuple[int, ...]:
    if purse.rule.ranked_by is not RankedBy.VOTES_TIMES_COST:
        return purse.values
    return tuple(value * cost for value, cost in zip(purse.values, purse.costs, strict=True))


def _standing(purse: Purse, values: Sequence[int]) -> list[int]:
    """Places that may be in the best set, in the tie order; all lose until it is known."""
    standing = []
    for at in sorted(purse.running, key=purse.tie_ranks.__getitem__):
        alone, dear = purse.why_not(at), purse.costs[at] > purse.left
        if alone is None and dear:
            purse.turn_down(at, Reason.DOES_NOT_FIT, had_turn=True)
            continue
        purse.turn_down(at, alone or Reason.NOT_IN_BEST_SET)
        adds = values[at] > 0 or values[at] == purse.costs[at] == 0
        # What a ring-fence bars alone may be let in by others that fill the fence.
        if adds and not dear and alone in (None, Reason.RING_FENCED):
            standing.append(at)
    return standing


def _best(purse: Purse, offers: Sequence[Offer], standing: Sequence[int]) -> BestSets:
    rule = purse.rule
    if rule.exclusive or rule.caps or rule.ring_fences:
        # A gift beats nothing by less than any value, and two gifts beat one.
        raised = [Offer(cost, value * (len(offers) + 1) or 1) for cost, value in offers]
        return best_sets_within(raised, _Surroundings(purse, standing).conditions())
    gifts = frozenset(nth for nth, offer in enumerate(offers) if offer.cost == 0)
    priced = [nth for nth in range(len(offers)) if nth not in gifts]
    first, level = best_sets([offers[nth] for nth in priced], purse.left)
    return BestSets(
        gifts.union(priced[nth] for nth in first),
        None if level is None else gifts.union(priced[nth] for nth in level),
    )


class _Surroundings:
    """The rule's conditions, told in places of offers instead of projects."""

    def __init__(self, purse: Purse, standing: Sequence[int]) -> None:
        projects, places = purse.election.projects, purse.election.places
        self.rule, self.left = purse.rule, purse.left
        self.projects = [projects[at] for at in standing]
        self.costs = [purse.costs[at] for at in standing]
        limits = dict.fromkeys((*purse.rule.caps, *purse.rule.ring_fences))
        # What projects chosen before the count have already taken up.
        self.spent = {
            limit: sum(
                bought.paid_pence
                for bought in purse.purchases
                if _is_in(projects[places[bought.project_id]], limit)
            )
            for limit in limits
        }

    def conditions(self) -> Conditions:
        """The same, as the search asks for them."""
        exclusive = [
            frozenset(at for at, project in enumerate(self.projects) if project.id in members)
            for members in self.rule.exclusive
        ]
        rivals = [
            frozenset[int]().union(*(members for members in exclusive if at in members)) - {at}
            for at in range(len(self.projects))
        ]
        divisions = [self._divided_by(on) for on in LimitOn]
        divisions.append(self._divided_into(exclusive))
        return Conditions(rivals, divisions, self._permits)

    def _permits(self, chosen: frozenset[int]) -> bool:
        """Whether caps hold, and the money left over fills the fences that are not full."""
        spent = {
            limit: before + sum(self.costs[at] for at in chosen if _is_in(self.projects[at], limit))
            for limit, before in self.spent.items()
        }
        left = self.left - sum(self.costs[at] for at in chosen)
        kept = sum(max(0, fence.pence - spent[fence]) for fence in self.rule.ring_fences)
        return left >= kept and all(spent[cap] <= cap.pence for cap in self.rule.caps)

    def _divided_by(self, on: LimitOn) -> Division:
        """By category or area: the narrowest cap and the greatest fence of each."""
        names = list({limit.name for limit in self.spent if limit.on is on})
        groups = (_name(project, on) for project in self.projects)
        rooms, pots = [self.left], [0]
        for name in names:
            mine = [limit for limit in self.spent if limit[:2] == (on, name)]
            unspent = {limit: limit.pence - self.spent[limit] for limit in mine}
            rooms.append(min([unspent[c] for c in mine if c in self.rule.caps], default=self.left))
            fences = [unspent[f] for f in mine if f in self.rule.ring_fences]
            pots.append(max([0, *fences]))
        return Division(
            tuple(1 + names.index(name) if name in names else 0 for name in groups),
            tuple(rooms),
            tuple(pots),
            self.left - sum(pots),
        )

    def _divided_into(self, exclusive: Sequence[frozenset[int]]) -> Division:
        """By exclusive sets: no more can be spent on one than its dearest member costs."""
        groups = [
            next((nth for nth, members in enumerate(exclusive, start=1) if at in members), 0)
            for at in range(len(self.projects))
        ]
        rooms = [self.left]
        for nth in range(1, len(exclusive) + 1):
            members = (c for c, group in zip(self.costs, groups, strict=True) if group == nth)
            rooms.append(max(members, default=0))
        return Division(tuple(groups), tuple(rooms), (0,) * len(rooms), self.left)


def _name(project: Project, on: LimitOn) -> str | None:
    return project.category if on is LimitOn.CATEGORY else project.area


def _is_in(project: Project, limit: Limit) -> bool:
    return _name(project, limit.on) == limit.name
