"""A decision day about to begin: its round, its agenda, and who sits where with which device."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from playwright.sync_api import Browser, Page, Response, ViewportSize, expect

from app.facilitators.serials import SERIALS
from app.settings import settings_from
from ballots.paper_ballots import paper_serial
from neighbourhoods.agenda import add_item
from neighbourhoods.assemblies import ItemKind, plan_assembly
from neighbourhoods.people import Office, Person, appoint, find_or_add_person
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.browser import DESK, PHONE, WardmoteServer, visitor
from tests.builders import TERM_STARTS
from tests.in_browser.hall import assembly
from tests.in_browser.test_draw import sign_in
from tests.journey.crowd import Crowd

WALL = ViewportSize(width=1280, height=720)
PATIENT_MS = 20_000
LIGHTS, CROSSING, PLANTERS, CAFE = (
    "Lights on the towpath",
    "A crossing by the school",
    "Planters on Lock Street",
    "A repair café",
)
# £10,000 is to be decided on.
COSTS = {LIGHTS: 400_000, CROSSING: 500_000, PLANTERS: 250_000, CAFE: 300_000}
# An error on a page of ours, a browser's or a proxy's.
ERRORS = re.compile(r"error|went wrong|not found|traceback|try again|loading", re.IGNORECASE)


@dataclass
class DecisionDay:
    """The meeting, and the pages of everybody who takes part with a real browser."""

    server: WardmoteServer
    assembly_id: int
    code: str
    cards: tuple[str, ...]
    projects: dict[str, str]
    items: dict[str, int]
    serial_key: bytes
    crowd: Crowd
    pages: ExitStack
    chromium: Browser
    # What went wrong in a page: scripts, dialogs, answers that are errors.
    faults: list[str] = field(default_factory=list)
    # How many texts the wall had shown when an outcome was released last.
    released: int = 0
    console: Page = field(init=False)
    screen: Page = field(init=False)
    ada: Page = field(init=False)
    ben: Page = field(init=False)
    officer: Page = field(init=False)
    teller: Page = field(init=False)

    def __post_init__(self) -> None:
        self.console = self._opened("console", DESK)
        self.officer = self._opened("officer", DESK)
        self.teller = self._opened("teller", DESK)
        self.screen = self._opened("screen", WALL)
        self.ada = self._opened("Ada’s phone", PHONE)
        self.ben = self._opened("Ben’s phone", PHONE)
        sign_in(self.console, self.server, "fred.facilitator@example.org")
        sign_in(self.officer, self.server, "olive.officer@example.org")
        sign_in(self.teller, self.server, "tess.teller@example.org")
        self.declare_no_interest()
        self.screen.goto(self.hall("/screen"))
        self.screen.evaluate(KEEPS_WHAT_IT_SHOWED)

    def _opened(self, name: str, size: ViewportSize) -> Page:
        page = self.pages.enter_context(visitor(self.chromium, size, touch=size == PHONE))
        page.set_default_timeout(PATIENT_MS)
        page.on("pageerror", lambda error: self.faults.append(f"{name}: {error}"))
        page.on("dialog", lambda dialog: self.faults.append(f"{name}: {dialog.message}"))
        page.on("response", lambda answer: self._note(name, answer))
        return page

    def _note(self, name: str, answer: Response) -> None:
        if answer.status >= 400:
            self.faults.append(f"{name}: {answer.status} {answer.url}")

    # --- addresses ---

    def office(self, page: str = "") -> str:
        return f"{self.server.base_url}/assemblies/{self.assembly_id}{page}"

    def hall(self, page: str = "") -> str:
        return f"{self.server.base_url}/a/{self.code}{page}"

    @property
    def code_on_the_wall(self) -> str:
        return f"{self.code[:3]} {self.code[3:]}"

    def serial(self, item: str, number: int) -> str:
        return paper_serial(self.serial_key, self.items[item], number)

    def state(self) -> dict[str, Any]:
        return dict(json.loads(self.screen.request.get(self.hall("/state.json")).text()))

    def round_of_vote(self) -> int:
        return int(self.state()["vote"]["round"])

    # --- what people do ---

    def press(self, name: str) -> None:
        """A button of the console, once it has followed what others did; it is done then."""
        facts, version = self.console.locator("#console-facts"), str(self.state()["version"])
        expect(facts).to_have_attribute("data-version", version, timeout=PATIENT_MS)
        self.console.locator(f"#do-{name}").click()
        expect(facts).not_to_have_attribute("data-version", version, timeout=PATIENT_MS)

    def press_of(self, name: str, item: str) -> None:
        self.press(f"{name}-{self.items[item]}")

    def declare_no_interest(self) -> None:
        """What whoever runs the meeting is asked before it can begin."""
        self.console.goto(self.office())
        self.console.get_by_role("link", name="Before you run it, say whether").click()
        self.console.get_by_label("No", exact=True).check()
        self.console.get_by_role("button", name="Continue").click()
        expect(self.console.locator("#do-begin")).to_be_visible(timeout=PATIENT_MS)

    def join(self, phone: Page) -> None:
        phone.goto(f"{self.server.base_url}/join")
        phone.get_by_label("Code of the meeting").fill(self.code.lower())
        phone.get_by_role("button", name="Continue").tap()
        phone.get_by_role("button", name="Join the meeting").tap()

    def check_in(self, name: str, channel: str, number: str = "") -> None:
        """Found at the door by name, and let in."""
        self.officer.goto(self.office("/door"))
        self.officer.get_by_label("Name, postcode or voter card").fill(name)
        self.officer.get_by_role("button", name="Find").click()
        heading = self.officer.get_by_role("heading", name=name, exact=True)
        found = self.officer.locator("li.wm-card").filter(has=heading)
        found.get_by_label("Four digits on their phone").fill(number)
        found.get_by_role("button", name=channel).click()
        done = self.officer.get_by_role("heading", name=f"{name} is checked in")
        expect(done).to_be_visible(timeout=PATIENT_MS)

    def into_the_booth(self, phone: Page) -> None:
        phone.get_by_role("button", name="Vote now").tap()
        expect(phone.get_by_role("heading", name="Your ballot paper")).to_be_visible()

    def cast(self, phone: Page) -> None:
        """Cast what is marked, and go back to the meeting."""
        phone.get_by_role("button", name="Cast my vote").tap()
        phone.get_by_role("button", name="Back to the meeting").tap()
        sees(phone, "Your ballot is Counted.")

    # --- what the hall saw ---

    def screen_showed(self) -> list[str]:
        """Every text that stood on the wall since the screen was opened."""
        return [str(text) for text in self.screen.evaluate("[...window.showed]")]

    def nothing_went_wrong(self) -> None:
        """No page broke, and the screen was never reloaded and never showed an error."""
        assert self.faults == []
        showed = self.screen_showed()
        assert len(showed) > 3, "the screen was reloaded"
        assert [text for text in showed if ERRORS.search(text)] == []
        assert "Traceback" not in self.server.log


KEEPS_WHAT_IT_SHOWED = """() => {
  window.showed = new Set();
  const keep = () => window.showed.add(document.body.innerText);
  new MutationObserver(keep).observe(document.body, { childList: true, subtree: true });
  keep();
}"""


def sees(page: Page, *words: str, within: str = "body") -> None:
    """Whoever looks at this page reads these words, now or in a moment."""
    for one in words:
        expect(page.locator(within)).to_contain_text(one, timeout=PATIENT_MS)


def sees_no(page: Page, *words: str, within: str = "body") -> None:
    for one in words:
        expect(page.locator(within)).not_to_contain_text(one, timeout=PATIENT_MS)


def tell(words: str) -> None:
    """Say what comes now, to a person who watches."""
    sys.stdout.write(f"  {words}\n")


Item = tuple[ItemKind, str, dict[str, Any]]


@contextmanager
def decision_day(
    server: WardmoteServer, chromium: Browser, agenda: list[Item], phones: int
) -> Iterator[DecisionDay]:
    """A meeting with this agenda; `phones` simulated ones wait outside with voters 3, 4 and on."""
    people = phones + 2 + 8
    with (
        assembly(server, voters=people, max_choices=2, phase=Phase.DEBATE) as town,
        ExitStack() as stack,
    ):
        town.describe([(title, "Streets", pence) for title, pence in COSTS.items()])
        with town.database.writing() as session:
            session.info["clock"] = lambda: datetime.now(UTC)
            the_round = session.get_one(Round, town.round_id)
            fred = _facilitator(session, "Fred Facilitator")
            _facilitator(session, "Tess Teller")
            title, at = "Decision day", datetime.now(UTC)
            meeting = plan_assembly(session, the_round, fred, title, at, place="The Boathouse")
            meeting.quorum = 10
            projects = {one.title: one for one in projects_in(session, the_round.id)}
            items: dict[str, int] = {}
            for kind, name, more in agenda:
                more = dict(more)
                if kind == ItemKind.PITCH:
                    more["project"] = projects[name]
                wanted = more.get("settings", {})
                if "projects" in wanted:
                    codes = [projects[one].code for one in wanted["projects"]]
                    more["settings"] = wanted | {"projects": codes}
                if kind == ItemKind.REVEAL:
                    more["settings"] = {"vote_item": items[wanted["vote_item"]]}
                item = add_item(session, meeting, kind, name, fred, **more)
                session.flush()
                items[name] = item.id
            session.commit()
            number, code = meeting.id, meeting.code
            codes_of = {one.title: one.code for one in projects.values()}
        crowd = Crowd(server.base_url, number, code, town.codes[2 : 2 + phones])
        stack.enter_context(crowd)
        key = settings_from(server.settings).key_for(SERIALS)
        yield DecisionDay(
            server, number, code, town.codes, codes_of, items, key, crowd, stack, chromium
        )


def _facilitator(session: Any, name: str) -> Person:
    email = name.lower().replace(" ", ".") + "@example.org"
    person = find_or_add_person(session, email, name)
    appoint(session, person, Office.FACILITATOR, None, TERM_STARTS)
    return person
