"""The queue before the box: whatever goes wrong for one, nobody waits for ever."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from app import casting
from app.casting import BoxQueue
from ballots.casting import fill_in
from ballots.envelopes import Envelope
from ballots.keys import KeyStore
from ballots.papers import BallotPaper
from ballots.sealing import turnout
from ballots.voting_rules import paper_for, rules_of
from neighbourhoods.database import Database
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.builders import Town


class TornAwayError(BaseException):
    """What ends a green thread in the middle of its work."""


class Unsteady:
    """A database whose next writers fail, one for each error."""

    def __init__(self, database: Database, *errors: BaseException) -> None:
        self.database, self.errors = database, list(errors)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        if self.errors:
            raise self.errors.pop(0)
        with self.database.writing() as session:
            yield session


def lost() -> OperationalError:
    return OperationalError("COMMIT", {}, Exception("server closed the connection"))


def wrong() -> IntegrityError:
    return IntegrityError("INSERT", {}, Exception("violates"))


@pytest.fixture
def vote(town: Town, session: Session) -> Round:
    the_round = town.round(Phase.VOTE)
    session.commit()
    return the_round


@pytest.fixture
def envelopes(town: Town, vote: Round, keys: KeyStore) -> list[Envelope]:
    rules = rules_of(town.session, vote.id)
    assert rules is not None
    paper: BallotPaper = paper_for(town.session, vote, rules)
    chosen, voters = [paper.projects[0].id], [town.voter(vote, n) for n in range(1, 6)]
    filled = [
        fill_in(keys, paper, voter.round_id, voter.id, chosen, request_id="a") for voter in voters
    ]
    town.session.rollback()  # what is stored from here on must be seen
    return filled


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(casting, "SECONDS_BEFORE_TRYING_AGAIN", (0, 0))


def queue_on(database: Any, waiting: list[Envelope] = []) -> BoxQueue:  # noqa: B006 - only read
    """A queue in which some envelopes wait already, whose owners are not looking yet."""
    queue = BoxQueue(database)
    queue._queue.extend(casting._Waiting(envelope) for envelope in waiting)
    return queue


def test_a_connection_lost_once_costs_nobody_their_ballot(
    app: Flask, database: Database, envelopes: list[Envelope], vote: Round, session: Session
) -> None:
    queue = queue_on(Unsteady(database, lost()), envelopes[1:])
    assert queue.put_in(envelopes[0]).promise == envelopes[0].promise
    assert turnout(session, vote.id) == 5


def test_what_fails_for_one_is_stored_for_the_others(
    app: Flask, database: Database, envelopes: list[Envelope], vote: Round, session: Session
) -> None:
    # Together it fails, then for the first alone.
    queue = queue_on(Unsteady(database, wrong(), wrong()), envelopes[1:])
    queue.put_in(envelopes[0])
    assert turnout(session, vote.id) == 4


def test_a_database_that_stays_away_is_told_to_everybody_and_then_forgotten(
    app: Flask, database: Database, envelopes: list[Envelope], vote: Round, session: Session
) -> None:
    queue = queue_on(Unsteady(database, *(lost() for _ in range(4))))
    with pytest.raises(OperationalError):
        queue.put_in(envelopes[0])
    queue.put_in(envelopes[0])
    assert turnout(session, vote.id) == 1


def test_whoever_is_torn_away_at_the_box_leaves_the_others_to_the_next(
    app: Flask, database: Database, envelopes: list[Envelope], vote: Round, session: Session
) -> None:
    queue = queue_on(Unsteady(database, TornAwayError()), envelopes[1:4])
    with pytest.raises(TornAwayError):
        queue.put_in(envelopes[0])
    with ThreadPoolExecutor(1) as pool:
        stored = pool.submit(queue.put_in, envelopes[4]).result(timeout=10)
    assert stored.promise == envelopes[4].promise
    assert turnout(session, vote.id) == 4
