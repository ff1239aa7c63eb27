"""The pictures of a count on the outcome page and the record: each with its table, and light."""

from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag

from app.public import records
from app.public.counted import Counted, read_count
from ballots.outcome import outcome_of
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.app.pictures.counts import Json, explanation
from tests.app.public.builders import counted_round, signed_round, vote
from tests.builders import Town
from tests.council import Site

HOSTILE = '<script>alert("x")</script> & “quotes” %s {{ 7*7 }}'
# A quarter of it is the table of who paid for what, where everybody paid for everything.
MOST_BYTES = 80_000

Explain = Callable[[Json], Json | None]


@pytest.fixture
def explained(monkeypatch: pytest.MonkeyPatch) -> Callable[[Explain], None]:
    """Give every outcome the explanation that is made of its result."""

    def give(explain: Explain) -> None:
        def read(result: Json, titles: dict[str, str], **rest: Any) -> Counted:
            return read_count(result, titles, **rest | {"explanation": explain(result)})

        monkeypatch.setattr(records, "read_count", read)

    return give


def everybody_pays(result: Json) -> Json:
    """Supporters of every project paid for every winner; a second rule funds the first two."""
    codes = [verdict["project_id"] for verdict in result["projects"]]
    paid = {(code, winner): 10_000 for code in codes for winner in result["winners"]}
    found = explanation(result, paid)
    names = ("Parks and play", "Roads, cycling and walking", "Health")
    votes = sum(verdict["votes"] for verdict in result["projects"])
    found["spending"]["category"] = [
        {"name": name, "pence": result["spent_pence"] // 3, "votes": votes // 3} for name in names
    ]
    found["spending"]["area"] = [{"name": "Lockside", "pence": 1, "votes": 1}]
    found["alternative"] = {
        "rule": {"name": "equal-shares"},
        "winners": codes[:2],
        "spent_pence": 1_000,
        "ballots_with_a_winner": 1,
    }
    return found


def outcome(site: Site, the_round: Round) -> BeautifulSoup:
    page = site.as_(None).get(f"/rounds/{the_round.id}/outcome").text
    return BeautifulSoup(page, "html5lib")


def figure(page: BeautifulSoup, name: str) -> Tag:
    found = page.select_one(f"figure:has(#picture-{name})")
    assert found is not None
    return found


def rows(page: BeautifulSoup, name: str) -> list[list[str]]:
    return [
        [cell.get_text(strip=True) for cell in row.select("th, td")]
        for row in figure(page, name).select("tbody tr")
    ]


def test_without_an_explanation_two_pictures_are_drawn(
    site: Site, town: Town, explained: Callable[[Explain], None]
) -> None:
    explained(lambda _result: None)
    page = outcome(site, counted_round(town, [4, 1], [4, 1], [4, 3], [3]))
    assert rows(page, "fall") == [["Bench 4", "£8,000", "£2,000"], ["Bench 1", "£2,000", "£0"]]
    assert rows(page, "plot") == [
        ["Bench 4", "3", "£8,000", "Yes"],
        ["Bench 1", "2", "£2,000", "Yes"],
        ["Bench 3", "2", "£6,000", "No"],
        ["Bench 2", "0", "£4,000", "No"],
    ]
    assert [found["id"] for found in page.select("figcaption h3")] == [
        "picture-fall",
        "picture-plot",
    ]


def test_with_an_explanation_all_pictures_are_drawn(
    site: Site, town: Town, explained: Callable[[Explain], None]
) -> None:
    explained(everybody_pays)
    page = outcome(site, counted_round(town, [4, 1], [4, 1], [4, 3], [3]))
    names = ["fall", "plot", "category", "area", "flow"]
    assert [found["id"] for found in page.select("figcaption h3")] == [
        f"picture-{name}" for name in names
    ]
    assert "The same votes under another rule" in page.get_text()
    # The alternative funds Bench 4 and Bench 1 as well.
    assert "Both fund the same projects." in page.get_text()
    assert [row[0] for row in rows(page, "category")] == [
        "Parks and play",
        "Roads, cycling and walking",
        "Health",
        "No category",
    ]
    assert [row[0] for row in rows(page, "flow")] == ["Bench 4", "Bench 1", "Bench 3", "Bench 2"]


def test_what_the_count_itself_explains_can_be_drawn(site: Site, town: Town) -> None:
    the_round = counted_round(town, [4, 1], [4, 1], [4, 3], [3])
    page = outcome(site, the_round)
    stored = outcome_of(town.session, the_round.id)
    assert stored is not None
    assert stored.explanation is not None
    assert rows(page, "fall")[0] == ["Bench 4", "£8,000", "£2,000"]
    # Everybody but the last voter chose Bench 4 or Bench 1.
    assert "3 of the 4 people who voted chose at least one project" in page.get_text()


def test_every_picture_has_a_name_a_description_and_a_table(
    site: Site, town: Town, explained: Callable[[Explain], None]
) -> None:
    explained(everybody_pays)
    page = outcome(site, counted_round(town, [4, 1], [4]))
    drawn = page.select("figure.wm-picture")
    assert len(drawn) == 5
    for found in drawn:
        picture = found.select_one("[role=img]")
        assert picture is not None
        for reference in ("aria-labelledby", "aria-describedby"):
            assert found.select_one(f"#{picture[reference]}") is not None
        assert found.select_one("details table") is not None
        assert picture.select("a, button, input, details") == []


def test_where_nobody_paid_for_anything_no_flow_is_drawn(
    site: Site, town: Town, explained: Callable[[Explain], None]
) -> None:
    explained(explanation)
    page = outcome(site, counted_round(town, [4, 1], [4]))
    assert page.select("#picture-flow") == []
    assert "Who helped to pay" not in page.get_text()


def test_what_is_too_dear_to_draw_is_named_below_the_plot(site: Site, town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    projects_in(town.session, the_round.id)[3].cost_pence = 999_999_999_00
    vote(town, the_round, [1, 4], [1, 4])
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    page = outcome(site, the_round)
    assert "1 project that costs more than ten times the money" in figure(page, "plot").get_text()
    assert ["Bench 4", "2", "£999,999,999", "No"] in rows(page, "plot")
    assert len(figure(page, "plot").select(".wm-plot__area circle, .wm-plot__area rect")) == 3


def test_a_vote_without_a_ballot_has_no_pictures(
    site: Site, town: Town, explained: Callable[[Explain], None]
) -> None:
    explained(explanation)
    the_round = town.round(Phase.SIGN_OFF)
    town.session.commit()
    page = outcome(site, the_round)
    assert page.select("figure") == []
    assert "The count in pictures" not in page.get_text()


def test_a_single_project_has_a_balance_but_no_plot(
    site: Site, town: Town, explained: Callable[[Explain], None]
) -> None:
    explained(explanation)
    the_round = town.round(Phase.VOTE, proposals=1)
    vote(town, the_round, [1], [1])
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    page = outcome(site, the_round)
    assert [found["id"] for found in page.select("figcaption h3")] == ["picture-fall"]


def test_a_hostile_title_is_shown_and_never_obeyed(
    site: Site, town: Town, explained: Callable[[Explain], None]
) -> None:
    explained(everybody_pays)
    the_round = counted_round(town, [4, 1], [4])
    for project in projects_in(town.session, the_round.id):
        project.title = HOSTILE
    town.session.commit()
    page = outcome(site, the_round)
    assert page.select("main script") == []
    for name in ("fall", "plot", "flow"):
        assert all(row[0] == HOSTILE for row in rows(page, name))


def test_the_page_of_thirty_projects_stays_light(
    site: Site, town: Town, explained: Callable[[Explain], None]
) -> None:
    explained(everybody_pays)
    the_round = town.round(Phase.VOTE, proposals=30)
    for at, project in enumerate(projects_in(town.session, the_round.id), start=1):
        project.title = f"A play area with benches and trees at Mill Street, part {at}"
        project.cost_pence = 45_000 + 1_000 * at
    vote(town, the_round, *([1, 2, 3] for _ in range(3)), *([at, at + 9, 20] for at in (4, 5, 6)))
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    answer = site.as_(None).get(f"/rounds/{the_round.id}/outcome")
    assert len(rows(BeautifulSoup(answer.text, "html5lib"), "plot")) == 30
    assert len(answer.data) <= MOST_BYTES


def test_the_record_shows_the_pictures_of_its_own_document(site: Site, town: Town) -> None:
    the_round = signed_round(town, [4, 1], [4])
    page = BeautifulSoup(site.as_(None).get(f"/rounds/{the_round.id}/record").text, "html5lib")
    assert rows(page, "fall") == [["Bench 4", "£8,000", "£2,000"], ["Bench 1", "£2,000", "£0"]]
    assert len(rows(page, "plot")) == 4
