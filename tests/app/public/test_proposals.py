from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from ballots.casting import cast_ballot
from ballots.moves import conclude_sign_off
from neighbourhoods.delivery import DeliveryStatus, DeliveryStep, deliveries_in, report_delivery
from neighbourhoods.phases import ORDER, Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.proposals import Proposal, ProposalWords, back, proposals_in, propose, revise
from neighbourhoods.rounds import Round
from neighbourhoods.screening import Finding, ScreeningResult
from tests.app.world import make_world
from tests.builders import Town
from tests.council import Site


def titles(page: str) -> list[str]:
    return re.findall(r'class="wm-card__link"[^>]*>([^<]*)<', page)


def round_with(town: Town, *titles: str, category: str = "Streets") -> Round:
    """A round of ideas; each proposal costs £100 more than the one before it."""
    the_round = town.round(Phase.IDEAS, proposals=0)
    for number, title in enumerate(titles, start=1):
        words = ProposalWords(title, "What.", "Why.", number * 10_000, category=category)
        propose(town.session, the_round, town.resident, words)
    town.session.commit()
    return the_round


def page_of(proposal: Proposal) -> str:
    return f"/rounds/{proposal.round_id}/proposals/{proposal.id}"


# --- the list ------------------------------------------------------------------------------------


def test_the_newest_proposal_comes_first(town: Town, site: Site) -> None:
    the_round = round_with(town, "Alpha", "Beta", "Gamma")
    page = site.as_(None).get(f"/rounds/{the_round.id}/proposals").text
    assert titles(page) == ["Gamma", "Beta", "Alpha"]


def test_the_most_backed_proposal_comes_first_when_asked(
    town: Town, site: Site, session: Session
) -> None:
    the_round = round_with(town, "Alpha", "Beta", "Gamma")
    back(session, proposals_in(session, the_round)[1], town.neighbour)
    session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}/proposals?order=most-backed").text
    assert titles(page) == ["Beta", "Gamma", "Alpha"]
    assert "Backed by 1 person" in page


def test_the_cheapest_proposal_comes_first_when_asked(town: Town, site: Site) -> None:
    the_round = round_with(town, "Alpha", "Beta")
    page = site.as_(None).get(f"/rounds/{the_round.id}/proposals?order=cost").text
    assert titles(page) == ["Alpha", "Beta"]


def test_a_screened_cost_replaces_the_guess(town: Town, site: Site, session: Session) -> None:
    the_round = round_with(town, "Alpha", "Beta")
    town.enter(the_round, Phase.SCREENING)
    alpha = proposals_in(session, the_round)[0]
    finding = Finding(True, True, 1_00, 99_900_00, 99_999_00, 0, ScreeningResult.PASSED, "Dear.")
    town.screens(alpha, finding)
    session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}/proposals?order=cost").text
    assert titles(page) == ["Beta", "Alpha"]
    assert "£99,900" in page


def test_words_and_category_narrow_the_list(town: Town, site: Site, session: Session) -> None:
    the_round = round_with(town, "A bench", "A tree")
    proposals_in(session, the_round)[1].category = "Green spaces"
    session.commit()
    site_of = site.as_(None)
    here = f"/rounds/{the_round.id}/proposals"
    assert titles(site_of.get(f"{here}?q=BENCH").text) == ["A bench"]
    assert titles(site_of.get(f"{here}?category=Green+spaces").text) == ["A tree"]
    assert titles(site_of.get(f"{here}?q=bench&category=Green+spaces").text) == []
    assert "Nothing matches" in site_of.get(f"{here}?q=unicorn").text


@pytest.mark.parametrize("query", ["order=x", "page=0", "page=-3", "page=x", "page=999", "q=%25_"])
def test_odd_questions_get_a_page_all_the_same(town: Town, site: Site, query: str) -> None:
    the_round = round_with(town, "Alpha")
    assert site.as_(None).get(f"/rounds/{the_round.id}/proposals?{query}").status_code == 200


def test_two_hundred_proposals_come_thirty_at_a_time(
    town: Town, site: Site, session: Session
) -> None:
    the_round = round_with(town, *(f"Bench {number}" for number in range(1, 201)))
    here, client = f"/rounds/{the_round.id}/proposals", site.as_(None)
    first, last = client.get(here).text, client.get(f"{here}?page=7&order=cost").text
    assert len(titles(first)) == 30
    assert titles(last)[-1] == "Bench 200"
    assert len(titles(last)) == 20
    assert "page=6" in last
    assert "order=cost" in last
    assert "Next page" not in last


def test_an_empty_list_says_what_to_do(town: Town, site: Site, session: Session) -> None:
    ideas, set_up = town.round(Phase.IDEAS, proposals=0), town.round(Phase.SET_UP)
    session.commit()
    client = site.as_(None)
    assert "Yours can be the first." in client.get(f"/rounds/{ideas.id}/proposals").text
    assert "The timetable of the round" in client.get(f"/rounds/{set_up.id}/proposals").text


# --- one proposal --------------------------------------------------------------------------------


