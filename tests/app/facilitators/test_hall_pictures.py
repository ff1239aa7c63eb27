"""The pictures of a count on the hall's screen: which there are, what they show, their tables."""

import pytest
from bs4 import BeautifulSoup

from app.facilitators.hall_pictures import MOST_SHARES, SharesInHall
from app.pictures.shares import Share
from ballots.counting import Rule, RuleName
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.app.public.builders import counted_round, vote
from tests.builders import Town
from tests.council import Site

TITLES = {
    "flow": "Who helped to pay for what",
    "votes-and-cost": "Votes against cost",
    "shares": "Money and votes by category",
    "areas": "Money and votes by area",
}


@pytest.fixture
def shared_out(town: Town) -> Round:
    """Four benches of two categories, counted by equal shares: the first two are funded."""
    the_round = town.round(Phase.VOTE, rule=Rule(name=RuleName.EQUAL_SHARES))
    for project, category in zip(
        projects_in(town.session, the_round.id), ("Parks", "Streets", "Parks", ""), strict=True
    ):
        project.category = category
    vote(town, the_round, [1, 2], [1, 2], [1, 2, 3], [4])
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    return the_round


def screen(site: Site, the_round: Round, show: str) -> BeautifulSoup:
    page = site.as_(None).get(f"/rounds/{the_round.id}/screen?show={show}")
    return BeautifulSoup(page.text, "html5lib")


def rows(page: BeautifulSoup) -> list[list[str]]:
    """The table beside the picture."""
    found = page.select(".hall__table tbody tr")
    return [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in found]


def test_the_hall_sees_who_helped_to_pay_for_what(shared_out: Round, site: Site) -> None:
    page = screen(site, shared_out, "flow")
    assert page.select_one("main h2").get_text() == TITLES["flow"]  # type: ignore[union-attr]
    left, right = page.select(".hall-flow__side")
    assert "Bench 1" in left.get_text()
    assert "£2,000" in right.get_text()
    assert len(page.select(".hall-flow__own")) == 2
    assert ["Bench 1", "Bench 2: £4,000 Bench 1: £2,000"] in rows(page)
    assert not page.select(".screen__reveal")


def test_the_hall_sees_every_project_by_votes_and_cost(shared_out: Round, site: Site) -> None:
    page = screen(site, shared_out, "votes-and-cost")
    assert len(page.select(".hall-plot__area circle")) == 2
    assert len(page.select(".hall-plot__area rect")) == 2
    names = [name.get_text() for name in page.select(".hall-plot__area text")]
    assert sorted(names) == ["Bench 1", "Bench 2", "Bench 3", "Bench 4"]
    assert ["Bench 3", "1", "£6,000", "No"] in rows(page)


def test_the_hall_sees_money_and_votes_by_category(shared_out: Round, site: Site) -> None:
    page = screen(site, shared_out, "shares")
    names = [name.get_text() for name in page.select(".hall-shares__name")]
    assert names == ["Streets", "Parks", "No category"]
    assert "66.7% of the money" in page.select(".hall-shares__one")[0].get_text()
    assert rows(page)[1] == ["Parks", "£2,000 (33.3%)", "4 (50%)"]


@pytest.mark.parametrize("show", ["", "areas", "flow&show=shares&x=1", "../secrets", "flow "])
def test_any_other_name_shows_the_outcome(show: str, town: Town, site: Site) -> None:
    the_round = counted_round(town, [4, 1], [4])
    assert screen(site, the_round, show).select(".screen__reveal")


def test_where_votes_alone_decide_nobody_paid_and_there_is_no_flow(town: Town, site: Site) -> None:
    the_round = counted_round(town, [4, 1], [4])
    assert screen(site, the_round, "flow").select(".screen__reveal")
    assert screen(site, the_round, "votes-and-cost").select(".hall-plot")


def test_before_the_count_there_are_no_pictures_of_it(town: Town, site: Site) -> None:
    the_round = town.round(Phase.VOTE)
    town.session.commit()
    page = screen(site, the_round, "votes-and-cost")
    assert not page.select(".hall")
    assert "The vote is open" in page.get_text()


def test_the_list_of_assemblies_leads_to_each_picture_there_is(
    shared_out: Round, town: Town, site: Site
) -> None:
    page = site.as_(town.facilitator).get("/assemblies").text
    links = BeautifulSoup(page, "html5lib").select("a[href*='show=']")
    address = f"/rounds/{shared_out.id}/screen?show="
    assert {link["href"]: link.get_text() for link in links} == {
        f"{address}{name}": TITLES[name] for name in ("flow", "votes-and-cost", "shares")
    }


def test_the_list_of_assemblies_has_no_pictures_before_the_count(town: Town, site: Site) -> None:
    town.round(Phase.VOTE)
    town.session.commit()
    page = site.as_(town.facilitator).get("/assemblies").text
    assert "Pictures of the count" not in page


@pytest.mark.parametrize(
    ("categories", "lines", "others"),
    [(MOST_SHARES, MOST_SHARES, 0), (MOST_SHARES + 1, MOST_SHARES - 1, 2), (40, 5, 35)],
)
def test_many_categories_leave_the_last_place_to_all_others(
    categories: int, lines: int, others: int
) -> None:
    shares = tuple(Share(f"C{at}", 7, 3, 2, 1) for at in range(categories))
    room = SharesInHall.of(shares)
    assert (len(room.shares), room.others) == (lines, others)
    shown = [*room.shares, *([room.together] if room.together else [])]
    assert sum(share.pence for share in shown) == 7 * categories
    assert sum(share.votes for share in shown) == 3 * categories
    assert sum(share.of_money for share in shown) == 2 * categories
    assert sum(share.of_votes for share in shown) == categories
