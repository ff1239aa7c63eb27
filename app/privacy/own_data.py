"""A copy of all that is kept about one person, and nothing of anybody else; no ballot.

Every column that leads to a person stands in `SHOWN`, with what of its row is theirs to see; a
test fails while one is missing.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.privacy.own_links import attendees_of, phones_of, ratings_of, roll_entries_of
from app.privacy.shown_columns import SHOWN
from neighbourhoods.attendance import Attendee, Phone
from neighbourhoods.database import Base, now
from neighbourhoods.letters import Letter
from neighbourhoods.people import Person, SignInCode
from neighbourhoods.polls import PollChoice
from neighbourhoods.proposals import Proposal
from neighbourhoods.questions import Question, QuestionBacking
from neighbourhoods.ratings import Rating
from neighbourhoods.rounds import Round
from neighbourhoods.screening import Screening, ScreeningReply
from neighbourhoods.speakers import SpeakingTurn

Row = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """One kind of what is kept about somebody: what it is, where it lies, and its rows."""

    title: str
    table: str
    rows: tuple[Row, ...]


def own_data(session: Session, person: Person, ratings_key: bytes) -> list[Part]:
    """All that is kept about somebody, kind by kind; a kind of which there is nothing is left out.

    Not their ballots: nobody can go from a person to a ballot without the round’s key, and we do
    not look.
    """
    parts = [
        Part(_("Your account"), "people", (_told(person, "id", "email", "name", "joined_at"),)),
        *_by_column(session, person),
        *_by_address(session, person),
        *_of_meetings(session, person),
        *_by_mark(session, person, ratings_key),
    ]
    titles = {one.id: one.title for one in session.scalars(select(Round))}
    return [_with_titles(part, titles) for part in parts if part.rows]


def _told(row: Base, *columns: str) -> Row:
    return {column: getattr(row, column) for column in columns}


def _rows(session: Session, query: Select[Any], *columns: str) -> tuple[Row, ...]:
    return tuple(_told(row, *columns) for row in session.scalars(query))


def _with_titles(part: Part, titles: dict[int, str]) -> Part:
    """Say the title of the round beside its number."""
    rows = tuple(
        {"round": titles.get(row["round_id"], "")} | row if "round_id" in row else row
        for row in part.rows
    )
    return Part(part.title, part.table, rows)


def _by_column(session: Session, person: Person) -> list[Part]:
    """What columns lead to, table by table."""
    tables = Base.metadata.tables
    parts = []
    for link, (title, shown) in SHOWN.items():
        name, _dot, column = link.partition(".")
        table = tables[name]
        query = (
            select(*(table.columns[each] for each in shown))
            .where(table.columns[column] == person.id)
            .order_by(*table.primary_key)
        )
        rows = tuple(dict(row._mapping) for row in session.execute(query))  # noqa: SLF001
        parts.append(Part(str(title), name, rows))
    replies = (
        select(ScreeningReply)
        .join(Screening, Screening.id == ScreeningReply.screening_id)
        .join(Proposal, Proposal.id == Screening.proposal_id)
        .where(Proposal.proposer_id == person.id)
        .order_by(ScreeningReply.id)
    )
    told = _rows(session, replies, "screening_id", "words", "replied_at")
    return [*parts, Part(_("Your replies to findings"), "screening_replies", told)]


def _by_address(session: Session, person: Person) -> list[Part]:
    """What is kept under their e-mail address. The words of a letter are not: one may be a code."""
    letters = select(Letter).where(Letter.to_email == person.email).order_by(Letter.id)
    codes = select(SignInCode).where(SignInCode.email == person.email)
    entries = tuple(
        _told(entry, "round_id", "reference", "name", "postcode", "email")
        for entry in roll_entries_of(session, person)
    )
    return [
        Part(
            _("Letters to you"),
            "letters",
            _rows(session, letters, "to_email", "subject", "written_at", "sent_at"),
        ),
        Part(
            _("Codes on their way to you"),
            "sign_in_codes",
            _rows(session, codes, "email", "expires_at", "tries_left"),
        ),
        Part(_("Your entries on electoral rolls"), "roll_entries", entries),
    ]


def _of_meetings(session: Session, person: Person) -> list[Part]:
    attendees = attendees_of(session, person)
    phones = phones_of(session, attendees)
    ids = [phone.id for phone in phones]

    def theirs(rows: Any, *columns: str) -> tuple[Row, ...]:
        query = select(rows).where(rows.phone_id.in_(ids)).order_by(*rows.__table__.primary_key)
        return _rows(session, query, *columns)

    spoke = ("name", "kind", "side", "asked_at", "began_at", "ended_at", "withdrawn_at")
    return [
        Part(
            _("Meetings you were checked in at"),
            Attendee.__tablename__,
            tuple(
                _told(
                    one, "assembly_id", "reference", "name", "channel", "checked_in_at", "left_at"
                )
                for one in attendees
            ),
        ),
        Part(
            _("Phones the door found to be yours"),
            Phone.__tablename__,
            tuple(_told(one, "assembly_id", "number", "name", "joined_at") for one in phones),
        ),
        Part(_("When you asked to speak"), "speaking_turns", theirs(SpeakingTurn, *spoke)),
        Part(_("Your questions"), "questions", theirs(Question, "words", "asked_at", "state")),
        Part(
            _("Questions you backed"), "question_backings", theirs(QuestionBacking, "question_id")
        ),
        Part(_("Quick polls"), "poll_choices", theirs(PollChoice, "item_id", "chosen")),
    ]


def _by_mark(session: Session, person: Person, key: bytes) -> list[Part]:
    rows = tuple(
        _told(rating, "project_id", "score", "changed", "rated_at", "hidden_at", "hidden_why")
        for rating in ratings_of(session, person, key)
    )
    return [Part(_("What you said of finished projects"), Rating.__tablename__, rows)]


def as_json(session: Session, person: Person, parts: list[Part], council: str) -> Row:
    """The copy as values that JSON can hold."""
    return {
        "format": "wardmote-own-data-1",
        "council": council,
        "made_at": now(session).isoformat(),
        "person": person.id,
        "ballots": _(
            "Your ballots are not in this file. They bear no name, and we do not look up which "
            "ones are yours."
        ),
        "kept": [
            {
                "what": part.title,
                "table": part.table,
                "rows": [{name: _plain(value) for name, value in row.items()} for row in part.rows],
            }
            for part in parts
        ],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else value
