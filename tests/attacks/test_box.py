"""The attacks of `benchmarks/box`, small: a real server in a process of its own, both databases."""

from collections.abc import Iterator

import pytest

from benchmarks.box.bad_papers import send_bad_papers
from benchmarks.box.casts import lose_answers, race, send_one_many_times
from benchmarks.box.closing import close_amid_voting, close_by_the_clock, kill_amid_voting
from benchmarks.box.hall import Hall, open_hall


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)],
)
def hall(request: pytest.FixtureRequest) -> Iterator[Hall]:
    """One server for every test on a database; each opens a vote of its own."""
    on_postgres = request.param == "postgresql"
    server = request.getfixturevalue("postgres_server") if on_postgres else None
    with open_hall(request.param, postgres=server) as hall:
        hall.serve(2 if on_postgres else 1)
        yield hall


def test_one_request_fifty_times_at_once_is_one_ballot_with_one_receipt(hall: Hall) -> None:
    found = send_one_many_times(hall, 2)
    assert (found.faults, dict(found.statuses)) == ([], {200: 100})


def test_fifty_ballots_of_one_voter_at_once_leave_exactly_one_active(hall: Hall) -> None:
    found = race(hall, 3)
    assert (found.faults, dict(found.statuses)) == ([], {200: 150})


def test_a_lost_answer_is_had_again_from_a_new_connection_and_from_another_device(
    hall: Hall,
) -> None:
    found = lose_answers(hall, 5)
    assert (found.faults, dict(found.statuses)) == ([], {200: 10})


def test_what_an_officers_close_catches_in_flight_is_counted_or_refused(hall: Hall) -> None:
    found = close_amid_voting(hall, 1, 120)
    assert found.faults == []
    assert found.accepted + found.refused == 120


def test_what_comes_when_the_time_is_up_is_counted_or_refused(hall: Hall) -> None:
    found = close_by_the_clock(hall, 1, 60)
    assert found.faults == []


def test_bad_papers_of_every_format_are_refused_and_not_stored(hall: Hall) -> None:
    found = send_bad_papers(hall.app, hall.database, hall.town, 150)
    assert found.faults == []
    assert set(found.statuses) <= {413, 422}


@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def test_a_killed_server_has_lost_no_acknowledged_ballot(
    database: str, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue("postgres_server") if database == "postgresql" else None
    with open_hall(database, postgres=server) as hall:
        hall.serve()
        found = kill_amid_voting(hall, 2, 20)
    assert found.faults == []
    assert found.acknowledged <= found.counted <= 40
