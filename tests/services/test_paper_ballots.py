"""Ballots on paper: two tellers, the same box, never more than people, never two channels."""

import json
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from ballots.audit import first_fault as audited_fault
from ballots.casting import cast_ballot, fill_in, put_in
from ballots.disclosure import DisclosureProfile
from ballots.envelopes import EnvelopeKey
from ballots.hall_votes import HallVote
from ballots.keys import KeyStore
from ballots.moves import Blocker, NotReady, Obstacle, conclude_sign_off, move_if_due, take_forward
from ballots.paper_ballots import (
    PaperBallot,
    PaperHolder,
    PaperState,
    count_papers,
    is_on_paper,
    number_of,
    paper_serial,
    papers_out,
)
from ballots.paper_holders import give_up_paper, hold_paper, hold_papers_of
from ballots.papers import BallotFormat
from ballots.published import record_in_pieces
from ballots.receipts import Promise
from ballots.refusals import BadPaper, BallotRefusal
from ballots.sealing import turnout
from ballots.tellers import (
    bring_stack,
    enter_paper,
    give_up,
    put_back,
    readings_of,
    spoil,
    stacks_of,
    take_back,
    votes_taking_papers,
)
from ballots.verify import Report, verify
from ballots.voting_rules import paper_for, rules_of
from neighbourhoods.assemblies import ItemKind
from neighbourhoods.attendance import Channel, check_in
from neighbourhoods.database import Database, UTCDateTime
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.people import Office, Person
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round
from tests.box_reader import choices_in, waiting_papers
from tests.builders import Clock, Town
from tests.burglar import Dump, Seen, _orders, _sortable, dump, links, scores
from tests.second_verifier import first_fault as second_verifiers_fault
from tests.services.test_links import MOST_LINKS, VOTES

KEY = b"serials of the tests"
HOUR = timedelta(hours=1)


@pytest.fixture
def the_round(town: Town) -> Round:
    """An open vote of ten people, in which a stack of 20 papers lies ready."""
    the_round = town.round(Phase.VOTE, voters=10, closes_in=HOUR)
    bring_stack(town.session, the_round, 1, 20, town.officer)
    return the_round


def codes(town: Town, the_round: Round) -> list[str]:
    return [project.code for project in projects_in(town.session, the_round.id)]


def hold(town: Town, the_round: Round, *voters: int) -> None:
    for number in voters:
        hold_paper(town.session, town.keys, the_round, town.voter(the_round, number))


def by_phone(town: Town, the_round: Round, number: int, *, again: str = "") -> Promise:
    entry, chosen = town.voter(the_round, number), codes(town, the_round)[:1]
    return cast_ballot(
        town.session, town.keys, the_round, entry, chosen, request_id=f"{number}{again}"
    )


def read(
    town: Town, the_round: Round, number: int, choices: object, teller: Person | None = None
) -> PaperState:
    """One teller's reading, or both tellers' where none is named."""
    tellers = [teller] if teller else [town.officer, town.facilitator]
    for one in tellers:
        state = enter_paper(town.session, town.keys, the_round, number, choices, one)
    return state


def why(error: pytest.ExceptionInfo[Refused]) -> object:
    return error.value.reason


# --- into the box --------------------------------------------------------------------------------


def test_a_paper_is_in_the_box_once_a_second_teller_reads_the_same(
    town: Town, the_round: Round
) -> None:
    hold(town, the_round, 1)
    first, second = codes(town, the_round)[:2]
    assert read(town, the_round, 7, [first, second], town.officer) == PaperState.ENTERED_ONCE
    assert turnout(town.session, the_round.id) == 0
    assert read(town, the_round, 7, [second, first], town.facilitator) == PaperState.IN_BOX
    assert turnout(town.session, the_round.id) == 1
    assert choices_in(town.session, town.keys, the_round.id) == [f'["{first}","{second}"]']
    paper = town.session.get_one(PaperBallot, (the_round.id, 7))
    assert (paper.entry, paper.second_entry) == (None, None)
    assert {paper.first_teller_id, paper.second_teller_id} == {town.officer.id, town.facilitator.id}


