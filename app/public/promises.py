"""The rules of a round in plain words: how one votes, how it is counted, who signs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.display import pounds
from ballots.counting import Misfit, Rule
from ballots.disclosure import DisclosureProfile
from ballots.papers import BallotFormat
from ballots.voting_rules import VotingRules
from neighbourhoods.rounds import Round


@dataclass(frozen=True)
class Promise:
    """One rule: what it is about, and what it says."""

    about: str
    words: str


@dataclass(frozen=True)
class Terms:
    """What a vote is held under, whether it is frozen yet or not."""

    ballot_format: BallotFormat
    max_choices: int | None
    min_choices: int
    budget_pence: int
    rule: Rule
    profile: DisclosureProfile
    step: int
    approvals_needed: int


def terms_of(rules: VotingRules, the_round: Round) -> Terms:
    """The terms as they stand now."""
    return Terms(
        rules.ballot_format,
        rules.max_choices,
        rules.min_choices,
        the_round.budget_pence,
        rules.rule,
        rules.disclosure_profile,
        rules.disclosure_step,
        rules.approvals_needed,
    )


def frozen_terms(promised: Mapping[str, Any]) -> Terms:
    """The terms as they were written down when the vote opened."""
    paper, disclosure = promised["paper"], promised["disclosure"]
    return Terms(
        BallotFormat(paper["ballot_format"]),
        paper["max_choices"],
        paper["min_choices"],
        promised["budget_pence"],
        Rule.from_json(promised["rule"]),
        DisclosureProfile(disclosure["profile"]),
        disclosure["step"],
        promised["approvals_needed"],
    )


def rules_in_words(terms: Terms) -> list[Promise]:
    """Every rule of a vote, in the order in which people meet them."""
    same = _(
        "The one that costs less comes first. If they cost the same, the one whose project code "
        "comes first as text, so 10 before 9."
    )
    return [
        Promise(_("How you vote"), _how_to_vote(terms)),
        Promise(_("How votes are counted"), _how_counted(terms.rule)),
        Promise(_("If projects have the same number of votes"), same),
        Promise(_("What is shown while voting is open"), _what_is_shown(terms)),
        Promise(_("Who signs the outcome"), _who_signs(terms)),
    ]


def _how_to_vote(terms: Terms) -> str:
    sentences = [_what_to_choose(terms)]
    if terms.min_choices > 1:
        sentences.append(_("Choose at least %(number)s.", number=terms.min_choices))
    sentences.append(_("You can change your vote until voting closes: the last one counts."))
    return " ".join(sentences)


def _what_to_choose(terms: Terms) -> str:
    if terms.ballot_format is BallotFormat.CHOOSE_ONE:
        return _("Choose one project.")
    if terms.ballot_format is BallotFormat.KNAPSACK:
        return _(
            "Choose projects until %(budget)s is used up. Your choices together cannot cost "
            "more than that.",
            budget=pounds(terms.budget_pence),
        )
    if terms.max_choices is None:
        return _("Choose every project that you support.")
    return ngettext(
        "Choose %(num)d project that you support.",
        "Choose up to %(num)d projects that you support.",
        terms.max_choices,
    )


def _how_counted(rule: Rule) -> str:
    sentences = [
        _("Each project you choose gets one vote. The one with most votes is funded first."),
        _("One that costs more than the money left is skipped, and the next one is tried.")
        if rule.misfit is Misfit.SKIP
        else _("At the first one that costs more than the money left, the count stops."),
        ngettext(
            "A project needs at least %(num)d vote.",
            "A project needs at least %(num)d votes.",
            max(1, rule.minimum_votes),
        ),
    ]
    return " ".join(sentences)


def _what_is_shown(terms: Terms) -> str:
    match terms.profile:
        case DisclosureProfile.OPEN:
            return _("Everything, at once: figures follow every vote, like a show of hands.")
        case DisclosureProfile.SEALED:
            return _("Only how many people have voted. The figures are shown when voting closes.")
        case DisclosureProfile.LIVE:
            return _(
                "How many people have voted, at once. The figures of each project move in steps "
                "of at least %(step)s people, so that nobody can see how one person voted.",
                step=terms.step,
            )


def _who_signs(terms: Terms) -> str:
    return ngettext(
        "%(num)d councillor who answers for this community must approve it. A councillor can also "
        "send it back, but only in public and with reasons.",
        "%(num)d councillors who answer for this community must approve it, or all of those who "
        "are left when others take no part because of a pecuniary interest. A councillor can also "
        "send it back, but only in public and with reasons.",
        terms.approvals_needed,
    )
