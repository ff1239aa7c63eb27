"""The outbox on both databases: a letter is in one hand at a time."""

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from neighbourhoods.database import Database, now, take_time
from neighbourhoods.letters import Letter, take_in_hand, write_letter, write_letters
from neighbourhoods.people import NOWHERE


def wrote(session: Session) -> Letter:
    letter = write_letter(session, "ann@example.org", "Subject", "Body")
    session.commit()
    return letter


def test_a_letter_that_has_left_is_taken_in_hand_by_nobody(session: Session) -> None:
    letter = wrote(session)
    assert take_in_hand(session, letter.id) is letter
    letter.sent_at = now(session)
    session.commit()
    assert take_in_hand(session, letter.id) is None
    assert take_in_hand(session, 999) is None


def test_a_letter_in_somebodys_hand_is_passed_over_and_not_waited_for(
    database: Database, session: Session
) -> None:
    letter = wrote(session)
    if database.is_sqlite:
        return  # one process, and in it one clerk
    with database.writing() as one:
        take_time(one, 60)
        assert take_in_hand(one, letter.id) is not None
        with database.writing() as other:
            assert take_in_hand(other, letter.id) is None
        one.rollback()
    assert take_in_hand(session, letter.id) is not None


def test_letters_to_thousands_are_written_a_few_hundred_at_a_time(
    session: Session,
) -> None:
    inserted: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("INSERT INTO letters"):
            inserted.append(statement)

    pauses: list[int] = []
    letters = [(f"p{n}@example.org", "News", f"To {n}") for n in range(1_200)]
    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    written = write_letters(
        session, [*letters, (f"gone{NOWHERE}", "News", "To nobody")], lambda: pauses.append(1)
    )
    event.remove(engine, "before_cursor_execute", note)
    assert written == 1_201
    assert len(inserted) == len(pauses) == 3
    outbox = session.scalars(select(Letter).order_by(Letter.id)).all()
    kept = [(one.to_email, one.subject, one.body) for one in outbox]
    assert kept == letters
    assert all(one.sent_at is None for one in outbox)
