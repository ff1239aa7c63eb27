"""A buying round: the hall votes, the winner is bought, the balance falls, until nothing fits."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from neighbourhoods.assemblies import ItemKind
from tests.browser import WardmoteServer, running_wardmote
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
)

pytestmark = [pytest.mark.browser, pytest.mark.journey]

BUYING = "What do we buy?"
# £10,000. First the crossing, £5,000, with 6 of 11: £5,000 are left. Then the café, £3,000, with
# 6 of 11: £2,000 are left, and the planters (£2,500) and the lights (£4,000) no longer fit.
FIRST = [CROSSING] * 6 + [PLANTERS] * 4
SECOND = [CAFE] * 5 + [PLANTERS] * 3 + [LIGHTS] * 2


@pytest.fixture
def server() -> Iterator[WardmoteServer]:
    with running_wardmote() as server:
        yield server


def test_a_hall_votes_and_buys_until_nothing_fits(
    server: WardmoteServer, chromium: Browser
) -> None:
    agenda: list[Item] = [(ItemKind.PURCHASE, BUYING, {})]
    with decision_day(server, chromium, agenda, phones=10) as day:
        day.crowd.come_in()
        day.join(day.ben)
        day.check_in("Voter 2", "Votes by phone", day.ben.locator(".wm-me__number").inner_text())
        day.press("begin")
        sees(day.screen, "What still fits", *(LIGHTS, CROSSING, PLANTERS, CAFE), within="main")
        sees(day.screen, "£10,000 left of £10,000", within="footer")
        sees(day.console, "£10,000 left to buy for.", within="#console-vote")

        hall_votes(day, FIRST, bens=PLANTERS)
        sees(day.screen, CROSSING, "£5,000", within="main")
        sees(day.screen, "£5,000 left of £10,000", within="footer")
        sees(day.console, "£5,000 left to buy for.", within="#console-vote")

        hall_votes(day, SECOND, bens=CAFE, gone=CROSSING)
        sees(day.screen, CAFE, "£3,000", "Bought before", CROSSING, within="main")
        sees(day.screen, "£2,000 left of £10,000", within="footer")
        sees(day.console, "£2,000 left to buy for.", within="#console-vote")

        day.console.locator(f"#do-open-{day.items[BUYING]}").click()
        refused = "There is no project left that the remaining money can buy."
        sees(day.console, refused, within="#console-notice")
        assert day.faults.pop().startswith("console: 409")
        sees(day.screen, "£2,000 left of £10,000", within="footer")
        day.nothing_went_wrong()


def hall_votes(day: DecisionDay, phones: list[str], *, bens: str, gone: str = "") -> None:
    """One vote of it: eleven phones choose one project each, and the clock closes."""
    day.press_of("open", BUYING)
    number = day.round_of_vote()
    sees(day.screen, "Vote on your phone", within="main")
    sees(day.screen, "0 of 11 have voted", within="footer")
    day.crowd.vote(number, [{"project": day.projects[title]} for title in phones])
    sees(day.ben, "The vote is open", within="[data-part=vote]")
    day.into_the_booth(day.ben)
    if gone:
        sees_no(day.ben, gone)
    day.ben.get_by_role("radio", name=re.compile(bens)).check()
    day.cast(day.ben)
    sees(day.screen, "11 of 11 have voted", within="footer")
    day.press_of("stop", BUYING)
    sees(day.screen, "Last call: cast your vote now", within="main")
    again = day.console.get_by_role("button", name="Vote again")
    expect(again).to_be_visible(timeout=PATIENT_MS)
    sees(day.console, "The votes are counted.", within="#console-vote")
    sees(day.ben, "See how the vote went", within="[data-part=vote]")
