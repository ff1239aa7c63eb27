"""The same ballots under a second rule, for people to compare. Pure."""

from dataclasses import replace

from ballots.counting.election import Election
from ballots.counting.equal_shares import count_by_equal_shares
from ballots.counting.greedy import count_greedily
from ballots.counting.result import Result
from ballots.counting.rules import Completion, Misfit, RankedBy, Rule, RuleName, Utility
from ballots.counting.stories import explain
from ballots.counting.ties import DEFAULT_ORDER, TieBreak


def other_rule(rule: Rule) -> Rule:
    """What to show beside a rule: equal shares beside greedy, and greedy beside all others.

    The conditions around the rule stay the same; so does what adds up, votes or points.
    """
    by_points = rule.ranked_by is RankedBy.SCORE or rule.utility is Utility.POINTS
    if rule.name is RuleName.GREEDY:
        utility = Utility.POINTS if by_points else Utility.COST
        completion = Completion.ADD1
        return replace(
            rule,
            name=RuleName.EQUAL_SHARES,
            ranked_by=RankedBy.VOTES,
            misfit=Misfit.SKIP,
            utility=utility,
            completion=completion,
        )
    ranked_by = RankedBy.SCORE if by_points else RankedBy.VOTES
    return replace(rule, name=RuleName.GREEDY, ranked_by=ranked_by, misfit=Misfit.SKIP)


def explain_beside_other(election: Election, result: Result) -> dict[str, object]:
    """The explanation of a result, beside what a second rule would have decided."""
    refuses = result.tie_order.by is TieBreak.REFUSE
    tie_order = DEFAULT_ORDER if refuses else result.tie_order
    rule = other_rule(result.rule)
    counts = count_greedily if rule.name is RuleName.GREEDY else count_by_equal_shares
    return explain(election, result, counts(election, rule, tie_order))
