"""The console: acts as plain forms, refusals that show how it stands, and votes in a hall."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient

from ballots.hall import current_vote, is_held
from ballots.moves import count_closed
from ballots.outcome import outcome_of
from neighbourhoods.assemblies import ActKind, Assembly, AssemblyState, ItemKind, Screen, Slide
from neighbourhoods.attendance import Channel, attendees_in, check_in
from neighbourhoods.people import Office
from neighbourhoods.phases import Phase
from neighbourhoods.speakers import ask_to_speak
from neighbourhoods.speaking_order import TurnKind
from neighbourhoods.stage import begin
from tests.app.facilitators.test_assemblies import look_again
from tests.builders import Clock, Town
from tests.council import Site


@pytest.fixture
def meeting(town: Town) -> Assembly:
    """Under way on its first of three items, with three people in the hall."""
    the_round = town.round(Phase.VOTE)
    assembly = town.assembly(the_round, ItemKind.WELCOME, ItemKind.BALLOT, ItemKind.REVEAL)
    assembly.items[2].settings = {"vote_item": assembly.items[1].id}
    for number in (1, 2, 3):
        check_in(town.session, assembly, town.voter(the_round, number), town.facilitator)
    begin(town.session, assembly, town.facilitator)
    town.session.commit()
    return assembly


class Console:
    """A facilitator at a console: presses the buttons that stand on the page."""

    def __init__(self, client: FlaskClient, assembly: Assembly) -> None:
        self.client, self.address = client, f"/assemblies/{assembly.id}"
        self.look()

    def look(self) -> None:
        self.page = BeautifulSoup(self.client.get(self.address).text, "html5lib")

    def button(self, name: str) -> Tag | None:
        return self.page.select_one(f"#do-{name}")

    def press(self, name: str, **typed: str) -> int:
        button = self.button(name)
        assert button is not None, self.page.get_text(" ", strip=True)
        assert not button.has_attr("disabled")
        form = self.page.select_one("#act")
        assert form is not None
        address = str(button.get("formaction", form["action"]))
        sent = {str(field["name"]): str(field["value"]) for field in form.select("input")}
        answer = self.client.post(address, data=sent | {"act": str(button["value"])} | typed)
        if answer.status_code == 409:
            self.page = BeautifulSoup(answer.text, "html5lib")
        else:
            self.look()
        return int(answer.status_code)

    def text(self, part: str) -> str:
        found = self.page.select_one(part)
        return found.get_text(" ", strip=True) if found else ""


@pytest.fixture
def console(site: Site, town: Town, meeting: Assembly) -> Console:
    return Console(site.as_(town.facilitator), meeting)


def test_the_console_shows_what_is_on_the_screens_and_what_comes_next(console: Console) -> None:
    assert "welcome 1" in console.text(".small-screen")
    assert "Next: ballot 2 (Ballot)" in console.text(".console-next")
    assert "Present 3" in console.text("#console-facts")


def test_every_button_does_what_it_says(console: Console, town: Town, meeting: Assembly) -> None:
    stage = meeting.stage
    expected: list[tuple[str, Callable[[], bool]]] = [
        ("next", lambda: stage.item_id == meeting.items[1].id),
        ("back", lambda: stage.item_id == meeting.items[0].id),
        ("add-time", lambda: stage.timer_left == 60),
        ("timer", lambda: stage.timer_ends_at is not None),
        ("timer", lambda: stage.timer_left == 60),
        ("join", lambda: stage.slide == Slide.JOIN),
        ("agenda", lambda: stage.slide == Slide.AGENDA),
        ("speakers", lambda: stage.slide == Slide.SPEAKERS),
        ("item", lambda: stage.slide == Slide.ITEM),
        ("dark", lambda: stage.is_dark),
        ("dark", lambda: not stage.is_dark),
        ("undo", lambda: stage.is_dark),
    ]
    for name, holds in expected:
        assert console.press(name) == 303
        look_again(town.session)
        assert holds(), name


def test_a_message_and_a_screen_are_typed(console: Console, town: Town, meeting: Assembly) -> None:
    version = str(meeting.stage.version)
    address = f"{console.address}/act"
    said = {"act": "say", "version": version, "words": "Tea is ready"}
    console.client.post(address, data=said)
    added = {"act": "add-screen", "version": str(int(version) + 1), "name": "Foyer"}
    console.client.post(address, data=added)
    shown = {"act": "set-screen", "version": str(int(version) + 2), "shows-2": "agenda"}
    console.client.post(f"{address}?screen=2", data=shown)
    look_again(town.session)
    assert (meeting.stage.slide, meeting.stage.message) == (Slide.MESSAGE, "Tea is ready")
    screen = town.session.get_one(Screen, (meeting.id, 2))
    assert (screen.name, screen.shows) == ("Foyer", Slide.AGENDA)


def test_next_pressed_on_a_console_that_is_not_the_newest_goes_nowhere_and_says_so(
    site: Site, town: Town, meeting: Assembly
) -> None:
    mine = Console(site.as_(town.facilitator), meeting)
    theirs = Console(site.as_(town.officer), meeting)
    assert mine.press("next") == 303
    assert theirs.press("next") == 409
    look_again(town.session)
    assert meeting.stage.item_id == meeting.items[1].id
    assert "Somebody else was a moment faster." in theirs.text("#console-notice")
    # The page that says so is the newest, so the next press counts.
    assert "ballot 2" in theirs.text(".small-screen")
    assert theirs.press("next") == 303


def test_a_wrong_next_is_undone_for_ten_seconds(
    console: Console, town: Town, meeting: Assembly, clock: Clock
) -> None:
    console.press("next")
    clock.moves(seconds=9)
    console.look()
    assert "1 second left" in console.text("#console-undo")
    console.press("undo")
    look_again(town.session)
    assert meeting.stage.item_id == meeting.items[0].id
    console.press("next")
    clock.moves(seconds=10)
    console.look()
    assert console.button("undo") is None


def test_the_log_says_who_did_what(site: Site, town: Town, meeting: Assembly) -> None:
    Console(site.as_(town.officer), meeting).press("dark")
    mine = Console(site.as_(town.facilitator), meeting)
    mine.press("undo")
    lines = [line.get_text(" ", strip=True) for line in mine.page.select("#console-log li")]
    assert lines[0].endswith("Fred Facilitator: Undid an act: Blacked out the screens")
    assert "Olive Officer: Blacked out the screens (undone)" in lines[1]


def test_a_planned_meeting_begins_and_an_ended_one_has_no_buttons(
    site: Site, town: Town, meeting: Assembly
) -> None:
    planned = town.assembly(meeting.the_round, ItemKind.WELCOME)
    gwen = town.person("Gwen Facilitator", Office.FACILITATOR)
    town.session.commit()  # a person not yet committed holds the only writer
    client = site.as_(gwen)
    assert Console(client, planned).button("begin") is None
    client.post(f"/assemblies/{planned.id}/interest", data={"kind": "none", "details": ""})
    console = Console(client, planned)
    assert console.button("next") is None
    console.press("begin")
    console.press("end")
    look_again(town.session)
    assert planned.state == AssemblyState.ENDED
    assert [str(button["id"]) for button in console.page.select("#main-content button")] == [
        "do-undo"
    ]


def test_who_has_a_pecuniary_interest_begins_no_meeting(
    site: Site, town: Town, meeting: Assembly
) -> None:
    planned = town.assembly(meeting.the_round, ItemKind.WELCOME)
    gwen = town.person("Gwen Facilitator", Office.FACILITATOR)
    town.session.commit()  # a person not yet committed holds the only writer
    client = site.as_(gwen)
    where = f"/assemblies/{planned.id}/interest"
    assert client.post(where, data={"kind": "pecuniary", "details": " "}).status_code == 422
    client.post(where, data={"kind": "pecuniary", "details": "I own <b>the yard</b>."})
    Console(client, planned).press("begin")
    look_again(town.session)
    assert planned.state == AssemblyState.PLANNED
    sent = {"kind": "none", "details": ""}
    assert client.post(where, data=sent).status_code == 409


def test_an_act_without_a_version_or_a_name_is_not_understood(console: Console) -> None:
    address = f"{console.address}/act"
    for sent in (
        {},
        {"act": "next"},
        {"act": "fly", "version": "1"},
        {"act": "next", "version": "x"},
    ):
        assert console.client.post(address, data=sent).status_code == 400


def test_what_no_button_offers_is_refused_in_words(console: Console, meeting: Assembly) -> None:
    version = meeting.stage.version
    for act, query in (
        ("go-to", "?item=999999"),
        ("set-screen", "?screen=77"),
        ("stop", "?item=x"),
    ):
        sent = {"act": act, "version": str(version)}
        answer = console.client.post(f"{console.address}/act{query}", data=sent)
        assert answer.status_code == 409
        assert "console-notice" in answer.text


def test_the_console_tells_of_raised_hands_and_points_of_order(
    console: Console, town: Town, meeting: Assembly
) -> None:
    assert "Hands" not in console.text("#console-facts")
    ask_to_speak(town.session, meeting, "Rita", by=town.facilitator)
    ask_to_speak(town.session, meeting, "Sam", TurnKind.POINT_OF_ORDER, by=town.facilitator)
    town.session.commit()
    console.look()
    assert "Hands raised 2 1 point of order" in console.text("#console-facts")


def test_other_pages_of_the_meeting_are_linked_only_where_there_are_some(
    console: Console, site: Site
) -> None:
    links = [str(a["href"]) for a in console.page.select("nav[aria-labelledby=heading-doors] a")]
    known = site.app.url_map.bind("localhost")
    assert links
    assert all(known.test(link) for link in links)


# --- votes ---------------------------------------------------------------------------------------


def test_a_vote_is_opened_stopped_called_back_stopped_and_released(
    console: Console, town: Town, meeting: Assembly, clock: Clock, site: Site
) -> None:
    item = meeting.items[1]
    console.press("next")
    console.press(f"open-{item.id}")
    assert "Have voted 0 of 3" in console.text("#console-vote")
    assert "The votes are counted" not in console.text("#console-vote")
    console.press(f"stop-{item.id}")
    assert "Last call" in console.text("#console-vote")
    console.press("undo")
    look_again(town.session)
    vote = current_vote(town.session, item)
    assert vote is not None
    assert vote.called_at is None
    assert console.button(f"stop-{item.id}") is not None
    console.press(f"stop-{item.id}")
    clock.moves(seconds=11)
    console.look()
    look_again(town.session)
    assert "its outcome is sealed" in console.text("#console-vote")
    assert is_held(town.session, vote.round_id)
    console.press("next")
    console.press(f"release-{item.id}")
    assert "The outcome is opened in" in console.text("#console-vote")
    console.press("undo")
    assert "its outcome is sealed" in console.text("#console-vote")
    console.press(f"release-{item.id}")
    look_again(town.session)
    assert is_held(town.session, vote.round_id)
    clock.moves(seconds=10)
    assert not is_held(town.session, vote.round_id)
    assert outcome_of(town.session, vote.round_id) is None  # the clock counts, not the console
    kinds = [act.kind for act in meeting.acts]
    assert kinds.count(ActKind.STOP_VOTE) == 2
    assert kinds[-1] == ActKind.REVEAL
    # Counted, it is revealed step by step; here nobody voted, so that one step says it all.
    town.enter(vote.the_round, Phase.COUNT)
    count_closed(town.session, town.keys, vote.the_round)
    town.session.commit()
    console.look()
    console.press("step")
    assert "1 of 1 shown" in console.text("#console-main")
    console.press("step-back")
    look_again(town.session)
    assert meeting.stage.step == 0


def test_a_closed_vote_says_that_papers_keep_it_from_being_counted(
    console: Console, town: Town, meeting: Assembly, clock: Clock
) -> None:
    item = meeting.items[1]
    attendees_in(town.session, meeting.id)[0].channel = Channel.PAPER
    town.session.commit()
    console.press("next")
    console.press(f"open-{item.id}")
    console.press(f"stop-{item.id}")
    clock.moves(seconds=11)
    console.look()
    assert "1 ballot paper is still out." in console.text("#console-vote")
    console.press(f"release-{item.id}")
    clock.moves(seconds=10)
    console.look()
    assert "counted as soon as all papers are in" in console.text("#console-vote")
    assert "not been opened" not in console.text("#console-vote")
    assert console.page.select_one(f"#console-vote a[href='/assemblies/{meeting.id}/tellers']")


def test_only_a_practice_meeting_can_be_wiped_from_its_console(
    console: Console, town: Town, meeting: Assembly
) -> None:
    wipe = f"form[action='/assemblies/{meeting.id}/practice/wipe']"
    assert console.page.select_one(wipe) is None
    meeting.is_practice = True
    town.session.commit()
    console.look()
    assert console.page.select_one(wipe) is not None


def test_a_vote_is_given_one_minute_more(
    console: Console, town: Town, meeting: Assembly, clock: Clock
) -> None:
    item = meeting.items[1]
    item.seconds = 120
    town.session.commit()
    console.press("next")
    console.press(f"open-{item.id}")
    console.press(f"extend-{item.id}")
    look_again(town.session)
    vote = current_vote(town.session, item)
    assert vote is not None
    assert vote.the_round.vote_closes_at == clock.moment + timedelta(seconds=180)
    console.look()
    assert f"Gave the vote 1:00 more: {item.title}" in console.text("#console-log")


def test_two_facilitators_who_open_a_vote_at_once_open_one(
    site: Site, town: Town, meeting: Assembly
) -> None:
    item = meeting.items[1]
    mine = Console(site.as_(town.facilitator), meeting)
    mine.press("next")
    theirs = Console(site.as_(town.officer), meeting)
    mine.look()
    assert mine.press(f"open-{item.id}") == 303
    assert theirs.press(f"open-{item.id}") == 409
    assert re.search("a moment faster", theirs.text("#console-notice"))


def test_a_meeting_does_not_end_over_an_open_vote(
    console: Console, town: Town, meeting: Assembly
) -> None:
    console.press("next")
    console.press(f"open-{meeting.items[1].id}")
    assert console.press("end") == 409
    assert "A vote is still open" in console.text("#console-notice")


def test_an_open_vote_stays_on_the_console_when_the_meeting_goes_on(
    console: Console, meeting: Assembly
) -> None:
    item = meeting.items[1]
    console.press("next")
    console.press(f"open-{item.id}")
    console.press("back")
    assert console.button(f"stop-{item.id}") is not None
