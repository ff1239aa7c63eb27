"""Outcome, public record and delivery: what was decided, why, and what became of it."""

import hashlib
import json
from datetime import date

import pytest
from sqlalchemy import select

from ballots.bars import Declared, declare_interests
from ballots.bundle import costs_to_sign
from ballots.counting import Misfit, Rule
from ballots.ledger import head_of
from ballots.record import PublicRecord
from ballots.sheets import SheetGiven
from ballots.signing import ReferTo
from ballots.signoff import answer_referral
from ballots.voting_rules import rules_of
from neighbourhoods.delivery import DeliveryStatus, DeliveryStep, deliveries_in, report_delivery
from neighbourhoods.interests import InterestKind
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.app.public.builders import approve, counted_round, signed_round, signs_as, vote
from tests.builders import Town
from tests.council import Site


def stored_record(town: Town) -> PublicRecord:
    return town.session.scalars(select(PublicRecord)).one()


def words_of_record(site: Site, the_round: Round) -> str:
    page = site.as_(None).get(f"/rounds/{the_round.id}/record").text
    return page[page.index("<main") : page.index("</main>")]


def test_before_the_count_there_is_no_outcome_but_an_explanation(site: Site, town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    town.session.commit()
    answer = site.as_(None).get(f"/rounds/{the_round.id}/outcome")
    assert answer.status_code == 404
    assert "The votes have not been counted yet" in answer.text


def test_the_outcome_gives_a_reason_for_every_project(site: Site, town: Town) -> None:
    the_round = counted_round(town, [4, 1], [4, 1], [4, 3], [3])
    page = site.as_(None).get(f"/rounds/{the_round.id}/outcome").text
    assert "Funded: 3 votes; £10,000 was left when its turn came." in page
    assert "Funded: 2 votes; £2,000 was left when its turn came." in page
    assert "Not funded: 2 votes; no money was left when its turn came." in page
    assert "Not funded: nobody voted for it." in page


def test_a_project_that_does_not_fit_is_told_by_how_much(site: Site, town: Town) -> None:
    the_round = counted_round(town, [4], [4], [4, 2], [2])
    page = site.as_(None).get(f"/rounds/{the_round.id}/outcome").text
    assert "It cost £2,000 more than the £2,000 left when its turn came." in page


def test_the_outcome_tells_turnout_and_money(site: Site, town: Town) -> None:
    the_round = counted_round(town, [4], [1], [1])
    page = site.as_(None).get(f"/rounds/{the_round.id}/outcome").text
    assert "of 6 who could vote did (50%)" in page
    assert "of 4 projects funded" in page


def test_ties_are_told_with_how_they_were_broken(site: Site, town: Town) -> None:
    the_round = counted_round(town, [4, 3], [3, 4])
    page = site.as_(None).get(f"/rounds/{the_round.id}/outcome").text
    assert "“Bench 3” and “Bench 4” each had 2 votes." in page
    assert "“Bench 3” came before “Bench 4” because it cost less." in page
    assert "Another order would have changed which projects are funded." in page


def test_a_vote_without_a_ballot_has_an_outcome_too(site: Site, town: Town) -> None:
    the_round = town.round(Phase.SIGN_OFF)
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}/outcome").text
    assert "No project was funded" in page
    assert "(0%)" in page


def test_the_outcome_says_for_whom_the_signature_waits(site: Site, town: Town) -> None:
    the_round = counted_round(town, approvals=2)
    client = site.as_(None)
    assert "Waiting for Carl Councillor and Cora Councillor." in (
        client.get(f"/rounds/{the_round.id}/outcome").text
    )
    approve(town, the_round)
    page = client.get(f"/rounds/{the_round.id}/outcome").text
    assert "Waiting for Carl Councillor." in page
    assert "Endorsed" in page
    assert "Residents were clear." in page


def test_an_outcome_that_nobody_is_free_to_sign_says_who_must_step_in(
    site: Site, town: Town
) -> None:
    the_round = counted_round(town)
    for councillor in (town.councillor, town.second_councillor):
        codes = costs_to_sign(town.session, the_round)
        owned = Declared(InterestKind.PECUNIARY, "I own the yard.")
        declare_interests(town.session, the_round, councillor, dict.fromkeys(codes, owned))
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}/outcome").text
    assert "monitoring officer must say who decides instead" in page
    assert "I own the yard." in page


