"""Somebody with copies of the whole database, and who saw everybody come, but without the keys.

They try every table, column, hidden column and order that a database keeps, to go from a person
to the ballot that the person cast.
"""

# ruff: noqa: S608 - statements are put together from names of tables alone

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from sqlalchemy import Connection, inspect, text

from neighbourhoods.database import Database

Row: TypeAlias = dict[str, Any]
# Of everybody, by the order in which they came, the name of the ballot that is taken for theirs.
Guess: TypeAlias = dict[int, str]
HIDDEN = ("ctid", "xmin", "xmax", "cmin", "cmax", "tableoid")


@dataclass(frozen=True)
class Dump:
    """A copy of a database: rows in the order in which they lie there, and the bytes on disk."""

    tables: Mapping[str, list[Row]]
    files: Mapping[str, bytes]

    @property
    def ballots(self) -> dict[str, Row]:
        """Sealed ballots by the names they lie under."""
        return {row["voter_key"]: row for row in self.tables["ballots"]}


@dataclass
class Seen:
    """What the burglar saw at the door: who came when, again or for the first time.

    `pending_name` is more than they saw: the order of a waiting table would tell it.
    """

    comings: list[int] = field(default_factory=list)
    pending_name: dict[int, str] = field(default_factory=dict)
    known_of: dict[int, list[Any]] = field(default_factory=dict)

    @property
    def by_first(self) -> list[int]:
        """People in the order in which they first came."""
        return list(dict.fromkeys(self.comings))

    @property
    def by_last(self) -> list[int]:
        """People in the order in which they last came."""
        return list(dict.fromkeys(reversed(self.comings)))[::-1]


def dump(database: Database) -> Dump:
    """Copy everything, hidden columns too."""
    with database.engine.connect() as connection:
        on_sqlite = database.is_sqlite
        tables = {}
        for table in inspect(connection).get_table_names():
            hidden = "" if on_sqlite else ", ".join(f"{h}::text AS {h}" for h in HIDDEN) + ", "
            found = connection.execute(text(f'SELECT {hidden}* FROM "{table}"'))
            tables[table] = [dict(row._mapping) for row in found]
        files = _sqlite_files(database) if on_sqlite else _postgres_files(connection)
    return Dump(tables, files)


def _sqlite_files(database: Database) -> dict[str, bytes]:
    path = Path(str(database.url.database))
    found = [path.with_name(path.name + ending) for ending in ("", "-wal", "-shm", "-journal")]
    return {each.name: each.read_bytes() for each in found if each.exists()}


def _postgres_files(connection: Connection) -> dict[str, bytes]:
    """Heaps and indices as they lie on disk, and what is kept of the write-ahead log."""
    connection.execute(text("CHECKPOINT"))
    heaps = (
        "SELECT relname, pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i', 'S') "
        "UNION ALL SELECT reltoastrelid::regclass::text, "
        "pg_read_binary_file(pg_relation_filepath(reltoastrelid)) FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND reltoastrelid <> 0"
    )
    logs = (
        "SELECT name, pg_read_binary_file('pg_wal/' || name) FROM pg_ls_waldir() "
        "WHERE name ~ '^[0-9A-F]{24}$'"
    )
    found = [*connection.execute(text(heaps)), *connection.execute(text(logs))]
    return {str(name): bytes(content) for name, content in found}


def strategies(seen: Seen, dumps: Mapping[str, Dump]) -> Iterator[tuple[str, Guess]]:
    """Everything that the burglar can think of, by name."""
    last = list(dumps.values())[-1]
    for when, copy in dumps.items():
        for order, ballots in _orders(copy, last):
            yield from _ranked(f"{when}: {order}", seen, ballots, _groups(seen, dumps))
        yield from _equal_values(when, seen, copy, last)
        yield from _as_often(when, seen, copy, last)
    yield from _changed(seen, dumps)


def _orders(copy: Dump, last: Dump) -> Iterator[tuple[str, list[str]]]:
    """Orders in which ballots stand somewhere: by each column, in each file, in the ledger."""
    lasting = {row["commitment"]: name for name, row in last.ballots.items()}
    for table in ("ballots", "receipts"):
        rows = [row for row in copy.tables[table] if row["commitment"] in lasting]
        named = [(lasting[row["commitment"]], row) for row in rows]
        yield f"{table} as they lie", [name for name, _ in named]
        for column in rows[0] if rows else ():
            ranked = sorted(named, key=lambda pair: _sortable(pair[1][column]))
            yield f"{table} by {column}", [name for name, _ in ranked]
    for name, content in copy.files.items():
        for first in (True, False):
            find = content.find if first else content.rfind
            places = [(find(committed.encode()), key) for committed, key in lasting.items()]
            found = [key for place, key in sorted(places) if place >= 0]
            if len(found) > 1:
                yield f"{name} by {'first' if first else 'last'} place", found
    entries = "".join(row["body"] for row in copy.tables["ledger_entries"])
    places = [(entries.find(committed), key) for committed, key in lasting.items()]
    yield "ledger", [key for place, key in sorted(places) if place >= 0]


def _sortable(value: Any) -> tuple[int, Any]:
    if isinstance(value, str) and value.startswith("("):  # a ctid: page and place
        return 0, tuple(int(part) for part in value.strip("()").split(","))
    if isinstance(value, str) and value.isdecimal():
        return 1, int(value)
    return 2, value if isinstance(value, str | int | float) else str(value)


