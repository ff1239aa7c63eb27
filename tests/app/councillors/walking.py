"""The way of somebody who signs, page by page, as a browser without scripts goes it."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ballots.bundle import costs_to_sign
from neighbourhoods.letters import Letter
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.builders import Town

LONG = "It would stand on the only way by which the fire brigade reaches the flats."


def address(the_round: Round, end: str = "") -> str:
    return f"/decisions/{the_round.id}{end}"


@dataclass(frozen=True)
class Winner:
    """A project that residents funded, outside of any transaction."""

    id: int
    title: str


def winners(town: Town, the_round: Round) -> list[Winner]:
    projects = {project.code: project for project in projects_in(town.session, the_round.id)}
    found = [projects[code] for code in costs_to_sign(town.session, the_round)]
    kept = [Winner(project.id, project.title) for project in found]
    town.session.commit()  # a snapshot that is held open would not see what the app writes
    return kept


def declare(
    client: FlaskClient, town: Town, the_round: Round, kind: str = "none", **more: str
) -> TestResponse:
    """The same of every project; `more` is details, pecuniary or dispensation."""
    where = address(the_round, "/interests")
    answers = {
        f"project_{project.id}-{name}": words
        for project in winners(town, the_round)
        for name, words in {"kind": kind, **more}.items()
    }
    return client.post(where, data=answers)


def hidden(page: str) -> dict[str, str]:
    """What a form carries that nobody sees."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    return {name: html.unescape(value) for name, value in found if name != "csrf_token"}


def write(
    client: FlaskClient,
    town: Town,
    the_round: Round,
    verdict: str = "endorse",
    *,
    carried: Mapping[str, str] | None = None,
    reasons: str = "",
    **more: str,
) -> TestResponse:
    """The same verdict on every project; `more` is condition, ground, or reasons as `because`."""
    where = address(the_round, "/sheet")
    projects = winners(town, the_round)
    carried = hidden(client.get(where).text) if carried is None else carried
    said = {"verdict": verdict, **more}
    if "because" in said:
        said["reasons"] = said.pop("because")
    answers = {
        f"project_{project.id}-{name}": words
        for project in projects
        for name, words in said.items()
    }
    return client.post(where, data={**carried, **answers, "reasons": reasons})


def refer(client: FlaskClient, the_round: Round, **answers: str) -> TestResponse:
    where = address(the_round, "/refer")
    carried = hidden(client.get(where).text)
    asked = {
        "refer_to": "officers",
        "question": "Who mends the drains?",
        "reasons": "Nobody asked.",
    }
    return client.post(where, data={**carried, **asked, **answers})


def ask_for_code(client: FlaskClient, session: Session, the_round: Round) -> str:
    """Ask for a fresh code and read it in the letter."""
    number = the_round.id
    session.commit()
    client.post(f"/decisions/{number}/code")
    body = session.scalars(
        select(Letter.body)
        .where(Letter.subject.contains("Your code to sign"))
        .order_by(Letter.id.desc())
        .limit(1)
    ).one()
    found = re.search(r"^(\d{6})$", body, re.MULTILINE)
    session.commit()
    assert found is not None
    return found[1]


def sign(client: FlaskClient, town: Town, the_round: Round) -> TestResponse:
    """Ask for a code, and sign what was written with it."""
    where = address(the_round, "/sign")
    code = ask_for_code(client, town.session, the_round)
    carried = hidden(client.get(f"{where}?sent=1").text)
    return client.post(where, data={**carried, "code": code})


def walk(
    client: FlaskClient, town: Town, the_round: Round, verdict: str = "endorse", **more: Any
) -> TestResponse:
    """Declare no interest, write a sheet and sign it."""
    assert declare(client, town, the_round).status_code == 303
    assert write(client, town, the_round, verdict, **more).status_code == 303
    return sign(client, town, the_round)
