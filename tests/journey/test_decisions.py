"""Two outcomes from the count to the register’s feed, in the hands of everybody who acts on them.

Westminster’s way: two ward members take it forward, finance and legal clear it, the cabinet member
signs. And three ward members under section 236, by majority, one of whom has an interest.
"""

import hashlib
import json
import re
import xml.etree.ElementTree as Tree
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, expect

from app.settings import settings_from
from ballots.casting import cast_ballot
from ballots.decision_routes import choose_route
from ballots.keys import KeyFolder
from ballots.routes import Agreement, RouteName
from neighbourhoods.database import Database
from neighbourhoods.people import Office
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from tests.browser import DESK, PHONE, WardmoteServer, running_wardmote, visitor
from tests.builders import Town
from tests.journey.test_journey import Walker

ATOM = {"atom": "http://www.w3.org/2005/Atom"}
# Voters all want the benches at £8,000 and £2,000, which take the whole £10,000.
CHOSEN = ("Bench 4", "Bench 1")
SAFETY = "The fire brigade reaches the flats only this way, and a bench there would keep it out."


@pytest.fixture
def server() -> Iterator[WardmoteServer]:
    with running_wardmote() as server:
        yield server


class Hearing:
    """A round with its vote open on a running server, and one browser for each who acts."""

    def __init__(
        self, server: WardmoteServer, chromium: Browser, stack: ExitStack, number: int
    ) -> None:
        self.server, self.chromium, self.stack, self.number = server, chromium, stack, number

    def walker(self, person: str | None, *, on_phone: bool = False) -> Walker:
        """Somebody with a device of their own, signed in with the code from a letter."""
        size = PHONE if on_phone else DESK
        page = self.stack.enter_context(visitor(self.chromium, size, touch=on_phone))
        walker = Walker(page, self.server.base_url)
        if person is not None:
            walker.sign_in(person)
        return walker

    def closes(self) -> None:
        """An officer closes the vote; the server counts it, and residents read the outcome."""
        officer = self.walker("olive.officer@example.org")
        officer.move_on(
            f"/office/rounds/{self.number}", "Close the vote", "All have voted.", for_good=True
        )
        resident = self.walker(None, on_phone=True)
        resident.page.wait_for_timeout(1_500)  # the clerk looks once a second
        resident.go(f"/rounds/{self.number}/outcome")
        for title in CHOSEN:
            resident.reads(title)


def open_vote(
    server: WardmoteServer, name: RouteName, agreement: Agreement, call_in_days: int, *more: str
) -> int:
    """A round in which six people have voted, on a route; `more` are further ward members."""
    settings = settings_from(server.settings | {"ASYNC_MODE": "threading"})
    database = Database(settings.database_url, clock=lambda: datetime.now(UTC))
    with database.writing() as session:
        town = Town(session, KeyFolder(settings.key_folder))
        for member in more:
            town.person(member, Office.COUNCILLOR, town.ward)
        staff(town)
        the_round = town.round(Phase.DEBATE)
        choose_route(session, the_round.fund, name, agreement, call_in_days)
        town.enter(the_round, Phase.VOTE)
        codes = {project.title: project.code for project in projects_in(session, the_round.id)}
        for number in range(1, 7):
            ballot = [codes[title] for title in CHOSEN]
            voter = town.voter(the_round, number)
            cast_ballot(session, town.keys, the_round, voter, ballot, request_id=f"r{number}")
        number = the_round.id
        session.commit()
    database.dispose()
    return number


def staff(town: Town) -> None:
    """Everybody who clears, decides or watches."""
    town.person("Fina Finance", Office.FINANCE_OFFICER)
    town.person("Lena Legal", Office.LEGAL_OFFICER)
    town.person("Cab Member", Office.CABINET_MEMBER)
    town.person("Mona Monitor", Office.MONITORING_OFFICER)


# --- what everybody does who acts on an outcome ---------------------------------------------------


def comes_from_desk(walker: Walker, days: str) -> None:
    """From the desk, on which the outcome waits with its days, to the decision page."""
    walker.go("/desk")
    waiting = walker.page.locator("h2", has_text="Waiting for you").locator("+ ul")
    expect(waiting).to_contain_text(days)
    waiting.get_by_role("link", name="Canal Side decides").first.click()
    walker.looks_right()
    walker.reads("What residents chose")


