"""A person’s own data: seen, taken, put right, erased; each only by them, on a fresh code."""

from __future__ import annotations

import json
import re
from io import BytesIO
from zipfile import ZipFile

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.post import carry_letters
from neighbourhoods.letters import Letter, newest_letters
from neighbourhoods.people import CODE_LIVES, CODE_TRIES, NOWHERE, Office, Person
from neighbourhoods.phases import Phase
from neighbourhoods.proposals import proposals_in
from tests.builders import Clock, Town
from tests.council import Site
from tests.page_linter import problems_with_page


def code_for(session: Session, email: str) -> str:
    """The code in the newest letter to an address."""
    session.rollback()
    newest = next(one for one in newest_letters(session) if one.to_email == email)
    (code,) = re.findall(r"^\d{6}$", newest.body, re.MULTILINE)
    return str(code)


def look_again(session: Session, person: Person) -> None:
    """What is stored of somebody now, not what was when this session last looked."""
    session.rollback()
    session.refresh(person)


def ask(client: FlaskClient, act: str) -> None:
    answer = client.post("/me/my-data/code", data={"for": act})
    assert answer.location == f"/me/my-data/{act}?sent=1#proof"


def erase(client: FlaskClient, session: Session, email: str) -> None:
    ask(client, "erase")
    answer = client.post("/me/my-data/erase", data={"code": code_for(session, email)})
    assert answer.location == "/privacy", answer.text


PAGES = ("/me/my-data", "/me/my-data/copy", "/me/my-data/erase", "/me/email")


@pytest.mark.parametrize("page", PAGES)
def test_nobody_sees_own_pages_signed_out(site: Site, page: str) -> None:
    assert site.as_(None).get(page).location == f"/sign-in?next={page}"
    assert "/sign-in" in (site.as_(None).post("/me/my-data/code").location or "")


def test_my_data_say_what_is_kept_and_lead_to_each_act(
    town: Town, site: Site, session: Session
) -> None:
    town.round(Phase.IDEAS, proposals=2)
    session.commit()
    page = site.as_(town.resident).get("/me/my-data").text
    assert "Your proposals: 2" in page
    assert "rita.resident@example.org" in page
    assert all(f'href="{one}"' in page for one in PAGES[1:])
    assert 'href="/me/my-data"' in site.as_(town.resident).get("/me").text


# --- the copy ------------------------------------------------------------------------------------


def test_a_copy_comes_as_json_and_as_a_page_and_never_has_ballots(
    town: Town, site: Site, session: Session
) -> None:
    town.round(Phase.IDEAS, proposals=1)
    session.commit()
    client = site.as_(town.resident)
    ask(client, "copy")
    data = {"code": code_for(session, town.resident.email)}
    answer = client.post("/me/my-data/copy", data=data)
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    with ZipFile(BytesIO(answer.data)) as archive:
        assert archive.namelist() == ["my-data.json", "my-data.html"]
        told = json.loads(archive.read("my-data.json"))
        page = archive.read("my-data.html").decode()
    assert told["format"] == "wardmote-own-data-1"
    kept = {part["table"]: part["rows"] for part in told["kept"]}
    assert kept["people"][0]["email"] == "rita.resident@example.org"
    assert kept["proposals"][0]["title"] == "Bench 1"
    assert kept["proposals"][0]["round"] == "Canal Side decides"
    assert "ballots" not in kept
    assert "do not look up which ones are yours" in told["ballots"]
    assert "Bench 1" in page
    # It is read from a file, where there is no nonce.
    assert problems_with_page(page, url="file") == ["file: <style> stands inline without a nonce"]
    # The code worked once.
    assert client.post("/me/my-data/copy", data=data).status_code == 422


def test_somebody_elses_code_hands_out_nothing(town: Town, site: Site, session: Session) -> None:
    mine, theirs = site.as_(town.resident), site.as_(town.neighbour)
    for client in (mine, theirs):
        ask(client, "copy")
    wrong = {"code": code_for(session, town.neighbour.email)}
    if wrong["code"] == code_for(session, town.resident.email):
        pytest.skip("one in a million")
    answer = mine.post("/me/my-data/copy", data=wrong)
    assert answer.status_code == 422
    assert "not the code we sent" in answer.text
    # Nor does an id of somebody else in the form change whose it is.
    more = {"code": code_for(session, town.resident.email), "person_id": str(town.neighbour.id)}
    answer = mine.post("/me/my-data/copy", data=more)
    with ZipFile(BytesIO(answer.data)) as archive:
        assert "nora.neighbour" not in archive.read("my-data.json").decode()


