"""Who falls silent in the middle of a transaction holds nobody up for long."""

import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from neighbourhoods.database import Database, hold_round, take_time


def test_a_silent_writer_lets_go_of_a_round(database: Database) -> None:
    database.end_idle_writers(0.5)
    if database.is_sqlite:
        return  # one process: who hangs there hangs with everything
    with database.writing() as silent:
        hold_round(silent, 1, alone=True)
        began = time.monotonic()
        with database.writing() as other:
            other.execute(text("SET LOCAL lock_timeout = '10s'"))
            hold_round(other, 1, alone=True)
        assert time.monotonic() - began < 8
        with pytest.raises(DBAPIError):
            silent.execute(text("SELECT 1"))


def test_who_works_on_something_large_takes_the_time_it_needs(database: Database) -> None:
    database.end_idle_writers(0.5)
    with database.writing() as large:
        take_time(large, 60)
        time.sleep(1.0)
        assert large.execute(text("SELECT 1")).scalar_one() == 1
        large.rollback()
    if not database.is_sqlite:
        with database.writing() as next_one:
            allowed = text("SHOW idle_in_transaction_session_timeout")
            assert next_one.execute(allowed).scalar_one() == "500ms"
