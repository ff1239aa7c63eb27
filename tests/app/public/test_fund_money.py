"""A fund in public adds up to the penny, and its ledger goes into any spreadsheet safely."""

import csv
import io
from datetime import date

import pytest
from bs4 import BeautifulSoup

from app.public.fund_money import as_decimal, harmless
from neighbourhoods.delivery import (
    Delivery,
    DeliveryStatus,
    DeliveryStep,
    commit_money,
    report_delivery,
)
from neighbourhoods.funds import SourceKind, add_source
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.purse import correct_source, hold_back, return_underspend
from tests.app.world import make_world
from tests.builders import Town
from tests.council import Site


@pytest.fixture
def delivery(town: Town) -> Delivery:
    """£2,000 promised from £10,000: £500.25 spent, £300.75 held back, the rest still to spend."""
    the_round = make_world(town).rounds[Phase.SIGN_OFF]
    the_round.phase = Phase.DELIVERY
    project = projects_in(town.session, the_round.id)[0]
    project.title = "=HYPERLINK(1)"
    made = commit_money(town.session, project, 200_000)
    step = DeliveryStep(DeliveryStatus.STARTED, "+ paint was bought", 50_025, None)
    report_delivery(town.session, made, town.officer, step)
    hold_back(town.session, made, town.officer, 30_075, "The canal trust agrees.")
    town.session.commit()
    return made


def fund_page(site: Site, delivery: Delivery) -> BeautifulSoup:
    fund_id = delivery.project.the_round.fund_id
    return BeautifulSoup(site.as_(None).get(f"/funds/{fund_id}").text, "html5lib")


def words(page: BeautifulSoup, selector: str) -> list[str]:
    return [" ".join(found.get_text(" ").split()) for found in page.select(selector)]


def test_the_fund_page_says_where_every_penny_stands(site: Site, delivery: Delivery) -> None:
    page = fund_page(site, delivery)
    assert words(page, ".wm-fund__key") == [
        "In the fund £10,000",
        "Spent £500.25",
        "Promised, not yet spent £1,199",
        "Promised, held back £300.75",
        "Still to decide £8,000",
    ]


def test_every_movement_stands_on_the_page_and_adds_up(site: Site, delivery: Delivery) -> None:
    page = fund_page(site, delivery)
    rows = words(page, ".wm-money--ledger tbody tr")
    assert len(rows) == 4
    assert "Money came in : Council General fund, given on Wednesday 1 April 2026" in rows[0]
    assert "£2,000 moved from “Still to decide” to “Promised, not yet spent”" in rows[1]
    assert "It was decided and signed." in rows[1]
    assert "Out £500.25 In the fund £9,499.75" in rows[2]
    assert "The canal trust agrees." in rows[3]
    assert words(page, ".wm-money--ledger tfoot tr") == [
        "Total In £10,000 Out £500.25 In the fund £9,499.75"
    ]


def test_the_table_to_take_away_has_every_line_and_no_formula(
    site: Site, delivery: Delivery
) -> None:
    fund_id = delivery.project.the_round.fund_id
    answer = site.as_(None).get(f"/funds/{fund_id}/ledger.csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert sum(int(row["pence"]) for row in rows) == 0
    spent = [row for row in rows if row["account"] == "spent"]
    assert [(row["pence"], row["pounds"], row["why"]) for row in spent] == [
        ("50025", "500.25", "'+ paint was bought")
    ]
    assert spent[0]["project"] == "'=HYPERLINK(1)"


def test_the_same_ledger_is_there_for_programs(site: Site, delivery: Delivery) -> None:
    fund_id = delivery.project.the_round.fund_id
    told = site.as_(None).get(f"/funds/{fund_id}/ledger.json").get_json()
    assert told["position"] == {
        "came_in_pence": 1_000_000,
        "available_pence": 800_000,
        "committed_pence": 119_900,
        "held_pence": 30_075,
        "spent_pence": 50_025,
        "returned_pence": 0,
    }
    assert [entry["act"] for entry in told["entries"]] == [
        "source", "commitment", "spending", "hold",
    ]  # fmt: skip
    assert all(sum(x["pence"] for x in entry["lines"]) == 0 for entry in told["entries"])


def test_what_was_not_needed_is_shown_with_the_place_it_went_to(
    site: Site, town: Town, delivery: Delivery
) -> None:
    done = DeliveryStep(DeliveryStatus.FINISHED, "Done.", 0, None)
    report_delivery(town.session, delivery, town.officer, done)
    return_underspend(town.session, delivery, town.officer, "Cheaper wood.", "Health partner")
    town.session.commit()
    page = fund_page(site, delivery)
    assert "Returned elsewhere £1,499.75" in words(page, ".wm-fund__key")
    assert "To Health partner: Cheaper wood." in words(page, ".wm-money--ledger tbody tr")[-1]
    told = site.as_(None).get(f"/rounds/{delivery.round_id}/delivery").text
    assert "£1,499.75 was not needed and went to Health partner: Cheaper wood." in told


def test_a_mistake_stays_on_the_page_crossed_out_with_its_reason(site: Site, town: Town) -> None:
    fund = town.fund(pence=1_000)
    wrong = add_source(town.session, fund, SourceKind.GRANT, "Lottery", 99_900, date(2026, 5, 2))
    correct_source(town.session, wrong, town.officer, "Two noughts too many.")
    town.session.commit()
    page = BeautifulSoup(site.as_(None).get(f"/funds/{fund.id}").text, "html5lib")
    assert words(page, "del") == ["£999"]
    assert "Two noughts too many." in words(page, ".wm-money__note")[3 - 1]
    assert words(page, ".wm-money tfoot td")[0] == "£10"


@pytest.mark.parametrize(
    ("written", "kept"),
    [("=1+1", "'=1+1"), ("  @x", "'  @x"), ("-1", "'-1"), ("\tx", "'\tx"), ("Plain = fine", None)],
)
def test_no_cell_begins_like_a_formula(written: str, kept: str | None) -> None:
    assert harmless(written) == (kept or written)


@pytest.mark.parametrize(("pence", "shown"), [(-5, "-0.05"), (0, "0.00"), (-123_450, "-1234.50")])
def test_pence_are_written_as_a_spreadsheet_adds_them(pence: int, shown: str) -> None:
    assert as_decimal(pence) == shown
