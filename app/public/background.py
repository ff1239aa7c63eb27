"""What every reason of a count leans on, and the figures it is told with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from flask_babel import gettext as _
from flask_babel import ngettext

from ballots.counting import RankedBy, Rule

Verdict = Mapping[str, Any]


@dataclass(frozen=True)
class Background:
    """What a reason leans on beside its own verdict: the rule, titles, prices, the explanation.

    `prices` are what a supporter paid at most, in pence as a decimal text, for winners that
    supporters paid for; `explained` is the explanation of each project, where there is one.
    """

    rule: Rule
    titles: Mapping[str, str]
    stopped_at: str | None = None
    winners: tuple[str, ...] = ()
    prices: Mapping[str, str] = field(default_factory=dict)
    explained: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        result: Mapping[str, Any],
        titles: Mapping[str, str],
        explanation: Mapping[str, Any] | None = None,
    ) -> Self:
        """The background of a result, as `ballots.counting.Result.to_json` wrote it."""
        return cls(
            rule=Rule.from_json(result["rule"]),
            titles=titles,
            stopped_at=result["stopped_at"],
            winners=tuple(result["winners"]),
            # Outcomes of the first version have no purchases: nobody paid a share in them.
            prices={
                bought["project_id"]: bought["price_pence"]
                for bought in result.get("purchases", ())
                if bought["price_pence"] is not None
            },
            explained={
                about["project_id"]: about for about in (explanation or {}).get("projects", ())
            },
        )

    def title(self, code: str) -> str:
        """The title of a project, or its code where no title is known."""
        return self.titles.get(code, code)

    def about(self, verdict: Verdict) -> Mapping[str, Any]:
        """The explanation of the verdict's project; empty if there is none."""
        return self.explained.get(verdict["project_id"], {})


def votes_words(votes: int) -> str:
    """A number of votes: 57 votes."""
    return str(ngettext("%(number)s vote", "%(number)s votes", votes, number=f"{votes:,}"))


def standing_words(verdict: Verdict, background: Background) -> str:
    """What a project stood on: votes, or points where points are ranked."""
    if background.rule.ranked_by is not RankedBy.SCORE:
        return votes_words(verdict["votes"])
    return _(
        "%(points)s from %(votes)s",
        points=points_words(verdict["score"]),
        votes=votes_words(verdict["votes"]),
    )


def points_words(points: int) -> str:
    """A number of points: 57 points."""
    return str(ngettext("%(number)s point", "%(number)s points", points, number=f"{points:,}"))


def listed(names: Sequence[str]) -> str:
    """Names in a row, each in quotation marks: “A”, “B” and “C”."""
    quoted = [f"“{name}”" for name in names]
    if len(quoted) == 1:
        return quoted[0]
    return _("%(first)s and %(last)s", first=", ".join(quoted[:-1]), last=quoted[-1])


def more_of_what(rule: Rule) -> str:
    """What one set of projects can have more of than another."""
    if rule.ranked_by is RankedBy.SCORE:
        return _("more points")
    if rule.ranked_by is RankedBy.VOTES_TIMES_COST:
        return _("more votes times cost")
    return _("more votes")
