"""A round's page as anybody opens it, signed out: projects, figures, debate counts.

Promise: at most 8 queries, whether the round has 10 projects or 200; the page shows the first four
and leads to all. The page that lists all, thirty at a time, takes at most 4 with 10 or 200.
Told are how long 95 of 100 visitors wait when 32 come again and again, and how many bytes travel.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import event

from benchmarks.box.hall import Hall, open_hall
from benchmarks.city.ballots import CONNECTIONS, burst
from benchmarks.hall.figures import Findings, percentile
from neighbourhoods.debate import PointKind, make_point
from neighbourhoods.phases import Phase, Role
from neighbourhoods.projects import projects_in
from tests.servers import running_postgres

PROJECTS = (10, 200)
VISITS = 1_500
MOST_QUERIES = 8
# Of the list of all of them, thirty to a page.
MOST_OF_ALL = 4


def round_page(found: Findings, share: float = 1.0) -> None:
    """The same page with few and with many projects, each discussed."""
    with (
        running_postgres(durable=True) as server,
        open_hall("postgresql", postgres=server) as hall,
    ):
        hall.serve(1)
        for number in PROJECTS:
            path = f"/rounds/{_round_with(hall, number)}"
            queries = _queries_of(hall, path)
            found.tell(f"{number} projects: queries", queries, at_most=MOST_QUERIES)
            listed = _queries_of(hall, f"{path}/proposals")
            found.tell(f"{number} projects, all projects: queries", listed, at_most=MOST_OF_ALL)
            plain = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
            packed = plain[:-2] + b"Accept-Encoding: br, gzip\r\n\r\n"
            with hall.phones(CONNECTIONS) as phones:
                burst(phones, [packed] * CONNECTIONS, [hall.server_pid], server.pid)
                visits = [packed] * max(100, int(VISITS * share))
                turn = burst(phones, visits, [hall.server_pid], server.pid)
                whole, small = len(phones[0].ask(plain).body), len(phones[0].ask(packed).body)
            waits = [wait * 1000 for wait in turn.waits]
            found.tell(f"{number} projects: p95, 32 connections", percentile(waits, 0.95), "ms")
            found.tell(f"{number} projects: pages a second", turn.a_second)
            found.tell(f"{number} projects: processor time of the app", turn.app_ms, "ms")
            found.tell(f"{number} projects: of the database", turn.database_ms, "ms")
            found.tell(f"{number} projects: the page", whole / 1000, "kB")
            found.tell(f"{number} projects: the page as it travels", small / 1000, "kB")


def _round_with(hall: Hall, projects: int) -> int:
    """A vote over so many projects, each with a word for and a word against it."""
    town = hall.town
    the_round = town.round(Phase.DEBATE, proposals=projects)
    for project in projects_in(town.session, the_round.id):
        if project.proposal is None:
            raise AssertionError("a project that nobody proposed")
        for kind in (PointKind.FOR, PointKind.AGAINST):
            make_point(
                town.session, project.proposal, town.resident, Role.RESIDENT, kind, "It counts."
            )
    town.enter(the_round, Phase.VOTE)
    town.session.commit()
    return the_round.id


def _queries_of(hall: Hall, path: str) -> int:
    """How many questions a page asks the database."""
    client = hall.app.test_client()
    client.get(path)  # what a process reads once is no part of a visit
    with _asked(hall) as statements:
        if client.get(path).status_code != 200:
            raise AssertionError(f"{path} cannot be opened")
    return len(statements)


@contextmanager
def _asked(hall: Hall) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        statements.append(statement)

    engine = hall.app.extensions["wardmote"][1].engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
