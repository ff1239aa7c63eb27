"""A page that says what cannot be done also leads back to where somebody was."""

import pytest

from neighbourhoods.phases import Phase
from tests.builders import Town
from tests.council import Site

BACK = "Go back to the page you came from"


def refused(site: Site, town: Town, came_from: str | None) -> str:
    """The answer to an officer who sets the rules of a vote that is open already."""
    the_round = town.round(Phase.VOTE)
    town.session.commit()
    answer = site.as_(town.officer).post(
        f"/office/rounds/{the_round.id}/conditions",
        data={"minimum_votes": "3"},
        headers={"Referer": came_from} if came_from else {},
    )
    assert answer.status_code == 409
    return answer.text


def test_a_refused_act_leads_back_to_its_page(site: Site, town: Town) -> None:
    page = refused(site, town, "http://localhost/office/rounds/1?tab=rules")
    assert f'<a class="govuk-link" href="/office/rounds/1?tab=rules">{BACK}</a>' in page


@pytest.mark.parametrize(
    "came_from",
    [
        None,
        "https://elsewhere.example/office/rounds/1",
        "http://localhost/sign-out",
        # Only sent to, never opened: the page of a form that came back with faults.
        "http://localhost/rounds/1/proposals/1/points",
        "http://localhost/\\elsewhere.example",
    ],
)
def test_where_nobody_can_go_back_to_is_not_offered(
    site: Site, town: Town, came_from: str | None
) -> None:
    assert BACK not in refused(site, town, came_from)


def test_a_page_that_was_only_looked_at_offers_no_way_back(site: Site, town: Town) -> None:
    answer = site.as_(None).get("/rounds/77", headers={"Referer": "http://localhost/communities"})
    assert answer.status_code == 404
    assert BACK not in answer.text
