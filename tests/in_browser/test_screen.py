"""The assembly screen and the tally page: they move by themselves, and never show an error."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from ballots.counting import RankedBy, Rule
from ballots.disclosure import DisclosureProfile
from ballots.papers import BallotFormat
from neighbourhoods.phases import Phase
from tests.browser import DESK, HALL, WardmoteServer, axe_violations, running_wardmote, visitor
from tests.in_browser.hall import Assembly, assembly, mark_covers

pytestmark = pytest.mark.browser
MARK = "window.neverReloaded = true"
SMALLEST_LETTERS = """Math.min(...[...document.querySelectorAll("main *")]
  .filter((element) => [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
  .map((element) => parseFloat(getComputedStyle(element).fontSize)))"""


@pytest.fixture(scope="module")
def served() -> Iterator[WardmoteServer]:
    """One Wardmote for all tests here; each makes a round of its own."""
    with running_wardmote() as server:
        yield server


@pytest.fixture
def vote(served: WardmoteServer) -> Iterator[Assembly]:
    with assembly(served) as opened:
        yield opened


def choose_and_cast(page: Page, vote: Assembly, voter: int) -> None:
    page.goto(vote.card(voter))
    page.locator(".wm-choice__box").first.check()
    page.get_by_role("button", name="Cast my vote").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Counted")


def test_a_ballot_cast_on_a_phone_moves_the_tally_and_the_screen(
    vote: Assembly, phone: Page, desk: Page, hall: Page
) -> None:
    vote.cast(1, 2, 3)
    desk.goto(vote.address("tally"))
    hall.goto(vote.address("screen"))
    expect(hall.locator(".screen__message-text")).to_contain_text("Figures appear once 4 people")
    for page in (desk, hall):
        page.evaluate(MARK)
    choose_and_cast(phone, vote, 4)
    for page in (desk, hall):
        expect(page.locator('[data-figure="turnout"]')).to_have_text("4")
        expect(page.locator("[data-tally] > li")).to_have_count(4)
    vote.cast(5, 6, project=1)
    expect(hall.locator('[data-figure="turnout"]')).to_have_text("6")
    # The next step comes five seconds after the last at the earliest, and a little later by lot.
    told = expect(desk.locator('[data-figure="covered_words"]'))
    told.to_contain_text("cover 4 of 6 voters", timeout=20_000)
    expect(hall.locator('[data-figure="covered"]')).to_contain_text("cover 4 of 6 voters")
    assert all(page.evaluate("window.neverReloaded") for page in (desk, hall))
    assert "Traceback" not in vote.server.log


def test_points_move_on_the_tally_and_the_screen(
    served: WardmoteServer, desk: Page, hall: Page
) -> None:
    rules: dict[str, Any] = {"ballot_format": BallotFormat.SCORES, "highest_score": 5}
    rules |= {"max_choices": None, "rule": Rule(ranked_by=RankedBy.SCORE)}
    with assembly(served, profile=DisclosureProfile.OPEN, **rules) as vote:
        vote.score(1, 2, project=0, score=1)
        desk.goto(vote.address("tally"))
        hall.goto(vote.address("screen"))
        for page in (desk, hall):
            expect(page.locator("[data-score]").first).to_have_text("2 points", timeout=15_000)
        vote.score(3, project=1, score=5)
        for page in (desk, hall):
            points = page.locator("[data-score]")
            expect(points.first).to_have_text("5 points", timeout=15_000)
            expect(points.nth(1)).to_have_text("2 points")
            widths = [bar.get_attribute("width") for bar in page.locator("[data-bar]").all()]
            assert widths == ["1000", "400", "0", "0"]
        expect(desk.locator("[data-votes]").first).to_have_text("1 vote, 33%")
        expect(hall.locator("[data-votes]").first).to_have_text("1 vote")


def test_the_screen_follows_the_vote_to_its_outcome(vote: Assembly, hall: Page) -> None:
    vote.cast(1, 2, 3, 4, 5, 6)
    hall.goto(vote.address("screen"))
    hall.evaluate(MARK)
    vote.close()
    expect(hall.locator(".screen__foot")).to_contain_text("Waiting for sign-off")
    won = hall.locator(".screen__won")
    expect(won).to_have_count(1)
    expect(won.locator(".screen__number")).to_have_text(["6", "£8,000"])
    assert hall.evaluate("window.neverReloaded")


def test_a_sealed_vote_moves_only_its_turnout(served: WardmoteServer, hall: Page) -> None:
    with assembly(served, profile=DisclosureProfile.SEALED) as vote:
        hall.goto(vote.address("screen"))
        vote.cast(1, 2, 3, 4, 5, 6)
        expect(hall.locator('[data-figure="turnout"]')).to_have_text("6")
        expect(hall.locator(".screen__message-text")).to_contain_text("stay sealed")


def test_without_sockets_the_tally_is_asked_for_by_http(vote: Assembly, chromium: Browser) -> None:
    with visitor(chromium, DESK) as page:
        page.route_web_socket("**/socket.io/**", lambda socket: socket.close())
        page.goto(vote.address("tally"))
        vote.cast(1, 2, 3)
        expect(page.locator('[data-figure="turnout"]')).to_have_text("3", timeout=20_000)


def test_a_projector_with_a_wrong_clock_counts_down_right(
    vote: Assembly, chromium: Browser
) -> None:
    with visitor(chromium, HALL) as page:
        page.clock.install(time="2031-01-01T00:00:00Z")
        page.goto(vote.address("screen"))
        page.clock.run_for(500)
        minutes = page.locator("[data-until]").inner_text().split(":")[0]
        assert 25 <= int(minutes) <= 30


@pytest.mark.parametrize("phase", [Phase.DEBATE, Phase.VOTE, Phase.SIGN_OFF])
@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (360, 740)])
def test_the_screen_is_accessible_and_fits(
    phase: Phase, size: tuple[int, int], served: WardmoteServer, hall: Page
) -> None:
    opened = Phase.VOTE if phase == Phase.SIGN_OFF else phase
    with assembly(served, phase=opened, proposals=20) as vote:
        if phase != Phase.DEBATE:
            vote.cast(1, 2, 3, 4, 5, 6)
        width, height = size
        hall.set_viewport_size({"width": width, "height": height})
        hall.goto(vote.address("screen"))
        if phase == Phase.VOTE:
            expect(hall.locator("[data-tally] > li")).to_have_count(7)
        if phase == Phase.SIGN_OFF:
            vote.close()
            expect(hall.locator(".screen__reveal tbody tr")).to_have_count(20)
        assert axe_violations(hall) == []
        if width > 900:
            assert hall.evaluate("document.documentElement.scrollHeight") <= height
            assert hall.evaluate(SMALLEST_LETTERS) * 720 / height >= 24


def test_cut_off_the_screen_keeps_its_picture_and_comes_back_by_itself(
    vote: Assembly, chromium: Browser
) -> None:
    vote.cast(1, 2, 3, 4)
    with visitor(chromium, HALL) as page:
        sockets: list[WebSocketRoute] = []
        cut = [False]
        broken: list[str] = []
        page.on("pageerror", lambda error: broken.append(str(error)))

        def connect(socket: WebSocketRoute) -> None:
            if cut[0]:
                socket.close()
                return
            sockets.append(socket)
            socket.connect_to_server()

        page.route_web_socket("**/socket.io/**", connect)
        page.goto(vote.address("screen"))
        expect(page.locator("[data-tally] > li")).to_have_count(4)
        cut[0] = True
        page.context.set_offline(True)
        sockets[0].close()
        expect(page.locator("[data-away]")).to_contain_text("As of", timeout=20_000)
        assert mark_covers(page) == []
        expect(page.locator("[data-tally] > li")).to_have_count(4)
        vote.cast(5)
        cut[0] = False
        page.context.set_offline(False)
        expect(page.locator('[data-figure="turnout"]')).to_have_text("5", timeout=30_000)
        expect(page.locator("[data-away]")).to_be_hidden()
        assert broken == []


def test_a_tally_page_opened_before_the_vote_shows_it_open_without_reload(
    served: WardmoteServer, phone: Page
) -> None:
    with assembly(served, phase=Phase.DEBATE) as town_hall:
        phone.goto(town_hall.address("tally"))
        expect(phone.locator("main")).to_contain_text("The vote is not open yet")
        town_hall.open()
        expect(phone.locator("main")).to_contain_text("people have voted", timeout=15_000)
