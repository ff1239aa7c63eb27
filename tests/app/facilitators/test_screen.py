"""The assembly screen and the facilitator’s pages, in every phase of a round."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy.orm import Session

from app.facilitators.picture import MOST_BARS, time_left
from ballots.casting import cast_ballot
from ballots.counting import RankedBy, Rule
from ballots.disclosure import DisclosureProfile
from ballots.papers import BallotFormat
from ballots.tally import publish_next
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.builders import Town
from tests.council import Site


def vote(
    town: Town,
    voters: int,
    profile: DisclosureProfile = DisclosureProfile.LIVE,
    proposals: int = 4,
) -> Round:
    """A round in steps of 2 whose first so many voters chose its first project."""
    the_round = town.round(
        Phase.VOTE, profile=profile, proposals=proposals, closes_in=timedelta(minutes=12)
    )
    first = projects_in(town.session, the_round.id)[0].code
    for number in range(1, voters + 1):
        entry = town.voter(the_round, number)
        cast_ballot(town.session, town.keys, the_round, entry, [first], request_id=str(number))
    publish_next(town.session, town.keys, the_round)
    town.session.commit()
    return the_round


def screen(site: Site, the_round: Round) -> str:
    return site.as_(None).get(f"/rounds/{the_round.id}/screen").text


def test_the_hall_sees_how_to_join_and_how_long_is_left(town: Town, site: Site) -> None:
    the_round = vote(town, 5)
    page = screen(site, the_round)
    assert f"localhost<wbr>/vote<wbr>/{the_round.id}" in page
    assert "<svg" in page
    assert "The vote closes in" in page
    assert ">12:00</p>" in page


def test_the_hall_sees_turnout_bars_and_the_falling_balance(town: Town, site: Site) -> None:
    page = screen(site, vote(town, 5))
    assert "of 6 have voted" in page
    assert "Bench 1" in page
    assert ">£8,000</span>" in page
    assert "left of £10,000" in page
    assert "1 project funded" in page
    assert "Figures cover 2 of 5 voters" in page


def test_where_points_decide_the_hall_sees_them_beside_the_votes(town: Town, site: Site) -> None:
    the_round = town.round(
        Phase.VOTE,
        ballot_format=BallotFormat.POINTS,
        points_to_give=10,
        max_choices=None,
        profile=DisclosureProfile.OPEN,
        rule=Rule(ranked_by=RankedBy.SCORE),
    )
    codes = [project.code for project in projects_in(town.session, the_round.id)]
    for number, given in enumerate([{codes[0]: 1, codes[1]: 8}, {codes[0]: 1}], start=1):
        entry = town.voter(the_round, number)
        cast_ballot(town.session, town.keys, the_round, entry, given, request_id=str(number))
    publish_next(town.session, town.keys, the_round)
    town.session.commit()
    page = BeautifulSoup(screen(site, the_round), "html5lib")
    told = [
        [row.select(place)[0].get_text() for place in ("[data-title]", "[data-score]")]
        for row in page.select("[data-tally] > li")
    ]
    assert told[:2] == [["Bench 2", "8 points"], ["Bench 1", "2 points"]]
    assert [found.get_text() for found in page.select("[data-votes]")][:2] == ["1 vote", "2 votes"]
    assert [bar["width"] for bar in page.select("[data-bar]")][:2] == ["1000", "250"]


def test_a_long_paper_shows_the_leading_projects_and_counts_the_rest(
    town: Town, site: Site
) -> None:
    page = screen(site, vote(town, 5, proposals=20))
    assert page.count("data-bar") == MOST_BARS
    assert "and 13 more projects" in page


def test_the_hall_sees_no_figures_of_a_sealed_vote(town: Town, site: Site) -> None:
    page = screen(site, vote(town, 6, DisclosureProfile.SEALED))
    assert "The figures stay sealed until the vote closes." in page
    assert "of 6 have voted" in page
    assert "data-bar" not in page


def test_the_hall_is_told_when_figures_will_appear(town: Town, site: Site) -> None:
    assert "Figures appear once 4 people have voted" in screen(site, vote(town, 1))


def test_before_the_vote_the_hall_sees_when_it_opens(town: Town, site: Site) -> None:
    the_round = town.round(Phase.DEBATE)
    town.session.commit()
    page = screen(site, the_round)
    assert "The vote is not open yet" in page
    assert "4 projects, £10,000 to share out" in page


def test_a_round_without_rules_has_a_screen_too(town: Town, site: Site) -> None:
    the_round = town.round(Phase.SET_UP)
    town.session.commit()
    assert "£10,000 to share out" in screen(site, the_round)


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (Phase.COUNT, "The votes are being counted."),
        (Phase.SIGN_OFF, "Counted. Waiting for sign-off"),
    ],
)
def test_after_the_close_the_hall_sees_the_count(
    phase: Phase, words: str, town: Town, site: Site
) -> None:
    the_round = vote(town, 6, DisclosureProfile.SEALED)
    town.enter(the_round, Phase.COUNT)
    if phase == Phase.SIGN_OFF:
        town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    assert words in screen(site, the_round)


def test_the_screen_refreshes_itself_without_javascript(town: Town, site: Site) -> None:
    assert '<noscript><meta http-equiv="refresh"' in screen(site, vote(town, 1))


def test_the_qr_code_is_a_picture(town: Town, site: Site) -> None:
    answer = site.as_(None).get(f"/rounds/{vote(town, 1).id}/qr.svg")
    assert answer.mimetype == "image/svg+xml"


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(seconds=-5), "0:00"),
        (timedelta(seconds=9), "0:09"),
        (timedelta(minutes=59, seconds=59), "59:59"),
        (timedelta(hours=1), "1 h 00 min"),
        (timedelta(hours=47, minutes=59), "47 h 59 min"),
        (timedelta(hours=49), "2 days"),
    ],
)
def test_the_time_left_is_said_in_the_unit_that_matters(
    left: timedelta, words: str, site: Site
) -> None:
    with site.app.test_request_context():
        assert time_left(left) == words


# --- the facilitator -----------------------------------------------------------------------------


@pytest.fixture
def assembly(town: Town, session: Session) -> Round:
    return vote(town, 1)


def test_a_facilitator_finds_the_rounds_by_what_is_going_on(
    assembly: Round, town: Town, site: Site
) -> None:
    coming = town.round(Phase.DEBATE)
    town.session.commit()
    page = site.as_(town.facilitator).get("/assemblies").text
    voting, _heading, later = page.partition(">Coming<")
    assert f"/rounds/{assembly.id}/screen" in voting
    assert f"/rounds/{coming.id}/screen" in later


def test_the_list_says_when_a_vote_closes(assembly: Round, town: Town, site: Site) -> None:
    page = site.as_(town.facilitator).get("/assemblies").text
    assert "The vote closes at 12:12pm on Monday 23 November 2026." in page
