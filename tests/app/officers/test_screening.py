"""Screening: what an officer finds is public, and the proposer is told."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from neighbourhoods.letters import newest_letters
from neighbourhoods.phases import Phase
from neighbourhoods.projects import project_for
from neighbourhoods.proposals import (
    MenuItem,
    Proposal,
    ProposalState,
    ProposalWords,
    proposals_in,
    propose,
)
from neighbourhoods.screening import offer_variant, screenings_of
from tests.builders import Town
from tests.council import Site

FINDING = {
    "version": "1",
    "lawful": "yes",
    "feasible": "yes",
    "low": "1,500",
    "likely": "2,000.50",
    "high": "2,500",
    "yearly": "0",
    "result": "passed",
    "reasons": "It can stand there.",
}


@pytest.fixture
def officer(town: Town, site: Site) -> FlaskClient:
    return site.as_(town.officer)


@pytest.fixture
def proposal(town: Town, session: Session) -> Proposal:
    """One proposal that waits, in a round that is being screened."""
    the_round = town.round(Phase.IDEAS, proposals=1)
    the_round.phase = Phase.SCREENING
    (proposal,) = proposals_in(session, the_round)
    session.commit()
    return proposal


def address(proposal: Proposal) -> str:
    return f"/office/rounds/{proposal.round_id}/proposals/{proposal.id}/screen"


def test_a_passed_proposal_stands_on_the_ballot_paper_at_its_likely_cost(
    proposal: Proposal, session: Session, officer: FlaskClient
) -> None:
    answer = officer.post(address(proposal), data=FINDING)
    assert answer.status_code == 303
    assert answer.location == f"/office/rounds/{proposal.round_id}/screening"
    session.refresh(proposal)
    project = project_for(session, proposal)
    assert proposal.state == ProposalState.PASSED
    assert project is not None
    assert project.cost_pence == 200_050
    page = officer.get(answer.location).text
    for words in ("Done (1)", "Passed screening", "Nothing waits", "Bench 1"):
        assert words in page


@pytest.mark.parametrize(
    ("result", "next_step"),
    [
        ("passed", "You need do nothing."),
        ("smaller-asked", "You can offer a smaller or other variant"),
        ("not-passed", "You can reply to the finding in public"),
    ],
)
def test_the_proposer_is_told_the_result_the_reasons_and_what_to_do_next(
    result: str,
    next_step: str,
    proposal: Proposal,
    town: Town,
    session: Session,
    officer: FlaskClient,
) -> None:
    officer.post(address(proposal), data=FINDING | {"result": result})
    (letter,) = newest_letters(session)
    assert letter.to_email == town.resident.email
    assert letter.subject == "“Bench 1”: what officers found"
    link = f"http://localhost/rounds/{proposal.round_id}/proposals/{proposal.id}"
    for words in ("It can stand there.", next_step, link, "£2,000.50"):
        assert words in letter.body


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"lawful": ""}, "Say whether it is lawful"),
        ({"feasible": "perhaps"}, "Not a valid choice"),
        ({"low": ""}, "Enter the lowest cost"),
        ({"likely": "free"}, "Enter a sum of money in pounds"),
        ({"high": "9" * 60}, "Enter a sum of money in pounds"),
        ({"high": "1"}, "The low cost cannot be above the likely one"),
        ({"low": "0"}, "more than £0"),
        ({"yearly": ""}, "Enter the running cost a year, or 0 if there is none"),
        ({"result": ""}, "Choose the result"),
        ({"lawful": "no"}, "A proposal can only pass if it is both lawful and feasible."),
        ({"reasons": "  "}, "Give your reasons. They will be public."),
        ({"reasons": "\x00"}, "Give your reasons. They will be public."),
        ({"reasons": "x" * 10_000}, "This is 10,000 characters long"),
        ({"version": "7"}, "This proposal was changed in another window."),
    ],
)
def test_a_finding_that_is_not_whole_is_refused_at_its_field(
    wrong: dict[str, str], words: str, proposal: Proposal, session: Session, officer: FlaskClient
) -> None:
    answer = officer.post(address(proposal), data=FINDING | wrong)
    assert answer.status_code == 422
    assert words in answer.text
    assert screenings_of(session, proposal) == []
    assert newest_letters(session) == []


def test_the_finding_before_stays_in_view_when_a_variant_is_screened(
    proposal: Proposal, town: Town, session: Session, officer: FlaskClient
) -> None:
    first = {"result": "smaller-asked", "reasons": "Too long."}
    officer.post(address(proposal), data=FINDING | first)
    session.refresh(proposal)
    session.expire(proposal, ["versions"])
    offer_variant(
        session, proposal, town.resident, ProposalWords("Bench 1", "A stool.", "Sit.", 9_900), 1
    )
    session.commit()
    page = officer.get(address(proposal)).text
    for words in ("Findings so far", "Too long.", "A stool.", "£99"):
        assert words in page
    assert officer.post(address(proposal), data=FINDING | {"version": "2"}).status_code == 303
    session.expire_all()
    assert [one.version for one in screenings_of(session, proposal)] == [2, 1]


def test_a_service_from_the_menu_comes_with_its_price(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.IDEAS, proposals=0)
    item = MenuItem(
        title="Bin", about="A bin.", category="Streets", cost_pence=35_000, yearly_pence=1_200
    )
    session.add(item)
    session.flush()
    words = ProposalWords("A bin", "By the lock", "Litter", 1)
    proposal = propose(session, the_round, town.resident, words, item)
    the_round.phase = Phase.SCREENING
    session.commit()
    page = officer.get(address(proposal)).text
    assert page.count('value="350"') == 3
    assert 'value="12"' in page


def test_outside_screening_and_debate_nothing_can_be_found(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.IDEAS, proposals=1)
    proposal = proposals_in(session, the_round)[0]
    session.commit()
    page = officer.get(address(proposal)).text
    assert "This round is in the phase Ideas." in page
    assert 'name="reasons"' not in page
    assert officer.post(address(proposal), data=FINDING).status_code == 409
    assert screenings_of(session, proposal) == []


def test_a_round_without_proposals_says_so(
    town: Town, session: Session, officer: FlaskClient
) -> None:
    the_round = town.round(Phase.SCREENING, proposals=0)
    session.commit()
    assert "Nothing waits" in officer.get(f"/office/rounds/{the_round.id}/screening").text
