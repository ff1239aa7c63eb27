"""Receipts: where a ballot lies, the proof, and never a choice; odd codes are no error."""

import json
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session

from ballots.casting import cast_ballot
from ballots.receipts import Promise, in_fours
from ballots.sealing import seal_next
from ballots.tally import publish_next
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.builders import Town
from tests.council import Site


def cast(town: Town, the_round: Round, number: int, *places: int) -> Promise:
    codes = [project.code for project in projects_in(town.session, the_round.id)]
    chosen = [codes[place] for place in places]
    entry = town.voter(the_round, number)
    return cast_ballot(
        town.session, town.keys, the_round, entry, chosen, request_id=f"{number}{places}"
    )


def said(site: Site, receipt: Promise) -> str:
    page = BeautifulSoup(site.as_(None).get(f"/receipts/{receipt.code}").text, "html5lib")
    assert page.main is not None
    return " ".join(page.main.get_text(" ").split())


@pytest.fixture
def receipt(town: Town, session: Session) -> Promise:
    the_round = town.round(Phase.VOTE, closes_in=timedelta(hours=1))
    given = cast(town, the_round, 1, 1, 2)
    session.commit()
    return given


def test_a_receipt_says_that_its_ballot_lies_in_the_box_and_not_what_it_says(
    receipt: Promise, site: Site
) -> None:
    page = site.as_(None).get(f"/receipts/{receipt.code}").text
    assert "This ballot lies in the box" in page
    assert "Bench" not in page


def test_a_receipt_is_found_however_it_is_written(receipt: Promise, site: Site) -> None:
    client = site.as_(None)
    asked = client.get("/receipts", query_string={"code": in_fours(receipt.code).lower()})
    assert asked.location == f"/receipts/{receipt.code}"


def test_a_replaced_ballot_says_so(receipt: Promise, town: Town, site: Site) -> None:
    the_round = town.session.get_one(Round, receipt.round_id)
    cast(town, the_round, 1, 3)
    town.session.commit()
    page = site.as_(None).get(f"/receipts/{receipt.code}").text
    assert "A later ballot replaced this one" in page


def test_after_the_count_a_receipt_says_it_was_in_it(
    receipt: Promise, town: Town, site: Site
) -> None:
    the_round = town.session.get_one(Round, receipt.round_id)
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    assert "This ballot was in the count" in site.as_(None).get(f"/receipts/{receipt.code}").text


def test_an_unknown_receipt_is_answered_in_plain_words(town: Town, site: Site) -> None:
    answer = site.as_(None).get("/receipts/0000000000000000")
    assert answer.status_code == 404
    assert "We do not know this receipt" in answer.text


def test_an_empty_look_up_says_what_to_enter(town: Town, site: Site) -> None:
    client = site.as_(None)
    assert "Enter the code of your receipt" not in client.get("/receipts").text
    assert "Enter the code of your receipt" in client.get("/receipts?code=").text


def test_a_waiting_ballot_says_when_it_will_be_sealed(receipt: Promise, site: Site) -> None:
    words = said(site, receipt)
    assert "Your ballot waits in the box with others." in words
    assert "with at least 250 others, or at the close" in words
    assert "See it in the ledger" not in words
    assert receipt.commitment in words


def test_a_waiting_ballot_that_was_replaced_says_that_both_wait(
    receipt: Promise, town: Town, site: Site
) -> None:
    cast(town, town.session.get_one(Round, receipt.round_id), 1, 3)
    town.session.commit()
    words = said(site, receipt)
    assert "A later ballot replaced this one" in words
    assert "Both wait in the box." in words
    assert "Your ballot waits" not in words


@pytest.fixture
def sealed(town: Town, monkeypatch: pytest.MonkeyPatch) -> tuple[Round, dict[int, Promise]]:
    """A vote in which twelve of twenty-four ballots are sealed in two batches of six."""
    monkeypatch.setattr("ballots.sealing.BATCH", 6)
    the_round = town.round(Phase.VOTE, voters=30, step=6)
    given = {number: cast(town, the_round, number, number % 4) for number in range(1, 25)}
    publish_next(town.session, town.keys, the_round)
    for _ in range(2):
        seal_next(town.session, town.keys, the_round)
    town.session.commit()
    return the_round, given


def first_sealed(site: Site, given: dict[int, Promise]) -> tuple[int, Promise]:
    for number, promise in given.items():
        proof = site.as_(None).get(f"/receipts/{promise.code}/proof.json").json
        if proof is not None and "batch" in proof:
            return number, promise
    raise AssertionError("no ballot is sealed")


