"""The voter's phone checks the receipt of its ballot before it says Counted."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from playwright.sync_api import Browser, Page, Route, expect

from ballots.papers import NUMBERED, BallotFormat, canonical
from ballots.receipts import commitment, receipt_code
from tests.browser import (
    PHONE,
    WardmoteServer,
    axe_violations,
    overflows_sideways,
    running_wardmote,
    visitor,
)
from tests.in_browser.hall import Assembly, assembly

pytestmark = pytest.mark.browser

COUNCIL, STRANGER = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
CLIENT, SERVER = "0123456789abcdef" * 2, "fedcba9876543210" * 2
WARNING = "Your phone does not accept the receipt"


@pytest.fixture(scope="module")
def served() -> Iterator[WardmoteServer]:
    """One Wardmote for all tests here; each makes a round of its own."""
    with running_wardmote() as server:
        yield server


@pytest.fixture
def vote(served: WardmoteServer) -> Iterator[Assembly]:
    with assembly(served, max_choices=2) as opened:
        yield opened


# --- receipts that do not hold -------------------------------------------------------------------

Receipt = dict[str, Any]
Forger = Callable[[int, str, list[str]], Receipt | None]


def receipt_for(
    round_id: int,
    client: str,
    choices: list[str],
    *,
    server: str = SERVER,
    key: Ed25519PrivateKey = COUNCIL,
) -> Receipt:
    text = canonical(BallotFormat.APPROVAL, choices)
    committed = commitment(round_id, client, server, text)
    return {
        "round": round_id,
        "commitment": committed,
        "server_nonce": server,
        "signature": signed(round_id, committed, key),
        "code": receipt_code(committed),
    }


def signed(round_id: int, committed: str, key: Ed25519PrivateKey = COUNCIL) -> str:
    return key.sign(f"wardmote-receipt-1|{round_id}|{committed}".encode()).hex()


def another_round(round_id: int, client: str, choices: list[str]) -> Receipt:
    return receipt_for(round_id + 1, client, choices)


def round_relabelled(round_id: int, client: str, choices: list[str]) -> Receipt:
    return receipt_for(round_id + 1, client, choices) | {"round": round_id}


def another_commitment(round_id: int, client: str, choices: list[str]) -> Receipt:
    committed = "0" * 64
    words = {"commitment": committed, "signature": signed(round_id, committed)}
    return receipt_for(round_id, client, choices) | words | {"code": receipt_code(committed)}


def a_changed_choice(round_id: int, client: str, choices: list[str]) -> Receipt:
    return receipt_for(round_id, client, [*choices[:-1], "another"])


def a_dropped_choice(round_id: int, client: str, choices: list[str]) -> Receipt:
    return receipt_for(round_id, client, choices[:-1])


def another_nonce(round_id: int, _client: str, choices: list[str]) -> Receipt:
    return receipt_for(round_id, CLIENT, choices)


def a_nonce_that_moves_the_bounds(round_id: int, client: str, choices: list[str]) -> Receipt:
    return receipt_for(round_id, client, choices, server=f'{SERVER}|["another"]')


def another_code(round_id: int, client: str, choices: list[str]) -> Receipt:
    return receipt_for(round_id, client, choices) | {"code": "0" * 16}


def another_key(round_id: int, client: str, choices: list[str]) -> Receipt:
    return receipt_for(round_id, client, choices, key=STRANGER)


def one_wrong_digit_in_the_signature(round_id: int, client: str, choices: list[str]) -> Receipt:
    receipt = receipt_for(round_id, client, choices)
    first = "1" if receipt["signature"][0] == "0" else "0"
    return receipt | {"signature": first + receipt["signature"][1:]}


def no_signature(round_id: int, client: str, choices: list[str]) -> Receipt:
    return receipt_for(round_id, client, choices) | {"signature": ""}


def no_receipt(_round_id: int, _client: str, _choices: list[str]) -> None:
    return None


FORGED: dict[Forger, str] = {
    another_round: "is for another vote",
    round_relabelled: "is not for the choices you sent",
    another_commitment: "is not for the choices you sent",
    a_changed_choice: "is not for the choices you sent",
    a_dropped_choice: "is not for the choices you sent",
    another_nonce: "is not for the choices you sent",
    a_nonce_that_moves_the_bounds: "is not for the choices you sent",
    another_code: "does not belong to your ballot",
    another_key: "does not have the council’s signature",
    one_wrong_digit_in_the_signature: "does not have the council’s signature",
    no_signature: "does not have the council’s signature",
    no_receipt: "without a receipt",
}


def answer_with(page: Page, vote: Assembly, forge: Forger) -> list[dict[str, list[str]]]:
    """Answer casts with what `forge` makes, under the key COUNCIL; returns what was sent."""
    sent: list[dict[str, list[str]]] = []

    def answer(route: Route) -> None:
        if route.request.method != "POST":
            return route.continue_()
        words = parse_qs(route.request.post_data or "")
        sent.append(words)
        receipt = forge(vote.round_id, words["client_nonce"][0], words["project"])
        said = {"next": f"/rounds/{vote.round_id}/counted"}
        return route.fulfill(json=said | ({"receipt": receipt} if receipt else {}))

    page.route("**/ballot", answer)
    key = COUNCIL.public_key().public_bytes_raw().hex()
    page.locator("form[data-booth]").evaluate("(form, key) => form.dataset.publicKey = key", key)
    return sent


def choose(page: Page, *places: int) -> None:
    for place in places:
        page.locator(".wm-choice__box").nth(place).check()


def cast(page: Page) -> None:
    page.get_by_role("button", name="Cast my vote").click()


def cast_again(page: Page) -> None:
    """Tap once more: within a second it would be taken for a trembling finger."""
    page.wait_for_timeout(1_100)
    cast(page)


def kept_on(page: Page, vote: Assembly) -> Any:
    name = f"wardmote-receipt-{vote.round_id}"
    return json.loads(page.evaluate("name => localStorage.getItem(name)", name) or "null")


@pytest.mark.parametrize("forge", FORGED, ids=lambda forge: forge.__name__)
def test_a_receipt_that_does_not_hold_is_refused_and_nothing_said_to_be_counted(
    forge: Forger, vote: Assembly, phone: Page
) -> None:
    phone.goto(vote.card(1))
    answer_with(phone, vote, forge)
    choose(phone, 0, 2)
    cast(phone)
    notice = phone.locator("[data-doubt]")
    expect(notice.get_by_role("heading", name=WARNING)).to_be_visible()
    expect(notice).to_be_focused()
    said = notice.locator("[data-reason]:visible")
    expect(said).to_have_count(1)
    expect(said).to_contain_text(FORGED[forge])
    assert "Counted" not in phone.inner_text("body")
    assert kept_on(phone, vote) is None
    expect(phone.locator(".wm-choice__box:checked")).to_have_count(2)
    expect(phone.locator("[data-total-state]")).to_have_text(
        "Your phone has not accepted the receipt"
    )


def test_the_same_receipt_without_a_fault_is_accepted(vote: Assembly, phone: Page) -> None:
    phone.goto(vote.card(1))
    answer_with(phone, vote, receipt_for)
    choose(phone, 0, 2)
    cast(phone)
    # The answer was made here and nothing was cast: so the server leads back to an empty paper.
    expect(phone.locator(".wm-choice__box:checked")).to_have_count(0)
    expect(phone.locator("[data-doubt]")).to_be_hidden()
    assert kept_on(phone, vote)["round"] == vote.round_id


def test_after_a_refusal_the_ballot_can_be_cast_again_and_the_second_refusal_says_stop(
    vote: Assembly, phone: Page
) -> None:
    vote.cast(1)
    phone.goto(vote.card(1))
    expect(phone.get_by_text("Your ballot is Counted.")).to_be_visible()
    sent = answer_with(phone, vote, another_key)
    choose(phone, 1)
    for words in ("Cast your vote once more", "This has happened more than once"):
        cast_again(phone)
        expect(phone.locator("[data-doubt] li").filter(visible=True).first).to_contain_text(words)
        # What was said of the earlier ballot may no longer be true.
        assert "Counted" not in phone.inner_text("body")
    first, second = sent
    # The same request would get the same receipt: so the second ballot is another one.
    assert first["request_id"] != second["request_id"]
    assert first["client_nonce"] != second["client_nonce"]
    assert first["project"] == second["project"]
    expect(phone.get_by_role("heading", name=WARNING)).to_be_in_viewport()
    assert axe_violations(phone) == []
    assert not overflows_sideways(phone)
    phone.unroute("**/ballot")
    phone.reload()
    cast(phone)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Counted")


# --- receipts that hold --------------------------------------------------------------------------

CHECKED = "Your phone has checked the council’s signature."


def test_a_good_receipt_is_kept_without_choices_and_said_to_be_checked(
    vote: Assembly, phone: Page
) -> None:
    phone.goto(vote.card(1))
    codes = [box.get_attribute("value") for box in phone.locator(".wm-choice__box").all()]
    choose(phone, 0, 1)
    cast(phone)
    expect(phone.get_by_text(CHECKED)).to_be_visible()
    kept = kept_on(phone, vote)
    names = ["round", "commitment", "client_nonce", "server_nonce", "signature", "code"]
    assert list(kept) == names
    chosen = canonical(BallotFormat.APPROVAL, [code or "" for code in codes[:2]])
    nonces = kept["client_nonce"], kept["server_nonce"]
    assert kept["commitment"] == commitment(vote.round_id, *nonces, chosen)
    lengths = {name: len(kept[name]) for name in names[1:]}
    assert list(lengths.values()) == [64, 32, 32, 128, 16]  # no room for a choice
    assert phone.evaluate("[localStorage.length, sessionStorage.length]") == [1, 0]
    shown = "".join(phone.locator(".wm-ticket__code > span").all_text_contents())
    assert shown == kept["code"]


def test_without_webcrypto_the_receipt_is_checked_all_the_same(
    vote: Assembly, chromium: Browser
) -> None:
    with visitor(chromium, PHONE) as page:
        # As on plain http in a hall.
        page.add_init_script("Object.defineProperty(crypto, 'subtle', {value: undefined})")
        page.goto(vote.card(1))
        choose(page, 0)
        cast(page)
        expect(page.get_by_text(CHECKED)).to_be_visible()


@pytest.mark.parametrize("lost", ["**/js/receipt.js*", "**/noble.min.js"])
def test_a_phone_that_cannot_check_raises_no_alarm_and_claims_no_check(
    lost: str, vote: Assembly, phone: Page
) -> None:
    phone.route(lost, lambda route: route.abort())
    phone.goto(vote.card(1))
    choose(phone, 0)
    cast(phone)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Counted")
    expect(phone.get_by_text(CHECKED)).to_be_hidden()
    expect(phone.get_by_role("button", name="Save my receipt")).to_be_hidden()
    assert kept_on(phone, vote) is None


def test_a_signal_lost_while_casting_does_not_cost_the_check(vote: Assembly, phone: Page) -> None:
    phone.goto(vote.card(1))
    choose(phone, 0)
    phone.context.set_offline(True)
    cast(phone)
    expect(phone.locator("[data-total-state]")).to_contain_text("We will keep trying")
    phone.context.set_offline(False)
    expect(phone.get_by_text(CHECKED)).to_be_visible()


def test_nothing_of_the_check_is_loaded_before_a_ballot_is_cast(
    vote: Assembly, phone: Page
) -> None:
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    phone.goto(vote.card(1))
    choose(phone, 0)
    phone.wait_for_load_state("networkidle")
    assert not [url for url in asked if "receipt.js" in url or "noble" in url]
    cast(phone)
    expect(phone.get_by_text(CHECKED)).to_be_visible()
    assert [url for url in asked if "noble" in url]


def lose(page: Page, times: int) -> list[dict[str, list[str]]]:
    """Lose the first casts on their way; returns the words of all."""
    sent: list[dict[str, list[str]]] = []

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(parse_qs(route.request.post_data or ""))
        if route.request.method == "POST" and len(sent) <= times:
            route.abort()
        else:
            route.continue_()

    page.route("**/ballot", answer)
    return sent


def test_a_retry_sends_the_same_nonce(vote: Assembly, phone: Page) -> None:
    phone.goto(vote.card(1))
    sent = lose(phone, 2)
    choose(phone, 0)
    cast(phone)
    expect(phone.get_by_text(CHECKED)).to_be_visible()
    assert len(sent) == 3
    assert len({words["client_nonce"][0] for words in sent}) == 1
    assert len({words["request_id"][0] for words in sent}) == 1
    assert re.fullmatch("[0-9a-f]{32}", sent[0]["client_nonce"][0])


def test_other_choices_are_sent_with_another_nonce(vote: Assembly, phone: Page) -> None:
    phone.goto(vote.card(1))
    sent = lose(phone, 1)
    choose(phone, 0)
    cast(phone)
    expect(phone.locator("[data-total-state]")).to_contain_text("We will keep trying")
    choose(phone, 1)
    cast_again(phone)
    expect(phone.get_by_text(CHECKED)).to_be_visible()
    first, last = sent[0], sent[-1]
    assert first["client_nonce"] != last["client_nonce"]
    assert first["request_id"] != last["request_id"]
    assert kept_on(phone, vote)["client_nonce"] == last["client_nonce"][0]


def test_every_kind_of_paper_passes_the_check(served: WardmoteServer, phone: Page) -> None:
    papers: dict[BallotFormat, dict[str, Any]] = {
        BallotFormat.CHOOSE_ONE: {},
        BallotFormat.KNAPSACK: {"max_choices": None},
        BallotFormat.RANKING: {"max_choices": 3},
        BallotFormat.POINTS: {"max_choices": None, "points_to_give": 10},
        BallotFormat.SCORES: {"max_choices": None, "highest_score": 10},
        BallotFormat.YES_NO: {"max_choices": None},
    }
    for ballot_format, rules in papers.items():
        with assembly(served, ballot_format=ballot_format, **rules) as vote:
            phone.goto(vote.card(1))
            if ballot_format is BallotFormat.RANKING:
                phone.get_by_label("1st choice").select_option(index=2)
                phone.get_by_label("3rd choice").select_option(index=1)  # a gap, to be closed
            elif ballot_format is BallotFormat.POINTS:
                for place, written in enumerate((" 06 ", "+2", "0"), start=1):
                    phone.locator(f"#mark-{place}").fill(written)
            elif ballot_format in NUMBERED:
                phone.locator("#mark-1").check()
                phone.locator("#mark-3").check()
            else:
                choose(phone, 1)
            cast(phone)
            expect(phone.get_by_text(CHECKED)).to_be_visible()
            assert kept_on(phone, vote)["round"] == vote.round_id


def test_the_voter_who_says_who_they_are_last_gets_a_checked_receipt(
    vote: Assembly, phone: Page
) -> None:
    phone.goto(vote.address("ballot"))
    choose(phone, 0, 2)
    cast(phone)
    phone.get_by_label("Voter code").fill(vote.codes[4])
    phone.get_by_role("button", name="Continue").click()
    cast(phone)
    expect(phone.get_by_text(CHECKED)).to_be_visible()


# --- the receipt on the page that says Counted ---------------------------------------------------


def test_the_receipt_can_be_saved_without_what_would_open_the_ballot(
    vote: Assembly, phone: Page
) -> None:
    phone.goto(vote.card(1))
    choose(phone, 0)
    cast(phone)
    with phone.expect_download() as saving:
        phone.get_by_role("button", name="Save my receipt").click()
    kept = kept_on(phone, vote)
    saved = json.loads(saving.value.path().read_text())
    names = ("round", "commitment", "signature", "code")
    assert saved == {name: kept[name] for name in names}
    assert saving.value.suggested_filename == f"wardmote-receipt-{kept['code']}.json"


def test_another_ballot_than_the_kept_receipt_s_is_not_said_to_be_checked(
    vote: Assembly, phone: Page
) -> None:
    phone.goto(vote.card(1))
    choose(phone, 0)
    cast(phone)
    expect(phone.get_by_text(CHECKED)).to_be_visible()
    vote.cast(1, project=1)  # from another device
    phone.reload()
    expect(phone.get_by_role("button", name="Print it")).to_be_visible()  # the script has run
    expect(phone.get_by_text(CHECKED)).to_be_hidden()
    expect(phone.get_by_role("button", name="Save my receipt")).to_be_hidden()


def test_a_shared_device_forgets_the_receipt_with_its_voter(vote: Assembly, phone: Page) -> None:
    phone.goto(vote.card(1))
    choose(phone, 0)
    cast(phone)
    expect(phone.get_by_text(CHECKED)).to_be_visible()
    phone.get_by_role("button", name="Finish, so that somebody else can vote").click()
    phone.wait_for_url(lambda address: not address.endswith("/counted"))
    assert kept_on(phone, vote) is None


def test_the_receipt_is_accessible_and_prints_alone(vote: Assembly, phone: Page) -> None:
    phone.goto(vote.card(1))
    choose(phone, 0)
    cast(phone)
    expect(phone.get_by_text(CHECKED)).to_be_visible()
    assert axe_violations(phone) == []
    assert not overflows_sideways(phone)
    code, picture = phone.locator(".wm-ticket__code"), phone.locator(".wm-ticket__qr svg")
    phone.emulate_media(media="print")
    expect(code).to_be_visible()
    expect(picture).to_be_visible()
    written = phone.inner_text("body").replace("\n", " ")
    assert f"/receipts/{kept_on(phone, vote)['code']}" in written
    for words in ("Counted", CHECKED, "Change my vote", "See the tally", "Leave", "Print it"):
        assert words not in written
