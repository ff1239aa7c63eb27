"""A hall full of voters, and the real server that they vote at, in a process of its own."""

import os
import secrets
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from urllib.error import URLError

from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import func, select

from app.factory import create_app
from app.residents.voter import CODES
from app.schema import migrate
from app.settings import Settings, settings_from
from ballots.box import Casting
from ballots.disclosure import DisclosureProfile
from ballots.envelopes import EnvelopeKey
from ballots.keys import KeyFolder
from ballots.ledger import EntryKind, entries_of
from ballots.moves import take_forward
from ballots.receipts import receipt_code
from benchmarks.box.phones import Phone, form_post
from neighbourhoods.database import Database, now
from neighbourhoods.eligibility import RollEntry, RollRow, replace_roll, voter_code
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round, set_timetable
from tests.builders import Town
from tests.servers import (
    Server,
    drop_database,
    end_process,
    free_port,
    fresh_database,
    running_postgres,
    start_process,
    temporary_folder,
    wait_until,
)

ROOT = Path(__file__).parents[2]
DATABASES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Voter:
    """One voter's browser: a session of their own, and the token that goes with it."""

    number: int
    entry_id: int
    cookie: str
    token: str


@dataclass
class Vote:
    """An open vote, and everybody who may vote in it."""

    round_id: int
    codes: list[str]
    voters: list[Voter]

    @property
    def path(self) -> str:
        """Where ballots are sent."""
        return f"/rounds/{self.round_id}/ballot"

    def choices(self, number: int) -> list[str]:
        """One of the ways to fill in the paper."""
        chosen = [code for place, code in enumerate(self.codes) if (number % 14 + 1) >> place & 1]
        return chosen[:3]

    def ballot(self, voter: Voter, request_id: str, choices: list[str]) -> bytes:
        """A ballot as this voter's phone sends it."""
        fields: dict[str, str | list[str]] = {
            "csrf_token": voter.token,
            "request_id": request_id,
            "client_nonce": "ab" * 16,
            "project": choices,
        }
        return form_post(self.path, voter.cookie, fields)


