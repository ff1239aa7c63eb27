"""Signing with a passkey: what is answered wrongly, twice, too late or for somebody else."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from app.house import db
from app.passkeys import CHALLENGE_LIVES
from ballots.advice import write_note
from ballots.signing import NoteKind, Passkey, Proof, Signature
from neighbourhoods.letters import newest_letters
from neighbourhoods.rounds import Round
from tests.app.councillors.walking import address, declare, hidden, write
from tests.app.public.builders import counted_round
from tests.authenticator import USER_PRESENT, Authenticator
from tests.builders import Clock, Town
from tests.council import Site

FAILED = "Your passkey did not work. Try again, or use a code by e-mail"


@pytest.fixture
def the_round(town: Town) -> Round:
    return counted_round(town, approvals=2)


@pytest.fixture
def client(site: Site, town: Town, the_round: Round) -> FlaskClient:
    """A councillor whose sheet is written and waits for the signature."""
    client = site.as_(town.councillor)
    declare(client, town, the_round)
    write(client, town, the_round)
    return client


@pytest.fixture
def device(client: FlaskClient) -> Authenticator:
    device = Authenticator()
    assert add(client, device).status_code == 303
    return device


def options_on(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="passkey-options">(.*?)</script>', page)
    assert found is not None
    options: dict[str, Any] = json.loads(found[1])
    return options


def add(client: FlaskClient, device: Authenticator, name: str = "My phone") -> TestResponse:
    code = fresh_code(client)
    options = options_on(client.get("/me/passkeys").text)
    sent = {"name": name, "credential": device.registers(options), "code": code}
    return client.post("/me/passkeys", data=sent)


def fresh_code(client: FlaskClient) -> str:
    """The code in the letter that was just written."""
    assert client.post("/me/passkeys/code").status_code == 303
    with client.application.test_request_context():
        body = newest_letters(db())[0].body
    (code,) = re.findall(r"^\d{6}$", body, re.MULTILINE)
    return str(code)


def sign_page(client: FlaskClient, the_round: Round) -> tuple[dict[str, str], dict[str, Any]]:
    """What the form on the signing page carries, and what it asks of a device."""
    page = client.get(address(the_round, "/sign")).text
    return {"sheet": hidden(page)["sheet"]}, options_on(page)


def signatures(town: Town) -> list[Proof | None]:
    town.session.rollback()
    return list(town.session.scalars(select(Signature.proof)))


def refuses(client: FlaskClient, town: Town, the_round: Round, sent: dict[str, str]) -> None:
    answer = client.post(address(the_round, "/sign"), data=sent)
    assert (answer.status_code, FAILED in answer.text) == (422, True)
    assert signatures(town) == []


def test_the_right_answer_signs_and_is_named_as_the_proof(
    client: FlaskClient, device: Authenticator, town: Town, the_round: Round
) -> None:
    form, options = sign_page(client, the_round)
    sent = form | {"credential": device.answers(options)}
    assert client.post(address(the_round, "/sign"), data=sent).status_code == 303
    assert signatures(town) == [Proof.PASSKEY]


@pytest.mark.parametrize("wrong", ["key", "challenge", "site", "nobody there", "words", "nonsense"])
def test_a_wrong_answer_signs_nothing(
    client: FlaskClient, device: Authenticator, town: Town, the_round: Round, wrong: str
) -> None:
    form, options = sign_page(client, the_round)
    impostor = Authenticator(origin="http://localhost.example")
    impostor.credential_id = device.credential_id
    match wrong:
        case "key":
            answer = Authenticator()
            answer.credential_id = device.credential_id
            sent = answer.answers(options)
        case "challenge":
            sent = device.answers(options | {"challenge": "AAAA" * 20})
        case "site":
            impostor.key = device.key
            sent = impostor.answers(options)
        case "nobody there":
            # The device did not ask for a finger, a face or a PIN.
            sent = device.answers(options, flags=USER_PRESENT)
        case "words":
            sent = device.answers(options).replace('"type": "public-key"', '"type": "secret"')
        case _:
            sent = '{"id": ["<script>"]}'
    refuses(client, town, the_round, form | {"credential": sent})


def test_an_answer_is_good_once_even_if_the_whole_session_is_sent_again(
    client: FlaskClient, device: Authenticator, town: Town, the_round: Round, clock: Clock
) -> None:
    form, options = sign_page(client, the_round)
    kept = client.get_cookie("wardmote")
    assert kept is not None
    sent = form | {"credential": device.answers(options)}
    assert client.post(address(the_round, "/sign"), data=sent).status_code == 303
    # A note voids the signature, so that signing again is possible; the answer is sent again.
    void(town, the_round)
    clock.moves(seconds=30)
    client.set_cookie(kept.key, kept.value)
    write(client, town, the_round)
    form = {"sheet": hidden(client.get(address(the_round, "/sign")).text)["sheet"]}
    client.set_cookie(kept.key, kept.value)
    answer = client.post(address(the_round, "/sign"), data=sent | form)
    assert (answer.status_code, FAILED in answer.text) == (422, True)
    assert len(signatures(town)) == 1


def void(town: Town, the_round: Round) -> None:
    write_note(town.session, the_round, town.officer, NoteKind.LEGAL, "It is lawful.")
    town.session.commit()


def test_the_same_answer_twice_in_one_session_is_refused(
    client: FlaskClient, device: Authenticator, town: Town, the_round: Round
) -> None:
    form, options = sign_page(client, the_round)
    wrong = form | {"credential": Authenticator().answers(options)}
    refuses(client, town, the_round, wrong)
    # The challenge was taken by the first try: the right answer to it comes too late.
    right = form | {"credential": device.answers(options)}
    refuses(client, town, the_round, right)


def test_a_challenge_set_to_somebody_else_is_not_answered_for_them(
    client: FlaskClient, device: Authenticator, site: Site, town: Town, the_round: Round
) -> None:
    other = site.as_(town.second_councillor)
    declare(other, town, the_round)
    write(other, town, the_round)
    theirs = Authenticator()
    add(other, theirs)
    form, options = sign_page(client, the_round)
    own, _their_options = sign_page(other, the_round)
    # Their own device, over a challenge of somebody else; then somebody else’s device over theirs.
    refuses(other, town, the_round, own | {"credential": theirs.answers(options)})
    own, their_options = sign_page(other, the_round)
    refuses(other, town, the_round, own | {"credential": device.answers(their_options)})
    form, options = sign_page(client, the_round)
    refuses(client, town, the_round, form | {"credential": theirs.answers(options)})


def test_a_challenge_is_answered_within_five_minutes_or_not_at_all(
    client: FlaskClient, device: Authenticator, town: Town, the_round: Round, clock: Clock
) -> None:
    form, options = sign_page(client, the_round)
    clock.moves(seconds=CHALLENGE_LIVES.total_seconds() + 1)
    refuses(client, town, the_round, form | {"credential": device.answers(options)})
    form, options = sign_page(client, the_round)
    clock.moves(seconds=(CHALLENGE_LIVES - timedelta(seconds=1)).total_seconds())
    sent = form | {"credential": device.answers(options)}
    assert client.post(address(the_round, "/sign"), data=sent).status_code == 303


def test_a_counter_that_goes_back_is_a_copy_and_signs_nothing(
    client: FlaskClient, device: Authenticator, town: Town, the_round: Round
) -> None:
    town.session.execute(update(Passkey).values(uses=7))
    town.session.commit()
    for uses in (7, 6):
        device.uses = uses
        form, options = sign_page(client, the_round)
        refuses(client, town, the_round, form | {"credential": device.answers(options)})
    device.uses = 8
    form, options = sign_page(client, the_round)
    sent = form | {"credential": device.answers(options)}
    assert client.post(address(the_round, "/sign"), data=sent).status_code == 303
    town.session.rollback()
    assert town.session.scalars(select(Passkey.uses)).all() == [8]


def test_a_passkey_that_was_taken_out_signs_nothing(
    client: FlaskClient, device: Authenticator, town: Town, the_round: Round
) -> None:
    form, options = sign_page(client, the_round)
    own = town.session.scalars(select(Passkey.id)).one()
    town.session.rollback()
    assert client.post(f"/me/passkeys/{own}/take-out").status_code == 303
    refuses(client, town, the_round, form | {"credential": device.answers(options)})


def test_a_passkey_is_added_once_in_time_and_by_the_one_who_was_asked(
    client: FlaskClient, site: Site, town: Town, clock: Clock
) -> None:
    device, code = Authenticator(), fresh_code(client)
    options = options_on(client.get("/me/passkeys").text)
    clock.moves(seconds=CHALLENGE_LIVES.total_seconds() + 1)
    late = {"name": "Phone", "credential": device.registers(options), "code": code}
    assert client.post("/me/passkeys", data=late).status_code == 422
    assert add(client, device).status_code == 303
    # The same device cannot be added to somebody else as well.
    assert add(site.as_(town.second_councillor), device).status_code == 422
    town.session.rollback()
    assert town.session.scalar(select(func.count()).select_from(Passkey)) == 1


@pytest.mark.parametrize("code", ["", "000000", "of somebody else"])
def test_whoever_finds_a_browser_open_adds_no_passkey_of_their_own(
    client: FlaskClient, site: Site, town: Town, code: str
) -> None:
    right = fresh_code(client)
    if code == "of somebody else":
        code = fresh_code(site.as_(town.second_councillor))
    wrong = code if code != right else "000001"
    options = options_on(client.get("/me/passkeys").text)
    sent = {"name": "Phone", "credential": Authenticator().registers(options), "code": wrong}
    answer = client.post("/me/passkeys", data=sent)
    assert (answer.status_code, 'id="code-error"' in answer.text) == (422, True)
    town.session.rollback()
    assert town.session.scalar(select(func.count()).select_from(Passkey)) == 0


def test_a_code_that_added_a_passkey_adds_no_other(client: FlaskClient, town: Town) -> None:
    code = fresh_code(client)
    for status in (303, 422):
        options = options_on(client.get("/me/passkeys").text)
        sent = {"name": "Phone", "credential": Authenticator().registers(options), "code": code}
        assert client.post("/me/passkeys", data=sent).status_code == status
    town.session.rollback()
    assert town.session.scalar(select(func.count()).select_from(Passkey)) == 1
