"""The door and the tellers' table on a volunteer's phone and on a laptop: no complaint."""

import pytest
from playwright.sync_api import Browser, Page, expect

from app.facilitators.serials import SERIALS
from app.settings import settings_from
from ballots.hall import open_vote
from ballots.keys import KeyFolder
from ballots.paper_ballots import paper_serial
from neighbourhoods.assemblies import ItemKind
from neighbourhoods.attendance import Channel, check_in
from neighbourhoods.database import Database, now
from neighbourhoods.door import ask_for_walk_in
from neighbourhoods.phases import Phase
from neighbourhoods.stage import begin, go_to
from tests.browser import DESK, PHONE, WardmoteServer, axe_violations, overflows_sideways, visitor
from tests.builders import Town
from tests.in_browser.test_draw import sign_in

pytestmark = pytest.mark.browser


class Hall:
    """A meeting on a running server: three people on paper, a vote open, a poll begun."""

    def __init__(self, server: WardmoteServer) -> None:
        self.server, self.settings = server, settings_from(server.settings)
        self.database = Database(server.settings["WARDMOTE_DATABASE_URL"])
        keys = KeyFolder(self.settings.key_folder)
        with self.database.writing() as session:
            session.info["clock"] = None
            moment = now(session)
            session.info["clock"] = lambda: moment
            town = Town(session, keys)
            the_round = town.round(Phase.DEBATE, voters=40)
            meeting = town.assembly(the_round, ItemKind.BALLOT, ItemKind.POLL)
            meeting.quorum = 3
            ballot, poll = meeting.items
            ballot.title, poll.title = "Where the money goes", "Is the hall warm enough?"
            ballot.settings = {"own_count": True, "profile": "sealed"}
            for number in (1, 2, 3):
                entry = town.voter(the_round, number)
                check_in(session, meeting, entry, town.facilitator, Channel.PAPER)
            ask_for_walk_in(session, meeting, "Wanda Walker", town.facilitator, Channel.PHONE)
            begin(session, meeting, town.facilitator)
            open_vote(session, keys, ballot, town.facilitator)
            go_to(session, meeting, poll, town.facilitator)
            self.officer, self.facilitator = town.officer.email, town.facilitator.email
            self.id, self.ballot, self.poll = meeting.id, ballot.id, poll.id
            session.commit()

    def address(self, rest: str) -> str:
        return f"{self.server.base_url}/assemblies/{self.id}{rest}"

    def serial(self, number: int) -> str:
        return paper_serial(self.settings.key_for(SERIALS), self.ballot, number)


def check_barriers(page: Page) -> None:
    assert axe_violations(page) == []
    assert not overflows_sideways(page), page.url


def test_the_door_and_the_tellers_work_on_a_phone_and_on_a_laptop(
    wardmote: WardmoteServer, chromium: Browser
) -> None:
    hall = Hall(wardmote)
    with visitor(chromium, PHONE, touch=True) as phone, visitor(chromium, DESK) as desk:
        sign_in(phone, wardmote, hall.facilitator)
        sign_in(desk, wardmote, hall.officer)
        for page in (phone, desk):
            page.goto(hall.address("/door"))
            expect(page.get_by_role("status").first).to_contain_text("3 people are present")
            check_barriers(page)
            page.get_by_label("Name, postcode or voter card").fill("voter 1")
            page.get_by_role("button", name="Find").click()
            expect(page.locator(".wm-card").first).to_be_visible()
            check_barriers(page)
        phone.get_by_label("Name, postcode or voter card").fill("voter 12")
        phone.get_by_role("button", name="Find").click()
        phone.locator("li button[value=phone]").first.click()
        expect(phone.get_by_role("heading", name="Voter 12 is checked in")).to_be_visible()
        check_barriers(phone)
        phone.get_by_role("link", name="Phone and more").first.click()
        check_barriers(phone)
        phone.goto(hall.address("/door/people"))
        check_barriers(phone)
        desk.goto(hall.address(f"/tellers/{hall.ballot}"))
        desk.get_by_label("First number").fill("1")
        desk.get_by_label("Last number").fill("30")
        desk.get_by_role("button", name="Bring it").click()
        for page, place in ((desk, 0), (phone, 1)):
            page.goto(hall.address("/tellers"))
            check_barriers(page)
            page.goto(hall.address(f"/tellers/{hall.ballot}"))
            check_barriers(page)
            page.get_by_label("Serial of the paper").first.fill(hall.serial(7))
            page.keyboard.press("Enter")
            page.locator(".wm-teller__choice input").nth(place).focus()
            page.keyboard.press("Space")
            check_barriers(page)
            page.keyboard.press("Enter")
            expect(page.locator("main")).to_contain_text("Paper 0007")
        expect(phone.get_by_role("heading", name="Two tellers read it differently")).to_be_visible()
        check_barriers(phone)
        desk.goto(hall.address(f"/tellers/{hall.ballot}/papers/{hall.serial(7)}"))
        check_barriers(desk)
        desk.locator(".wm-teller__choice input").nth(1).check()
        desk.get_by_role("button", name="Enter this paper").click()
        expect(desk.locator(".wm-teller__progress")).to_contain_text("1 of 3 in the box")
        check_barriers(desk)
        for page in (phone, desk):
            page.goto(hall.address(f"/tellers/{hall.poll}/hands"))
            check_barriers(page)