def test_one_teller_alone_puts_no_paper_into_the_box(town: Town, the_round: Round) -> None:
    hold(town, the_round, 1)
    first, second = codes(town, the_round)[:2]
    read(town, the_round, 7, [first], town.officer)
    assert read(town, the_round, 7, [second], town.officer) == PaperState.ENTERED_ONCE
    assert read(town, the_round, 7, [second], town.officer) == PaperState.ENTERED_ONCE
    assert turnout(town.session, the_round.id) == 0
    read(town, the_round, 7, [second], town.facilitator)  # what was corrected last counts
    assert choices_in(town.session, town.keys, the_round.id) == [f'["{second}"]']


def test_only_facilitators_and_officers_are_tellers(town: Town, the_round: Round) -> None:
    hold(town, the_round, 1)
    for stranger in (town.resident, town.councillor, town.scrutineer):
        with pytest.raises(Refused) as error:
            read(town, the_round, 7, codes(town, the_round)[:1], stranger)
        assert why(error) == BallotRefusal.NOT_A_TELLER


@pytest.mark.parametrize("number", [0, -1, 21])
def test_a_number_of_no_stack_is_refused(town: Town, the_round: Round, number: int) -> None:
    hold(town, the_round, 1)
    with pytest.raises(Refused) as error:
        read(town, the_round, number, codes(town, the_round)[:1])
    assert why(error) == BallotRefusal.NO_SUCH_PAPER


def test_the_same_paper_is_never_counted_twice(town: Town, the_round: Round) -> None:
    hold(town, the_round, 1, 2)
    read(town, the_round, 7, codes(town, the_round)[:1])
    with pytest.raises(Refused) as error:
        read(town, the_round, 7, codes(town, the_round)[:1])
    assert why(error) == BallotRefusal.PAPER_IN_BOX
    assert turnout(town.session, the_round.id) == 1


def test_there_are_never_more_papers_than_people_who_hold_one(town: Town, the_round: Round) -> None:
    hold(town, the_round, 1, 2)
    read(town, the_round, 7, codes(town, the_round)[:1])
    read(town, the_round, 8, codes(town, the_round)[:1], town.officer)
    with pytest.raises(Refused) as error:
        read(town, the_round, 9, codes(town, the_round)[:1], town.officer)
    assert why(error) == BallotRefusal.MORE_PAPERS_THAN_HOLDERS
    spoil(town.session, the_round, 8, "blank", town.officer)  # that person's vote is used too
    with pytest.raises(Refused) as error:
        read(town, the_round, 9, codes(town, the_round)[:1], town.officer)
    assert why(error) == BallotRefusal.MORE_PAPERS_THAN_HOLDERS
    with pytest.raises(Refused) as error:
        spoil(town.session, the_round, 9, "blank", town.officer)
    assert why(error) == BallotRefusal.MORE_PAPERS_THAN_HOLDERS


def test_the_box_itself_takes_no_paper_that_no_teller_read_and_none_too_many(
    town: Town, the_round: Round
) -> None:
    rules = rules_of(town.session, the_round.id)
    assert rules is not None
    paper = paper_for(town.session, the_round, rules)

    def put(*numbers: int) -> list[object]:
        envelopes = [
            fill_in(
                town.keys,
                paper,
                the_round.id,
                -number,
                codes(town, the_round)[:1],
                request_id=str(number),
            )
            for number in numbers
        ]
        answers = put_in(town.session, the_round.id, envelopes)
        return [one.reason if isinstance(one, Refused) else "stored" for one in answers]

    hold(town, the_round, 1)
    assert put(7) == [BallotRefusal.PAPER_NOT_READY]
    for number in (7, 8):
        found = town.session.get_one(PaperBallot, (the_round.id, number))
        found.state, found.entry = PaperState.ENTERED_ONCE, b"?"
    town.session.flush()
    assert put(7, 8) == [BallotRefusal.PAPER_NOT_READY] * 2
    assert put(7) == ["stored"]
    town.session.get_one(PaperBallot, (the_round.id, 7)).entry = None
    town.session.get_one(PaperBallot, (the_round.id, 7)).state = PaperState.IN_BOX
    town.session.flush()
    assert put(8) == [BallotRefusal.PAPER_NOT_READY]
    assert turnout(town.session, the_round.id) == 1


