"""A whole decision day: what the hall, the facilitator and two phones see, from welcome to minutes.

`make rehearsal` runs the same with a browser that a person can watch.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from neighbourhoods.assemblies import ItemKind
from tests.browser import WardmoteServer, running_wardmote
from tests.journey.crowd import Marks
from tests.journey.decision_day import (
    CAFE,
    CROSSING,
    LIGHTS,
    PATIENT_MS,
    PLANTERS,
    DecisionDay,
    Item,
    decision_day,
    sees,
    sees_no,
    tell,
)

pytestmark = [pytest.mark.browser, pytest.mark.journey]

PHONES = 30
WELCOME, POLL, SCORES, BALLOT, OUTCOME = (
    "Good evening",
    "How did you come here?",
    "What do you think of the pitches?",
    "Where the money goes",
    "What the hall decided",
)
AGENDA: list[Item] = [
    (ItemKind.WELCOME, WELCOME, {"text": "Tea is at the back."}),
    (ItemKind.PITCH, LIGHTS, {"seconds": 180}),
    (ItemKind.PITCH, CROSSING, {"seconds": 180}),
    (ItemKind.POLL, POLL, {"settings": {"options": ["On foot", "By bus", "By bike"]}}),
    (
        ItemKind.SCORES,
        SCORES,
        {"settings": {"highest_score": 5, "projects": [LIGHTS, CROSSING], "held": True}},
    ),
    (
        ItemKind.BALLOT,
        BALLOT,
        {"seconds": 600, "settings": {"own_count": True, "profile": "sealed", "held": True}},
    ),
    (ItemKind.REVEAL, OUTCOME, {"settings": {"vote_item": BALLOT}}),
]
ON_FOOT, BY_BUS, BY_BIKE = range(3)
# Thirty simulated phones: 14 on foot, 10 by bus, 6 by bike.
CAME = [ON_FOOT] * 14 + [BY_BUS] * 10 + [BY_BIKE] * 6
# What the five who vote on paper have crossed; the papers decide, see `THE_COUNT`.
PAPERS = [(CROSSING, CAFE)] * 3 + [(CROSSING,), (LIGHTS,)]
FIGURES = re.compile(r"\b\d\d+ (votes|points)\b|\b(votes|points): ?\d")


@pytest.fixture
def server() -> Iterator[WardmoteServer]:
    with running_wardmote() as server:
        yield server


def test_a_whole_decision_day(server: WardmoteServer, chromium: Browser, tmp_path: Path) -> None:
    with decision_day(server, chromium, AGENDA, PHONES) as day:
        people_come_in(day)
        the_meeting_begins(day)
        two_pitches(day)
        a_quick_poll(day)
        scores = a_score_round(day)
        ballot = a_secret_ballot(day)
        the_box_is_sealed(day, ballot)
        the_outcome_is_revealed(day, ballot)
        a_message_and_the_dark(day)
        the_meeting_ends(day)
        for number in (scores, ballot):
            anybody_can_verify(day, number, tmp_path)
        day.nothing_went_wrong()


def people_come_in(day: DecisionDay) -> None:
    tell("People come in: thirty phones with voter cards, Ada with hers, Ben through the door.")
    sees(day.screen, "Decision day", day.code_on_the_wall)
    sees(day.console, "Begin the meeting", "Not seen yet", "of 10 needed")
    day.crowd.come_in()
    day.join(day.ada)
    sees(day.ada, "The meeting has not begun yet")
    day.ada.get_by_role("link", name="with a voter card or by e-mail").tap()
    day.ada.locator("#code").fill(day.cards[0])
    day.ada.get_by_role("button", name="Check in", exact=True).tap()
    sees(day.ada, "You are checked in.")
    day.join(day.ben)
    number = day.ben.locator(".wm-me__number").inner_text()
    day.check_in("Voter 2", "Votes by phone", number)
    sees(day.ben, "You are checked in.")
    sees(day.console, "32", within="#console-facts")


def the_meeting_begins(day: DecisionDay) -> None:
    tell("The meeting begins.")
    day.press("begin")
    sees(day.screen, WELCOME, "Tea is at the back.", within="main")
    sees(day.console, WELCOME, within=".small-screen")
    sees(day.console, LIGHTS, within=".console-next")
    for phone in (day.ada, day.ben):
        sees(phone, WELCOME, "Tea is at the back.", within="[data-part=now]")


def two_pitches(day: DecisionDay) -> None:
    for title, cost in ((LIGHTS, "£4,000"), (CROSSING, "£5,000")):
        tell(f"A pitch: {title}.")
        day.press("next")
        sees(day.screen, title, cost, within="main")
        sees(day.screen, "32", "present", "quorum of 10 reached", within="footer")
        sees(day.console, title, within=".small-screen")
        day.press("timer")
        for page, clock in (
            (day.screen, "main [role=timer]"),
            (day.console, "#console-timer [role=timer]"),
            (day.ada, "[data-part=now] [role=timer]"),
            (day.ben, "[data-part=now] [role=timer]"),
        ):
            expect(page.locator(clock)).to_have_text(re.compile(r"^2:\d\d$"), timeout=PATIENT_MS)
        sees(day.ada, title, f"It costs {cost}.", within="[data-part=now]")
    day.press("timer")
    sees(day.screen, "paused", within="main")
    sees(day.console, "Start", within="#do-timer")


def a_quick_poll(day: DecisionDay) -> None:
    """On phones 14 + 1, 10, 6 + 1, and hands 2, 1, 0 make 17, 11 and 7, together 35."""
    tell("A quick poll, on phones and by hand.")
    day.press("next")
    day.crowd.answer(day.items[POLL], CAME)
    sees(day.screen, "30 hands", "On foot 14", "By bus 10", "By bike 6", within="main")
    for phone, option in ((day.ada, "On foot"), (day.ben, "By bike")):
        phone.get_by_role("button", name=option).tap()
        pressed = phone.get_by_role("button", name=option)
        expect(pressed).to_have_attribute("aria-pressed", "true", timeout=PATIENT_MS)
    sees(day.screen, "32 hands", "On foot 15", "By bus 10", "By bike 7", within="main")
    for page, what in (
        (day.officer, "Your count is noted."),
        (day.teller, "so their count stands"),
    ):
        # One teller's word is no count yet.
        sees_no(day.screen, "counted in the hall", within="main")
        page.goto(day.office(f"/tellers/{day.items[POLL]}/hands"))
        for option, hands in (("On foot", 2), ("By bus", 1), ("By bike", 0)):
            page.get_by_label(option).fill(str(hands))
        page.get_by_role("button", name="Enter my count").click()
        sees(page, what)
    sees(day.screen, "35 hands, 3 of them counted in the hall", within="main")
    sees(day.screen, "On foot 17", "By bus 11", "By bike 7", within="main")
    sees(day.ada, "32 on phones, 3 hands in the hall.", within="[data-part=poll]")
    expect(day.ben.locator(".wm-poll__figure").first).to_contain_text("17", timeout=PATIENT_MS)
    sees(day.console, POLL, within=".small-screen")


def a_score_round(day: DecisionDay) -> int:
    """Lights: 20 × 4 + 10 × 1 + 5 + 1 = 96. Crossing: 20 × 2 + 10 × 5 + 3 + 1 = 94."""
    tell("A score round, from 1 to 5 and secret.")
    day.press("next")
    sees(day.screen, "The vote opens soon", within="main")
    day.press_of("open", SCORES)
    number = day.round_of_vote()
    sees(day.screen, "Give your scores on your phone", within="main")
    day.crowd.watch(number)
    lights, crossing = (f"mark-{day.projects[title]}" for title in (LIGHTS, CROSSING))
    day.crowd.vote(
        number,
        [{lights: "4", crossing: "2"}] * 20 + [{lights: "1", crossing: "5"}] * 10,
    )
    for phone, given in ((day.ada, {LIGHTS: 5, CROSSING: 3}), (day.ben, {LIGHTS: 1, CROSSING: 1})):
        sees(phone, "The vote is open")
        day.into_the_booth(phone)
        for title, score in given.items():
            question = phone.get_by_role("group", name=title)
            question.get_by_role("radio", name=str(score), exact=True).check()
        day.cast(phone)
    sees(day.screen, "32 of 32 have voted", "The figures stay sealed", within="body")
    sees(day.console, "32 of 32", within="#console-vote")
    nobody_sees_a_figure(day, number)
    day.press_of("stop", SCORES)
    sees(day.screen, "Last call: cast your vote now", within="main")
    closed(day)
    nobody_sees_a_figure(day, number)
    release(day, SCORES, number)
    sees(day.screen, "Counted", f"{LIGHTS} £4,000", "points: 96", within="main")
    sees(day.screen, "points: 94", within="main")
    sees(day.ada, "See how the vote went", within="[data-part=vote]")
    return number


def a_secret_ballot(day: DecisionDay) -> int:
    tell("Five more people come; they vote on paper. The secret ballot opens.")
    for number in range(PHONES + 3, PHONES + 8):
        day.check_in(f"Voter {number}", "Votes on paper")
    day.press("next")
    sees(day.screen, BALLOT, "The vote opens soon", *PROJECTS, within="main")
    day.press_of("open", BALLOT)
    number = day.round_of_vote()
    sees(day.screen, "Vote on your phone", day.code_on_the_wall, within="main")
    sees(day.screen, "The box closes in", within="header")
    sees(day.screen, "0 of 37 have voted", within="footer")
    day.crowd.watch(number)
    day.crowd.vote(number, [chosen(day, *titles) for titles in BY_PHONE])
    for phone, title in ((day.ada, CROSSING), (day.ben, LIGHTS)):
        day.into_the_booth(phone)
        phone.get_by_role("checkbox", name=re.compile(title)).check()
        day.cast(phone)
    sees(day.screen, "32 of 37 have voted", within="footer")
    sees(day.console, "32 of 37", within="#console-vote")

    tell("A wrong click: the vote is stopped, and the stop is called off.")
    day.press_of("stop", BALLOT)
    sees(day.screen, "Last call: cast your vote now", "Last call: the box closes in")
    sees(day.console, "Last call: closes in", within="#console-vote")
    day.press("undo")
    sees(day.screen, "Vote on your phone", within="main")
    sees_no(day.screen, "Last call")
    sees(day.console, "Stop the vote", within="#console-vote")
    sees(day.ada, "The vote is open", within="[data-part=vote]")

    tell("The first teller enters the papers; then the vote is stopped for good.")
    bring_stack(day)
    for paper, titles in enumerate(PAPERS, start=1):
        enter_paper(day, day.officer, paper, titles)
    sees(day.officer, "0 of 5 in the box.", "5 wait for a second teller.")
    day.press_of("stop", BALLOT)
    sees(day.ben, "Last call: the vote is closing", within="[data-part=vote]")
    closed(day)
    return number


BY_PHONE = [(LIGHTS, PLANTERS)] * 12 + [(CROSSING,)] * 10 + [(CAFE, PLANTERS)] * 8
PROJECTS = (LIGHTS, CROSSING, PLANTERS, CAFE)


def chosen(day: DecisionDay, *titles: str) -> Marks:
    return {"project": [day.projects[title] for title in titles]}


def bring_stack(day: DecisionDay) -> None:
    day.officer.goto(day.office(f"/tellers/{day.items[BALLOT]}"))
    day.officer.get_by_label("First number").fill("1")
    day.officer.get_by_label("Last number").fill("20")
    day.officer.get_by_role("button", name="Bring it").click()
    sees(day.officer, "0001–0020")


def enter_paper(day: DecisionDay, teller: Page, number: int, titles: Sequence[str]) -> None:
    """One teller copies one paper, by the serial that is printed on it."""
    serial = day.serial(BALLOT, number)
    address = day.office(f"/tellers/{day.items[BALLOT]}")
    if teller.url != address:
        teller.goto(address)
    teller.get_by_label("Serial of the paper").first.fill(serial)
    teller.get_by_role("button", name="Enter it").click()
    for title in titles:
        teller.get_by_role("checkbox", name=title).check()
    teller.get_by_role("button", name="Enter this paper").click()
    sees(teller, f"Paper {serial}")


def closed(day: DecisionDay) -> None:
    """The clock closes the vote, and all three kinds of screens say so."""
    sees(day.screen, "The box is closed", within="main")
    sees(day.console, "its outcome is sealed", within="#console-vote")
    for phone in (day.ada, day.ben):
        sees(phone, "The vote is closed", "Your ballot was Counted.", within="[data-part=vote]")


def the_box_is_sealed(day: DecisionDay, number: int) -> None:
    tell("The box is closed. Nobody knows anything; the second teller enters the papers.")
    nobody_sees_a_figure(day, number)
    for paper, titles in enumerate(PAPERS, start=1):
        enter_paper(day, day.teller, paper, titles)
        sees(day.teller, f"{paper} of 5 in the box.")
    day.press("next")
    for page, within in (
        (day.screen, "main"),
        (day.console, ".small-screen"),
        (day.ada, "[data-part=now]"),
        (day.ben, "[data-part=now]"),
    ):
        sees(page, OUTCOME, within=within)
    nobody_sees_a_figure(day, number)


def nobody_sees_a_figure(day: DecisionDay, number: int) -> None:
    """Not on a page, in a file, through a socket, nor on what the hall has seen so far."""
    base, anybody = day.server.base_url, day.screen.request
    tally = anybody.get(f"{base}/rounds/{number}/tally.json").json()
    assert (tally["figures"], tally["spent_pence"], tally["covered"]) == (None, None, 0)
    for told in day.crowd.tallies:
        if told["round"] == number:
            assert (told["figures"], told["spent_pence"], told["covered"]) == (None, None, 0)
    for state in (*day.crowd.heard, day.state()):
        assert set(state["vote"] or ()) <= {"round", "phase", "closes_at", "is_open", "last_call"}
    assert anybody.get(f"{base}/rounds/{number}/record.json").status == 404
    ledger = anybody.get(f"{base}/rounds/{number}/ledger.json").json()
    assert {entry["kind"] for entry in ledger} <= {"opened", "batch", "extended", "closed"}
    for page in ("", "/tally", "/outcome", "/record", "/ledger"):
        assert not FIGURES.search(words_of(day.screen, f"{base}/rounds/{number}{page}")), page
    assert not FIGURES.search(words_of(day.ada, day.hall("/now")))
    assert "Its outcome is not released yet." in words_of(day.console, day.office("/minutes"))
    for device in (day.console, day.ada, day.ben):
        assert not FIGURES.search(device.locator("main").inner_text()), device.url
    assert [text for text in day.screen_showed()[day.released :] if FIGURES.search(text)] == []


def words_of(page: Page, address: str) -> str:
    """What a page says to whoever sits at this one."""
    return " ".join(re.sub("<[^>]*>", " ", page.request.get(address).text()).split())


def release(day: DecisionDay, item: str, number: int) -> None:
    """One explicit act, ten seconds to undo it, and the vote is counted for everybody at once."""
    day.released = len(day.screen_showed())
    day.press_of("release", item)
    sees(day.console, "The votes are counted.", within="#console-vote")
    assert FIGURES.search(words_of(day.screen, f"{day.server.base_url}/rounds/{number}/tally"))


# Phones and papers together:                    costs      left
#   Planters  12 + 8                      = 20   £2,500   £7,500
#   Crossing  10 + 1 (Ada) + 3 + 1 paper  = 15   £5,000   £2,500
#   Lights    12 + 1 (Ben) + 1 paper      = 14   £4,000   does not fit
#   Café       8 + 3 papers               = 11   £3,000   does not fit
# Without the papers Lights (13) would have come before Crossing (11), and won.
THE_COUNT = {PLANTERS: 20, CROSSING: 15, LIGHTS: 14, CAFE: 11}


def the_outcome_is_revealed(day: DecisionDay, number: int) -> None:
    tell("The outcome is released, and revealed step by step.")
    expect(day.console.locator("#do-step")).to_be_hidden()
    release(day, BALLOT, number)
    sees(day.screen, OUTCOME, within="main")
    sees_no(day.screen, PLANTERS, CROSSING, within="main")
    steps = (
        (PLANTERS, "£2,500", "20 votes", "£7,500 left of £10,000"),
        (CROSSING, "£5,000", "15 votes", "£2,500 left of £10,000"),
    )
    for step, (title, cost, votes, left) in enumerate(steps, start=1):
        day.press("step")
        sees(day.screen, title, cost, votes, left, within="main")
        sees(day.console, f"{step} of", within="#do-step")
        sees(day.ada, OUTCOME, within="[data-part=now]")
    tell("One step back, and on again, to the table of all projects.")
    day.press("step-back")
    sees(day.screen, "20 votes", within="main")
    sees_no(day.screen, CROSSING, within="main")
    day.press("step")
    sees(day.screen, "15 votes", within="main")
    day.press("step")
    for title, backing in THE_COUNT.items():
        row = day.screen.get_by_role("row", name=title)
        expect(row).to_contain_text(str(backing), timeout=PATIENT_MS)
        won = row.get_by_text("Funded")
        expect(won).to_have_count(1 if title in (PLANTERS, CROSSING) else 0)
    for phone in (day.ada, day.ben):
        sees(phone, "See how the vote went", within="[data-part=vote]")
    figures = day.screen.request.get(f"{day.server.base_url}/rounds/{number}/tally.json").json()
    told = {figure["code"]: figure["votes"] for figure in figures["figures"]}
    assert told == {day.projects[title]: backing for title, backing in THE_COUNT.items()}
    assert (figures["turnout"], figures["roll_size"]) == (37, 37)


def a_message_and_the_dark(day: DecisionDay) -> None:
    tell("A message, then the dark and light again.")
    day.console.get_by_label("A message for the screens").fill("Thank you, Millbrook!")
    day.console.get_by_role("button", name="Show it").click()
    sees(day.screen, "Thank you, Millbrook!", within="main")
    sees(day.console, "Thank you, Millbrook!", within=".small-screen")
    for phone in (day.ada, day.ben):
        sees(phone, "Thank you, Millbrook!", within="[data-part=now]")
    day.press("dark")
    expect(day.screen.locator("main")).to_be_hidden(timeout=PATIENT_MS)
    sees(day.console, "Blacked out", within=".small-screen")
    expect(day.ada.get_by_text("Thank you, Millbrook!")).to_be_visible()
    day.press("dark")
    expect(day.screen.locator("main")).to_be_visible(timeout=PATIENT_MS)
    sees(day.screen, "Thank you, Millbrook!", within="main")


def the_meeting_ends(day: DecisionDay) -> None:
    tell("The meeting ends, and its minutes are public.")
    assert day.screen.request.get(day.office("/minutes")).status == 404
    day.console.locator("#end-meeting summary").click()
    day.press("end")
    sees(day.screen, "Thank you for coming", within="main")
    sees(day.console, "Ended", within="#console-facts")
    for phone in (day.ada, day.ben):
        sees(phone, "Thank you for taking part", SCORES, BALLOT)
    day.ada.get_by_role("link", name="Minutes of the meeting").tap()
    sees(day.ada, "37 people were checked in.", "The quorum of 10 was reached.")
    sees(day.ada, "37 of 37 people voted.", "People who voted on paper: 5.")
    sees(day.ada, f"{BALLOT}: {PLANTERS}, £2,500", f"{BALLOT}: {CROSSING}, £5,000")
    for row in (
        "On foot 15 2 17",
        f"{LIGHTS} 96 £4,000 Yes",
        f"{PLANTERS} 20 £2,500 Yes",
        f"{LIGHTS} 14 £4,000 No",
    ):
        expect(day.ada.get_by_role("row", name=row, exact=True)).to_be_visible()


def anybody_can_verify(day: DecisionDay, number: int, folder: Path) -> None:
    """The council's own program, downloaded like the record, in a Python without our code."""
    tell(f"Anybody verifies vote {number}.")
    anybody, base = day.screen.request, day.server.base_url
    (folder / "verify.py").write_bytes(anybody.get(f"{base}/verify.py").body())
    (folder / "record.json").write_bytes(anybody.get(f"{base}/rounds/{number}/record.json").body())
    done = subprocess.run(
        [sys.executable, "-I", "verify.py", "record.json", "--json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["wrong"] is None
