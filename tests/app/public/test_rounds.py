"""One round as anybody sees it, in each phase."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup, Tag
from sqlalchemy import event

from ballots.counting import Misfit, Rule
from ballots.decision_routes import choose_route
from ballots.disclosure import DisclosureProfile
from ballots.papers import BallotFormat
from ballots.routes import Agreement, RouteName
from ballots.voting_rules import RulesChosen, set_rules
from neighbourhoods.database import Database
from neighbourhoods.debate import PointKind, hide_point, make_point
from neighbourhoods.phases import Phase, Role
from neighbourhoods.places import CommunityKind, add_community
from neighbourhoods.projects import Project, project_for
from neighbourhoods.proposals import Proposal, back, proposals_in
from neighbourhoods.rounds import Round, set_timetable
from tests.app.public.builders import approve, counted_round, signed_round
from tests.app.public.test_notices import called_in_round
from tests.builders import Clock, Town
from tests.council import Site

SAID: dict[Phase, str] = {
    Phase.SET_UP: "Not open yet.",
    Phase.IDEAS: "Open for ideas.",
    Phase.SCREENING: "Officers are checking",
    Phase.DEBATE: "Open for debate.",
    Phase.VOTE: "Voting is open.",
    Phase.COUNT: "The votes are being counted.",
    Phase.SIGN_OFF: "waiting to be decided on and signed",
}


@pytest.mark.parametrize("phase", SAID)
def test_a_round_says_in_words_where_it_stands(site: Site, town: Town, phase: Phase) -> None:
    the_round = town.round(phase)
    town.session.commit()
    assert SAID[phase] in site.as_(None).get(f"/rounds/{the_round.id}").text


def test_everybody_sees_the_line_of_stages_and_what_if_one_gets_stuck_before_the_vote_opens(
    site: Site, town: Town
) -> None:
    the_round = town.round(Phase.DEBATE)
    choose_route(town.session, the_round.fund, RouteName.CABINET_MEMBER, Agreement.UNANIMOUS, 5)
    town.session.commit()
    page = BeautifulSoup(site.as_(None).get(f"/rounds/{the_round.id}").text, "html.parser")
    heading = page.find("h3", string="From your choice to a decision")
    assert heading is not None
    line = heading.find_next("ol")
    assert isinstance(line, Tag)
    names = [one.get_text(strip=True) for one in line.select(".wm-timetable__name")]
    assert names == [
        "Councillors of the community",
        "Finance officer",
        "Legal officer",
        "Cabinet member",
    ]
    text = line.get_text()
    assert "If they do not agree: it goes on to the next stage, with every view on record." in text
    assert "If nobody acts: reminders when half and four fifths of the days are over" in text


def test_a_decided_round_does_not_say_that_projects_are_under_way_before_its_money_moves(
    site: Site, town: Town
) -> None:
    the_round = called_in_round(town)
    page = site.as_(None).get(f"/rounds/{the_round.id}").text
    assert "The council has decided on what residents chose, and signed it." in page
    assert "See what becomes of the projects" in page
    assert "being delivered" not in page


@pytest.mark.parametrize("phase", [Phase.SET_UP, Phase.IDEAS, Phase.SCREENING, Phase.DEBATE])
def test_a_round_without_proposals_still_has_a_page(site: Site, town: Town, phase: Phase) -> None:
    the_round = town.round(phase, proposals=0)
    town.session.commit()
    assert site.as_(None).get(f"/rounds/{the_round.id}").status_code == 200


def test_the_moment_voting_closes_is_said_in_words(site: Site, town: Town, clock: Clock) -> None:
    the_round = town.round(Phase.VOTE, closes_in=timedelta(days=11, hours=5))
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}").text
    assert "Voting is open until 5pm on Friday 4 December 2026." in page


def test_a_vote_past_its_close_is_not_called_open(site: Site, town: Town, clock: Clock) -> None:
    the_round = town.round(Phase.VOTE, closes_in=timedelta(hours=1))
    town.session.commit()
    clock.moves(hours=2)
    page = site.as_(None).get(f"/rounds/{the_round.id}").text
    assert "Voting has closed." in page
    assert "Voting is open" not in page


def test_a_round_tells_its_purpose_its_promise_and_its_fund(site: Site, town: Town) -> None:
    the_round = town.round(Phase.IDEAS)
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}").text
    assert "To choose what to improve." in page
    assert "What wins is done by March." in page
    assert f'href="/funds/{the_round.fund_id}"' in page


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        (
            RulesChosen(BallotFormat.APPROVAL, 3, Rule(), DisclosureProfile.LIVE, 20),
            [
                "Choose up to 3 projects that you support.",
                "is skipped, and the next one is tried",
                "at least 20 people",
                "Councillors who answer for this community decide",
            ],
        ),
        (
            RulesChosen(
                BallotFormat.KNAPSACK,
                None,
                Rule(misfit=Misfit.STOP, minimum_votes=5),
                DisclosureProfile.SEALED,
            ),
            [
                "Choose projects until £10,000 is used up.",
                "the count stops",
                "A project needs at least 5 votes.",
                "Only how many people have voted.",
                "only in public and with reasons",
            ],
        ),
        (
            RulesChosen(BallotFormat.CHOOSE_ONE, None, Rule(), DisclosureProfile.OPEN),
            ["Choose one project.", "like a show of hands"],
        ),
    ],
)
def test_the_rules_are_told_in_plain_words(
    site: Site, town: Town, chosen: RulesChosen, words: list[str]
) -> None:
    the_round = town.round(Phase.IDEAS)
    set_rules(town.session, the_round, chosen)
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}").text
    assert [said for said in words if said not in page] == []
    assert "The rules can still change." in page


def test_frozen_rules_show_their_fingerprint(site: Site, town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}").text
    assert "These rules were fixed when voting opened, on Monday 23 November 2026." in page
    assert "SHA-256" in page


def test_dates_ahead_stand_in_the_timetable(site: Site, town: Town, clock: Clock) -> None:
    the_round = town.round(Phase.IDEAS)
    ahead = clock.moment.replace(month=12, day=4, hour=17)
    set_timetable(
        town.session, the_round, {Phase.VOTE: ahead, Phase.COUNT: ahead + timedelta(days=7)}
    )
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}").text
    assert "From 5pm on Friday 4 December 2026" in page
    assert "When the votes are counted" in page


def test_the_log_says_who_moved_the_round_and_why(site: Site, town: Town) -> None:
    the_round = town.round(Phase.SCREENING)
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}").text
    assert "From Ideas to Screening" in page
    assert "Olive Officer" in page
    assert "for the test" in page


def test_proposals_stand_with_their_backers_while_ideas_are_open(site: Site, town: Town) -> None:
    the_round = town.round(Phase.IDEAS)
    back(town.session, proposals_in(town.session, the_round)[3], town.neighbour)
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}").text
    assert "Newest proposals" in page
    assert "Backed by 1 person" in page


def test_turnout_is_shown_from_the_vote_on(site: Site, town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}").text
    assert "of 6 who can vote have voted" in page


def test_once_the_vote_has_closed_turnout_is_told_as_past(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    assert "of 6 who could vote did" in site.as_(None).get(f"/rounds/{the_round.id}").text


def test_links_appear_as_the_round_comes_to_them(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    before = site.as_(None).get(f"/rounds/{the_round.id}").text
    assert f'"/rounds/{the_round.id}/outcome"' in before
    assert f'"/rounds/{the_round.id}/record"' not in before
    approve(town, the_round)
    after = site.as_(None).get(f"/rounds/{the_round.id}").text
    assert f'"/rounds/{the_round.id}/record"' in after
    assert f'"/rounds/{the_round.id}/delivery"' in after


def test_the_list_of_rounds_groups_them_by_what_they_want(site: Site, town: Town) -> None:
    town.round(Phase.IDEAS)
    signed_round(town)
    page = site.as_(None).get("/rounds").text
    assert page.index("Open now") < page.index("Decided")


def test_a_draft_without_dates_is_on_no_list(site: Site, town: Town) -> None:
    town.round(Phase.SET_UP).title = "Only a draft"
    town.session.commit()
    assert "Only a draft" not in site.as_(None).get("/rounds").text
    assert "Only a draft" not in site.as_(None).get("/communities/canal-side").text


@pytest.fixture
def asked(database: Database) -> Iterator[list[str]]:
    """Every statement the database is asked."""
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("address", ["/rounds/{round}", "/communities/{slug}", "/", "/rounds"])
@pytest.mark.parametrize("phase", [Phase.IDEAS, Phase.VOTE])
def test_pages_ask_the_database_as_often_for_many_projects_as_for_few(
    site: Site, town: Town, asked: list[str], address: str, phase: Phase
) -> None:
    numbers = []
    for name, proposals in (("Few", 5), ("Many", 40)):
        here = add_community(town.session, CommunityKind.NEIGHBOURHOOD, name, ward=town.ward)
        the_round = town.round(phase, community=here, proposals=proposals)
        town.session.commit()
        asked.clear()
        site.as_(None).get(address.format(round=the_round.id, slug=here.slug))
        numbers.append(len([one for one in asked if one.startswith("SELECT")]))
    assert numbers[0] == numbers[1]
    assert max(numbers) <= 15


@pytest.mark.parametrize("phase", [Phase.IDEAS, Phase.DEBATE, Phase.VOTE, Phase.SIGN_OFF])
def test_a_round_of_two_hundred_projects_takes_no_more_than_eight_queries(
    site: Site, town: Town, asked: list[str], phase: Phase
) -> None:
    the_round = town.round(phase, proposals=10)
    town.session.commit()
    page, numbers = f"/rounds/{the_round.id}", []
    for more in (0, 190):
        copy_proposals(town, the_round, more)
        town.session.commit()
        asked.clear()
        assert f"See all {10 + more} on the list" in site.as_(None).get(page).text
        numbers.append(len([one for one in asked if one.startswith("SELECT")]))
    assert numbers[0] == numbers[1] <= 8


def copy_proposals(town: Town, the_round: Round, copies: int) -> None:
    """More of the first proposal, and of its project once the round has projects."""
    first = proposals_in(town.session, the_round)[0]
    project = project_for(town.session, first)
    for number in range(copies):
        copy = Proposal(
            the_round=the_round,
            proposer=first.proposer,
            title=f"Copy {number}",
            what=first.what,
            why=first.why,
            cost_pence=first.cost_pence,
            made_at=first.made_at,
            state=first.state,
        )
        town.session.add(copy)
        if project is not None:
            code, cost = f"C{number}", project.cost_pence
            town.session.add(
                Project(the_round=the_round, code=code, title="C", cost_pence=cost, proposal=copy)
            )


def test_projects_say_how_much_was_said_about_them_in_public(site: Site, town: Town) -> None:
    the_round = town.round(Phase.DEBATE, proposals=2)
    first, second = proposals_in(town.session, the_round)
    for proposal in (first, first, second):
        point = make_point(
            town.session, proposal, town.resident, Role.RESIDENT, PointKind.FOR, "It counts."
        )
    hide_point(town.session, point, town.officer, "It was an advertisement.")
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}").text
    assert "2 contributions to its debate" in page
    assert "1 contribution to its debate" not in page


def test_a_round_that_no_database_could_hold_is_not_found(site: Site, town: Town) -> None:
    assert site.as_(None).get(f"/rounds/{2**31}").status_code == 404
    assert site.as_(None).get("/rounds/999").status_code == 404
