"""Deciding on an outcome: see, declare, decide, confirm; and who is told."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ballots.record import PublicRecord
from ballots.signoff import (
    Act,
    Decision,
    Interest,
    InterestKind,
    answer_referral,
    declare_interest,
)
from neighbourhoods.delivery import deliveries_in
from neighbourhoods.letters import Letter
from neighbourhoods.phases import Phase
from neighbourhoods.proposals import back, proposals_in
from neighbourhoods.rounds import Round
from tests.app.public.builders import counted_round, signed_round, vote
from tests.builders import Town
from tests.council import Site


def address(the_round: Round, end: str = "") -> str:
    return f"/councillors/rounds/{the_round.id}{end}"


def declare(client: FlaskClient, the_round: Round, kind: str, details: str = "") -> TestResponse:
    answers = {"kind": kind, "details": details}
    return client.post(address(the_round, "/interest"), data=answers)


def decide(
    client: FlaskClient,
    the_round: Round,
    act: str,
    reasons: str = "",
    *,
    confirmed: str = "yes",
    sitting: int = 1,
) -> TestResponse:
    answers = {"act": act, "reasons": reasons, "confirmed": confirmed, "sitting": sitting}
    return client.post(address(the_round, "/decide"), data=answers)


def decisions(session: Session) -> list[Decision]:
    session.expire_all()
    return list(session.scalars(select(Decision).order_by(Decision.id)))


def letters(session: Session, subject: str) -> list[str]:
    query = select(Letter.to_email).where(Letter.subject.contains(subject)).order_by(Letter.id)
    return list(session.scalars(query))


def test_the_page_puts_the_count_and_the_findings_before_the_question(
    site: Site, town: Town
) -> None:
    the_round = counted_round(town)
    page = site.as_(town.councillor).get(address(the_round)).text
    asked = page.index("Do you have an interest in any of these projects?")
    for words in ("What residents chose", "What officers found", "Running cost", "83%"):
        assert page.index(words) < asked
    assert "What do you decide?" not in page


@pytest.mark.parametrize("phase", [Phase.IDEAS, Phase.VOTE, Phase.COUNT])
def test_before_the_count_there_is_nothing_to_decide(site: Site, town: Town, phase: Phase) -> None:
    the_round = town.round(phase)
    town.session.commit()
    page = site.as_(town.councillor).get(address(the_round)).text
    assert "Nothing to decide yet" in page


def test_another_wards_councillor_may_not_come_in(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    client = site.as_(town.other_councillor)
    assert client.get(address(the_round)).status_code == 403
    assert declare(client, the_round, "none").status_code == 403
    assert decide(client, the_round, "approve").status_code == 403


def test_not_saying_whether_there_is_an_interest_is_refused_at_the_field(
    site: Site, town: Town
) -> None:
    the_round = counted_round(town)
    answer = declare(site.as_(town.councillor), the_round, "")
    assert answer.status_code == 422
    assert "<title>Error:" in answer.text
    assert 'href="#kind"' in answer.text


@pytest.mark.parametrize("kind", [InterestKind.OTHER, InterestKind.PECUNIARY])
def test_an_interest_without_details_is_refused_at_the_field(
    site: Site, town: Town, kind: InterestKind
) -> None:
    the_round = counted_round(town)
    answer = declare(site.as_(town.councillor), the_round, kind.value, "  ")
    assert answer.status_code == 422
    assert 'href="#details"' in answer.text
    assert town.session.scalars(select(Interest)).all() == []


def test_after_declaring_no_interest_the_decision_is_asked_for(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    client = site.as_(town.councillor)
    assert declare(client, the_round, "none").status_code == 303
    page = client.get(address(the_round)).text
    assert "You declared no interest. You can decide now." in page
    assert "What do you decide?" in page


def test_another_interest_can_be_changed_before_deciding(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    client = site.as_(town.councillor)
    declare(client, the_round, "other", "My sister’s club uses the yard.")
    declare(client, the_round, "none")
    assert [one.kind for one in town.session.scalars(select(Interest))] == [InterestKind.NONE]


def test_a_pecuniary_interest_makes_the_page_read_only(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    client = site.as_(town.councillor)
    declare(client, the_round, "pecuniary", "I own the yard.")
    page = client.get(address(the_round)).text
    assert "you take no part in this decision" in page
    assert "What do you decide?" not in page
    assert "Publish my declaration" not in page


def test_who_is_out_cannot_decide_all_the_same(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    client = site.as_(town.councillor)
    declare(client, the_round, "pecuniary", "I own the yard.")
    assert decide(client, the_round, "approve").status_code == 409
    assert decisions(town.session) == []


def test_who_declared_nothing_cannot_decide(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    assert decide(site.as_(town.councillor), the_round, "approve").status_code == 409


def test_referring_back_without_reasons_is_refused_at_the_field(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    client = site.as_(town.councillor)
    declare(client, the_round, "none")
    answer = decide(client, the_round, "refer-back", "   ")
    assert answer.status_code == 422
    assert "Give your reasons for referring it back" in answer.text
    assert 'href="#reasons"' in answer.text
    assert decisions(town.session) == []


def test_a_decision_is_asked_once_more_before_it_is_final(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    client = site.as_(town.councillor)
    declare(client, the_round, "none")
    page = decide(client, the_round, "approve", "Clear.", confirmed="").text
    assert "Sign your approval" in page
    assert "Yours is the last approval needed" in page
    assert "Councillor Cora Councillor" in page
    assert decisions(town.session) == []


def test_confirming_to_refer_back_repeats_the_reasons(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    client = site.as_(town.councillor)
    declare(client, the_round, "none")
    page = decide(client, the_round, "refer-back", "What of\nthe drains?", confirmed="").text
    assert "Refer it back?" in page
    assert 'value="What of\nthe drains?"' in page


def test_the_last_approval_publishes_the_record_and_commits_the_money(
    site: Site, town: Town
) -> None:
    the_round = counted_round(town, [4, 1], [4])
    client = site.as_(town.councillor)
    declare(client, the_round, "none")
    assert decide(client, the_round, "approve").status_code == 303
    town.session.expire_all()
    assert the_round.phase == Phase.DELIVERY
    assert town.session.get(PublicRecord, the_round.id) is not None
    committed = [one.committed_pence for one in deliveries_in(town.session, the_round)]
    assert sorted(committed) == [200_000, 800_000]
    assert "It is signed, and its record is public." in client.get(address(the_round)).text


def test_when_two_must_approve_one_is_not_enough(site: Site, town: Town) -> None:
    the_round = counted_round(town, approvals=2)
    client = site.as_(town.councillor)
    declare(client, the_round, "none")
    assert "1 more approval is needed after yours." in (
        decide(client, the_round, "approve", confirmed="").text
    )
    decide(client, the_round, "approve")
    town.session.expire_all()
    assert the_round.phase == Phase.SIGN_OFF
    assert "It now waits for other councillors." in client.get(address(the_round)).text


def test_when_one_of_two_is_conflicted_the_others_approval_is_enough(
    site: Site, town: Town
) -> None:
    the_round = counted_round(town, approvals=2)
    declare(site.as_(town.second_councillor), the_round, "pecuniary", "I own the yard.")
    client = site.as_(town.councillor)
    declare(client, the_round, "none")
    decide(client, the_round, "approve")
    town.session.expire_all()
    assert the_round.phase == Phase.DELIVERY


def test_nobody_decides_twice(site: Site, town: Town) -> None:
    the_round = counted_round(town, approvals=2)
    client = site.as_(town.councillor)
    declare(client, the_round, "none")
    decide(client, the_round, "approve")
    assert decide(client, the_round, "approve").status_code == 409
    assert len(decisions(town.session)) == 1


def test_everybody_who_proposed_or_backed_a_project_is_told_once(site: Site, town: Town) -> None:
    the_round = town.round(Phase.IDEAS)
    for proposal in proposals_in(town.session, the_round)[:2]:
        back(town.session, proposal, town.neighbour)
    for phase in (Phase.SCREENING, Phase.DEBATE, Phase.VOTE):
        town.enter(the_round, phase)
    vote(town, the_round, [4, 1], [4])
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    town.session.commit()
    client = site.as_(town.councillor)
    declare(client, the_round, "none")
    decide(client, the_round, "approve")
    told = letters(town.session, "Signed: Canal Side decides")
    assert sorted(told) == [town.neighbour.email, town.resident.email]
    to_neighbour = select(Letter.body).where(Letter.to_email == town.neighbour.email)
    body = town.session.scalars(to_neighbour).one()
    funded, not_funded = body.split("are not funded this time")
    assert "Bench 1" in funded
    assert "Bench 2" in not_funded
    assert f"http://localhost/rounds/{the_round.id}/record" in body
    assert letters(town.session, "Signed, now to deliver") == [town.officer.email]


def test_referring_back_tells_the_officers_and_nobody_else(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    client = site.as_(town.councillor)
    declare(client, the_round, "none")
    decide(client, the_round, "refer-back", "What of the drains?")
    assert letters(town.session, "Referred back") == [town.officer.email]
    assert letters(town.session, "Signed") == []
    body = town.session.scalars(select(Letter.body)).one()
    assert "What of the drains?" in body


def test_a_referral_closes_the_sitting_for_every_councillor(site: Site, town: Town) -> None:
    the_round = counted_round(town, approvals=2)
    client = site.as_(town.councillor)
    declare(client, the_round, "none")
    decide(client, the_round, "refer-back", "What of the drains?")
    colleague = site.as_(town.second_councillor)
    page = colleague.get(address(the_round)).text
    assert "You can decide again when council officers have answered." in page
    assert "What of the drains?" in page
    assert "What do you decide?" not in page


def test_after_the_answer_councillors_decide_afresh(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    client = site.as_(town.councillor)
    declare(client, the_round, "none")
    decide(client, the_round, "refer-back", "What of the drains?")
    town.session.expire_all()
    answer_referral(town.session, the_round, town.officer, "The drains are sound.")
    town.session.commit()
    page = client.get(address(the_round)).text
    assert "The drains are sound." in page
    assert "What do you decide?" in page
    assert "Officers have answered. Decide afresh." in client.get("/councillors/queue").text
    decide(client, the_round, "approve", sitting=2)
    assert [(one.sitting, one.act) for one in decisions(town.session)] == [
        (1, Act.REFER_BACK),
        (2, Act.APPROVE),
    ]


def test_a_page_left_open_since_an_earlier_sitting_decides_nothing(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    client = site.as_(town.councillor)
    declare(client, the_round, "none")
    decide(client, the_round, "refer-back", "What of the drains?")
    town.session.expire_all()
    answer_referral(town.session, the_round, town.officer, "The drains are sound.")
    town.session.commit()
    assert decide(client, the_round, "approve", sitting=1).status_code == 303
    assert len(decisions(town.session)) == 1
    assert "Read it, then decide." in client.get(address(the_round)).text


def test_when_everybody_is_out_the_page_says_who_must_step_in(site: Site, town: Town) -> None:
    the_round = counted_round(town)
    for councillor in (town.councillor, town.second_councillor):
        declare_interest(town.session, the_round, councillor, InterestKind.PECUNIARY, "Mine.")
    town.session.commit()
    page = site.as_(town.councillor).get(address(the_round)).text
    assert "monitoring officer must say who decides instead" in page


def test_a_signed_outcome_is_read_only(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    page = site.as_(town.second_councillor).get(address(the_round)).text
    assert "This outcome is signed." in page
    assert "<form" not in page[page.index("<main") :]
