"""How an item of an agenda is voted on: its settings, and the rules that they come to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

from ballots.counting import RankedBy, Rule, RuleError
from ballots.disclosure import LEAST_STEP, DisclosureProfile
from ballots.papers import BallotFormat
from ballots.refusals import BallotRefusal
from ballots.voting_rules import RulesChosen, TieRule, VotingRules, choice_of
from neighbourhoods.assemblies import AgendaItem, ItemKind
from neighbourhoods.projects import Project
from neighbourhoods.refusals import Refused

HIGHEST_SCORE = 5
POINTS_TO_GIVE = 10


@dataclass(frozen=True)
class ItemSettings:
    """What an item of an agenda says of its vote, with what it leaves out filled in.

    An outcome waits for the reveal, unless the item says otherwise or is a purchase: there the
    next vote needs to know what the last one spent.
    """

    own_count: bool = True
    held: bool = True
    projects: list[str] | None = None
    # None: the paper of the meeting's round.
    ballot_format: BallotFormat | None = None
    max_choices: int | None = None
    profile: DisclosureProfile = DisclosureProfile.SEALED
    highest_score: int = HIGHEST_SCORE
    points_to_give: int = POINTS_TO_GIVE
    rule: Rule | None = None
    category_caps: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, item: AgendaItem) -> Self:
        """The settings of an item; Refused if no vote could be held by them."""
        told: Mapping[str, Any] = item.settings
        try:
            rule = told.get("rule")
            return cls(
                own_count=item.kind != ItemKind.BALLOT or bool(told.get("own_count", True)),
                held=bool(told.get("held", item.kind != ItemKind.PURCHASE)),
                projects=told.get("projects"),
                ballot_format=BallotFormat(told["format"]) if told.get("format") else None,
                max_choices=told.get("max_choices"),
                profile=DisclosureProfile(told.get("profile", DisclosureProfile.SEALED)),
                highest_score=int(told.get("highest_score", HIGHEST_SCORE)),
                points_to_give=int(told.get("points_to_give", POINTS_TO_GIVE)),
                rule=Rule.from_json(rule) if rule is not None else None,
                category_caps=dict(told.get("category_caps", {})),
            )
        except (ValueError, TypeError, RuleError) as impossible:
            raise Refused(BallotRefusal.RULES_IMPOSSIBLE) from impossible


def rules_for(
    item: AgendaItem,
    wanted: ItemSettings,
    main: VotingRules | None,
    projects: Sequence[Project],
) -> RulesChosen:
    """The rules of an item's vote on these projects; signed by as many as the meeting's round."""
    approvals = main.approvals_needed if main else 1
    if item.kind == ItemKind.PURCHASE:
        chosen = RulesChosen(
            BallotFormat.CHOOSE_ONE, 1, _buys_one(projects), wanted.profile, approvals
        )
    elif item.kind == ItemKind.SCORES:
        rule = wanted.rule or Rule(ranked_by=RankedBy.SCORE)
        chosen = RulesChosen(
            BallotFormat.SCORES,
            None,
            rule,
            wanted.profile,
            approvals,
            highest_score=wanted.highest_score,
        )
    elif wanted.ballot_format is None and main is not None:
        chosen = choice_of(main)
        # Sets and choices name projects of the round's paper, which need not stand on this one.
        rule = wanted.rule or replace(chosen.rule, exclusive=(), already_chosen=())
        chosen = replace(chosen, rule=rule, tie_rule=TieRule.BY_COST, draw_source="")
        if wanted.max_choices is not None:
            chosen = replace(chosen, max_choices=wanted.max_choices)
    else:
        paper = wanted.ballot_format or BallotFormat.APPROVAL
        chosen = RulesChosen(
            paper,
            wanted.max_choices,
            wanted.rule or Rule(),
            wanted.profile,
            approvals,
            points_to_give=wanted.points_to_give if paper is BallotFormat.POINTS else None,
            highest_score=wanted.highest_score if paper is BallotFormat.SCORES else None,
        )
    return replace(chosen, disclosure_profile=wanted.profile, disclosure_step=LEAST_STEP)


def _buys_one(projects: Sequence[Project]) -> Rule:
    """Most votes first, and of all projects one can win: that is the one that is bought."""
    codes = tuple(project.code for project in projects)
    return Rule(exclusive=(codes,) if len(codes) > 1 else ())
