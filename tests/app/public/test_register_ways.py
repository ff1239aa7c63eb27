"""The register’s ways out, page, feed, table and JSON: they say the same, also of very many."""

import csv
import html
import io
import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import event

from ballots.notices import DecisionNotice, notice_of
from neighbourhoods.database import Database
from neighbourhoods.rounds import Round
from tests.app.public.builders import approve, counted_round, signed_round
from tests.app.public.test_notices import declined_round
from tests.app.public.test_register import ATOM, rows, shown
from tests.builders import Clock, Town
from tests.council import Site

# --- all of them say the same ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?year=2026",
        "?year=2027",
        "?ward=millbrook",
        "?ward=hillfields",
        "?q=brigade",
        "?q=brigade&year=2027",
        "?councillor=1&ward=nowhere",
    ],
)
def test_page_feed_table_and_json_hold_the_same_decisions(
    site: Site, town: Town, clock: Clock, query: str
) -> None:
    """Three decisions of two wards in two years: every way out gives the same, in one order."""
    signed_round(town)
    declined_round(town)
    clock.moves(days=60)
    the_round = counted_round(town, [1], community=town.other_ward)
    approve(town, the_round, town.other_councillor)
    client = site.as_(None)
    page = shown(site, query)
    written = client.get(f"/decisions/register.csv{query}").data.decode("utf-8-sig")
    table = list(csv.DictReader(io.StringIO(written, newline="")))
    listed = client.get(f"/decisions/register.json{query}").json or []
    feed = ET.fromstring(client.get(f"/decisions/register.atom{query}").data)  # noqa: S314
    here = "http://localhost"
    assert [one["address"] for one in listed] == [here + one for one in page]
    assert list(dict.fromkeys(row["address"] for row in table)) == [here + one for one in page]
    assert [one.findtext(f"{ATOM}id") for one in feed.findall(f"{ATOM}entry")] == [
        here + one for one in page
    ]
    # And in each: the same projects, decided alike, for the same money, under one fingerprint.
    signed = [
        (one["notice_sha256"], each["title"], str(each["pence"]), each["decided"])
        for one in listed
        for each in one["notice"]["decision"]
    ]
    assert [
        (row["notice_sha256"], row["project"], row["pence"], row["council_decided"])
        for row in table
    ] == signed
    for address in page:
        found = html.unescape(client.get(address).text)
        for row in (row for row in table if row["address"] == here + address):
            assert row["project"] in found
            assert f"£{int(row['pence']) // 100:,}" in found
            assert row["why"] in found
            assert row["decided_by"] in found
            assert row["notice_sha256"] in found


# --- many -----------------------------------------------------------------------------------------


def copy_notice(town: Town, first: DecisionNotice, places: range) -> None:
    """Copies of a published notice, each of a round of its own."""
    one = first.the_round
    rounds = [
        Round(
            fund=one.fund,
            title=one.title,
            purpose=one.purpose,
            promise=one.promise,
            budget_pence=1,
            phase=one.phase,
        )
        for _ in places
    ]
    town.session.add_all(rounds)
    town.session.flush()
    for place, the_round in zip(places, rounds, strict=True):
        number = f"2026/{place}"
        town.session.add(
            DecisionNotice(
                round_id=the_round.id,
                number=number,
                document=json.dumps(first.contents | {"number": number}),
                digest=first.digest,
                signature=first.signature,
                words=first.words,
                published_at=first.published_at,
                call_in_until=first.call_in_until,
            )
        )
    town.session.commit()


def test_five_hundred_decisions_are_shown_twenty_at_a_time_to_the_last(
    site: Site, town: Town
) -> None:
    first = notice_of(town.session, signed_round(town).id)
    assert first is not None
    copy_notice(town, first, range(2, 501))
    client = site.as_(None)
    seen: list[str] = []
    for page in range(1, 26):
        found = shown(site, f"?page={page}")
        assert len(found) == 20
        seen += found
    assert len(set(seen)) == 500
    newest, oldest = (client.get(f"/decisions/register?page={page}").text for page in (1, 25))
    assert "500 decisions" in newest
    assert "page 1 of 25" in newest
    assert "Newer decisions" not in newest
    assert "page 25 of 25" in oldest
    assert "Older decisions" not in oldest
    assert len({row["address"] for row in rows(site)}) == 500
    assert len(client.get("/decisions/register.json").json or []) == 500
    # A feed tells of what is new.
    assert client.get("/decisions/register.atom").data.count(b"<entry>") == 50


def test_a_page_of_the_register_asks_the_database_no_more_for_more_decisions(
    site: Site, town: Town, database: Database
) -> None:
    first = notice_of(town.session, signed_round(town).id)
    assert first is not None
    client, asked = site.as_(None), []
    for places in (range(2, 3), range(3, 21)):
        copy_notice(town, first, places)
        statements: list[str] = []

        def note(*told: Any, into: list[str] = statements) -> None:
            into.append(told[2])

        event.listen(database.engine, "before_cursor_execute", note)
        client.get("/decisions/register")
        event.remove(database.engine, "before_cursor_execute", note)
        asked.append(len(statements))
    assert asked[0] == asked[1]
