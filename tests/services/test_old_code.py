"""Servers on the code before must run on the new schema: each migration only adds.

CONTRIBUTING.md says how to write one. What takes something away needs a stop, and stands here by
number with the reason.
"""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Inspector, inspect, text

from app.schema import migrate, revisions
from neighbourhoods.database import Database

# The rule is as old as this migration.
SINCE = "0009"
NEED_A_STOP = {
    "0012": "What was spent is kept in the ledger alone: code before it can neither show delivery "
    "nor report it meanwhile. Voting is not touched.",
    "0013": "A notice is known by its number: corrections of notices lose the column round_id, and "
    "code before it can neither list nor write them meanwhile. Voting is not touched.",
}


class Schema:
    """What code relies on: tables, columns, and what a row may leave out."""

    def __init__(self, found: Inspector) -> None:
        names = set(found.get_table_names()) - {"alembic_version"}
        self.columns: dict[str, dict[str, Any]] = {
            name: {column["name"]: column for column in found.get_columns(name)} for name in names
        }
        self.unique: dict[str, set[tuple[str | None, ...]]] = {
            name: {
                tuple(found.get_pk_constraint(name)["constrained_columns"]),
                *(tuple(one["column_names"]) for one in found.get_unique_constraints(name)),
            }
            for name in names
        }
        self.checks: dict[str, dict[str | None, str]] = {
            name: {one["name"]: one["sqltext"] for one in found.get_check_constraints(name)}
            for name in names
        }


def breaks_in(old: Schema, new: Schema) -> list[str]:
    """What code that knows the old schema could not do on the new one."""
    found = []
    for table, columns in old.columns.items():
        if table not in new.columns:
            found.append(f"{table} is gone")
            continue
        now = new.columns[table]
        for name, column in columns.items():
            if name not in now:
                found.append(f"{table}.{name} is gone")
            elif column["nullable"] and not now[name]["nullable"]:
                found.append(f"{table}.{name} may not be left out any more")
            elif str(column["type"]) != str(now[name]["type"]):
                found.append(f"{table}.{name} is of another type")
        found += [
            f"{table}.{name} must be given, and old code does not know it"
            for name in now.keys() - columns.keys()
            if not now[name]["nullable"] and now[name]["default"] is None
        ]
        if new.unique[table] - old.unique[table]:
            found.append(f"{table} refuses rows that were good before: a new key")
        found += [
            f"{table} has a new or another check {name}"
            for name, words in new.checks[table].items()
            # A check on new columns alone is about nothing that old code writes.
            if old.checks[table].get(name) != words and any(old_one in words for old_one in columns)
        ]
    return found


@pytest.fixture
def steps(tmp_path: Path) -> dict[str, list[str]]:
    """By revision, what it breaks for the code before."""
    found = {}
    database = Database(f"sqlite:///{tmp_path / 'steps.db'}")
    migrate(database, SINCE)
    old = Schema(inspect(database.engine))
    for revision in sorted(name for name in revisions() if name > SINCE):
        migrate(database, revision)
        new = Schema(inspect(database.engine))
        found[revision] = breaks_in(old, new)
        old = new
    database.dispose()
    return found


def test_old_code_runs_on_the_schema_that_each_migration_makes(
    steps: dict[str, list[str]],
) -> None:
    broken = {revision: breaks for revision, breaks in steps.items() if breaks}
    assert {one: breaks for one, breaks in broken.items() if one not in NEED_A_STOP} == {}
    assert NEED_A_STOP.keys() == broken.keys()  # and nobody is stopped for nothing
    assert "0010" in steps


def logs(*more: str, mark: str = "VARCHAR(64)") -> str:
    """The table of front logs, made anew with something more."""
    columns = (f"mark {mark} PRIMARY KEY", "bytes_read BIGINT NOT NULL", *more)
    if not any(column.startswith("read_at") for column in more):
        columns = (*columns[:2], "read_at DATETIME NOT NULL", *columns[2:])
    return f"CREATE TABLE new_logs ({', '.join(columns)})"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("ALTER TABLE letters DROP COLUMN subject", "letters.subject is gone"),
        ("ALTER TABLE letters RENAME COLUMN subject TO about", "letters.subject is gone"),
        ("DROP TABLE turned_away", "turned_away is gone"),
        (logs("host TEXT NOT NULL"), "front_logs.host must be given"),
        (logs("CHECK (bytes_read < 9)"), "front_logs has a new or another check"),
        (logs("read_at DATETIME NOT NULL UNIQUE"), "front_logs refuses rows"),
        (logs(mark="TEXT"), "front_logs.mark is of another type"),
    ],
)
def test_what_breaks_old_code_is_noticed(tmp_path: Path, change: str, words: str) -> None:
    database = Database(f"sqlite:///{tmp_path / 'one.db'}")
    migrate(database, "0010")
    old = Schema(inspect(database.engine))
    with database.engine.begin() as connection:
        connection.execute(text(change))
        if "new_logs" in change:
            connection.execute(text("DROP TABLE front_logs"))
            connection.execute(text("ALTER TABLE new_logs RENAME TO front_logs"))
    found = breaks_in(old, Schema(inspect(database.engine)))
    database.dispose()
    assert any(words in one for one in found), found


def test_what_only_adds_breaks_nothing(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'one.db'}")
    migrate(database, "0010")
    old = Schema(inspect(database.engine))
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE letters ADD COLUMN colour TEXT"))
        connection.execute(text("ALTER TABLE letters ADD COLUMN pages INTEGER DEFAULT 1 NOT NULL"))
        connection.execute(text("CREATE TABLE more (id INTEGER PRIMARY KEY)"))
    assert breaks_in(old, Schema(inspect(database.engine))) == []
    database.dispose()
