from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from neighbourhoods.people import find_or_add_person
from neighbourhoods.phases import Phase
from neighbourhoods.proposals import back, proposals_in
from tests.builders import Town
from tests.council import Site


def test_my_page_lists_what_i_proposed_and_what_i_back(
    town: Town, site: Site, session: Session
) -> None:
    the_round = town.round(Phase.IDEAS, proposals=1)
    back(session, proposals_in(session, the_round)[0], town.neighbour)
    session.commit()
    mine = site.as_(town.resident).get("/me").text
    assert "Bench 1" in mine
    assert "You do not back anything yet" in mine
    backed = site.as_(town.neighbour).get("/me").text
    assert "You have not proposed anything yet" in backed
    assert "Bench 1" in backed


def test_office_holders_find_their_desk(town: Town, site: Site) -> None:
    links = {
        "/office": town.officer,
        "/desk": town.councillor,
        "/assemblies": town.facilitator,
    }
    for link, person in links.items():
        assert f'class="govuk-link" href="{link}"' in site.as_(person).get("/me").text
    assert 'href="/office"' not in site.as_(town.resident).get("/me").text


def test_whoever_signs_stops_the_weekly_letter_and_takes_it_again(
    town: Town, site: Site, session: Session
) -> None:
    client = site.as_(town.councillor)
    assert "Stop the weekly letter" in client.get("/me").text
    for _twice in range(2):  # a double tap
        assert client.post("/me/digest", data={"wanted": "no"}).location == "/me#digest"
    assert "Send me the weekly letter" in client.get("/me").text
    client.post("/me/digest", data={"wanted": "yes"})
    assert "Stop the weekly letter" in client.get("/me").text


def test_a_resident_is_not_asked_about_a_weekly_letter(town: Town, site: Site) -> None:
    client = site.as_(town.resident)
    assert "weekly letter" not in client.get("/me").text
    assert client.post("/me/digest", data={"wanted": "no"}).status_code == 403


def test_nobody_opens_my_page_signed_out(town: Town, site: Site) -> None:
    assert site.as_(None).get("/me").location == "/sign-in?next=/me"


def test_i_change_my_name(town: Town, site: Site, session: Session) -> None:
    client = site.as_(town.resident)
    assert 'value="Rita Resident"' in client.get("/me/name").text
    answer = client.post("/me/name", data={"name": "  Rita   R. "})
    assert answer.location == "/me"
    session.refresh(town.resident)
    assert town.resident.name == "Rita R."


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "\u0000"])
def test_a_name_that_is_none_is_refused_at_the_field(
    town: Town, site: Site, session: Session, name: str
) -> None:
    answer = site.as_(town.resident).post("/me/name", data={"name": name})
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text
    session.refresh(town.resident)
    assert town.resident.name == "Rita Resident"


def test_the_name_page_leads_nowhere_else(town: Town, site: Site) -> None:
    form = {"name": "Rita", "next": "https://evil.example"}
    assert site.as_(town.resident).post("/me/name", data=form).location == "/me"


def test_an_e_mail_address_is_never_shown_in_place_of_a_name(
    town: Town, site: Site, session: Session
) -> None:
    the_round = town.round(Phase.IDEAS, proposals=1)
    nameless = find_or_add_person(session, "nameless@example.org")
    (proposal,) = proposals_in(session, the_round)
    proposal.proposer = nameless
    session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}/proposals/{proposal.id}").text
    assert "nameless@example.org" not in page
    assert "A resident" in page
