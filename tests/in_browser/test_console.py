"""The console in a real browser: keys, undo, and two facilitators who share one meeting."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select

from app.settings import settings_from
from ballots.casting import cast_ballot
from ballots.hall import open_vote_in
from ballots.keys import KeyFolder
from neighbourhoods.assemblies import Assembly
from neighbourhoods.database import Database
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.projects import projects_in
from tests.browser import PHONE, WardmoteServer, running_wardmote, visitor

pytestmark = pytest.mark.browser
# The demonstration's second meeting is under way: a poll, a vote that is open, and its reveal.
MEETING = "/assemblies/2"
TITLES = ("Did you come on foot?", "What comes first?", "What the hall decided")


@pytest.fixture
def server() -> Iterator[WardmoteServer]:
    with running_wardmote("--demo") as server:
        yield server


@pytest.fixture
def console(server: WardmoteServer, chromium: Browser) -> Iterator[Page]:
    with visitor(chromium) as page:
        yield enter(page, server, "Facilitator")


def enter(page: Page, server: WardmoteServer, who: str) -> Page:
    """The meeting's console as somebody who may run it, on its first item."""
    link = re.search(rf"^{who}: .*?(http\S+)", server.log, re.MULTILINE)
    assert link is not None
    page.goto(link[1])
    page.goto(server.base_url + MEETING)
    return page


def shown(page: Page) -> Locator:
    return page.locator(".small-screen")


def logged(page: Page, words: str) -> int:
    return page.locator("#console-log li", has_text=words).count()


def test_keys_turn_the_pages_black_the_screens_and_start_the_countdown(console: Page) -> None:
    expect(shown(console)).to_contain_text(TITLES[1])
    console.keyboard.press("ArrowLeft")
    expect(shown(console)).to_contain_text(TITLES[0])
    console.keyboard.press("ArrowRight")
    expect(shown(console)).to_contain_text(TITLES[1])
    console.keyboard.press("b")
    expect(shown(console)).to_contain_text("Blacked out")
    console.keyboard.press("b")
    expect(shown(console)).not_to_contain_text("Blacked out")
    console.keyboard.press("ArrowLeft")
    expect(shown(console)).to_contain_text(TITLES[0])
    console.get_by_role("button", name="One minute more").last.click()
    expect(console.locator("#console-timer [data-clock]")).to_have_text("1:00")
    console.locator("body").click(position={"x": 5, "y": 5})
    console.keyboard.press("t")
    expect(console.locator("#console-timer [data-clock]")).to_have_text(re.compile("0:5"))


def test_keys_do_nothing_in_a_field_nor_once_they_are_switched_off(console: Page) -> None:
    console.get_by_label("A message for the screens").fill("")
    console.get_by_label("A message for the screens").press_sequentially("bt b")
    console.get_by_label("A message for the screens").press("ArrowRight")
    console.get_by_text("Keys are on").click()
    console.locator("body").click(position={"x": 5, "y": 5})
    for key in ("ArrowLeft", "b", "t", " "):
        console.keyboard.press(key)
    console.reload()
    expect(console.get_by_label("Keys are on")).not_to_be_checked()
    console.keyboard.press("b")
    console.wait_for_timeout(500)
    expect(shown(console)).to_contain_text(TITLES[1])
    assert logged(console, "Blacked out") == 0
    assert logged(console, "Went to an item") == 1


def test_a_key_that_is_held_or_pressed_on_a_button_fires_once(console: Page) -> None:
    console.keyboard.down("ArrowLeft")
    for _ in range(5):
        console.keyboard.down("ArrowLeft")  # the browser repeats a key that is held
    console.keyboard.up("ArrowLeft")
    expect(shown(console)).to_contain_text(TITLES[0])
    console.locator("#do-next").focus()
    console.keyboard.press(" ")
    expect(shown(console)).to_contain_text(TITLES[1])
    console.wait_for_timeout(500)
    expect(shown(console)).to_contain_text(TITLES[1])
    assert logged(console, "Went to an item") == 3
    expect(console.locator("#do-next")).to_be_focused()