def test_a_proposal_opens_in_every_phase_for_everybody(town: Town, site: Site) -> None:
    world = make_world(town)
    for phase in ORDER[1:]:
        proposal = proposals_in(town.session, world.rounds[phase])[0]
        for person in (None, town.resident, town.neighbour, town.councillor, town.officer):
            client = site.as_(person)
            assert client.get(page_of(proposal)).status_code == 200
            assert client.get(f"{page_of(proposal)}/history").status_code == 200


@pytest.mark.parametrize(
    ("phase", "words"),
    [
        (Phase.IDEAS, "Residents can back it now. Officers screen it when ideas close."),
        (Phase.DEBATE, "It passed screening and stands on the ballot paper."),
        (Phase.VOTE, "You can vote until midday on Tuesday 24 November 2026."),
        (Phase.COUNT, "The votes are being counted."),
        (Phase.SIGN_OFF, "Councillors now decide on the outcome."),
    ],
)
def test_where_a_proposal_stands_is_said_in_words(
    town: Town, site: Site, session: Session, phase: Phase, words: str
) -> None:
    the_round = town.round(phase, proposals=1, closes_in=timedelta(days=1))
    session.commit()
    assert words in site.as_(None).get(page_of(proposals_in(session, the_round)[0])).text


def test_the_booth_is_one_link_away_while_the_vote_is_open(
    town: Town, site: Site, session: Session
) -> None:
    link = 'href="/rounds/{}/ballot">Vote in this round'
    for phase, shown in ((Phase.DEBATE, False), (Phase.VOTE, True), (Phase.COUNT, False)):
        the_round = town.round(phase, proposals=1, closes_in=timedelta(days=1))
        session.commit()
        page = site.as_(None).get(page_of(proposals_in(session, the_round)[0])).text
        assert (link.format(the_round.id) in page) is shown


def test_the_screening_is_public_with_its_figures_and_reasons(
    town: Town, site: Site, session: Session
) -> None:
    the_round = round_with(town, "Alpha")
    town.enter(the_round, Phase.SCREENING)
    (proposal,) = proposals_in(session, the_round)
    finding = Finding(
        True, False, 10_00, 20_00, 30_00, 4_00, ScreeningResult.NOT_PASSED, "A gas main."
    )
    town.screens(proposal, finding)
    session.commit()
    page = site.as_(None).get(page_of(proposal)).text
    for shown in ("Not passed", "not feasible", "A gas main.", "£10", "£20", "£30", "£4"):
        assert shown in page
    assert "Reply to this finding" not in page
    own = site.as_(town.resident).get(page_of(proposal)).text
    assert "Reply to this finding" in own
    assert "Offer a smaller variant" in own


def test_only_the_proposer_sees_how_to_change_it(town: Town, site: Site, session: Session) -> None:
    (proposal,) = proposals_in(session, round_with(town, "Alpha"))
    edit = f"{page_of(proposal)}/edit"
    assert edit in site.as_(town.resident).get(page_of(proposal)).text
    assert edit not in site.as_(town.neighbour).get(page_of(proposal)).text


def test_delivery_is_told_on_the_proposals_page(town: Town, site: Site, session: Session) -> None:
    the_round = town.round(Phase.VOTE, proposals=1)
    (project,) = projects_in(session, the_round.id)
    cast_ballot(
        session, town.keys, the_round, town.voter(the_round, 1), [project.code], request_id="1"
    )
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.approves(the_round, town.councillor)
    conclude_sign_off(session, town.keys, the_round)
    for delivery in deliveries_in(session, the_round):
        step = DeliveryStep(DeliveryStatus.STARTED, "The oak has been ordered.", 50_000, None)
        report_delivery(session, delivery, town.officer, step)
    session.commit()
    (delivery,) = deliveries_in(session, the_round)
    assert delivery.project.proposal is not None
    page = site.as_(None).get(page_of(delivery.project.proposal)).text
    assert "The oak has been ordered." in page
    assert "£500 of £2,000 spent" in page


def test_people_s_words_are_never_markup(town: Town, site: Site, session: Session) -> None:
    (proposal,) = proposals_in(session, round_with(town, "<b>Alpha</b>"))
    page = site.as_(None).get(page_of(proposal)).text
    assert "<b>Alpha" not in page
    assert "&lt;b&gt;Alpha" in page


# --- the history ---------------------------------------------------------------------------------


def test_the_history_says_what_changed_from_what_to_what(
    town: Town, site: Site, session: Session
) -> None:
    (proposal,) = proposals_in(session, round_with(town, "Alpha"))
    words = ProposalWords(
        "Beta", "What.", "Why.", 250_000, category="Streets", latitude=53.01, longitude=-2.02
    )
    revise(session, proposal, town.resident, words, 1)
    session.commit()
    page = site.as_(None).get(f"{page_of(proposal)}/history").text
    for shown in ("<del>Alpha</del>", "<ins>Beta</ins>", "<del>£100</del>", "<ins>£2,500</ins>"):
        assert shown in page
    assert "<del>No pin</del>" in page
    assert "What should be done" not in page
    assert "by Rita Resident" in page


def test_the_history_of_an_unchanged_proposal_has_one_entry(
    town: Town, site: Site, session: Session
) -> None:
    (proposal,) = proposals_in(session, round_with(town, "Alpha"))
    page = site.as_(None).get(f"{page_of(proposal)}/history").text
    assert "The proposal was made." in page
    assert "<del>" not in page
