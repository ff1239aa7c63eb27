"""Why a project was funded, in a sentence that is right under the rule of the round."""

from decimal import ROUND_CEILING, Decimal

from flask_babel import gettext as _
from flask_babel import ngettext

from app.display import pounds
from app.public.background import Background, Verdict, more_of_what, standing_words, votes_words
from ballots.counting import RuleName


def funded(verdict: Verdict, background: Background) -> str:
    """Why the rule itself funded it."""
    price = background.prices.get(verdict["project_id"])
    rule = background.rule.name
    if rule is RuleName.KNAPSACK:
        return _in_the_best_set(verdict, background)
    if rule is RuleName.PHRAGMEN:
        return ngettext(
            "Funded: its %(number)s supporter was the next to have saved its cost.",
            "Funded: its %(number)s supporters were the next to have saved its cost together.",
            verdict["votes"],
            number=f"{verdict['votes']:,}",
        )
    if price is None:
        return _(
            "Funded: %(votes)s; %(left)s was left when its turn came.",
            votes=standing_words(verdict, background),
            left=pounds(verdict["left_before_pence"]),
        )
    return _paid_together(verdict, price)


def _paid_together(verdict: Verdict, price: str) -> str:
    if verdict["cost_pence"] == 0:
        return _("Funded: %(votes)s, and it costs nothing.", votes=votes_words(verdict["votes"]))
    # Rounded up: nobody paid more than what the sentence says.
    most = pounds(int(Decimal(price).to_integral_value(ROUND_CEILING)))
    votes = f"{verdict['votes']:,}"
    if verdict["score"] != verdict["votes"]:
        return ngettext(
            "Funded: its %(number)s supporter could pay for it, at most %(most)s for each point "
            "given to it.",
            "Funded: its %(number)s supporters could pay for it together, at most %(most)s for "
            "each point given to it.",
            verdict["votes"],
            number=votes,
            most=most,
        )
    return ngettext(
        "Funded: its %(number)s supporter could pay for it, at most %(most)s.",
        "Funded: its %(number)s supporters could pay for it together, at most %(most)s each.",
        verdict["votes"],
        number=votes,
        most=most,
    )


def _in_the_best_set(verdict: Verdict, background: Background) -> str:
    return _(
        "Funded: %(votes)s. It belongs to the set of projects funded, and no set that the money "
        "covers has %(more)s together.",
        votes=standing_words(verdict, background),
        more=more_of_what(background.rule),
    )


def already_chosen(_verdict: Verdict, _background: Background) -> str:
    """Why it was funded before the count."""
    return _("Funded: the rules of the round had chosen it before the vote.")


def completed(verdict: Verdict, background: Background) -> str:
    """Why it was funded from what the shares left over."""
    return _(
        "Funded: %(votes)s. Its supporters’ shares did not cover it, but money was left at the "
        "end, and it was next by votes.",
        votes=standing_words(verdict, background),
    )


def part_funded(verdict: Verdict, background: Background) -> str:
    """Why it receives less than its cost."""
    return _(
        "Funded in part: %(votes)s. It was the first to cost more than was left, and gets the "
        "%(paid)s that was left of its %(cost)s.",
        votes=standing_words(verdict, background),
        paid=pounds(verdict["funded_pence"]),
        cost=pounds(verdict["cost_pence"]),
    )
