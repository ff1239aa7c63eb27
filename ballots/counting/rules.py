"""The settings of a rule, frozen when a round opens, as JSON and back. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, NamedTuple, Self

MOST_PERCENT = 100
MOST_CRITERION_WEIGHT = 1_000
# What a penny limit may be at most, so that sums stay whole numbers of 64 bits.
MOST_PENCE = 10**15


class RuleName(StrEnum):
    """The rules that can be applied."""

    GREEDY = "greedy"
    EQUAL_SHARES = "equal-shares"
    PHRAGMEN = "phragmen"
    KNAPSACK = "knapsack"


class Misfit(StrEnum):
    """What greedy does at a project that no longer fits: go on to the next, or stop for good."""

    SKIP = "skip"
    STOP = "stop"


class RankedBy(StrEnum):
    """What greedy ranks by, and what the knapsack rule adds up."""

    VOTES = "votes"
    SCORE = "score"
    VOTES_PER_POUND = "votes-per-pound"
    VOTES_TIMES_COST = "votes-times-cost"


class Utility(StrEnum):
    """What a funded project is worth to its supporter under equal shares."""

    COST = "cost"
    CARDINALITY = "cardinality"
    POINTS = "points"


class Completion(StrEnum):
    """How equal shares spends what single shares are too small for.

    *add1* raises everybody's start budget step by step until the next step would overspend;
    *add1-exhaustive* stops at the first step that leaves room for no further project.
    """

    NONE = "none"
    ADD1 = "add1"
    ADD1_EXHAUSTIVE = "add1-exhaustive"


class Then(StrEnum):
    """What equal shares does with money left at the very end."""

    NONE = "none"
    UTILITARIAN = "utilitarian"


class LimitOn(StrEnum):
    """What a cap or a ring-fence is about."""

    CATEGORY = "category"
    AREA = "area"


class Limit(NamedTuple):
    """So much money for the projects of one category or area: at most, or kept for them."""

    on: LimitOn
    name: str
    pence: int


class RuleError(ValueError):
    """Stored settings that are no rule."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule with every setting it needs; those of other rules keep their defaults.

    Around any rule: `minimum_votes`, `minimum_share_percent` of the ballots cast and
    `minimum_score` shut a project out; of each `exclusive` set one can win; `caps` and
    `ring_fences` bound categories and areas; `already_chosen` are funded before the count;
    the last winner may overspend the budget by `overspend_pence` (not under knapsack, where none
    is last); `part_funding` gives the first project that no longer fits what is left, if that
    covers its minimum cost; `criteria` are (name, weight): a vote for a project counts
    1 + sum(weight x points) / 1000.
    """

    name: RuleName = RuleName.GREEDY
    ranked_by: RankedBy = RankedBy.VOTES
    misfit: Misfit = Misfit.SKIP
    utility: Utility = Utility.COST
    # Start budgets of equal shares are rounded down to whole multiples of this; 0: exact.
    start_unit_pence: int = 0
    completion: Completion = Completion.NONE
    step_pence: int = 100
    then: Then = Then.NONE
    # Equal shares gives way to greedy if more voters prefer greedy's outcome.
    comparison: bool = False
    minimum_votes: int = 0
    minimum_share_percent: int = 0
    minimum_score: int = 0
    exclusive: tuple[tuple[str, ...], ...] = ()
    caps: tuple[Limit, ...] = ()
    ring_fences: tuple[Limit, ...] = ()
    already_chosen: tuple[str, ...] = ()
    overspend_pence: int = 0
    part_funding: bool = False
    criteria: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        """Refuse settings that no count could follow."""
        for at_least, setting in _WHOLE_NUMBERS.items():
            for name in setting:
                _check_whole(getattr(self, name), at_least, name)
        if self.minimum_share_percent > MOST_PERCENT:
            raise RuleError("a share of more than everybody")
        if self.name is not RuleName.KNAPSACK and self.ranked_by is RankedBy.VOTES_TIMES_COST:
            raise RuleError("only the knapsack rule adds up votes times cost")
        if self.name is RuleName.KNAPSACK and self.ranked_by is RankedBy.VOTES_PER_POUND:
            raise RuleError("the knapsack rule adds up votes or scores")
        if self.name is RuleName.KNAPSACK and self.overspend_pence:
            raise RuleError("a best set has no last project that might overspend")
        for limit in self.caps + self.ring_fences:
            _check_whole(limit.pence, 0, "limit")
        if any(type(w) is not int or not 0 <= w <= MOST_CRITERION_WEIGHT for _, w in self.criteria):
            raise RuleError("a criterion weighs from 0 to 1,000")

    def as_json(self) -> dict[str, object]:
        """The settings as plain JSON values, in a stable order."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """The rule that `as_json` wrote; settings left out take their default; else RuleError."""
        if not isinstance(stored, Mapping):
            raise RuleError("a rule is an object of settings")
        unknown = stored.keys() - {field.name for field in fields(cls)}
        if unknown:
            raise RuleError("a setting that no rule knows")
        try:
            settings: dict[str, Any] = {
                name: _setting(name, value) for name, value in stored.items()
            }
            return cls(**settings)
        except (ValueError, TypeError) as error:
            raise RuleError("a setting outside its choices") from error


# Settings that are whole numbers, by the least they may be.
_WHOLE_NUMBERS = {
    0: (
        "minimum_votes",
        "minimum_share_percent",
        "minimum_score",
        "start_unit_pence",
        "overspend_pence",
    ),
    1: ("step_pence",),
}
_CHOICES: Mapping[str, type[StrEnum]] = {
    "name": RuleName,
    "ranked_by": RankedBy,
    "misfit": Misfit,
    "utility": Utility,
    "completion": Completion,
    "then": Then,
}


def _check_whole(number: object, at_least: int, name: str) -> None:
    # bool is an int to Python, but `true` is no number of votes.
    if type(number) is not int or not at_least <= number <= MOST_PENCE:
        raise RuleError(f"{name} is a whole number, {at_least} or more")


def _plain(setting: object) -> object:
    if isinstance(setting, StrEnum):
        return setting.value
    if isinstance(setting, tuple):
        return [_plain(part) for part in setting]
    return setting


def _setting(name: str, value: Any) -> object:
    """One setting read back from JSON; ValueError or TypeError for what cannot be one."""
    if name in _CHOICES:
        return _CHOICES[name](value)
    if name in ("comparison", "part_funding"):
        if not isinstance(value, bool):
            raise TypeError(name)
        return value
    if not isinstance(value, list):
        return value
    match name:
        case "caps" | "ring_fences":
            return tuple(Limit(LimitOn(on), _word(of), pence) for on, of, pence in value)
        case "exclusive":
            return tuple(tuple(map(_word, members)) for members in value)
        case "criteria":
            return tuple((_word(criterion), weight) for criterion, weight in value)
        case _:
            return tuple(map(_word, value))


def _word(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a name is a text")
    return value
