"""What holds under every rule: 10,000 drawn elections, each counted in several guises."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from ballots.counting import (
    REFUSE,
    BallotGroup,
    Completion,
    Election,
    Limit,
    LimitOn,
    Misfit,
    Project,
    RankedBy,
    Result,
    Rule,
    RuleName,
    Then,
    TieOrder,
    TieRefusedError,
    Utility,
    count,
)
from tests.ballots.elections import groups_of

# Twenty batches, so that several processes can share the work and a failure names its seed.
BATCHES, IN_A_BATCH = 20, 500


def drawn(random: Random) -> tuple[Election, Rule, TieOrder]:
    """An election with a rule and a tie order; small numbers, so that much stands level."""
    projects = [
        Project(
            f"p{at}",
            random.randint(0, 9) * random.choice((1, 3, 50)),
            random.choice((None, "parks", "roads")),
            minimum_cost_pence=random.choice((None, 2)),
            criteria=(("access", random.randint(0, 10)),),
        )
        for at in range(random.randint(1, 6))
    ]
    pointed = random.random() < 0.4
    groups = []
    for _ in range(random.randint(0, 6)):
        chosen = random.sample([p.id for p in projects], random.randint(0, len(projects)))
        points = tuple(random.randint(-1, 5) for _ in chosen) if pointed else None
        groups.append(BallotGroup(tuple(chosen), random.randint(1, 4), points))
    order = [project.id for project in projects]
    random.shuffle(order)
    election = Election.of(projects, groups, random.randint(0, 400))
    return election, drawn_rule(random, election), TieOrder.from_list(order)


def drawn_rule(random: Random, election: Election) -> Rule:
    """Any rule, half of the time with conditions around it."""
    name = random.choice(list(RuleName))
    ranked = {
        RuleName.GREEDY: [RankedBy.VOTES, RankedBy.SCORE, RankedBy.VOTES_PER_POUND],
        RuleName.KNAPSACK: [RankedBy.VOTES, RankedBy.SCORE, RankedBy.VOTES_TIMES_COST],
    }.get(name, [RankedBy.VOTES])
    rule = Rule(
        name=name,
        ranked_by=random.choice(ranked),
        misfit=random.choice(list(Misfit)),
        utility=random.choice(list(Utility)),
        start_unit_pence=random.choice((0, 0, 3)),
        completion=random.choice(list(Completion)),
        step_pence=max(1, election.budget_pence // 10),
        then=random.choice(list(Then)),
        comparison=random.random() < 0.2,
        minimum_votes=random.choice((0, 0, 2)),
    )
    if random.random() < 0.5:
        return rule
    ids = [project.id for project in election.projects]
    return replace(
        rule,
        exclusive=(tuple(ids[:2]),) if random.random() < 0.5 else (),
        caps=(Limit(LimitOn.CATEGORY, "parks", 20),) if random.random() < 0.5 else (),
        ring_fences=(Limit(LimitOn.CATEGORY, "roads", 15),) if random.random() < 0.5 else (),
        overspend_pence=random.choice((0, 5)) if name is not RuleName.KNAPSACK else 0,
        part_funding=random.random() < 0.5,
        criteria=(("access", 40),) if random.random() < 0.5 else (),
        minimum_share_percent=random.choice((0, 30)),
    )


def in_another_guise(
    random: Random, election: Election, order: TieOrder
) -> tuple[Election, TieOrder]:
    """The same election: projects renamed and moved, ballots split, shuffled, choices turned."""
    names = {project.id: f"x{random.random()}" for project in election.projects}
    projects = [replace(project, id=names[project.id]) for project in election.projects]
    random.shuffle(projects)
    groups = []
    for choices, ballots, points in groups_of(election):
        turned = list(zip(choices, points or (None,) * len(choices), strict=True))
        random.shuffle(turned)
        renamed = tuple(names[choice] for choice, _ in turned)
        given = tuple(point for _, point in turned if point is not None)
        first = random.randint(0, ballots)
        groups += [
            BallotGroup(renamed, part, given if points is not None else None)
            for part in (first, ballots - first)
            if part
        ]
    random.shuffle(groups)
    renamed_order = TieOrder.from_list(names[project_id] for project_id in order.recorded)
    return Election.of(projects, groups, election.budget_pence), renamed_order


def check_money(election: Election, result: Result) -> None:
    """Never over budget, never paid twice, never more than it costs."""
    assert len(set(result.winners)) == len(result.winners)
    assert result.spent_pence <= election.budget_pence + result.rule.overspend_pence
    assert all(v.funded_pence <= v.cost_pence for v in result.verdicts)
    assert sum(v.funded_pence for v in result.verdicts) == result.spent_pence
    assert {v.project_id for v in result.verdicts if v.funded} == set(result.winners)
    assert len(result.verdicts) == len(election.projects)


def check_ties(result: Result, order: TieOrder) -> None:
    """Every tie names its members in the order that was given, and what decided each pair."""
    places = {project_id: place for place, project_id in enumerate(order.recorded)}
    for tie in result.ties:
        assert len(tie.members) == len(tie.steps) + 1 >= 2
        assert [places[m] for m in tie.members] == sorted(places[m] for m in tie.members)


def seeds(batch: int) -> Iterator[Random]:
    return (Random(batch * IN_A_BATCH + nth) for nth in range(IN_A_BATCH))


@pytest.mark.parametrize("batch", range(BATCHES))
def test_the_same_ballots_give_the_same_winners_in_any_guise_and_never_overspend(
    batch: int,
) -> None:
    for random in seeds(batch):
        election, rule, order = drawn(random)
        result = count(election, rule, order)
        check_money(election, result)
        check_ties(result, order)
        guise, renamed = in_another_guise(random, election, order)
        again = count(guise, rule_for(rule, order, renamed), renamed)
        names = dict(zip(order.recorded, renamed.recorded, strict=True))
        assert [names[winner] for winner in result.winners] == list(again.winners)
        assert [bought.paid_pence for bought in result.purchases] == [
            bought.paid_pence for bought in again.purchases
        ]


def rule_for(rule: Rule, order: TieOrder, renamed: TieOrder) -> Rule:
    """The rule with the projects it names under their new names."""
    names = dict(zip(order.recorded, renamed.recorded, strict=True))
    return replace(
        rule, exclusive=tuple(tuple(names[m] for m in members) for members in rule.exclusive)
    )


def much_level(random: Random) -> tuple[Election, Rule]:
    """Few votes, alike costs, free projects and every condition: much stands level."""
    projects = [
        Project(
            f"p{at}",
            random.choice((0, 0, 8, 10, 10, 12, 70)),
            random.choice((None, "parks")),
            minimum_cost_pence=random.choice((None, 2, 6)),
        )
        for at in range(random.randint(2, 5))
    ]
    ids = [project.id for project in projects]
    groups = [
        BallotGroup(tuple(random.sample(ids, random.randint(1, len(ids)))), random.randint(1, 2))
        for _ in range(random.randint(1, 5))
    ]
    election = Election.of(projects, groups, random.randint(4, 60))
    rule = replace(
        drawn_rule(random, election),
        caps=(Limit(LimitOn.CATEGORY, "parks", 20),) if random.random() < 0.2 else (),
        comparison=random.random() < 0.3,
        exclusive=random.choice(((), (tuple(ids[:2]),), (tuple(ids[:2]), tuple(ids[1:3])))),
        part_funding=random.random() < 0.5,
        step_pence=random.choice((1, 2, 5)),
    )
    return election, rule


def test_winners_that_hang_on_the_order_are_told_of_a_tie_and_refused_without_an_order() -> None:
    hanging = refused = 0
    for seed in range(10_000):
        random = Random(seed)
        election, rule = much_level(random)
        order = [project.id for project in election.projects]
        random.shuffle(order)
        one = count(election, rule, TieOrder.from_list(order))
        other = count(election, rule, TieOrder.from_list(reversed(order)))
        hangs = won(one) != won(other)
        hanging += hangs
        # A tie of which it was shown that it decides nothing tells nobody why they differ.
        told = [any(tie.decisive is not False for tie in each.ties) for each in (one, other)]
        assert not hangs or all(told), seed
        try:
            without = count(election, rule, REFUSE)
        except TieRefusedError:
            refused += 1
        else:
            assert won(without) == won(one) == won(other), seed
            assert not any(told), seed
    # Else the drawn elections would show nothing.
    assert min(hanging, refused, 10_000 - refused) > 1_000


def won(result: Result) -> dict[str, int]:
    """Who won how much."""
    return {bought.project_id: bought.paid_pence for bought in result.purchases}


@pytest.mark.parametrize("batch", range(BATCHES))
def test_more_support_never_hurts_under_greedy(batch: int) -> None:
    for random in seeds(batch):
        election, rule, order = drawn(random)
        greedy = Rule(misfit=rule.misfit, minimum_votes=rule.minimum_votes)
        plain = [group._replace(points=None) for group in groups_of(election)]
        before = Election.of(election.projects, plain, election.budget_pence)
        for winner in count(before, greedy, order).winners:
            more = [*plain, BallotGroup((winner,), 1)]
            after = Election.of(election.projects, more, election.budget_pence)
            assert winner in count(after, greedy, order).winners
