"""A counting rule and its settings in plain words."""

from collections.abc import Iterable, Mapping

from flask_babel import gettext as _
from flask_babel import ngettext

from app.display import pounds
from app.public.background import listed
from app.residents.proposal_forms import category_words
from ballots.counting import (
    Completion,
    Limit,
    LimitOn,
    Misfit,
    RankedBy,
    Rule,
    RuleName,
    Then,
    Utility,
)


def how_counted(rule: Rule) -> str:
    """How the rule goes from votes to funded projects."""
    match rule.name:
        case RuleName.GREEDY:
            sentences = _greedy(rule)
        case RuleName.EQUAL_SHARES:
            sentences = _equal_shares(rule)
        case RuleName.PHRAGMEN:
            sentences = [
                _(
                    "Everybody earns money at the same speed. A project is funded as soon as its "
                    "supporters have earned its cost together, and they start again from nothing."
                ),
                _("The count stops at the first one that costs more than the money left."),
            ]
        case RuleName.KNAPSACK:
            sentences = [_knapsack(rule)]
    return " ".join(sentences)


def _greedy(rule: Rule) -> list[str]:
    first = {
        RankedBy.VOTES: _("The project with most votes is funded first, then the next."),
        RankedBy.SCORE: _("The project with most points is funded first, then the next."),
        RankedBy.VOTES_PER_POUND: _(
            "The project with most votes for each pound of its cost is funded first, then the next."
        ),
    }
    misfit = {
        Misfit.SKIP: _(
            "One that costs more than the money left is skipped, and the next one is tried."
        ),
        Misfit.STOP: _("At the first one that costs more than the money left, the count stops."),
    }
    return [first[rule.ranked_by], misfit[rule.misfit]]


def _equal_shares(rule: Rule) -> list[str]:
    worth = {
        Utility.COST: _(
            "The project that gives its supporters most money’s worth for what each pays is next."
        ),
        Utility.CARDINALITY: _("The project for which each supporter has to pay least is next."),
        Utility.POINTS: _(
            "The project that gives its supporters most points for what each pays is next."
        ),
    }
    sentences = [
        _(
            "Everybody has an equal share of the budget. A project is funded when its supporters "
            "can pay for it together."
        ),
        worth[rule.utility],
    ]
    if rule.start_unit_pence:
        unit = pounds(rule.start_unit_pence)
        sentences.append(_("Shares are rounded down to whole multiples of %(unit)s.", unit=unit))
    return sentences + _what_is_left(rule)


def _what_is_left(rule: Rule) -> list[str]:
    step = pounds(rule.step_pence)
    completion = {
        Completion.NONE: [],
        Completion.ADD1: [
            _(
                "If money is left, all shares are raised by %(step)s and the count starts again, "
                "until the next step would spend more than the budget.",
                step=step,
            )
        ],
        Completion.ADD1_EXHAUSTIVE: [
            _(
                "If money is left, all shares are raised by %(step)s and the count starts again, "
                "until no other project fits the money left or the budget would be overspent.",
                step=step,
            )
        ],
    }
    then = {
        Then.NONE: _("What is left after that stays in the fund."),
        Then.UTILITARIAN: _(
            "What is left after that goes to the projects with most votes that still fit."
        ),
    }
    compared = _(
        "If more voters prefer what the rule “most votes first” would fund, that is funded instead."
    )
    return [*completion[rule.completion], then[rule.then], *([compared] if rule.comparison else [])]


def _knapsack(rule: Rule) -> str:
    match rule.ranked_by:
        case RankedBy.SCORE:
            return _(
                "Of all sets of projects that the budget can pay for, the one with most points in "
                "all is funded."
            )
        case RankedBy.VOTES_TIMES_COST:
            return _(
                "Of all sets of projects that the budget can pay for, the one is funded in which "
                "votes times cost, added up, are most."
            )
        case _:
            return _(
                "Of all sets of projects that the budget can pay for, the one with most votes in "
                "all is funded."
            )


# --- conditions around any rule ------------------------------------------------------------------


def what_every_project_needs(rule: Rule) -> str:
    """What shuts a project out, however the others did."""
    sentences = [
        ngettext(
            "A project needs at least %(num)d vote.",
            "A project needs at least %(num)d votes.",
            max(1, rule.minimum_votes),
        )
    ]
    if rule.minimum_share_percent:
        sentences.append(
            _(
                "At least %(share)s percent of the people who vote have to support it.",
                share=rule.minimum_share_percent,
            )
        )
    if rule.minimum_score:
        sentences.append(
            ngettext(
                "It needs at least %(num)d point.",
                "It needs at least %(num)d points.",
                rule.minimum_score,
            )
        )
    return " ".join(sentences)


def asks_more_than_a_vote(rule: Rule) -> bool:
    """Whether a project needs more than one vote to take part."""
    return rule.minimum_votes > 1 or bool(rule.minimum_share_percent or rule.minimum_score)


def conditions_in_words(rule: Rule, titles: Mapping[str, str]) -> list[str]:
    """Each condition that money and projects have to keep, a sentence or two for each."""
    sentences: list[str] = []
    if rule.already_chosen:
        sentences.append(
            _(
                "These projects were chosen before and are funded first: %(titles)s.",
                titles=_named(rule.already_chosen, titles),
            )
        )
    sentences += [
        _("Only one of these projects can be funded: %(titles)s.", titles=_named(members, titles))
        for members in rule.exclusive
    ]
    sentences += map(_capped, rule.caps)
    sentences += map(_kept, rule.ring_fences)
    if rule.overspend_pence:
        sentences.append(
            _(
                "The last project may take the budget up to %(sum)s over.",
                sum=pounds(rule.overspend_pence),
            )
        )
    if rule.part_funding:
        sentences.append(
            _(
                "The first project that no longer fits gets what is left, if that covers the least "
                "it can be done for."
            )
        )
    if rule.criteria:
        sentences.append(_how_criteria_weigh(rule))
    return sentences


def _named(codes: Iterable[str], titles: Mapping[str, str]) -> str:
    """Projects under their titles, or under their codes where no title is known."""
    return listed([titles.get(code, code) for code in codes])


def _capped(cap: Limit) -> str:
    if cap.on is LimitOn.CATEGORY:
        return _(
            "Projects of the category %(name)s get %(sum)s together at most.",
            name=category_words(cap.name),
            sum=pounds(cap.pence),
        )
    return _(
        "Projects in %(name)s get %(sum)s together at most.", name=cap.name, sum=pounds(cap.pence)
    )


def _kept(fence: Limit) -> str:
    if fence.on is LimitOn.CATEGORY:
        return _(
            "%(sum)s is kept for projects of the category %(name)s.",
            name=category_words(fence.name),
            sum=pounds(fence.pence),
        )
    return _("%(sum)s is kept for projects in %(name)s.", name=fence.name, sum=pounds(fence.pence))


def _how_criteria_weigh(rule: Rule) -> str:
    # A weight is what one point of the criterion adds, in thousandths of a vote.
    each = ", ".join(
        _("%(name)s %(percent)s percent", name=name, percent=f"{weight / 10:g}")
        for name, weight in rule.criteria
    )
    return _(
        "A vote counts more for a project that meets published criteria. Each of its points, from "
        "0 to 10, adds to every vote: %(each)s.",
        each=each,
    )