@pytest.mark.parametrize("act", ["copy", "erase"])
def test_a_code_to_sign_in_proves_nothing_here(
    town: Town, site: Site, session: Session, act: str
) -> None:
    client = site.as_(town.resident)
    client.post("/sign-in", data={"email": town.resident.email})
    data = {"code": code_for(session, town.resident.email)}
    assert client.post(f"/me/my-data/{act}", data=data).status_code == 422
    look_again(session, town.resident)
    assert town.resident.erased_at is None


# --- erasure -------------------------------------------------------------------------------------


def test_erasure_is_done_at_once_confirmed_by_letter_and_signs_out_everywhere(
    town: Town, site: Site, session: Session
) -> None:
    the_round = town.round(Phase.VOTE)
    session.commit()
    here, elsewhere = site.as_(town.resident), site.as_(town.resident)
    page = here.get("/me/my-data/erase").text
    assert "cannot be undone" in page
    assert "stays on it" in page
    erase(here, session, "rita.resident@example.org")
    assert "Your data are erased" in here.get("/privacy").text
    for client in (here, elsewhere):
        assert client.get("/me").location == "/sign-in?next=/me"
    session.rollback()
    letters = session.scalars(select(Letter)).all()
    assert [one.to_email for one in letters] == ["rita.resident@example.org"]
    assert letters[0].subject == "Your data are erased"
    assert "/privacy/how-long" in letters[0].body
    look_again(session, town.resident)
    assert town.resident.email == f"erased-{town.resident.id}{NOWHERE}"
    first = proposals_in(session, the_round)[0]
    shown = site.as_(None).get(f"/rounds/{the_round.id}/proposals/{first.id}").text
    assert "Rita" not in shown
    assert "A resident" in shown
    assert site.as_(None).get(f"/rounds/{the_round.id}").status_code == 200


