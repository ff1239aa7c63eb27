"""Officers and the monitoring officer after a notice: lodging, call-in, corrections."""

import pytest

from ballots.moves import conclude_sign_off
from ballots.notices import DecisionNotice, move_money, notice_of
from ballots.signoff import sign_off_of
from neighbourhoods.delivery import deliveries_in
from neighbourhoods.letters import newest_letters
from neighbourhoods.people import Office, Person
from neighbourhoods.rounds import Round
from tests.app.public.builders import signed_round
from tests.app.public.test_notices import called_in_round
from tests.builders import Clock, Town
from tests.council import Site

WHY = "Two councillors ask for scrutiny."


def monitor(town: Town) -> Person:
    officer = town.person("Mona Monitor", Office.MONITORING_OFFICER)
    town.session.commit()
    return officer


def stored(town: Town, the_round: Round) -> DecisionNotice:
    town.session.expire_all()
    town.session.rollback()
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    return notice


def test_an_officer_sees_what_is_left_to_do_with_the_days_left(site: Site, town: Town) -> None:
    the_round = called_in_round(town)
    page = site.as_(town.officer).get(f"/office/rounds/{the_round.id}/notice").text
    assert "To be lodged by Wednesday 23 December 2026: 30 days left." in page
    assert "This decision can still be called in: 5 days left." in page


def test_before_a_decision_there_is_no_notice_to_look_after(site: Site, town: Town) -> None:
    the_round = town.round()
    town.session.commit()
    client = site.as_(town.officer)
    for page in ("", "/lodge", "/correct"):
        assert client.get(f"/office/rounds/{the_round.id}/notice{page}").status_code == 404


def test_the_receipt_of_the_lodging_is_kept_once(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    client, address = site.as_(town.officer), f"/office/rounds/{the_round.id}/notice/lodge"
    given = {"lodged_on": ["23", "11", "2026"], "receipt": "DS/4711"}
    assert client.post(address, data=given).status_code == 303
    notice = stored(town, the_round)
    assert (str(notice.lodged_on), notice.lodged_receipt) == ("2026-11-23", "DS/4711")
    assert "receipt DS/4711" in site.as_(None).get("/notices/2026/1").text
    answer = client.post(address, data=given | {"receipt": "DS/9999"})
    assert answer.status_code == 409
    assert stored(town, the_round).lodged_receipt == "DS/4711"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (["24", "11", "2026"], "The day cannot be in the future"),
        (["22", "11", "2026"], "The day cannot be before the notice was published"),
        (["", "", ""], "Enter the day on which it was lodged"),
    ],
)
def test_an_impossible_day_of_lodging_is_sent_back(
    site: Site, town: Town, day: list[str], words: str
) -> None:
    the_round = signed_round(town)
    answer = site.as_(town.officer).post(
        f"/office/rounds/{the_round.id}/notice/lodge", data={"lodged_on": day, "receipt": "DS/1"}
    )
    assert answer.status_code == 422
    assert words in answer.text
    assert stored(town, the_round).lodged_on is None


def test_only_the_monitoring_officer_records_a_call_in(site: Site, town: Town) -> None:
    the_round = called_in_round(town)
    mona = monitor(town)
    for act in ("call-in", "end-call-in"):
        address = f"/office/rounds/{the_round.id}/notice/{act}"
        for person in (town.officer, town.councillor, town.resident):
            assert site.as_(person).get(address).status_code == 403
            assert site.as_(person).post(address, data={"why": WHY}).status_code == 403
        assert site.as_(mona).get(address).status_code == 200
    assert stored(town, the_round).called_in_at is None


def test_a_call_in_stops_the_money_until_it_has_ended(site: Site, town: Town, clock: Clock) -> None:
    the_round = called_in_round(town)
    client, address = site.as_(monitor(town)), f"/office/rounds/{the_round.id}/notice"
    assert client.post(f"{address}/call-in", data={"why": " "}).status_code == 422
    assert client.post(f"{address}/call-in", data={"why": WHY}).status_code == 303
    assert WHY in site.as_(None).get("/notices/2026/1").text
    clock.moves(days=9)
    assert not move_money(town.session, the_round)
    assert client.post(f"{address}/end-call-in").status_code == 303
    town.session.rollback()
    assert move_money(town.session, the_round)
    assert len(deliveries_in(town.session, the_round)) == 1