def declares_none(walker: Walker) -> None:
    walker.follow("Declare my interests")
    walker.pick_every("No")
    walker.looks_right()
    walker.press("Publish my declaration")
    walker.reads("You declared no interest.")


def signs(walker: Walker) -> None:
    """The sheet stands on the page once more; a fresh code, then the signature."""
    walker.reads("What your signature does")
    walker.looks_right()
    walker.press("Send me a code")
    walker.fill("The six digits", walker.newest_code())
    walker.looks_right()
    walker.press("Sign and publish")
    walker.reads("You have signed.")
    walker.looks_right()


def endorses(walker: Walker, days: str) -> None:
    comes_from_desk(walker, days)
    declares_none(walker)
    walker.follow("Write my sheet")
    walker.pick_every("Endorse")
    walker.looks_right()
    walker.press("Continue")
    signs(walker)


def declines_one(walker: Walker, days: str) -> None:
    """Endorse the one project and decline the other, on a ground and with reasons."""
    comes_from_desk(walker, days)
    declares_none(walker)
    walker.follow("Write my sheet")
    for title, verdict in zip(CHOSEN, ("Decline", "Endorse"), strict=True):
        asked = walker.page.get_by_role("group", name=re.compile(re.escape(title)))
        asked.get_by_role("radio", name=verdict, exact=True).check()
    walker.page.get_by_label("The ground on which you decline it").locator(
        "visible=true"
    ).select_option("safety")
    walker.page.get_by_label("Your reasons for declining it").locator("visible=true").fill(SAFETY)
    walker.looks_right()
    walker.press("Continue")
    signs(walker)


# --- what anybody finds afterwards ----------------------------------------------------------------


def reads_the_notice(anybody: Walker, ward: str = "millbrook") -> str:
    """From the ward’s page to the notice with its five fields; its whole address."""
    anybody.go(f"/communities/{ward}")
    decided = anybody.page.locator("h2", has_text="What was decided").locator("+ ul")
    decided.get_by_role("link", name="Canal Side decides").click()
    anybody.looks_right()
    for field in (
        "Date of the decision",
        "Decision",
        "Reasons",
        "Alternatives considered",
        "Interests and dispensations",
    ):
        heading = anybody.page.get_by_role("heading", name=re.compile(rf"^\d\. {field}"))
        expect(heading).to_be_visible()
    anybody.reads("Bench 2")  # the alternatives
    return anybody.page.url


def finds_it_in_the_feed(anybody: Walker, address: str, signer: str) -> Tree.Element:
    """The notice in the register, by words and filters, and in its feed.

    The signed text has the fingerprint that its page shows.
    """
    anybody.go("/decisions/register")
    anybody.reads("Canal Side decides")
    anybody.fill("Words in the notice", "a meadow on the moon")
    anybody.press("Show these")
    anybody.looks_right()
    anybody.reads("No decision matches")
    anybody.fill("Words in the notice", "canal SIDE")
    anybody.select("Ward or community of interest", "Millbrook")
    anybody.select("Signed by", signer)
    anybody.select("Year", address.split("/")[-2])
    anybody.press("Show these")
    anybody.looks_right()
    anybody.reads("1 decision")
    assert anybody.page.get_by_role("link", name="Canal Side decides").count() == 1
    request = anybody.page.context.request
    link = anybody.page.get_by_role("link", name="Atom feed: hear of each new decision")
    written = request.get(f"{anybody.base}{link.get_attribute('href')}").text()
    feed = Tree.fromstring(written)  # noqa: S314 - our own server’s
    entries = feed.findall("atom:entry", ATOM)
    path = address.removeprefix(anybody.base)
    (entry,) = [one for one in entries if (one.findtext("atom:id", "", ATOM)).endswith(path)]
    document = request.get(f"{address}.json").body()
    anybody.go(path)
    anybody.reads(hashlib.sha256(document).hexdigest())
    assert json.loads(document)["title"] == "Canal Side decides"
    return entry


def lodges_the_record(hearing: Hearing, anybody: Walker, address: str) -> None:
    """A month is left; the desk leads an officer to the receipt, and anybody reads it."""
    anybody.go(address)
    anybody.reads("To be lodged by")
    officer = hearing.walker("olive.officer@example.org")
    officer.go("/office")
    task = re.compile("Enter the receipt of a ward councillors’ decision")
    officer.page.get_by_role("link", name=task).click()
    officer.looks_right()
    officer.follow("Enter the receipt")
    today = datetime.now(ZoneInfo("Europe/London"))
    officer.date("When was it lodged?", str(today.day), str(today.month), str(today.year))
    officer.fill("Receipt or reference", "DS/4711")
    officer.looks_right()
    officer.press("Keep the receipt")
    officer.reads("The receipt is public beside the notice.")
    anybody.go(address)
    anybody.reads("receipt DS/4711")


