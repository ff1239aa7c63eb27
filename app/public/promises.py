"""The rules of a round in plain words: how one votes, how it is counted, who signs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.display import pounds
from app.labels import label
from app.public.rule_words import conditions_in_words, how_counted, what_every_project_needs
from ballots.counting import Rule
from ballots.disclosure import DisclosureProfile
from ballots.papers import BallotFormat
from ballots.routes import Agreement, RouteName
from ballots.voting_rules import TieRule, VotingRules
from neighbourhoods.rounds import Round


@dataclass(frozen=True)
class Promise:
    """One rule: what it is about, and what it says."""

    about: str
    words: str


@dataclass(frozen=True)
class Terms:
    """What a vote is held under, whether it is frozen yet or not.

    `budget_pence` is what one ballot may cost where that is limited.
    """

    ballot_format: BallotFormat
    max_choices: int | None
    min_choices: int
    budget_pence: int
    rule: Rule
    profile: DisclosureProfile
    step: int
    route: Mapping[str, Any]
    points_to_give: int | None = None
    most_points_on_one: int | None = None
    highest_score: int | None = None
    # Where a draw's chance comes from; None where ties are settled by cost.
    draw_source: str | None = None
    # What the projects are called that conditions name, by code.
    titles: Mapping[str, str] = field(default_factory=dict)


def terms_of(
    rules: VotingRules,
    the_round: Round,
    route: Mapping[str, Any],
    titles: Mapping[str, str] | None = None,
) -> Terms:
    """The terms as they stand now."""
    return Terms(
        rules.ballot_format,
        rules.max_choices,
        rules.min_choices,
        rules.spending_limit_pence or the_round.budget_pence,
        rules.rule,
        rules.disclosure_profile,
        rules.disclosure_step,
        route,
        rules.points_to_give,
        rules.most_points_on_one,
        rules.highest_score,
        rules.draw_source if rules.tie_rule is TieRule.DRAW else None,
        titles or {},
    )


def frozen_terms(promised: Mapping[str, Any], titles: Mapping[str, str] | None = None) -> Terms:
    """The terms as they were written down when the vote opened."""
    paper, disclosure = promised["paper"], promised["disclosure"]
    return Terms(
        BallotFormat(paper["ballot_format"]),
        paper["max_choices"],
        paper["min_choices"],
        paper["budget_pence"],
        Rule.from_json(promised["rule"]),
        DisclosureProfile(disclosure["profile"]),
        disclosure["step"],
        promised.get("route", {}),
        paper.get("points_to_give"),
        paper.get("most_points_on_one"),
        paper.get("highest_score"),
        promised.get("tie_order", {}).get("source"),
        titles or {},
    )


def rules_in_words(terms: Terms) -> list[Promise]:
    """Every rule of a vote, in the order in which people meet them."""
    promises = [
        (_("How you vote"), _how_to_vote(terms)),
        (_("What your vote is worth"), _what_it_is_worth(terms.ballot_format)),
        (_("How votes are counted"), how_counted(terms.rule)),
        (_("What every project needs"), what_every_project_needs(terms.rule)),
        (_("Conditions"), " ".join(conditions_in_words(terms.rule, terms.titles))),
        (_("If projects stand level"), _if_level(terms.draw_source)),
        (_("What is shown while voting is open"), _what_is_shown(terms)),
        (_("Who signs the outcome"), _who_signs(terms)),
    ]
    return [Promise(about, words) for about, words in promises if words]


def _how_to_vote(terms: Terms) -> str:
    exact = terms.min_choices == terms.max_choices
    sentences = [_what_to_fill_in(terms)]
    if terms.min_choices > 1 and not exact:
        sentences.append(_("Choose at least %(number)s.", number=terms.min_choices))
    sentences.append(_("You can change your vote until voting closes: the last one counts."))
    return " ".join(sentences)


def _what_to_fill_in(terms: Terms) -> str:
    match terms.ballot_format:
        case BallotFormat.CHOOSE_ONE:
            return _("Choose one project.")
        case BallotFormat.KNAPSACK:
            return _(
                "Choose projects until %(budget)s is used up. Your choices together cannot cost "
                "more than that.",
                budget=pounds(terms.budget_pence),
            )
        case BallotFormat.APPROVAL:
            return _what_to_choose(terms)
        case BallotFormat.RANKING:
            return _what_to_rank(terms)
        case BallotFormat.POINTS:
            return _what_to_give(terms)
        case BallotFormat.SCORES:
            return _(
                "Give projects a score from 1 to %(best)s. %(best)s is best.",
                best=terms.highest_score,
            )
        case BallotFormat.YES_NO:
            return _("Say yes or no to each project, or leave it at no opinion.")


def _what_to_choose(terms: Terms) -> str:
    if terms.max_choices is None:
        return _("Choose every project that you support.")
    if terms.min_choices == terms.max_choices > 1:
        return _("Choose exactly %(most)s projects that you support.", most=terms.max_choices)
    return ngettext(
        "Choose %(num)d project that you support.",
        "Choose up to %(num)d projects that you support.",
        terms.max_choices,
    )


def _what_to_rank(terms: Terms) -> str:
    if terms.max_choices is None:
        return _("Put projects in order, your favourite first.")
    if terms.min_choices == terms.max_choices:
        return _("Put %(most)s projects in order, your favourite first.", most=terms.max_choices)
    return _("Put up to %(most)s projects in order, your favourite first.", most=terms.max_choices)


def _what_to_give(terms: Terms) -> str:
    share = ngettext(
        "You have one point to give.",
        "You have %(num)s points to share out. You can give fewer.",
        terms.points_to_give or 0,
    )
    if terms.most_points_on_one is None:
        return share
    return f"{share} " + _("Give one project %(most)s at most.", most=terms.most_points_on_one)


def _what_it_is_worth(ballot_format: BallotFormat) -> str:
    match ballot_format:
        case BallotFormat.RANKING:
            return _(
                "Each project in your order gets one vote, and points: your last choice gets one "
                "point, the one before it two, and so on up to the first."
            )
        case BallotFormat.POINTS:
            return _("Each project that you give points to gets one vote, and those points.")
        case BallotFormat.SCORES:
            return _("Each project that you score gets one vote, and your score as points.")
        case BallotFormat.YES_NO:
            return _(
                "A yes is one vote and one point. A no is no vote and takes one point away. No "
                "opinion changes nothing."
            )
        case _:
            return _("Each project you choose gets one vote.")


def _if_level(draw_source: str | None) -> str:
    if draw_source is None:
        return _(
            "The one that costs less comes first. If they cost the same, the one that more people "
            "support. If that is the same too, the one whose project code comes first as text, so "
            "10 before 9."
        )
    return _(
        "If that decides which is funded, they are drawn in public after voting has closed. This "
        "decides: %(source)s. Two people enter what they read, each for themselves, and anybody "
        "can repeat the draw.",
        source=draw_source.rstrip("."),
    )


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
    """Who decides in the end, and that refusing is never silent."""
    if not terms.route:
        decides = _("Councillors who answer for this community must approve it.")
    else:
        name = RouteName(terms.route["name"])
        decides = _WHO_DECIDES[name](label(Agreement(terms.route["agreement"])).lower())
    after = _("They can decline it or send it back, but only in public and with reasons.")
    days = int(terms.route.get("call_in_days", 0))
    if not days:
        return f"{decides} {after}"
    waits = ngettext(
        "Money moves %(num)d day after the decision, unless it is called in.",
        "Money moves %(num)d days after the decision, unless it is called in.",
        days,
    )
    return f"{decides} {after} {waits}"


_WHO_DECIDES: dict[RouteName, Callable[[str], str]] = {
    RouteName.WARD_MEMBERS: lambda agreement: _(
        "Councillors who answer for this community decide: %(agreement)s must sign.",
        agreement=agreement,
    ),
    RouteName.CABINET_MEMBER: lambda _agreement: _(
        "Councillors who answer for this community take it forward, finance and legal officers "
        "clear it, and the cabinet member decides."
    ),
    RouteName.AREA_COMMITTEE: lambda _agreement: _(
        "Councillors who answer for this community take it forward, and the area committee decides "
        "in a meeting."
    ),
    RouteName.OFFICER: lambda _agreement: _(
        "An officer with delegated power decides, after councillors who answer for this community "
        "have said what they think."
    ),
    RouteName.ADVISORY: lambda _agreement: _(
        "It is advice: councillors who answer for this community take it forward, and the council "
        "decides elsewhere, in public."
    ),
}
