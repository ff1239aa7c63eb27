"""Decision notices: five fields as a page, as the signed text and as a PDF, and how to check it."""

import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ballots.decision_routes import choose_route
from ballots.keys import is_signed
from ballots.notices import DecisionNotice, call_in, correct_notice, end_call_in, lodge, notice_of
from ballots.routes import Agreement, RouteName, Verdict
from ballots.sheets import SheetGiven, VerdictGiven
from ballots.signing import Ground
from ballots.stages import withdraw_project
from neighbourhoods.delivery import DeliveryStatus, DeliveryStep, deliveries_in, report_delivery
from neighbourhoods.money import entries_about, money_of, unmet_conditions
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.purse import release_held
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round
from tests.app.public.builders import approve, counted_round, signed_round, signs_as, vote
from tests.builders import Clock, Town
from tests.council import Site
from tests.pdf_reader import Pdf

LONG = "It would stand on the only way by which the fire brigade reaches the flats."
HOSTILE = '</script><script>alert("x")</script> #panic() & so on, fifty characters at least'
NAMES = ("Siân Ŵyn-Llŷr", "Świętosława Żółć", "محمد عبد الله")


def published(town: Town, the_round: Round) -> DecisionNotice:
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    return notice


def page_of(site: Site, number: int = 1) -> str:
    page = site.as_(None).get(f"/notices/2026/{number}").text
    return page[page.index("<main") : page.index("</main>")]


def declined_round(town: Town, reasons: str = LONG) -> Round:
    """Residents chose benches 4 and 1; the council declines 4 and endorses 1 on a condition."""
    the_round = counted_round(town, [4, 1], [4], [1])
    codes = {project.title: project.code for project in projects_in(town.session, the_round.id)}
    sheet = SheetGiven(
        {
            codes["Bench 4"]: VerdictGiven(Verdict.DECLINE, ground=Ground.SAFETY, reasons=reasons),
            codes["Bench 1"]: VerdictGiven(Verdict.CONDITIONS, condition="The trust must agree."),
        }
    )
    signs_as(town, the_round, sheet)
    return the_round


def called_in_round(town: Town, days: int = 5) -> Round:
    """A signed round whose money waits so many days."""
    the_round = town.round(Phase.DEBATE)
    choose_route(town.session, the_round.fund, RouteName.WARD_MEMBERS, Agreement.ANY_ONE, days)
    town.enter(the_round, Phase.VOTE)
    vote(town, the_round, [1])
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    approve(town, the_round)
    return the_round


# --- the page -------------------------------------------------------------------------------------


def test_the_five_fields_come_first_and_in_the_order_of_the_law(site: Site, town: Town) -> None:
    signed_round(town)
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", page_of(site))
    assert headings[:5] == [
        "1. Date of the decision",
        "2. Decision",
        "3. Reasons",
        "4. Alternatives considered",
        "5. Interests and dispensations",
    ]


def test_what_residents_chose_and_the_council_decided_stand_side_by_side(
    site: Site, town: Town
) -> None:
    declined_round(town)
    page = page_of(site)
    assert page.count("Residents chose") == 2
    assert page.count("The council decided") == 2
    assert "It would not be safe: " + LONG in page
    assert "To fund it, on conditions" in page
    assert "Condition: The trust must agree." in page
    assert "Bench 2, £4,000" in page


def test_a_project_withdrawn_before_the_signature_is_told_with_why(site: Site, town: Town) -> None:
    the_round = counted_round(town, [1])
    project = projects_in(town.session, the_round.id)[0]
    withdraw_project(town.session, the_round, project, town.officer, "The owner sold the site.")
    approve(town, the_round)
    page = page_of(site)
    assert "Withdrawn before the decision" in page
    assert "The owner sold the site." in page


def test_a_notice_that_does_not_exist_is_not_found(site: Site, town: Town) -> None:
    signed_round(town)
    client = site.as_(None)
    for address in ("/notices/2026/2", "/notices/2025/1.json", f"/notices/2026/{'9' * 30}.pdf"):
        assert client.get(address).status_code == 404


