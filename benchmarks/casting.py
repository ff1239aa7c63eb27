"""What casting costs the server's processor, beside the least that Flask and SQLAlchemy can do.

Promise (docs/verification.md): CPU per ballot at most 2.5 times that of a bare Flask view which
inserts the same two rows with SQLAlchemy Core and commits, in the same run; and at most 1.2 times
as much with 1,000,000 ballots in the round as with 1,000. There is no network: requests are
handed to the WSGI application by as many threads as phones wait at a time. Each figure is the
median of several turns, ours and the peer's in alternation.

Run: python -m benchmarks.casting [--million]
"""

import argparse
import io
import secrets
import statistics
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import process_time
from typing import Any
from urllib.parse import urlencode

from flask import Flask, request, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import insert, text

from app.factory import create_app
from app.schema import migrate
from app.settings import settings_from
from ballots.box import Casting, PendingBallot
from ballots.ledger import EntryKind, append
from ballots.moves import take_forward
from ballots.sealing import Batch
from neighbourhoods.database import Database
from neighbourhoods.eligibility import RollRow, replace_roll
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from tests.builders import CODE_KEY, Town
from tests.servers import fresh_database, running_postgres

TURNS = 7
BALLOTS = 400
WAITING = 32
FEW, MANY = 1_000, 1_000_000
MOST_TIMES_THE_PEER = 2.5
MOST_TIMES_WITH_A_MILLION = 1.2

Environ = dict[str, Any]


class Council:
    """The app with one open round, and voters with their cards already shown."""

    def __init__(self, url: str, folder: Path, voters: int) -> None:
        """Open a vote by approval for so many people."""
        environ = {
            "WARDMOTE_ENVIRONMENT": "testing",
            "WARDMOTE_SECRET_KEY": "a secret for the benchmark, 32 long",
            "WARDMOTE_DATABASE_URL": url,
            "WARDMOTE_VAR": str(folder),
            "ASYNC_MODE": "threading",
            "WARDMOTE_PUBLIC_URL": "http://localhost",
        }
        self.app = create_app(settings_from(environ))
        self.database: Database = self.app.extensions["wardmote"][1]
        self.keys = self.app.extensions["wardmote"][2]
        migrate(self.database)
        with self.database.writing() as writing:
            self.round_id, self.codes = self._open(Town(writing, self.keys), voters)
            writing.commit()
        with self.database.reading() as reading:
            rows = reading.execute(
                text("SELECT id FROM roll_entries WHERE round_id = :round ORDER BY id"),
                {"round": self.round_id},
            )
            self.entries = iter([row[0] for row in rows])

    def _open(self, town: Town, voters: int) -> tuple[int, list[str]]:
        the_round = town.round(Phase.DEBATE, proposals=12, voters=0)
        rows = [RollRow(f"R{n}", f"Voter {n}", "ZZ1 1AA", None) for n in range(voters)]
        replace_roll(town.session, CODE_KEY, the_round, rows)
        take_forward(town.session, self.keys, the_round, Phase.VOTE, town.officer, "to measure")
        return the_round.id, [p.code for p in projects_in(town.session, the_round.id)]

    def requests(self, number: int) -> list[Environ]:
        """A ballot each of so many people who have not voted yet, as their phones send it."""
        signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        made = []
        for _ in range(number):
            with self.app.test_request_context():
                session["voter"] = {str(self.round_id): next(self.entries)}
                token = generate_csrf()
                cookie = signer.dumps(dict(session))
            form = [("project", code) for code in secrets.SystemRandom().sample(self.codes, 3)]
            form += [
                ("csrf_token", token),
                ("request_id", secrets.token_urlsafe(16)),
                ("client_nonce", secrets.token_hex(16)),
            ]
            path = f"/rounds/{self.round_id}/ballot"
            made.append(environ_of(path, urlencode(form), f"wardmote={cookie}"))
        return made


