"""Signatures: what each person said of each project, over which bundle, and how they proved it."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ballots.routes import Part, Verdict
from neighbourhoods.database import Base, Moment, UTCDateTime, Word, one_of
from neighbourhoods.people import Person
from neighbourhoods.projects import Project

# Declining is allowed, never silent: at least so many characters of reasons.
LEAST_REASONS = 50


class Act(StrEnum):
    """What somebody signs: a verdict on each project, or a referral of the whole."""

    DECIDE = "decide"
    REFER_BACK = "refer-back"


class ReferTo(StrEnum):
    """To whom an outcome is referred back."""

    OFFICERS = "officers"
    RESIDENTS = "residents"


class Ground(StrEnum):
    """On what ground a project is declined."""

    UNLAWFUL = "unlawful"
    OUTSIDE_POWER = "outside-power"
    SAFETY = "safety"
    OVER_BUDGET = "over-budget"
    DUTY_TO_OTHERS = "duty-to-others"


class Proof(StrEnum):
    """How somebody proved afresh, just before signing, that it is them."""

    CODE = "code"
    PASSKEY = "passkey"


class Signature(Base):
    """One person’s published act at one stage; it holds for the bundle it names and no other."""

    __tablename__ = "signatures"
    __table_args__ = (
        # Once a bundle: who signed an older one may sign the newer.
        UniqueConstraint("round_id", "sitting", "place", "person_id", "bundle_sha256"),
        CheckConstraint(one_of("part", Part), name="part"),
        CheckConstraint(one_of("act", Act), name="act"),
        CheckConstraint(f"proof IS NULL OR {one_of('proof', Proof)}", name="proof"),
        CheckConstraint(f"refer_to IS NULL OR {one_of('refer_to', ReferTo)}", name="refer_to"),
        CheckConstraint(
            "(act = 'refer-back') = (refer_to IS NOT NULL) "
            "AND (act = 'decide' OR (reasons <> '' AND question <> ''))",
            name="referral",
        ),
        CheckConstraint("(part = 'committee') = (minute IS NOT NULL)", name="minute"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"))
    sitting: Mapped[int]
    place: Mapped[int]
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    part: Mapped[Part] = mapped_column(Word(Part))
    act: Mapped[Act] = mapped_column(Word(Act))
    reasons: Mapped[str] = mapped_column(Text, default="")
    refer_to: Mapped[ReferTo | None] = mapped_column(Word(ReferTo))
    # What is asked, and by when an answer is hoped for.
    question: Mapped[str] = mapped_column(Text, default="")
    answer_by: Mapped[date | None]
    # A committee’s minute: held_on, moved_by, seconded_by, for, against, abstained.
    minute: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    bundle_sha256: Mapped[str] = mapped_column(String(64))
    # Empty for what was signed before proofs were asked for.
    proof: Mapped[Proof | None] = mapped_column(Word(Proof))
    signed_at: Mapped[Moment]

    person: Mapped[Person] = relationship()
    verdicts: Mapped[list["SignedVerdict"]] = relationship(back_populates="signature")


class SignedVerdict(Base):
    """What one signature says of one project."""

    __tablename__ = "signed_verdicts"
    __table_args__ = (
        CheckConstraint(one_of("verdict", Verdict), name="verdict"),
        CheckConstraint("(verdict = 'conditions') = (condition <> '')", name="condition"),
        CheckConstraint(f"ground IS NULL OR {one_of('ground', Ground)}", name="ground"),
        CheckConstraint(
            "(verdict = 'decline') = (ground IS NOT NULL) "
            f"AND (verdict <> 'decline' OR length(reasons) >= {LEAST_REASONS})",
            name="declined",
        ),
    )

    signature_id: Mapped[int] = mapped_column(ForeignKey("signatures.id"), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id"), primary_key=True)
    verdict: Mapped[Verdict] = mapped_column(Word(Verdict))
    # What must be met before the money moves.
    condition: Mapped[str] = mapped_column(Text, default="")
    ground: Mapped[Ground | None] = mapped_column(Word(Ground))
    reasons: Mapped[str] = mapped_column(Text, default="")

    signature: Mapped[Signature] = relationship(back_populates="verdicts")
    project: Mapped[Project] = relationship()


class NoteKind(StrEnum):
    """On what officers advise those who decide."""

    FINANCE = "finance"
    LEGAL = "legal"
    EQUALITY = "equality"


class OfficerNote(Base):
    """Officers’ advice on an outcome; part of the bundle that is signed."""

    __tablename__ = "officer_notes"
    __table_args__ = (
        CheckConstraint(one_of("kind", NoteKind), name="kind"),
        CheckConstraint("words <> ''", name="words"),
    )

    round_id: Mapped[int] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    kind: Mapped[NoteKind] = mapped_column(Word(NoteKind), primary_key=True)
    words: Mapped[str] = mapped_column(Text)
    written_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    written_at: Mapped[Moment]

    written_by: Mapped[Person] = relationship()


class Passkey(Base):
    """A key of somebody’s own device, by which they prove afresh that it is them (WebAuthn)."""

    __tablename__ = "passkeys"
    __table_args__ = (
        UniqueConstraint("credential_id"),
        CheckConstraint("uses >= 0", name="uses"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    # The authenticator’s own counter of uses: one that goes back is a copy.
    uses: Mapped[int]
    added_at: Mapped[Moment]
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    person: Mapped[Person] = relationship()
