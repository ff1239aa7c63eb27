"""The settings of a rule, frozen when a round opens, as JSON and back. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Self, cast


class RuleName(StrEnum):
    """The rules that can be applied; the others come with the counting issue (issue 3)."""

    GREEDY = "greedy"


class Misfit(StrEnum):
    """What greedy does at a project that no longer fits: go on to the next, or stop for good."""

    SKIP = "skip"
    STOP = "stop"


class RankedBy(StrEnum):
    """What greedy ranks by."""

    VOTES = "votes"


class RuleError(ValueError):
    """Stored settings that are no rule."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule with every setting it needs; `minimum_votes` 0 means no threshold."""

    name: RuleName = RuleName.GREEDY
    ranked_by: RankedBy = RankedBy.VOTES
    misfit: Misfit = Misfit.SKIP
    minimum_votes: int = 0

    def __post_init__(self) -> None:
        """Refuse a threshold that is no count of votes."""
        # bool is an int to Python, but `true` is no number of votes.
        if type(self.minimum_votes) is not int or self.minimum_votes < 0:
            raise RuleError("the threshold is a number of votes, 0 or more")

    def as_json(self) -> dict[str, str | int]:
        """The settings as plain JSON values, in a stable order."""
        return {name: _plain(setting) for name, setting in asdict(self).items()}

    @classmethod
    def from_json(cls, stored: object) -> Self:
        """The rule that `as_json` wrote; settings left out take their default; else RuleError."""
        if not isinstance(stored, Mapping):
            raise RuleError("a rule is an object of settings")
        unknown = stored.keys() - {field.name for field in fields(cls)}
        if unknown:
            raise RuleError("a setting that no rule knows")
        try:
            return cls(
                name=RuleName(stored.get("name", RuleName.GREEDY)),
                ranked_by=RankedBy(stored.get("ranked_by", RankedBy.VOTES)),
                misfit=Misfit(stored.get("misfit", Misfit.SKIP)),
                minimum_votes=cast(int, stored.get("minimum_votes", 0)),
            )
        except (ValueError, TypeError) as error:
            raise RuleError("a setting outside its choices") from error


def _plain(setting: StrEnum | int) -> str | int:
    return setting.value if isinstance(setting, StrEnum) else setting
