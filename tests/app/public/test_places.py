"""Finding one's area, and what a community's page says of money, rounds and people."""

from datetime import date, timedelta

import pytest

from neighbourhoods.funds import SourceKind, add_source, create_fund
from neighbourhoods.phases import Phase
from neighbourhoods.places import CommunityKind, add_community
from tests.app.public.builders import signed_round
from tests.builders import Clock, Town
from tests.council import Site


def test_home_without_any_round_says_so_and_offers_the_records(site: Site) -> None:
    page = site.as_(None).get("/").text
    assert "Nothing is open at the moment" in page
    assert "No outcome has been signed yet" in page


def test_home_puts_the_vote_that_closes_soonest_first(site: Site, town: Town) -> None:
    ideas = town.round(Phase.IDEAS)
    later = town.round(Phase.VOTE, closes_in=timedelta(days=9))
    sooner = town.round(Phase.VOTE, closes_in=timedelta(days=2))
    for number, the_round in enumerate((ideas, later, sooner)):
        the_round.title = f"Round number {number}"
    town.session.commit()
    page = site.as_(None).get("/").text
    places = [page.index(the_round.title) for the_round in (sooner, later, ideas)]
    assert places == sorted(places)


def test_home_shows_what_councillors_signed(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    page = site.as_(None).get("/").text
    assert f'href="/rounds/{the_round.id}/record"' in page
    assert "Signed on Monday 23 November 2026" in page


@pytest.mark.parametrize("written", ["ZZ1 1AA", "zz11aa", " zz1-1aa "])
def test_a_postcode_leads_straight_to_its_neighbourhood(
    site: Site, town: Town, written: str
) -> None:
    answer = site.as_(None).get("/areas", query_string={"q": written})
    assert answer.status_code == 302
    assert answer.location == "/communities/canal-side"


def test_a_name_that_only_one_area_has_leads_straight_to_it(site: Site, town: Town) -> None:
    assert site.as_(None).get("/areas?q=hillf").location == "/communities/hillfields"


def test_words_that_several_areas_share_give_a_list_to_choose_from(site: Site, town: Town) -> None:
    page = site.as_(None).get("/areas?q=ill").text
    assert "Which of these is yours?" in page
    assert "/communities/millbrook" in page
    assert "/communities/hillfields" in page


@pytest.mark.parametrize("written", ["ZZ9 9ZZ", "Nowhere", "O'Hara <b>%"])
def test_a_search_that_finds_nothing_says_what_to_do(site: Site, town: Town, written: str) -> None:
    page = site.as_(None).get("/areas", query_string={"q": written}).text
    assert "We did not find that area" in page
    assert "/communities/canal-side" in page


def test_areas_without_a_search_lists_wards_with_neighbourhoods_and_interests(
    site: Site, town: Town
) -> None:
    add_community(town.session, CommunityKind.INTEREST, "Young people")
    town.session.commit()
    page = site.as_(None).get("/areas").text
    for name in ("Millbrook", "Canal Side", "Hillfields", "Young people"):
        assert name in page


def test_a_community_that_does_not_exist_is_not_found(site: Site, town: Town) -> None:
    assert site.as_(None).get("/communities/atlantis").status_code == 404


def test_a_community_without_anything_still_has_a_page(site: Site, town: Town) -> None:
    page = site.as_(None).get("/communities/hillfields").text
    assert "No round is open here now" in page
    assert "It has no fund of its own this year" in page
    assert "Councillor Otto Other" in page


@pytest.mark.parametrize(
    ("phase", "action", "address"),
    [
        (Phase.IDEAS, "Make a proposal", "/propose"),
        (Phase.SCREENING, "Read and back proposals", "/proposals"),
        (Phase.DEBATE, "Read and debate the projects", "/proposals"),
        (Phase.VOTE, "Vote now", "/ballot"),
        (Phase.COUNT, "See how many voted", "/tally"),
        (Phase.SIGN_OFF, "Read the outcome", "/outcome"),
    ],
)
def test_the_main_button_is_the_one_thing_one_can_do_now(
    site: Site, town: Town, phase: Phase, action: str, address: str
) -> None:
    the_round = town.round(phase)
    town.session.commit()
    page = site.as_(None).get("/communities/canal-side").text
    assert action in page
    assert f'href="/rounds/{the_round.id}{address}"' in page


def test_a_neighbourhood_shows_its_own_round_before_its_wards(site: Site, town: Town) -> None:
    own = town.round(Phase.IDEAS)
    wards = town.round(Phase.VOTE, community=town.ward)
    own.title, wards.title = "The canal’s own", "The ward’s"
    town.session.commit()
    page = site.as_(None).get("/communities/canal-side").text
    assert page.index("The canal’s own") < page.index("The ward’s")


def test_a_neighbourhood_without_a_fund_shows_its_wards(site: Site, town: Town) -> None:
    town.fund(town.ward, 1_234_500)
    town.session.commit()
    page = site.as_(None).get("/communities/canal-side").text
    assert "£12,345" in page
    assert "(Millbrook ward)" in page


def test_last_years_fund_gives_way_to_this_years(site: Site, town: Town) -> None:
    last = town.fund(pence=77_700)
    last.financial_year, last.name = "2025-26", "Last year’s pot"
    town.fund(pence=88_800)
    town.session.commit()
    page = site.as_(None).get("/communities/canal-side").text
    assert "£888" in page
    assert "Last year’s pot" not in page


def test_the_financial_year_turns_in_april(site: Site, town: Town, clock: Clock) -> None:
    town.fund(pence=50_000).financial_year = "2025-26"
    town.session.commit()
    town.fund(pence=60_000).financial_year = "2026-27"
    town.session.commit()
    clock.moment = clock.moment.replace(year=2026, month=3, day=31)
    assert "£500" in site.as_(None).get("/communities/canal-side").text
    clock.moves(days=1)
    assert "£600" in site.as_(None).get("/communities/canal-side").text


def test_a_ward_lists_its_neighbourhoods_with_their_money(site: Site, town: Town) -> None:
    fund = town.fund()
    town.session.commit()
    page = site.as_(None).get("/communities/millbrook").text
    assert "Funds of its neighbourhoods" in page
    assert f'href="/funds/{fund.id}"' in page


def test_a_fund_lists_its_sources_and_adds_up_to_the_penny(site: Site, town: Town) -> None:
    fund = town.fund(pence=100_001)
    add_source(town.session, fund, SourceKind.PARKING, "Wharf car park", 2_550, date(2026, 5, 2))
    town.session.commit()
    page = site.as_(None).get(f"/funds/{fund.id}").text
    for words in ("£1,000.01", "£25.50", "£1,025.51", "Saturday 2 May 2026", "Wharf car park"):
        assert words in page


def test_an_empty_fund_says_so(site: Site, town: Town) -> None:
    fund = create_fund(town.session, town.neighbourhood, "Pot", "2026-27")
    town.session.commit()
    page = site.as_(None).get(f"/funds/{fund.id}").text
    assert "No money is in this fund yet" in page
    assert "No round has been made over this fund yet" in page


def test_a_fund_shows_what_is_committed_after_the_signature(site: Site, town: Town) -> None:
    the_round = signed_round(town, [4, 1], [4])
    page = site.as_(None).get(f"/funds/{the_round.fund_id}").text
    assert "£10,000" in page  # £8,000 and £2,000 are promised
    assert "Promised, not yet spent" in page


def test_what_is_being_delivered_stands_on_the_communitys_page(site: Site, town: Town) -> None:
    signed_round(town, [1])
    page = site.as_(None).get("/communities/canal-side").text
    assert "£0 spent of £2,000" in page
    assert "What was decided" in page
