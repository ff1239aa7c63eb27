from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from neighbourhoods.phases import Phase
from neighbourhoods.proposals import (
    Proposal,
    ProposalState,
    backing_counts,
    proposals_in,
)
from neighbourhoods.rounds import set_timetable
from neighbourhoods.screening import Finding, ScreeningResult, screenings_of
from tests.app.residents.typed import put_to_round, refresh, sent
from tests.builders import Clock, Town
from tests.council import Site

FINDING = Finding(True, True, 100, 200, 300, 40, ScreeningResult.SMALLER_ASKED, "Six would do.")

# --- changing and withdrawing --------------------------------------------------------------------


def edit_page(proposal: Proposal) -> str:
    return f"/rounds/{proposal.round_id}/proposals/{proposal.id}/edit"


def test_the_proposer_changes_a_proposal(town: Town, site: Site, session: Session) -> None:
    _, proposal = put_to_round(town)
    client = site.as_(town.resident)
    assert 'value="Bench 1"' in client.get(edit_page(proposal)).text
    answer = client.post(edit_page(proposal), data=sent("send", seen_version="1"))
    assert answer.location == edit_page(proposal).removesuffix("/edit")
    refresh(session, proposal)
    assert (proposal.title, proposal.version) == ("Lights on the towpath", 2)


def test_the_second_of_two_tabs_keeps_its_words_and_is_warned(
    town: Town, site: Site, session: Session
) -> None:
    _, proposal = put_to_round(town)
    client = site.as_(town.resident)
    client.post(edit_page(proposal), data=sent("send", seen_version="1"))
    late = sent("send", seen_version="1", title="Lights and a bench")
    warned = client.post(edit_page(proposal), data=late)
    assert warned.status_code == 409
    assert "changed in another window" in warned.text
    assert 'value="Lights and a bench"' in warned.text
    refresh(session, proposal)
    assert proposal.title == "Lights on the towpath"
    assert 'name="seen_version" type="hidden" value="2"' in warned.text
    client.post(edit_page(proposal), data=late | {"seen_version": "2"})
    refresh(session, proposal)
    assert proposal.title == "Lights and a bench"


@pytest.mark.parametrize("name", ["edit", "withdraw", "variant", "sent"])
def test_nobody_else_touches_a_proposal(
    town: Town, site: Site, session: Session, name: str
) -> None:
    _, proposal = put_to_round(town)
    address = edit_page(proposal).removesuffix("edit") + name
    client = site.as_(town.neighbour)
    assert client.get(address).status_code == 409
    if name != "sent":
        assert client.post(address, data=sent("send", seen_version="1")).status_code == 409
    refresh(session, proposal)
    assert (proposal.title, proposal.state) == ("Bench 1", ProposalState.SUBMITTED)


@pytest.mark.parametrize("phase", [Phase.SCREENING, Phase.DEBATE, Phase.VOTE])
@pytest.mark.parametrize("name", ["edit", "withdraw"])
def test_a_proposal_stays_as_it_is_once_screening_begins(
    town: Town, site: Site, session: Session, phase: Phase, name: str
) -> None:
    the_round = town.round(phase, proposals=2, closes_in=timedelta(days=1))
    session.commit()
    proposal = proposals_in(session, the_round)[0]
    address = edit_page(proposal).removesuffix("edit") + name
    client = site.as_(town.resident)
    assert client.get(address).status_code == 409
    assert client.post(address, data=sent("send", seen_version="1")).status_code == 409
    refresh(session, proposal)
    assert (proposal.title, proposal.state) == ("Bench 1", ProposalState.PASSED)


def state_of(session: Session, proposal: Proposal) -> ProposalState:
    refresh(session, proposal)
    return proposal.state


def test_withdrawing_is_asked_twice(town: Town, site: Site, session: Session) -> None:
    _, proposal = put_to_round(town)
    client, address = site.as_(town.resident), edit_page(proposal).replace("edit", "withdraw")
    assert "Withdraw your proposal?" in client.get(address).text
    assert state_of(session, proposal) == ProposalState.SUBMITTED
    page = client.post(address, follow_redirects=True).text
    assert "Withdrawn" in page
    assert state_of(session, proposal) == ProposalState.WITHDRAWN


def test_another_rounds_proposal_is_not_found(town: Town, site: Site, session: Session) -> None:
    _, proposal = put_to_round(town)
    other, _ = put_to_round(town)
    client = site.as_(town.resident)
    page = f"/rounds/{other.id}/proposals/{proposal.id}"
    for name in ("", "/history", "/edit", "/withdraw", "/variant", "/sent"):
        assert client.get(page + name).status_code == 404
    for name in ("/back", "/stop-backing", "/points", "/edit", "/withdraw", "/variant"):
        assert client.post(page + name).status_code == 404


# --- backing -------------------------------------------------------------------------------------


def backing(client: FlaskClient, proposal: Proposal, name: str = "back") -> int:
    return client.post(edit_page(proposal).replace("edit", name)).status_code


