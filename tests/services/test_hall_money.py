"""What becomes of what a hall decides: signed, paid once, verified; wiped if it was rehearsed."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

import ballots
from ballots.audit import first_fault as first_fault_in_database
from ballots.box import Ballot, Casting, PendingBallot
from ballots.casting import cast_ballot
from ballots.hall import HallVote, balance_of, extend, open_vote, release, wipe_practice
from ballots.ledger import heads
from ballots.moves import Blocker, NotReady, conclude_sign_off, count_closed, take_forward
from ballots.outcome import Outcome
from ballots.published import record_in_pieces
from ballots.receipts import Receipt
from ballots.refusals import BallotRefusal
from ballots.signoff import awaiting
from ballots.whereabouts import find_receipt, receipt_of
from neighbourhoods.assemblies import Assembly, ItemKind
from neighbourhoods.attendance import Attendee
from neighbourhoods.delivery import deliveries_in
from neighbourhoods.eligibility import RollEntry, roll_size
from neighbourhoods.funds import position_of
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round, RoundKind, left_for_rounds, rounds_in
from tests.builders import Clock, Town
from tests.second_verifier import first_fault
from tests.services.test_hall import check_in, close, hall, opened, vote_for

VERIFIER = Path(ballots.__file__).with_name("verify.py")


def sign(town: Town, the_round: Round) -> None:
    town.approves(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)


def buy(town: Town, assembly: Assembly, people: list[Attendee], place: int = 0) -> HallVote:
    """Everybody present votes for the project of this place on the paper, and it is bought."""
    vote = opened(town, assembly)
    code = projects_in(town.session, vote.round_id)[place].code
    for person in people:
        vote_for(town, vote, person, [code])
    close(town, vote)
    count_closed(town.session, town.keys, vote.the_round)
    return vote


def blockers(town: Town, the_round: Round, to_phase: Phase) -> list[Blocker]:
    with pytest.raises(NotReady) as caught:
        take_forward(town.session, town.keys, the_round, to_phase, town.officer, "try")
    return [obstacle.blocker for obstacle in caught.value.obstacles]


# --- signed and verified -------------------------------------------------------------------------


def test_the_record_of_a_hall_vote_with_more_time_passes_both_verifiers_and_the_audit(
    town: Town, clock: Clock, tmp_path: Path
) -> None:
    assembly = hall(town, ItemKind.PURCHASE)
    people = check_in(town, assembly, *(f"W{number}" for number in range(1, 8)))
    vote = opened(town, assembly, seconds=60)
    codes = [project.code for project in projects_in(town.session, vote.round_id)]
    for number, person in enumerate(people):
        vote_for(town, vote, person, [codes[number % 3]])
    extend(town.session, town.keys, vote, town.facilitator, 60)
    clock.moves(seconds=61)
    extend(town.session, town.keys, vote, town.facilitator, 30)
    vote_for(town, vote, people[1], [codes[0]])
    close(town, vote)
    count_closed(town.session, town.keys, vote.the_round)
    sign(town, vote.the_round)
    text = "".join(record_in_pieces(town.session, vote.the_round, opened=True))
    record: dict[str, Any] = json.loads(text)
    assert [e["kind"] for e in record["ledger"]] == [
        "opened", "extended", "extended", "batch", "closed", "tallied", "signed", "notice",
    ]  # fmt: skip
    assert record["result"]["winners"] == [codes[0]]
    assert first_fault(record) is None
    assert first_fault_in_database(town.session, town.keys, vote.the_round) is None
    (tmp_path / "record.json").write_text(text)
    done = subprocess.run(
        [sys.executable, "-I", str(VERIFIER), "record.json", "--json"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    answer = json.loads(done.stdout)
    assert done.returncode == 0
    assert any("the outcome: counted again by greedy" in one for one in answer["checked"])


def test_a_hall_vote_waits_for_councillors_by_the_name_of_its_meeting(town: Town) -> None:
    assembly = hall(town, ItemKind.PURCHASE)
    vote = buy(town, assembly, check_in(town, assembly, "R1"))
    assert awaiting(town.session, town.councillor) == [vote.the_round]
    assert vote.the_round.title == "Decision day: purchase 1"
    sign(town, vote.the_round)
    assert vote.the_round.phase == Phase.DELIVERY
    assert [each.committed_pence for each in deliveries_in(town.session, vote.the_round)] == [
        200_000
    ]


def test_a_hall_spends_out_of_what_its_round_has_taken_from_the_fund(town: Town) -> None:
    assembly = hall(town, ItemKind.PURCHASE)
    fund = assembly.the_round.fund
    before = left_for_rounds(town.session, fund)
    vote = buy(town, assembly, check_in(town, assembly, "R1"))
    sign(town, vote.the_round)
    assert left_for_rounds(town.session, fund) == before
    assert position_of(town.session, fund).committed_pence == 200_000


def test_whole_rounds_are_listed_without_the_votes_of_halls(town: Town) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    check_in(town, assembly, "R1")
    vote = opened(town, assembly)
    assert rounds_in(town.session, Phase.VOTE) == []
    assert rounds_in(town.session, Phase.VOTE, kinds=[RoundKind.HALL]) == [vote.the_round]


def test_a_receipt_of_a_hall_vote_is_found_while_it_waits(town: Town) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    (person,) = check_in(town, assembly, "R1")
    vote = opened(town, assembly)
    vote_for(town, vote, person, ["1"])
    entry = town.session.scalars(select(RollEntry).where(RollEntry.round_id == vote.round_id)).one()
    promise = receipt_of(town.session, town.keys, vote.round_id, entry)
    assert promise is not None
    found = find_receipt(town.session, town.keys, promise.code)
    assert found is not None
    assert found.round_id == vote.round_id


# --- the round around it -------------------------------------------------------------------------


def test_a_round_is_done_once_all_that_its_halls_decided_is_signed(town: Town) -> None:
    assembly = hall(town, ItemKind.PURCHASE)
    main, people = assembly.the_round, check_in(town, assembly, "R1")
    assert blockers(town, main, Phase.DELIVERY) == [Blocker.NOTHING_DECIDED_IN_HALL]
    vote = buy(town, assembly, people)
    assert blockers(town, main, Phase.DELIVERY) == [Blocker.HALL_VOTES_WAIT]
    sign(town, vote.the_round)
    take_forward(town.session, town.keys, main, Phase.DELIVERY, town.officer, "All is decided.")
    assert main.phase == Phase.DELIVERY
    assert first_fault_in_database(town.session, town.keys, main) is None


def test_what_a_hall_bought_is_set_as_chosen_before_its_round_votes(town: Town) -> None:
    assembly = hall(town, ItemKind.PURCHASE)
    buy(town, assembly, check_in(town, assembly, "R1"))
    assert blockers(town, assembly.the_round, Phase.VOTE) == [Blocker.BOUGHT_IN_HALL]


def test_money_that_was_signed_is_not_signed_again(town: Town) -> None:
    """Of £10,000 the ward chooses £8,000, and the hall meanwhile buys £6,000."""
    assembly = hall(town, ItemKind.PURCHASE, ItemKind.BALLOT, phase=Phase.VOTE)
    main, people = assembly.the_round, check_in(town, assembly, "R1")
    vote = buy(town, assembly, people, place=2)
    cast = town.voter(main, 1)
    codes = [project.code for project in projects_in(town.session, main.id)]
    cast_ballot(town.session, town.keys, main, cast, [codes[3]], request_id="ward")
    town.enter(main, Phase.COUNT)
    town.enter(main, Phase.SIGN_OFF)
    sign(town, vote.the_round)
    with pytest.raises(Refused) as refused:
        sign(town, main)
    assert refused.value.reason == Refusal.FUND_SHORT
    assert refused.value.figures == {"short_pence": 400_000}
    assert blockers(town, main, Phase.DELIVERY) == [Blocker.NOT_AGREED, Blocker.MONEY_TAKEN]


def test_what_the_hall_bought_is_not_asked_of_the_fund_again(town: Town) -> None:
    """Ward and hall choose the same bench of £6,000 out of £10,000: there is no second £6,000."""
    assembly = hall(town, ItemKind.PURCHASE, phase=Phase.VOTE)
    main, people = assembly.the_round, check_in(town, assembly, "R1")
    vote = buy(town, assembly, people, place=2)
    code = projects_in(town.session, main.id)[2].code
    cast_ballot(town.session, town.keys, main, town.voter(main, 1), [code], request_id="ward")
    town.enter(main, Phase.COUNT)
    town.enter(main, Phase.SIGN_OFF)
    sign(town, vote.the_round)
    sign(town, main)
    assert main.phase == Phase.DELIVERY
    assert position_of(town.session, main.fund).committed_pence == 600_000


def test_a_project_that_is_decided_on_twice_is_paid_once(town: Town) -> None:
    assembly = hall(town, ItemKind.PURCHASE, phase=Phase.VOTE)
    main, people = assembly.the_round, check_in(town, assembly, "R1")
    vote = buy(town, assembly, people)
    code = projects_in(town.session, main.id)[0].code
    cast_ballot(town.session, town.keys, main, town.voter(main, 1), [code], request_id="ward")
    town.enter(main, Phase.COUNT)
    town.enter(main, Phase.SIGN_OFF)
    sign(town, vote.the_round)
    sign(town, main)
    assert main.phase == Phase.DELIVERY
    assert position_of(town.session, main.fund).committed_pence == 200_000


def test_scores_spend_nothing_before_they_are_signed(town: Town, clock: Clock) -> None:
    assembly = hall(town, ItemKind.SCORES)
    (person,) = check_in(town, assembly, "R1")
    vote = opened(town, assembly)
    code = projects_in(town.session, vote.round_id)[0].code
    vote_for(town, vote, person, {code: 5})
    close(town, vote)
    release(town.session, vote, town.facilitator)
    clock.moves(seconds=10)
    count_closed(town.session, town.keys, vote.the_round)
    assert balance_of(town.session, assembly) == 1_000_000
    sign(town, vote.the_round)
    assert balance_of(town.session, assembly) == 800_000


# --- a rehearsal ---------------------------------------------------------------------------------


def test_a_rehearsal_is_wiped_with_its_key_and_can_be_held_again(town: Town) -> None:
    session = town.session
    assembly = hall(town, ItemKind.BALLOT, is_practice=True)
    people = check_in(town, assembly, "R1", "R2")
    vote = opened(town, assembly, held=False)
    rehearsed = vote.the_round
    vote_for(town, vote, people[0], ["1"])
    close(town, vote)
    count_closed(session, town.keys, rehearsed)
    entry = session.scalars(select(RollEntry).where(RollEntry.round_id == rehearsed.id)).first()
    assert entry is not None
    code = receipt_code_of_somebody(town, rehearsed)
    assert find_receipt(session, town.keys, code) is not None
    assert wipe_practice(session, town.keys, assembly) == 1
    for table in (Ballot, Casting, PendingBallot, Outcome, HallVote):
        query = select(func.count()).select_from(table).where(table.round_id == rehearsed.id)
        assert session.scalar(query) == 0
    assert roll_size(session, rehearsed.id) == 0
    with pytest.raises(KeyError):
        town.keys.read(rehearsed.id)
    assert find_receipt(session, town.keys, code) is None
    assert roll_size(session, assembly.round_id) == 6
    again = open_vote(session, town.keys, assembly.items[0], town.facilitator)
    assert again.number == 1


def receipt_code_of_somebody(town: Town, the_round: Round) -> str:
    found = town.session.scalars(select(Receipt.code).where(Receipt.round_id == the_round.id))
    return found.one()


def test_wiping_an_earnest_meeting_wipes_nothing(town: Town) -> None:
    assembly = hall(town, ItemKind.BALLOT)
    (person,) = check_in(town, assembly, "R1")
    vote = opened(town, assembly)
    vote_for(town, vote, person, ["1"])
    assert wipe_practice(town.session, town.keys, assembly) == 0
    assert town.session.scalar(select(func.count()).select_from(Casting)) == 1
    assert town.keys.read(vote.round_id)


def test_a_rehearsal_is_signed_by_nobody_and_watched_by_nobody(town: Town) -> None:
    assembly = hall(town, ItemKind.BALLOT, is_practice=True)
    (person,) = check_in(town, assembly, "R1")
    vote = opened(town, assembly, held=False)
    vote_for(town, vote, person, ["1"])
    close(town, vote)
    count_closed(town.session, town.keys, vote.the_round)
    assert awaiting(town.session, town.councillor) == []
    with pytest.raises(Refused) as caught:
        town.approves(vote.the_round, town.councillor)
    assert caught.value.reason == BallotRefusal.ONLY_PRACTICE
    assert [head.round_id for head in heads(town.session)] == []


def test_a_rehearsal_needs_no_councillor_and_an_earnest_vote_does(town: Town) -> None:
    for appointment in [*town.councillor.appointments, *town.second_councillor.appointments]:
        appointment.ends_on = date(2020, 6, 1)
    town.session.flush()
    for is_practice in (True, False):
        assembly = hall(town, ItemKind.BALLOT, is_practice=is_practice)
        check_in(town, assembly, "R1")
        if is_practice:
            assert opened(town, assembly).the_round.phase == Phase.VOTE
        else:
            with pytest.raises(NotReady) as caught:
                opened(town, assembly)
            assert [o.blocker for o in caught.value.obstacles] == [Blocker.NO_COUNCILLORS]
