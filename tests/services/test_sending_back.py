"""A decision that was called in: confirmed, or sent back to whoever signed it and decided again."""

from datetime import date

import pytest

from ballots.audit import first_fault
from ballots.disputes import destroy_key, disputes_end_at, is_key_due
from ballots.ledger import EntryKind, entries_of
from ballots.moves import conclude_sign_off, take_forward
from ballots.notices import DecisionNotice, call_in, end_call_in, move_money, notice_of
from ballots.published import record_in_pieces
from ballots.record import record_of
from ballots.refusals import BallotRefusal
from ballots.routes import Agreement, RouteName, Verdict
from ballots.sending_back import send_back
from ballots.sheets import VerdictGiven
from ballots.signing import Ground
from ballots.signoff import awaiting, sign_off_of, signatures_on
from ballots.verify import Notice, Report, parse_json, verify
from neighbourhoods.delivery import deliveries_in
from neighbourhoods.funds import position_of
from neighbourhoods.people import Office, Person
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round, left_for_rounds
from tests import second_verifier
from tests.builders import Clock, Town
from tests.services.test_signoff import LONG, counted_by, decided, everything

WHY = "Scrutiny heard that the lock is listed. Please look at the bench again."


@pytest.fixture
def monitor(town: Town) -> Person:
    return town.person("Mona Monitor", Office.MONITORING_OFFICER)