def environ_of(path: str, body: str, cookie: str = "") -> Environ:
    """A form sent by the booth's script, as a WSGI server hands it on."""
    sent = body.encode()
    return {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_ACCEPT": "application/json",
        "HTTP_COOKIE": cookie,
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(sent)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(sent),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def peer(database: Database) -> Flask:
    """The least: a form comes in, two rows are inserted, one commit."""
    bare = Flask("bare")

    @bare.post("/")
    def cast() -> dict[str, str]:
        round_id, casting = int(request.form["round"]), request.form["casting"]
        with database.writing() as writing:
            writing.execute(
                insert(Casting.__table__),  # type: ignore[arg-type]
                {
                    "round_id": round_id,
                    "casting": casting,
                    "voter": request.form["voter"],
                    "envelope": request.form["envelope"].encode(),
                },
            )
            writing.execute(
                insert(PendingBallot.__table__),  # type: ignore[arg-type]
                {
                    "round_id": round_id,
                    "voter": request.form["voter"],
                    "casting": casting,
                    "castings": 1,
                    "seal": casting,
                    "first_time": True,
                    "covered": False,
                },
            )
            writing.commit()
        return {"stored": casting}

    return bare


def peer_requests(round_id: int, number: int) -> list[Environ]:
    """Rows as large as ours, for the bare view."""
    return [
        environ_of(
            "/",
            urlencode(
                {
                    "round": round_id,
                    "casting": secrets.token_hex(32),
                    "voter": secrets.token_hex(32),
                    "envelope": secrets.token_hex(526),
                }
            ),
        )
        for _ in range(number)
    ]


def cpu_ms(app: Callable[..., Any], requests: list[Environ]) -> float:
    """Milliseconds of this process's CPU for each request, so many waiting at a time."""

    def send(environ: Environ) -> str:
        answered: list[str] = []
        body = app(environ, lambda status, _headers, _error=None: answered.append(status))
        list(body)
        if hasattr(body, "close"):
            body.close()
        return answered[0]

    with ThreadPoolExecutor(WAITING) as phones:
        started = process_time()
        statuses = list(phones.map(send, requests))
        spent = process_time() - started
    wrong = {status for status in statuses if not status.startswith("200")}
    if wrong:
        raise AssertionError(f"refused: {wrong}")
    return spent * 1000 / len(requests)


def compare(council: Council) -> tuple[float, float]:
    """The medians, ours and the peer's."""
    bare = peer(council.database)
    ours, theirs = [], []
    for turn in range(TURNS + 1):
        mine = cpu_ms(council.app, council.requests(BALLOTS))
        other = cpu_ms(bare, peer_requests(council.round_id, BALLOTS))
        with council.database.writing() as writing:  # the peer's rows belong to nobody
            writing.execute(text("DELETE FROM pending_ballots"))
            writing.execute(text("DELETE FROM castings"))
            writing.commit()
        if turn:  # the first is for warming up
            ours.append(mine)
            theirs.append(other)
    return statistics.median(ours), statistics.median(theirs)


def fill(council: Council, ballots: int) -> None:
    """Seal so many ballots of other people without casting them, in the database's own words."""
    on_sqlite = council.database.is_sqlite
    key = "lower(hex(randomblob(32)))" if on_sqlite else "md5(random()::text) || md5(n::text)"
    code = "substr(hex(randomblob(8)), 1, 16)" if on_sqlite else "substr(md5(n::text), 1, 16)"
    numbers = (
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers "
        "WHERE n < :ballots) "
    )
    nonce = f"'{'0' * 32}'"
    rows = {
        "roll_entries (round_id, reference, name, code_hash)": f":round, 'S' || n, 'X', {key}",
        "receipts (code, round_id, voter, commitment, batch)": f"{code}, :round, {key}, {key}, 1",
        "ballots (round_id, voter_key, commitment, client_nonce, server_nonce, choices)": (
            f":round, {key}, {key}, '', {nonce}, '[]'"
        ),
    }
    with council.database.writing() as writing:
        body = {"ballots": ballots}
        entry = append(writing, council.keys, council.round_id, EntryKind.BATCH, body)
        writing.add(Batch(round_id=council.round_id, number=1, entry=entry.number, ballots=ballots))
        writing.flush()
        for table, values in rows.items():
            insert_all = f"INSERT INTO {table} {numbers} SELECT {values} FROM numbers"  # noqa: S608
            writing.execute(text(insert_all), {"ballots": ballots, "round": council.round_id})
        writing.commit()
    if not on_sqlite:
        with council.database.engine.connect() as connection:
            connection.execute(text("ANALYZE"))


def growth(few_url: str, many_url: str, folder: Path) -> tuple[float, float]:
    """The medians of what casting costs with few and with many ballots, turn by turn."""
    few = Council(few_url, folder / "few", (TURNS + 1) * BALLOTS)
    many = Council(many_url, folder / "many", (TURNS + 1) * BALLOTS)
    fill(few, FEW)
    fill(many, MANY)
    costs = [
        (cpu_ms(few.app, few.requests(BALLOTS)), cpu_ms(many.app, many.requests(BALLOTS)))
        for _ in range(TURNS + 1)
    ][1:]
    few.database.dispose()
    many.database.dispose()
    return statistics.median(one for one, _ in costs), statistics.median(two for _, two in costs)


@contextmanager
def databases(folder: Path, number: int = 1) -> Iterator[list[tuple[str, list[str]]]]:
    """So many fresh SQLite files, and fresh databases on a PostgreSQL of our own."""
    with running_postgres() as server:
        yield [
            ("SQLite", [f"sqlite:///{folder / f'casting-{n}.db'}" for n in range(number)]),
            ("PostgreSQL", [fresh_database(server) for _ in range(number)]),
        ]


def tell_growth() -> None:
    """Print what casting costs in a small round and in a city's."""
    print(f"{'database':12} {'with 1,000':>11} {'1,000,000':>11} {'ratio':>6}   at most")
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder), 2) as both:
        for name, (few_url, many_url) in both:
            few, many = growth(few_url, many_url, Path(folder) / name)
            most = MOST_TIMES_WITH_A_MILLION
            print(f"{name:12} {few:11.3f} {many:11.3f} {many / few:6.2f}   {most}", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--million", action="store_true", help="also fill a round (minutes)")
    chosen = parser.parse_args()
    if chosen.million:
        tell_growth()
        return
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder)) as both:
        print(f"{'database':12} {'ours ms':>8} {'bare ms':>8} {'ratio':>6}   at most")
        for name, (url,) in both:
            council = Council(url, Path(folder) / name, (TURNS + 1) * BALLOTS)
            ours, theirs = compare(council)
            council.database.dispose()
            print(
                f"{name:12} {ours:8.3f} {theirs:8.3f} {ours / theirs:6.2f}   {MOST_TIMES_THE_PEER}"
            )


if __name__ == "__main__":
    main()
