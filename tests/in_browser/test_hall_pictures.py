"""The pictures of a count on a projector: large, whole, strong in contrast, changed in place."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from ballots.counting import Rule, RuleName
from ballots.disclosure import DisclosureProfile
from tests.browser import HALL, axe_violations, running_wardmote, visitor
from tests.in_browser.hall import Assembly, assembly

pytestmark = pytest.mark.browser
PROJECTS = 20
VOTERS = 24
COUNTED_IN_DEMONSTRATION = "What helps people with sight loss?"
PICTURES = {"flow": ".hall-flow", "votes-and-cost": ".hall-plot", "shares": ".hall-shares"}

# Every text that shows: its size, its contrast with the ground, whether it leaves the screen.
TEXTS = """() => {
  const light = ([r, g, b]) => [[r, .2126], [g, .7152], [b, .0722]].reduce((sum, [c, share]) =>
    sum + share * (c / 255 <= .04045 ? c / 255 / 12.92 : ((c / 255 + .055) / 1.055) ** 2.4), 0);
  const colour = (text) => text.match(/[0-9.]+/g).slice(0, 3).map(Number);
  const ground = light(colour(getComputedStyle(document.documentElement).backgroundColor));
  const shows = (e) => !e.closest(".hall__table, .screen__unseen");
  return [...document.querySelectorAll("body *")]
    .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && shows(e))
    .filter((e) => e.getClientRects().length)
    .map((e) => {
      const style = getComputedStyle(e), box = e.getBoundingClientRect();
      const ink = light(colour(e.closest("svg") ? style.fill : style.color));
      return {
        words: e.textContent.trim(), size: parseFloat(style.fontSize),
        contrast: (Math.max(ink, ground) + .05) / (Math.min(ink, ground) + .05),
        inside: box.left >= 0 && box.top >= 0
          && box.right <= innerWidth && box.bottom <= innerHeight,
      };
    });
}"""


@pytest.fixture(scope="module")
def counted() -> Iterator[Assembly]:
    """Twenty projects with long names in eight categories, counted by equal shares."""
    rule = Rule(name=RuleName.EQUAL_SHARES)
    words = "Paths and lights along the canal, from the station to bridge"
    categories = [
        "Parks",
        "Streets and travel",
        "Health",
        "Learning",
        "Young people",
        "Arts",
        "Swans",
    ]
    with (
        running_wardmote() as server,
        assembly(
            server,
            voters=VOTERS,
            proposals=PROJECTS,
            profile=DisclosureProfile.OPEN,
            rule=rule,
        ) as vote,
    ):
        vote.describe(
            [
                (f"{words} {at}", [*categories, ""][at % 8], 30_000 + 4_500 * at)
                for at in range(PROJECTS)
            ]
        )
        for voter in range(1, VOTERS + 1):
            vote.choose(voter, voter % 5, 5 + voter % 4, voter * voter % 11 + 9)
        vote.close()
        vote.wait_until_counted()
        yield vote


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
@pytest.mark.parametrize("show", PICTURES)
def test_a_picture_is_large_whole_and_strong_without_javascript(
    show: str, size: tuple[int, int], counted: Assembly, chromium: Browser
) -> None:
    width, height = size
    with visitor(chromium, HALL, javascript=False) as page:
        page.set_viewport_size({"width": width, "height": height})
        page.goto(counted.address(f"screen?show={show}"))
        expect(page.locator(PICTURES[show])).to_be_visible()
        texts = page.evaluate(TEXTS)
        assert len(texts) > 15
        assert [text for text in texts if text["size"] * 720 / height < 24] == []
        assert [text for text in texts if text["contrast"] < 7] == []
        assert [text for text in texts if not text["inside"]] == []
        assert page.evaluate("document.documentElement.scrollHeight") <= height


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("show", PICTURES)
def test_a_picture_and_its_table_are_accessible(
    show: str, width: int, counted: Assembly, hall: Page
) -> None:
    broken: list[str] = []
    hall.on("pageerror", lambda error: broken.append(str(error)))
    hall.set_viewport_size({"width": width, "height": 740})
    hall.goto(counted.address(f"screen?show={show}"))
    expect(hall.get_by_role("table").get_by_role("row").nth(2)).to_be_attached()
    expect(hall.locator(PICTURES[show])).to_be_visible(visible=width > 900)
    assert axe_violations(hall) == []
    assert broken == []


def test_the_facilitator_changes_what_the_projector_shows(chromium: Browser) -> None:
    with running_wardmote("--demo") as server, visitor(chromium) as desk:
        link = re.search(r"^Facilitator: .*?(http\S+)", server.log, re.MULTILINE)
        assert link is not None
        desk.goto(link[1])
        desk.goto(f"{server.base_url}/assemblies")
        card = desk.get_by_role("article").filter(has_text=COUNTED_IN_DEMONSTRATION)
        with desk.context.expect_page() as opened:
            card.get_by_role("button", name="Open the screen").click()
        projector = opened.value
        expect(projector.locator(".screen__reveal")).to_be_visible()
        card.get_by_text("Pictures of the count").click()
        card.get_by_role("link", name="Votes against cost").click()
        expect(projector.locator(".hall-plot")).to_be_visible()
        card.get_by_role("link", name="The outcome, project by project").click()
        expect(projector.locator(".screen__reveal")).to_be_visible()
        assert len(desk.context.pages) == 2
