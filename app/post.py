"""Letters to people: worded from templates, kept in the outbox, carried by SMTP."""

import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import structlog
from flask import render_template
from sqlalchemy.orm import Session

from app.house import db
from app.settings import Settings
from neighbourhoods.database import Database, now, take_time
from neighbourhoods.letters import Letter, take_in_hand, waiting_letters, write_letter

log = structlog.get_logger()

# Letters that a server refused for now, and until when they rest.
PutOff = dict[int, datetime]
TRY_AGAIN, TRY_FOR = timedelta(minutes=1), timedelta(days=1)
REFUSED_FOR_GOOD = 500
# A post office may take this long over one letter; a process that hangs keeps it no longer.
MOST_SECONDS_IN_HAND = 120


class UnwritableError(Exception):
    """A letter with an address or a subject that no header can hold."""


# What is wrong with one letter or its address; anything else is wrong with the post.
_LETTERS_FAULT = (
    UnwritableError,
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPDataError,
    smtplib.SMTPNotSupportedError,
)


def post_letter(to_email: str, template: str, **figures: object) -> Letter:
    """Word a letter from `letters/<template>.txt`, whose first line is its subject."""
    return write_letter(db(), to_email, *word_letter(template, **figures))


def word_letter(template: str, **figures: object) -> tuple[str, str]:
    """The subject and the body of a letter, for one person or for many alike."""
    subject, _, body = render_template(f"letters/{template}.txt", **figures).partition("\n")
    # One line, whatever stood in a title: a header holds no more, and the outbox 200 letters.
    return " ".join(subject.split())[:200], body.strip() + "\n"


def carry_letters(
    database: Database,
    settings: Settings,
    put_off: PutOff,
    goes_on: Callable[[], bool] = lambda: True,
) -> int:
    """Send the waiting letters, each in its own transaction; returns how many left.

    One that cannot be sent holds up no other: refused for good, it is given up; refused for now,
    it is put off, and given up after a day. OSError when the post itself is away. Stops as soon as
    `goes_on` says so: another process carries the rest.
    """
    if settings.smtp_url is None:
        return 0
    with database.reading() as session:
        moment = now(session)
        later = [number for number, until in put_off.items() if until > moment]
        waiting = [letter.id for letter in waiting_letters(session, besides=later)]
    left = 0
    for number in waiting:
        if not goes_on():
            break
        left += _carry(database, settings, put_off, number, moment)
    return left


def _carry(
    database: Database, settings: Settings, put_off: PutOff, number: int, moment: datetime
) -> bool:
    """Send one letter, unless somebody else has it in hand or sent it; whether it left.

    On PostgreSQL it is held until it is marked as sent, so that two processes never send the same
    one. SQLite has one process, and one writer that must not wait for the post.
    """
    is_held = not database.is_sqlite
    with database.writing() if is_held else database.reading() as session:
        if is_held:
            take_time(session, MOST_SECONDS_IN_HAND)
        letter = take_in_hand(session, number)
        if letter is None:
            return False
        has_left, is_done = _send_one(settings, put_off, letter, moment)
        if is_held and is_done:
            _mark_done(session, letter)
    if not is_held and is_done:
        with database.writing() as session:
            _mark_done(session, session.get(Letter, number))
    return has_left


def _send_one(
    settings: Settings, put_off: PutOff, letter: Letter, moment: datetime
) -> tuple[bool, bool]:
    """Send a letter; whether it left, and whether it is done with: it left, or is given up."""
    try:
        _send(settings, _message(settings, letter))
    except _LETTERS_FAULT as fault:
        log.warning("letter not sent", letter=letter.id, kind=type(fault).__name__)
        if not _is_for_good(fault) and moment - letter.written_at < TRY_FOR:
            put_off[letter.id] = moment + TRY_AGAIN
            return False, False
        put_off.pop(letter.id, None)
        return False, True
    put_off.pop(letter.id, None)
    return True, True


def _is_for_good(fault: Exception) -> bool:
    """Whether trying again is no use: the server said so, or the letter cannot even be written."""
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return all(code >= REFUSED_FOR_GOOD for code, _words in fault.recipients.values())
    if isinstance(fault, smtplib.SMTPResponseException):
        return fault.smtp_code >= REFUSED_FOR_GOOD
    return True


def _mark_done(session: Session, letter: Letter | None) -> None:
    if letter is None:  # whoever it went to had their data erased meanwhile
        return
    letter.sent_at = now(session)
    letter.body = ""  # a code or a name has no business here once it has left
    if letter.leaves_no_trace:
        session.delete(letter)
    session.commit()


def _message(settings: Settings, letter: Letter) -> EmailMessage:
    """The letter as it is sent; UnwritableError if no e-mail can say it."""
    message = EmailMessage()
    try:
        message["From"], message["To"] = settings.mail_from, letter.to_email
        message["Subject"] = letter.subject
        # Always the same: should the power fail between sending and writing down that it was sent,
        # whoever receives it again knows it as the same letter.
        message["Message-ID"] = _name_of(settings, letter)
        message.set_content(letter.body)
        message.as_bytes()
    except (ValueError, IndexError) as fault:  # what the standard library raises at odd headers
        raise UnwritableError from fault
    return message


def _name_of(settings: Settings, letter: Letter) -> str:
    written = int(letter.written_at.timestamp() * 1000)
    host = urlsplit(settings.public_url).hostname or "localhost"
    return f"<letter.{letter.id}.{written}@{host}>"


def _send(settings: Settings, message: EmailMessage) -> None:
    where = urlsplit(settings.smtp_url or "")
    with smtplib.SMTP(where.hostname or "localhost", where.port or 587, timeout=20) as server:
        if where.scheme == "smtps":
            server.starttls(context=ssl.create_default_context())
        if where.username:
            server.login(unquote(where.username), unquote(where.password or ""))
        server.send_message(message)
