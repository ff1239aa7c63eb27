"""Screening: what an officer finds is public, and the proposer is told."""

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from ballots.counting import Rule
from ballots.voting_rules import rules_of
from neighbourhoods.duties import declare_for_duty
from neighbourhoods.interests import InterestKind
from neighbourhoods.letters import newest_letters
from neighbourhoods.people import Office
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
    declare_for_duty(session, the_round, town.officer, InterestKind.NONE, proposal=proposal)
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
        ({"minimum_cost": "2,000.51"}, "cannot be above its likely cost of £2,000.50"),
        ({"minimum_cost": "little"}, "Enter in pounds the least it can be done for"),
        ({"beneficiaries": "0"}, "Enter a whole number from 1 to 10,000,000"),
        ({"area": "x" * 121}, "This is 121 characters long"),
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


KNOWN = {
    "area": " Canal  Side ",
    "minimum_cost": "900",
    "beneficiaries": "1,250",
    "criterion_1": "7",
    "criterion_2": "",
}


@pytest.fixture
def criteria(proposal: Proposal, session: Session) -> None:
    """Two published criteria, of which officers may give points."""
    rules = rules_of(session, proposal.round_id)
    assert rules is not None
    rules.rule_settings = dict(Rule(criteria=(("Need", 50), ("Jobs", 20))).as_json())
    session.commit()


@pytest.mark.usefixtures("criteria")
def test_what_is_known_of_a_project_goes_on_the_paper_and_stands_on_its_page(
    proposal: Proposal, session: Session, officer: FlaskClient, site: Site
) -> None:
    assert officer.post(address(proposal), data=FINDING | KNOWN).status_code == 303
    project = project_for(session, proposal)
    assert project is not None
    assert (project.area, project.minimum_cost_pence) == ("Canal Side", 90_000)
    assert (project.beneficiaries, project.criteria) == (1_250, {"Need": 7})
    page = site.as_(None).get(f"/rounds/{proposal.round_id}/proposals/{proposal.id}").text
    for words in ("Area it serves", "Canal Side", "1,250", "£900", "Need: 7"):
        assert words in page
    # A second look begins with what the first one found.
    again = officer.get(address(proposal)).text
    assert '<option value="Canal Side">' in again  # offered for every other project too
    for words in ('value="Canal Side"', 'value="900"', 'value="1250"', 'value="7"'):
        assert words in again


@pytest.mark.usefixtures("criteria")
def test_points_for_a_criterion_go_from_0_to_10(
    proposal: Proposal, session: Session, officer: FlaskClient
) -> None:
    answer = officer.post(address(proposal), data=FINDING | {"criterion_2": "11"})
    assert answer.status_code == 422
    assert "Enter a whole number from 0 to 10" in answer.text
    page = BeautifulSoup(answer.text, "html5lib")
    field = page.select_one("#criterion_2")
    assert field is not None
    assert all(part.has_attr("open") for part in field.find_parents("details"))
    assert screenings_of(session, proposal) == []


def test_nobody_has_to_know_more_of_a_project(
    proposal: Proposal, session: Session, officer: FlaskClient, site: Site
) -> None:
    page = BeautifulSoup(officer.get(address(proposal)).text, "html5lib")
    assert page.select("details[open] #area") == []
    assert officer.post(address(proposal), data=FINDING).status_code == 303
    project = project_for(session, proposal)
    assert project is not None
    known = (project.area, project.minimum_cost_pence, project.beneficiaries, project.criteria)
    assert known == ("", None, None, {})
    shown = site.as_(None).get(f"/rounds/{proposal.round_id}/proposals/{proposal.id}").text
    assert "Area it serves" not in shown
    assert "People who benefit" not in shown


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
    declare_for_duty(session, the_round, town.officer, InterestKind.NONE, proposal=proposal)
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


def test_an_officer_declares_before_screening(
    proposal: Proposal, town: Town, session: Session, site: Site
) -> None:
    colleague = site.as_(town.person("Oona Officer", Office.OFFICER))
    session.commit()
    gate = address(proposal).replace("/screen", "/interest")
    assert colleague.get(address(proposal)).location == gate
    assert colleague.post(address(proposal), data=FINDING).status_code == 409
    assert colleague.post(gate, data={"kind": "other", "details": ""}).status_code == 422
    sent = {"kind": "other", "details": "My <b>sister</b> lives there."}
    assert colleague.post(gate, data=sent).location == address(proposal)
    assert colleague.post(address(proposal), data=FINDING).status_code == 303


def test_a_pecuniary_interest_keeps_an_officer_from_screening(
    proposal: Proposal, town: Town, session: Session, site: Site
) -> None:
    colleague = site.as_(town.person("Oona Officer", Office.OFFICER))
    session.commit()
    gate = address(proposal).replace("/screen", "/interest")
    colleague.post(gate, data={"kind": "pecuniary", "details": "I own the land."})
    answer = colleague.post(address(proposal), data=FINDING)
    assert answer.status_code == 409
    assert "somebody else must do it" in answer.text
    assert colleague.post(gate, data={"kind": "none", "details": ""}).status_code == 409
