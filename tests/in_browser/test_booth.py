"""The booth on a real phone: totals, drafts, lost signals, and without JavaScript."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from ballots.papers import BallotFormat
from tests.browser import (
    PHONE,
    WardmoteServer,
    axe_violations,
    overflows_sideways,
    running_wardmote,
    visitor,
)
from tests.in_browser.hall import Assembly, assembly

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served() -> Iterator[WardmoteServer]:
    """One Wardmote for all tests here; each makes a round of its own."""
    with running_wardmote() as server:
        yield server


@pytest.fixture
def vote(served: WardmoteServer) -> Iterator[Assembly]:
    with assembly(served, max_choices=2) as opened:
        yield opened


def boxes(page: Page) -> list[str]:
    found = page.locator(".wm-choice__box")
    return [found.nth(place).get_attribute("value") or "" for place in range(found.count())]


def choices_kept_on(page: Page) -> list[str]:
    """What is kept on the device, but for the receipt: that one is without choices."""
    kept: list[str] = page.evaluate("Object.keys(localStorage)")
    return [name for name in kept if not name.startswith("wardmote-receipt-")]


def choose(page: Page, *places: int) -> None:
    for place in places:
        page.locator(".wm-choice__box").nth(place).check()


def cast(page: Page) -> None:
    page.get_by_role("button", name="Cast my vote").click()


def test_the_total_follows_every_tap_and_says_the_limit_before_it_is_broken(
    vote: Assembly, phone: Page
) -> None:
    phone.goto(vote.address("ballot"))
    total, limit = phone.locator("[data-total]"), phone.locator("[data-total-limit]")
    choose(phone, 0)
    expect(total).to_contain_text("1 of 2 chosen")
    choose(phone, 1)
    expect(limit).to_contain_text("That is all you can choose.")
    choose(phone, 2)
    expect(limit).to_have_text("You chose 3. Choose 2 at most.")
    cast(phone)
    expect(phone.get_by_role("status")).to_have_text("You chose 3. Choose 2 at most.")
    assert vote.ballots() == 0


def test_choices_outlast_a_closed_tab_and_are_forgotten_once_counted(
    vote: Assembly, phone: Page
) -> None:
    phone.goto(vote.card(1))
    choose(phone, 1)
    phone.reload()
    expect(phone.locator(".wm-choice__box").nth(1)).to_be_checked()
    expect(phone.locator("[data-total-state]")).to_contain_text("still here")
    cast(phone)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Counted")
    assert choices_kept_on(phone) == []


def test_a_lost_signal_is_outlasted_and_makes_one_ballot(vote: Assembly, phone: Page) -> None:
    phone.goto(vote.card(1))
    choose(phone, 0)
    phone.context.set_offline(True)
    cast(phone)
    expect(phone.locator("[data-total-state]")).to_contain_text("We will keep trying")
    assert vote.ballots() == 0
    phone.context.set_offline(False)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Counted")
    assert vote.ballots() == 1


def test_an_answer_lost_on_the_way_back_makes_one_ballot(vote: Assembly, phone: Page) -> None:
    phone.goto(vote.card(1))
    choose(phone, 0)
    lost: list[object] = []

    def lose_first(route: object) -> None:
        if not lost:
            lost.append(route.fetch())  # type: ignore[attr-defined]
            route.abort()  # type: ignore[attr-defined]
        else:
            route.continue_()  # type: ignore[attr-defined]

    phone.route("**/ballot", lose_first)
    cast(phone)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Counted")
    assert lost
    assert vote.ballots() == 1


def test_a_second_tab_and_the_back_button_make_one_ballot_and_no_error(
    vote: Assembly, phone: Page
) -> None:
    phone.goto(vote.card(1))
    second = phone.context.new_page()
    second.goto(vote.address("ballot"))
    choose(phone, 0)
    cast(phone)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Counted")
    choose(second, 1)
    cast(second)
    expect(second.get_by_role("heading", level=1)).to_have_text("Counted")
    phone.go_back()
    expect(phone.locator(".wm-state--counted")).to_contain_text("Your ballot is Counted.")
    ticked = phone.locator(".wm-choice__box:checked").count()  # the browser may put them back
    expect(phone.locator("[data-total]")).to_contain_text(f"{ticked} of 2 chosen")
    choose(phone, 2)
    cast(phone)
    expect(phone.get_by_role("heading", level=1)).to_have_text("Counted")
    assert vote.ballots() == 1


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_choosing_first_and_saying_who_last(
    javascript: bool, vote: Assembly, chromium: Browser
) -> None:
    with visitor(chromium, PHONE, javascript=javascript) as page:
        page.goto(vote.address("ballot"))
        choose(page, 0, 2)
        wanted = [boxes(page)[0], boxes(page)[2]]
        cast(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Show that you can vote")
        page.get_by_label("Voter code").fill(" ".join([vote.codes[4][:6], vote.codes[4][6:]]))
        page.get_by_role("button", name="Continue").click()
        expect(page.locator(".wm-state--pending")).to_contain_text("Not yet counted")
        checked = page.locator(".wm-choice__box:checked")
        assert sorted(checked.nth(n).get_attribute("value") or "" for n in range(2)) == sorted(
            wanted
        )
        cast(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Counted")
    assert vote.ballots() == 1


def test_without_javascript_choices_can_be_added_up(vote: Assembly, chromium: Browser) -> None:
    with visitor(chromium, PHONE, javascript=False) as page:
        page.goto(vote.address("ballot"))
        choose(page, 0)
        page.get_by_role("button", name="Add up").click()
        expect(page.locator("[data-total]")).to_contain_text("1 of 2 chosen")


def test_a_long_paper_can_be_searched(served: WardmoteServer, phone: Page) -> None:
    with assembly(
        served, proposals=80, max_choices=None, ballot_format=BallotFormat.KNAPSACK
    ) as vote:
        phone.goto(vote.address("ballot"))
        phone.get_by_label("Find a project").fill("bench 77")
        expect(phone.locator(".wm-choice:visible")).to_have_count(1)
        assert axe_violations(phone) == []
        assert not overflows_sideways(phone)


# --- papers with a field at each project, and the order of choice --------------------------------

FORMATS: dict[BallotFormat, dict[str, Any]] = {
    BallotFormat.RANKING: {"max_choices": 3},
    BallotFormat.POINTS: {"max_choices": None, "points_to_give": 10, "most_points_on_one": 6},
    BallotFormat.SCORES: {"max_choices": None, "highest_score": 10},
    BallotFormat.YES_NO: {"max_choices": None},
}


def mark(page: Page, ballot_format: BallotFormat) -> None:
    """Mark two of the projects."""
    if ballot_format is BallotFormat.RANKING:
        page.get_by_label("1st choice").select_option(index=2)
        page.get_by_label("2nd choice").select_option(index=1)
    elif ballot_format is BallotFormat.POINTS:
        page.locator("#mark-1").fill("6")
        page.locator("#mark-2").fill("2")
    else:
        page.locator("[data-mark]").nth(0).check()
        page.locator("#mark-2").check()


@pytest.mark.parametrize("ballot_format", FORMATS)
@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
def test_every_kind_of_paper_can_be_cast(
    javascript: bool, ballot_format: BallotFormat, served: WardmoteServer, chromium: Browser
) -> None:
    with (
        assembly(served, ballot_format=ballot_format, **FORMATS[ballot_format]) as vote,
        visitor(chromium, PHONE, javascript=javascript) as page,
    ):
        page.goto(vote.card(1))
        mark(page, ballot_format)
        cast(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("Counted")
        assert vote.ballots() == 1


@pytest.mark.parametrize(
    ("ballot_format", "total"),
    [
        (BallotFormat.RANKING, "2 of 3 places filled"),
        (BallotFormat.POINTS, "8 of 10 points given · 2 left"),
        (BallotFormat.SCORES, "2 of 4 scored"),
        (BallotFormat.YES_NO, "2 yes · 0 no"),
    ],
)
def test_the_total_and_the_draft_of_every_kind_of_paper_follow_each_mark(
    ballot_format: BallotFormat, total: str, served: WardmoteServer, phone: Page
) -> None:
    with assembly(served, ballot_format=ballot_format, **FORMATS[ballot_format]) as vote:
        phone.goto(vote.card(1))
        mark(phone, ballot_format)
        expect(phone.locator("[data-total]")).to_have_text(total)
        assert axe_violations(phone) == []
        assert not overflows_sideways(phone)
        phone.reload()
        expect(phone.locator("[data-total]")).to_have_text(total)
        expect(phone.locator("[data-total-state]")).to_contain_text("still here")
        cast(phone)
        expect(phone.get_by_role("heading", level=1)).to_have_text("Counted")
        assert choices_kept_on(phone) == []


def test_points_beyond_the_limit_are_said_at_once_and_never_sent(
    served: WardmoteServer, phone: Page
) -> None:
    limits = FORMATS[BallotFormat.POINTS]
    with assembly(served, ballot_format=BallotFormat.POINTS, **limits) as vote:
        phone.goto(vote.card(1))
        mark(phone, BallotFormat.POINTS)
        phone.locator("#mark-3").fill("2")
        expect(phone.locator("[data-total-limit]")).to_contain_text("given all your points")
        phone.locator("#mark-4").fill("1")
        expect(phone.locator("[data-total]")).to_have_text("11 of 10 points given · 1 too many")
        cast(phone)
        expect(phone.get_by_role("status")).to_contain_text("You gave 11 points.")
        assert vote.ballots() == 0


def test_a_wrong_number_is_explained_at_its_field_and_the_others_are_kept(
    served: WardmoteServer, phone: Page
) -> None:
    limits = FORMATS[BallotFormat.POINTS]
    with assembly(served, ballot_format=BallotFormat.POINTS, **limits) as vote:
        phone.goto(vote.card(1))
        mark(phone, BallotFormat.POINTS)
        phone.locator("#mark-2").fill("1.5")
        cast(phone)
        expect(phone.locator("#mark-2-error")).to_contain_text("Enter a whole number from 1 to 6")
        expect(phone.locator("#mark-1")).to_have_value("6")
        expect(phone.locator("#mark-2")).to_have_value("1.5")
        assert axe_violations(phone) == []
        phone.get_by_role("link", name="Enter a whole number").click()
        expect(phone.locator("#mark-2")).to_be_focused()


def test_every_page_of_the_booth_is_accessible(vote: Assembly, phone: Page) -> None:
    violations: list[str] = []

    def look(address: str) -> None:
        phone.goto(address)
        violations.extend(axe_violations(phone))
        if overflows_sideways(phone):
            violations.append(f"{address} scrolls sideways")

    vote.cast(1, 2, 3, 4, 5)
    look(vote.address("ballot"))
    look(vote.address("identify"))
    look(f"{vote.server.base_url}/v/000000000000")
    look(vote.card(1))
    look(vote.address("counted"))
    phone.get_by_role("link", name="Check this receipt").click()
    look(phone.url)
    look(f"{vote.server.base_url}/receipts?code=")
    look(vote.address("tally"))
    vote.close()
    look(vote.address("ballot"))
    assert violations == []
