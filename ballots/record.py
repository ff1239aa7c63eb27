"""The public record of a round: frozen when councillors sign off, and never recomputed."""

import hashlib
import json

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from ballots.ledger import EntryKind, find_entry
from ballots.outcome import outcome_of
from ballots.refusals import BallotRefusal
from ballots.signoff import decisions_on, interests_in, referrals_of
from ballots.voting_rules import rules_of
from neighbourhoods.database import Base, Moment, now
from neighbourhoods.projects import projects_in
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round

FORMAT = "wardmote-record-1"


class PublicRecord(Base):
    """A round's record as it was published; the database refuses to change it."""

    __tablename__ = "public_records"

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    published_at: Mapped[Moment]
    # The very bytes that anybody downloads, and their SHA-256.
    document: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))

    the_round: Mapped[Round] = relationship()

    @property
    def contents(self) -> dict[str, object]:
        """The record as values."""
        found: dict[str, object] = json.loads(self.document)
        return found


def publish_record(session: Session, the_round: Round) -> PublicRecord:
    """Freeze a signed-off round: residents' count and councillors' decisions, side by side."""
    published_at = now(session)
    contents = _contents(session, the_round) | {"published_at": published_at.isoformat()}
    document = json.dumps(contents, sort_keys=True, indent=1, ensure_ascii=False) + "\n"
    record = PublicRecord(
        round_id=the_round.id,
        published_at=published_at,
        document=document,
        digest=hashlib.sha256(document.encode()).hexdigest(),
    )
    session.add(record)
    session.flush()
    return record


def _contents(session: Session, the_round: Round) -> dict[str, object]:
    outcome, rules = outcome_of(session, the_round.id), rules_of(session, the_round.id)
    if outcome is None or rules is None:
        raise Refused(BallotRefusal.NOT_COUNTED)
    community = the_round.community
    return {
        "format": FORMAT,
        "round": {
            "id": the_round.id,
            "title": the_round.title,
            "purpose": the_round.purpose,
            "promise": the_round.promise,
            "community": community.name,
            "answering": community.answering.name,
            "fund": the_round.fund.name,
            "financial_year": the_round.fund.financial_year,
            "budget_pence": the_round.budget_pence,
        },
        "rules": json.loads(rules.frozen_text or "null"),
        "rules_sha256": rules.frozen_hash,
        "moves": [
            {
                "from": move.from_phase.value,
                "to": move.to_phase.value,
                "at": move.moved_at.isoformat(),
                "by": move.moved_by.name if move.moved_by else None,
                "why": move.why,
            }
            for move in the_round.moves
        ],
        "projects": [
            {
                "code": project.code,
                "title": project.title,
                "category": project.category,
                "cost_pence": project.cost_pence,
            }
            for project in projects_in(session, the_round.id)
        ],
        "residents": {
            "counted_at": outcome.counted_at.isoformat(),
            "roll_size": outcome.roll_size,
            "ballots_cast": outcome.ballots_cast,
            "result": outcome.result,
            "explanation": outcome.explanation,
            **_draw(session, the_round.id),
        },
        "councillors": _councillors(session, the_round),
    }


def _draw(session: Session, round_id: int) -> dict[str, object]:
    """The draw that settled ties, as the ledger tells it; nothing where there was none."""
    drawn = find_entry(session, round_id, EntryKind.TIE_BREAK)
    return {"draw": drawn.contents} if drawn else {}


def _councillors(session: Session, the_round: Round) -> dict[str, object]:
    return {
        "interests": [
            {
                "councillor": interest.councillor.name,
                "kind": interest.kind.value,
                "details": interest.details,
                "at": interest.declared_at.isoformat(),
            }
            for interest in interests_in(session, the_round.id)
        ],
        "decisions": [
            {
                "councillor": decision.councillor.name,
                "sitting": decision.sitting,
                "act": decision.act.value,
                "reasons": decision.reasons,
                "at": decision.decided_at.isoformat(),
            }
            for decision in decisions_on(session, the_round.id)
        ],
        "referrals": [
            {
                "sitting": referral.sitting,
                "answer": referral.answer,
                "answered_by": referral.answered_by.name if referral.answered_by else None,
                "at": referral.answered_at.isoformat() if referral.answered_at else None,
            }
            for referral in referrals_of(session, the_round.id)
        ],
    }


def record_of(session: Session, round_id: int) -> PublicRecord | None:
    """The published record of a round, once there is one."""
    return session.get(PublicRecord, round_id)


def all_records(session: Session) -> list[PublicRecord]:
    """Every published record, newest first."""
    return list(session.scalars(select(PublicRecord).order_by(PublicRecord.published_at.desc())))
