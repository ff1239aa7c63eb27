"""The voting booth: choose first, say who you are last, one ballot whatever the thumbs do."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import segno
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.extensions import limiter
from app.house import settings
from ballots.casting import cast_ballot
from ballots.keys import KeyStore
from ballots.papers import BallotFormat, canonical
from ballots.receipts import commitment, in_fours, receipt_code
from ballots.sealing import turnout
from ballots.whereabouts import receipt_of
from neighbourhoods.eligibility import RollRow, replace_roll, voter_code
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.box_reader import choices_in
from tests.builders import Clock, Town
from tests.council import Site


def address(the_round: Round, page: str = "ballot") -> str:
    return f"/rounds/{the_round.id}/{page}"


def send(
    client: FlaskClient, the_round: Round, *choices: str, request_id: str = "r1", **more: str
) -> TestResponse:
    words = {"project": list(choices), "request_id": request_id, **more}
    return client.post(address(the_round), data=words)


def shown_again(client: FlaskClient, the_round: Round, *choices: str, **more: str) -> str:
    answer = send(client, the_round, *choices, **more)
    # The browser goes on by itself, so that the back button finds no answer to a form.
    return client.get(answer.location or where_it_goes_on(answer)).text


def where_it_goes_on(answer: TestResponse) -> str:
    assert answer.status_code == 422
    return str(answer.headers["Refresh"]).removeprefix("0; url=")


def order_on(page: str) -> list[str]:
    return re.findall(r'name="project" value="([^"]+)"', page)


def checked_on(page: str) -> set[str]:
    return set(re.findall(r'name="project" value="([^"]+)"[^>]* checked', page))


def choices_in_box(town: Town) -> list[list[str]]:
    town.session.rollback()
    rounds = town.session.scalars(select(Round.id)).all()
    return [
        json.loads(text)
        for round_id in rounds
        for text in choices_in(town.session, town.keys, round_id)
    ]


def is_drawn(address: str, page: str) -> bool:
    """Whether the page has the QR code of this address, under whichever of the eight masks."""
    codes = [segno.make(address, error="m", micro=False, mask=mask) for mask in range(8)]
    drawn = [code.svg_inline(border=2, omitsize=True) for code in codes]
    return any(re.findall(r' d="[^"]+"', each)[0] in page for each in drawn)


@pytest.fixture
def vote(town: Town, session: Session) -> Round:
    the_round = town.round(Phase.VOTE, closes_in=timedelta(hours=2), max_choices=2)
    session.commit()
    return the_round


@pytest.fixture
def codes(vote: Round, session: Session) -> list[str]:
    return [project.code for project in projects_in(session, vote.id)]


# --- the paper -----------------------------------------------------------------------------------


def test_anybody_may_open_the_booth_and_reads_the_rule(vote: Round, site: Site) -> None:
    page = site.as_(None).get(address(vote)).text
    assert "Choose up to 2 projects." in page
    assert "0 of 2 chosen · £10,000 left" in page
    assert "2pm on Monday 23 November 2026" in page
    assert "Not yet counted" in page


@pytest.mark.parametrize(
    ("ballot_format", "max_choices", "sentence"),
    [
        (BallotFormat.CHOOSE_ONE, None, "Choose one project."),
        (BallotFormat.KNAPSACK, None, "Choose projects that cost £10,000 or less together."),
        (BallotFormat.KNAPSACK, 3, "Choose up to 3 projects that cost £10,000 or less together."),
        (BallotFormat.APPROVAL, None, "Choose as many projects as you like."),
        (BallotFormat.APPROVAL, 1, "Choose one project."),
    ],
)
def test_each_paper_says_its_rule_in_one_sentence(
    ballot_format: BallotFormat,
    max_choices: int | None,
    sentence: str,
    town: Town,
    session: Session,
    site: Site,
) -> None:
    the_round = town.round(Phase.VOTE, ballot_format=ballot_format, max_choices=max_choices)
    session.commit()
    assert sentence in site.as_(None).get(address(the_round)).text


def test_the_order_is_the_same_at_every_load_and_after_saying_who_you_are(
    vote: Round, town: Town, site: Site
) -> None:
    client = site.as_(None)
    orders = [order_on(client.get(address(vote)).text) for _ in range(3)]
    with client.session_transaction() as kept:
        kept["voter"] = {str(vote.id): town.voter(vote, 1).id}
    orders.append(order_on(client.get(address(vote)).text))
    assert all(order == orders[0] for order in orders)


def test_voters_see_different_orders(vote: Round, town: Town, site: Site) -> None:
    orders = {
        tuple(order_on(site.as_voter(town.voter(vote, n)).get(address(vote)).text))
        for n in range(1, 7)
    }
    assert len(orders) > 1


def test_adding_up_without_javascript_keeps_the_choices_and_stores_nothing(
    vote: Round, codes: list[str], site: Site, session: Session, town: Town
) -> None:
    page = shown_again(site.as_(None), vote, codes[0], codes[1], add_up="1")
    assert "2 of 2 chosen · £4,000 left" in page
    assert checked_on(page) == {codes[0], codes[1]}
    assert choices_in_box(town) == []


def test_going_over_the_budget_is_said_where_it_is_no_limit_too(
    town: Town, session: Session, site: Site
) -> None:
    the_round = town.round(Phase.VOTE, max_choices=None)
    session.commit()
    paper = order_on(site.as_(None).get(address(the_round)).text)
    page = shown_again(site.as_(None), the_round, *paper, add_up="1")
    assert "4 chosen · £10,000 over the budget" in page


def test_the_booth_is_never_kept_by_a_browser(vote: Round, site: Site) -> None:
    assert site.as_(None).get(address(vote)).headers["Cache-Control"] == "no-store"


# --- casting -------------------------------------------------------------------------------------


def test_a_voter_casts_and_gets_a_receipt(
    vote: Round, town: Town, codes: list[str], site: Site, session: Session
) -> None:
    client = site.as_voter(town.voter(vote, 1))
    answer = send(client, vote, codes[0])
    assert (answer.status_code, answer.location) == (303, address(vote, "counted"))
    page = client.get(answer.location).text
    assert "Counted" in page
    assert "1 of 6 people have voted." in page
    session.rollback()
    promise = receipt_of(session, town.keys, vote.id, town.voter(vote, 1))
    assert promise is not None
    code = promise.code
    assert list(code) == re.findall(r"<span>(\w)</span>", page)
    assert f'href="/receipts/{code}"' in page
    assert is_drawn(f"http://localhost/receipts/{code}", page)
    assert choices_in_box(town) == [[codes[0]]]


def test_a_signed_in_person_is_found_on_the_roll_by_their_address(
    vote: Round, town: Town, codes: list[str], site: Site, session: Session
) -> None:
    voter = town.person("Voter One")
    voter.email = "voter1@example.org"
    session.commit()
    assert send(site.as_(voter), vote, codes[0]).location == address(vote, "counted")


def test_the_script_is_answered_by_word_where_to_go_with_a_receipt_to_check(
    vote: Round, town: Town, codes: list[str], site: Site
) -> None:
    client = site.as_voter(town.voter(vote, 1))
    form = {"project": [codes[0]], "request_id": "r1", "client_nonce": "0a" * 16}
    answer = client.post(address(vote), data=form, headers={"Accept": "application/json"}).json
    assert answer is not None
    assert answer["next"] == address(vote, "counted")
    receipt = answer["receipt"]
    text = canonical(BallotFormat.APPROVAL, [codes[0]])
    committed = commitment(vote.id, "0a" * 16, receipt["server_nonce"], text)
    assert receipt["commitment"] == committed
    assert receipt["round"] == vote.id
    assert receipt["code"] == receipt_code(committed)
    key = re.findall(r'data-public-key="(\w{64})"', client.get(address(vote)).text)[0]
    words = f"wardmote-receipt-1|{vote.id}|{committed}".encode()
    council = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    council.verify(bytes.fromhex(receipt["signature"]), words)  # raises if it is not


def test_who_must_first_say_who_they_are_gets_no_receipt_yet(
    vote: Round, codes: list[str], site: Site
) -> None:
    form = {"project": [codes[0]], "request_id": "r1", "client_nonce": "0a" * 16}
    answer = site.as_(None).post(address(vote), data=form, headers={"Accept": "application/json"})
    assert answer.json == {"next": address(vote, "identify")}


def test_coming_back_shows_that_the_ballot_is_counted_and_a_blank_paper(
    vote: Round, town: Town, codes: list[str], site: Site
) -> None:
    client = site.as_voter(town.voter(vote, 1))
    send(client, vote, codes[0])
    page = client.get(address(vote)).text
    assert "Your ballot is Counted. If you cast again, the new one replaces it." in page
    assert checked_on(page) == set()


def test_choices_brought_back_by_a_voter_are_not_called_counted(
    vote: Round, town: Town, codes: list[str], site: Site
) -> None:
    client = site.as_voter(town.voter(vote, 1))
    send(client, vote, codes[0])
    page = shown_again(client, vote, codes[1], add_up="1")
    assert "Your earlier ballot stands until you cast these choices." in page
    assert "Your ballot is Counted." not in page


def test_a_changed_vote_replaces_the_first(
    vote: Round, town: Town, codes: list[str], site: Site, session: Session
) -> None:
    client = site.as_voter(town.voter(vote, 1))
    send(client, vote, codes[0], request_id="r1")
    send(client, vote, codes[1], request_id="r2")
    assert choices_in_box(town) == [[codes[1]]]


def test_a_late_retry_of_a_replaced_ballot_changes_nothing_and_says_so(
    vote: Round, town: Town, codes: list[str], site: Site, session: Session
) -> None:
    client = site.as_voter(town.voter(vote, 1))
    send(client, vote, codes[0], request_id="r1")
    send(client, vote, codes[1], request_id="r2")
    late = send(client, vote, codes[0], request_id="r1")
    assert choices_in_box(town) == [[codes[1]]]
    assert "You have cast a newer ballot since" in client.get(late.location).text


@pytest.mark.parametrize("same", [True, False], ids=["one form", "twenty tabs"])
def test_twenty_taps_at_once_make_one_ballot_and_no_error(
    same: bool, vote: Round, town: Town, codes: list[str], site: Site, session: Session
) -> None:
    browsers = [site.as_voter(town.voter(vote, 1)) for _ in range(20)]
    ballot = address(vote)

    def tap(number: int) -> int:
        choice, request = (codes[0], "r") if same else (codes[number % 4], f"r{number}")
        form = {"project": choice, "request_id": request}
        return browsers[number].post(ballot, data=form).status_code

    with ThreadPoolExecutor(20) as thumbs:
        answers = list(thumbs.map(tap, range(20)))
    assert answers == [303] * 20
    session.rollback()
    assert turnout(session, vote.id) == 1


def test_too_many_choices_are_refused_and_kept(
    vote: Round, town: Town, codes: list[str], site: Site, session: Session
) -> None:
    page = shown_again(site.as_voter(town.voter(vote, 1)), vote, *codes[:3])
    assert "You chose 3. Choose 2 at most." in page
    assert "<title>Error:" in page
    assert "These choices are not yet counted" in page
    assert checked_on(page) == set(codes[:3])
    assert choices_in_box(town) == []


def test_a_refused_paper_is_no_error_any_more_once_put_right_and_counted(
    vote: Round, town: Town, codes: list[str], site: Site
) -> None:
    client = site.as_voter(town.voter(vote, 1))
    refused = where_it_goes_on(send(client, vote, *codes[:3]))
    send(client, vote, *codes[:2])
    page = client.get(refused).text  # by the back button
    assert "Your ballot is Counted." in page
    assert "<title>Error:" not in page


def test_an_empty_paper_is_refused_in_words(
    vote: Round, town: Town, site: Site, session: Session
) -> None:
    page = shown_again(site.as_voter(town.voter(vote, 1)), vote)
    assert "Choose at least one project." in page
    assert choices_in_box(town) == []


@pytest.mark.parametrize("choices", [["no such project"], ["P1"] * 200, ["<script>"]])
def test_a_paper_that_is_no_paper_is_refused_in_words(
    choices: list[str], vote: Round, town: Town, site: Site, session: Session
) -> None:
    answer = send(site.as_voter(town.voter(vote, 1)), vote, *choices)
    assert answer.status_code == 422
    assert choices_in_box(town) == []


def test_an_old_page_keeps_the_choices_and_asks_to_cast_once_more(
    vote: Round, town: Town, codes: list[str], app: Flask, site: Site, session: Session
) -> None:
    client = site.as_voter(town.voter(vote, 1))
    app.config["WTF_CSRF_ENABLED"] = True
    page = shown_again(client, vote, codes[0], csrf_token="of another session")
    assert "please cast it once more" in page
    assert checked_on(page) == {codes[0]}
    assert choices_in_box(town) == []


# --- opening and closing -------------------------------------------------------------------------


def test_before_the_vote_the_booth_says_when_it_opens(
    town: Town, session: Session, site: Site
) -> None:
    the_round = town.round(Phase.DEBATE)
    session.commit()
    assert "The vote is not open yet" in site.as_(None).get(address(the_round)).text
    assert send(site.as_(None), the_round, "P1").status_code == 409


def test_after_the_close_a_ballot_is_refused_and_the_earlier_one_counts(
    vote: Round, town: Town, codes: list[str], site: Site, clock: Clock, session: Session
) -> None:
    client = site.as_voter(town.voter(vote, 1))
    send(client, vote, codes[0])
    clock.moves(hours=2)
    late = send(client, vote, codes[1], request_id="r2")
    assert late.status_code == 409
    assert "The ballot you cast before it counts." in late.text
    assert choices_in_box(town) == [[codes[0]]]


def test_after_the_close_a_first_ballot_is_clearly_refused(
    vote: Round, town: Town, codes: list[str], site: Site, clock: Clock
) -> None:
    clock.moves(hours=2)
    late = send(site.as_voter(town.voter(vote, 1)), vote, codes[0])
    assert late.status_code == 409
    assert "This ballot was not counted. It came after the vote had closed." in late.text


def test_a_retry_after_the_close_still_gets_its_receipt(
    vote: Round, town: Town, codes: list[str], site: Site, clock: Clock
) -> None:
    client = site.as_voter(town.voter(vote, 1))
    send(client, vote, codes[0])
    clock.moves(hours=2)
    assert send(client, vote, codes[0]).location == address(vote, "counted")


# --- vote first, identify last -------------------------------------------------------------------


def test_choices_outlast_saying_who_you_are(
    vote: Round, town: Town, codes: list[str], app: Flask, site: Site, session: Session
) -> None:
    with app.app_context():
        key = settings().key_for("voter-codes")
    the_round = town.round(Phase.DEBATE, max_choices=2)
    rows = [RollRow("R1", "Ann", None, None), RollRow("R2", "Bo", None, "voter2@example.org")]
    replace_roll(session, key, the_round, rows)
    town.closes(the_round, timedelta(hours=1))
    town.enter(the_round, Phase.VOTE)
    session.commit()
    client = site.as_(None)
    wanted = order_on(client.get(address(the_round)).text)[0]
    asked = send(client, the_round, wanted)
    assert asked.location == address(the_round, "identify")
    code = voter_code(key, the_round.id, "R1")
    shown = client.post(asked.location, data={"code": in_fours(code).lower()})
    assert shown.location == address(the_round)
    page = client.get(shown.location).text
    assert checked_on(page) == {wanted}
    assert "Not yet counted" in page
    assert send(client, the_round, wanted).location == address(the_round, "counted")
    assert client.get_cookie("wardmote_draft", path=address(the_round, "")) is None


def test_the_kept_choices_travel_apart_from_the_session(
    vote: Round, codes: list[str], site: Site
) -> None:
    client = site.as_(None)
    send(client, vote, codes[1])
    draft = client.get_cookie("wardmote_draft", path=address(vote, ""))
    assert draft is not None
    assert (draft.path, draft.http_only, draft.same_site) == (address(vote, ""), True, "Lax")
    assert draft.max_age == 1800
    with client.session_transaction() as kept:
        assert codes[1] not in json.dumps(dict(kept))


@pytest.mark.parametrize("draft", ["999", "-1", "a.b", "0.0.0", "." * 3_000, "٣"])
def test_a_forged_draft_never_breaks_the_booth(draft: str, vote: Round, site: Site) -> None:
    client = site.as_(None)
    client.set_cookie("wardmote_draft", draft, path=address(vote, ""))
    assert client.get(address(vote)).status_code == 200


def test_a_paper_with_faults_is_refused_before_asking_who_it_is(
    vote: Round, codes: list[str], site: Site
) -> None:
    assert "You chose 3. Choose 2 at most." in shown_again(site.as_(None), vote, *codes[:3])


def test_somebody_who_is_not_on_the_roll_is_told_what_to_do(
    vote: Round, town: Town, codes: list[str], site: Site, session: Session
) -> None:
    client = site.as_(town.neighbour)
    asked = send(client, vote, codes[0])
    page = client.get(asked.location).text
    assert "This address is not on the list of people who can vote in this round." in page
    assert choices_in_box(town) == []


# --- voter cards ---------------------------------------------------------------------------------


@pytest.fixture
def card(town: Town, app: Flask, session: Session) -> tuple[Round, str]:
    """A round in the vote with two voters, and the code of the first one’s card."""
    with app.app_context():
        key = settings().key_for("voter-codes")
    the_round = town.round(Phase.DEBATE)
    rows = [RollRow("R1", "Ann", None, None), RollRow("R2", "Bo", None, "voter2@example.org")]
    replace_roll(session, key, the_round, rows)
    town.closes(the_round, timedelta(hours=1))
    town.enter(the_round, Phase.VOTE)
    session.commit()
    return the_round, voter_code(key, the_round.id, "R1")


def test_a_voter_card_leads_to_its_booth(card: tuple[Round, str], site: Site) -> None:
    the_round, code = card
    client = site.as_(None)
    assert client.get(f"/v/{code}").location == address(the_round)
    assert "You are voting with your voter card." in client.get(address(the_round)).text


def test_an_unknown_voter_card_is_answered_in_plain_words(town: Town, site: Site) -> None:
    answer = site.as_(None).get("/v/0000-0000-0000")
    assert answer.status_code == 404
    assert "We do not know this voter card" in answer.text


def test_a_code_of_nobodys_and_one_of_another_round_get_the_same_answer(
    card: tuple[Round, str], vote: Round, site: Site
) -> None:
    def answer(code: str) -> tuple[int, str]:
        page = site.as_(None).post(
            address(vote, "identify"), data={"code": code}, follow_redirects=True
        )
        return page.status_code, page.text.replace(code, "")

    first, second = answer(card[1]), answer("0000 0000 0000")
    assert first[0] == second[0] == 422
    assert re.sub(r'nonce="[^"]*"|value="[^"]*"', "", first[1]) == re.sub(
        r'nonce="[^"]*"|value="[^"]*"', "", second[1]
    )


def test_a_card_shown_before_the_vote_is_not_remembered(
    town: Town, app: Flask, session: Session, site: Site
) -> None:
    with app.app_context():
        key = settings().key_for("voter-codes")
    the_round = town.round(Phase.DEBATE)
    replace_roll(session, key, the_round, [RollRow("R1", "Ann", None, None)])
    session.commit()
    client = site.as_(None)
    client.get(f"/v/{voter_code(key, the_round.id, 'R1')}")
    with client.session_transaction() as kept:
        assert "voter" not in kept


def test_a_card_of_one_round_does_not_vote_in_another(
    card: tuple[Round, str], vote: Round, codes: list[str], town: Town, site: Site
) -> None:
    client = site.as_(None)
    client.get(f"/v/{card[1]}")
    assert send(client, vote, codes[0]).location == address(vote, "identify")


def test_putting_the_card_away_hands_the_device_on(
    card: tuple[Round, str], site: Site, session: Session, keys: KeyStore
) -> None:
    the_round, code = card
    client = site.as_(None)
    client.get(f"/v/{code}")
    paper = order_on(client.get(address(the_round)).text)
    send(client, the_round, paper[0])
    assert client.post(address(the_round, "leave")).location == address(the_round)
    assert client.get(address(the_round, "counted")).location == address(the_round, "identify")


def test_guessing_codes_is_slowed_down_and_right_codes_are_not(
    card: tuple[Round, str], app: Flask
) -> None:
    limiter.reset()
    client = app.test_client()
    right = [client.get(f"/v/{card[1]}").status_code for _ in range(40)]
    wrong = [client.get(f"/v/{n:012d}").status_code for n in range(31)]
    # Somebody else in the same hall, behind the same address, with their own card.
    neighbour = app.test_client().get(f"/v/{card[1]}").status_code
    limiter.reset()
    assert set(right) == {303}
    assert wrong[-1] == 429
    assert neighbour == 303


# --- the receipt page ----------------------------------------------------------------------------


def test_without_a_ballot_the_receipt_page_leads_to_the_booth(
    vote: Round, town: Town, site: Site
) -> None:
    client = site.as_voter(town.voter(vote, 1))
    assert client.get(address(vote, "counted")).location == address(vote)


def test_a_voter_finds_their_receipt_again_on_another_device(
    vote: Round, town: Town, codes: list[str], site: Site, session: Session, keys: KeyStore
) -> None:
    entry = town.voter(vote, 1)
    receipt = cast_ballot(session, keys, vote, entry, [codes[0]], request_id="r")
    session.commit()
    page = site.as_voter(entry).get(address(vote, "counted")).text
    assert f"/receipts/{receipt.code}" in page


def test_the_short_address_leads_to_the_booth(vote: Round, site: Site) -> None:
    assert site.as_(None).get(f"/vote/{vote.id}").location == address(vote)


def test_a_link_to_a_card_does_not_take_the_place_of_whoever_is_voting(
    card: tuple[Round, str], town: Town, site: Site
) -> None:
    the_round, code = card
    mine = town.voter(the_round, 2)
    client = site.as_voter(mine)
    answer = client.get(f"/v/{code}", follow_redirects=True)
    assert "Somebody is voting on this device" in answer.text
    with client.session_transaction() as kept:
        assert kept["voter"] == {str(the_round.id): mine.id}