def _groups(seen: Seen, dumps: Mapping[str, Dump]) -> dict[int, int]:
    """By when each person's ballot had left the pending box: in which copy it waits no more."""
    groups: dict[int, int] = dict.fromkeys(seen.pending_name, 0)
    for copy in dumps.values():
        waiting = {row["voter"] for row in copy.tables["pending_ballots"]}
        for person, name in seen.pending_name.items():
            groups[person] += name in waiting
    return groups


def _ranked(
    how: str, seen: Seen, ballots: Sequence[str], groups: Mapping[int, int]
) -> Iterator[tuple[str, Guess]]:
    """The n-th ballot is the n-th person's, over all and among those sealed at one time."""
    for came, people in (("first", seen.by_first), ("last", seen.by_last)):
        for turned, order in (("up", list(ballots)), ("down", list(ballots)[::-1])):
            yield f"{how}, {came}, {turned}", dict(zip(people, order, strict=False))
        for group in set(groups.values()):
            members = [person for person in people if groups[person] == group]
            yield f"{how}, {came}, group", dict(zip(members, ballots, strict=False))
            yield f"{how}, {came}, end", dict(zip(members[::-1], ballots[::-1], strict=False))


def _equal_values(when: str, seen: Seen, copy: Dump, last: Dump) -> Iterator[tuple[str, Guess]]:
    """A value that hangs on a person, found again beside one single ballot."""
    lasting = {row["commitment"]: name for name, row in last.ballots.items()}
    where: dict[Any, set[str]] = defaultdict(set)
    for table in ("ballots", "receipts"):
        for row in copy.tables[table]:
            name = lasting.get(row["commitment"])
            for column, value in row.items():
                if name and column not in HIDDEN and column not in ("round_id", "batch"):
                    where[str(value)].add(name)
    guess: Guess = {}
    for person, values in _values_of(seen, copy).items():
        for value in values:
            found = where.get(str(value), set())
            if len(found) == 1:
                guess[person] = next(iter(found))
    yield f"{when}: equal values", guess


def _values_of(seen: Seen, copy: Dump) -> dict[int, set[Any]]:
    """All that stands in a person's row of the roll, and in what waits for them."""
    found = {person: set(values) for person, values in seen.known_of.items()}
    owner = {name: person for person, name in seen.pending_name.items()}
    for table in ("pending_ballots", "castings"):
        for row in copy.tables[table]:
            person = owner[row["voter"]]
            for column in ("voter", "casting", "seal", "envelope"):
                value = row.get(column)
                found[person].add(bytes(value).hex() if isinstance(value, bytes) else value)
    return found


def _as_often(when: str, seen: Seen, copy: Dump, last: Dump) -> Iterator[tuple[str, Guess]]:
    """Whoever came as often as no other has the only ballot with as many receipts."""
    comings = Counter(seen.comings)
    lasting = {row["commitment"]: name for name, row in last.ballots.items()}
    for column in (copy.tables["receipts"] or [{}])[0]:
        groups: dict[Any, list[str]] = defaultdict(list)
        for row in copy.tables["receipts"]:
            groups[str(row[column])].append(row["commitment"])
        sized: dict[int, list[str]] = defaultdict(list)
        for commitments in groups.values():
            ballots = [lasting[each] for each in commitments if each in lasting]
            if len(ballots) == 1:
                sized[len(commitments)].append(ballots[0])
        people: dict[int, list[int]] = defaultdict(list)
        for person, times in comings.items():
            people[times].append(person)
        guess = {
            person: ballot
            for times, ballots in sized.items()
            for person, ballot in zip(people[times], ballots, strict=False)
        }
        yield f"{when}: as many receipts with the same {column}", guess
    sizes = {
        owner: max(
            (len(row["envelope"]) for row in copy.tables["castings"] if row["voter"] == name),
            default=0,
        )
        for owner, name in seen.pending_name.items()
    }
    people_by_size = sorted(sizes, key=lambda person: sizes[person])
    by_size = sorted(last.ballots, key=lambda name: len(last.ballots[name]["choices"]))
    if any(sizes.values()) and len(set(sizes.values())) > 1:
        yield f"{when}: by size", dict(zip(people_by_size, by_size, strict=False))


def _changed(seen: Seen, dumps: Mapping[str, Dump]) -> Iterator[tuple[str, Guess]]:
    """Ballots that differ between two copies are those of people who came again between them."""
    copies = list(dumps.items())
    for number, (earlier, before) in enumerate(copies):
        for later, after in copies[number + 1 :]:
            changed = [
                name
                for name, row in after.ballots.items()
                if name in before.ballots
                and row["commitment"] != before.ballots[name]["commitment"]
            ]
            waiting = {row["voter"] for row in before.tables["pending_ballots"]}
            marked = {
                row["voter"] for row in before.tables["pending_ballots"] if not row["first_time"]
            }
            again = [person for person, times in Counter(seen.comings).items() if times > 1]
            for who, people in (
                ("came again", again),
                ("changed a sealed one", [p for p in again if seen.pending_name[p] in marked]),
                ("waited no more", [p for p in again if seen.pending_name[p] not in waiting]),
            ):
                guess = dict(zip(people, changed, strict=False))
                yield f"{earlier} to {later}: {who}", guess


def links(guess: Guess, truth: Mapping[int, str]) -> int:
    """How many people's ballots were found."""
    return sum(truth.get(person) == ballot for person, ballot in guess.items())


def scores(seen: Seen, dumps: Mapping[str, Dump], truth: Mapping[int, str]) -> dict[str, int]:
    """What each strategy found."""
    found: dict[str, int] = {}
    for name, guess in strategies(seen, dumps):
        found[name] = max(found.get(name, 0), links(guess, truth))
    return found
