"""The monitoring officer steps in where a stage cannot end by itself."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from ballots.notices import notice_of
from ballots.refusals import BallotRefusal
from ballots.signoff import sign_off_of
from ballots.stages import QuietException, QuietPeriod, Substitution, runs_of
from ballots.stepping_in import name_substitute
from neighbourhoods.database import now
from neighbourhoods.letters import Letter
from neighbourhoods.people import Office, Person
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round
from tests.app.councillors.walking import address, declare, walk
from tests.app.public.builders import counted_round
from tests.builders import Clock, Town
from tests.council import Site
from tests.pdf_reader import Pdf


@pytest.fixture
def counted(town: Town) -> Round:
    return counted_round(town)


@pytest.fixture
def watcher(site: Site, town: Town, counted: Round) -> FlaskClient:
    person = town.person("Mona Monitor", Office.MONITORING_OFFICER)
    town.session.commit()
    return site.as_(person)


def conflict_all(site: Site, town: Town, the_round: Round) -> None:
    for one in (town.councillor, town.second_councillor):
        declare(site.as_(one), town, the_round, "pecuniary", pecuniary="Mine.")


def test_nobody_else_steps_in(site: Site, town: Town, counted: Round) -> None:
    for person in (town.councillor, town.officer):
        assert site.as_(person).get(address(counted, "/step-in")).status_code == 403


def test_there_is_nothing_to_step_into_while_it_can_go_on(
    watcher: FlaskClient, counted: Round
) -> None:
    page = watcher.get(address(counted, "/step-in")).text
    assert "There is nothing to step into" in page
    sent = {"how": "days", "days": "5", "why": "So."}
    assert watcher.post(address(counted, "/step-in"), data=sent).status_code == 409


def test_whoever_is_named_acts_and_is_written_to(
    watcher: FlaskClient, site: Site, town: Town, counted: Round
) -> None:
    conflict_all(site, town, counted)
    assert "Step in" in watcher.get(address(counted)).text
    sent = {"how": "somebody", "person": town.other_councillor.id, "why": "All <b>own</b> land."}
    assert watcher.post(address(counted, "/step-in"), data=sent).status_code == 303
    assert town.session.scalars(select(Substitution.why)).all() == ["All <b>own</b> land."]
    told = select(Letter.to_email).where(Letter.subject.contains("waits for you"))
    assert town.session.scalars(told).all() == [town.other_councillor.email]
    town.session.commit()
    walk(site.as_(town.other_councillor), town, counted)
    town.session.expire_all()
    assert counted.phase == Phase.DELIVERY


def test_somebody_with_an_interest_is_not_offered(
    watcher: FlaskClient, site: Site, town: Town, counted: Round
) -> None:
    conflict_all(site, town, counted)
    page = watcher.get(address(counted, "/step-in")).text
    assert f'value="{town.other_councillor.id}"' in page
    assert f'value="{town.councillor.id}"' not in page


def test_what_ward_members_decide_is_settled_by_a_member_and_never_by_an_officer(
    watcher: FlaskClient, site: Site, town: Town, counted: Round
) -> None:
    cabinet = town.person("Cab Member", Office.CABINET_MEMBER)
    officer = town.person("Dell Delegated", Office.DELEGATED_OFFICER)
    conflict_all(site, town, counted)
    page = watcher.get(address(counted, "/step-in")).text
    assert f'value="{cabinet.id}"' in page
    assert f'value="{officer.id}"' not in page
    sent = {"how": "somebody", "person": officer.id, "why": "He knows it best."}
    assert watcher.post(address(counted, "/step-in"), data=sent).status_code == 422
    assert town.session.scalars(select(Substitution)).all() == []


def test_the_monitoring_officer_names_somebody_else(
    watcher: FlaskClient, site: Site, town: Town, counted: Round
) -> None:
    conflict_all(site, town, counted)
    assert "Mona Monitor, monitoring officer" not in watcher.get(address(counted, "/step-in")).text
    monitor = town.person("Mona Monitor", Office.MONITORING_OFFICER)
    with pytest.raises(Refused) as error:
        name_substitute(town.session, counted, monitor, monitor, "I know it best.")
    assert error.value.reason is BallotRefusal.NAMED_THEMSELVES


def test_more_days_are_given_once_the_days_are_over(
    watcher: FlaskClient, town: Town, counted: Round, clock: Clock
) -> None:
    clock.moves(days=40)
    sent = {"how": "days", "days": "14", "why": "Both were ill."}
    assert watcher.post(address(counted, "/step-in"), data=sent).status_code == 303
    assert not sign_off_of(town.session, counted).stuck


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "Say how it goes on"),
        ({"how": "days"}, "Enter how many more days"),
        ({"how": "somebody"}, "Choose who acts instead"),
        ({"how": "days", "days": "9"}, "Give the reason. It will be public."),
    ],
)
def test_what_is_missing_is_asked_for(
    sent: dict[str, str], words: str, watcher: FlaskClient, counted: Round, clock: Clock
) -> None:
    clock.moves(days=40)
    answer = watcher.post(address(counted, "/step-in"), data=sent)
    assert answer.status_code == 422
    assert words in answer.text


def test_an_exception_lets_a_round_be_signed_in_a_pre_election_period(
    watcher: FlaskClient, site: Site, town: Town, counted: Round
) -> None:
    today = now(town.session).date()
    town.session.add(QuietPeriod(starts_on=today, ends_on=today, words="Local elections"))
    town.session.commit()
    sent = {"how": "exception", "why": "The grant ends this week."}
    assert watcher.post(address(counted, "/step-in"), data=sent).status_code == 303
    assert town.session.get(QuietException, counted.id) is not None
    town.session.commit()
    walk(site.as_(town.councillor), town, counted)
    town.session.expire_all()
    assert counted.phase == Phase.DELIVERY


def wherever_it_stands(site: Site, town: Town, the_round: Round, signer: Person) -> list[str]:
    """The outcome and the decision before it is signed; then the notice, and the notice as PDF."""
    outcome = site.as_(None).get(f"/rounds/{the_round.id}/outcome").text
    decision = site.as_(signer).get(address(the_round)).text
    walk(site.as_(signer), town, the_round)
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    published = site.as_(None).get(f"/notices/{notice.number}").text
    printed = Pdf(site.as_(None).get(f"/notices/{notice.number}.pdf").data).text
    return [outcome, decision, published, " ".join(printed.split())]


def test_what_the_monitoring_officer_did_and_why_is_public_before_the_decision_and_after(
    watcher: FlaskClient, site: Site, town: Town, counted: Round, clock: Clock
) -> None:
    clock.moves(days=40)
    watcher.post(address(counted, "/step-in"), data={"how": "days", "days": "1", "why": "Snow."})
    clock.moves(days=2)
    sent = {"how": "somebody", "person": town.other_councillor.id, "why": "All <b>own</b> land."}
    assert watcher.post(address(counted, "/step-in"), data=sent).status_code == 303
    today = now(town.session).date()
    town.session.add(QuietPeriod(starts_on=today, ends_on=today, words="Local elections"))
    town.session.commit()
    watcher.post(address(counted, "/step-in"), data={"how": "exception", "why": "Grant ends."})
    told = (
        "Mona Monitor named Otto Other to act instead. The reason: All &lt;b&gt;own&lt;/b&gt;",
        "Mona Monitor gave 1 more day on Saturday 2 January 2027. The reason: Snow.",
        "Mona Monitor let it be signed in the pre-election period. The reason: Grant ends.",
    )
    *pages, printed = wherever_it_stands(site, town, counted, town.other_councillor)
    for page in pages:
        for words in told:
            assert words in page
    assert "named Otto Other to act instead" in printed


def test_a_second_extension_leaves_the_first_on_every_page_and_in_the_notice(
    watcher: FlaskClient, site: Site, town: Town, counted: Round, clock: Clock
) -> None:
    clock.moves(days=40)
    for days, why in (("14", "Both were ill."), ("1", "Snow.")):
        sent = {"how": "days", "days": days, "why": why}
        assert watcher.post(address(counted, "/step-in"), data=sent).status_code == 303
        clock.moves(days=15)
    told = (
        "Mona Monitor gave 14 more days on Saturday 2 January 2027. The reason: Both were ill.",
        "Mona Monitor gave 1 more day on Sunday 17 January 2027. The reason: Snow.",
    )
    *pages, printed = wherever_it_stands(site, town, counted, town.councillor)
    for page in pages:
        assert -1 < page.find(told[0]) < page.find(told[1])
    assert "gave 14 more days on Saturday 2 January 2027" in printed
    assert "gave 1 more day on Sunday 17 January 2027" in printed


def test_days_from_before_their_number_was_kept_are_told_without_it(
    site: Site, town: Town, counted: Round
) -> None:
    (run,) = runs_of(town.session, counted.id)
    run.extended_by, run.extended_why = town.person("Mona Monitor"), "Both were ill."
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{counted.id}/outcome").text
    assert "Mona Monitor gave more days. The reason: Both were ill." in page
