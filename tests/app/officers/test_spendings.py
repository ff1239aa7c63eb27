"""Officers put a mistyped spend right: checked first, and for everybody to read."""

import csv
import io

import pytest
from bs4 import BeautifulSoup

from neighbourhoods.delivery import Delivery, DeliveryStatus, DeliveryStep, report_delivery
from neighbourhoods.money import MoneyEntry, entries_about, entries_of, standing_spendings
from tests.app.officers.test_purse import at, delivery
from tests.builders import Town
from tests.council import Site

__all__ = ["delivery"]  # a fixture
RIGHT = {"pence": "150", "why": "A nought too many."}


@pytest.fixture
def spending(town: Town, delivery: Delivery) -> MoneyEntry:
    """£1,500 of £2,000, where £150 was meant."""
    step = DeliveryStep(DeliveryStatus.STARTED, "The oak was bought.", 150_000, None)
    report_delivery(town.session, delivery, town.officer, step)
    town.session.commit()
    (found,) = standing_spendings(entries_about(town.session, [delivery.project_id]))
    return found


def spent(town: Town, delivery: Delivery) -> int:
    town.session.rollback()
    town.session.expire_all()
    return delivery.spent_pence


def test_nothing_is_written_before_the_officer_has_checked_it(
    site: Site, town: Town, delivery: Delivery, spending: MoneyEntry
) -> None:
    officer, page = site.as_(town.officer), at(delivery, f"/spendings/{spending.id}")
    assert page in officer.get(at(delivery)).text
    assert "The oak was bought." in officer.get(page).text
    check = officer.post(page, data=RIGHT)
    assert check.status_code == 200
    words = " ".join(BeautifulSoup(check.text, "html5lib").main.get_text(" ").split())  # type: ignore[union-attr]
    assert "It says now £1,500 It will say £150 Why A nought too many." in words
    assert "one takes £1,500 back, one spends £150." in words
    assert spent(town, delivery) == 150_000
    form = {
        str(field["name"]): str(field.get("value", ""))
        for field in BeautifulSoup(check.text, "html5lib").select("form.wm-form input")
    }
    assert officer.post(page, data=form).status_code == 303
    assert spent(town, delivery) == 15_000


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"pence": ""}, "Enter what was really spent"),
        ({"pence": "1500"}, "That is what it says now."),
        ({"pence": "2000.01"}, "Enter £2,000 or less."),
        ({"why": " "}, "Say what the mistake was."),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    site: Site,
    town: Town,
    delivery: Delivery,
    spending: MoneyEntry,
    wrong: dict[str, str],
    words: str,
) -> None:
    page = at(delivery, f"/spendings/{spending.id}")
    answer = site.as_(town.officer).post(page, data=RIGHT | wrong | {"sure": "1"})
    assert (answer.status_code, words in answer.text) == (422, True)
    assert spent(town, delivery) == 150_000


def test_a_spend_that_was_put_right_leads_to_the_newer_line(
    site: Site, town: Town, delivery: Delivery, spending: MoneyEntry
) -> None:
    officer, page = site.as_(town.officer), at(delivery, f"/spendings/{spending.id}")
    officer.post(page, data=RIGHT | {"sure": "1"})
    assert "has been put right already" in officer.get(page).text
    assert officer.post(page, data=RIGHT | {"sure": "1"}).status_code == 409
    town.session.rollback()
    (newer,) = standing_spendings(entries_about(town.session, [delivery.project_id]))
    assert at(delivery, f"/spendings/{newer.id}") in officer.get(at(delivery)).text


def test_what_is_no_spend_of_this_project_is_not_found(
    site: Site, town: Town, delivery: Delivery, spending: MoneyEntry
) -> None:
    promise = entries_about(town.session, [delivery.project_id])[0]
    answer = site.as_(town.officer).get(at(delivery, f"/spendings/{promise.id}"))
    assert answer.status_code == 404


def test_everybody_reads_the_mistake_its_reason_and_the_line_that_took_it_back(
    site: Site, town: Town, delivery: Delivery, spending: MoneyEntry
) -> None:
    page = at(delivery, f"/spendings/{spending.id}")
    site.as_(town.officer).post(page, data=RIGHT | {"sure": "1"})
    anyone = site.as_(None)
    told = " ".join(anyone.get(f"/rounds/{delivery.round_id}/delivery").text.split())
    assert "£150 spent of the £2,000 promised" in told
    assert "it said that £1,500 was spent. A nought too many." in told
    fund_id = delivery.project.the_round.fund_id
    town.session.rollback()
    # Came in, promised, mistake, taken back, right.
    assert len(entries_of(town.session, fund_id)) == 5
    ledger = BeautifulSoup(anyone.get(f"/funds/{fund_id}").text, "html5lib")
    links = [
        (row["id"], link["href"])
        for row in ledger.select(".wm-money--ledger tbody tr")
        for link in row.select("a[href^='#line']")
    ]
    assert links == [("line-3", "#line-4"), ("line-4", "#line-3")]
    table = anyone.get(f"/funds/{fund_id}/ledger.csv").data.decode("utf-8-sig")
    rows = [row for row in csv.DictReader(io.StringIO(table, newline="")) if row["entry"] == "4"]
    assert [(row["account"], row["pence"], row["answers"]) for row in rows] == [
        ("spent", "-150000", "3"),
        ("committed", "150000", "3"),
    ]
    assert rows[0]["link"] == (
        f"http://localhost/rounds/{delivery.round_id}/delivery#project-{delivery.project_id}"
    )


def test_the_same_news_sent_twice_is_published_once(
    site: Site, town: Town, delivery: Delivery
) -> None:
    officer = site.as_(town.officer)
    seen = BeautifulSoup(officer.get(at(delivery)).text, "html5lib").select_one("[name=seen]")
    assert seen is not None
    news = {"status": "started", "note": "Dug.", "spent": "10", "seen": str(seen["value"])}
    assert officer.post(at(delivery), data=news).status_code == 303
    again = officer.post(at(delivery), data=news)
    assert (again.status_code, "since you opened this page" in again.text) == (422, True)
    assert spent(town, delivery) == 1_000
    seen = BeautifulSoup(again.text, "html5lib").select_one("[name=seen]")
    assert seen is not None
    assert officer.post(at(delivery), data=news | {"seen": str(seen["value"])}).status_code == 303
    assert spent(town, delivery) == 2_000
