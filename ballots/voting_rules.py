"""The rules of a round's vote: paper, rule, disclosure, approvals; frozen when it opens."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from ballots.conditions import check_conditions
from ballots.counting import DEFAULT_ORDER, RankedBy, Rule, RuleName, Utility
from ballots.counting.election import MOST_POINTS
from ballots.disclosure import DEFAULT_STEP, LEAST_STEP, DisclosureProfile, profile_among
from ballots.papers import GRADED, BallotFormat, BallotPaper, PaperProject, paper_as_json
from ballots.refusals import BallotRefusal
from neighbourhoods.database import Base, Pence, UTCDateTime, Word, now, one_of
from neighbourhoods.eligibility import roll_size
from neighbourhoods.phases import Action, Role
from neighbourhoods.projects import projects_in
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round, check_still_allowed

LONGEST_SOURCE = 200


class TieRule(StrEnum):
    """How projects that stand level are put in order if that decides who wins.

    By cost: the cheaper first, then the better supported. By a draw: dice thrown in public, or a
    beacon named beforehand, after the close.
    """

    BY_COST = "by-cost"
    DRAW = "draw"


class VotingRules(Base):
    """How residents vote in a round, how it is counted, what is shown when, who signs."""

    __tablename__ = "voting_rules"
    __table_args__ = (
        CheckConstraint(one_of("ballot_format", BallotFormat), name="ballot_format"),
        CheckConstraint(one_of("disclosure_profile", DisclosureProfile), name="disclosure_profile"),
        CheckConstraint("max_choices IS NULL OR max_choices > 0", name="max_choices"),
        CheckConstraint("min_choices >= 0", name="min_choices"),
        CheckConstraint(
            "spending_limit_pence IS NULL OR spending_limit_pence > 0", name="spending_limit"
        ),
        CheckConstraint(
            "(ballot_format = 'points') = (points_to_give IS NOT NULL)", name="points_paper"
        ),
        CheckConstraint(
            f"points_to_give IS NULL OR points_to_give BETWEEN 1 AND {MOST_POINTS}",
            name="points_to_give",
        ),
        CheckConstraint(
            "most_points_on_one IS NULL OR (points_to_give IS NOT NULL "
            "AND most_points_on_one BETWEEN 1 AND points_to_give)",
            name="most_points_on_one",
        ),
        CheckConstraint(
            "(ballot_format = 'scores') = (highest_score IS NOT NULL)", name="scores_paper"
        ),
        CheckConstraint(
            f"highest_score IS NULL OR highest_score BETWEEN 1 AND {MOST_POINTS}",
            name="highest_score",
        ),
        CheckConstraint("disclosure_step > 0", name="disclosure_step"),
        CheckConstraint(one_of("tie_rule", TieRule), name="tie_rule"),
        CheckConstraint("tie_rule <> 'draw' OR draw_source <> ''", name="draw_source"),
        CheckConstraint("approvals_needed > 0", name="approvals_needed"),
        CheckConstraint("(frozen_at IS NULL) = (frozen_text IS NULL)", name="frozen"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    ballot_format: Mapped[BallotFormat] = mapped_column(Word(BallotFormat))
    max_choices: Mapped[int | None]
    min_choices: Mapped[int] = mapped_column(default=1)
    # What one knapsack ballot may cost; empty means the round’s whole budget.
    spending_limit_pence: Mapped[Pence | None]
    # What one person may give on a points paper, in all and to one project; empty: no such limit.
    points_to_give: Mapped[int | None]
    most_points_on_one: Mapped[int | None]
    # Scores go from 1 to this.
    highest_score: Mapped[int | None]
    rule_settings: Mapped[dict[str, object]] = mapped_column(JSON)
    disclosure_profile: Mapped[DisclosureProfile] = mapped_column(Word(DisclosureProfile))
    disclosure_step: Mapped[int] = mapped_column(default=DEFAULT_STEP)
    tie_rule: Mapped[TieRule] = mapped_column(Word(TieRule), default=TieRule.BY_COST)
    # Where a draw's chance comes from, said before anybody votes: which dice, which beacon, when.
    draw_source: Mapped[str] = mapped_column(String(LONGEST_SOURCE), default="")
    approvals_needed: Mapped[int]
    frozen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    # The whole of what was promised when the vote opened, and its SHA-256.
    frozen_text: Mapped[str | None] = mapped_column(Text)
    frozen_hash: Mapped[str | None] = mapped_column(String(64))

    @property
    def frozen_roll_size(self) -> int | None:
        """How many people could vote when the vote opened; the roll does not change after that."""
        if self.frozen_text is None:
            return None
        return int(json.loads(self.frozen_text)["roll_size"])

    @property
    def rule(self) -> Rule:
        """The counting rule with its settings."""
        return Rule.from_json(self.rule_settings)

    @property
    def tie_order_as_json(self) -> dict[str, object]:
        """How ties are settled, as it is promised when the vote opens."""
        if self.tie_rule is TieRule.DRAW:
            return {"by": "draw-at-close", "recorded": [], "source": self.draw_source}
        return DEFAULT_ORDER.as_json()


@dataclass(frozen=True)
class RulesChosen:
    """What an officer chooses for a vote."""

    ballot_format: BallotFormat
    max_choices: int | None
    rule: Rule
    disclosure_profile: DisclosureProfile
    approvals_needed: int
    disclosure_step: int = DEFAULT_STEP
    min_choices: int = 1
    spending_limit_pence: int | None = None
    points_to_give: int | None = None
    most_points_on_one: int | None = None
    highest_score: int | None = None
    tie_rule: TieRule = TieRule.BY_COST
    draw_source: str = ""


def choice_of(rules: VotingRules) -> RulesChosen:
    """What was chosen for a vote so far, to be chosen again with a change."""
    return RulesChosen(
        rules.ballot_format,
        rules.max_choices,
        rules.rule,
        rules.disclosure_profile,
        rules.approvals_needed,
        rules.disclosure_step,
        rules.min_choices,
        rules.spending_limit_pence,
        rules.points_to_give,
        rules.most_points_on_one,
        rules.highest_score,
        rules.tie_rule,
        rules.draw_source,
    )


def needs_points(rule: Rule) -> bool:
    """Whether the rule adds up points, so that ballots must say more than a plain yes."""
    ranks = rule.name in (RuleName.GREEDY, RuleName.KNAPSACK)
    shares = rule.name is RuleName.EQUAL_SHARES
    return (
        (ranks and rule.ranked_by is RankedBy.SCORE)
        or (shares and rule.utility is Utility.POINTS)
        or rule.minimum_score > 0
    )


def set_rules(session: Session, the_round: Round, chosen: RulesChosen) -> VotingRules:
    """Choose how a round votes; refused from the moment the vote opens."""
    check_still_allowed(session, the_round, Role.OFFICER, Action.SET_RULES)
    rules = session.get(VotingRules, the_round.id)
    if rules is not None and rules.frozen_at is not None:
        raise Refused(BallotRefusal.RULES_FROZEN)
    _check_possible(chosen)
    check_conditions(chosen.rule, the_round.budget_pence, _costs_in(session, the_round))
    if rules is None:
        rules = VotingRules(round_id=the_round.id)
        session.add(rules)
    rules.ballot_format, rules.rule_settings = chosen.ballot_format, dict(chosen.rule.as_json())
    rules.max_choices, rules.min_choices = chosen.max_choices, chosen.min_choices
    rules.spending_limit_pence = chosen.spending_limit_pence
    rules.points_to_give = chosen.points_to_give
    rules.most_points_on_one = chosen.most_points_on_one
    rules.highest_score = chosen.highest_score
    rules.disclosure_profile = chosen.disclosure_profile
    rules.disclosure_step = chosen.disclosure_step
    rules.approvals_needed = chosen.approvals_needed
    rules.tie_rule, rules.draw_source = chosen.tie_rule, chosen.draw_source
    session.flush()
    return rules


def _check_possible(chosen: RulesChosen) -> None:
    """Refuse what nobody could meet or count: limits, steps, a draw from nowhere."""
    limits = (
        chosen.disclosure_step,
        chosen.approvals_needed,
        chosen.max_choices or 1,
        chosen.spending_limit_pence or 1,
    )
    if min(limits) < 1 or chosen.min_choices < 0:
        raise Refused(BallotRefusal.RULES_IMPOSSIBLE)
    live = chosen.disclosure_profile is DisclosureProfile.LIVE
    if live and chosen.disclosure_step < LEAST_STEP:
        raise Refused(BallotRefusal.STEP_TOO_SMALL, limit=LEAST_STEP)
    if chosen.tie_rule is TieRule.DRAW and not chosen.draw_source.strip():
        raise Refused(BallotRefusal.SOURCE_MISSING)
    try:
        paper_on(chosen, (), 0, min_choices=0)
    except ValueError as impossible:
        raise Refused(BallotRefusal.RULES_IMPOSSIBLE) from impossible
    if needs_points(chosen.rule) and chosen.ballot_format not in GRADED:
        raise Refused(BallotRefusal.RULE_NEEDS_POINTS)


def rules_of(session: Session, round_id: int) -> VotingRules | None:
    """The rules of a round's vote, if they were chosen."""
    return session.get(VotingRules, round_id)