def test_a_paper_filled_in_wrongly_is_not_taken(town: Town, the_round: Round) -> None:
    hold(town, the_round, 1)
    with pytest.raises(BadPaper):
        read(town, the_round, 7, codes(town, the_round)[:4], town.officer)  # three at most
    with pytest.raises(BadPaper):
        read(town, the_round, 7, ["nothing"], town.officer)
    assert count_papers(town.session, the_round.id).entered_once == 0


@pytest.mark.parametrize(
    ("ballot_format", "limits", "choices"),
    [
        (BallotFormat.RANKING, {}, [1, 0]),
        (BallotFormat.SCORES, {"highest_score": 5}, {0: 5, 2: 1}),
        (BallotFormat.YES_NO, {}, {0: 1, 1: -1}),
        (BallotFormat.POINTS, {"points_to_give": 10}, {3: 10}),
        (BallotFormat.CHOOSE_ONE, {}, [2]),
    ],
)
def test_every_kind_of_paper_can_be_entered(
    town: Town,
    ballot_format: BallotFormat,
    limits: dict[str, Any],
    choices: Sequence[int] | dict[int, int],
) -> None:
    the_round = town.round(Phase.VOTE, ballot_format=ballot_format, max_choices=None, **limits)
    bring_stack(town.session, the_round, 1, 3, town.officer)
    hold(town, the_round, 1)
    named = codes(town, the_round)
    read_: object = [named[place] for place in choices]
    if isinstance(choices, dict):
        read_ = {named[place]: mark for place, mark in choices.items()}
    assert read(town, the_round, 1, read_) == PaperState.IN_BOX


# --- after the close -----------------------------------------------------------------------------


def test_papers_are_taken_after_the_close_while_phones_are_refused(
    town: Town, the_round: Round, clock: Clock
) -> None:
    hold(town, the_round, 1)
    clock.moves(hours=2)
    with pytest.raises(Refused) as error:
        by_phone(town, the_round, 2)
    assert why(error) == BallotRefusal.VOTE_CLOSED
    assert read(town, the_round, 7, codes(town, the_round)[:1]) == PaperState.IN_BOX
    with pytest.raises(Refused) as error:
        hold(town, the_round, 3)  # whoever comes now is too late for a paper
    assert why(error) == BallotRefusal.VOTE_CLOSED


def test_the_vote_is_not_counted_while_papers_are_out_or_read_once(
    town: Town, the_round: Round, clock: Clock
) -> None:
    hold(town, the_round, 1, 2, 3)
    read(town, the_round, 7, codes(town, the_round)[:1])
    read(town, the_round, 8, codes(town, the_round)[:1], town.officer)
    clock.moves(hours=2)
    assert move_if_due(town.session, town.keys, the_round) is None
    assert the_round.phase == Phase.VOTE
    with pytest.raises(NotReady) as error:
        take_forward(town.session, town.keys, the_round, Phase.COUNT, town.officer, "now")
    assert error.value.obstacles == [
        Obstacle(Blocker.PAPERS_UNSETTLED, 1),
        Obstacle(Blocker.PAPERS_OUT, 1),
    ]
    read(town, the_round, 8, codes(town, the_round)[:1], town.facilitator)
    assert papers_out(town.session, the_round.id) == 1
    give_up(town.session, the_round, 1, "Left without handing it in", town.facilitator)
    assert move_if_due(town.session, town.keys, the_round) is not None
    with pytest.raises(Refused) as refused:
        read(town, the_round, 9, codes(town, the_round)[:1])
    assert why(refused) == BallotRefusal.PAPERS_TOO_LATE


def test_papers_that_nobody_was_given_do_not_block_the_count(
    town: Town, the_round: Round, clock: Clock
) -> None:
    assert count_papers(town.session, the_round.id).in_stacks == 20
    clock.moves(hours=2)
    assert move_if_due(town.session, town.keys, the_round) is not None


