"""Questions that people ask from their phones during an assembly."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from neighbourhoods.attendance import Phone
from neighbourhoods.database import Base, Moment, Word, one_of

LONGEST_QUESTION = 280


class QuestionState(StrEnum):
    """What became of a question."""

    WAITING = "waiting"
    ON_SCREEN = "on-screen"
    ANSWERED = "answered"
    HIDDEN = "hidden"


class Question(Base):
    """One question to the meeting."""

    __tablename__ = "questions"
    __table_args__ = (
        CheckConstraint(one_of("state", QuestionState), name="state"),
        CheckConstraint("words <> ''", name="words"),
        Index(None, "assembly_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assembly_id: Mapped[int] = mapped_column(ForeignKey("assemblies.id"))
    item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_items.id"))
    phone_id: Mapped[int] = mapped_column(ForeignKey("phones.id"))
    words: Mapped[str] = mapped_column(String(LONGEST_QUESTION))
    asked_at: Mapped[Moment]
    state: Mapped[QuestionState] = mapped_column(Word(QuestionState), default=QuestionState.WAITING)

    phone: Mapped[Phone] = relationship()


class QuestionBacking(Base):
    """Somebody else who would like to know it too, once a phone."""

    __tablename__ = "question_backings"

    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), primary_key=True)
    phone_id: Mapped[int] = mapped_column(ForeignKey("phones.id"), primary_key=True)
