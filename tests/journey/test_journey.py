"""One round from an empty council to a signed record and its delivery, by three people's hands."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from string import ascii_uppercase

import pytest
from playwright.sync_api import Browser, Page, expect

from ballots.disclosure import ENOUGH_FOR_LIVE
from tests.browser import (
    DESK,
    HALL,
    PHONE,
    WardmoteServer,
    axe_violations,
    overflows_sideways,
    running_wardmote,
    visitor,
)
from tests.second_verifier import first_fault

COUNCIL = Path(__file__).with_name("council.toml")
STEP = 10
# Figures appear once two steps of people have voted: one signed in, the others with cards.
WITH_CARDS = tuple(f"Card Holder {letter}" for letter in ascii_uppercase[: 2 * STEP - 1])
# Among fewer people a live vote would be held sealed; these stay at home.
AT_HOME = tuple(f"Stays Home {number}" for number in range(ENOUGH_FOR_LIVE - 1 - len(WITH_CARDS)))
ROLL = "reference,name,postcode,email\n1,Rita Okonkwo,QM1 2AA,rita@resident.example\n" + "".join(
    f"{number},{name},QM1 2AA,\n" for number, name in enumerate(WITH_CARDS + AT_HOME, start=2)
)


@pytest.fixture
def server() -> Iterator[WardmoteServer]:
    with running_wardmote(prepared=False) as server:
        server.flask("migrate")
        server.flask("set-up-council", str(COUNCIL))
        yield server


class Walker:
    """One person with one device."""

    def __init__(self, page: Page, base: str, *, scripts: bool = True) -> None:
        self.page, self.base, self.scripts = page, base, scripts

    def go(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else self.base + path)
        self.looks_right()

    def press(self, words: str) -> None:
        self.page.get_by_role("button", name=words, exact=True).first.click()

    def follow(self, words: str) -> None:
        """A link, also one that is dressed as a button."""
        link = self.page.get_by_role("link", name=words, exact=True)
        link.or_(self.page.get_by_role("button", name=words, exact=True)).first.click()

    def fill(self, label: str, words: str) -> None:
        self.page.get_by_label(label, exact=True).fill(words)

    def pick(self, words: str) -> None:
        """A radio button or a tick box, by words of its label."""
        name = re.compile(words)
        self.page.get_by_role("radio", name=name).or_(
            self.page.get_by_role("checkbox", name=name)
        ).first.check()

    def pick_every(self, label: str) -> None:
        """The same answer to each question of the page."""
        answers = self.page.get_by_role("radio", name=label, exact=True)
        expect(answers.first).to_be_visible()  # of the page that is coming, not of the one left
        for answer in answers.all():
            answer.check()

    def choose(self, label: str) -> None:
        self.page.get_by_label(label, exact=True).check()

    def select(self, label: str, words: str) -> None:
        box = self.page.get_by_label(label, exact=True)
        value = box.locator("option").filter(has_text=words).first.get_attribute("value")
        box.select_option(value)

    def date(self, legend: str, day: str, month: str, year: str, time: str | None = None) -> None:
        group = self.page.get_by_role("group", name=re.compile(f"^{re.escape(legend)}"))
        for part, words in (("Day", day), ("Month", month), ("Year", year), ("Time", time)):
            if words is not None:
                group.get_by_label(part, exact=True).fill(words)

    def reads(self, words: str) -> None:
        expect(self.page.locator("main")).to_contain_text(words)

    def looks_right(self) -> None:
        """What must hold of every page a person comes to."""
        if not self.scripts:  # axe is a script
            return
        assert axe_violations(self.page) == [], self.page.url
        assert not overflows_sideways(self.page), self.page.url

    def sign_in(self, email: str) -> None:
        """With the code from the letter, as anybody would."""
        self.go("/sign-in")
        self.fill("Your e-mail address", email)
        self.press("Send me a code")
        self.fill("The six digits", self.newest_code())
        self.press("Sign in")

    def newest_code(self) -> str:
        letters = self.page.context.request.get(f"{self.base}/outbox").text()
        code = re.search(r'class="wm-code">(\d{6})<', letters)
        assert code is not None
        return code[1]

    def move_on(self, round_path: str, link: str, why: str, *, for_good: bool = False) -> None:
        self.go(round_path)
        self.follow(link)
        self.fill("Why does the round move now?", why)
        if for_good:
            self.choose("I have checked this, and I understand that it cannot be undone")
        self.press(link)


def test_a_round_from_proposal_to_signed_record(server: WardmoteServer, chromium: Browser) -> None:
    with ExitStack() as stack:
        base = server.base_url
        officer = Walker(stack.enter_context(visitor(chromium, DESK)), base)
        resident = Walker(stack.enter_context(visitor(chromium, PHONE, touch=True)), base)
        councillor = Walker(stack.enter_context(visitor(chromium, DESK)), base)
        screen = stack.enter_context(visitor(chromium, HALL))

        round_path = officer_sets_up(officer)
        resident_finds_and_proposes(resident)
        number = round_path.rsplit("/", 1)[1]
        officer_screens(officer, round_path)
        resident_asks(resident, number)
        officer.move_on(round_path, "Open the vote", "Everything has been asked.", for_good=True)
        cards = printed_codes(officer, round_path)

        screen.goto(f"{base}/rounds/{number}/screen")
        before = screen.evaluate("performance.timeOrigin")
        resident_votes(resident, number)
        expect(screen.locator("[data-figure=turnout]")).to_contain_text("1", timeout=15_000)
        for code in cards:
            with visitor(chromium, PHONE, touch=True, javascript=False) as page:
                voter_with_a_card_votes(Walker(page, base, scripts=False), code)
        expect(screen.locator("[data-figure=turnout]")).to_contain_text("20", timeout=15_000)
        bars = expect(screen.locator(".screen__bars"))
        bars.to_contain_text("Lights on the towpath", timeout=20_000)
        expect(screen.locator(".screen__foot")).to_contain_text("1 project", timeout=15_000)
        assert screen.evaluate("performance.timeOrigin") == before, "the screen was reloaded"

        officer.move_on(round_path, "Close the vote", "Everybody has voted.", for_good=True)
        resident_reads_the_outcome(resident, number)
        councillor_signs(councillor, number)
        anybody_reads_the_record(resident, number)
        officer_reports_delivery(officer, round_path)
        resident.go("/outbox")
        resident.reads("The lamps have been ordered.")
        assert "Traceback" not in server.log


def officer_sets_up(officer: Walker) -> str:
    officer.sign_in("olive@council.example")
    officer.go("/office/funds/new")
    officer.select("Whose money is it?", "Canal Side")
    officer.fill("Name of the fund", "Canal Side fund")
    officer.press("Open the fund")
    for kind, name, pounds in (
        ("General fund", "Devolved budget", "20,000"),
        ("Share of parking income", "Wharf car park", "1,500.50"),
    ):
        officer.select("Where does the money come from?", kind)
        officer.fill("Name of the source", name)
        officer.fill("Sum", pounds)
        officer.date("Date it was given", "1", "4", "2026")
        officer.press("Add the source")
    officer.reads("£21,500.50")
    officer.looks_right()
    officer.follow("In what way its outcomes are decided")
    officer.looks_right()
    officer.pick("^Ward councillors decide")
    officer.pick("^Any one of them$")
    officer.fill("Days in which a decision can be called in before money moves", "0")
    officer.press("Save the route")
    officer.follow("Back to the fund")
    officer.follow("Start a round")
    officer.fill("Title", "Canal Side decides")
    officer.fill("What is this round for?", "To choose what is improved along the canal.")
    officer.fill("What will be done with the answer?", "What wins is built by the summer.")
    officer.fill("Budget", "20000")
    officer.press("Start the round")
    round_path = officer.page.url.removeprefix(officer.base).split("#")[0]
    assert re.fullmatch(r"/office/rounds/\d+", round_path)
    officer.go(f"{round_path}/timetable")
    officer.date("The vote opens", "1", "3", "2031", "9am")
    officer.date("The vote closes", "8", "3", "2031", "5pm")
    officer.press("Save the dates")
    officer.go(f"{round_path}/rules")
    officer.pick("^Approval")
    officer.fill("At most how many projects?", "2")
    officer.pick("^Skip")
    officer.pick("^Live")
    officer.fill("How many new voters in each step?", str(STEP))
    officer.press("Save the rules")
    officer.looks_right()
    expect(officer.page.get_by_role("heading", level=1)).to_have_text("Canal Side decides")
    import_the_roll(officer, round_path)
    officer.move_on(round_path, "Move to Ideas", "Leaflets are through every door.")
    officer.reads("Leaflets are through every door.")
    return round_path


def import_the_roll(officer: Walker, round_path: str) -> None:
    """A bad row is named by its line, and nothing of the file is kept; then the good file."""
    officer.go(f"{round_path}/roll")
    chooser = officer.page.get_by_label("Electoral roll, as a CSV file")
    bad = ROLL + f"{ENOUGH_FOR_LIVE + 1},Nobody,nowhere,\n"
    chooser.set_input_files({"name": "roll.csv", "mimeType": "text/csv", "buffer": bad.encode()})
    officer.press("Import the roll")
    officer.reads(f"Line {ENOUGH_FOR_LIVE + 2}: nowhere is not a UK postcode.")
    officer.go(f"{round_path}/roll")
    officer.reads("Nobody can vote in this round yet.")
    chooser.set_input_files({"name": "roll.csv", "mimeType": "text/csv", "buffer": ROLL.encode()})
    officer.press("Import the roll")
    officer.go(f"{round_path}/roll")
    officer.reads(f"{ENOUGH_FOR_LIVE} people can vote in this round.")


def resident_finds_and_proposes(resident: Walker) -> None:
    resident.go("/")
    resident.page.get_by_label("Your postcode, or the name of your area").fill("qm12aa")
    resident.press("Find my area")
    resident.reads("£21,500.50")
    resident.looks_right()
    resident.sign_in("rita@resident.example")
    resident.go("/communities/canal-side")
    resident.follow("Canal Side decides")
    resident.follow("Make a proposal")
    write_proposal(resident, "Lights on the towpath", "8000")
    resident.reads("Your proposal is public")
    resident.looks_right()
    resident.go(re.sub(r"/proposals/.*", "/menu", resident.page.url))
    resident.looks_right()
    resident.page.get_by_role("link", name=re.compile("street tree")).first.click()
    resident.fill("Why is it needed here?", "There is no shade.")
    resident.press("Continue")
    finish_writing(resident)


def write_proposal(resident: Walker, title: str, pounds: str) -> None:
    resident.fill("Your name", "Rita Okonkwo")
    resident.press("Save my name")
    resident.fill("Give it a short title", title)
    resident.fill("What should be done?", "Twelve lights along the water.")
    resident.fill("Why is it needed?", "It is dark after four.")
    resident.fill("What might it cost?", pounds)
    resident.pick("^Safety")
    resident.press("Continue")
    finish_writing(resident)


def finish_writing(resident: Walker) -> None:
    if resident.page.get_by_role("button", name="Go on without a pin").count():
        resident.press("Go on without a pin")
    resident.looks_right()
    resident.press("Send my proposal")


def officer_screens(officer: Walker, round_path: str) -> None:
    officer.move_on(round_path, "Move to Screening", "The date has come.")
    for title, likely in (("Lights on the towpath", "9000"), ("A street tree", "780")):
        officer.go(f"{round_path}/screening")
        officer.page.get_by_role("link", name=re.compile(title)).first.click()
        officer.looks_right()
        officer.pick("^No$")
        officer.press("Continue")
        officer.looks_right()
        for question in ("Is it lawful?", "Is it feasible?"):
            group = officer.page.get_by_role("group", name=re.compile(re.escape(question)))
            group.get_by_label("Yes", exact=True).check()
        officer.fill("Lowest cost", likely)
        officer.fill("Likely cost", likely)
        officer.fill("Highest cost", likely)
        officer.fill("Running cost a year", "0")
        officer.pick("^Passed$")
        officer.fill("Reasons", "Lawful and feasible; the trust agrees.")
        officer.press("Publish the finding")
    officer.move_on(round_path, "Move to Debate", "All are screened.")


def resident_asks(resident: Walker, number: str) -> None:
    resident.go(f"/rounds/{number}/proposals")
    resident.follow("Lights on the towpath")
    resident.reads("Lawful and feasible; the trust agrees.")
    resident.choose("A question")
    resident.fill("Your words", "Will they be on all night?")
    resident.press("Add it to the debate")
    resident.reads("Will they be on all night?")
    resident.looks_right()


def printed_codes(officer: Walker, round_path: str) -> list[str]:
    """The codes on the cards of those without an e-mail address."""
    officer.go(f"{round_path}/voter-cards")
    cards = officer.page.locator(".wm-voter-card")
    found = []
    for name in WITH_CARDS:
        card = cards.filter(has_text=name)
        code = re.search(r"\b([0-9A-Z]{4})\s+([0-9A-Z]{4})\s+([0-9A-Z]{4})\b", card.inner_text())
        assert code is not None, card.inner_text()
        found.append("".join(code.groups()))
    return found


def resident_votes(resident: Walker, number: str) -> None:
    resident.go(f"/rounds/{number}/ballot")
    expect(resident.page.locator("body")).to_contain_text("Not yet counted")
    resident.pick("Lights on the towpath")
    expect(resident.page.locator(".wm-sticky")).to_contain_text("1 chosen · £11,000 left")
    resident.press("Cast my vote")
    expect(resident.page.get_by_role("heading", name="Counted")).to_be_visible()
    resident.looks_right()
    resident.page.go_back()
    expect(resident.page.locator("body")).to_contain_text("Your ballot is Counted")


def voter_with_a_card_votes(voter: Walker, code: str) -> None:
    """Without JavaScript, vote first and identify last: the card's code is asked at the end."""
    voter.go(f"/v/{code}")
    voter.pick("Lights on the towpath")
    voter.press("Cast my vote")
    expect(voter.page.get_by_role("heading", name="Counted")).to_be_visible()


