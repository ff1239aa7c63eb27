"""Where the ballot of a receipt lies, from the moment it is cast until the key is destroyed."""

from dataclasses import asdict

import pytest

from ballots.casting import cast_ballot
from ballots.disclosure import DisclosureProfile
from ballots.merkle import root_proved
from ballots.receipts import Promise
from ballots.sealing import seal_next
from ballots.whereabouts import Whereabouts, find_receipt, receipt_of
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.builders import Town
from tests.services.test_tally import vote


@pytest.fixture
def the_round(town: Town, monkeypatch: pytest.MonkeyPatch) -> Round:
    monkeypatch.setattr("ballots.sealing.BATCH", 3)
    return town.round(Phase.VOTE, voters=9, profile=DisclosureProfile.SEALED)


def cast(town: Town, the_round: Round, number: int, choice: int = 0) -> Promise:
    code = projects_in(town.session, the_round.id)[choice].code
    voter = town.voter(the_round, number)
    return cast_ballot(
        town.session, town.keys, the_round, voter, [code], request_id=f"{number}-{choice}"
    )


def found(town: Town, promise: Promise) -> Whereabouts:
    told = find_receipt(town.session, town.keys, promise.code)
    assert told is not None
    return told


def test_a_ballot_that_waits_is_found_without_a_place(town: Town, the_round: Round) -> None:
    promise = cast(town, the_round, 1)
    told = found(town, promise)
    assert (told.place, told.batches, told.is_replaced) == (None, 0, False)
    assert told.commitment == promise.commitment
    assert told.as_json() == {
        "round": the_round.id,
        "code": promise.code,
        "commitment": promise.commitment,
        "signature": promise.signature,
    }


def test_a_replaced_ballot_that_waits_says_so(town: Town, the_round: Round) -> None:
    first, second = cast(town, the_round, 1), cast(town, the_round, 1, choice=1)
    assert found(town, first).is_replaced
    assert not found(town, second).is_replaced


def test_a_sealed_ballot_has_a_proof_that_leads_to_the_root(town: Town, the_round: Round) -> None:
    promises = [cast(town, the_round, number) for number in range(1, 7)]
    seal_next(town.session, town.keys, the_round)
    places = [found(town, promise).place for promise in promises]
    assert sum(place is not None for place in places) == 3
    for promise, place in zip(promises, places, strict=True):
        if place is not None:
            assert (place.batch, place.proof.leaves) == (1, 3)
            assert root_proved(promise.commitment, place.proof) == place.root
            told = found(town, promise).as_json()
            assert (told["batch"], told["leaves"]) == (1, 3)
            assert told["path"] == list(place.proof.siblings)


def test_a_sealed_receipt_says_when_a_newer_ballot_waits_or_is_sealed(
    town: Town, the_round: Round
) -> None:
    promises = {number: cast(town, the_round, number) for number in range(1, 7)}
    seal_next(town.session, town.keys, the_round)
    sealed = [n for n, promise in promises.items() if found(town, promise).place]
    again, other = sealed[:2]
    newer = cast(town, the_round, again, choice=1)
    assert found(town, promises[again]).is_replaced
    assert not found(town, promises[other]).is_replaced
    town.enter(the_round, Phase.COUNT)
    assert found(town, promises[again]).is_replaced
    assert not found(town, newer).is_replaced
    assert not found(town, promises[other]).is_replaced


def test_nobody_finds_a_code_that_was_never_given(town: Town, the_round: Round) -> None:
    cast(town, the_round, 1)
    assert find_receipt(town.session, town.keys, "0" * 16) is None
    town.keys.destroy(the_round.id)
    assert find_receipt(town.session, town.keys, "0" * 16) is None


def test_a_voter_gets_the_same_promise_back_waiting_and_sealed(
    town: Town, the_round: Round
) -> None:
    promise, voter = cast(town, the_round, 1), town.voter(the_round, 1)
    assert receipt_of(town.session, town.keys, the_round.id, voter) == promise
    vote(town, the_round, range(2, 4))
    town.enter(the_round, Phase.COUNT)
    again = receipt_of(town.session, town.keys, the_round.id, voter)
    assert again is not None
    assert asdict(again) == asdict(promise)
    nobody = receipt_of(town.session, town.keys, the_round.id, town.voter(the_round, 9))
    assert nobody is None


def test_once_the_key_is_destroyed_no_voter_gets_a_promise_back(
    town: Town, the_round: Round
) -> None:
    cast(town, the_round, 1)
    town.enter(the_round, Phase.COUNT)
    town.keys.destroy(the_round.id)
    assert receipt_of(town.session, town.keys, the_round.id, town.voter(the_round, 1)) is None
