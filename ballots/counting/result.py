"""What a rule decided, with a reason for every project; frozen, and the same JSON every time."""

from dataclasses import dataclass
from enum import StrEnum

from ballots.counting.rules import Rule
from ballots.counting.ties import TieOrder, TieStep


class Reason(StrEnum):
    """Why a project was funded or not; the sentence is written elsewhere."""

    FUNDED = "funded"
    DOES_NOT_FIT = "does-not-fit"
    AFTER_THE_STOP = "after-the-stop"
    BELOW_THRESHOLD = "below-threshold"
    NO_VOTES = "no-votes"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one project, with the numbers behind the reason.

    `rank` is its place among all projects, from 1. `left_before_pence` is the money left when
    its turn came, None if it never had a turn.
    """

    project_id: str
    rank: int
    votes: int
    cost_pence: int
    reason: Reason
    left_before_pence: int | None = None

    @property
    def funded(self) -> bool:
        """Whether the project won."""
        return self.reason is Reason.FUNDED

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
            "cost_pence": self.cost_pence,
            "funded": self.funded,
            "reason": self.reason.value,
            "left_before_pence": self.left_before_pence,
            "shortfall_pence": self.shortfall_pence,
        }


@dataclass(frozen=True, slots=True)
class Tie:
    """Projects that stood level, and how the order ranked them.

    `members` are preferred first; `steps[i]` is what put `members[i]` before `members[i + 1]`.
    `decisive` says whether another order would have changed the winners.
    """

    votes: int
    members: tuple[str, ...]
    steps: tuple[TieStep, ...]
    decisive: bool

    def to_json(self) -> dict[str, object]:
        """The tie as plain JSON values."""
        return {
            "votes": self.votes,
            "members": list(self.members),
            "steps": [step.value for step in self.steps],
            "decisive": self.decisive,
        }


@dataclass(frozen=True, slots=True)
class Result:
    """The winners in the order they won, and why; `verdicts` holds every project, by rank.

    `stopped_at` is the project at which a stopping rule stopped, if it did.
    """

    rule: Rule
    tie_order: TieOrder
    budget_pence: int
    ballots_cast: int
    verdicts: tuple[Verdict, ...]
    ties: tuple[Tie, ...]
    stopped_at: str | None = None

    @property
    def winners(self) -> tuple[str, ...]:
        """Ids of the funded projects, in the order they won."""
        return tuple(verdict.project_id for verdict in self.verdicts if verdict.funded)

    @property
    def spent_pence(self) -> int:
        """What the winners cost together."""
        return sum(verdict.cost_pence for verdict in self.verdicts if verdict.funded)

    @property
    def left_pence(self) -> int:
        """What is left of the budget."""
        return self.budget_pence - self.spent_pence

    def verdict_on(self, project_id: str) -> Verdict:
        """What became of this project; KeyError if it did not stand."""
        found = (verdict for verdict in self.verdicts if verdict.project_id == project_id)
        verdict = next(found, None)
        if verdict is None:
            raise KeyError(project_id)
        return verdict

    def to_json(self) -> dict[str, object]:
        """The whole result as plain JSON values, in a stable order, money in whole pence."""
        return {
            "rule": self.rule.as_json(),
            "tie_order": self.tie_order.as_json(),
            "budget_pence": self.budget_pence,
            "spent_pence": self.spent_pence,
            "left_pence": self.left_pence,
            "ballots_cast": self.ballots_cast,
            "winners": list(self.winners),
            "stopped_at": self.stopped_at,
            "projects": [verdict.to_json() for verdict in self.verdicts],
            "ties": [tie.to_json() for tie in self.ties],
        }
