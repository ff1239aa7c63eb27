"""The public register of decisions: search, filters, pages, feed, table, JSON, six years."""

import csv
import io
import json
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from ballots.notices import correct_notice, notice_of
from ballots.register import Wanted, find_notices, kept_until
from tests.app.public.builders import approve, counted_round, signed_round
from tests.app.public.test_notices import HOSTILE, LONG, declined_round
from tests.builders import Clock, Town
from tests.council import Site

ATOM = "{http://www.w3.org/2005/Atom}"


def shown(site: Site, query: str = "") -> list[str]:
    """The addresses of the notices that the register shows, in order."""
    page = site.as_(None).get(f"/decisions/register{query}").text
    main = page[page.index("<main") : page.index("</main>")]
    return [part.split('"')[0] for part in main.split('href="')[1:] if part.startswith("/notices/")]


def rows(site: Site) -> list[dict[str, str]]:
    answer = site.as_(None).get("/decisions/register.csv")
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def test_without_a_decision_the_register_says_so(site: Site, town: Town) -> None:
    page = site.as_(None).get("/decisions/register").text
    assert "Nothing has been decided yet" in page
    assert ET.fromstring(site.as_(None).get("/decisions/register.atom").data) is not None  # noqa: S314
    assert rows(site) == []


def test_the_newest_decision_comes_first(site: Site, town: Town, clock: Clock) -> None:
    signed_round(town)
    clock.moves(days=1)
    signed_round(town)
    assert shown(site) == ["/notices/2026/2", "/notices/2026/1"]


def test_notices_are_found_by_ward_year_and_who_signed(
    site: Site, town: Town, clock: Clock
) -> None:
    signed_round(town)
    clock.moves(days=60)
    approve(town, counted_round(town), town.second_councillor)
    first, second = "/notices/2026/1", "/notices/2027/1"
    assert shown(site, "?ward=millbrook") == [second, first]
    assert shown(site, "?ward=hillfields") == []
    assert shown(site, "?ward=nowhere") == []
    assert shown(site, "?year=2026") == [first]
    assert shown(site, "?year=2027&ward=millbrook") == [second]
    assert shown(site, f"?councillor={town.councillor.id}") == [first]
    assert shown(site, f"?councillor={town.second_councillor.id}") == [second]
    assert shown(site, f"?councillor={town.other_councillor.id}") == []


@pytest.mark.parametrize(
    "query", ["?page=9&year=99999", "?year=x&page=-1", "?councillor=99999999999"]
)
def test_odd_addresses_are_answered_with_a_page(site: Site, town: Town, query: str) -> None:
    signed_round(town)
    assert site.as_(None).get(f"/decisions/register{query}").status_code == 200


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("fire brigade", True),
        ("BRIGADE fire", True),
        ("fire engine", False),
        ("ŚWIĘTOSŁAWA", True),
        ("%", False),
        ("_", False),
        ("alternatives", False),
    ],
)
def test_words_are_searched_whatever_their_case_and_never_as_a_pattern(
    site: Site, town: Town, words: str, found: bool
) -> None:
    town.councillor.name = "Świętosława Żółć"
    declined_round(town, LONG)
    answer = site.as_(None).get("/decisions/register", query_string={"q": words})
    assert ('href="/notices/2026/1"' in answer.text) is found


def test_a_long_register_has_pages_that_keep_the_filters(
    site: Site, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.public.register.A_PAGE", 1)
    signed_round(town)
    signed_round(town)
    assert shown(site, "?ward=millbrook") == ["/notices/2026/2"]
    assert shown(site, "?ward=millbrook&page=2") == ["/notices/2026/1"]
    page = site.as_(None).get("/decisions/register?ward=millbrook").text
    assert "page 1 of 2" in page
    assert "page=2&amp;ward=millbrook" in page or "ward=millbrook&amp;page=2" in page


def test_a_notice_is_listed_for_six_years_and_not_a_day_longer(
    site: Site, town: Town, clock: Clock
) -> None:
    the_round = signed_round(town)
    published_at = clock()
    clock.moment = datetime(2032, 11, 23, 11, 59, tzinfo=UTC)
    assert shown(site) == ["/notices/2026/1"]
    clock.moment = kept_until(published_at)
    assert shown(site) == []
    assert rows(site) == []
    assert find_notices(town.session, Wanted()) == []
    # Its address, the record and the ledger stay.
    assert site.as_(None).get("/notices/2026/1").status_code == 200
    assert notice_of(town.session, the_round.id) is not None


def test_six_years_from_a_leap_day_end_on_the_first_of_march() -> None:
    assert kept_until(datetime(2028, 2, 29, 9, tzinfo=UTC)) == datetime(2034, 3, 1, 9, tzinfo=UTC)


# --- feed, table, JSON ----------------------------------------------------------------------------


def test_the_feed_tells_each_decision_and_is_renewed_by_a_correction(
    site: Site, town: Town, clock: Clock
) -> None:
    the_round = declined_round(town, HOSTILE + "\x0c\ufffe")
    client = site.as_(None)
    feed = ET.fromstring(client.get("/decisions/register.atom").data)  # noqa: S314
    (entry,) = feed.findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}id") == "http://localhost/notices/2026/1"
    summary = entry.find(f"{ATOM}summary")
    assert summary is not None
    assert summary.get("type") == "text"
    assert list(summary) == []
    assert HOSTILE in (summary.text or "")
    assert entry.findtext(f"{ATOM}updated") == clock().isoformat()
    clock.moves(days=3)
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    correct_notice(town.session, town.keys, notice, town.officer, "Read “bench”.")
    town.session.commit()
    answer = client.get("/decisions/register.atom")
    assert answer.mimetype == "application/atom+xml"
    again = ET.fromstring(answer.data)  # noqa: S314
    assert again.findtext(f"{ATOM}updated") == clock().isoformat()
    assert again.findtext(f"{ATOM}entry/{ATOM}published") != clock().isoformat()


def test_the_feed_has_the_same_filters(site: Site, town: Town) -> None:
    signed_round(town)
    feed = ET.fromstring(site.as_(None).get("/decisions/register.atom?ward=hillfields").data)  # noqa: S314
    assert feed.findall(f"{ATOM}entry") == []


def test_the_table_has_a_line_for_each_project_and_no_formula(site: Site, town: Town) -> None:
    town.councillor.name = '=HYPERLINK("http://evil.example")'
    declined_round(town, "@SUM(1+1)*cmd|' /C calc'!A0 and more than fifty characters in all")
    found = rows(site)
    assert [(row["project"], row["council_decided"], row["pounds"]) for row in found] == [
        ("Bench 1", "carried", "2000.00"),
        ("Bench 4", "declined", "8000.00"),
    ]
    assert {row["decided_by"] for row in found} == {'\'=HYPERLINK("http://evil.example")'}
    assert {row["residents_chose"] for row in found} == {"yes"}
    for row in found:
        for cell in row.values():
            assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_the_json_carries_what_was_signed_and_what_followed(site: Site, town: Town) -> None:
    the_round = signed_round(town)
    client = site.as_(None)
    (found,) = client.get("/decisions/register.json").json or []
    assert found["notice"] == client.get("/notices/2026/1.json").json
    proof = json.loads(client.get("/notices/2026/1/proof.json").data)
    assert (found["notice_sha256"], found["signature"]) == (
        proof["notice_sha256"],
        proof["signature"],
    )
    assert found["notice"]["round"] == the_round.id
    assert found["lodge_by"] == "2026-12-23"
    assert found["called_in_at"] is None