def test_backing_counts_each_person_once(town: Town, site: Site, session: Session) -> None:
    the_round, proposal = put_to_round(town)
    client = site.as_(town.neighbour)
    assert [backing(client, proposal), backing(client, proposal)] == [303, 303]
    session.rollback()
    assert backing_counts(session, the_round) == {proposal.id: 1}
    page = client.get(edit_page(proposal).removesuffix("/edit")).text
    assert "You back this proposal." in page
    assert "Stop backing it" in page


def test_backing_can_be_taken_away(town: Town, site: Site, session: Session) -> None:
    the_round, proposal = put_to_round(town)
    client = site.as_(town.neighbour)
    backing(client, proposal)
    assert [backing(client, proposal, "stop-backing") for _ in range(2)] == [303, 303]
    session.rollback()
    assert backing_counts(session, the_round) == {}


def test_nobody_backs_their_own_proposal(town: Town, site: Site, session: Session) -> None:
    the_round, proposal = put_to_round(town)
    assert backing(site.as_(town.resident), proposal) == 409
    session.rollback()
    assert backing_counts(session, the_round) == {}


def test_backing_ends_with_screening(town: Town, site: Site, session: Session) -> None:
    the_round, proposal = put_to_round(town, Phase.DEBATE)
    assert backing(site.as_(town.neighbour), proposal) == 409
    session.rollback()
    assert backing_counts(session, the_round) == {}


def test_signed_out_backers_sign_in_and_come_back(town: Town, site: Site, session: Session) -> None:
    _, proposal = put_to_round(town)
    page = edit_page(proposal).removesuffix("/edit")
    client = site.as_(None)
    assert f"/sign-in?next={page}" in client.get(page).text
    answer = client.post(f"{page}/back", headers={"Referer": f"http://localhost{page}"})
    assert f'name="next" value="{page}"' in client.get(answer.location).text


# --- after screening -----------------------------------------------------------------------------


@pytest.fixture
def asked(town: Town, session: Session) -> Proposal:
    """A proposal that officers asked a smaller variant of."""
    the_round = town.round(Phase.IDEAS, proposals=1)
    (proposal,) = proposals_in(session, the_round)
    town.enter(the_round, Phase.SCREENING)
    town.screens(proposal, FINDING)
    session.commit()
    return proposal


def test_the_proposer_offers_a_smaller_variant(
    town: Town, site: Site, session: Session, asked: Proposal
) -> None:
    client, address = site.as_(town.resident), edit_page(asked).replace("edit", "variant")
    assert "Six would do." in client.get(address).text
    client.post(address, data=sent("send", seen_version="1", cost="600"))
    refresh(session, asked)
    assert (asked.state, asked.cost_pence) == (ProposalState.SUBMITTED, 60_000)


def test_a_variant_is_not_offered_unasked(town: Town, site: Site, session: Session) -> None:
    _, proposal = put_to_round(town, Phase.SCREENING)
    address = edit_page(proposal).replace("edit", "variant")
    answer = site.as_(town.resident).post(address, data=sent("send", seen_version="1"))
    assert answer.status_code == 409
    refresh(session, proposal)
    assert proposal.title == "Bench 1"


def reply_page(proposal: Proposal, session: Session) -> str:
    found = screenings_of(session, proposal)[0]
    return f"/rounds/{proposal.round_id}/screenings/{found.id}/reply"


def test_the_proposer_replies_once_in_public(
    town: Town, site: Site, session: Session, asked: Proposal
) -> None:
    client, address = site.as_(town.resident), reply_page(asked, session)
    answer = client.post(address, data={"words": "Six is too few at the bend."})
    assert "Six is too few at the bend." in site.as_(None).get(answer.location).text
    again = client.post(address, data={"words": "And another thing."})
    assert again.status_code == 422
    assert "You have already replied to this." in again.text


def test_an_empty_reply_is_refused_at_the_field(
    town: Town, site: Site, session: Session, asked: Proposal
) -> None:
    answer = site.as_(town.resident).post(reply_page(asked, session), data={"words": " "})
    assert answer.status_code == 422
    assert 'id="words-error"' in answer.text


def test_nobody_else_replies_for_the_proposer(
    town: Town, site: Site, session: Session, asked: Proposal
) -> None:
    client, address = site.as_(town.neighbour), reply_page(asked, session)
    assert client.get(address).status_code == 409
    assert client.post(address, data={"words": "Hello"}).status_code == 409


def test_the_confirmation_names_the_day_of_screening(
    town: Town, site: Site, session: Session, clock: Clock
) -> None:
    the_round, proposal = put_to_round(town)
    set_timetable(session, the_round, {Phase.SCREENING: clock.moment + timedelta(days=3)})
    session.commit()
    page = site.as_(town.resident).get(edit_page(proposal).replace("edit", "sent")).text
    assert "Thursday 26 November 2026" in page


def test_every_proposal_keeps_its_first_version(town: Town, site: Site, session: Session) -> None:
    _, proposal = put_to_round(town)
    site.as_(town.resident).post(edit_page(proposal), data=sent("send", seen_version="1"))
    session.rollback()
    kept = session.scalars(select(Proposal).where(Proposal.id == proposal.id)).one()
    assert [version.words["title"] for version in kept.versions] == [
        "Bench 1",
        "Lights on the towpath",
    ]
