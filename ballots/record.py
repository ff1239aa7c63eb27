"""The public record of a round: frozen when councillors sign off, and never recomputed."""

import hashlib
import json

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from ballots.bars import interests_in
from ballots.bundle import bundle_of
from ballots.ledger import EntryKind, find_entry
from ballots.outcome import outcome_of
from ballots.referrals import referrals_of
from ballots.refusals import BallotRefusal
from ballots.signing import Signature
from ballots.signoff import sign_off_of, signatures_on
from ballots.stages import substitutions_in, withdrawn_in
from ballots.voting_rules import rules_of
from neighbourhoods.database import Base, Moment, now
from neighbourhoods.projects import projects_in
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round

FORMAT = "wardmote-record-2"


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
        "decision": decision_on(session, the_round),
    }


def _draw(session: Session, round_id: int) -> dict[str, object]:
    """The draw that settled ties, as the ledger tells it; nothing where there was none."""
    drawn = find_entry(session, round_id, EntryKind.TIE_BREAK)
    return {"draw": drawn.contents} if drawn else {}


def decision_on(session: Session, the_round: Round) -> dict[str, object]:
    """What was declared, signed and asked on the way, and what it came to on each project."""
    sign_off = sign_off_of(session, the_round)
    withdrawn = withdrawn_in(session, the_round.id).values()
    return {
        "route": [
            {"part": stage.part.value, "purpose": stage.purpose.value, "agreement": stage.agreement}
            for stage in sign_off.route.stages
        ],
        "bundle": bundle_of(session, the_round),
        "bundle_sha256": sign_off.bundle_sha256,
        "carried": list(sign_off.standing.carried),
        "declined": list(sign_off.standing.declined),
        "withdrawn": [{"code": one.project.code, "why": one.why} for one in withdrawn],
        "interests": [
            {
                "person": interest.person.name,
                "project": interest.project.code,
                "kind": interest.kind.value,
                "details": interest.details,
                "dispensation": interest.dispensation,
                "at": interest.declared_at.isoformat(),
            }
            for interest in interests_in(session, the_round.id)
        ],
        "signatures": [signature_told(one) for one in signatures_on(session, the_round.id)],
        "substitutions": [
            {
                "sitting": one.sitting,
                "place": one.place,
                "person": one.person.name,
                "named_by": one.named_by.name,
                "why": one.why,
            }
            for one in substitutions_in(session, the_round.id)
        ],
        "referrals": [
            {
                "sitting": referral.sitting,
                "to": referral.refer_to.value,
                "question": referral.question,
                "answer": referral.answer,
                "answered_by": referral.answered_by.name if referral.answered_by else None,
                "at": referral.answered_at.isoformat() if referral.answered_at else None,
            }
            for referral in referrals_of(session, the_round.id)
        ],
    }


def signature_told(signature: Signature) -> dict[str, object]:
    """One signature with all that was signed, as the record tells it."""
    return {
        "person": signature.person.name,
        "part": signature.part.value,
        "sitting": signature.sitting,
        "place": signature.place,
        "act": signature.act.value,
        "reasons": signature.reasons,
        "question": signature.question,
        "minute": signature.minute,
        "bundle_sha256": signature.bundle_sha256,
        "proof": signature.proof.value if signature.proof else None,
        "at": signature.signed_at.isoformat(),
        "verdicts": [
            {
                "code": given.project.code,
                "verdict": given.verdict.value,
                "condition": given.condition,
                "ground": given.ground.value if given.ground else None,
                "reasons": given.reasons,
            }
            for given in signature.verdicts
        ],
    }


def decisions_in_short(session: Session, the_round: Round) -> list[dict[str, object]]:
    """Who signed what, in short, as the ledger tells it."""
    return [
        {"councillor": one.person.name, "act": one.act.value, "sitting": one.sitting}
        for one in signatures_on(session, the_round.id)
    ]


def record_of(session: Session, round_id: int) -> PublicRecord | None:
    """The published record of a round, once there is one."""
    return session.get(PublicRecord, round_id)


def all_records(session: Session) -> list[PublicRecord]:
    """Every published record, newest first."""
    return list(session.scalars(select(PublicRecord).order_by(PublicRecord.published_at.desc())))
