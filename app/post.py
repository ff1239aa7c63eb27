"""Letters to people: worded from templates, kept in the outbox, carried by SMTP."""

import smtplib
import ssl
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from flask import render_template

from app.house import db
from app.settings import Settings
from neighbourhoods.database import Database, now
from neighbourhoods.letters import Letter, waiting_letters, write_letter


def post_letter(to_email: str, template: str, **figures: object) -> Letter:
    """Word a letter from `letters/<template>.txt`, whose first line is its subject."""
    subject, _, body = render_template(f"letters/{template}.txt", **figures).partition("\n")
    return write_letter(db(), to_email, subject.strip(), body.strip() + "\n")


def carry_letters(database: Database, settings: Settings) -> int:
    """Send the waiting letters, each marked in its own transaction; returns how many left."""
    if settings.smtp_url is None:
        return 0
    with database.reading() as session:
        waiting = [letter.id for letter in waiting_letters(session)]
    for letter_id in waiting:
        with database.reading() as session:
            letter = session.get_one(Letter, letter_id)
        _send(settings, letter)
        with database.writing() as session:
            sent = session.get_one(Letter, letter_id)
            sent.sent_at = now(session)
            sent.body = ""  # a code or a name has no business here once it has left
            session.commit()
    return len(waiting)


def _send(settings: Settings, letter: Letter) -> None:
    where = urlsplit(settings.smtp_url or "")
    message = EmailMessage()
    message["From"], message["To"] = settings.mail_from, letter.to_email
    message["Subject"] = letter.subject
    message.set_content(letter.body)
    with smtplib.SMTP(where.hostname or "localhost", where.port or 587, timeout=20) as server:
        if where.scheme == "smtps":
            server.starttls(context=ssl.create_default_context())
        if where.username:
            server.login(unquote(where.username), unquote(where.password or ""))
        server.send_message(message)
