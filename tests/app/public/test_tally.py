"""The tally and the receipts: only what the disclosure profile allows, and never a choice."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from ballots.casting import cast_ballot
from ballots.counting import RankedBy, Rule
from ballots.disclosure import DisclosureProfile
from ballots.papers import BallotFormat
from ballots.receipts import Promise
from ballots.tally import publish_next
from ballots.voting_rules import TieRule
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
    publish_next(town.session, town.keys, the_round)
    town.session.commit()
    return the_round


def cast(town: Town, the_round: Round, number: int, *places: int) -> Promise:
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


def test_figures_older_than_a_day_are_dated_and_aged_in_days(
    town: Town, site: Site, clock: Clock
) -> None:
    the_round = vote(town, 5)  # at noon
    day = f"{clock():%-d %B}"
    for after, said in (
        (86_399, "Figures from 12:00:00, 23 hours ago."),
        (1, f"Figures from {day} at 12:00, 1 day ago."),
        (4 * 86_400 + 7_200, f"Figures from {day} at 12:00, 5 days ago."),
        (365 * 86_400, f"Figures from {day} {clock():%Y} at 12:00, 370 days ago."),
    ):
        clock.moves(seconds=after)
        assert said in site.as_(None).get(f"/rounds/{the_round.id}/tally").text


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


def scored(town: Town) -> Round:
    """A vote by scores: Bench 2 has 9 points from 2 voters, Bench 1 has 3 points from 3."""
    the_round = town.round(
        Phase.VOTE,
        ballot_format=BallotFormat.SCORES,
        highest_score=5,
        max_choices=None,
        profile=DisclosureProfile.OPEN,
        closes_in=timedelta(hours=1),
        rule=Rule(ranked_by=RankedBy.SCORE),
    )
    codes = [project.code for project in projects_in(town.session, the_round.id)]
    for number, scores in enumerate([(1, 5), (1, 4), (1, 0)], start=1):
        given = {code: score for code, score in zip(codes, scores, strict=False) if score}
        entry = town.voter(the_round, number)
        cast_ballot(town.session, town.keys, the_round, entry, given, request_id=str(number))
    publish_next(town.session, town.keys, the_round)
    town.session.commit()
    return the_round


def test_where_points_decide_they_stand_beside_the_votes_and_bars_measure_them(
    town: Town, site: Site
) -> None:
    answer = site.as_(None).get(f"/rounds/{scored(town).id}/tally").text
    page = BeautifulSoup(answer, "html5lib")
    told = [
        [row.select(place)[0].get_text(strip=True) for place in ("[data-score]", "[data-votes]")]
        for row in page.select("[data-tally] > li")
    ]
    assert told[:2] == [["9 points", "2 votes, 67%"], ["3 points", "3 votes, 100%"]]
    # 3 of 9 points are a third of the longest bar.
    assert [bar["width"] for bar in page.select("[data-bar]")] == ["1000", "333", "0", "0"]
    assert "Bars measure points." in page.get_text()


def test_a_project_that_most_people_refuse_has_points_below_nothing_and_no_bar(
    town: Town, site: Site
) -> None:
    the_round = town.round(
        Phase.VOTE,
        ballot_format=BallotFormat.YES_NO,
        max_choices=None,
        profile=DisclosureProfile.OPEN,
    )
    code = projects_in(town.session, the_round.id)[0].code
    entry = town.voter(the_round, 1)
    cast_ballot(town.session, town.keys, the_round, entry, {code: -1}, request_id="1")
    publish_next(town.session, town.keys, the_round)
    town.session.commit()
    page = BeautifulSoup(site.as_(None).get(f"/rounds/{the_round.id}/tally").text, "html5lib")
    row = page.select(f'[data-project="{code}"]')[0]
    assert row.select("[data-score]")[0].get_text() == "-1 points"
    assert row.select("[data-bar]")[0]["width"] == "0"


# --- the JSON ------------------------------------------------------------------------------------


def test_unchanged_figures_cost_nothing_when_asked_again(town: Town, site: Site) -> None:
    address = f"/rounds/{vote(town, 5).id}/tally.json"
    client = site.as_(None)
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert first.headers["Cache-Control"] == "no-cache"
    assert (again.status_code, again.data) == (304, b"")


def test_the_json_has_points_only_where_the_paper_gives_some(town: Town, site: Site) -> None:
    client = site.as_(None)
    by_points = client.get(f"/rounds/{scored(town).id}/tally.json").json
    by_votes = client.get(f"/rounds/{vote(town, 5).id}/tally.json").json
    assert by_points is not None
    assert by_votes is not None
    assert [(f["votes"], f["score"]) for f in by_points["figures"]] == [
        (2, 9),
        (3, 3),
        (0, 0),
        (0, 0),
    ]
    assert not any("score" in figure for figure in by_votes["figures"])


def test_one_more_voter_changes_the_etag(town: Town, site: Site) -> None:
    the_round = vote(town, 5)
    address, client = f"/rounds/{the_round.id}/tally.json", site.as_(None)
    first = client.get(address).headers["ETag"]
    cast(town, the_round, 6)
    town.session.commit()
    assert client.get(address, headers={"If-None-Match": first}).status_code == 200


@pytest.mark.parametrize("tie_rule", list(TieRule))
def test_while_the_vote_is_open_the_page_says_that_ties_would_be_drawn(
    tie_rule: TieRule, town: Town, site: Site
) -> None:
    the_round = town.round(Phase.VOTE, profile=DisclosureProfile.OPEN, tie_rule=tie_rule)
    for number, place in ((1, 2), (2, 3)):
        cast(town, the_round, number, place)
    publish_next(town.session, town.keys, the_round)
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}/tally").text
    # By the default order the cheaper of the two is shown as funded meanwhile.
    assert "1 project would be funded. It costs £6,000" in page
    told = "At the close such a tie is drawn instead, with: Dice thrown in the hall" in page
    assert told == (tie_rule is TieRule.DRAW)
