"""What a rule decided, with a reason for every project; frozen, and the same JSON every time."""

from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from ballots.counting.rules import Rule
from ballots.counting.ties import TieOrder, TieStep


class Reason(StrEnum):
    """Why a project was funded or not; the sentence is written elsewhere."""

    FUNDED = "funded"
    ALREADY_CHOSEN = "already-chosen"
    COMPLETED = "completed"
    PART_FUNDED = "part-funded"
    DOES_NOT_FIT = "does-not-fit"
    AFTER_THE_STOP = "after-the-stop"
    SUPPORTERS_SPENT = "supporters-spent"
    NOT_IN_BEST_SET = "not-in-best-set"
    EXCLUDED = "excluded"
    OVER_CAP = "over-cap"
    RING_FENCED = "ring-fenced"
    BELOW_THRESHOLD = "below-threshold"
    BELOW_SHARE = "below-share"
    BELOW_SCORE = "below-score"
    NO_VOTES = "no-votes"


FUNDED = frozenset((Reason.FUNDED, Reason.ALREADY_CHOSEN, Reason.COMPLETED, Reason.PART_FUNDED))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one project, with the numbers behind the reason.

    `rank` is its place among all projects by what the rule ranks, from 1; `won` its place among
    the winners, None if it lost. `left_before_pence` is the money left when its turn came, None
    if it never had a turn. `funded_pence` is what it receives, less than its cost if part-funded.
    """

    project_id: str
    rank: int
    votes: int
    cost_pence: int
    reason: Reason
    left_before_pence: int | None = None
    score: int = 0
    won: int | None = None
    funded_pence: int = 0

    @property
    def funded(self) -> bool:
        """Whether the project won."""
        return self.won is not None

    @property
    def shortfall_pence(self) -> int | None:
        """By how much the money left fell short of a project that did not fit."""
        if self.reason is not Reason.DOES_NOT_FIT or self.left_before_pence is None:
            return None
        return self.cost_pence - self.left_before_pence

    def to_json(self) -> dict[str, object]:
        """The verdict as plain JSON values."""
        return {
            "project_id": self.project_id,
            "rank": self.rank,
            "votes": self.votes,
            "score": self.score,
            "cost_pence": self.cost_pence,
            "funded": self.funded,
            "funded_pence": self.funded_pence,
            "won": self.won,
            "reason": self.reason.value,
            "left_before_pence": self.left_before_pence,
            "shortfall_pence": self.shortfall_pence,
        }


@dataclass(frozen=True, slots=True)
class Tie:
    """Projects that stood level, and how the order ranked them.

    `members` are preferred first; `steps[i]` is what put `members[i]` before `members[i + 1]`.
    `votes` are what they had in common, None where they were level in something else.
    `decisive` says whether another order would have changed the winners, None if not examined.
    """

    votes: int | None
    members: tuple[str, ...]
    steps: tuple[TieStep, ...]
    decisive: bool | None

    def to_json(self) -> dict[str, object]:
        """The tie as plain JSON values."""
        return {
            "votes": self.votes,
            "members": list(self.members),
            "steps": [step.value for step in self.steps],
            "decisive": self.decisive,
        }


@dataclass(frozen=True, slots=True)
class Purchase:
    """One winner as it was bought, in order.

    `price_pence` is what a supporter pays per point of support, None where nobody pays a share
    (greedy, knapsack, completion); `left_pence` is the budget's money left after it.
    """

    project_id: str
    paid_pence: int
    left_pence: int
    price_pence: Fraction | None = None

    def to_json(self) -> dict[str, object]:
        """The purchase as plain JSON values; a price in pence to six places."""
        price = self.price_pence
        return {
            "project_id": self.project_id,
            "paid_pence": self.paid_pence,
            "left_pence": self.left_pence,
            "price_pence": None if price is None else decimal_text(price),
        }


@dataclass(frozen=True, slots=True)
class Result:
    """The winners in the order they won, and why; `verdicts` holds every project, by rank.

    `stopped_at` is the project at which a stopping rule stopped, if it did. Under equal shares
    `start_budget_pence` is every voter's share and `steps` how often it was raised, and
    `gave_way` says that the comparison step preferred greedy's outcome.
    """

    rule: Rule
    tie_order: TieOrder
    budget_pence: int
    ballots_cast: int
    verdicts: tuple[Verdict, ...]
    ties: tuple[Tie, ...]
    purchases: tuple[Purchase, ...]
    stopped_at: str | None = None
    start_budget_pence: Fraction | None = None
    steps: int = 0
    gave_way: bool = False

    @property
    def winners(self) -> tuple[str, ...]:
        """Ids of the funded projects, in the order they won."""
        return tuple(purchase.project_id for purchase in self.purchases)

    @property
    def spent_pence(self) -> int:
        """What the winners receive together."""
        return sum(purchase.paid_pence for purchase in self.purchases)

    @property
    def left_pence(self) -> int:
        """What is left of the budget; below zero where overspending is permitted."""
        return self.budget_pence - self.spent_pence

    def verdict_on(self, project_id: str) -> Verdict:
        """What became of this project; KeyError if it did not stand."""
        found = (verdict for verdict in self.verdicts if verdict.project_id == project_id)
        verdict = next(found, None)
        if verdict is None:
            raise KeyError(project_id)
        return verdict

    def decided_beside(self, other: "Result") -> "Result":
        """This result with what stood level in another that it was compared with.

        How those ties were broken may have decided which of the two stands.
        """
        further = [replace(tie, decisive=None) for tie in other.ties if tie.decisive is not False]
        known = {frozenset(tie.members) for tie in self.ties if tie.decisive is not False}
        return replace(
            self,
            ties=(*self.ties, *(tie for tie in further if frozenset(tie.members) not in known)),
        )

    def standing_in_for(self, other: "Result") -> "Result":
        """This result as the outcome of another's rule, which gave way to it."""
        return replace(
            self,
            rule=other.rule,
            start_budget_pence=other.start_budget_pence,
            steps=other.steps,
            gave_way=True,
        )

    def to_json(self) -> dict[str, object]:
        """The whole result as plain JSON values, in a stable order, money in whole pence."""
        start = self.start_budget_pence
        return {
            "rule": self.rule.as_json(),
            "tie_order": self.tie_order.as_json(),
            "budget_pence": self.budget_pence,
            "spent_pence": self.spent_pence,
            "left_pence": self.left_pence,
            "ballots_cast": self.ballots_cast,
            "winners": list(self.winners),
            "stopped_at": self.stopped_at,
            "start_budget_pence": None if start is None else decimal_text(start),
            "steps": self.steps,
            "gave_way": self.gave_way,
            "projects": [verdict.to_json() for verdict in self.verdicts],
            "purchases": [purchase.to_json() for purchase in self.purchases],
            "ties": [tie.to_json() for tie in self.ties],
        }


def decimal_text(number: Fraction) -> str:
    """A fraction to six places, rounded half up, for people; never read back to decide."""
    millionths = (number.numerator * 2_000_000 + number.denominator) // (2 * number.denominator)
    sign, size = ("-", -millionths) if millionths < 0 else ("", millionths)
    return f"{sign}{size // 1_000_000}.{size % 1_000_000:06d}"