def test_papers_are_given_up_with_a_reason_and_only_as_many_as_are_missing(
    town: Town, the_round: Round
) -> None:
    hold(town, the_round, 1, 2)
    with pytest.raises(Refused) as error:
        give_up(town.session, the_round, 1, "  ", town.officer)
    assert why(error) == Refusal.REASON_MISSING
    for number in (3, -1):
        with pytest.raises(Refused) as error:
            give_up(town.session, the_round, number, "lost", town.officer)
        assert why(error) == BallotRefusal.NOT_SO_MANY_OUT
    give_up(town.session, the_round, 2, "lost", town.officer)
    assert papers_out(town.session, the_round.id) == 0
    read(town, the_round, 4, codes(town, the_round)[:1])  # one turns up after all
    assert papers_out(town.session, the_round.id) == 0
    assert turnout(town.session, the_round.id) == 1


# --- tellers who disagree ------------------------------------------------------------------------


def test_tellers_who_disagree_are_both_shown_and_one_of_them_corrects(
    town: Town, the_round: Round
) -> None:
    hold(town, the_round, 1)
    first, second = codes(town, the_round)[:2]
    read(town, the_round, 7, [first], town.officer)
    assert readings_of(town.session, town.keys, the_round, 7) == ()  # the second reads blindly
    assert read(town, the_round, 7, [second], town.facilitator) == PaperState.DISPUTED
    readings = readings_of(town.session, town.keys, the_round, 7)
    assert [(one.teller, one.choices) for one in readings] == [
        (town.officer, [first]),
        (town.facilitator, [second]),
    ]
    assert count_papers(town.session, the_round.id).unsettled == 1
    assert read(town, the_round, 7, [second], town.officer) == PaperState.IN_BOX
    assert choices_in(town.session, town.keys, the_round.id) == [f'["{second}"]']


def test_a_third_teller_who_reads_what_one_of_two_did_settles_it(
    town: Town, the_round: Round
) -> None:
    hold(town, the_round, 1)
    first, second, third = codes(town, the_round)[:3]
    other = town.person("Ola Officer", Office.OFFICER)
    read(town, the_round, 7, [first], town.officer)
    read(town, the_round, 7, [second], town.facilitator)
    with pytest.raises(Refused) as error:
        read(town, the_round, 7, [third], other)
    assert why(error) == BallotRefusal.TELLERS_DISAGREE
    assert read(town, the_round, 7, [first], other) == PaperState.IN_BOX
    paper = town.session.get_one(PaperBallot, (the_round.id, 7))
    assert (paper.first_teller_id, paper.second_teller_id) == (town.officer.id, other.id)


def test_a_correction_that_still_disagrees_leaves_the_paper_disputed(
    town: Town, the_round: Round
) -> None:
    hold(town, the_round, 1)
    first, second, third = codes(town, the_round)[:3]
    read(town, the_round, 7, [first], town.officer)
    read(town, the_round, 7, [second], town.facilitator)
    for teller in (town.officer, town.facilitator):
        state = PaperState.DISPUTED if teller == town.officer else PaperState.IN_BOX
        assert read(town, the_round, 7, [third], teller) == state
    assert choices_in(town.session, town.keys, the_round.id) == [f'["{third}"]']


# --- one person, one channel ---------------------------------------------------------------------


def test_whoever_votes_on_paper_is_refused_by_phone(town: Town, the_round: Round) -> None:
    hold(town, the_round, 1)
    with pytest.raises(Refused) as error:
        by_phone(town, the_round, 1)
    assert why(error) == BallotRefusal.VOTES_ON_PAPER
    assert turnout(town.session, the_round.id) == 0
    by_phone(town, the_round, 2)
    assert turnout(town.session, the_round.id) == 1


def test_whoever_has_a_ballot_in_the_box_gets_no_paper(town: Town, the_round: Round) -> None:
    by_phone(town, the_round, 1)
    with pytest.raises(Refused) as error:
        hold(town, the_round, 1)
    assert why(error) == BallotRefusal.HAS_VOTED_BY_PHONE
    assert not is_on_paper(town.session, the_round.id, town.voter(the_round, 1).id)
    by_phone(town, the_round, 1, again="changed")