# --- the walks ------------------------------------------------------------------------------------


def test_westminsters_way_from_the_count_to_the_registers_feed(
    server: WardmoteServer, chromium: Browser
) -> None:
    number = open_vote(server, RouteName.CABINET_MEMBER, Agreement.UNANIMOUS, 5)
    with ExitStack() as stack:
        hearing = Hearing(server, chromium, stack, number)
        hearing.closes()
        cabinet = hearing.walker("cab.member@example.org")
        cabinet.go("/desk")
        cabinet.reads("Nothing waits for you")
        cabinet.reads("It comes to you at stage 4: Cabinet member.")
        first = hearing.walker("cora.councillor@example.org", on_phone=True)
        endorses(first, "14 days left")
        first.go("/desk")
        first.reads("You have signed. It waits for others at this stage.")
        endorses(hearing.walker("carl.councillor@example.org"), "14 days left")
        endorses(hearing.walker("fina.finance@example.org"), "10 days left")
        endorses(hearing.walker("lena.legal@example.org"), "10 days left")
        endorses(cabinet, "14 days left")
        cabinet.go("/desk")
        cabinet.reads("Residents chose 2 projects: 2 endorsed. Decided by Cab Member.")
        cabinet.reads("May be called in until")
        anybody = hearing.walker(None, on_phone=True)
        address = reads_the_notice(anybody)
        anybody.reads("by Cab Member.")
        for words in ("What was said at the stages before", "Fina Finance, Finance officer"):
            anybody.reads(words)
        anybody.reads("No money moves before")
        # Whoever signed at an earlier stage is found too.
        entry = finds_it_in_the_feed(anybody, address, "Lena Legal")
        assert "Cab Member" in (entry.findtext("atom:author/atom:name", "", ATOM))
        assert "Traceback" not in server.log


def test_a_majority_of_three_of_whom_one_has_an_interest_declines_one_project(
    server: WardmoteServer, chromium: Browser
) -> None:
    number = open_vote(server, RouteName.WARD_MEMBERS, Agreement.MAJORITY, 0, "Dora Councillor")
    with ExitStack() as stack:
        hearing = Hearing(server, chromium, stack, number)
        hearing.closes()
        conflicted = hearing.walker("dora.councillor@example.org")
        comes_from_desk(conflicted, "28 days left")
        conflicted.follow("Declare my interests")
        for title, kind in zip(CHOSEN, ("^Yes, a disclosable", "^No$"), strict=True):
            asked = conflicted.page.get_by_role("group", name=re.compile(re.escape(title)))
            asked.get_by_role("radio", name=re.compile(kind)).check()
        what = conflicted.page.get_by_label("What is your pecuniary interest?")
        what.locator("visible=true").fill("I own the boatyard.")
        conflicted.looks_right()
        conflicted.press("Publish my declaration")
        conflicted.reads("you take no part in this decision")
        conflicted.looks_right()
        conflicted.go(f"/decisions/{number}/sheet")
        assert conflicted.page.get_by_role("button", name="Continue").count() == 0
        conflicted.go("/desk")
        conflicted.reads("You take no part.")

        declines_one(hearing.walker("cora.councillor@example.org"), "28 days left")
        declines_one(hearing.walker("carl.councillor@example.org", on_phone=True), "28 days left")
        anybody = hearing.walker(None, on_phone=True)
        anybody.go("/communities/millbrook")
        anybody.reads("Residents chose 2 projects: 1 endorsed, 1 declined.")
        address = reads_the_notice(anybody)
        for words in (SAFETY, "I own the boatyard.", "Residents chose", "Cora Councillor"):
            anybody.reads(words)
        entry = finds_it_in_the_feed(anybody, address, "Carl Councillor")
        assert SAFETY in (entry.findtext("atom:summary", "", ATOM))
        # Only what was endorsed is paid; nobody may call it in.
        anybody.go("/communities/canal-side")
        anybody.reads("£0 spent of £2,000")
        assert "£0 spent of £8,000" not in anybody.page.content()
        lodges_the_record(hearing, anybody, address)
        assert "Traceback" not in server.log
