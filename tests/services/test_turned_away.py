"""Tries that were turned away, as they are kept: on both databases."""

from sqlalchemy.orm import Session

from ballots.turned_away import (
    Tries,
    TurnedAway,
    When,
    add_tries,
    bytes_read_of,
    hour_of,
    tries_since,
    tries_turned_away,
)
from neighbourhoods.phases import Phase
from tests.builders import Clock, Town


def test_tries_of_the_same_hour_and_reason_are_added_up(
    town: Town, session: Session, clock: Clock
) -> None:
    the_round = town.round(Phase.VOTE)
    fault = When(the_round.id, hour_of(clock()), TurnedAway.FAULT)
    assert add_tries(session, {fault: 3}) == 3
    assert add_tries(session, {fault: 4, fault._replace(round_id=the_round.id + 1): 9}) == 4
    (row,) = session.query(Tries).all()
    assert (row.count, row.hour) == (7, hour_of(clock()))
    assert tries_since(session, clock()) == 7
    clock.moves(hours=1)
    assert tries_since(session, clock()) == 0


def test_a_log_of_the_front_is_begun_once(session: Session, clock: Clock) -> None:
    bytes_read_of(session, "a" * 64, clock()).bytes_read = 2**33
    session.flush()
    assert bytes_read_of(session, "a" * 64, clock()).bytes_read == 2**33
    assert bytes_read_of(session, "b" * 64, clock()).bytes_read == 0


def test_what_server_and_front_both_saw_counts_once(
    town: Town, session: Session, clock: Clock
) -> None:
    the_round = town.round(Phase.VOTE)
    hour = hour_of(clock())
    add_tries(
        session,
        {
            When(the_round.id, hour, TurnedAway.FAULT): 3,
            When(the_round.id, hour, TurnedAway.FRONT_FAULT): 5,
            When(the_round.id, hour, TurnedAway.TOO_MANY_TRIES): 2,
        },
    )
    assert tries_turned_away(session, the_round) == {
        TurnedAway.FAULT: 5,
        TurnedAway.TOO_MANY_TRIES: 2,
    }


def test_only_tries_while_the_vote_was_open_count(
    town: Town, session: Session, clock: Clock
) -> None:
    the_round = town.round(Phase.DEBATE)
    for name in ("before", "during", "after"):
        if name == "during":
            town.enter(the_round, Phase.VOTE)
        if name == "after":
            town.enter(the_round, Phase.COUNT)
            clock.moves(hours=2)
        count = {"before": 100, "during": 7, "after": 1000}[name]
        add_tries(session, {When(the_round.id, hour_of(clock()), TurnedAway.FAULT): count})
        clock.moves(hours=2)
        session.refresh(the_round, ["moves"])
    assert tries_turned_away(session, the_round) == {TurnedAway.FAULT: 7}
