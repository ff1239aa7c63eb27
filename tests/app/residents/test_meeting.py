"""A meeting on a phone: joined by a code, followed, and acted in; the page works by itself."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app.extensions import limiter
from ballots.hall import open_vote
from ballots.hall_votes import HallVote
from neighbourhoods.assemblies import Assembly, AssemblyState, ItemKind, Slide
from neighbourhoods.attendance import Attendee, Phone, check_in, pair
from neighbourhoods.database import Database
from neighbourhoods.door import approve_walk_in
from neighbourhoods.eligibility import voter_code
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.questions import ask, questions_in
from neighbourhoods.speakers import ask_to_speak, waiting_turns
from tests.builders import CODE_KEY, Clock, Town
from tests.council import Site

JSON = {"Accept": "application/json"}


@pytest.fixture
def meeting(town: Town, clock: Clock) -> Assembly:
    assembly = town.assembly(town.round(Phase.VOTE), *ItemKind)
    assembly.state, assembly.began_at = AssemblyState.UNDER_WAY, clock()
    put_on_stage(town, assembly, ItemKind.PITCH)
    return assembly


def put_on_stage(town: Town, meeting: Assembly, kind: ItemKind) -> None:
    item = next(item for item in meeting.items if item.kind == kind)
    meeting.stage.item, meeting.stage.slide = item, Slide.ITEM
    meeting.stage.version += 1
    item.began_at = town.session.info["clock"]()
    town.session.commit()


def address(meeting: Assembly, *more: str) -> str:
    return "/".join(["/a", meeting.code, *more])


def joined(site: Site, meeting: Assembly) -> FlaskClient:
    client = site.as_(None)
    client.post(address(meeting, "join"))
    return client


def phone_of(session: Session, client: FlaskClient, meeting: Assembly) -> Phone:
    session.rollback()
    with client.session_transaction() as kept:
        number = kept["assembly-phones"][str(meeting.id)]
    return session.get_one(Phone, number)


# --- joining -------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [str.lower, lambda code: f" {code[:3]}-{code[3:]} "])
def test_a_code_leads_to_its_meeting_however_it_is_typed(
    site: Site, meeting: Assembly, write: Callable[[str], str]
) -> None:
    answer = site.as_(None).post("/join", data={"code": write(meeting.code)})
    assert answer.location == address(meeting)


def test_a_wrong_code_says_so_and_stays_in_the_field(site: Site, meeting: Assembly) -> None:
    client = site.as_(None)
    answer = client.post("/join", data={"code": "QQ QQQ"}, follow_redirects=True)
    assert answer.status_code == 422
    assert "No meeting has this code" in answer.text
    assert 'value="QQ QQQ"' in answer.text


@pytest.fixture
def limited(app: Flask) -> Iterator[Flask]:
    app.config["WTF_CSRF_ENABLED"] = False
    limiter.reset()
    yield app
    limiter.reset()


def test_after_very_many_wrong_codes_a_right_one_still_leads_to_its_meeting(
    limited: Flask, meeting: Assembly
) -> None:
    client = limited.test_client()
    answers = [client.post("/join", data={"code": "QQQQQQ"}).status_code for _ in range(301)]
    assert (answers[299], answers[300]) == (303, 429)
    assert client.post("/join", data={"code": meeting.code}).location == address(meeting)


def test_five_hundred_phones_behind_one_address_all_join(limited: Flask, meeting: Assembly) -> None:
    for _ in range(500):
        client = limited.test_client()
        assert client.post("/join", data={"code": meeting.code}).location == address(meeting)
        assert client.post(address(meeting, "join")).location == address(meeting)
    page = client.get(address(meeting))
    assert "Show this number at the door" in page.text


def test_one_button_joins_and_the_phone_stays_the_same_over_every_visit(
    site: Site, meeting: Assembly, session: Session
) -> None:
    client = site.as_(None)
    page = client.get(address(meeting)).text
    assert page.count("<button") == 1
    assert "Join the meeting" in page
    client.post(address(meeting, "join"))
    first = phone_of(session, client, meeting)
    client.post(address(meeting, "join"))
    assert phone_of(session, client, meeting) is first
    assert f'<p class="wm-me__number">{first.number:04d}</p>' in client.get(address(meeting)).text


def test_leaving_lowers_the_hand_and_makes_the_phone_nobodys(
    site: Site, meeting: Assembly, town: Town
) -> None:
    client = joined(site, meeting)
    phone = phone_of(town.session, client, meeting)
    person = check_in(town.session, meeting, town.voter(meeting.the_round, 1), town.facilitator)
    pair(town.session, phone, person, town.facilitator)
    ask_to_speak(town.session, meeting, phone, name="Ada")
    town.session.commit()
    page = client.post(address(meeting, "leave"), follow_redirects=True).text
    assert "You have left the meeting" in page
    assert "Join the meeting" in page
    town.session.rollback()
    assert waiting_turns(town.session, meeting) == []
    town.session.refresh(phone)
    assert phone.attendee_id is None


def test_the_phone_is_kept_when_its_owner_signs_in(
    site: Site, meeting: Assembly, town: Town
) -> None:
    client = joined(site, meeting)
    phone = phone_of(town.session, client, meeting)
    client.post("/sign-out")
    assert phone_of(town.session, client, meeting) is phone


def test_the_front_page_leads_to_joining(site: Site) -> None:
    assert 'href="/join"' in site.as_(None).get("/").text


# --- following -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ItemKind)
def test_the_page_shows_every_kind_of_item(
    site: Site, meeting: Assembly, town: Town, kind: ItemKind
) -> None:
    put_on_stage(town, meeting, kind)
    page = joined(site, meeting).get(address(meeting)).text
    assert next(item.title for item in meeting.items if item.kind == kind) in page
    assert 'http-equiv="refresh" content="15"' in page


def test_a_pitch_shows_its_project_and_the_time_that_is_left(
    site: Site, meeting: Assembly, town: Town, clock: Clock
) -> None:
    client = joined(site, meeting)
    meeting.stage.timer_ends_at = clock() + timedelta(seconds=91)
    meeting.stage.version += 1
    town.session.commit()
    page = client.get(address(meeting)).text
    assert ">1:31</p>" in page
    assert "A bench." in page
    assert "/proposals/" in page


def test_what_changes_comes_in_parts_and_the_common_ones_only_to_who_has_older_ones(
    site: Site, meeting: Assembly, town: Town
) -> None:
    client = joined(site, meeting)
    first = client.get(address(meeting, "now")).get_json()
    assert {"now", "agenda", "vote", "poll", "me", "place", "questions"} == set(first["parts"])
    again = client.get(address(meeting, "now"), query_string={"have": first["word"]}).get_json()
    assert {"vote", "poll", "me", "place", "questions"} == set(again["parts"])
    assert again["state"]["version"] == meeting.stage.version


def test_a_phone_that_has_not_joined_is_told_so(site: Site, meeting: Assembly) -> None:
    client = site.as_(None)
    assert client.get(address(meeting, "now")).get_json() == {"joined": False}
    assert client.post(address(meeting, "hand"), data={"name": "A"}).location == address(meeting)


def test_two_thousand_phones_ask_cheaply(
    site: Site, meeting: Assembly, town: Town, database: Database
) -> None:
    client = joined(site, meeting)
    for number in range(30):
        ask_to_speak(town.session, meeting, f"Speaker {number}")
    town.session.commit()
    client.get(address(meeting, "now"))
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *words: asked.append(words[2]))
    client.get(address(meeting, "now"))
    # The meeting, the phone, its questions and who it may be; the state is a moment old.
    assert len(asked) <= 6, "\n".join(asked)


def test_an_ended_meeting_thanks_and_leads_to_what_was_decided(
    site: Site, meeting: Assembly, town: Town, clock: Clock
) -> None:
    client = joined(site, meeting)
    meeting.state, meeting.ended_at = AssemblyState.ENDED, clock()
    town.session.commit()
    page = client.get(address(meeting)).text
    assert "Thank you for taking part" in page
    assert f'href="/rounds/{meeting.round_id}"' in page


# --- checking in ---------------------------------------------------------------------------------


def test_a_voter_card_checks_its_owner_in_and_pairs_the_phone(
    site: Site, meeting: Assembly, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("voter", "identity"):
        monkeypatch.setattr(f"app.residents.{module}.code_key", lambda: CODE_KEY)
    client = joined(site, meeting)
    answer = client.post(address(meeting, "check-in"), data={"code": "0000"})
    assert answer.status_code == 422
    assert "This code is not for this meeting" in answer.text
    code = voter_code(CODE_KEY, meeting.the_round.id, "R2")
    page = client.post(address(meeting, "check-in"), data={"code": code}, follow_redirects=True)
    assert "You are checked in." in page.text
    phone = phone_of(town.session, client, meeting)
    assert phone.attendee is not None
    assert (phone.attendee.reference, phone.attendee.checked_in_by) == ("R2", None)


def test_whoever_is_known_by_e_mail_checks_in_with_one_tap(
    site: Site, meeting: Assembly, town: Town
) -> None:
    client = joined(site, meeting)
    person = town.person("Voter")
    person.email = "voter3@example.org"
    town.session.commit()
    with client.session_transaction() as kept:
        kept["person_id"] = person.id
    assert "Check me in on this phone" in client.get(address(meeting)).text
    page = client.post(address(meeting, "check-in"), follow_redirects=True).text
    assert "You are checked in." in page
    phone = phone_of(town.session, client, meeting)
    assert phone.attendee is not None
    assert phone.attendee.reference == "R3"
    assert town.session.scalars(select(Attendee)).all() == [phone.attendee]


# --- acting --------------------------------------------------------------------------------------


def test_a_hand_is_raised_with_a_name_the_first_time_and_keeps_its_place(
    site: Site, meeting: Assembly, town: Town
) -> None:
    ask_to_speak(town.session, meeting, "Ada")
    town.session.commit()
    client = joined(site, meeting)
    refused = client.post(address(meeting, "hand"), data={"name": " "})
    assert refused.status_code == 422
    assert "Enter the name to call you by" in refused.text
    client.post(address(meeting, "hand"), data={"name": "Ben"})
    page = client.get(address(meeting)).text
    assert "1 person speaks before you." in page
    client.post(address(meeting, "withdraw"))
    client.post(address(meeting, "hand"))
    town.session.rollback()
    assert [turn.name for turn in waiting_turns(town.session, meeting)] == ["Ada", "Ben"]


def test_a_script_is_answered_at_once_with_what_it_did(
    site: Site, meeting: Assembly, town: Town
) -> None:
    client = joined(site, meeting)
    data = {"name": "Ben", "kind": "point-of-order"}
    told = client.post(address(meeting, "hand"), data=data, headers=JSON).get_json()
    assert "You are next to speak." in told["said"]
    assert "It is a point of order." in told["parts"]["place"]
    assert (told["flags"]["waiting"], told["flags"]["asking"]) == (True, True)
    refused = client.post(address(meeting, "question"), data={"words": " "}, headers=JSON)
    assert (refused.status_code, refused.get_json()) == (422, {"error": "Write your question."})


def test_a_question_that_is_too_long_comes_back_with_its_words(
    site: Site, meeting: Assembly
) -> None:
    answer = joined(site, meeting).post(address(meeting, "question"), data={"words": "w" * 281})
    assert answer.status_code == 422
    assert "w" * 281 in answer.text
    assert "281 characters long" in answer.text


def test_others_questions_can_be_backed_once_and_ones_own_counts_already(
    site: Site, meeting: Assembly, town: Town
) -> None:
    asker, other = joined(site, meeting), joined(site, meeting)
    asker.post(address(meeting, "question"), data={"words": "Who <b>mends</b> it?"})
    town.session.rollback()
    (asked,) = questions_in(town.session, meeting)
    assert "I would like to know this too" not in asker.get(address(meeting)).text
    page = other.get(address(meeting)).text
    assert "Who &lt;b&gt;mends&lt;/b&gt; it?" in page
    assert "I would like to know this too" in page
    other.post(address(meeting, "back"), data={"question": str(asked.question.id)})
    page = other.get(address(meeting)).text
    assert "2 people would like to know" in page
    assert "I would like to know this too" not in page


def test_nobody_backs_a_question_of_another_meeting(
    site: Site, meeting: Assembly, town: Town, clock: Clock
) -> None:
    elsewhere = town.assembly(meeting.the_round)
    elsewhere.state, elsewhere.began_at = AssemblyState.UNDER_WAY, clock()
    phone = Phone(assembly_id=elsewhere.id, number=1, joined_at=clock())
    town.session.add(phone)
    town.session.flush()
    asked = ask(town.session, elsewhere, phone, "Elsewhere?")
    town.session.commit()
    client = joined(site, meeting)
    answer = client.post(address(meeting, "back"), data={"question": str(asked.id)})
    assert answer.status_code == 404


def test_a_poll_shows_at_once_what_was_chosen_and_how_it_stands(
    site: Site, meeting: Assembly, town: Town
) -> None:
    put_on_stage(town, meeting, ItemKind.POLL)
    item = meeting.stage.item_id
    one, two = joined(site, meeting), joined(site, meeting)
    one.post(address(meeting, "poll"), data={"option": f"{item}-0"})
    told = two.post(address(meeting, "poll"), data={"option": f"{item}-1"}, headers=JSON).get_json()
    assert told["parts"]["poll"].count('width="500"') == 2
    assert told["parts"]["poll"].index('aria-pressed="false"') < told["parts"]["poll"].index(
        'aria-pressed="true"'
    )
    put_on_stage(town, meeting, ItemKind.BREAK)
    late = two.post(address(meeting, "poll"), data={"option": f"{item}-0"}, headers=JSON)
    assert late.status_code == 409
    assert "This poll is over" in late.get_json()["error"]


# --- votes in the hall ---------------------------------------------------------------------------


def vote_in_hall(town: Town, meeting: Assembly) -> HallVote:
    put_on_stage(town, meeting, ItemKind.BALLOT)
    item = next(item for item in meeting.items if item.kind == ItemKind.BALLOT)
    item.settings = {"own_count": True}
    vote = open_vote(town.session, town.keys, item, town.facilitator)
    town.session.commit()
    return vote


def check_in_phone(town: Town, meeting: Assembly, client: FlaskClient, voter: int) -> None:
    phone = phone_of(town.session, client, meeting)
    entry = town.voter(meeting.the_round, voter)
    pair(town.session, phone, check_in(town.session, meeting, entry, town.facilitator), None)
    town.session.commit()


def test_who_was_checked_in_when_a_vote_opened_votes_and_who_came_later_is_told_kindly(
    site: Site, meeting: Assembly, town: Town
) -> None:
    early, late, outside = joined(site, meeting), joined(site, meeting), joined(site, meeting)
    check_in_phone(town, meeting, early, 1)
    vote = vote_in_hall(town, meeting)
    check_in_phone(town, meeting, late, 2)
    booth = f"/rounds/{vote.round_id}/ballot"
    assert "Vote now" in early.get(address(meeting)).text
    assert "Your ballot paper" in early.get(booth).text
    assert "You can vote in the next one" in late.get(address(meeting)).text
    assert "You can vote in the next one" in late.get(booth).text
    assert "this phone cannot vote yet" in outside.get(address(meeting)).text.lower()
    assert "Show this number at the door" in outside.get(booth).text
    assert "This vote is held at a meeting" in site.as_(None).get(booth).text


def test_a_walk_in_is_told_that_the_rounds_own_vote_is_not_theirs(
    site: Site, meeting: Assembly, town: Town
) -> None:
    walked_in = joined(site, meeting)
    phone = phone_of(town.session, walked_in, meeting)
    attendee = approve_walk_in(town.session, meeting, "Wanda", town.officer, town.facilitator)
    pair(town.session, phone, attendee, None)
    put_on_stage(town, meeting, ItemKind.BALLOT)
    item = next(item for item in meeting.items if item.kind == ItemKind.BALLOT)
    item.settings = {"own_count": False}
    open_vote(town.session, town.keys, item, town.facilitator)
    town.session.commit()
    page = walked_in.get(address(meeting)).text
    assert "You can vote in what this meeting decides by itself." in page
    assert "You can vote in the next one" not in page


def test_a_ballot_cast_in_the_hall_leads_back_to_the_meeting(
    site: Site, meeting: Assembly, town: Town
) -> None:
    client = joined(site, meeting)
    check_in_phone(town, meeting, client, 1)
    vote = vote_in_hall(town, meeting)
    code = projects_in(town.session, vote.round_id)[0].code
    page = client.post(
        f"/rounds/{vote.round_id}/ballot",
        data={"project": code, "request_id": "r"},
        follow_redirects=True,
    ).text
    assert f'href="{address(meeting)}"' in page
    assert "You can change your vote while the vote is open." in page
    assert "You can change your vote until" not in page
    assert "Your ballot is Counted." in client.get(address(meeting)).text
