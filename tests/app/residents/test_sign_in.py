from __future__ import annotations

import re
from dataclasses import replace

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.factory import create_app
from app.residents import sign_in
from app.residents.sign_in import link_for
from app.settings import Settings
from neighbourhoods.letters import newest_letters
from neighbourhoods.people import CODE_LIVES, CODE_TRIES, Office
from tests.builders import Clock, Town
from tests.council import Site
from tests.page_linter import LintingClient


def ask(client: FlaskClient, email: str = "new@example.org", wanted: str = "") -> None:
    answer = client.post("/sign-in", data={"email": email, "next": wanted})
    assert answer.status_code == 303
    assert answer.location == "/sign-in/code"


def newest_code(session: Session) -> str:
    session.rollback()
    (code,) = re.findall(r"^\d{6}$", newest_letters(session)[0].body, re.MULTILINE)
    return str(code)


def who_is(client: FlaskClient) -> object:
    with client.session_transaction() as kept:
        return kept.get("person_id")


def test_a_code_from_the_letter_signs_in(town: Town, site: Site, session: Session) -> None:
    client = site.as_(None)
    ask(client, town.resident.email)
    answer = client.post("/sign-in/code", data={"code": newest_code(session)})
    assert (answer.status_code, answer.location) == (303, "/me")
    assert who_is(client) == town.resident.id


def test_a_code_typed_with_a_space_works(town: Town, site: Site, session: Session) -> None:
    client = site.as_(None)
    ask(client, town.resident.email)
    code = newest_code(session)
    client.post("/sign-in/code", data={"code": f" {code[:3]} {code[3:]} "})
    assert who_is(client) == town.resident.id


def test_the_code_is_asked_for_as_phones_expect_it(town: Town, site: Site) -> None:
    client = site.as_(None)
    ask(client)
    page = client.get("/sign-in/code").text
    assert 'autocomplete="one-time-code"' in page
    assert 'inputmode="numeric"' in page


def test_known_and_unknown_addresses_get_the_same_pages(town: Town, site: Site) -> None:
    pages = []
    for email in (town.resident.email, "somebody.else@example.org"):
        client = site.as_(None)
        ask(client, email)
        page = client.get("/sign-in/code").text.replace(email, "")
        pages.append(re.sub(r'(value|nonce)="[^"]*"', "", page))
    assert pages[0] == pages[1]


@pytest.mark.parametrize("email", ["", "rita", "a@b", "two words@example.org", "x" * 255])
def test_what_is_no_address_is_refused_at_the_field(
    town: Town, site: Site, session: Session, email: str
) -> None:
    answer = site.as_(None).post("/sign-in", data={"email": email})
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text
    assert newest_letters(session) == []


def test_a_wrong_code_is_refused_in_plain_words(town: Town, site: Site, session: Session) -> None:
    client = site.as_(None)
    ask(client)
    wrong = "000000" if newest_code(session) != "000000" else "111111"
    answer = client.post("/sign-in/code", data={"code": wrong})
    assert answer.status_code == 422
    assert "This is not the code we sent" in answer.text
    assert who_is(client) is None


def test_wrong_tries_use_the_code_up(town: Town, site: Site, session: Session) -> None:
    client = site.as_(None)
    ask(client)
    code = newest_code(session)
    for _ in range(CODE_TRIES):
        client.post("/sign-in/code", data={"code": "000000" if code != "000000" else "111111"})
    answer = client.post("/sign-in/code", data={"code": code})
    assert "This code no longer works" in answer.text
    assert who_is(client) is None


def test_an_old_code_is_refused(town: Town, site: Site, session: Session, clock: Clock) -> None:
    client = site.as_(None)
    ask(client)
    clock.moment += CODE_LIVES
    answer = client.post("/sign-in/code", data={"code": newest_code(session)})
    assert "This code no longer works" in answer.text


def test_a_code_works_once(town: Town, site: Site, session: Session) -> None:
    first, second = site.as_(None), site.as_(None)
    ask(first)
    with second.session_transaction() as kept:
        kept["signing_in"] = "new@example.org"
    code = newest_code(session)
    first.post("/sign-in/code", data={"code": code})
    second.post("/sign-in/code", data={"code": code})
    assert who_is(first) is not None
    assert who_is(second) is None


def test_the_code_page_alone_leads_to_the_address_first(town: Town, site: Site) -> None:
    assert site.as_(None).get("/sign-in/code").location == "/sign-in"


def test_signing_in_leads_back_to_where_one_was_going(
    town: Town, site: Site, session: Session
) -> None:
    client = site.as_(None)
    ask(client, wanted="/rounds/3/proposals?order=cost")
    answer = client.post("/sign-in/code", data={"code": newest_code(session)})
    assert answer.location == "/rounds/3/proposals?order=cost"


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "http://localhost.evil.example/",
        "http://localhost@evil.example/",
        "https:evil.example",
        "javascript:alert(1)",
        "evil.example",
        "http://[",
        "/sign-in",
        "/sign-out",
        "/" + "x" * 600,
    ],
)
def test_signing_in_never_leads_off_the_site(
    town: Town, site: Site, session: Session, wanted: str
) -> None:
    client = site.as_(None)
    ask(client, wanted=wanted)
    answer = client.post("/sign-in/code", data={"code": newest_code(session)})
    assert answer.location == "/me"


def test_a_page_that_needs_signing_in_is_opened_afterwards(
    town: Town, site: Site, session: Session
) -> None:
    client = site.as_(None)
    page = client.get("/me/name")
    assert page.location == "/sign-in?next=/me/name"
    assert 'name="next" value="/me/name"' in client.get(page.location).text


