"""Why every project was funded or not, and what would have made the difference, in sentences."""

from collections.abc import Callable, Mapping

from flask_babel import gettext as _
from flask_babel import ngettext

from app.display import pounds
from app.public import why_funded, why_not_funded
from app.public.background import Background, Verdict
from ballots.counting import Reason, Rule, RuleName
from ballots.counting.recounted_story import is_recounted

_SENTENCES: Mapping[Reason, Callable[[Verdict, Background], str]] = {
    Reason.FUNDED: why_funded.funded,
    Reason.ALREADY_CHOSEN: why_funded.already_chosen,
    Reason.COMPLETED: why_funded.completed,
    Reason.PART_FUNDED: why_funded.part_funded,
    Reason.DOES_NOT_FIT: why_not_funded.does_not_fit,
    Reason.AFTER_THE_STOP: why_not_funded.after_the_stop,
    Reason.SUPPORTERS_SPENT: why_not_funded.supporters_spent,
    Reason.NOT_IN_BEST_SET: why_not_funded.not_in_best_set,
    Reason.EXCLUDED: why_not_funded.excluded,
    Reason.OVER_CAP: why_not_funded.over_cap,
    Reason.RING_FENCED: why_not_funded.ring_fenced,
    Reason.BELOW_THRESHOLD: why_not_funded.below_threshold,
    Reason.BELOW_SHARE: why_not_funded.below_share,
    Reason.BELOW_SCORE: why_not_funded.below_score,
    Reason.NO_VOTES: why_not_funded.no_votes,
}


def why_decided(verdict: Verdict, background: Background) -> str:
    """The reason of a stored verdict, with its figures and what would have made it win."""
    reason = _SENTENCES[Reason(verdict["reason"])](verdict, background)
    return " ".join([reason, *_what_it_lacked(verdict, background)])


def _more_votes(rule: Rule, votes: int, *, least: bool) -> str:
    """Under equal shares the votes are those of people who voted, and have a share to spend."""
    number = f"{votes:,}"
    if is_recounted(rule) and not least:
        return ngettext(
            "It would have been funded with %(number)s more vote (perhaps fewer).",
            "It would have been funded with %(number)s more votes (perhaps fewer).",
            votes,
            number=number,
        )
    if rule.name is RuleName.EQUAL_SHARES and not is_recounted(rule):
        return ngettext(
            "It would have been funded with %(number)s more supporter who had not yet paid for "
            "anything else.",
            "It would have been funded with %(number)s more supporters who had not yet paid for "
            "anything else.",
            votes,
            number=number,
        )
    return ngettext(
        "It would have been funded with %(number)s more vote.",
        "It would have been funded with %(number)s more votes.",
        votes,
        number=number,
    )


def _lower_cost(rule: Rule, pence: int, *, highest: bool) -> str:
    """Where shares are raised, a still lower cost may stop the raising sooner, and lose."""
    if not is_recounted(rule):
        return _("It would have been funded at a cost of %(cost)s or less.", cost=pounds(pence))
    if highest:
        return _("It would have been funded at a cost of %(cost)s.", cost=pounds(pence))
    return _("It would have been funded at a cost of %(cost)s (perhaps more).", cost=pounds(pence))


def _what_it_lacked(verdict: Verdict, background: Background) -> list[str]:
    about, rule = background.about(verdict), background.rule
    sentences = []
    # Outcomes stored before the flags were did not try every nearer figure.
    if (votes := about.get("more_votes")) is not None:
        sentences.append(_more_votes(rule, votes, least=about.get("votes_are_least", False)))
    if (cost := about.get("lower_cost_pence")) is not None:
        sentences.append(_lower_cost(rule, cost, highest=about.get("cost_is_highest", False)))
    if (each := about.get("beneficiary_cost_pence")) is not None:
        sentences.append(
            _("Its cost is %(cost)s for each person who gains from it.", cost=pounds(each))
        )
    return sentences