def test_the_record_leads_to_its_notice(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    assert 'href="/notices/2026/1"' in site.as_(None).get(f"/rounds/{the_round.id}/record").text


def test_the_page_does_not_change_when_the_world_does(site: Site, town: Town) -> None:
    the_round = signed_round(town, [1])
    before = page_of(site)
    the_round.title, town.councillor.name = "Renamed", "Somebody Else"
    town.neighbourhood.name = "Elsewhere"
    for project in projects_in(town.session, the_round.id):
        project.title = "Renamed too"
    town.session.commit()
    assert page_of(site) == before


# --- what happens after ---------------------------------------------------------------------------


def test_the_page_counts_down_to_the_lodging_and_keeps_its_receipt(
    site: Site, town: Town, clock: Clock
) -> None:
    the_round = signed_round(town)
    assert "To be lodged by Wednesday 23 December 2026: 30 days left." in page_of(site)
    clock.moves(days=30)
    assert "that is today" in page_of(site)
    clock.moves(days=2)
    assert "2 days late" in page_of(site)
    lodge(town.session, published(town, the_round), clock().date(), "DS/4711")
    town.session.commit()
    assert "Lodged on Friday 25 December 2026, receipt DS/4711." in page_of(site)


def test_the_page_counts_down_to_the_end_of_the_call_in(
    site: Site, town: Town, clock: Clock
) -> None:
    the_round = called_in_round(town)
    assert "It can be called in until midday on Saturday 28 November 2026: 5 days left." in (
        page_of(site)
    )
    assert "No money moves before midday on Saturday 28 November 2026." in page_of(site)
    clock.moves(hours=1)
    assert "5 days left" in page_of(site)  # as on the monitoring officer’s desk
    clock.moves(days=4, hours=20)
    assert "3 hours left" in page_of(site)
    call_in(town.session, published(town, the_round), "Scrutiny wants to hear residents.")
    town.session.commit()
    clock.moves(days=9)
    assert "Scrutiny wants to hear residents." in page_of(site)
    assert "No money moves until the call-in has ended." in page_of(site)
    end_call_in(town.session, published(town, the_round))
    town.session.commit()
    assert "The decision was confirmed at" in page_of(site)


def test_a_correction_stands_on_top_and_what_was_signed_stays(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    client = site.as_(None)
    before = client.get("/notices/2026/1.json").data
    correct_notice(
        town.session, town.keys, published(town, the_round), town.officer, "Read “bench”."
    )
    town.session.commit()
    page = page_of(site)
    assert page.index("Read “bench”.") < page.index("1. Date of the decision")
    assert client.get("/notices/2026/1.json").data == before
    proof = json.loads(client.get("/notices/2026/1/proof.json").data)
    assert [one["words"] for one in proof["corrections"]] == ["Read “bench”."]
    assert "Read “bench”." in client.get(f"/rounds/{the_round.id}/ledger").text
    assert "Read “bench”." in Pdf(client.get("/notices/2026/1.pdf").data).text


def test_a_notice_says_until_when_it_is_kept(site: Site, town: Town) -> None:
    signed_round(town)
    assert "In the public register until Tuesday 23 November 2032." in page_of(site)


# --- the signed text ------------------------------------------------------------------------------


def test_the_json_is_the_very_text_that_the_council_signed(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    client = site.as_(None)
    answer = client.get("/notices/2026/1.json")
    proof = client.get("/notices/2026/1/proof.json").json
    assert proof is not None
    assert answer.mimetype == "application/json"
    assert answer.data.decode() == published(town, the_round).document
    assert hashlib.sha256(answer.data).hexdigest() == proof["notice_sha256"]
    assert proof["message"] == f"wardmote-notice-1|{proof['notice_sha256']}"
    assert is_signed(proof["message"], proof["signature"], proof["public_key"])
    again = client.get("/notices/2026/1.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("changed", [False, True])
def test_openssl_checks_the_signature_as_the_documentation_says(
    site: Site, town: Town, tmp_path: Path, changed: bool
) -> None:
    signed_round(town)
    client = site.as_(None)
    notice, proof = (
        client.get("/notices/2026/1.json").data,
        client.get("/notices/2026/1/proof.json"),
    )
    (tmp_path / "notice.json").write_bytes(notice.replace(b"Bench 1", b"Bench 9", changed))
    (tmp_path / "proof.json").write_bytes(proof.data)
    told = Path(__file__).parents[3].joinpath("docs/verification.md").read_text()
    script = re.search(r"```sh\n(.*?)```", told, re.DOTALL)
    assert script is not None
    done = subprocess.run(
        ["/bin/bash", "-euc", script[1]], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ("Signature Verified Successfully" in done.stdout) is not changed, done.stderr
    assert (done.returncode == 0) is not changed


# --- hostile words and names of all kinds ---------------------------------------------------------


def test_a_hostile_reason_is_shown_and_never_run(site: Site, town: Town) -> None:
    declined_round(town, HOSTILE)
    client = site.as_(None)
    page = client.get("/notices/2026/1").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    signed = json.loads(client.get("/notices/2026/1.json").data)
    assert HOSTILE in [given["reasons"] for given in signed["reasons"][0]["projects"]]
    printed = Pdf(client.get("/notices/2026/1.pdf").data)
    assert '<script>alert("x")</script>#panic()' in "".join(printed.text.split())
    for trap in (b"/JavaScript", b"/JS", b"/OpenAction", b"/Launch"):
        assert trap not in printed.raw


def test_names_from_wales_poland_and_arabia_stand_on_the_page_and_in_the_pdf(
    site: Site, town: Town
) -> None:
    town.councillor.name, town.neighbourhood.name, title = NAMES
    the_round = counted_round(town, [1])
    projects_in(town.session, the_round.id)[0].title = title
    town.session.commit()
    approve(town, the_round)
    page, pdf = page_of(site), site.as_(None).get("/notices/2026/1.pdf").data
    text = "".join(Pdf(pdf).text.split())
    for name in NAMES:
        assert name in page
    for name in NAMES[:2]:
        assert "".join(name.split()) in text
    # Arabic is written from right to left, in shapes that the file maps back to letters.
    assert "محمدعبدالله" in text
    assert "\N{REPLACEMENT CHARACTER}" not in text


# --- the PDF --------------------------------------------------------------------------------------


def test_the_pdf_says_all_that_an_archive_and_a_screen_reader_ask_for(
    site: Site, town: Town
) -> None:
    declined_round(town)
    answer = site.as_(None).get("/notices/2026/1.pdf")
    pdf = Pdf(answer.data)
    assert answer.mimetype == "application/pdf"
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in pdf.claims
    assert "<pdfuaid:part>1</pdfuaid:part>" in pdf.claims
    for word in ("Decision notice 2026/1", "3. Reasons", LONG, "The trust must agree."):
        assert "".join(word.split()) in "".join(pdf.text.split())
    for tag in (b"/S/H1", b"/S/H2", b"/S/Table", b"/S/TH", b"/S/L", b"/S/LI", b"/S/Link"):
        assert tag in pdf.raw


def test_money_is_held_back_for_a_condition(site: Site, town: Town) -> None:
    the_round = declined_round(town)
    (delivery,) = deliveries_in(town.session, the_round)
    money = money_of(town.session, [delivery.project_id])[delivery.project_id]
    assert (money.committed_pence, money.held_pence) == (0, 200_000)
    page = site.as_(None).get(f"/rounds/{the_round.id}/delivery").text
    assert "The trust must agree." in page
    step = DeliveryStep(DeliveryStatus.STARTED, "Dug.", 1, None)
    with pytest.raises(Refused) as error:
        report_delivery(town.session, delivery, town.officer, step)
    assert error.value.reason is Refusal.SPEND_IS_HELD
    (condition,) = unmet_conditions(entries_about(town.session, [delivery.project_id]))
    release_held(town.session, delivery, town.officer, condition, "The trust wrote on Monday.")
    report_delivery(town.session, delivery, town.officer, step)
