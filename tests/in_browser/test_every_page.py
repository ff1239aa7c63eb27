"""Every page of the demonstration council, through axe and at a phone's width: no complaint."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page

from app.factory import create_app
from app.settings import settings_from
from neighbourhoods.assemblies import ItemKind
from tests.browser import (
    DESK,
    PHONE,
    WardmoteServer,
    axe_violations,
    overflows_sideways,
    running_wardmote,
    visitor,
)

pytestmark = pytest.mark.browser

# Where each role looks. The demonstration's rounds: 1 ideas, 2 debate, 3 vote, 4 a sealed vote,
# 5 sign-off, 6 delivery; then decisions on their way: 8 ward members disagree, 9 half-way along
# Westminster’s route, 10 referred back, 11 may be called in, 12 called in, 13 sent back.
OFFICE_ROUNDS = (
    "",
    "/describe",
    "/timetable",
    "/rules",
    "/conditions",
    "/roll",
    "/screening",
    "/delivery",
)
DELIVERY = ("", "/hold", "/return", "/milestones/new", "/milestones/1", "/ratings")
# Its decision was published when the demonstration was made: five days before today, or so.
NOTICE = f"/notices/{(datetime.now(UTC) - timedelta(days=5)).year}/1"
PAGES: dict[str, tuple[str, ...]] = {
    "nobody": (
        "/",
        "/areas",
        "/areas?q=canal",
        "/areas?q=nowhere",
        "/communities/canal-side",
        "/communities/lockside",
        "/communities/millbrook",
        "/communities/people-with-sight-loss",
        "/funds/3",
        "/join",
        "/rounds",
        *(f"/rounds/{number}" for number in range(1, 7)),
        "/rounds/1/proposals",
        "/rounds/2/proposals/4",
        "/rounds/2/proposals/7",
        "/rounds/2/proposals/4/history",
        "/rounds/3/ballot",
        "/rounds/4/ballot",
        "/rounds/3/identify",
        "/rounds/3/tally",
        "/rounds/4/tally",
        *(f"/rounds/{number}/ledger" for number in (1, 3, 6)),
        *(f"/rounds/{number}/outcome" for number in (5, 8, 9, 10, 13)),
        *(f"/rounds/{number}/record" for number in (6, 12, 13)),
        "/rounds/6/delivery",
        "/communities/people-with-sight-loss/you-said-we-did/2026-27",
        NOTICE,
        "/decisions/register",
        "/decisions/register?q=nowhere",
        "/records",
        "/receipts",
        "/receipts/0000000000000000",
        "/rounds/1/menu",
        "/sign-in",
        "/sign-in/code",
        "/outbox",
        "/how-your-vote-is-kept",
        "/accessibility",
        "/privacy",
        "/privacy/how-long",
        "/open-data",
        "/source-code",
        "/nowhere",
        "/office",
    ),
    "Resident": (
        "/me",
        "/me/name",
        "/me/my-data",
        "/me/my-data/copy",
        "/me/my-data/copy?sent=1",
        "/me/my-data/erase",
        "/me/my-data/erase?sent=1",
        "/me/email",
        "/rounds/1/propose",
        "/rounds/1/menu/1",
        "/rounds/1/proposals/1",
        "/rounds/1/proposals/1/edit",
        "/rounds/1/proposals/1/withdraw",
        "/rounds/2/points/1/answer",
        "/rounds/2/points/1/report",
        "/rounds/3/ballot",
        "/rounds/6/deliveries/19/rate",
    ),
    "Monitoring-officer": (
        "/desk",
        "/me",
        "/decisions/5/step-in",
        "/decisions/8/step-in",
        "/decisions/8",
        "/office/rounds/11/notice",
        "/office/rounds/11/notice/call-in",
        "/office/rounds/12/notice",
        "/office/rounds/12/notice/end-call-in",
        "/office/rounds/12/notice/send-back",
        "/office/rounds/13/notice",
        "/office/interests",
        "/office/interests/1/end",
        "/office/quiet",
    ),
    "Councillor": (
        "/desk",
        "/decisions/5",
        "/decisions/5/interests",
        "/decisions/3",
        "/me/passkeys",
        "/me/my-data/erase",
        "/me/email",
    ),
    "Legal-officer": ("/desk", "/decisions/9", "/decisions/9/interests"),
    "Cabinet-member": ("/desk", "/decisions/9"),
    "Facilitator": (
        "/assemblies",
        "/assemblies/new",
        "/assemblies/1",
        "/assemblies/1/edit",
        "/assemblies/1/delete",
        "/assemblies/1/agenda",
        *(f"/assemblies/1/agenda/new?kind={kind.value}" for kind in ItemKind),
        "/assemblies/1/agenda/1",
        "/assemblies/1/interest",
        "/assemblies/2",
        "/assemblies/2/door",
        "/assemblies/2/door/people",
        "/assemblies/2/tellers",
        "/assemblies/2/speakers",
    ),
    "Scrutineer": ("/me", "/rounds/3/scrutiny", "/rounds/6/scrutiny"),
    "Officer": (
        "/office",
        "/office/funds",
        "/office/funds/new",
        "/office/funds/1",
        "/office/funds/1/route",
        "/office/interests",
        "/office/quiet",
        "/office/rounds/5/notes",
        "/office/rounds/5/withdraw",
        "/office/rounds/10/referral",
        "/office/rounds/2/proposals/4/interest",
        "/office/funds/1/sources/1/take-out",
        "/office/funds/1/rounds/new",
        *(f"/office/rounds/{number}" for number in range(1, 7)),
        *(f"/office/rounds/2{page}" for page in OFFICE_ROUNDS),
        *(f"/office/rounds/3{page}" for page in OFFICE_ROUNDS),
        "/office/rounds/3/voter-cards",
        "/office/rounds/2/move?to=vote",
        "/office/rounds/3/move?to=count",
        "/office/rounds/2/proposals/4/screen",
        "/office/rounds/2/points/1/hide",
        "/office/rounds/6/delivery",
        *(f"/office/rounds/6/deliveries/19{page}" for page in DELIVERY),
        *(f"/office/rounds/6/notice{page}" for page in ("", "/lodge", "/correct")),
        "/office/reports",
        "/office/menu",
    ),
}


@pytest.fixture(scope="module")
def demonstration() -> Iterator[WardmoteServer]:
    with running_wardmote("--demo") as server:
        yield server


def complaints(page: Page, address: str) -> list[str]:
    """Through axe on the phone; then the same page, as wide as a desk's."""
    page.set_viewport_size(PHONE)
    page.goto(address)
    found = [f"{address}: {violation}" for violation in axe_violations(page)]
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        if overflows_sideways(page):
            found.append(f"{address}: scrolls sideways at {size['width']} px")
    return found


