"""Questions that people ask from their phones during an assembly."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.assemblies import ActKind, Assembly, Slide
from neighbourhoods.attendance import Phone
from neighbourhoods.database import Base, Moment, Word, insert_into, now, one_of
from neighbourhoods.people import Person
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.speakers import check_under_way
from neighbourhoods.stage import log_act, show

LONGEST_QUESTION = 280
# So many of one phone’s wait at once: nobody shall push the others’ off the list.
MOST_WAITING = 3


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


@dataclass(frozen=True)
class Asked:
    """A question, and how many would like to know it: who asked, and who backed it."""

    question: Question
    wanting: int


OPEN = (QuestionState.WAITING, QuestionState.ON_SCREEN)


def ask(session: Session, assembly: Assembly, phone: Phone, words: str) -> Question:
    """Ask the meeting something; the same words from the same phone again are one question."""
    check_under_way(assembly)
    words = words.strip()
    if not words:
        raise Refused(Refusal.QUESTION_EMPTY)
    if len(words) > LONGEST_QUESTION:
        raise Refused(Refusal.QUESTION_TOO_LONG, actual=len(words), limit=LONGEST_QUESTION)
    # The phone’s row is held: a double tap asks twice at once.
    session.get_one(Phone, phone.id, with_for_update=True)
    query = select(Question).where(Question.phone_id == phone.id, Question.state.in_(OPEN))
    own = list(session.scalars(query))
    for question in own:
        if question.words == words:
            return question
    if len(own) >= MOST_WAITING:
        raise Refused(Refusal.TOO_MANY_QUESTIONS, limit=MOST_WAITING)
    question = Question(
        assembly_id=assembly.id,
        item_id=assembly.stage.item_id,
        phone=phone,
        words=words,
        asked_at=now(session),
        state=QuestionState.WAITING,
    )
    session.add(question)
    session.flush()
    return question


def back_question(session: Session, question: Question, phone: Phone) -> None:
    """Say that this phone would like to know it too; twice is once, one’s own counts already."""
    check_under_way(session.get_one(Assembly, question.assembly_id))
    if question.phone_id == phone.id or question.state not in OPEN:
        return
    session.execute(
        insert_into(session, QuestionBacking)
        .values(question_id=question.id, phone_id=phone.id)
        .on_conflict_do_nothing()
    )


def questions_in(
    session: Session, assembly: Assembly, states: Collection[QuestionState] = OPEN
) -> list[Asked]:
    """A meeting’s questions in these states: first what most would like to know, then the oldest.

    One that is on the screen comes before all others.
    """
    backings = (
        select(QuestionBacking.question_id, func.count().label("backings"))
        .group_by(QuestionBacking.question_id)
        .subquery()
    )
    query = (
        select(Question, func.coalesce(backings.c.backings, 0))
        .outerjoin(backings, backings.c.question_id == Question.id)
        .where(Question.assembly_id == assembly.id, Question.state.in_(states))
        .order_by(Question.asked_at, Question.id)
    )
    asked = [Asked(question, 1 + int(others)) for question, others in session.execute(query)]
    # Stable: the oldest stays first among equals.
    return sorted(
        asked, key=lambda one: (one.question.state != QuestionState.ON_SCREEN, -one.wanting)
    )


def backed_by(session: Session, phone: Phone) -> frozenset[int]:
    """The numbers of the questions this phone would like to know too."""
    query = select(QuestionBacking.question_id).where(QuestionBacking.phone_id == phone.id)
    return frozenset(session.scalars(query))


def question_on_screen(session: Session, assembly: Assembly) -> Question | None:
    """The question that stands on the screen now."""
    query = select(Question).where(
        Question.assembly_id == assembly.id, Question.state == QuestionState.ON_SCREEN
    )
    return session.scalars(query.order_by(Question.id)).first()


def put_on_screen(session: Session, question: Question, by: Person) -> None:
    """Show a question to the hall; one shown before waits again."""
    assembly = session.get_one(Assembly, question.assembly_id)
    check_under_way(assembly)
    before = question_on_screen(session, assembly)
    if before is not None and before is not question:
        before.state = QuestionState.WAITING
    _handle(session, assembly, question, QuestionState.ON_SCREEN, by)
    show(session, assembly, Slide.QUESTION, by)


def answer(session: Session, question: Question, by: Person) -> None:
    """Say that a question has been answered, and take it off the screen."""
    _settle(session, question, QuestionState.ANSWERED, by)


def hide(session: Session, question: Question, by: Person) -> None:
    """Keep a question from everybody’s sight; the log says that it was hidden, and by whom."""
    _settle(session, question, QuestionState.HIDDEN, by)


def reopen(session: Session, question: Question, by: Person) -> None:
    """Let an answered or hidden question wait again."""
    _settle(session, question, QuestionState.WAITING, by)


def _settle(session: Session, question: Question, state: QuestionState, by: Person) -> None:
    assembly = session.get_one(Assembly, question.assembly_id)
    was_shown = question.state == QuestionState.ON_SCREEN
    _handle(session, assembly, question, state, by)
    if was_shown and assembly.stage.slide == Slide.QUESTION:
        show(session, assembly, Slide.ITEM, by)


def _handle(
    session: Session, assembly: Assembly, question: Question, state: QuestionState, by: Person
) -> None:
    question.state = state
    session.flush()
    log_act(session, assembly, ActKind.HANDLE_QUESTION, by, f"{state.value}: {question.words}")
