"""Casting: one voter, one ballot, whatever the concurrency; a retry is the same cast."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from ballots.casting import _store, cast_ballot, fill_in, put_in
from ballots.disclosure import DisclosureProfile
from ballots.keys import KeyStore, is_signed
from ballots.moves import take_forward
from ballots.outcome import count_votes
from ballots.papers import BallotFormat, PaperFault
from ballots.receipts import Promise, commitment, in_fours, receipt_code, tidy_nonce
from ballots.refusals import BadPaper, BallotRefusal
from ballots.sealing import turnout
from ballots.voting_rules import paper_for, rules_of
from ballots.whereabouts import find_receipt, receipt_of
from neighbourhoods.database import Database
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round, create_round
from tests.box_reader import choices_in
from tests.builders import Clock, Town


def chosen_in(town: Town, the_round: Round) -> list[str]:
    return choices_in(town.session, town.keys, the_round.id)


def is_replaced(town: Town, promise: Promise) -> bool:
    found = find_receipt(town.session, town.keys, promise.code)
    assert found is not None
    return found.is_replaced


def codes(session: Session, the_round: Round) -> list[str]:
    return [project.code for project in projects_in(session, the_round.id)]


def test_a_ballot_in_the_box_counts_in_the_turnout(town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    chosen = codes(town.session, the_round)[:2]
    cast_ballot(
        town.session, town.keys, the_round, town.voter(the_round, 1), chosen, request_id="a"
    )
    assert turnout(town.session, the_round.id) == 1


def test_a_second_ballot_from_the_same_resident_replaces_the_first(town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    first, second = codes(town.session, the_round)[:2]
    voter = town.voter(the_round, 1)
    old = cast_ballot(town.session, town.keys, the_round, voter, [first], request_id="a")
    new = cast_ballot(town.session, town.keys, the_round, voter, [second], request_id="b")
    assert chosen_in(town, the_round) == [f'["{second}"]']
    assert is_replaced(town, old)
    assert not is_replaced(town, new)


def test_the_same_request_again_gets_the_same_receipt(town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    voter, chosen = town.voter(the_round, 1), codes(town.session, the_round)[:1]
    receipts = {
        cast_ballot(town.session, town.keys, the_round, voter, chosen, request_id="a").code
        for _ in range(3)
    }
    assert len(receipts) == 1


def test_the_same_page_with_other_choices_changes_the_ballot(town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    first, second = codes(town.session, the_round)[:2]
    voter = town.voter(the_round, 1)
    cast_ballot(town.session, town.keys, the_round, voter, [first], request_id="a")
    cast_ballot(town.session, town.keys, the_round, voter, [second], request_id="a")
    assert chosen_in(town, the_round) == [f'["{second}"]']


def test_a_retry_after_the_close_still_gets_its_receipt(town: Town, clock: Clock) -> None:
    the_round = town.round(Phase.VOTE, closes_in=timedelta(hours=1))
    voter, chosen = town.voter(the_round, 1), codes(town.session, the_round)[:1]
    receipt = cast_ballot(town.session, town.keys, the_round, voter, chosen, request_id="a")
    clock.moves(hours=2)
    again = cast_ballot(town.session, town.keys, the_round, voter, chosen, request_id="a")
    assert again.code == receipt.code


def test_a_new_ballot_after_the_closing_time_is_refused_though_nobody_closed_it(
    town: Town, clock: Clock
) -> None:
    the_round = town.round(Phase.VOTE, closes_in=timedelta(hours=1))
    chosen = codes(town.session, the_round)[:1]
    clock.moves(hours=1)
    with pytest.raises(Refused) as refused:
        cast_ballot(
            town.session, town.keys, the_round, town.voter(the_round, 1), chosen, request_id="a"
        )
    assert refused.value.reason is BallotRefusal.VOTE_CLOSED


def test_before_the_vote_opens_a_ballot_is_refused(town: Town) -> None:
    the_round = town.round(Phase.DEBATE)
    with pytest.raises(Refused) as refused:
        cast_ballot(
            town.session, town.keys, the_round, town.voter(the_round, 1), ["1"], request_id="a"
        )
    assert refused.value.reason is BallotRefusal.VOTE_NOT_OPEN


def test_somebody_on_another_rounds_roll_cannot_vote_here(town: Town) -> None:
    the_round, other = town.round(Phase.VOTE), town.round(Phase.VOTE)
    chosen = codes(town.session, the_round)[:1]
    with pytest.raises(Refused) as refused:
        cast_ballot(
            town.session, town.keys, the_round, town.voter(other, 1), chosen, request_id="a"
        )
    assert refused.value.reason is BallotRefusal.NOT_ON_ROLL


def test_a_ballot_over_the_budget_is_refused_and_nothing_is_stored(town: Town) -> None:
    the_round = town.round(
        Phase.VOTE, proposals=6, ballot_format=BallotFormat.KNAPSACK, max_choices=None
    )
    with pytest.raises(BadPaper) as bad:
        cast_ballot(
            town.session,
            town.keys,
            the_round,
            town.voter(the_round, 1),
            codes(town.session, the_round),
            request_id="a",
        )
    assert [fault.fault for fault in bad.value.faults] == [PaperFault.OVER_BUDGET]
    assert turnout(town.session, the_round.id) == 0
    assert receipt_of(town.session, town.keys, the_round.id, town.voter(the_round, 1)) is None


def test_fifty_casts_at_once_leave_one_ballot_and_no_error(
    town: Town, database: Database, keys: KeyStore
) -> None:
    the_round = town.round(Phase.VOTE, profile=DisclosureProfile.OPEN)
    chosen = codes(town.session, the_round)
    entry_id = town.voter(the_round, 1).id
    town.session.commit()

    def cast(number: int) -> str:
        with database.writing() as session:
            receipt = cast_ballot(
                session,
                keys,
                session.get_one(Round, the_round.id),
                session.get_one(RollEntry, entry_id),
                [chosen[number % len(chosen)]],
                request_id=str(number),
            )
            session.commit()
            return receipt.code

    with ThreadPoolExecutor(10) as pool:
        receipts = list(pool.map(cast, range(50)))
    assert len(set(receipts)) == 50
    with database.reading() as session:
        assert turnout(session, the_round.id) == 1
        promise = receipt_of(session, keys, the_round.id, session.get_one(RollEntry, entry_id))
        assert promise is not None
        assert promise.code in receipts


def test_one_request_sent_fifty_times_at_once_gets_one_receipt(
    town: Town, database: Database, keys: KeyStore
) -> None:
    the_round = town.round(Phase.VOTE)
    chosen = codes(town.session, the_round)[:1]
    entry_id = town.voter(the_round, 1).id
    town.session.commit()

    def cast(_number: int) -> str:
        with database.writing() as session:
            the_round_now = session.get_one(Round, the_round.id)
            entry = session.get_one(RollEntry, entry_id)
            receipt = cast_ballot(session, keys, the_round_now, entry, chosen, request_id="same")
            session.commit()
            return receipt.code

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(cast, range(50)))) == 1


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("castings", {"round_id", "casting", "voter", "envelope"}),
        (
            "pending_ballots",
            {"round_id", "voter", "casting", "castings", "seal", "first_time", "covered"},
        ),
        (
            "ballots",
            {"round_id", "voter_key", "commitment", "client_nonce", "server_nonce", "choices"},
        ),
        ("receipts", {"code", "round_id", "voter", "commitment", "batch"}),
    ],
)
def test_a_ballot_has_no_column_for_a_name_a_time_or_a_serial(
    database: Database, table: str, columns: set[str]
) -> None:
    found = {column["name"] for column in inspect(database.engine).get_columns(table)}
    assert found == columns


def test_a_receipt_is_found_however_its_code_is_spaced(town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    chosen = codes(town.session, the_round)[:1]
    receipt = cast_ballot(
        town.session, town.keys, the_round, town.voter(the_round, 1), chosen, request_id="a"
    )
    found = find_receipt(town.session, town.keys, in_fours(receipt.code).lower())
    assert found is not None
    assert found.commitment == receipt.commitment


def test_a_commitment_is_the_hash_that_anybody_can_recompute() -> None:
    expected = hashlib.sha256(b'wardmote-1|7|aa|bb|["3"]').hexdigest()
    assert commitment(7, "aa", "bb", '["3"]') == expected
    assert receipt_code("0" * 64) == "0" * 16
    assert receipt_code("f" * 64) == "Z" * 16


def test_ballots_in_flight_at_the_close_are_either_counted_or_clearly_refused(
    town: Town, database: Database, keys: KeyStore
) -> None:
    voters = 60
    the_round = town.round(Phase.VOTE, voters=voters)
    chosen = codes(town.session, the_round)[:1]
    entries = [town.voter(the_round, number).id for number in range(1, voters + 1)]
    officer = town.officer.id
    town.session.commit()

    def cast(entry_id: int) -> str:
        with database.writing() as session:
            the_round_now = session.get_one(Round, the_round.id)
            entry = session.get_one(RollEntry, entry_id)
            try:
                cast_ballot(session, keys, the_round_now, entry, chosen, request_id="a")
            except Refused as refused:
                return refused.reason.value
            session.commit()
            return "accepted"

    def close() -> None:
        with database.writing() as session:
            the_round_now = session.get_one(Round, the_round.id)
            by = session.get_one(Person, officer)
            take_forward(session, keys, the_round_now, Phase.COUNT, by, "Time.")
            session.commit()

    with ThreadPoolExecutor(8) as pool:
        casting = [pool.submit(cast, entry) for entry in entries[:30]]
        closing = pool.submit(close)
        casting += [pool.submit(cast, entry) for entry in entries[30:]]
        answers = [future.result() for future in casting]
        closing.result()
    with database.writing() as session:
        outcome = count_votes(session, keys, session.get_one(Round, the_round.id))
    assert set(answers) == {"accepted", BallotRefusal.VOTE_CLOSED.value}
    assert outcome.ballots_cast == answers.count("accepted")


def test_before_rules_are_chosen_a_ballot_is_refused(town: Town) -> None:
    the_round = create_round(town.session, town.fund(), "Pot", "To choose.", "", 1_000)
    town.roll(the_round, 1)
    with pytest.raises(Refused) as refused:
        cast_ballot(
            town.session, town.keys, the_round, town.voter(the_round, 1), ["1"], request_id="a"
        )
    assert refused.value.reason is BallotRefusal.VOTE_NOT_OPEN


def test_an_open_vote_whose_key_is_gone_takes_no_ballots(town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    chosen = codes(town.session, the_round)[:1]
    town.keys.destroy(the_round.id)
    with pytest.raises(Refused) as refused:
        cast_ballot(
            town.session, town.keys, the_round, town.voter(the_round, 1), chosen, request_id="a"
        )
    assert refused.value.reason is BallotRefusal.VOTE_NOT_OPEN


def test_what_another_server_stored_a_moment_ago_is_a_retry_and_changes_nothing(
    town: Town,
) -> None:
    the_round = town.round(Phase.VOTE)
    first, second = codes(town.session, the_round)[:2]
    voter = town.voter(the_round, 1)
    rules = rules_of(town.session, the_round.id)
    assert rules is not None
    paper = paper_for(town.session, the_round, rules)
    old, new = (
        fill_in(town.keys, paper, the_round.id, voter.id, [code], request_id="a")
        for code in (first, second)
    )
    put_in(town.session, the_round.id, [old])
    put_in(town.session, the_round.id, [new])
    # As if this server had looked before the other stored it.
    late = _store(town.session.connection(), the_round.id, [old], frozenset())
    assert late == {old.casting}
    assert chosen_in(town, the_round) == [f'["{second}"]']


def test_what_a_phone_receives_to_check_leads_back_to_its_commitment(town: Town) -> None:
    the_round = town.round(Phase.VOTE)
    chosen = codes(town.session, the_round)[:1]
    voter, nonce = town.voter(the_round, 1), "ab" * 16
    told = cast_ballot(
        town.session, town.keys, the_round, voter, chosen, request_id="a", client_nonce=nonce
    ).as_json()
    committed = commitment(the_round.id, nonce, str(told["server_nonce"]), f'["{chosen[0]}"]')
    assert told["commitment"] == committed
    assert told["code"] == receipt_code(committed)
    words = f"wardmote-receipt-1|{the_round.id}|{committed}"
    assert is_signed(words, str(told["signature"]), town.keys.public_key())


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("ab01", "ab01"), ("", ""), ("AB", ""), ("a|b", ""), ("a" * 65, ""), ("\u0661", "")],
)
def test_a_phones_number_is_taken_only_as_hexadecimal_digits(sent: str, kept: str) -> None:
    assert tidy_nonce(sent) == kept