def test_before_the_signature_there_is_no_record(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    client = site.as_(None)
    assert client.get(f"/rounds/{the_round.id}/record").status_code == 404
    file = client.get(f"/rounds/{the_round.id}/record.json").json
    assert file is not None
    assert file["record"] is None


def test_the_record_shows_both_choices_side_by_side(site: Site, town: Town) -> None:
    the_round = signed_round(town, [4, 1], [4])
    page = site.as_(None).get(f"/rounds/{the_round.id}/record").text
    assert page.count("Residents chose") >= 4
    assert page.count("The council decided") == 4
    assert page.count("Endorsed as residents chose.") == 2
    assert "Cora Councillor" in page
    assert "Endorsed the outcome" in page
    assert "From Sign-off to Delivery" in page
    assert stored_record(town).digest in page


def test_the_record_is_served_byte_for_byte_as_it_was_stored(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    record = stored_record(town)
    answer = site.as_(None).get(f"/rounds/{the_round.id}/record.json")
    assert answer.content_length in (None, len(answer.data))  # sent in pieces, or as long as said
    signed = json.loads(answer.data)["record"]
    assert signed == record.document
    assert hashlib.sha256(signed.encode()).hexdigest() == record.digest
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"].startswith("public")
    head = head_of(town.session, the_round.id)
    assert head is not None
    assert answer.get_etag() == (head.hash, False)


def test_who_has_the_record_already_is_not_sent_it_again(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    client = site.as_(None)
    first = client.get(f"/rounds/{the_round.id}/record.json")
    again = {"If-None-Match": first.headers["ETag"]}
    answer = client.get(f"/rounds/{the_round.id}/record.json", headers=again)
    assert answer.status_code == 304
    assert answer.data == b""


def test_what_caches_may_keep_carries_nobodys_cookie(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    client = site.as_(town.resident)
    with client.session_transaction() as kept:
        kept.permanent = True
    answer = client.get(f"/rounds/{the_round.id}/record.json")
    assert "Set-Cookie" not in answer.headers


def test_the_record_page_does_not_change_when_the_world_does(site: Site, town: Town) -> None:
    the_round = signed_round(town, [1])
    before = words_of_record(site, the_round)
    step = DeliveryStep(DeliveryStatus.STARTED, "Dug.", 50_000, date(2027, 3, 1))
    delivery = deliveries_in(town.session, the_round)[0]
    report_delivery(town.session, delivery, town.officer, step)
    the_round.title = "Renamed"
    delivery.project.title = "Renamed too"
    town.councillor.name = "Somebody Else"
    town.neighbourhood.name = "Elsewhere"
    town.session.commit()
    assert words_of_record(site, the_round) == before


def test_the_record_keeps_a_referral_with_its_reasons_and_answer(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    asked = SheetGiven(
        reasons="What of the drains?", refer_to=ReferTo.OFFICERS, question="Are they sound?"
    )
    signs_as(town, the_round, asked, town.second_councillor)
    answer_referral(town.session, the_round, town.officer, "The drains are sound.")
    approve(town, the_round)
    page = site.as_(None).get(f"/rounds/{the_round.id}/record").text
    for words in ("Referred the outcome back", "What of the drains?", "The drains are sound."):
        assert words in page
    assert "Endorsed the outcome (sitting 2)" in page


def test_records_can_be_found_by_ward_and_by_year(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    client = site.as_(None)
    shown = f'href="/rounds/{the_round.id}/record"'
    assert shown in client.get("/records").text
    assert shown in client.get("/records?area=millbrook&year=2026-27").text
    assert shown not in client.get("/records?area=hillfields").text
    assert "No record matches" in client.get("/records?area=hillfields&year=2026-27").text


def test_without_a_record_the_list_says_so(site: Site, town: Town) -> None:
    assert "No outcome has been signed yet" in site.as_(None).get("/records").text


def test_delivery_before_the_signature_says_when_money_is_promised(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    page = site.as_(None).get(f"/rounds/{the_round.id}/delivery").text
    assert "Nothing has been promised yet" in page


def test_delivery_shows_status_dates_money_and_reports(site: Site, town: Town) -> None:
    the_round = signed_round(town, [1])
    step = DeliveryStep(DeliveryStatus.STARTED, "The post holes are dug.", 51_050, date(2027, 3, 1))
    report_delivery(town.session, deliveries_in(town.session, the_round)[0], town.officer, step)
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}/delivery").text
    assert "£510.50 spent of the £2,000 promised" in page
    assert "Due by Monday 1 March 2027" in page
    assert "The post holes are dug." in page


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (Rule(misfit=Misfit.STOP), "The count had already stopped"),
        (Rule(minimum_votes=2), "the rules ask for at least 2."),
    ],
)
def test_other_settings_of_the_rule_have_their_own_reasons(
    site: Site, town: Town, rule: Rule, words: str
) -> None:
    the_round = town.round(Phase.DEBATE)
    rules = rules_of(town.session, the_round.id)
    assert rules is not None
    rules.rule_settings = dict(rule.as_json())
    town.enter(the_round, Phase.VOTE)
    vote(town, the_round, [4], [4], [4, 3], [3, 2], [1])
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    assert words in site.as_(None).get(f"/rounds/{the_round.id}/outcome").text


def test_the_documents_figures_are_the_outcomes_figures(site: Site, town: Town) -> None:
    the_round = signed_round(town, [4, 1], [4])
    file = json.loads(site.as_(None).get(f"/rounds/{the_round.id}/record.json").data)
    document = json.loads(file["record"])
    votes = {p["project_id"]: p["votes"] for p in document["residents"]["result"]["projects"]}
    assert sorted(votes.values()) == [0, 0, 1, 2]
