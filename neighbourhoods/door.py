"""The door of a hall: finding people on the roll, and those whom an officer must let in."""

import secrets
import unicodedata
from itertools import islice

from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from neighbourhoods.assemblies import ActKind, Assembly
from neighbourhoods.attendance import (
    Attendee,
    Channel,
    check_not_ended,
    unpair,
    write_down,
)
from neighbourhoods.database import Base, Moment, Word, hold_round, now, one_of
from neighbourhoods.eligibility import ALPHABET, CODE_LENGTH, RollEntry, tidy_code
from neighbourhoods.people import Office, Person, offices_of
from neighbourhoods.places import tidy_postcode
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round
from neighbourhoods.stage import log_act

# A door reads a short list; whoever finds too many types another word.
MOST_FOUND = 12
MOST_WORDS = 8
FEWEST_LETTERS = 2
# Letters that Unicode does not take apart.
_ALIKE = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "ı": "i", "’": "'"}
)


class WalkIn(Base):
    """Somebody at the door who is not on the roll, and what an officer said to it."""

    __tablename__ = "walk_ins"
    __table_args__ = (
        CheckConstraint(one_of("channel", Channel), name="channel"),
        CheckConstraint("attendee_id IS NULL OR NOT is_turned_away", name="answer"),
        Index(None, "assembly_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    assembly_id: Mapped[int] = mapped_column(ForeignKey("assemblies.id"))
    name: Mapped[str] = mapped_column(String(120))
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    asked_by_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[Moment]
    # Neither, while it waits for an officer.
    attendee_id: Mapped[int | None] = mapped_column(ForeignKey("attendees.id"))
    is_turned_away: Mapped[bool] = mapped_column(default=False)

    asked_by: Mapped[Person] = relationship()


def find_on_roll(session: Session, assembly: Assembly, words: str) -> list[RollEntry]:
    """Who on the round’s roll has all these words in their name, postcode or reference.

    At most `MOST_FOUND`, by name. A whole postcode may be typed with or without its space.
    """
    query = select(RollEntry.id, RollEntry.name).where(RollEntry.round_id == assembly.round_id)
    asked = words.replace("\0", " ").split()[:MOST_WORDS]
    if sum(map(len, asked)) < FEWEST_LETTERS:
        return []
    names: list[str] = []
    while asked:
        word = asked.pop(0)
        postcode = tidy_postcode(word)
        if postcode is None and asked and (postcode := tidy_postcode(word + asked[0])):
            asked.pop(0)
        if postcode is not None:
            query = query.where(RollEntry.postcode == postcode)
        elif any(letter.isdigit() for letter in word):
            query = query.where(_has(word))
        else:
            names.append(plain(word))
    rows = session.execute(query.order_by(RollEntry.name, RollEntry.id))
    named = (row.id for row in rows if all(word in plain(row.name) for word in names))
    found = list(islice(named, MOST_FOUND))
    rows.close()
    return [session.get_one(RollEntry, number) for number in found]


def _has(word: str) -> ColumnElement[bool]:
    begins = RollEntry.postcode.istartswith(word, autoescape=True)
    named = RollEntry.name.icontains(word, autoescape=True)
    return or_(named, begins, RollEntry.reference == word)


def plain(words: str) -> str:
    """Words as a hurried volunteer types them: small letters without accents, straight quotes.

    Databases fold letters each in their own way, SQLite only those of English.
    """
    apart = unicodedata.normalize("NFKD", words.casefold())
    kept = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return kept.translate(_ALIKE)


def card_code_in(words: str) -> str | None:
    """The voter code in what was typed or scanned: the code itself, or its card’s whole address."""
    last = words.strip().rstrip("/").rpartition("/")[2].partition("?")[0]
    code = tidy_code(last)
    return code if len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) else None


def undo_check_in(session: Session, attendee: Attendee, by: Person) -> None:
    """Take back a check-in that was a mistake, as if it had not been; the log keeps both.

    Refused once they stand on the roll of a vote that the meeting held: that roll is frozen.
    """
    assembly = session.get_one(Assembly, attendee.assembly_id)
    hold_round(session, assembly.round_id, alone=True)
    asked = (
        select(RollEntry.id)
        .join(Round, RollEntry.round_id == Round.id)
        .where(Round.within_id == assembly.round_id, RollEntry.reference == attendee.reference)
    )
    if session.scalar(asked.limit(1)) is not None:
        raise Refused(Refusal.ON_A_VOTES_ROLL)
    unpair(session, attendee)
    for asking in session.scalars(select(WalkIn).where(WalkIn.attendee_id == attendee.id)):
        asking.attendee_id, asking.is_turned_away = None, True
    session.flush()
    session.delete(attendee)
    log_act(session, assembly, ActKind.CHECK_OUT, by, attendee.name)
    session.flush()


# --- walk-ins ------------------------------------------------------------------------------------


def ask_for_walk_in(
    session: Session, assembly: Assembly, name: str, by: Person, channel: Channel
) -> WalkIn:
    """Ask officers to let somebody take part who is not on the roll."""
    check_not_ended(assembly)
    asking = WalkIn(
        assembly_id=assembly.id,
        name=_checked_name(name),
        channel=channel,
        asked_by=by,
        asked_at=now(session),
    )
    session.add(asking)
    session.flush()
    return asking


def approve_walk_in(
    session: Session,
    assembly: Assembly,
    name: str,
    officer: Person,
    by: Person | None,
    channel: Channel = Channel.PHONE,
) -> Attendee:
    """Let somebody take part who is not on the roll: only an officer can say so.

    They vote in the votes that the meeting itself holds, and not in the round’s own.
    """
    check_not_ended(assembly)
    if all(held.office != Office.OFFICER for held in offices_of(session, officer)):
        raise Refused(Refusal.OFFICER_NEEDED)
    # Drawn by lot: nothing in it tells who came when.
    reference = f"walk-in-{secrets.token_hex(8)}"
    name = _checked_name(name)
    attendee = write_down(session, assembly, reference, name, by, channel, approved_by=officer)
    if attendee is None:
        raise Refused(Refusal.ALREADY_CHECKED_IN)
    log_act(session, assembly, ActKind.APPROVE_WALK_IN, officer, name)
    session.flush()
    return attendee


def answer_walk_in(
    session: Session, assembly: Assembly, asking: WalkIn, officer: Person, *, approved: bool
) -> Attendee | None:
    """Answer what the door asked; whom an officer approves is checked in."""
    session.refresh(asking, with_for_update=True)
    if asking.attendee_id is not None or asking.is_turned_away:
        raise Refused(Refusal.ALREADY_ANSWERED)
    if all(held.office != Office.OFFICER for held in offices_of(session, officer)):
        raise Refused(Refusal.OFFICER_NEEDED)
    attendee = None
    if approved:
        attendee = approve_walk_in(
            session, assembly, asking.name, officer, asking.asked_by, asking.channel
        )
        asking.attendee_id = attendee.id
    else:
        asking.is_turned_away = True
    session.flush()
    return attendee


def walk_ins_waiting(session: Session, assembly: Assembly) -> list[WalkIn]:
    """Who waits for an officer’s answer, in the order they were asked for."""
    query = select(WalkIn).where(
        WalkIn.assembly_id == assembly.id,
        WalkIn.attendee_id.is_(None),
        WalkIn.is_turned_away.is_(False),
    )
    return list(session.scalars(query.order_by(WalkIn.asked_at, WalkIn.id)))


def _checked_name(name: str) -> str:
    tidy = " ".join(name.split())[:120]
    if not tidy:
        raise Refused(Refusal.NAME_MISSING)
    return tidy