def called_in(town: Town) -> tuple[Round, DecisionNotice]:
    """A decision that somebody called in while its money waited five days."""
    the_round = counted_by(town, RouteName.WARD_MEMBERS, Agreement.ANY_ONE, call_in_days=5)
    town.approves(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    notice = newest(town, the_round)
    call_in(town.session, notice, "Three members ask for it.")
    return the_round, notice


def newest(town: Town, the_round: Round) -> DecisionNotice:
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    return notice


def test_a_sent_back_decision_waits_for_its_signers_and_pays_nothing(
    town: Town, monitor: Person, clock: Clock
) -> None:
    the_round, notice = called_in(town)
    send_back(town.session, town.keys, notice, monitor, WHY)
    assert the_round.phase == Phase.SIGN_OFF
    assert awaiting(town.session, town.councillor) == [the_round]
    clock.moves(days=40)
    assert not move_money(town.session, the_round)
    assert deliveries_in(town.session, the_round) == []
    assert position_of(town.session, the_round.fund).committed_pence == 0
    # The whole £10,000 is set aside again while it is signed.
    assert left_for_rounds(town.session, the_round.fund) == 0


def test_nothing_that_was_signed_is_edited_when_a_decision_is_sent_back_and_declined(
    town: Town, monitor: Person, clock: Clock
) -> None:
    the_round, first = called_in(town)
    record = record_of(town.session, the_round.id)
    assert record is not None
    before = (record.document, first.document, first.digest, first.signature)
    signed = [(one.id, one.bundle_sha256) for one in signatures_on(town.session, the_round.id)]
    send_back(town.session, town.keys, first, monitor, WHY)
    clock.moves(days=3)
    declined = VerdictGiven(Verdict.DECLINE, ground=Ground.UNLAWFUL, reasons=LONG)
    town.signs(the_round, town.councillor, everything(town, the_round, declined))
    assert conclude_sign_off(town.session, town.keys, the_round) is not None
    second = newest(town, the_round)
    assert (first.number, second.number) == ("2026/1", "2026/2")
    assert set(decided(town, the_round).values()) == {"declined"}
    assert before == (record.document, first.document, first.digest, first.signature)
    stands = signatures_on(town.session, the_round.id)
    assert [(one.id, one.bundle_sha256) for one in stands][: len(signed)] == signed
    # The new signature stands over another bundle, in the new notice.
    assert stands[-1].bundle_sha256 != signed[0][1]
    again = second.contents["decided_again"]
    assert again["after"] == "2026/1"
    assert again["decision"]["bundle"]["sent_back"] == [
        {"notice": "2026/1", "why": WHY, "by": "Mona Monitor"}
    ]
    assert [one["verdicts"][0]["verdict"] for one in again["decision"]["signatures"]] == [
        "endorse",
        "decline",
    ]
    assert position_of(town.session, the_round.fund).committed_pence == 0
    assert left_for_rounds(town.session, the_round.fund) == 1_000_000


def test_a_decision_that_is_taken_again_pays_at_once_and_once(
    town: Town, monitor: Person, clock: Clock
) -> None:
    the_round, first = called_in(town)
    send_back(town.session, town.keys, first, monitor, WHY)
    clock.moves(days=3)
    town.signs(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    second = newest(town, the_round)
    assert second.call_in_until == second.published_at
    assert second.lodge_by == date(2026, 12, 26)
    assert position_of(town.session, the_round.fund).committed_pence == 200_000
    assert not move_money(town.session, the_round)
    assert len(deliveries_in(town.session, the_round)) == 1
    with pytest.raises(Refused) as refused:
        call_in(town.session, second, "Once more.")
    assert refused.value.reason is BallotRefusal.CALL_IN_OVER


def test_the_key_is_kept_while_a_decision_is_taken_again_and_for_four_weeks_after_it(
    town: Town, monitor: Person, clock: Clock
) -> None:
    the_round, first = called_in(town)
    clock.moves(days=20)
    send_back(town.session, town.keys, first, monitor, WHY)
    clock.moves(days=9)  # 29 since it was signed first
    assert disputes_end_at(town.session, the_round) is None
    with pytest.raises(Refused) as refused:
        destroy_key(town.session, town.keys, the_round, "Olive Officer")
    assert refused.value.reason is BallotRefusal.DISPUTES_POSSIBLE
    town.signs(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    clock.moves(days=27)
    assert not is_key_due(town.session, the_round)
    clock.moves(days=1)
    assert is_key_due(town.session, the_round)


def test_only_a_called_in_decision_is_sent_back_once_and_with_reasons(
    town: Town, monitor: Person
) -> None:
    the_round = counted_by(town, RouteName.WARD_MEMBERS, Agreement.ANY_ONE, call_in_days=5)
    town.approves(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    notice = newest(town, the_round)

    def refusal(why: str) -> object:
        with pytest.raises(Refused) as refused:
            send_back(town.session, town.keys, notice, monitor, why)
        return refused.value.reason

    assert refusal(WHY) is BallotRefusal.NOT_CALLED_IN
    call_in(town.session, notice, "Three members ask for it.")
    assert refusal("  ") is BallotRefusal.REASONS_MISSING
    send_back(town.session, town.keys, notice, monitor, WHY)
    assert refusal(WHY) is BallotRefusal.SENT_BACK_ALREADY
    with pytest.raises(Refused) as refused:
        end_call_in(town.session, notice)
    assert refused.value.reason is BallotRefusal.SENT_BACK_ALREADY


def test_nobody_takes_a_decided_round_back_by_hand(town: Town) -> None:
    the_round, _notice = called_in(town)
    with pytest.raises(Refused) as refused:
        take_forward(town.session, town.keys, the_round, Phase.SIGN_OFF, town.officer, "again")
    assert refused.value.reason is Refusal.NO_SUCH_MOVE


def test_whoever_steps_back_into_the_first_stage_finds_it_with_days_of_its_own(
    town: Town, monitor: Person, clock: Clock
) -> None:
    the_round, notice = called_in(town)
    clock.moves(days=4)
    send_back(town.session, town.keys, notice, monitor, WHY)
    sign_off = sign_off_of(town.session, the_round)
    assert (sign_off.sitting, len(sign_off.runs)) == (2, 1)
    assert sign_off.run is not None
    assert (sign_off.run.deadline_at - clock.moment).days == 28


def test_ledger_and_both_verifiers_follow_a_decision_that_was_taken_again(
    town: Town, monitor: Person, clock: Clock
) -> None:
    the_round, first = called_in(town)
    send_back(town.session, town.keys, first, monitor, WHY)
    assert first_fault(town.session, town.keys, the_round) is None
    clock.moves(days=3)
    town.signs(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    told = [entry.kind for entry in entries_of(town.session, the_round.id)]
    signed = told.index(EntryKind.SIGNED)
    assert told[signed:] == [
        EntryKind.SIGNED,
        EntryKind.NOTICE,
        EntryKind.CORRECTION,
        EntryKind.NOTICE,
    ]
    assert first_fault(town.session, town.keys, the_round) is None
    record = parse_json("".join(record_in_pieces(town.session, the_round, opened=True)))
    for notice in (first, newest(town, the_round)):
        proof = {"notice_sha256": notice.digest, "signature": notice.signature}
        report = Report()
        verify(record, report, notice=Notice(notice.document.encode(), proof))
        assert any(f"decision notice {notice.number}: its text" in one for one in report.checked)
        second_verifier.check_notice(record, notice.document.encode(), proof)
    assert second_verifier.first_fault(record) is None