def test_a_phone_and_a_paper_at_the_same_moment_are_one_vote(
    town: Town, the_round: Round, database: Database, keys: KeyStore
) -> None:
    entries = [town.voter(the_round, number) for number in range(1, 9)]
    chosen = codes(town, the_round)[:1]
    town.session.commit()

    reasons: set[object] = set()

    def phone(place: int) -> bool:
        with database.writing() as session:
            held = session.get_one(Round, the_round.id)
            try:
                cast_ballot(session, keys, held, entries[place], chosen, request_id=str(place))
            except Refused as refused:
                reasons.add(refused.reason)
                return False
            session.commit()
            return True

    def paper(place: int) -> bool:
        with database.writing() as session:
            try:
                hold_paper(session, keys, session.get_one(Round, the_round.id), entries[place])
            except Refused as refused:
                reasons.add(refused.reason)
                return False
            session.commit()
            return True

    with ThreadPoolExecutor(8) as pool:
        pairs = [(pool.submit(phone, place), pool.submit(paper, place)) for place in range(8)]
    assert all(voted.result() != held.result() for voted, held in pairs)
    assert reasons <= {BallotRefusal.VOTES_ON_PAPER, BallotRefusal.HAS_VOTED_BY_PHONE}


def test_whoever_hands_their_paper_in_again_may_vote_by_phone(town: Town, the_round: Round) -> None:
    hold(town, the_round, 1)
    entry = town.voter(the_round, 1)
    give_up_paper(town.session, the_round, entry, 7)
    by_phone(town, the_round, 1)
    with pytest.raises(Refused) as error:
        read(town, the_round, 7, codes(town, the_round)[:1])
    assert why(error) == BallotRefusal.PAPER_SPOILT
    with pytest.raises(Refused) as error:
        give_up_paper(town.session, the_round, entry, 8)
    assert why(error) == BallotRefusal.NOT_ON_PAPER


def test_nobody_gets_back_to_the_phone_with_a_paper_that_was_read(
    town: Town, the_round: Round
) -> None:
    hold(town, the_round, 1, 2)
    entry = town.voter(the_round, 1)
    read(town, the_round, 7, codes(town, the_round)[:1])
    with pytest.raises(Refused) as error:
        give_up_paper(town.session, the_round, entry, 7)
    assert why(error) == BallotRefusal.PAPER_NOT_OUT
    read(town, the_round, 8, codes(town, the_round)[:1])
    with pytest.raises(Refused) as error:
        give_up_paper(town.session, the_round, entry, 9)
    assert why(error) == BallotRefusal.MORE_PAPERS_THAN_HOLDERS


def test_everybody_checked_in_on_paper_votes_on_paper_when_the_vote_opens(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=10, closes_in=HOUR)
    assembly = town.assembly(the_round, ItemKind.BALLOT)
    by_phone(town, the_round, 4)
    for number, channel in enumerate(
        (Channel.PAPER, Channel.PHONE, Channel.PAPER, Channel.PAPER), start=1
    ):
        check_in(town.session, assembly, town.voter(the_round, number), town.facilitator, channel)
    assert hold_papers_of(town.session, town.keys, the_round, assembly) == 2
    assert hold_papers_of(town.session, town.keys, the_round, assembly) == 0
    entries = [town.voter(the_round, number).id for number in (1, 2, 3, 4)]
    holding = [is_on_paper(town.session, the_round.id, entry_id) for entry_id in entries]
    assert holding == [True, False, True, False]


# --- stacks and papers set aside -----------------------------------------------------------------


@pytest.mark.parametrize(("first", "last"), [(0, 5), (5, 4), (9_990, 10_000)])
def test_a_stack_has_numbers_that_fit_a_serial(
    town: Town, the_round: Round, first: int, last: int
) -> None:
    with pytest.raises(Refused) as error:
        bring_stack(town.session, the_round, first, last, town.officer)
    assert why(error) == BallotRefusal.NOT_A_STACK


