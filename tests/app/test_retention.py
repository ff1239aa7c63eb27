"""Every table of the schema says what it holds about people; the page and the data map say so too.

docs/data-map.md is made of the retention table:
`WRITE_DATA_MAP=1 .venv/bin/pytest tests/app/test_retention.py`, then read the difference.
"""

import os
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from limits import parse_many
from sqlalchemy import Column

from app.privacy.clearings import clearings
from app.privacy.data_map import data_map
from app.privacy.kept import Basis, Then, days_in_words
from app.privacy.retention import retention
from app.schema import metadata
from neighbourhoods.people import Person
from tests.council import Site

ROOT = Path(__file__).parents[2]
MAP = ROOT / "docs" / "data-map.md"
LIMITS = re.compile(r'"([0-9]+ per [^"]+)"')
# Columns with such names say something about somebody wherever they stand.
TELLING = {"email", "to_email", "postcode_of", "person_id"}


def leads_to_a_person(column: Column[object]) -> bool:
    return any(key.column is Person.__table__.c.id for key in column.foreign_keys)


def test_every_table_of_the_schema_stands_in_the_retention_table_once() -> None:
    found = Counter(table for row in retention() for table in row.tables)
    assert set(found) == set(metadata().tables)
    assert [table for table, times in found.items() if times > 1] == []


def test_every_column_that_leads_to_a_person_is_named() -> None:
    named = {column for row in retention() for column in row.personal}
    leading = {
        f"{table.name}.{column.name}"
        for table in metadata().tables.values()
        for column in table.columns
        if leads_to_a_person(column) or column.name in TELLING
    }
    assert leading - named == set()


def test_every_column_that_is_named_is_there_and_in_a_table_of_its_row() -> None:
    tables = metadata().tables
    for row in retention():
        for column in row.personal:
            table, _, name = column.partition(".")
            assert table in row.tables, column
            assert name in tables[table].columns, column


def test_whatever_names_nobody_needs_no_basis_and_whatever_names_somebody_has_one() -> None:
    for row in retention():
        assert (row.basis is Basis.NONE) == (not row.personal), row.tables


def test_a_purge_clears_just_what_the_table_says_and_in_that_way() -> None:
    promised = {
        table: (row.period, row.then) for row in retention() if row.period for table in row.tables
    }
    cleared = {
        one.table: (one.period, Then.BLANKED if one.blank else Then.DELETED) for one in clearings()
    }
    assert cleared == promised


def test_a_row_with_a_period_says_where_its_days_stand(app: Flask) -> None:
    with app.test_request_context():
        for row in retention():
            assert ("%(time)s" in str(row.until)) == (row.period is not None), row.tables


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (1, "1 day"),
        (28, "28 days"),
        (94, "94 days"),
        (92, "3 months"),
        (183, "6 months"),
        (365, "1 year"),
        (730, "2 years"),
        (2_192, "6 years"),
        (400, "400 days"),
    ],
)
def test_periods_are_said_as_people_say_them(app: Flask, days: int, words: str) -> None:
    with app.test_request_context():
        assert days_in_words(days) == words


def test_the_data_map_is_what_the_program_does(app: Flask) -> None:
    with app.test_request_context():
        written = data_map()
    if os.environ.get("WRITE_DATA_MAP"):
        MAP.write_text(written)
    assert MAP.read_text() == written


def test_the_page_tells_every_row_and_the_days_of_this_council(site: Site) -> None:
    page = site.as_(None).get("/privacy/how-long").text
    with site.app.test_request_context():
        for row in retention():
            assert str(row.about).split("’")[0] in page
    assert "6 months after delivery began" in page


def test_the_page_and_the_data_map_name_the_counters_of_tries_where_they_lie_and_for_how_long(
    site: Site,
) -> None:
    for told in (site.as_(None).get("/privacy/how-long").text, MAP.read_text()):
        (line,) = [line for line in told.splitlines() if "codes were asked for or tried" in line]
        assert "marks of e-mail addresses, accounts and visitors’ addresses" in line
        assert "a day at most; in Redis, which may write them to its disk, or in the memory" in line


def test_no_counter_of_tries_outlives_the_day_that_the_page_promises() -> None:
    written = "".join(file.read_text() for file in (ROOT / "app").rglob("*.py"))
    limits = [one for words in LIMITS.findall(written) for one in parse_many(words)]
    assert len(limits) > 10
    assert max(limit.get_expiry() for limit in limits) <= timedelta(days=1).total_seconds()


def test_the_privacy_notice_leads_to_how_long_things_are_kept(site: Site) -> None:
    assert 'href="/privacy/how-long"' in site.as_(None).get("/privacy").text