def enter(page: Page, server: WardmoteServer, who: str) -> None:
    if who != "nobody":
        link = re.search(rf"^{who}: .*?(http\S+)", server.log, re.MULTILINE)
        assert link is not None
        page.goto(link[1])


@pytest.mark.parametrize("who", PAGES)
def test_no_page_has_a_barrier(demonstration: WardmoteServer, chromium: Browser, who: str) -> None:
    with visitor(chromium, PHONE) as page:
        enter(page, demonstration, who)
        found = [
            words
            for path in PAGES[who]
            for words in complaints(page, demonstration.base_url + path)
        ]
    assert found == []


def test_no_template_of_a_page_is_left_out(demonstration: WardmoteServer) -> None:
    """A new kind of page has to be added above; what changes by its nature is named here."""
    app = create_app(settings_from(demonstration.settings | {"ASYNC_MODE": "threading"}))
    adapter = app.url_map.bind("localhost")
    looked_at = {
        adapter.match(path.split("?")[0])[0]
        for paths in PAGES.values()
        for path in paths
        if path != "/nowhere"
    }
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert pages - looked_at == NO_PAGES | ELSEWHERE


NO_PAGES = {
    "static",
    "facilitators.minutes_pdf",
    "facilitators.print_agenda",
    "facilitators.print_everything",
    "facilitators.print_hand_count",
    "facilitators.print_papers",
    "facilitators.print_poster",
    "facilitators.print_table_cards",
    "facilitators.print_tally_sheet",
    "facilitators.print_voter_cards",
    "councillors.queue",
    "facilitators.assembly_state",
    "facilitators.qr",
    "facilitators.speakers_now",
    "officers.roll_template",
    "public.fund_ledger_csv",
    "public.fund_ledger_json",
    "health.live",
    "health.ready",
    "public.metrics",
    "public.ledger_heads",
    "public.ledger_json",
    "public.photo",
    "public.notice_json",
    "public.notice_pdf",
    "public.notice_proof",
    "public.receipt_proof",
    "public.record_json",
    "public.register_csv",
    "public.register_feed",
    "public.register_json",
    "public.scrutiny_json",
    "public.tally_json",
    "public.verifier",
    "residents.join",
    "residents.meeting_now",
    "residents.sign_in_link",
    "residents.voter_card",
}
# Looked at by the journey, or in the browser tests of their own.
ELSEWHERE = {
    "councillors.refer",
    "councillors.sheet",
    "councillors.sign",
    "facilitators.door_person",
    "facilitators.hall_screen",
    "facilitators.hands",
    "facilitators.minutes",
    "facilitators.preflight",
    "facilitators.print_pack",
    "facilitators.screen",
    "facilitators.teller_paper",
    "facilitators.teller_vote",
    "officers.draw",
    "officers.hide_what_was_said",
    "officers.put_spend_right",
    "officers.release",
    "officers.take_photo_down",
    "residents.ask_question",
    "residents.check_in_here",
    "residents.counted",
    "residents.meeting",
    "residents.my_email_codes",
    "residents.raise_hand",
    "residents.proposed",
    "residents.reply",
    "residents.variant",
}
