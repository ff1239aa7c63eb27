"""A batch is sealed between two looks of somebody who reads: nothing may seem to be missing."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from ballots import sealing
from ballots.casting import cast_ballot, fill_in, put_in
from ballots.disclosure import DisclosureProfile
from ballots.keys import KeyStore
from ballots.sealing import seal_next, turnout
from ballots.tally import cover_next
from ballots.voting_rules import paper_for, rules_of
from ballots.whereabouts import find_receipt, receipt_of
from neighbourhoods.database import Database
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.box_reader import choices_in
from tests.builders import Town

VOTERS = 4
Reader = Callable[[Session, KeyStore, int, int, str], object]


def read_turnout(session: Session, keys: KeyStore, round_id: int, entry: int, code: str) -> object:
    return turnout(session, round_id) == VOTERS


def read_own_receipt(
    session: Session, keys: KeyStore, round_id: int, entry: int, code: str
) -> object:
    found = receipt_of(session, keys, round_id, session.get_one(RollEntry, entry))
    return found is not None and found.code == code


def find_the_code(session: Session, keys: KeyStore, round_id: int, entry: int, code: str) -> object:
    found = find_receipt(session, keys, code)
    return found is not None and not found.is_replaced


@contextmanager
def after_question(session: Session, number: int, act: Callable[[], None]) -> Iterator[None]:
    """Do something once, right after the reader's so-manieth question was answered."""
    asked = [0]

    def count(*_about: Any) -> None:
        asked[0] += 1
        if asked[0] == number:
            act()

    connection = session.connection()
    event.listen(connection, "after_cursor_execute", count)
    yield
    event.remove(connection, "after_cursor_execute", count)


@pytest.mark.parametrize("number", range(1, 6))
@pytest.mark.parametrize("read", [read_turnout, read_own_receipt, find_the_code])
def test_what_is_sealed_between_two_looks_is_not_missed(
    read: Reader,
    number: int,
    town: Town,
    database: Database,
    keys: KeyStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if database.is_sqlite:
        pytest.skip("whoever reads on SQLite sees one moment")
    monkeypatch.setattr(sealing, "BATCH", VOTERS // 2)
    the_round = town.round(Phase.VOTE, profile=DisclosureProfile.OPEN)
    chosen = [projects_in(town.session, the_round.id)[0].code]
    entries = [town.voter(the_round, n) for n in range(1, VOTERS + 1)]
    codes = [
        cast_ballot(town.session, keys, the_round, entry, chosen, request_id="a").code
        for entry in entries
    ]
    cover_next(town.session, the_round)
    town.session.commit()

    def seal() -> None:
        with database.writing() as clerk:
            # Half is drawn by lot, and the lot must not decide this test.
            monkeypatch.setattr(
                secrets.SystemRandom, "sample", lambda _dice, waiting, _size: waiting
            )
            assert seal_next(clerk, keys, clerk.get_one(Round, the_round.id))
            clerk.commit()

    entry_id, round_id = entries[0].id, the_round.id
    with database.reading() as session, after_question(session, number, seal):
        assert read(session, keys, round_id, entry_id, codes[0])


def test_a_late_retry_behind_a_newer_ballot_in_one_batch_changes_nothing(
    town: Town, keys: KeyStore
) -> None:
    the_round = town.round(Phase.VOTE)
    rules = rules_of(town.session, the_round.id)
    assert rules is not None
    paper, voter = paper_for(town.session, the_round, rules), town.voter(the_round, 1)
    first, second = (project.id for project in paper.projects[:2])
    old, again = (
        fill_in(keys, paper, voter.round_id, voter.id, [first], request_id="old") for _ in range(2)
    )
    new = fill_in(keys, paper, voter.round_id, voter.id, [second], request_id="new")
    answers = put_in(town.session, the_round.id, [old, new, again])
    assert choices_in(town.session, keys, the_round.id) == [f'["{second}"]']
    assert [answer.is_retry for answer in answers if not isinstance(answer, Exception)] == [
        False,
        False,
        True,
    ]
