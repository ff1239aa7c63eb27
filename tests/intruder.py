"""Somebody with the whole database in their hands, and without the keys: changes one thing."""

# ruff: noqa: S608 - statements are put together from names of tables alone

import random
import string
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

# What binds a row to others, in the order of the primary key.
KEYS = {
    "ledger_entries": ("round_id", "number"),
    "batches": ("round_id", "number"),
    "receipts": ("code",),
    "ballots": ("round_id", "voter_key"),
    "castings": ("round_id", "casting"),
    "pending_ballots": ("round_id", "voter"),
    "snapshots": ("round_id", "version"),
    "outcomes": ("round_id",),
    "public_records": ("round_id",),
    "roll_entries": ("id",),
}
# What nothing is promised of: when figures were read (only their order is), and the hash of the
# code on a voter card, which nobody votes under.
LEFT_ALONE = {("snapshots", "published_at"), ("roll_entries", "code_hash")}
# Before it is said that there is no way.
MOST_TRIES = 50


class Intruder:
    """Changes a byte, deletes a row or adds one, in the tables of one round, by lot."""

    def __init__(
        self, session: Session, round_id: int, tables: tuple[str, ...], *, seed: int
    ) -> None:
        self.session = session
        self.round_id = round_id
        self.tables = tables
        self.dice = random.Random(seed)
        self.touched: set[tuple[str, str]] = set()
        self.on_sqlite = session.get_bind().dialect.name == "sqlite"
        self._turn = 0

    def switch_off_triggers(self) -> None:
        """Take away what the database itself refuses: triggers, foreign keys, checks."""
        if self.on_sqlite:
            names = self.session.scalars(
                text("SELECT name FROM sqlite_master WHERE type='trigger'")
            )
            for name in names.all():
                self.session.execute(text(f'DROP TRIGGER "{name}"'))
        else:
            for table in KEYS:
                self.session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        self.session.commit()
        self.after_rollback()

    def after_rollback(self) -> None:
        """Do again what holds for one transaction only."""
        if self.on_sqlite:
            self.session.connection().exec_driver_sql("PRAGMA defer_foreign_keys=ON")
            self.session.connection().exec_driver_sql("PRAGMA ignore_check_constraints=ON")

    def mutate(self) -> str:
        """Do one thing, and say what."""
        table = self.tables[self._turn % len(self.tables)]
        acts = (self._change_byte, self._delete, self._insert, self._change_byte, self._change_byte)
        act = acts[(self._turn // len(self.tables)) % len(acts)]
        self._turn += 1
        rows = self._rows(table)
        for _ in range(MOST_TRIES):
            try:
                with self.session.begin_nested():
                    return act(table, self.dice.choice(rows))
            except IntegrityError:  # a name that is taken; not even an intruder can double it
                continue
        raise AssertionError(f"the database refuses every {act.__name__} of {table}")

    def _rows(self, table: str) -> list[dict[str, Any]]:
        chosen = "CAST({0} AS TEXT) AS {0}"
        columns = ", ".join(
            column if kind == "bytes" else chosen.format(column)
            for column, kind in self._columns(table).items()
        )
        query = text(f"SELECT {columns} FROM {table} WHERE round_id = :round")
        order = ", ".join(KEYS[table])
        found = self.session.execute(
            text(f"{query.text} ORDER BY {order}"), {"round": self.round_id}
        )
        return [dict(row._mapping) for row in found]

    def _columns(self, table: str) -> dict[str, str]:
        query = (
            f"SELECT name, lower(type) FROM pragma_table_info('{table}')"
            if self.on_sqlite
            else "SELECT column_name, data_type FROM information_schema.columns "
            f"WHERE table_name = '{table}' AND table_schema = 'public' ORDER BY 1"
        )
        found = self.session.execute(text(query)).all()
        return {
            name: "bytes" if kind in ("blob", "bytea") else str(kind)
            for name, kind in sorted((str(name), str(kind)) for name, kind in found)
        }

    def _where(self, table: str) -> str:
        return " AND ".join(f"CAST({key} AS TEXT) = :key_{key}" for key in KEYS[table])

    def _named(self, table: str, row: dict[str, Any]) -> dict[str, Any]:
        return {f"key_{key}": row[key] for key in KEYS[table]}

    def _change_byte(self, table: str, row: dict[str, Any]) -> str:
        self.touched.add((table, "change"))
        kinds = self._columns(table)
        choices = [c for c in row if row[c] not in (None, "", b"") and (table, c) not in LEFT_ALONE]
        column = self.dice.choice(choices)
        old, kind = row[column], kinds[column]
        new = self._changed(old, kind)
        cast = f"CAST(:new AS {kind})" if kind != "bytes" and not self.on_sqlite else ":new"
        if self.on_sqlite and kind in ("integer", "bigint", "boolean"):
            cast = "CAST(:new AS INTEGER)"
        self.session.execute(
            text(f"UPDATE {table} SET {column} = {cast} WHERE {self._where(table)}"),
            {"new": new, **self._named(table, row)},
        )
        return f"{table}.{column} of {self._named(table, row)}: {old!r:.80} -> {new!r:.80}"

    def _changed(self, old: Any, kind: str) -> Any:
        if isinstance(old, bytes | memoryview):
            content = bytearray(old)
            place = self.dice.randrange(len(content))
            content[place] ^= 1 << self.dice.randrange(8)
            return bytes(content)
        if kind == "boolean":
            return {"1": "0", "0": "1", "true": "false", "false": "true"}[old]
        if kind in ("integer", "bigint"):
            return str(int(old) + self.dice.choice((-1, 1, 2, 1_000)))
        place = self._place(old, kind)
        letters = (
            string.digits if old[place].isdigit() else string.ascii_letters + string.punctuation
        )
        if "time" in kind:
            letters = string.digits
        if self._only_json(kind):
            letters = "123456789" if old[place].isdigit() else string.ascii_letters
        letter = self.dice.choice([each for each in letters if each != old[place]])
        return old[:place] + letter + old[place + 1 :]

    def _place(self, old: str, kind: str) -> int:
        places = range(len(old))
        if "time" in kind:  # a second's unit is one in any month
            return 18
        if self._only_json(kind):
            return self.dice.choice([p for p in places if old[p].isalnum() and _is_free(old, p)])
        return self.dice.choice(places)

    def _only_json(self, kind: str) -> bool:
        """PostgreSQL keeps no other text in such a column, whoever writes it."""
        return kind == "json" and not self.on_sqlite

    def _delete(self, table: str, row: dict[str, Any]) -> str:
        self.touched.add((table, "delete"))
        self.session.execute(
            text(f"DELETE FROM {table} WHERE {self._where(table)}"), self._named(table, row)
        )
        return f"{table}: {self._named(table, row)} deleted"

    def _insert(self, table: str, row: dict[str, Any]) -> str:
        """Add a row like another, under names and numbers of its own."""
        self.touched.add((table, "insert"))
        kinds = self._columns(table)
        new = dict(row)
        own = {"casting", "hash", "commitment", "code_hash", "email", "reference"}
        for key in {*KEYS[table], *own} & {*row}:
            if key == "round_id" or row[key] is None:
                continue
            if kinds[key] in ("integer", "bigint"):
                highest = self.session.scalar(text(f"SELECT max({key}) FROM {table}"))
                new[key] = str(int(str(highest)) + 1)
            else:
                new[key] = "".join(
                    self.dice.choice("0123456789abcdef") for _ in range(len(row[key]))
                )
        if KEYS[table] == ("round_id",):  # there can be no second: take its place
            forged = {"digest", "ballots_cast"} & {*row}
            new = row | {column: self._changed(row[column], kinds[column]) for column in forged}
            self._delete(table, row)
        values = ", ".join(
            f"CAST(:{c} AS {kinds[c]})"
            if kinds[c] != "bytes" and not self.on_sqlite
            else (f"CAST(:{c} AS INTEGER)" if kinds[c] in ("integer", "boolean") else f":{c}")
            for c in new
        )
        self.session.execute(text(f"INSERT INTO {table} ({', '.join(new)}) VALUES ({values})"), new)
        return f"{table}: {self._named(table, new)} added"


def _is_free(old: str, place: int) -> bool:
    """Whether JSON stays JSON with another letter or digit here: within a word or a number."""
    before = old[:place]
    if before.count('"') % 2:
        return old[place - 1] != "\\" and "\\u" not in old[max(0, place - 6) : place]
    return old[place].isdigit()
