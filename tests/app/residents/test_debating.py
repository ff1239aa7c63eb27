from __future__ import annotations

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from neighbourhoods.debate import Point, PointKind, hide_point, make_point, open_reports, points_on
from neighbourhoods.letters import newest_letters
from neighbourhoods.people import find_or_add_person
from neighbourhoods.phases import Phase, Role
from neighbourhoods.proposals import Proposal, proposals_in
from tests.builders import Town
from tests.council import Site


def proposal_in(town: Town, phase: Phase = Phase.IDEAS) -> Proposal:
    the_round = town.round(phase, proposals=1, closes_in=timedelta(days=1))
    town.session.commit()
    return proposals_in(town.session, the_round)[0]


def page_of(proposal: Proposal) -> str:
    return f"/rounds/{proposal.round_id}/proposals/{proposal.id}"


def say(client: FlaskClient, proposal: Proposal, **form: str) -> TestResponse:
    said = {"kind": "question", "words": "Who waters it?"} | form
    return client.post(f"{page_of(proposal)}/points", data=said)


@pytest.fixture
def question(town: Town, session: Session) -> Point:
    """Nora’s question about Rita’s proposal."""
    proposal = proposal_in(town)
    point = make_point(
        session, proposal, town.neighbour, Role.RESIDENT, PointKind.QUESTION, 'Who "waters" it?'
    )
    session.commit()
    return point


def point_page(point: Point, name: str) -> str:
    return f"/rounds/{point.proposal.round_id}/points/{point.id}/{name}"


def refresh(session: Session, point: Point) -> None:
    session.rollback()
    session.refresh(point)


# --- points --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["for", "against", "question"])
def test_a_point_is_added_to_the_debate(
    town: Town, site: Site, session: Session, kind: str
) -> None:
    proposal = proposal_in(town)
    client = site.as_(town.neighbour)
    answer = say(client, proposal, kind=kind)
    session.rollback()
    (point,) = points_on(session, proposal)
    assert answer.location == f"{page_of(proposal)}#point-{point.id}"
    assert (point.kind.value, point.speaking_as) == (kind, Role.RESIDENT)
    assert "Who waters it?" in client.get(answer.location).text


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"kind": ""}, "kind"),
        ({"kind": "answer"}, "kind"),
        ({"words": " \r\n "}, "words"),
        ({"words": "x" * 1001}, "words"),
    ],
)
def test_a_point_that_cannot_be_is_refused_at_its_field(
    town: Town, site: Site, session: Session, form: dict[str, str], field: str
) -> None:
    proposal = proposal_in(town)
    answer = say(site.as_(town.neighbour), proposal, **form)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    session.rollback()
    assert points_on(session, proposal) == []


def test_words_that_were_refused_are_still_in_the_form(
    town: Town, site: Site, session: Session
) -> None:
    answer = say(site.as_(town.neighbour), proposal_in(town), kind="", words="Who waters it?")
    assert ">\nWho waters it?</textarea>" in answer.text.replace("\r", "") or (
        "Who waters it?</textarea>" in answer.text
    )


def test_a_thousand_letters_fit_whatever_line_ends_the_browser_sends(
    town: Town, site: Site, session: Session
) -> None:
    proposal = proposal_in(town)
    assert say(site.as_(town.neighbour), proposal, words="ab\r\n" * 333).status_code == 303


def test_a_point_asks_for_a_name_once_and_keeps_it(
    town: Town, site: Site, session: Session
) -> None:
    proposal = proposal_in(town)
    nameless = find_or_add_person(session, "nameless@example.org")
    session.commit()
    client = site.as_(nameless)
    assert 'name="name"' in client.get(page_of(proposal)).text
    assert 'id="name-error"' in say(client, proposal).text
    assert say(client, proposal, name="Nell").status_code == 303
    session.refresh(nameless)
    assert nameless.name == "Nell"
    assert 'name="name"' not in client.get(page_of(proposal)).text


def test_signed_out_people_are_told_to_sign_in_first(town: Town, site: Site) -> None:
    proposal = proposal_in(town)
    page = site.as_(None).get(page_of(proposal)).text
    assert "Sign in to add a point or a question" in page
    assert "<textarea" not in page
    assert say(site.as_(None), proposal).location.startswith("/sign-in")


def test_an_officer_and_a_councillor_are_marked(town: Town, site: Site, session: Session) -> None:
    proposal = proposal_in(town)
    for person in (town.officer, town.councillor, town.other_councillor):
        say(site.as_(person), proposal)
    session.rollback()
    roles = [point.speaking_as for point in points_on(session, proposal)]
    assert roles == [Role.OFFICER, Role.COUNCILLOR, Role.RESIDENT]
    page = site.as_(None).get(page_of(proposal)).text
    assert page.count('<strong class="wm-tag wm-tag--good">Council officer</strong>') == 1
    assert page.count('<strong class="wm-tag wm-tag--good">Councillor</strong>') == 1