def _costs_in(session: Session, the_round: Round) -> dict[str, int]:
    return {project.code: project.cost_pence for project in projects_in(session, the_round.id)}


def why_conditions_fail(session: Session, the_round: Round, rules: VotingRules) -> Refused | None:
    """How the conditions contradict the round's projects or money as they stand, if they do."""
    try:
        check_conditions(rules.rule, the_round.budget_pence, _costs_in(session, the_round))
    except Refused as contradiction:
        return contradiction
    return None


def paper_for(session: Session, the_round: Round, rules: VotingRules) -> BallotPaper:
    """The round's ballot paper as it stands; ValueError while nobody could fill it in."""
    projects = tuple(
        PaperProject(
            project.code,
            project.cost_pence,
            project.category,
            project.area,
            project.minimum_cost_pence,
            project.beneficiaries,
            tuple(project.criteria.items()),
        )
        for project in projects_in(session, the_round.id)
    )
    budget_pence = rules.spending_limit_pence or the_round.budget_pence
    return paper_on(rules, projects, budget_pence, rules.min_choices)


def paper_on(
    rules: VotingRules | RulesChosen,
    projects: tuple[PaperProject, ...],
    budget_pence: int,
    min_choices: int,
) -> BallotPaper:
    """The paper that these rules make of these projects; ValueError if nobody could fill it in."""
    return BallotPaper(
        ballot_format=rules.ballot_format,
        projects=projects,
        budget_pence=budget_pence,
        max_choices=rules.max_choices,
        min_choices=min_choices,
        points_to_give=rules.points_to_give,
        most_points_on_one=rules.most_points_on_one,
        highest_score=rules.highest_score,
    )