def test_a_sealed_ballot_says_in_which_batch_and_shows_its_whole_proof(
    sealed: tuple[Round, dict[int, Promise]], site: Site
) -> None:
    _, promise = first_sealed(site, sealed[1])
    proof = site.as_(None).get(f"/receipts/{promise.code}/proof.json").json
    words = said(site, promise)
    assert proof is not None
    assert f"It is sealed in batch {proof['batch']} of " in words
    assert " so far." in words
    assert len(proof["path"]) in (2, 3)
    for sibling in [*proof["path"], proof["signature"], proof["commitment"]]:
        assert sibling in words
    assert f"{proof['leaf'] + 1} of {proof['leaves']}, in the order" in words
    page = BeautifulSoup(site.as_(None).get(f"/receipts/{promise.code}").text, "html5lib")
    link = page.select_one(".wm-lede a")
    assert link is not None
    ledger = site.as_(None).get(str(link["href"])).text
    assert f'id="{str(link["href"]).partition("#")[2]}"' in ledger


def test_a_sealed_ballot_whose_replacement_still_waits_says_so(
    sealed: tuple[Round, dict[int, Promise]], town: Town, site: Site
) -> None:
    number, promise = first_sealed(site, sealed[1])
    cast(town, sealed[0], number, 1, 2)
    town.session.commit()
    words = said(site, promise)
    assert "A later ballot replaced this one" in words
    assert "It is sealed in batch" in words


def test_the_proof_is_downloaded_under_a_name_that_tells_no_code(
    receipt: Promise, site: Site
) -> None:
    answer = site.as_(None).get(f"/receipts/{receipt.code}/proof.json")
    assert answer.headers["Content-Disposition"] == "attachment; filename=receipt.json"
    assert json.loads(answer.data) == {
        "round": receipt.round_id,
        "code": receipt.code,
        "commitment": receipt.commitment,
        "signature": receipt.signature,
    }


def counted(town: Town, voters: int) -> Promise:
    the_round = town.round(Phase.VOTE, voters=voters)
    given = [cast(town, the_round, number, 0) for number in range(1, voters + 1)]
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    return given[0]


def test_before_the_close_a_receipt_warns_of_what_may_be_published(
    receipt: Promise, site: Site
) -> None:
    words = said(site, receipt)
    assert "If 100 ballots or more are cast, all of them are published" in words
    assert "A receipt never shows" not in words


def test_once_ballots_are_published_a_receipt_says_that_it_leads_to_one(
    town: Town, site: Site
) -> None:
    words = said(site, counted(town, 100))
    assert "Whoever knows this code can find the ballot in the published file and read it." in words
    assert "A receipt never shows" not in words
    assert "python verify.py record.json --receipt receipt.json" in words
    assert "It is sealed in batch 1 of 1." in words


def test_in_a_small_vote_a_receipt_never_shows_a_choice(town: Town, site: Site) -> None:
    words = said(site, counted(town, 6))
    assert "A receipt never shows what was chosen, or by whom." in words
    assert "only scrutineers could find this one" in words


@pytest.mark.parametrize(
    "code",
    [
        "%00",
        "0000%000000000000",
        "0" * 10_000,
        "%F0%9F%97%B3" * 16,
        "%FF" * 16,
        "%ED%A0%80",
        "%C3%9F" * 16,
        "%27%3B--",
        "0" * 15,
        "0" * 17,
        "U" * 16,
        "%EF%BC%90" * 16,
        "%0A",
    ],
)
@pytest.mark.parametrize("more", ["", "/proof.json"])
def test_an_odd_code_is_not_found_and_no_error(
    town: Town, site: Site, code: str, more: str
) -> None:
    town.round(Phase.VOTE)
    town.session.commit()
    assert site.as_(None).get(f"/receipts/{code}{more}").status_code == 404


@pytest.mark.parametrize("code", ["0" * 10_000, "\ud800", "🗳" * 20, "../..", "a/b", "?#"])
def test_an_odd_code_that_is_asked_for_leads_to_not_found(
    town: Town, site: Site, code: str
) -> None:
    client = site.as_(None)
    written = code.encode("utf-8", "surrogatepass")
    answer = client.get("/receipts", query_string={"code": written}, follow_redirects=True)
    assert answer.status_code == 404
