"""Batches: drawn by lot, large, shuffled; what waits is as much again."""

import pytest
from sqlalchemy import select, text

from ballots.box import Ballot, Casting, PendingBallot, waiting_in
from ballots.disclosure import DisclosureProfile
from ballots.envelopes import EnvelopeKey, SpoiltEnvelopeError
from ballots.ledger import EntryKind, entries_of, heads
from ballots.merkle import root_of
from ballots.outcome import count_votes
from ballots.receipts import Receipt
from ballots.sealing import Batch, is_batch_due, last_batch, seal_next, sealed_in, turnout
from ballots.tally import publish_next
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.box_reader import choices_in
from tests.builders import Town
from tests.services.test_tally import vote

SMALL = 4
SEALED = DisclosureProfile.SEALED


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ballots.sealing.BATCH", SMALL)


def bodies(town: Town, the_round: Round) -> list[dict[str, object]]:
    entries = entries_of(town.session, the_round.id)
    return [entry.contents for entry in entries if entry.kind == EntryKind.BATCH]


def test_no_batch_is_sealed_unless_as_many_keep_waiting(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=12, profile=SEALED)
    vote(town, the_round, range(1, 2 * SMALL))
    assert not is_batch_due(town.session, the_round)
    assert seal_next(town.session, town.keys, the_round) == 0
    vote(town, the_round, range(2 * SMALL, 2 * SMALL + 1))
    assert is_batch_due(town.session, the_round)
    assert seal_next(town.session, town.keys, the_round) == SMALL
    assert waiting_in(town.session, the_round.id) == SMALL
    assert turnout(town.session, the_round.id) == 2 * SMALL


def test_who_is_sealed_is_drawn_by_lot(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=8, profile=SEALED)
    key, drawn = EnvelopeKey(town.keys, the_round.id), set()
    vote(town, the_round, range(1, 9))
    town.session.commit()
    for _ in range(12):
        seal_next(town.session, town.keys, the_round)
        sealed = set(town.session.scalars(select(Ballot.voter_key)))
        drawn.add(
            frozenset(
                n for n in range(1, 9) if key.sealed_voter(town.voter(the_round, n).id) in sealed
            )
        )
        town.session.rollback()
    assert len(drawn) > 4  # of 70 that are possible, in twelve draws


def test_ballots_that_no_figures_cover_are_not_sealed_in_a_live_vote(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=20, step=3)
    vote(town, the_round, range(1, 11))
    assert not is_batch_due(town.session, the_round)
    publish_next(town.session, town.keys, the_round)
    assert waiting_in(town.session, the_round.id, covered=True) == 6
    vote(town, the_round, range(11, 16))
    publish_next(town.session, town.keys, the_round)
    assert seal_next(town.session, town.keys, the_round) == SMALL
    assert waiting_in(town.session, the_round.id, covered=True) == 12 - SMALL


def test_changed_ballots_are_sealed_together_and_never_among_first_ones(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=24, profile=SEALED)
    vote(town, the_round, range(1, 21))
    while seal_next(town.session, town.keys, the_round):
        pass
    assert sealed_in(town.session, the_round.id) == 16
    vote(town, the_round, range(1, 21), choice=1)
    seal_next(town.session, town.keys, the_round)
    *firsts, changed = bodies(town, the_round)
    assert all(body["replaced"] == [] for body in firsts)
    assert len(str(changed["replaced"]).split(",")) == SMALL
    assert changed["ballots"] == 16
    assert sealed_in(town.session, the_round.id) == 16


def test_of_one_voters_castings_the_last_counts_and_all_are_in_the_ledger(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=9, profile=SEALED)
    for choice in range(3):
        vote(town, the_round, range(1, 2), choice)
    vote(town, the_round, range(2, 4), 3)
    town.enter(the_round, Phase.COUNT)
    (body,) = bodies(town, the_round)
    commitments, replaced = body["commitments"], body["replaced"]
    assert isinstance(commitments, list)
    assert isinstance(replaced, list)
    assert (len(commitments), len(replaced), body["ballots"]) == (5, 2, 3)
    assert body["root"] == root_of(commitments)
    receipts = town.session.scalars(select(Receipt.commitment)).all()
    assert sorted(receipts) == commitments == sorted(commitments)
    ballots = set(town.session.scalars(select(Ballot.commitment)))
    assert ballots == set(commitments) - set(replaced)


@pytest.mark.parametrize(
    ("waiting", "sizes"),
    [(0, []), (1, [1]), (3, [3]), (4, [4]), (7, [7]), (8, [4, 4]), (17, [4, 4, 4, 5])],
)
def test_the_close_seals_all_that_waits_in_batches_that_are_no_smaller(
    town: Town, waiting: int, sizes: list[int]
) -> None:
    the_round = town.round(Phase.VOTE, voters=20, profile=SEALED)
    vote(town, the_round, range(1, waiting + 1))
    town.enter(the_round, Phase.COUNT)
    found = [len(str(body["commitments"]).split(",")) for body in bodies(town, the_round)]
    assert sorted(found) == sizes
    assert town.session.scalars(select(Casting)).all() == []
    assert town.session.scalars(select(PendingBallot)).all() == []
    last = last_batch(town.session, the_round.id)
    assert (last.ballots if last else 0) == waiting == sealed_in(town.session, the_round.id)
    closed = entries_of(town.session, the_round.id)[-1]
    assert closed.kind == EntryKind.CLOSED
    assert closed.contents == {"ballots": waiting, "batches": len(sizes)}
    assert count_votes(town.session, town.keys, the_round).ballots_cast == waiting
    assert [head.round_id for head in heads(town.session)] == [the_round.id]


def test_after_the_close_no_batch_is_due(town: Town) -> None:
    the_round = town.round(Phase.COUNT, profile=SEALED)
    assert not is_batch_due(town.session, the_round)
    assert seal_next(town.session, town.keys, the_round) == 0


def test_a_thousand_ballots_are_closed_in_batches_of_the_size_they_have_in_life(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ballots.sealing.BATCH", 250)
    if town.session.get_bind().dialect.name != "sqlite":
        pytest.skip("the arithmetic is the same on both")
    the_round = town.round(Phase.VOTE, voters=1_000, profile=SEALED)
    vote(town, the_round, range(1, 1_001))
    town.enter(the_round, Phase.COUNT)
    assert [b.ballots for b in town.session.scalars(select(Batch))] == [250, 500, 750, 1_000]


def test_a_sealed_ballot_is_replaced_by_a_later_one_at_the_close(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=8, profile=SEALED)
    vote(town, the_round, range(1, 9))
    seal_next(town.session, town.keys, the_round)
    vote(town, the_round, range(1, 9), choice=1)
    assert turnout(town.session, the_round.id) == 8
    expected = choices_in(town.session, town.keys, the_round.id)
    town.enter(the_round, Phase.COUNT)
    found = sorted(town.session.scalars(select(Ballot.choices)))
    assert found == expected
    assert len(set(found)) == 1


def test_a_spoilt_envelope_stops_the_close_and_loses_nothing(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=8, profile=SEALED)
    vote(town, the_round, range(1, 4))
    casting = town.session.scalars(select(Casting)).first()
    assert casting is not None
    casting.envelope = casting.envelope[:-1] + bytes([casting.envelope[-1] ^ 1])
    town.session.commit()
    with pytest.raises(SpoiltEnvelopeError):
        town.enter(the_round, Phase.COUNT)
    town.session.rollback()
    assert town.session.execute(text("SELECT count(*) FROM castings")).scalar_one() == 3