@dataclass
class Hall:
    """A council's database and the servers on it."""

    environ: dict[str, str]
    folder: Path
    app: Flask = field(init=False)
    settings: Settings = field(init=False)
    database: Database = field(init=False)
    keys: KeyFolder = field(init=False)
    town: Town = field(init=False)
    _desk: ExitStack = field(default_factory=ExitStack)
    _servers: list[tuple[int, subprocess.Popen[bytes]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the schema and the people of the council."""
        self.settings = settings_from(self.environ | {"ASYNC_MODE": "threading"})
        self.app = create_app(self.settings)
        self.database = Database(self.settings.database_url)
        self.keys = KeyFolder(self.settings.key_folder)
        migrate(self.database)
        # The office's own session for all that is prepared; nothing is held between commits.
        desk = self._desk.enter_context(Database(self.settings.database_url).writing())
        self.town = Town(desk, self.keys)
        desk.commit()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database, which has one server."""
        return self.database.is_sqlite

    # --- servers -----------------------------------------------------------------------------

    def serve(self, servers: int = 1) -> None:
        """Start servers, each a process of its own, and wait until they answer."""
        started = [self._start() for _ in range(servers)]
        for port, process in started:
            log = self.folder / f"log-{port}"
            wait_until(lambda port=port: _answers(port), process, log, within=90)  # type: ignore[misc]
        self._servers += started

    def _start(self, port: int | None = None) -> tuple[int, subprocess.Popen[bytes]]:
        port = port or free_port()
        environ = os.environ | self.environ | {"PORT": str(port)}
        with (self.folder / f"log-{port}").open("ab") as log:
            command: list[str | Path] = [sys.executable, ROOT / "wsgi.py"]
            return port, start_process(command, log=log, env=environ, cwd=ROOT)

    @property
    def port(self) -> int:
        """Where the first server listens."""
        return self._servers[0][0]

    @property
    def server_pid(self) -> int:
        """The process of the first server."""
        return self._servers[0][1].pid

    @property
    def servers(self) -> int:
        """How many servers run."""
        return len(self._servers)

    @property
    def server_pids(self) -> list[int]:
        """The processes of all servers."""
        return [process.pid for _, process in self._servers]

    @property
    def ports(self) -> list[int]:
        """Where all servers listen."""
        return [port for port, _ in self._servers]

    def serve_again(self, port: int) -> None:
        """Start a server where the killed one listened, and do not wait for it."""
        self._servers.append(self._start(port))

    def kill(self) -> None:
        """End the servers without a warning, as a power cut does."""
        for _, process in self._servers:
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        self._servers.clear()

    def close(self) -> None:
        """End the servers and let go of the database."""
        for _, process in self._servers:
            end_process(process)
        self._servers.clear()
        self._desk.close()
        self.database.dispose()

    @contextmanager
    def phones(self, number: int) -> Iterator[list[Phone]]:
        """So many phones, shared out among the servers; they hang up in the end."""
        phones = [Phone(port) for port, _ in islice(cycle(self._servers), number)]
        try:
            yield phones
        finally:
            for phone in phones:
                phone.hang_up()

    @property
    def logs(self) -> str:
        """What the servers have printed."""
        files = sorted(self.folder.glob("log-*"))
        return "".join(file.read_text(errors="replace") for file in files)

    # --- votes -------------------------------------------------------------------------------

    def open_vote(
        self,
        voters: int,
        *,
        closes_in: float | None = None,
        profile: DisclosureProfile = DisclosureProfile.LIVE,
    ) -> Vote:
        """A round in the vote, with sessions for all of its voters."""
        session = self.town.session
        the_round = self.town.round(Phase.DEBATE, profile=profile, step=20)
        rows = [RollRow(f"R{n}", f"Voter {n}", None, None) for n in range(voters)]
        replace_roll(session, self.settings.key_for(CODES), the_round, rows)
        if closes_in is not None:
            closes_at = now(session) + timedelta(seconds=closes_in)
            set_timetable(session, the_round, {Phase.COUNT: closes_at})
        self.town.enter(the_round, Phase.VOTE)
        codes = [project.code for project in projects_in(session, the_round.id)]
        entries = session.scalars(
            select(RollEntry.id).where(RollEntry.round_id == the_round.id).order_by(RollEntry.id)
        ).all()
        session.commit()
        people = [self._voter(the_round.id, n, entry) for n, entry in enumerate(entries)]
        return Vote(the_round.id, codes, people)

    def vote_again(self, round_id: int, voters: list[Voter]) -> Vote:
        """The open vote of a round, for people with sessions already."""
        with self.database.reading() as session:
            codes = [project.code for project in projects_in(session, round_id)]
        return Vote(round_id, codes, voters)

    def _voter(self, round_id: int, number: int, entry_id: int) -> Voter:
        """Somebody who has shown their voter card."""
        return Voter(number, entry_id, *self.browser_of(voter={str(round_id): entry_id}))

    def browser_of(self, **known: object) -> tuple[str, str]:
        """A cookie as the server would have written it of somebody, and the token that goes with
        it in a form."""
        raw = secrets.token_hex(20)
        written = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        cookie = written.dumps({**known, "csrf_token": raw})
        token = URLSafeTimedSerializer(self.settings.secret_key, salt="wtf-csrf-token").dumps(raw)
        return f"wardmote={cookie}", str(token)

    def card_of(self, vote: Vote, voter: Voter) -> str:
        """The address on a voter's card."""
        key = self.settings.key_for(CODES)
        return f"/v/{voter_code(key, vote.round_id, f'R{voter.number}')}"

    def close_vote(self, vote: Vote) -> None:
        """An officer closes the vote: in this process, which is not the server's."""
        with self.database.writing() as session:
            the_round = session.get_one(Round, vote.round_id)
            officer = session.get_one(Person, self.town.officer.id)
            take_forward(session, self.keys, the_round, Phase.COUNT, officer, "The time is up.")
            session.commit()

    def phase(self, vote: Vote) -> Phase:
        """Where the round stands."""
        with self.database.reading() as session:
            return session.get_one(Round, vote.round_id).phase

    # --- what lies in the box ----------------------------------------------------------------

    def castings_of(self, vote: Vote, voter: Voter) -> int:
        """How many casts of a voter wait in the box."""
        name = EnvelopeKey(self.keys, vote.round_id).voter(voter.entry_id)
        query = select(func.count()).where(Casting.round_id == vote.round_id, Casting.voter == name)
        with self.database.reading() as session:
            return int(session.execute(query).scalar_one())

    def in_ledger(self, vote: Vote) -> list[str]:
        """The receipt codes of all casts in the ledger, each as often as it stands there."""
        with self.database.reading() as session:
            batches = [
                entry.contents
                for entry in entries_of(session, vote.round_id)
                if entry.kind == EntryKind.BATCH
            ]
        return [receipt_code(each) for batch in batches for each in batch["commitments"]]


def _answers(port: int) -> bool:
    with suppress(URLError, OSError):
        address = f"http://127.0.0.1:{port}/health/live"
        with urllib.request.urlopen(address, timeout=2) as answer:
            return bool(answer.status == 200)
    return False


@contextmanager
def open_hall(
    database: str,
    *,
    async_mode: str = "eventlet",
    postgres: Server | None = None,
    more: dict[str, str] | None = None,
) -> Iterator[Hall]:
    """A hall on an empty database of one kind; PostgreSQL is started unless it is given."""
    with temporary_folder("hall") as folder:
        environ = {
            "WARDMOTE_VAR": str(folder / "var"),
            "WARDMOTE_ENVIRONMENT": "development",
            "WARDMOTE_SECRET_KEY": secrets.token_hex(32),
            "WARDMOTE_REDIS_URL": "",
            "WARDMOTE_DATABASE_URL": f"sqlite:///{folder / 'var' / 'wardmote.db'}",
            "HOST": "127.0.0.1",
            "ASYNC_MODE": async_mode,
            **(more or {}),
        }
        (folder / "var").mkdir()
        if database == "sqlite":
            with _hall(environ, folder) as hall:
                yield hall
        elif postgres is not None:
            with _on_postgres(postgres, environ, folder) as hall:
                yield hall
        else:
            with running_postgres() as server, _on_postgres(server, environ, folder) as hall:
                yield hall


@contextmanager
def _on_postgres(server: Server, environ: dict[str, str], folder: Path) -> Iterator[Hall]:
    url = fresh_database(server)
    try:
        with _hall(environ | {"WARDMOTE_DATABASE_URL": url}, folder) as hall:
            yield hall
    finally:
        drop_database(server, url)


@contextmanager
def _hall(environ: dict[str, str], folder: Path) -> Iterator[Hall]:
    hall = Hall(environ, folder)
    try:
        yield hall
    finally:
        hall.close()