def freeze(session: Session, the_round: Round, rules: VotingRules) -> None:
    """Write down, once and for all, what residents are about to vote under."""
    people = roll_size(session, the_round.id)
    rules.disclosure_profile = profile_among(rules.disclosure_profile, people)
    promised = promised_now(session, the_round, rules)
    rules.frozen_text = json.dumps(promised, sort_keys=True, separators=(",", ":"))
    rules.frozen_hash = hashlib.sha256(rules.frozen_text.encode()).hexdigest()
    rules.frozen_at = now(session)
    session.flush()


def promised_now(session: Session, the_round: Round, rules: VotingRules) -> dict[str, object]:
    """All that residents vote under, as round and rules say it now."""
    closes_at = the_round.vote_closes_at
    return {
        "round": the_round.id,
        "title": the_round.title,
        "budget_pence": the_round.budget_pence,
        "paper": paper_as_json(paper_for(session, the_round, rules)),
        "rule": rules.rule.as_json(),
        "tie_order": rules.tie_order_as_json,
        "disclosure": {"profile": rules.disclosure_profile, "step": rules.disclosure_step},
        "approvals_needed": rules.approvals_needed,
        "closes_at": closes_at.isoformat() if closes_at else None,
        "roll_size": roll_size(session, the_round.id),
    }