def test_a_number_is_brought_once_to_all_votes_of_one_item(
    town: Town, the_round: Round, clock: Clock
) -> None:
    with pytest.raises(Refused) as error:
        bring_stack(town.session, the_round, 20, 25, town.officer)
    assert why(error) == BallotRefusal.STACK_BROUGHT_BEFORE
    bring_stack(town.session, the_round, 21, 25, town.officer)
    bring_stack(town.session, the_round, 30, 30, town.officer)
    assert stacks_of(town.session, the_round.id) == [(1, 25), (30, 30)]
    later, other = town.round(Phase.VOTE), town.round(Phase.VOTE)
    assembly = town.assembly(the_round, ItemKind.PURCHASE, ItemKind.SCORES)
    purchase, scores = assembly.items
    for item, number, vote in ((purchase, 1, the_round), (purchase, 2, later), (scores, 1, other)):
        town.session.add(
            HallVote(
                item_id=item.id,
                number=number,
                round_id=vote.id,
                opened_at=clock(),
                opened_by_id=town.facilitator.id,
                present=3,
                held=False,
                opened_here=True,
            )
        )
    town.session.flush()
    with pytest.raises(Refused) as error:
        bring_stack(town.session, later, 25, 28, town.officer)
    assert why(error) == BallotRefusal.STACK_BROUGHT_BEFORE
    bring_stack(town.session, later, 26, 28, town.officer)
    bring_stack(town.session, other, 1, 5, town.officer)
    assert len(votes_taking_papers(town.session, assembly)) == 3


def test_a_paper_taken_back_is_replaced_and_its_holder_still_votes(
    town: Town, the_round: Round
) -> None:
    hold(town, the_round, 1)
    take_back(town.session, the_round, 7, "Crossed the wrong one", town.officer)
    assert papers_out(town.session, the_round.id) == 1
    assert read(town, the_round, 8, codes(town, the_round)[:1]) == PaperState.IN_BOX


def test_a_spoilt_paper_uses_its_holders_vote_and_a_mistaken_number_can_be_put_back(
    town: Town, the_round: Round
) -> None:
    hold(town, the_round, 1)
    with pytest.raises(Refused) as error:
        spoil(town.session, the_round, 7, "", town.officer)
    assert why(error) == Refusal.REASON_MISSING
    spoil(town.session, the_round, 7, "Nobody can read it", town.officer)
    assert papers_out(town.session, the_round.id) == 0
    put_back(town.session, the_round, 7, town.officer)
    assert papers_out(town.session, the_round.id) == 1
    with pytest.raises(Refused) as error:
        put_back(town.session, the_round, 7, town.officer)
    assert why(error) == BallotRefusal.PAPER_NOT_SPOILT
    assert read(town, the_round, 7, codes(town, the_round)[:1]) == PaperState.IN_BOX


# --- serials -------------------------------------------------------------------------------------


def test_a_serial_leads_to_its_number_however_it_is_typed() -> None:
    serial = paper_serial(KEY, 5, 42)
    assert re.fullmatch(r"0042-[0-9A-HJKMNP-TV-Z]{3}", serial)
    for typed in (serial, serial.lower(), serial.replace("-", " "), f" {serial[2:]} "):
        assert number_of(KEY, 5, typed) == 42


@pytest.mark.parametrize("typed", ["", "42", "0042", "K7Q", "٤٢-K7Q", "12345-AAA", "0000-AAA"])
def test_words_that_are_no_serial_are_no_number(typed: str) -> None:
    assert number_of(KEY, 5, typed) is None


def test_mistyped_and_invented_serials_are_found_out() -> None:
    serial = paper_serial(KEY, 5, 42)
    mistyped = {serial.replace("0042", f"{number:04d}") for number in range(1, 400)} - {serial}
    taken = sum(number_of(KEY, 5, typed) is not None for typed in mistyped)
    assert taken <= 1  # one in 32,768 by chance
    assert number_of(KEY, 6, serial) is None
    assert number_of(b"another key", 5, serial) is None


# --- the ledger, the record, and what a thief finds ----------------------------------------------


def mixed_vote(town: Town) -> Round:
    """A vote of 97 phones and 5 people on paper, of whom one hands in a blank."""
    the_round = town.round(Phase.VOTE, voters=110, profile=DisclosureProfile.SEALED)
    bring_stack(town.session, the_round, 1, 20, town.officer)
    hold(town, the_round, *range(101, 106))
    for number in range(1, 98):
        by_phone(town, the_round, number)
    for number in (3, 9, 4, 20):
        read(town, the_round, number, codes(town, the_round)[1:3])
    spoil(town.session, the_round, 5, "Blank", town.officer)
    return the_round