@pytest.mark.parametrize("phase", [Phase.VOTE, Phase.COUNT, Phase.SIGN_OFF])
def test_no_points_are_added_from_the_vote_on(
    town: Town, site: Site, session: Session, phase: Phase
) -> None:
    proposal = proposal_in(town, phase)
    client = site.as_(town.neighbour)
    assert "<textarea" not in client.get(page_of(proposal)).text
    assert say(client, proposal).status_code == 409
    session.rollback()
    assert points_on(session, proposal) == []


# --- answers -------------------------------------------------------------------------------------


def test_an_answer_hangs_from_its_question_and_is_told_by_letter(
    town: Town, site: Site, session: Session, question: Point
) -> None:
    client, address = site.as_(town.officer), point_page(question, "answer")
    assert "Who" in client.get(address).text
    answer = client.post(address, data={"words": "The parks team."})
    refresh(session, question)
    (given,) = question.answers
    assert given.speaking_as == Role.OFFICER
    assert answer.location == f"{page_of(question.proposal)}#point-{given.id}"
    (letter,) = newest_letters(session)
    assert letter.to_email == town.neighbour.email
    assert letter.subject == "Somebody answered you about “Bench 1”"
    assert "Olive Officer (Council officer) answered what you wrote:" in letter.body
    assert "The parks team." in letter.body
    assert f"http://localhost{answer.location}" in letter.body


def test_a_neighbours_answer_names_no_office(
    town: Town, site: Site, session: Session, question: Point
) -> None:
    site.as_(town.resident).post(point_page(question, "answer"), data={"words": "I do."})
    (letter,) = newest_letters(session)
    assert "Rita Resident answered what you wrote:" in letter.body


def test_nobody_gets_a_letter_about_their_own_answer(
    town: Town, site: Site, session: Session, question: Point
) -> None:
    site.as_(town.neighbour).post(point_page(question, "answer"), data={"words": "I see now."})
    assert newest_letters(session) == []


def test_an_empty_answer_is_refused_at_the_field(
    town: Town, site: Site, session: Session, question: Point
) -> None:
    answer = site.as_(town.officer).post(point_page(question, "answer"), data={"words": ""})
    assert answer.status_code == 422
    assert 'id="words-error"' in answer.text
    refresh(session, question)
    assert question.answers == []


def test_a_question_is_answered_while_people_vote_but_not_after(
    town: Town, site: Site, session: Session
) -> None:
    the_round = town.round(Phase.DEBATE, proposals=1, closes_in=timedelta(days=1))
    (proposal,) = proposals_in(session, the_round)
    kind = PointKind.QUESTION
    point = make_point(session, proposal, town.neighbour, Role.RESIDENT, kind, "Who?")
    town.enter(the_round, Phase.VOTE)
    session.commit()
    client, address = site.as_(town.officer), point_page(point, "answer")
    assert client.post(address, data={"words": "The parks team."}).status_code == 303
    session.rollback()
    town.enter(the_round, Phase.COUNT)
    session.commit()
    assert client.post(address, data={"words": "Too late."}).status_code == 409


# --- reports and moderation ----------------------------------------------------------------------


def test_a_report_reaches_the_moderators_once(
    town: Town, site: Site, session: Session, question: Point
) -> None:
    client, address = site.as_(town.resident), point_page(question, "report")
    for _ in range(2):
        assert client.post(address, data={"why": "It names my child."}).status_code == 303
    session.rollback()
    (report,) = open_reports(session)
    assert (report.point_id, report.why) == (question.id, "It names my child.")
    assert newest_letters(session) == []


def test_a_report_says_why(town: Town, site: Site, session: Session, question: Point) -> None:
    client, address = site.as_(town.resident), point_page(question, "report")
    assert "What is wrong with it?" in client.get(address).text
    answer = client.post(address, data={"why": " "})
    assert answer.status_code == 422
    assert 'id="why-error"' in answer.text


def test_a_hidden_point_shows_its_reason_and_no_way_to_answer(
    town: Town, site: Site, session: Session, question: Point
) -> None:
    hide_point(session, question, town.officer, "It named a child.")
    session.commit()
    page = site.as_(town.resident).get(page_of(question.proposal)).text
    assert "Hidden by a moderator: It named a child." in page
    assert "waters" not in page
    for name in ("answer", "report"):
        assert point_page(question, name) not in page
        shown = site.as_(town.resident).get(point_page(question, name))
        assert shown.status_code == 409
        assert "waters" not in shown.text


def test_another_rounds_point_is_not_found(
    town: Town, site: Site, session: Session, question: Point
) -> None:
    other = proposal_in(town)
    for name in ("answer", "report"):
        address = f"/rounds/{other.round_id}/points/{question.id}/{name}"
        assert site.as_(town.resident).get(address).status_code == 404
