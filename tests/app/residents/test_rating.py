"""Residents say what a finished project changed, and see what became of what they proposed."""

from datetime import date

import pytest
from sqlalchemy import update

from app.privacy.clearings import BLANK_ROLL
from app.privacy.erasing import erase_person
from app.settings import Settings
from ballots.bundle import costs_to_sign
from ballots.decision_routes import choose_route
from ballots.moves import conclude_sign_off
from ballots.routes import Agreement, RouteName, Verdict
from ballots.sheets import SheetGiven, VerdictGiven
from ballots.signing import Ground
from neighbourhoods.delivery import Delivery, DeliveryStatus
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.milestones import Planned, plan_milestone
from neighbourhoods.people import find_or_add_person
from neighbourhoods.phases import Phase
from neighbourhoods.proposals import proposals_in
from neighbourhoods.ratings import hide_rating, rate_delivery, ratings_in
from tests.app.officers.test_deliveries import delivery
from tests.app.public.builders import counted_round, vote
from tests.builders import Town
from tests.council import Site

__all__ = ["delivery"]  # a fixture
GOOD = {"score": "5", "changed": "I meet people."}


@pytest.fixture
def finished(town: Town, delivery: Delivery) -> Delivery:
    delivery.status = DeliveryStatus.FINISHED
    town.session.commit()
    return delivery


def rate(delivery: Delivery) -> str:
    return f"/rounds/{delivery.round_id}/deliveries/{delivery.project_id}/rate"


def scores(town: Town, delivery: Delivery) -> list[int]:
    town.session.rollback()
    return [rating.score for rating in ratings_in(town.session, delivery.project_id)]


def test_the_proposer_a_backer_and_a_voter_rate_it_once_each(
    site: Site, town: Town, finished: Delivery
) -> None:
    voter = site.as_voter(town.voter(finished.project.the_round, 1))
    for browser in (site.as_(town.resident), site.as_(town.neighbour), voter, voter):
        assert browser.post(rate(finished), data=GOOD).status_code == 303
    assert scores(town, finished) == [5, 5, 5]
    again = voter.get(rate(finished)).text
    assert "What you send now replaces what you said before." in again
    assert "I meet people." in again


def test_the_same_voter_by_card_and_by_e_mail_is_one_person(
    site: Site, town: Town, finished: Delivery
) -> None:
    site.as_voter(town.voter(finished.project.the_round, 1)).post(rate(finished), data=GOOD)
    town.session.rollback()
    by_email = town.person("Voter 1")
    by_email.email = "voter1@example.org"
    town.session.commit()
    site.as_(by_email).post(rate(finished), data=GOOD | {"score": "1"})
    assert scores(town, finished) == [1]


def test_whoever_is_erased_and_comes_back_as_the_same_voter_is_not_counted_twice(
    site: Site, town: Town, finished: Delivery, test_settings: Settings
) -> None:
    key = test_settings.key_for("ratings")
    for score in ("5", "5", "1"):
        them = find_or_add_person(town.session, "voter1@example.org")
        town.session.commit()
        answer = site.as_(them).post(rate(finished), data=GOOD | {"score": score})
        assert answer.status_code == 303
        town.session.rollback()
        erase_person(town.session, them, key)
        town.session.commit()
    assert scores(town, finished) == [1]


def test_a_card_of_a_blanked_roll_rates_nothing(site: Site, town: Town, finished: Delivery) -> None:
    entry = town.voter(finished.project.the_round, 1)
    town.session.execute(update(RollEntry).where(RollEntry.id == entry.id).values(BLANK_ROLL))
    town.session.commit()
    answer = site.as_voter(entry).post(rate(finished), data=GOOD)
    assert (answer.location or "").startswith("/sign-in")
    assert scores(town, finished) == []


def test_who_neither_wanted_it_nor_could_vote_is_told_who_rates(
    site: Site, town: Town, finished: Delivery
) -> None:
    stranger = site.as_(town.other_councillor)
    assert "can rate it" in stranger.get(rate(finished)).text
    assert stranger.post(rate(finished), data=GOOD).status_code == 409
    assert scores(town, finished) == []


def test_who_is_not_known_is_asked_to_sign_in_and_comes_back(
    site: Site, finished: Delivery
) -> None:
    answer = site.as_(None).get(rate(finished))
    assert answer.status_code == 303
    assert "/sign-in" in answer.location
    assert "rate" in answer.location


def test_no_score_is_refused_at_its_field(site: Site, town: Town, finished: Delivery) -> None:
    answer = site.as_(town.resident).post(rate(finished), data={"changed": "x"})
    assert (answer.status_code, "Choose how good it is" in answer.text) == (422, True)


def test_what_is_not_finished_is_not_rated(site: Site, town: Town, delivery: Delivery) -> None:
    resident = site.as_(town.resident)
    assert "is not finished yet" in resident.get(rate(delivery)).text
    assert resident.post(rate(delivery), data=GOOD).status_code == 409


def test_what_people_say_is_published_from_five_on_and_without_names(
    site: Site, town: Town, finished: Delivery
) -> None:
    site.as_(town.resident).post(rate(finished), data=GOOD)
    public = f"/rounds/{finished.round_id}/delivery"
    page = site.as_(None).get(public).text
    assert "I meet people." not in page
    assert "once there are five of them" in page
    for number in range(1, 5):
        rate_delivery(town.session, finished, f"r{number}", 2, "")
    town.session.commit()
    page = site.as_(None).get(public).text
    assert "2.6 out of 5" in page
    assert "“I meet people.”" in page
    assert "Rita" not in page