def test_audit_and_both_verifiers_pass_a_vote_with_papers_in_it(town: Town) -> None:
    the_round = mixed_vote(town)
    assert audited_fault(town.session, town.keys, the_round) is None
    town.enter(the_round, Phase.COUNT)
    assert audited_fault(town.session, town.keys, the_round) is None
    town.enter(the_round, Phase.SIGN_OFF)
    town.approves(the_round, town.councillor)
    assert conclude_sign_off(town.session, town.keys, the_round)
    assert audited_fault(town.session, town.keys, the_round) is None
    record = json.loads("".join(record_in_pieces(town.session, the_round, opened=True)))
    assert len(record["ballots"]) == 101
    assert second_verifiers_fault(record) is None
    report = Report()
    verify(record, report)
    assert not any(left.startswith("the outcome") for left in report.not_checked)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE paper_ballots SET state = 'spoilt' WHERE number = 9", "castings: "),
        (
            "DELETE FROM paper_holders WHERE entry_id > (SELECT min(entry_id) FROM paper_holders)",
            "paper_ballots: more papers are in the box than people hold one",
        ),
        (
            "INSERT INTO paper_holders SELECT round_id, id FROM roll_entries WHERE name='Voter 1'",
            "paper_ballots: somebody who votes on paper has another ballot in the box",
        ),
        (
            "UPDATE paper_ballots SET state = 'in-box' WHERE number = 11",
            "paper_ballots: the ballot of paper 11 is missing",
        ),
    ],
)
def test_the_audit_finds_papers_that_are_not_as_tellers_left_them(
    town: Town, change: str, found: str
) -> None:
    the_round = town.round(Phase.VOTE, voters=10)
    bring_stack(town.session, the_round, 1, 20, town.officer)
    hold(town, the_round, 5, 6, 7)
    by_phone(town, the_round, 1)
    for number in (3, 9):
        read(town, the_round, number, codes(town, the_round)[1:3])
    assert audited_fault(town.session, town.keys, the_round) is None
    town.session.execute(text(change))
    assert (audited_fault(town.session, town.keys, the_round) or "").startswith(found)


def test_no_published_ballot_tells_that_it_was_on_paper(town: Town) -> None:
    the_round = town.round(Phase.VOTE, voters=10)
    bring_stack(town.session, the_round, 1, 20, town.officer)
    hold(town, the_round, 5, 6)
    for number in (3, 9):
        read(town, the_round, number, codes(town, the_round)[1:3])
    nonces = {paper.client_nonce for paper in waiting_papers(town.session, town.keys, the_round.id)}
    assert len(nonces) == 2
    assert all(re.fullmatch("[0-9a-f]{32}", nonce) for nonce in nonces)


def test_no_reading_can_be_read_without_the_key_and_all_are_of_one_size(
    town: Town, the_round: Round
) -> None:
    hold(town, the_round, 1, 2)
    named = codes(town, the_round)
    read(town, the_round, 1, named[:1], town.officer)
    read(town, the_round, 2, named[:3], town.officer)
    read(town, the_round, 2, named[1:3], town.facilitator)
    papers = [town.session.get_one(PaperBallot, (the_round.id, number)) for number in (1, 2)]
    locked = [one for paper in papers for one in (paper.entry, paper.second_entry) if one]
    assert len(locked) == 3
    assert len({len(one) for one in locked}) == 1
    assert not any(f'["{code}"'.encode() in one for code in named for one in locked)


def test_no_table_joins_a_person_and_a_paper_or_tells_when_one_was_read() -> None:
    tables = (PaperBallot.__table__, PaperHolder.__table__)
    assert {column.name for column in PaperHolder.__table__.columns} == {"round_id", "entry_id"}
    for table in tables:
        assert not any(isinstance(column.type, UTCDateTime) for column in table.columns)
    pointed_at = {key.target_fullname for key in PaperBallot.__table__.foreign_keys}
    assert pointed_at == {"rounds.id", "people.id"}


def test_no_order_tells_who_was_given_a_paper_when(
    town: Town, database: Database, keys: KeyStore
) -> None:
    the_round = town.round(Phase.VOTE, voters=60)
    entries = [town.voter(the_round, number).id for number in range(1, 61)]
    town.session.commit()
    arrivals = Random(3).sample(entries, 60)
    for entry_id in arrivals:
        with database.writing() as session:
            entry = session.get_one(RollEntry, entry_id)
            hold_paper(session, keys, session.get_one(Round, the_round.id), entry)
            session.commit()
    rows = dump(database).tables["paper_holders"]
    assert len(rows) == 60
    for column in (None, *rows[0]):
        ordered = sorted(rows, key=lambda row: _sortable(row[column])) if column else rows
        found = [row["entry_id"] for row in ordered]
        hits = sum(a == b for a, b in zip(found, arrivals, strict=True))
        assert hits <= MOST_LINKS, column
        assert sum(a == b for a, b in zip(found[::-1], arrivals, strict=True)) <= MOST_LINKS, column


