"""Why a project was not funded, in a sentence that is right under the rule of the round."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.display import pounds
from app.public.background import (
    Background,
    Verdict,
    listed,
    more_of_what,
    points_words,
    standing_words,
    votes_words,
)

# Whom supporters paid for is told with so many names; a sentence with more is not read.
MOST_NAMED = 3


def does_not_fit(verdict: Verdict, background: Background) -> str:
    """By how much it cost too much when its turn came."""
    votes, left = standing_words(verdict, background), verdict["left_before_pence"]
    if left is None:
        return _("Not funded: %(votes)s. It cost more than was left.", votes=votes)
    if left <= 0:
        return _("Not funded: %(votes)s; no money was left when its turn came.", votes=votes)
    return _(
        "Not funded: %(votes)s. It cost %(short)s more than the %(left)s left when its turn came.",
        votes=votes,
        short=pounds(verdict["shortfall_pence"]),
        left=pounds(left),
    )


def after_the_stop(verdict: Verdict, background: Background) -> str:
    """Where the count had stopped before it."""
    votes = standing_words(verdict, background)
    if background.stopped_at is None:
        return _("Not funded: %(votes)s. The count had already stopped.", votes=votes)
    return _(
        "Not funded: %(votes)s. The count had already stopped at “%(title)s”, which cost more "
        "than was left.",
        votes=votes,
        title=background.title(background.stopped_at),
    )


def supporters_spent(verdict: Verdict, background: Background) -> str:
    """What its supporters had left, and what they had helped pay for."""
    votes = standing_words(verdict, background)
    about = background.about(verdict)
    if not about.get("standings"):
        return _(
            "Not funded: %(votes)s. What its supporters had left together did not cover its "
            "cost of %(cost)s.",
            votes=votes,
            cost=pounds(verdict["cost_pence"]),
        )
    had = _(
        "Not funded: %(votes)s. Its supporters had %(money)s towards its cost of %(cost)s",
        votes=votes,
        money=pounds(about["standings"][-1]["money_pence"]),
        cost=pounds(verdict["cost_pence"]),
    )
    return f"{had}{_what_they_paid_for(about, background)}"


def _what_they_paid_for(about: Mapping[str, Any], background: Background) -> str:
    paid_for = [spent["project_id"] for spent in about["supporters_spent_on"] if spent["pence"] > 0]
    if not paid_for:
        return "."
    named = listed([background.title(code) for code in paid_for[:MOST_NAMED]])
    others = len(paid_for) - MOST_NAMED
    if others <= 0:
        return _(": they had already helped pay for %(named)s.", named=named)
    return ngettext(
        ": they had already helped pay for %(named)s, and for %(num)s other project.",
        ": they had already helped pay for %(named)s, and for %(num)s other projects.",
        others,
        named=named,
    )


def not_in_best_set(verdict: Verdict, background: Background) -> str:
    """Why the set that was funded is without it."""
    return _(
        "Not funded: %(votes)s. No set that the money covers has %(more)s together than the "
        "projects funded, and it is not one of them.",
        votes=standing_words(verdict, background),
        more=more_of_what(background.rule),
    )


def excluded(verdict: Verdict, background: Background) -> str:
    """Which winner shut it out."""
    code = verdict["project_id"]
    rivals = {
        rival
        for members in background.rule.exclusive
        if code in members
        for rival in members
        if rival in background.winners
    }
    return _(
        "Not funded: %(votes)s. The rules allow only one of it and %(rivals)s.",
        votes=standing_words(verdict, background),
        rivals=listed([background.title(rival) for rival in sorted(rivals)]),
    )


def over_cap(verdict: Verdict, background: Background) -> str:
    """Why a limit left no room for it."""
    return _(
        "Not funded: %(votes)s. With it, its category or area would have had more money than "
        "the rules allow.",
        votes=standing_words(verdict, background),
    )


def ring_fenced(verdict: Verdict, background: Background) -> str:
    """Why the money left was not for it."""
    return _(
        "Not funded: %(votes)s. The rules keep the money that was left for another category or "
        "area.",
        votes=standing_words(verdict, background),
    )


def below_threshold(verdict: Verdict, background: Background) -> str:
    """How many votes the rules ask for."""
    return _(
        "Not funded: %(votes)s; the rules ask for at least %(minimum)s.",
        votes=votes_words(verdict["votes"]),
        minimum=background.rule.minimum_votes,
    )


def below_share(verdict: Verdict, background: Background) -> str:
    """Which share of the voters the rules ask for."""
    return _(
        "Not funded: %(votes)s; the rules ask for a vote from at least %(percent)s%% of those "
        "who voted.",
        votes=votes_words(verdict["votes"]),
        percent=background.rule.minimum_share_percent,
    )


def below_score(verdict: Verdict, background: Background) -> str:
    """How many points the rules ask for."""
    return _(
        "Not funded: %(points)s; the rules ask for at least %(minimum)s.",
        points=points_words(verdict["score"]),
        minimum=background.rule.minimum_score,
    )


def no_votes(_verdict: Verdict, _background: Background) -> str:
    """That nobody asked for it."""
    return _("Not funded: nobody voted for it.")