# --- you said, we did ----------------------------------------------------------------------------


def test_a_year_says_what_was_chosen_decided_done_paid_and_changed(
    site: Site, town: Town, finished: Delivery
) -> None:
    plan_milestone(town.session, finished, Planned("Painted", date(2026, 5, 5), "Parks team"))
    for number in range(1, 6):
        rate_delivery(town.session, finished, f"r{number}", 4, "I sit there.")
    town.session.commit()
    for place in (town.neighbourhood, town.ward):
        assert "You said, we did" in site.as_(None).get(f"/communities/{place.slug}").text
        page = site.as_(None).get(f"/communities/{place.slug}/you-said-we-did/2026-27").text
        words = " ".join(page.split())
        for told in (
            "1 person voted, of 6 who could. They chose 1 project.",
            "Signed by Cora Councillor on Monday 23 November 2026",
            "£0 spent of the £2,000 promised",
            "Not done; was due on Tuesday 5 May 2026",
            "4.0 out of 5",
            "“I sit there.”",
        ):
            assert told in words, told


def test_another_places_year_is_empty_and_no_year_is_not_found(
    site: Site, town: Town, finished: Delivery
) -> None:
    elsewhere = f"/communities/{town.other_ward.slug}/you-said-we-did"
    assert "Nothing was signed in this year" in site.as_(None).get(f"{elsewhere}/2026-27").text
    assert site.as_(None).get(f"{elsewhere}/yesterday").status_code == 404
    assert site.as_(None).get("/communities/nowhere/you-said-we-did/2026-27").status_code == 404


@pytest.mark.parametrize("year", ["2026-99", "2026-28", "26-27", "2026-2027"])
def test_what_is_no_financial_year_is_not_found(site: Site, town: Town, year: str) -> None:
    town.session.commit()
    address = f"/communities/{town.ward.slug}/you-said-we-did/{year}"
    assert site.as_(None).get(address).status_code == 404


def test_a_year_leads_to_the_other_years_of_its_place(
    site: Site, town: Town, finished: Delivery
) -> None:
    finished.project.the_round.fund.financial_year = "2025-26"
    town.session.commit()
    here = f"/communities/{town.ward.slug}/you-said-we-did"
    assert f"{here}/2025-26" in site.as_(None).get(f"{here}/2026-27").text
    page = site.as_(None).get(f"{here}/2025-26").text
    assert "Other years" not in page
    assert f"on Monday 23 November 2026 from http://localhost{here}/2025-26" in page


def test_what_residents_chose_and_councillors_declined_is_told_with_the_reason(
    site: Site, town: Town
) -> None:
    the_round = counted_round(town, [1], [1])
    town.declares_none(the_round, town.councillor)
    (code,) = costs_to_sign(town.session, the_round)
    why = "The council sold this land last year and may not build on it."
    declined = VerdictGiven(Verdict.DECLINE, ground=Ground.UNLAWFUL, reasons=why)
    town.signs(the_round, town.councillor, SheetGiven({code: declined}))
    conclude_sign_off(town.session, town.keys, the_round)
    town.session.commit()
    address = f"/communities/{town.ward.slug}/you-said-we-did/2026-27"
    words = " ".join(site.as_(None).get(address).text.split())
    assert "Residents chose it. The council decided: Not to fund it" in words
    assert why in words


def test_money_that_waits_for_the_call_in_is_not_told_as_nothing_funded(
    site: Site, town: Town
) -> None:
    the_round = town.round(Phase.DEBATE)
    choose_route(town.session, the_round.fund, RouteName.WARD_MEMBERS, Agreement.ANY_ONE, 5)
    town.enter(the_round, Phase.VOTE)
    vote(town, the_round, [1])
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.approves(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    town.session.commit()
    for address in (
        f"/rounds/{the_round.id}/delivery",
        f"/communities/{town.ward.slug}/you-said-we-did/2026-27",
    ):
        page = site.as_(None).get(address).text
        assert "No money moves before" in page
        assert "No project was funded" not in page


def test_whose_words_are_hidden_is_told_why(site: Site, town: Town, finished: Delivery) -> None:
    mine = site.as_(town.resident)
    mine.post(rate(finished), data=GOOD)
    town.session.rollback()
    (rating,) = ratings_in(town.session, finished.project_id)
    hide_rating(town.session, rating, "It names a neighbour.")
    town.session.commit()
    page = mine.get(rate(finished)).text
    assert "Their reason: It names a neighbour." in page


# --- my page -------------------------------------------------------------------------------------


def test_my_page_says_how_far_what_i_proposed_is(
    site: Site, town: Town, delivery: Delivery
) -> None:
    mine = site.as_(town.resident)
    page = mine.get("/me").text
    assert "Funded with £2,000, of which £0 is spent." in page
    # Three other benches stood on the paper and won nothing.
    assert page.count("Other projects had the votes for the money.") == 3
    plan_milestone(town.session, delivery, Planned("Dig", date(2026, 5, 5), "Parks team"))
    town.session.commit()
    assert "Late: “Dig” was due on Tuesday 5 May 2026" in mine.get("/me").text


def test_my_page_says_that_what_residents_chose_waits_for_councillors(
    site: Site, town: Town
) -> None:
    the_round = counted_round(town, [1], [1])
    assert the_round.phase == Phase.SIGN_OFF
    assert len(proposals_in(town.session, the_round)) == 4
    page = site.as_(town.resident).get("/me").text
    assert page.count("It waits for the councillors to sign.") == 1
