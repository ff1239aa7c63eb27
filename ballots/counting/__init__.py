"""Rules that turn ballots and a budget into winners. Pure, exact, no clock, no chance."""

from collections.abc import Callable, Mapping

from ballots.counting.election import (
    BallotGroup,
    Ballots,
    Election,
    Project,
    borda_points,
    grouped,
)
from ballots.counting.equal_shares import count_by_equal_shares
from ballots.counting.greedy import count_greedily
from ballots.counting.knapsack import count_by_knapsack
from ballots.counting.knapsack_lists import TooHardError
from ballots.counting.phragmen import count_by_phragmen
from ballots.counting.result import Purchase, Reason, Result, Tie, Verdict
from ballots.counting.rules import (
    Completion,
    Limit,
    LimitOn,
    Misfit,
    RankedBy,
    Rule,
    RuleError,
    RuleName,
    Then,
    Utility,
)
from ballots.counting.running import RunningTally
from ballots.counting.stories import explain
from ballots.counting.ties import (
    DEFAULT_ORDER,
    REFUSE,
    TieBreak,
    TieOrder,
    TieRefusedError,
    TieStep,
)

__all__ = [
    "DEFAULT_ORDER",
    "REFUSE",
    "BallotGroup",
    "Ballots",
    "Completion",
    "Election",
    "Limit",
    "LimitOn",
    "Misfit",
    "Project",
    "Purchase",
    "RankedBy",
    "Reason",
    "Result",
    "Rule",
    "RuleError",
    "RuleName",
    "RunningTally",
    "Then",
    "Tie",
    "TieBreak",
    "TieOrder",
    "TieRefusedError",
    "TieStep",
    "TooHardError",
    "Utility",
    "Verdict",
    "borda_points",
    "count",
    "explain",
    "grouped",
]

_COUNTS: Mapping[RuleName, Callable[[Election, Rule, TieOrder], Result]] = {
    RuleName.GREEDY: count_greedily,
    RuleName.EQUAL_SHARES: count_by_equal_shares,
    RuleName.PHRAGMEN: count_by_phragmen,
    RuleName.KNAPSACK: count_by_knapsack,
}


def count(election: Election, rule: Rule, tie_order: TieOrder = DEFAULT_ORDER) -> Result:
    """Apply the rule to all ballots; same input, same result, bit for bit."""
    return _COUNTS[rule.name](election, rule, tie_order)
