"""The tally and the receipts: only what the disclosure profile allows, and never a choice."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from ballots.box import cast_ballot
from ballots.disclosure import DisclosureProfile
from ballots.keys import KeyStore
from ballots.receipts import Receipt, in_fours
from ballots.tally import publish_next
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.builders import Clock, Town
from tests.council import Site


def vote(town: Town, voters: int, profile: DisclosureProfile = DisclosureProfile.LIVE) -> Round:
    """A round in steps of 2 whose first so many voters chose Bench 1."""
    the_round = town.round(Phase.VOTE, profile=profile, closes_in=timedelta(hours=1))
    for number in range(1, voters + 1):
        cast(town, the_round, number)
    publish_next(town.session, the_round)
    town.session.commit()
    return the_round


def cast(town: Town, the_round: Round, number: int, *places: int) -> Receipt:
    codes = [project.code for project in projects_in(town.session, the_round.id)]
    chosen = [codes[place] for place in places or (0,)]
    entry = town.voter(the_round, number)
    return cast_ballot(
        town.session, town.keys, the_round, entry, chosen, request_id=f"{number}{places}"
    )


# --- the page ------------------------------------------------------------------------------------


def test_turnout_is_exact_and_figures_move_in_steps(town: Town, site: Site) -> None:
    page = site.as_(None).get(f"/rounds/{vote(town, 5).id}/tally").text
    assert ">5</dd>" in page
    assert "The figures cover 2 of 5 voters." in page
    assert "They move in steps of 2, so that nobody’s vote can be worked out." in page
    assert "2 votes, 100%" in page
    assert "1 project would be funded. It costs £2,000 and leaves £8,000." in page


def test_open_figures_say_of_when_they_are_and_how_old(
    town: Town, site: Site, clock: Clock
) -> None:
    the_round = vote(town, 5)  # at noon
    for after, age in ((0, "0 seconds"), (1, "1 second"), (59, "1 minute"), (3500, "59 minutes")):
        clock.moves(seconds=after)
        page = site.as_(None).get(f"/rounds/{the_round.id}/tally").text
        assert f"Figures from 12:00:00, {age} ago." in page
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}/tally").text
    assert "Figures from 12:59:20." in page


def test_before_the_first_step_there_are_no_figures(town: Town, site: Site) -> None:
    the_round = vote(town, 3)
    page = site.as_(None).get(f"/rounds/{the_round.id}/tally").text
    assert "They appear once 4 people have voted" in page
    assert "Bench 1" not in page


def test_a_sealed_vote_says_so_and_shows_turnout_alone(town: Town, site: Site) -> None:
    the_round = vote(town, 6, DisclosureProfile.SEALED)
    page = site.as_(None).get(f"/rounds/{the_round.id}/tally").text
    figures = site.as_(town.officer).get(f"/rounds/{the_round.id}/tally.json").json
    assert "The figures stay sealed until the vote closes" in page
    assert "Bench" not in page
    assert figures is not None
    assert (figures["turnout"], figures["figures"]) == (6, None)


def test_after_the_count_the_page_shows_every_ballot(town: Town, site: Site) -> None:
    the_round = vote(town, 6, DisclosureProfile.SEALED)
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}/tally").text
    assert "How the vote went" in page
    assert "6 votes, 100%" in page
    assert "if the vote closed now" not in page.partition("<ol")[0]


@pytest.mark.parametrize("phase", [Phase.SET_UP, Phase.IDEAS, Phase.DEBATE])
def test_before_the_vote_the_page_says_so(phase: Phase, town: Town, site: Site) -> None:
    the_round = town.round(phase)
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}/tally").text
    assert "The vote is not open yet" in page


# --- the JSON ------------------------------------------------------------------------------------


def test_unchanged_figures_cost_nothing_when_asked_again(town: Town, site: Site) -> None:
    address = f"/rounds/{vote(town, 5).id}/tally.json"
    client = site.as_(None)
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert first.headers["Cache-Control"] == "no-cache"
    assert (again.status_code, again.data) == (304, b"")


def test_one_more_voter_changes_the_etag(town: Town, site: Site) -> None:
    the_round = vote(town, 5)
    address, client = f"/rounds/{the_round.id}/tally.json", site.as_(None)
    first = client.get(address).headers["ETag"]
    cast(town, the_round, 6)
    town.session.commit()
    assert client.get(address, headers={"If-None-Match": first}).status_code == 200


# --- receipts ------------------------------------------------------------------------------------


@pytest.fixture
def receipt(town: Town, session: Session) -> Receipt:
    the_round = town.round(Phase.VOTE, closes_in=timedelta(hours=1))
    given = cast(town, the_round, 1, 1, 2)
    session.commit()
    return given


def test_a_receipt_says_that_its_ballot_lies_in_the_box_and_not_what_it_says(
    receipt: Receipt, site: Site
) -> None:
    page = site.as_(None).get(f"/receipts/{receipt.code}").text
    assert "This ballot lies in the box" in page
    assert "Bench" not in page


def test_a_receipt_is_found_however_it_is_written(receipt: Receipt, site: Site) -> None:
    client = site.as_(None)
    asked = client.get("/receipts", query_string={"code": in_fours(receipt.code).lower()})
    assert asked.location == f"/receipts/{receipt.code}"


def test_a_replaced_ballot_says_so(receipt: Receipt, town: Town, site: Site) -> None:
    the_round = town.session.get_one(Round, receipt.round_id)
    cast(town, the_round, 1, 3)
    town.session.commit()
    page = site.as_(None).get(f"/receipts/{receipt.code}").text
    assert "A later ballot replaced this one" in page


def test_after_the_count_a_receipt_says_it_was_in_it(
    receipt: Receipt, town: Town, site: Site, keys: KeyStore
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