def test_a_called_in_decision_is_sent_back_and_whoever_signed_is_written_to(
    site: Site, town: Town, clock: Clock
) -> None:
    the_round = called_in_round(town)
    client, address = site.as_(monitor(town)), f"/office/rounds/{the_round.id}/notice"
    assert "nothing to send back" in client.get(f"{address}/send-back").text
    assert client.post(f"{address}/send-back", data={"why": "Look again."}).status_code == 409
    client.post(f"{address}/call-in", data={"why": WHY})
    assert site.as_(town.officer).get(f"{address}/send-back").status_code == 403
    assert WHY in client.get(f"{address}/send-back").text
    assert client.post(f"{address}/send-back", data={"why": " "}).status_code == 422
    town.session.rollback()
    before = len(newest_letters(town.session))
    sent = client.post(f"{address}/send-back", data={"why": "Is the <b>lock</b> listed?"})
    assert sent.status_code == 303
    town.session.rollback()
    written = newest_letters(town.session)[: len(newest_letters(town.session)) - before]
    assert "cora.councillor@example.org" in {one.to_email for one in written}
    public = site.as_(None).get("/notices/2026/1").text
    assert "Is the &lt;b&gt;lock&lt;/b&gt; listed?" in public
    assert "It has not been decided again yet." in public
    assert "Sent back" in site.as_(None).get("/decisions/register").text
    clock.moves(days=9)
    assert not move_money(town.session, the_round)
    signer = site.as_(town.councillor)
    page = signer.get(f"/decisions/{the_round.id}").text
    assert "Called in and sent back" in page
    assert "Is the &lt;b&gt;lock&lt;/b&gt; listed?" in page
    again = client.post(f"{address}/send-back", data={"why": "Twice."})
    assert again.status_code == 409


def test_a_decision_taken_again_and_the_one_before_lead_to_each_other(
    site: Site, town: Town, clock: Clock
) -> None:
    the_round = called_in_round(town)
    client, address = site.as_(monitor(town)), f"/office/rounds/{the_round.id}/notice"
    client.post(f"{address}/call-in", data={"why": WHY})
    client.post(f"{address}/send-back", data={"why": "Is the lock listed?"})
    clock.moves(days=2)
    town.session.expire_all()
    for person in (town.councillor, town.second_councillor):
        if sign_off_of(town.session, the_round).agreed:
            break
        town.approves(the_round, person)
    conclude_sign_off(town.session, town.keys, the_round)
    town.session.commit()
    reader = site.as_(None)
    first, second = reader.get("/notices/2026/1").text, reader.get("/notices/2026/2").text
    assert 'href="/notices/2026/2"' in first
    assert 'href="/notices/2026/1"' in second
    assert "was called in and sent back" in reader.get(f"/rounds/{the_round.id}/record").text
    register = reader.get("/decisions/register.json").get_json()
    assert [one["notice"]["number"] for one in register] == ["2026/2", "2026/1"]
    assert [one["sent_back_why"] for one in register] == [None, "Is the lock listed?"]


def test_two_browsers_at_once_record_one_call_in(site: Site, town: Town) -> None:
    the_round = called_in_round(town)
    mona = monitor(town)
    address = f"/office/rounds/{the_round.id}/notice"
    first, second = site.as_(mona), site.as_(mona)
    for client in (first, second):
        assert client.get(f"{address}/call-in").status_code == 200
    assert first.post(f"{address}/call-in", data={"why": WHY}).status_code == 303
    answer = second.post(f"{address}/call-in", data={"why": "Something else."})
    assert answer.status_code == 409
    assert "This decision was called in already." in answer.text
    assert stored(town, the_round).called_in_why == WHY
    assert first.post(f"{address}/end-call-in").status_code == 303
    again = second.post(f"{address}/end-call-in")
    assert again.status_code == 409
    assert "its call-in has ended already" in again.text


def test_after_the_days_are_over_nothing_is_called_in(site: Site, town: Town, clock: Clock) -> None:
    the_round = called_in_round(town)
    client, address = site.as_(monitor(town)), f"/office/rounds/{the_round.id}/notice"
    clock.moves(days=5)
    assert "are over" in client.get(f"{address}/call-in").text
    assert client.post(f"{address}/call-in", data={"why": WHY}).status_code == 409
    assert "Nobody did." in client.get(address).text


def test_a_correction_after_signing_changes_nothing_that_was_signed(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    before = stored(town, the_round)
    signed = (before.document, before.digest, before.signature)
    client, address = site.as_(town.officer), f"/office/rounds/{the_round.id}/notice/correct"
    assert client.post(address, data={"words": ""}).status_code == 422
    assert client.post(address, data={"words": "Read <b>“bench”</b>."}).status_code == 303
    after = stored(town, the_round)
    assert (after.document, after.digest, after.signature) == signed
    page = site.as_(None).get("/notices/2026/1").text
    assert "Read &lt;b&gt;“bench”&lt;/b&gt;." in page
    assert "Olive Officer" in page


def test_a_decision_confirmed_within_its_days_says_when_its_money_moves_and_not_at_once(
    site: Site, town: Town
) -> None:
    the_round = called_in_round(town)
    client, address = site.as_(monitor(town)), f"/office/rounds/{the_round.id}/notice"
    client.post(f"{address}/call-in", data={"why": WHY})
    page = client.post(f"{address}/end-call-in", follow_redirects=True).text
    assert "The call-in has ended. No money moves before midday on Saturday 28 November" in page
    ward = site.as_(None).get(f"/communities/{town.ward.slug}").text
    assert "Called in and confirmed: no money moves before" in ward
    assert "May be called in until" not in ward