def _found_links(town: Town, database: Database, keys: KeyStore, seed: int) -> dict[str, int]:
    """What a thief finds who knows every number in the order in which tellers read the papers."""
    dice, numbers, phones = Random(seed), range(1, 61), range(101, 161)
    town.session.rollback()  # what it has read is older than what the last vote wrote
    the_round = town.round(Phase.VOTE, voters=120, proposals=6, max_choices=6)
    bring_stack(town.session, the_round, 1, 60, town.officer)
    town.session.commit()
    key, named = EnvelopeKey(keys, the_round.id), codes(town, the_round)
    entries = {number: town.voter(the_round, number - 40) for number in phones}
    ids = {number: -number for number in numbers} | {n: e.id for n, e in entries.items()}
    seen = Seen(
        comings=dice.sample([*numbers, *phones], 120),
        pending_name={number: key.voter(entry_id) for number, entry_id in ids.items()},
        known_of={
            number: [entry_id, number, paper_serial(KEY, 1, number)]
            for number, entry_id in ids.items()
        },
    )
    with database.writing() as session:
        held = session.get_one(Round, the_round.id)
        for number in range(1, 61):
            hold_paper(session, keys, held, town.voter(held, number))
        session.commit()
    for number in seen.comings:
        chosen = dice.sample(named, dice.randint(1, 6))
        with database.writing() as session:
            held = session.get_one(Round, the_round.id)
            if number in entries:
                cast_ballot(
                    session,
                    keys,
                    held,
                    entries[number],
                    chosen,
                    request_id=str(number),
                    client_nonce=dice.randbytes(16).hex(),
                )
                session.commit()
                continue
            enter_paper(session, keys, held, number, chosen, town.officer)
            session.commit()
            enter_paper(session, keys, held, number, chosen, town.facilitator)
            session.commit()
    dumps = {"open": dump(database)}
    with database.writing() as session:
        held = session.get_one(Round, the_round.id)
        take_forward(session, keys, held, Phase.COUNT, None, "for the test")
        session.commit()
    dumps["closed"] = dump(database)
    truth = {number: key.sealed_voter(entry_id) for number, entry_id in ids.items()}
    found = scores(seen, dumps, truth)
    for when, copy in dumps.items():
        found |= _by_order_of_papers(when, copy, dumps["closed"], truth)
    return found


def _by_order_of_papers(
    when: str, copy: Dump, last: Dump, truth: Mapping[int, str]
) -> dict[str, int]:
    """The n-th paper, in whatever order papers lie, is the n-th ballot in whatever order."""
    papers = [row for row in copy.tables["paper_ballots"] if row["state"] == "in-box"]
    ballots = {truth[number] for number in range(1, 61)}  # more than a thief could tell apart
    found: dict[str, int] = {}
    for by in (None, *papers[0]):
        rows = sorted(papers, key=lambda row: _sortable(row[by])) if by else papers
        numbers = [row["number"] for row in rows]
        for order, names in _orders(copy, last):
            on_paper = [name for name in names if name in ballots]
            for turned in (on_paper, on_paper[::-1]):
                guess = dict(zip(numbers, turned, strict=False))
                how = f"{when}: papers by {by}, {order}"
                found[how] = max(found.get(how, 0), links(guess, truth))
    return found


@pytest.mark.untouched
def test_no_order_or_value_leads_from_a_papers_number_to_what_it_says(
    town: Town, database: Database, keys: KeyStore
) -> None:
    above: dict[str, int] = {}
    for seed in range(VOTES):
        found = _found_links(town, database, keys, seed)
        above = {
            how: hits
            for how, hits in found.items()
            if hits > MOST_LINKS and (seed == 0 or how in above)
        }
        if not above:
            break
    assert above == {}