def resident_reads_the_outcome(resident: Walker, number: str) -> None:
    resident.go(f"/rounds/{number}/outcome")
    resident.reads("Lights on the towpath")
    resident.reads("20 votes")


def councillor_signs(councillor: Walker, number: str) -> None:
    """Interests, sheet and signature, each a page of its own."""
    councillor.sign_in("amina@council.example")
    councillor.go(f"/decisions/{number}")
    councillor.follow("Declare my interests")
    councillor.looks_right()
    councillor.pick("^No$")
    councillor.press("Publish my declaration")
    councillor.follow("Write my sheet")
    councillor.looks_right()
    councillor.pick("^Endorse$")
    councillor.fill("Your reasons for the whole decision", "Residents were clear.")
    councillor.press("Continue")
    councillor.looks_right()
    councillor.press("Send me a code")
    councillor.fill("The six digits", councillor.newest_code())
    councillor.press("Sign and publish")
    councillor.reads("This outcome is decided.")
    councillor.looks_right()


def anybody_reads_the_record(resident: Walker, number: str) -> None:
    resident.go(f"/rounds/{number}/record")
    for words in ("Lights on the towpath", "Amina Yusuf", "£9,000"):
        resident.reads(words)
    address = f"{resident.base}/rounds/{number}/record.json"
    file = resident.page.context.request.get(address).json()
    assert first_fault(file) is None
    record = json.loads(file["record"])
    assert record["residents"]["ballots_cast"] == 20
    votes = {row["votes"] for row in record["residents"]["result"]["projects"] if row["funded"]}
    assert votes == {20}
    assert [row["act"] for row in record["decision"]["signatures"]] == ["decide"]


def officer_reports_delivery(officer: Walker, round_path: str) -> None:
    officer.go(f"{round_path}/delivery")
    officer.page.get_by_role("link", name=re.compile("Lights on the towpath")).first.click()
    officer.pick("^Started")
    officer.fill("What is the news?", "The lamps have been ordered.")
    officer.fill("Spent in this step", "4,500")
    officer.page.get_by_role("button", name=re.compile("[Pp]ublish")).click()
    officer.reads("The news is public")