def test_the_last_letter_leaves_no_trace(
    app: Flask,
    town: Town,
    site: Site,
    session: Session,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    erase(site.as_(town.resident), session, "rita.resident@example.org")
    settings, database, _keys = app.extensions["wardmote"]
    sent: list[str] = []
    monkeypatch.setattr("app.post._send", lambda _settings, message: sent.append(message["To"]))
    object.__setattr__(settings, "smtp_url", "smtp://localhost:25")
    assert carry_letters(database, settings, {}) == 1
    assert sent == ["rita.resident@example.org"]
    session.rollback()
    assert session.scalars(select(Letter)).all() == []


def test_an_old_cookie_is_nobody_and_the_same_address_begins_anew(
    town: Town, site: Site, session: Session
) -> None:
    old = site.as_(town.neighbour)
    erase(site.as_(town.neighbour), session, "nora.neighbour@example.org")
    anew = site.as_(None)
    anew.post("/sign-in", data={"email": "nora.neighbour@example.org"})
    code = code_for(session, "nora.neighbour@example.org")
    anew.post("/sign-in/code", data={"code": code})
    page = anew.get("/me/my-data").text
    assert "nora.neighbour@example.org" in page
    assert "You gave none." in page
    assert old.get("/me").location == "/sign-in?next=/me"


def test_without_a_code_nothing_is_erased_and_wrong_ones_run_out(
    town: Town, site: Site, session: Session
) -> None:
    client = site.as_(town.resident)
    assert client.post("/me/my-data/erase", data={}).status_code == 422
    ask(client, "erase")
    right = code_for(session, town.resident.email)
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _ in range(CODE_TRIES):
        assert client.post("/me/my-data/erase", data={"code": wrong}).status_code == 422
    assert client.post("/me/my-data/erase", data={"code": right}).status_code == 422
    look_again(session, town.resident)
    assert town.resident.erased_at is None


def test_a_code_that_ran_out_erases_nothing(
    town: Town, site: Site, session: Session, clock: Clock
) -> None:
    client = site.as_(town.resident)
    ask(client, "erase")
    code = code_for(session, town.resident.email)
    clock.moment += CODE_LIVES
    assert client.post("/me/my-data/erase", data={"code": code}).status_code == 422


@pytest.mark.parametrize("who", ["councillor", "officer", "facilitator", "scrutineer"])
def test_somebody_in_office_is_told_why_not(
    town: Town, site: Site, session: Session, who: str
) -> None:
    person: Person = getattr(town, who)
    client = site.as_(person)
    page = client.get("/me/my-data/erase").text
    assert "You hold an office" in page
    assert "<form" not in page.partition("<main")[2]
    ask(client, "erase")
    answer = client.post("/me/my-data/erase", data={"code": code_for(session, person.email)})
    assert answer.status_code == 409
    look_again(session, person)
    assert person.erased_at is None


# --- another address -----------------------------------------------------------------------------

NEW = "rita.new@example.org"


def ask_for_address(client: FlaskClient, email: str = NEW) -> None:
    assert client.post("/me/email", data={"email": email}).location == "/me/email/codes"


def both(session: Session, new: str = NEW) -> dict[str, str]:
    old = code_for(session, "rita.resident@example.org")
    return {"old_code": old, "new_code": code_for(session, new)}


def test_an_address_is_changed_by_codes_to_both_and_the_old_one_is_told(
    town: Town, site: Site, session: Session
) -> None:
    client = site.as_(town.resident)
    ask_for_address(client)
    assert client.post("/me/email/codes", data=both(session)).location == "/me/my-data"
    look_again(session, town.resident)
    assert town.resident.email == NEW
    newest = newest_letters(session)[0]
    assert newest.to_email == "rita.resident@example.org"
    assert newest.subject == "You sign in with another address now"
    assert client.get("/me").status_code == 200


@pytest.mark.parametrize("wrong", ["old_code", "new_code"])
def test_one_right_code_is_not_enough_and_is_not_used_up(
    town: Town, site: Site, session: Session, wrong: str
) -> None:
    client = site.as_(town.resident)
    ask_for_address(client)
    right = both(session)
    bad = right | {wrong: f"{(int(right[wrong]) + 1) % 1_000_000:06d}"}
    answer = client.post("/me/email/codes", data=bad)
    assert answer.status_code == 422
    assert f'id="{wrong}-error"' in answer.text
    look_again(session, town.resident)
    assert town.resident.email == "rita.resident@example.org"
    assert client.post("/me/email/codes", data=right).location == "/me/my-data"


def test_an_address_of_somebody_else_is_refused_only_to_whoever_reads_its_letters(
    town: Town, site: Site, session: Session
) -> None:
    client = site.as_(town.resident)
    taken = town.neighbour.email
    ask_for_address(client, taken)
    page = client.get("/me/email/codes").text
    assert "already" not in page
    answer = client.post("/me/email/codes", data=both(session, taken))
    assert answer.status_code == 422
    assert "Somebody signs in with this address already" in answer.text
    look_again(session, town.resident)
    assert town.resident.email == "rita.resident@example.org"


def test_many_accounts_together_write_to_one_mailbox_no_more_often_than_one(
    town: Town, site: Site, session: Session
) -> None:
    asking = [town.person(f"Sock Puppet{number}") for number in range(7)]
    session.commit()
    wanted = [NEW, f" {NEW.upper()}"]
    answers = [
        site.as_(one).post("/me/email", data={"email": wanted[number % 2]}).status_code
        for number, one in enumerate(asking)
    ]
    assert answers == [303] * 5 + [429] * 2
    session.rollback()
    assert sum(one.to_email == NEW for one in newest_letters(session)) == 5


def test_a_new_address_makes_no_second_person(town: Town, site: Site, session: Session) -> None:
    ask_for_address(site.as_(town.resident))
    session.rollback()
    assert session.scalar(select(Person).where(Person.email == NEW)) is None


@pytest.mark.parametrize("written", ["", "nobody", "a@b", "rita@example.org\n\nBcc: x@y.org"])
def test_an_address_that_is_none_is_refused_at_the_field(
    town: Town, site: Site, written: str
) -> None:
    answer = site.as_(town.resident).post("/me/email", data={"email": written})
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text


def test_codes_without_an_address_lead_back(town: Town, site: Site) -> None:
    client = site.as_(town.resident)
    assert client.get("/me/email/codes").location == "/me/email"
    assert client.post("/me/email", data={"email": "Rita.Resident@example.org"}).location == (
        "/me/my-data"
    )


def test_somebody_in_office_changes_no_address_here(
    town: Town, site: Site, session: Session
) -> None:
    client = site.as_(town.councillor)
    assert "the council itself changes" in client.get("/me/email").text
    assert client.post("/me/email", data={"email": NEW}).status_code == 409
    assert Office.COUNCILLOR in {one.office for one in town.councillor.appointments}
