"""The facilitators’ panel for speakers and questions."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from neighbourhoods.assemblies import Assembly, AssemblyState, ItemKind, Slide
from neighbourhoods.attendance import Phone
from neighbourhoods.phases import Phase
from neighbourhoods.questions import Question, QuestionState, ask
from neighbourhoods.speakers import SpeakingTurn, ask_to_speak, speakers_list
from tests.builders import Clock, Town
from tests.council import Site


@pytest.fixture
def meeting(town: Town, clock: Clock) -> Assembly:
    assembly = town.assembly(town.round(Phase.VOTE), ItemKind.DISCUSSION)
    assembly.state, assembly.began_at = AssemblyState.UNDER_WAY, clock()
    assembly.stage.item = assembly.items[0]
    for name in ("Ada", "Ben <b>", "Cyd"):
        ask_to_speak(town.session, assembly, name)
        clock.moves(minutes=1)
    town.session.commit()
    return assembly


def panel(meeting: Assembly) -> str:
    return f"/assemblies/{meeting.id}/speakers"


@pytest.fixture
def console(site: Site, town: Town) -> FlaskClient:
    return site.as_(town.facilitator)


def turn(town: Town, name: str) -> SpeakingTurn:
    town.session.rollback()
    return next(one for one in town.session.query(SpeakingTurn) if one.name == name)


def act(console: FlaskClient, meeting: Assembly, what: str, **more: str) -> TestResponse:
    return console.post(panel(meeting), data={"do": what, **more})


def waiting(town: Town, meeting: Assembly) -> list[str]:
    town.session.rollback()
    town.session.expire_all()
    return [one.name for one in speakers_list(town.session, meeting).waiting]


def test_the_panel_shows_who_waits_in_order_and_what_they_have_spoken(
    console: FlaskClient, meeting: Assembly, town: Town, clock: Clock
) -> None:
    act(console, meeting, f"call-{turn(town, 'Ada').id}")
    clock.moves(seconds=65)
    page = console.get(panel(meeting)).text
    assert ">1:05</span>" in page
    act(console, meeting, f"end-{turn(town, 'Ada').id}")
    town.session.rollback()
    ask_to_speak(town.session, meeting, "Ada")
    town.session.commit()
    page = console.get(panel(meeting)).text
    assert "Nobody has the floor" in page
    assert "spoke 1 time, 1:05" in page
    assert page.index("Ben &lt;b&gt;") < page.index("Cyd") < page.rindex("Ada")


def test_turns_are_moved_given_back_and_taken_off(
    console: FlaskClient, meeting: Assembly, town: Town
) -> None:
    act(console, meeting, f"up-{turn(town, 'Cyd').id}")
    assert waiting(town, meeting) == ["Ada", "Cyd", "Ben <b>"]
    assert "moved by hand" in console.get(panel(meeting)).text
    act(console, meeting, f"free-{turn(town, 'Cyd').id}")
    act(console, meeting, f"down-{turn(town, 'Ada').id}")
    assert waiting(town, meeting) == ["Ben <b>", "Ada", "Cyd"]
    act(console, meeting, f"off-{turn(town, 'Ada').id}")
    assert waiting(town, meeting) == ["Ben <b>", "Cyd"]


def test_two_facilitators_who_call_the_same_speaker_call_them_once(
    console: FlaskClient, meeting: Assembly, town: Town
) -> None:
    wanted = f"call-{turn(town, 'Ada').id}"
    act(console, meeting, wanted)
    answer = console.post(
        panel(meeting), data={"do": wanted}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 409
    assert "no longer waits" in answer.get_json()["error"]
    assert waiting(town, meeting) == ["Ben <b>", "Cyd"]


def test_somebody_without_a_phone_is_put_on_the_list_under_a_name(
    console: FlaskClient, meeting: Assembly, town: Town
) -> None:
    act(console, meeting, "add", name="Dora", kind="point-of-order")
    assert waiting(town, meeting)[0] == "Dora"
    answer = act(console, meeting, "add", name=" ")
    assert answer.status_code == 422
    assert "Enter the name" in answer.text


def test_a_question_goes_on_the_screen_and_is_answered(
    console: FlaskClient, meeting: Assembly, town: Town
) -> None:
    phone = Phone(assembly_id=meeting.id, number=1, joined_at=meeting.starts_at)
    town.session.add(phone)
    town.session.flush()
    asked = ask(town.session, meeting, phone, "Who mends it?")
    town.session.commit()
    act(console, meeting, f"screen-{asked.id}")
    town.session.rollback()
    town.session.expire_all()
    assert (meeting.stage.slide, asked.state) == (Slide.QUESTION, QuestionState.ON_SCREEN)
    act(console, meeting, f"answered-{asked.id}")
    page = console.get(panel(meeting)).text
    assert "No question waits" in page
    act(console, meeting, f"reopen-{asked.id}")
    told = console.get(f"{panel(meeting)}/now").get_json()
    assert "Who mends it?" in told["parts"]["questions"]
    assert town.session.get(Question, asked.id) is not None


@pytest.mark.parametrize("what", ["", "call", "call-999", "screen-999", "dance-1", "call-x"])
def test_what_the_panel_does_not_offer_is_no_act(
    console: FlaskClient, meeting: Assembly, what: str
) -> None:
    assert act(console, meeting, what).status_code in (400, 404)


def test_the_list_can_be_shown_to_the_hall(
    console: FlaskClient, meeting: Assembly, town: Town
) -> None:
    act(console, meeting, "show")
    town.session.rollback()
    town.session.expire_all()
    assert meeting.stage.slide == Slide.SPEAKERS