def test_undo_counts_down_and_puts_back_what_stood_before(console: Page) -> None:
    console.locator("#do-next").click()
    expect(shown(console)).to_contain_text(TITLES[2])
    expect(console.locator("#do-undo")).to_contain_text(re.compile("[789] seconds left"))
    console.locator("#do-undo").click()
    expect(shown(console)).to_contain_text(TITLES[1])
    console.locator("#do-dark").click()
    expect(console.locator("#do-undo")).to_be_visible()
    expect(console.locator("#do-undo")).to_be_hidden(timeout=12_000)


def test_a_facilitator_follows_another_without_losing_what_is_typed(
    console: Page, server: WardmoteServer, chromium: Browser
) -> None:
    with visitor(chromium, PHONE) as other:
        enter(other, server, "Officer")
        expect(other.locator("#do-next")).to_be_in_viewport()
        message = console.get_by_label("A message for the screens")
        message.fill("Half a sent")
        other.locator("#do-next").click()
        expect(shown(console)).to_contain_text(TITLES[2])
        expect(message).to_be_focused()
        expect(message).to_have_value("Half a sent")
        expect(console.locator("[data-status]")).to_contain_text(TITLES[2])
        # Both went on by one item, and the console that followed can act at once.
        console.locator("#do-back").click()
        expect(shown(other)).to_contain_text(TITLES[1])
        assert console.url.endswith(MEETING)


def test_the_console_counts_who_voted_while_a_vote_is_open(
    console: Page, server: WardmoteServer
) -> None:
    expect(console.locator("#console-vote")).to_contain_text("0 of 64")
    cast_in_the_hall(server)
    expect(console.locator("#console-vote")).to_contain_text("1 of 64", timeout=8_000)


def cast_in_the_hall(server: WardmoteServer) -> None:
    """One person in the hall votes in the vote that is open."""
    settings = settings_from(server.settings)
    with Database(settings.database_url).writing() as session:
        vote = open_vote_in(session, session.get_one(Assembly, int(MEETING.rpartition("/")[2])))
        assert vote is not None
        entry = session.scalars(
            select(RollEntry).where(RollEntry.round_id == vote.round_id).limit(1)
        ).one()
        code = projects_in(session, vote.round_id)[0].code
        keys = KeyFolder(settings.key_folder)
        cast_ballot(session, keys, vote.the_round, entry, [code], request_id="one")
        session.commit()


def test_a_refusal_stays_to_be_read_while_the_console_follows_another(
    console: Page, server: WardmoteServer, chromium: Browser
) -> None:
    for name in ("back", "next", "dark"):  # in sight on a laptop, without scrolling
        expect(console.locator(f"#do-{name}")).to_be_in_viewport(ratio=1)
    with visitor(chromium, PHONE) as other:
        enter(other, server, "Officer")
        console.locator("#act input[name=version]").evaluate("field => { field.value = 9999; }")
        console.locator("#do-back").click()
        notice = console.locator("#console-notice p")
        expect(notice).to_be_visible()
        other.locator("#do-next").click()
        expect(shown(console)).to_contain_text(TITLES[2])
        expect(notice).to_be_visible()
    console.locator("#do-back").click()
    expect(shown(console)).to_contain_text(TITLES[1])
    expect(notice).to_be_hidden()


def test_when_the_network_is_away_the_console_says_so_and_keeps_what_it_shows(
    console: Page,
) -> None:
    console.context.set_offline(True)
    console.locator("#do-next").click()
    expect(console.get_by_role("alert")).to_contain_text("Not sent")
    expect(shown(console)).to_contain_text(TITLES[1])
    console.context.set_offline(False)
    console.locator("#do-next").click()
    expect(shown(console)).to_contain_text(TITLES[2])
    expect(console.get_by_role("alert")).not_to_contain_text("Not sent")
