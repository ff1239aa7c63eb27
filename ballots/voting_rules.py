"""The rules of a round's vote: paper, rule, disclosure, approvals; frozen when it opens."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, Session, mapped_column

from ballots.counting import DEFAULT_ORDER, Rule
from ballots.disclosure import DisclosureProfile
from ballots.papers import BallotFormat, BallotPaper, PaperProject, paper_as_json
from ballots.refusals import BallotRefusal
from neighbourhoods.database import Base, Pence, UTCDateTime, Word, now, one_of
from neighbourhoods.eligibility import roll_size
from neighbourhoods.phases import Action, Role
from neighbourhoods.projects import projects_in
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round, check_still_allowed

DEFAULT_STEP = 20


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
        CheckConstraint("disclosure_step > 0", name="disclosure_step"),
        CheckConstraint("approvals_needed > 0", name="approvals_needed"),
        CheckConstraint("(frozen_at IS NULL) = (frozen_text IS NULL)", name="frozen"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    ballot_format: Mapped[BallotFormat] = mapped_column(Word(BallotFormat))
    max_choices: Mapped[int | None]
    min_choices: Mapped[int] = mapped_column(default=1)
    # What one knapsack ballot may cost; empty means the round’s whole budget.
    spending_limit_pence: Mapped[Pence | None]
    rule_settings: Mapped[dict[str, object]] = mapped_column(JSON)
    disclosure_profile: Mapped[DisclosureProfile] = mapped_column(Word(DisclosureProfile))
    disclosure_step: Mapped[int] = mapped_column(default=DEFAULT_STEP)
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


def set_rules(session: Session, the_round: Round, chosen: RulesChosen) -> VotingRules:
    """Choose how a round votes; refused from the moment the vote opens."""
    check_still_allowed(session, the_round, Role.OFFICER, Action.SET_RULES)
    rules = session.get(VotingRules, the_round.id)
    if rules is None:
        rules = VotingRules(round_id=the_round.id)
        session.add(rules)
    elif rules.frozen_at is not None:
        raise Refused(BallotRefusal.RULES_FROZEN)
    limits = (
        chosen.disclosure_step,
        chosen.approvals_needed,
        chosen.max_choices or 1,
        chosen.spending_limit_pence or 1,
    )
    if min(limits) < 1 or chosen.min_choices < 0:
        raise Refused(BallotRefusal.RULES_IMPOSSIBLE)
    rules.ballot_format, rules.rule_settings = chosen.ballot_format, dict(chosen.rule.as_json())
    rules.max_choices, rules.min_choices = chosen.max_choices, chosen.min_choices
    rules.spending_limit_pence = chosen.spending_limit_pence
    rules.disclosure_profile = chosen.disclosure_profile
    rules.disclosure_step = chosen.disclosure_step
    rules.approvals_needed = chosen.approvals_needed
    session.flush()
    return rules


def rules_of(session: Session, round_id: int) -> VotingRules | None:
    """The rules of a round's vote, if they were chosen."""
    return session.get(VotingRules, round_id)


def paper_for(session: Session, the_round: Round, rules: VotingRules) -> BallotPaper:
    """The round's ballot paper as it stands; ValueError while nobody could fill it in."""
    return BallotPaper(
        ballot_format=rules.ballot_format,
        projects=tuple(
            PaperProject(project.code, project.cost_pence)
            for project in projects_in(session, the_round.id)
        ),
        budget_pence=rules.spending_limit_pence or the_round.budget_pence,
        max_choices=rules.max_choices,
        min_choices=rules.min_choices,
    )


def freeze(session: Session, the_round: Round, rules: VotingRules) -> None:
    """Write down, once and for all, what residents are about to vote under."""
    closes_at = the_round.vote_closes_at
    promised = {
        "round": the_round.id,
        "title": the_round.title,
        "budget_pence": the_round.budget_pence,
        "paper": paper_as_json(paper_for(session, the_round, rules)),
        "rule": rules.rule.as_json(),
        "tie_order": DEFAULT_ORDER.as_json(),
        "disclosure": {"profile": rules.disclosure_profile, "step": rules.disclosure_step},
        "approvals_needed": rules.approvals_needed,
        "closes_at": closes_at.isoformat() if closes_at else None,
        "roll_size": roll_size(session, the_round.id),
    }
    rules.frozen_text = json.dumps(promised, sort_keys=True, separators=(",", ":"))
    rules.frozen_hash = hashlib.sha256(rules.frozen_text.encode()).hexdigest()
    rules.frozen_at = now(session)
    session.flush()
