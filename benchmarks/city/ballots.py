"""What a ballot costs a city: the real endpoint, PostgreSQL that waits for its disk, one process.

Promise: the processor time of app and database together is at most an eighth of what a Django peer
took for a vote on such a machine (23 ms). Beside it, in turns of the same run, a bare Flask view
that sends as many statements with SQLAlchemy Core. 32 phones on connections that stay open, each
voter with a session of their own, send the next ballot as soon as they are answered.
"""

import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import monotonic, process_time

from sqlalchemy import event

from ballots.casting import fill_in, put_in
from ballots.voting_rules import paper_for, rules_of
from benchmarks.box.hall import Hall, Vote, open_hall
from benchmarks.box.phones import Answer, Phone, form_post, keep_sending, page_get
from benchmarks.hall.figures import Findings, family_seconds, percentile
from neighbourhoods.rounds import Round
from tests.servers import (
    Server,
    end_process,
    free_port,
    fresh_database,
    running_postgres,
    start_process,
    temporary_folder,
    wait_until,
)

ROOT = Path(__file__).parents[2]
CONNECTIONS = 32
TURNS = 5
IN_A_TURN = 1_500
DJANGO_MS = 23.0
MOST_MS = DJANGO_MS / 8
# What `benchmarks.casting` promises, here with the way through the network.
MOST_TIMES_BARE = 2.5


@dataclass(frozen=True)
class Turn:
    """What a burst of requests took: of the clock, and of each one's processor time."""

    requests: int
    seconds: float
    app: float
    database: float
    phones: float
    waits: list[float]

    @property
    def app_ms(self) -> float:
        """Milliseconds of the app's processor time for each request."""
        return self.app * 1000 / self.requests

    @property
    def database_ms(self) -> float:
        """Milliseconds of the database's processor time for each request."""
        return self.database * 1000 / self.requests

    @property
    def a_second(self) -> float:
        """Requests in a second."""
        return self.requests / self.seconds


def ballots(found: Findings, share: float = 1.0) -> None:
    """Turns of ours and of the bare view's, one after the other; the medians."""
    in_a_turn = max(100, int(IN_A_TURN * share))
    with (
        running_postgres(durable=True) as server,
        open_hall("postgresql", postgres=server) as hall,
    ):
        hall.serve(1)
        vote = hall.open_vote((TURNS + 1) * in_a_turn + 1)
        statements = statements_for_one(hall, vote)
        show_the_paper(hall, vote)
        with bare_server(server, statements) as (port, pid):
            ours, bare = [], []
            for turn in range(TURNS + 1):
                some = vote.voters[1 + turn * in_a_turn : 1 + (turn + 1) * in_a_turn]
                requests = [vote.ballot(each, "once", vote.choices(each.number)) for each in some]
                with hall.phones(CONNECTIONS) as phones:
                    mine = burst(phones, requests, [hall.server_pid], server.pid)
                with phones_of(port) as phones:
                    theirs = burst(phones, bare_requests(in_a_turn), [pid], server.pid)
                if turn:  # the first is for warming up
                    ours.append(mine)
                    bare.append(theirs)
    app, database = median(t.app_ms for t in ours), median(t.database_ms for t in ours)
    bare_ms = median(t.app_ms + t.database_ms for t in bare)
    waits = [wait * 1000 for turn in ours for wait in turn.waits]
    found.tell("ballots a second, one process, 32 connections", median(t.a_second for t in ours))
    found.tell("the bare view, requests a second", median(t.a_second for t in bare))
    found.tell("from sending to the receipt, p95", percentile(waits, 0.95), "ms")
    found.tell("processor time of the app for a ballot", app, "ms")
    found.tell("processor time of PostgreSQL for a ballot", database, "ms")
    found.tell("both, an eighth of a Django peer's", app + database, "ms", at_most=MOST_MS)
    found.tell("statements that a ballot takes which comes alone", statements)
    found.tell("the bare view with as many statements, both", bare_ms, "ms")
    found.tell("ours to bare", (app + database) / bare_ms, "×", at_most=MOST_TIMES_BARE)


def statements_for_one(hall: Hall, vote: Vote) -> int:
    """How many statements one ballot takes that comes alone; nothing of it is kept."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    with hall.database.writing() as session:
        the_round = session.get_one(Round, vote.round_id)
        rules = rules_of(session, the_round.id)
        if rules is None:
            raise AssertionError("a vote without rules")
        paper, voter = paper_for(session, the_round, rules), vote.voters[0]
        envelope = fill_in(
            hall.keys, paper, the_round.id, voter.entry_id, vote.choices(1), request_id="alone"
        )
        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", note)
        put_in(session, the_round.id, [envelope])
        event.remove(engine, "before_cursor_execute", note)
        session.rollback()
    return len(sent)


def show_the_paper(hall: Hall, vote: Vote) -> None:
    """Open the booth once at every server, as everybody does before they vote."""
    with hall.phones(hall.servers) as phones:
        for phone in phones:
            answer = phone.ask(page_get(vote.path, vote.voters[0].cookie))
            if answer.status != 200:
                raise AssertionError(f"the booth answered {answer.status}")


def burst(phones: list[Phone], requests: list[bytes], apps: list[int], database: int) -> Turn:
    """Send all of these and note what it took; every one of them must be answered 200."""
    answers: list[Answer] = []
    used, stored = sum(map(family_seconds, apps)), family_seconds(database)
    ours, began = process_time(), monotonic()
    keep_sending(phones, requests, lambda _number, answer: answers.append(answer))
    seconds, ours = monotonic() - began, process_time() - ours
    used = sum(map(family_seconds, apps)) - used
    stored = family_seconds(database) - stored
    wrong = {answer.status for answer in answers if answer.status != 200}
    if wrong or len(answers) != len(requests):
        raise AssertionError(f"{len(answers)} of {len(requests)} answered, some with {wrong}")
    waits = [answer.answered_at - answer.sent_at for answer in answers]
    return Turn(len(requests), seconds, used, stored, ours, waits)


def bare_requests(number: int) -> list[bytes]:
    """Forms with rows as large as ours."""
    return [
        form_post(
            "/",
            "",
            {
                "round": "1",
                "casting": secrets.token_hex(32),
                "voter": secrets.token_hex(32),
                "envelope": secrets.token_hex(263),
            },
        )
        for _ in range(number)
    ]


@contextmanager
def phones_of(port: int, number: int = CONNECTIONS) -> Iterator[list[Phone]]:
    """The phones of one burst, at one server."""
    phones = [Phone(port) for _ in range(number)]
    try:
        yield phones
    finally:
        for phone in phones:
            phone.hang_up()


@contextmanager
def bare_server(server: Server, statements: int) -> Iterator[tuple[int, int]]:
    """The bare view in a process of its own: its port and its number."""
    with temporary_folder("bare") as folder:
        port, url = free_port(), fresh_database(server)
        with (folder / "log").open("ab") as log:
            command: list[str | Path] = [sys.executable, "-m", "benchmarks.city.bare"]
            command += [str(port), url, str(statements)]
            process = start_process(command, log=log, cwd=ROOT)
        try:
            wait_until(lambda: _listens(port), process, folder / "log")
            yield port, process.pid
        finally:
            end_process(process)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