def test_the_session_is_new_after_signing_in_except_for_the_voter_card(
    town: Town, site: Site, session: Session
) -> None:
    client = site.as_(None)
    with client.session_transaction() as kept:
        kept["voter"], kept["planted"] = {"1": 7}, "by somebody else"
    ask(client)
    client.post("/sign-in/code", data={"code": newest_code(session)})
    with client.session_transaction() as kept:
        assert kept["voter"] == {"1": 7}
        assert "planted" not in kept
        assert "signing_in" not in kept
        assert kept.permanent


def test_signing_out_forgets_the_person_and_keeps_the_voter_card(town: Town, site: Site) -> None:
    client = site.as_(town.resident)
    with client.session_transaction() as kept:
        kept["voter"] = {"1": 7}
    client.post("/sign-out")
    assert who_is(client) is None
    with client.session_transaction() as kept:
        assert kept["voter"] == {"1": 7}


def test_the_code_stands_in_no_log(
    town: Town,
    site: Site,
    session: Session,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = site.as_(None)
    with caplog.at_level(0):
        ask(client)
        code = newest_code(session)
        client.post("/sign-in/code", data={"code": code})
    written = capsys.readouterr()
    assert code not in written.out + written.err + caplog.text


def test_the_outbox_shows_the_code(town: Town, site: Site, session: Session) -> None:
    client = site.as_(None)
    ask(client)
    assert f'<p class="wm-code">{newest_code(session)}</p>' in client.get("/outbox").text


def test_an_empty_outbox_says_so(town: Town, site: Site) -> None:
    assert "No letters yet" in site.as_(None).get("/outbox").text


def test_a_demonstration_link_signs_in_and_leads_to_the_desk(
    town: Town, site: Site, app: Flask
) -> None:
    legal = town.person("Lena Legal", Office.LEGAL_OFFICER)
    town.session.commit()
    with app.app_context():
        links = {
            person.id: link_for(person).removeprefix("http://localhost")
            for person in (
                town.officer,
                town.councillor,
                legal,
                town.facilitator,
                town.resident,
            )
        }
    doors = {}
    for person_id, link in links.items():
        client = site.as_(None)
        doors[person_id] = client.get(link).location
        assert who_is(client) == person_id
    assert list(doors.values()) == ["/office", "/desk", "/desk", "/assemblies", "/me"]


def test_a_forged_demonstration_link_opens_nothing(town: Town, site: Site, app: Flask) -> None:
    with app.app_context():
        link = link_for(town.officer).removeprefix("http://localhost")
    assert site.as_(None).get(link[:-2] + "xx").status_code == 404


def test_production_has_no_outbox_and_no_demonstration_links(
    town: Town, production_app: Flask
) -> None:
    client = production_app.test_client()
    with production_app.app_context():
        link = link_for(town.officer).removeprefix("https://wardmote.example")
    for address in ("/outbox", link):
        assert client.get(address, base_url="https://wardmote.example").status_code == 404


@pytest.fixture
def limited(test_settings: Settings, clock: Clock, town: Town) -> FlaskClient:
    """A client of an app whose rate limits hold."""
    app = create_app(test_settings, clock=clock)
    app.config["WTF_CSRF_ENABLED"] = False
    app.test_client_class = LintingClient
    return app.test_client()


def test_one_address_is_not_sent_codes_without_end(limited: FlaskClient) -> None:
    answers = [
        limited.post(
            "/sign-in",
            data={"email": "rita@example.org"},
            environ_base={"REMOTE_ADDR": f"192.0.2.{number}"},
        )
        for number in range(6)
    ]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    assert "Please wait a moment" in answers[-1].text


def test_a_hall_of_people_behind_one_address_signs_in_at_once(limited: FlaskClient) -> None:
    answers = {
        limited.post("/sign-in", data={"email": f"voter{number}@example.org"}).status_code
        for number in range(100)
    }
    assert answers == {303}


def test_what_tries_are_counted_under_names_nobody(
    test_settings: Settings, clock: Clock, town: Town, redis_url: str
) -> None:
    app = create_app(replace(test_settings, redis_url=redis_url), clock=clock)
    app.config["WTF_CSRF_ENABLED"] = False
    asked = app.test_client().post(
        "/sign-in",
        data={"email": "rita@example.org"},
        environ_base={"REMOTE_ADDR": "192.0.2.77"},
    )
    assert asked.status_code == 303
    with redis.Redis.from_url(redis_url) as client:
        counters = [key.decode() for key in client.scan_iter()]
    assert len(counters) == 3
    assert not [one for one in counters if "rita" in one or "example" in one or "192.0.2" in one]


def test_one_visitor_does_not_send_codes_to_the_whole_town(
    limited: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "A_HALL", "3 per hour")
    answers = [
        limited.post("/sign-in", data={"email": f"voter{number}@example.org"}).status_code
        for number in range(4)
    ]
    assert answers == [303] * 3 + [429]


def test_codes_are_not_guessed_without_end(limited: FlaskClient) -> None:
    limited.post("/sign-in", data={"email": "rita@example.org"})
    answers = [
        limited.post(
            "/sign-in/code",
            data={"code": "12345"},
            environ_base={"REMOTE_ADDR": f"192.0.2.{number}"},
        ).status_code
        for number in range(11)
    ]
    assert answers == [422] * 10 + [429]
