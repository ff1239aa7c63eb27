"""A meeting on real phones: joined in three taps, followed by itself, and nothing written lost."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from ballots.hall import call_off, open_vote, open_vote_in, stop
from neighbourhoods import stage
from neighbourhoods.assemblies import AgendaItem, Assembly, ItemKind
from neighbourhoods.attendance import Phone, check_in, pair
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.people import Office, Person, find_or_add_person
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from neighbourhoods.speakers import ask_to_speak
from tests.browser import (
    PHONE,
    WardmoteServer,
    axe_violations,
    overflows_sideways,
    running_wardmote,
    visitor,
)
from tests.builders import Town
from tests.in_browser.hall import Assembly as Vote
from tests.in_browser.hall import _town, assembly

pytestmark = pytest.mark.browser

WITHIN_MS = 10_000


@pytest.fixture(scope="module")
def served() -> Iterator[WardmoteServer]:
    with running_wardmote() as server:
        yield server


@dataclass(frozen=True)
class Meeting:
    """A meeting under way on a running server."""

    vote: Vote
    number: int
    code: str

    @property
    def address(self) -> str:
        return f"{self.vote.server.base_url}/a/{self.code}"

    @contextmanager
    def acting(self) -> Iterator[tuple[Session, Assembly, Person]]:
        with self.vote.database.writing() as session:
            session.info["clock"] = lambda: datetime.now(UTC)
            facilitator = find_or_add_person(session, "fred.facilitator@example.org")
            yield session, session.get_one(Assembly, self.number), facilitator
            session.commit()

    def go_to(self, kind: ItemKind) -> None:
        with self.acting() as (session, meeting, facilitator):
            item = next(item for item in meeting.items if item.kind == kind)
            stage.go_to(session, meeting, item, facilitator)


@pytest.fixture
def meeting(served: WardmoteServer) -> Iterator[Meeting]:
    with assembly(served, max_choices=2) as vote:
        with vote.database.writing() as session:
            session.info["clock"] = lambda: datetime.now(UTC)
            town: Town = _town(session, vote.keys)
            town.facilitator = town.person("Fred Facilitator", Office.FACILITATOR)
            planned = town.assembly(session.get_one(Round, vote.round_id), *ItemKind)
            for item in planned.items:
                if item.kind == ItemKind.BALLOT:
                    item.settings = {"own_count": False}
            projects_in(session, vote.round_id)[0].summary = "A bench by the lock."
            stage.begin(session, planned, town.facilitator)
            session.commit()
            made = Meeting(vote, planned.id, planned.code)
        yield made


def join(page: Page, meeting: Meeting) -> None:
    page.goto(meeting.address)
    page.get_by_role("button", name="Join the meeting").click()
    expect(page.get_by_role("button", name="Raise my hand")).to_be_visible()


def looks_right(page: Page) -> None:
    assert axe_violations(page) == []
    assert not overflows_sideways(page)


def test_a_code_leads_into_the_meeting_in_three_taps(meeting: Meeting, phone: Page) -> None:
    phone.goto(f"{meeting.vote.server.base_url}/join")
    looks_right(phone)
    field = phone.get_by_label("Code of the meeting")
    field.tap()
    field.fill(meeting.code.lower())
    phone.get_by_role("button", name="Continue").tap()
    expect(phone.get_by_role("button", name="Join the meeting")).to_be_visible()
    looks_right(phone)
    phone.get_by_role("button", name="Join the meeting").tap()
    expect(phone.get_by_text("Show this number at the door")).to_be_visible()
    looks_right(phone)


def test_the_page_follows_the_meeting_and_counts_down_by_the_servers_clock(
    meeting: Meeting, phone: Page
) -> None:
    # A device a day behind: the clock of the page is set before anything of it runs.
    phone.clock.install(time=datetime.now(UTC) - timedelta(hours=24))
    join(phone, meeting)
    phone.clock.resume()
    meeting.go_to(ItemKind.PITCH)
    with meeting.acting() as (session, here, facilitator):
        stage.start_timer(session, here, facilitator, 180)
        ends_at = here.stage.timer_ends_at
    clock = phone.get_by_role("timer")
    expect(phone.get_by_text("A bench by the lock.")).to_be_visible(timeout=WITHIN_MS)
    expect(clock).to_be_visible(timeout=WITHIN_MS)
    assert ends_at is not None
    minutes, seconds = clock.inner_text().split(":")
    left = (ends_at - datetime.now(UTC)).total_seconds()
    assert abs(int(minutes) * 60 + int(seconds) - left) <= 1.5
    looks_right(phone)


def test_a_raised_hand_keeps_its_place_over_a_reload(meeting: Meeting, phone: Page) -> None:
    with meeting.acting() as (session, here, _facilitator):
        ask_to_speak(session, here, "Ada")
    join(phone, meeting)
    phone.get_by_label("What shall we call you?").fill("Ben")
    phone.get_by_role("button", name="Raise my hand").tap()
    place = phone.get_by_text("1 person speaks before you.")
    expect(place.first).to_be_visible()
    expect(phone.get_by_role("button", name="Raise my hand")).to_be_hidden()
    looks_right(phone)
    phone.reload()
    expect(place.first).to_be_visible()
    phone.get_by_role("button", name="Lower my hand").tap()
    expect(phone.get_by_role("button", name="Raise my hand")).to_be_visible()
    expect(phone.get_by_label("What shall we call you?")).to_be_hidden()


def test_what_is_being_written_outlasts_an_update_and_the_focus_stays(
    meeting: Meeting, phone: Page
) -> None:
    join(phone, meeting)
    field = phone.get_by_label("Your question to the meeting")
    field.fill("Who mends")
    field.press("End")
    expect(phone.get_by_text("271 characters left")).to_be_visible()
    meeting.go_to(ItemKind.BREAK)
    expect(phone.locator("[data-part=now]")).to_contain_text("break", timeout=WITHIN_MS)
    expect(field).to_be_focused()
    expect(field).to_have_value("Who mends")
    expect(phone.locator("[data-said]")).to_contain_text("Now: break")
    field.press_sequentially(" it?")
    phone.get_by_role("button", name="Send my question").tap()
    expect(phone.locator(".wm-asked__words")).to_have_text("Who mends it?")
    expect(field).to_have_value("")


def test_a_poll_shows_my_hand_at_once_and_a_focused_answer_keeps_the_focus(
    meeting: Meeting, phone: Page, chromium: Browser
) -> None:
    meeting.go_to(ItemKind.POLL)
    join(phone, meeting)
    with visitor(chromium, PHONE, touch=True) as other:
        join(other, meeting)
        phone.get_by_role("button", name="Yes").focus()
        phone.keyboard.press("Enter")
        expect(phone.get_by_role("button", name="Yes")).to_have_attribute("aria-pressed", "true")
        other.get_by_role("button", name="No", exact=False).first.tap()
        expect(phone.locator(".wm-poll__figure").nth(1)).to_contain_text("1", timeout=WITHIN_MS)
    expect(phone.get_by_role("button", name="Yes")).to_be_focused()
    looks_right(phone)


def test_a_gap_of_two_seconds_is_not_worth_a_word_and_the_page_goes_on_by_itself(
    meeting: Meeting, phone: Page
) -> None:
    join(phone, meeting)
    trying = phone.get_by_text("Trying to reach the meeting")
    phone.wait_for_timeout(1500)
    phone.context.set_offline(True)
    phone.wait_for_timeout(2000)
    expect(trying).to_be_hidden()
    phone.context.set_offline(False)
    meeting.go_to(ItemKind.BREAK)
    expect(phone.locator("[data-part=now]")).to_contain_text("break", timeout=WITHIN_MS)


def test_a_vote_leads_to_the_booth_and_back_once_it_is_counted(
    meeting: Meeting, phone: Page
) -> None:
    phone.goto(meeting.vote.card(1))
    join(phone, meeting)
    phone.get_by_role("button", name="Check me in on this phone").tap()
    expect(phone.get_by_text("You are checked in.")).to_be_visible()
    meeting.go_to(ItemKind.BALLOT)
    with meeting.acting() as (session, here, facilitator):
        item = session.scalars(
            select(AgendaItem).where(
                AgendaItem.assembly_id == here.id, AgendaItem.kind == ItemKind.BALLOT
            )
        ).one()
        open_vote(session, meeting.vote.keys, item, facilitator)
    vote_now = phone.get_by_role("button", name="Vote now")
    expect(vote_now).to_be_visible(timeout=WITHIN_MS)
    looks_right(phone)
    vote_now.tap()
    phone.locator(".wm-choice__box").first.check()
    phone.get_by_role("button", name="Cast my vote").tap()
    phone.get_by_role("button", name="Back to the meeting").tap()
    expect(phone.get_by_text("Your ballot is Counted.")).to_be_visible()
    assert meeting.vote.ballots() == 1


def test_whoever_is_choosing_sees_the_last_call_and_that_it_was_called_off(
    meeting: Meeting, phone: Page
) -> None:
    join(phone, meeting)
    with meeting.acting() as (session, here, facilitator):
        ballot = next(item for item in here.items if item.kind == ItemKind.BALLOT)
        ballot.settings, ballot.seconds = {"own_count": True}, 120
        on_roll = select(RollEntry).where(RollEntry.round_id == here.round_id)
        attendee = check_in(session, here, session.scalars(on_roll).all()[0], facilitator)
        joined = session.scalars(select(Phone).where(Phone.assembly_id == here.id)).one()
        pair(session, joined, attendee, facilitator)
        stage.go_to(session, here, ballot, facilitator)
        vote = open_vote(session, meeting.vote.keys, ballot, facilitator)
        address = f"{meeting.vote.server.base_url}/rounds/{vote.round_id}/ballot"
    phone.goto(address)
    closes, spoken = phone.locator("[data-closes]"), phone.locator("[data-closes-spoken]")
    expect(closes).to_contain_text(re.compile(r"This vote closes in [12]:\d\d"))
    phone.evaluate("scrollTo(0, document.body.scrollHeight)")  # nothing under the bottom bar
    looks_right(phone)
    phone.wait_for_timeout(1500)  # until it follows
    _act_on_vote(meeting, stop)
    expect(closes).to_contain_text("Last call: cast your vote within 0:", timeout=3000)
    expect(spoken).to_contain_text("Last call")
    _act_on_vote(meeting, call_off)
    expect(closes).to_contain_text("This vote closes in", timeout=3000)
    expect(spoken).to_have_text("The vote goes on.")


def _act_on_vote(meeting: Meeting, act: Callable[..., object]) -> None:
    with meeting.acting() as (session, here, facilitator):
        vote = open_vote_in(session, here)
        assert vote is not None
        act(session, meeting.vote.keys, vote, facilitator)


def test_everything_is_done_without_a_script_too(meeting: Meeting, chromium: Browser) -> None:
    meeting.go_to(ItemKind.POLL)
    with visitor(chromium, PHONE, touch=True, javascript=False) as page:
        page.goto(meeting.address)
        page.get_by_role("button", name="Join the meeting").click()
        page.get_by_role("button", name="Yes").click()
        expect(page.get_by_role("button", name="Yes")).to_have_attribute("aria-pressed", "true")
        assert not overflows_sideways(page)
        page.get_by_role("button", name="Ask to speak").click()
        page.get_by_role("button", name="Raise my hand").click()
        expect(page.get_by_role("alert")).to_contain_text("Enter the name to call you by")
        page.get_by_label("What shall we call you?").fill("Ben")
        page.get_by_role("button", name="Raise my hand").click()
        expect(page.get_by_text("You are next to speak.")).to_be_visible()
        page.get_by_role("button", name="Ask a question").click()
        page.get_by_label("Your question to the meeting").fill("Who mends it?")
        page.get_by_role("button", name="Send my question").click()
        expect(page.locator(".wm-asked__words")).to_have_text("Who mends it?")
        page.get_by_role("button", name="Leave the meeting").click()
        expect(page.get_by_role("button", name="Join the meeting")).to_be_visible()
