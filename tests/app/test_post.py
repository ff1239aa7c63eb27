"""Letters leave one by one: one that cannot be sent holds up no other."""

import smtplib
from collections.abc import Callable
from dataclasses import replace
from email.message import EmailMessage

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import post
from app.post import PutOff, carry_letters
from app.settings import Settings
from neighbourhoods.database import Database
from neighbourhoods.letters import Letter, write_letter
from tests.builders import Clock, Town
from tests.council import Site

ODD_ADDRESSES = ("=?utf-8?q?a=0a?=@example.org", "=?utf-8?b?!!!?=@example.org")


@pytest.fixture
def mail(test_settings: Settings) -> Settings:
    return replace(test_settings, smtp_url="smtp://localhost:1")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """A mail server that gives these codes to these addresses; what it took is listed."""

    def answering(**codes: int) -> list[str]:
        taken: list[str] = []

        def send(_settings: Settings, message: EmailMessage) -> None:
            name = message["To"].partition("@")[0]
            if name in codes:
                raise smtplib.SMTPRecipientsRefused({message["To"]: (codes[name], b"no")})
            taken.append(message["To"])

        monkeypatch.setattr(post, "_send", send)
        return taken

    return answering


def write(session: Session, *addresses: str) -> None:
    for address in addresses:
        write_letter(session, address, "Subject", "Body")
    session.commit()


def waiting(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Letter.to_email).where(Letter.sent_at.is_(None))))


@pytest.mark.parametrize("odd", [*ODD_ADDRESSES, "refused@example.org"])
def test_a_letter_that_nobody_takes_is_given_up_and_the_next_one_leaves(
    database: Database, session: Session, mail: Settings, server: Callable[..., list[str]], odd: str
) -> None:
    write(session, odd, "ann@example.org")
    taken = server(refused=550)
    assert carry_letters(database, mail, {}) == 1
    assert taken == ["ann@example.org"]
    assert waiting(database) == []


def test_a_letter_refused_for_now_rests_and_is_given_up_after_a_day(
    database: Database,
    session: Session,
    clock: Clock,
    mail: Settings,
    server: Callable[..., list[str]],
) -> None:
    write(session, "grey@example.org", "ann@example.org")
    put_off: PutOff = {}
    taken = server(grey=451)
    carry_letters(database, mail, put_off)
    assert taken == ["ann@example.org"]
    assert waiting(database) == ["grey@example.org"]
    server()
    assert carry_letters(database, mail, put_off) == 0  # it rests
    server(grey=451)
    clock.moves(days=1)
    carry_letters(database, mail, put_off)
    assert (waiting(database), put_off) == ([], {})


def test_a_letter_refused_for_now_is_tried_again(
    database: Database,
    session: Session,
    clock: Clock,
    mail: Settings,
    server: Callable[..., list[str]],
) -> None:
    write(session, "grey@example.org")
    put_off: PutOff = {}
    server(grey=451)
    carry_letters(database, mail, put_off)
    clock.moves(minutes=1)
    taken = server()
    carry_letters(database, mail, put_off)
    assert taken == ["grey@example.org"]


@pytest.mark.parametrize("odd", ODD_ADDRESSES)
def test_an_address_that_a_header_would_read_as_another_is_refused(
    site: Site, town: Town, odd: str
) -> None:
    answer = site.as_(None).post("/sign-in", data={"email": odd})
    assert answer.status_code == 422
    assert "Enter an e-mail address like" in answer.text


def test_a_letter_keeps_its_name_however_often_it_is_sent(
    database: Database, session: Session, mail: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(session, "ann@example.org", "ben@example.org")
    names: list[str] = []

    def lose_power(_settings: Settings, message: EmailMessage) -> None:
        names.append(message["Message-ID"])
        raise OSError

    monkeypatch.setattr(post, "_send", lose_power)
    for _ in range(2):
        with pytest.raises(OSError, match=r"^$"):
            carry_letters(database, mail, {})
    monkeypatch.setattr(
        post, "_send", lambda _settings, message: names.append(message["Message-ID"])
    )
    carry_letters(database, mail, {})
    assert names[0] == names[1] == names[2] != names[3]


def test_who_no_longer_leads_leaves_the_rest_to_the_next(
    database: Database, session: Session, mail: Settings, server: Callable[..., list[str]]
) -> None:
    write(session, "ann@example.org", "ben@example.org")
    taken = server()
    assert carry_letters(database, mail, {}, lambda: not taken) == 1
    assert taken == ["ann@example.org"]
    assert waiting(database) == ["ben@example.org"]
