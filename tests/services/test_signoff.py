"""Sign-off: interests first, then stage after stage of the route, over one bundle, in public."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from ballots.bars import Declared, declare_interests
from ballots.bundle import bundle_hash, costs_to_sign
from ballots.decision_routes import choose_route
from ballots.moves import conclude_sign_off
from ballots.notices import call_in, correct_notice, end_call_in, lodge, move_money, notice_of
from ballots.record import PublicRecord, record_of
from ballots.refusals import BallotRefusal
from ballots.routes import Agreement, RouteName, Standing, Verdict
from ballots.sheets import SheetGiven, VerdictGiven, sign
from ballots.signing import Ground, NoteKind, OfficerNote, Proof, ReferTo
from ballots.signoff import advance, answer_referral, awaiting, sign_off_of
from ballots.stages import QuietPeriod, withdraw_project
from ballots.stepping_in import (
    except_from_quiet,
    give_more_days,
    name_substitute,
    take_due,
)
from neighbourhoods.assemblies import ActKind, AssemblyAct
from neighbourhoods.delivery import deliveries_in
from neighbourhoods.funds import position_of
from neighbourhoods.interests import InterestKind
from neighbourhoods.people import Office, Person, appoint
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round, create_round, left_for_rounds
from tests.builders import Clock, Town
from tests.services.test_tally import vote

LONG = "It would stand on the only way by which the fire brigade reaches the flats."


def counted(town: Town, approvals: int = 1) -> Round:
    """A round whose voters all chose the £2,000 bench."""
    return counted_on(town, town.round(Phase.VOTE, approvals=approvals))


def counted_on(town: Town, the_round: Round) -> Round:
    vote(town, the_round, range(1, 7))
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    return the_round


def counted_by(town: Town, name: RouteName, agreement: Agreement, call_in_days: int = 0) -> Round:
    """A counted round on a route of its own."""
    the_round = town.round(Phase.DEBATE)
    choose_route(town.session, the_round.fund, name, agreement, call_in_days)
    town.enter(the_round, Phase.VOTE)
    return counted_on(town, the_round)


def refused(town: Town, the_round: Round, person: Person, sheet: SheetGiven | None = None) -> str:
    with pytest.raises(Refused) as error:
        town.signs(the_round, person, sheet)
    return error.value.reason


def everything(town: Town, the_round: Round, verdict: VerdictGiven) -> SheetGiven:
    return SheetGiven(dict.fromkeys(costs_to_sign(town.session, the_round), verdict))


def declares(
    town: Town, the_round: Round, person: Person, kind: InterestKind, dispensation: str = ""
) -> None:
    details = "" if kind is InterestKind.NONE else "I own the boatyard."
    codes = costs_to_sign(town.session, the_round)
    declared = dict.fromkeys(codes, Declared(kind, details, dispensation))
    declare_interests(town.session, the_round, person, declared)


def published(town: Town, the_round: Round) -> PublicRecord:
    record = record_of(town.session, the_round.id)
    assert record is not None
    return record


def decided(town: Town, the_round: Round) -> dict[str, str]:
    """What the notice says was decided, by project code."""
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    return {one["code"]: one["decided"] for one in json.loads(notice.document)["decision"]}


# --- interests before the pen ---------------------------------------------------------------------


def test_nobody_signs_before_declaring(town: Town) -> None:
    the_round = counted(town)
    assert refused(town, the_round, town.councillor) == BallotRefusal.INTEREST_UNDECLARED


def test_a_pecuniary_interest_keeps_a_councillor_out_and_stands(town: Town) -> None:
    the_round = counted(town)
    declares(town, the_round, town.councillor, InterestKind.PECUNIARY)
    assert refused(town, the_round, town.councillor) == BallotRefusal.INTEREST_FORBIDS
    with pytest.raises(Refused) as error:
        declares(town, the_round, town.councillor, InterestKind.NONE)
    assert error.value.reason is BallotRefusal.INTEREST_STANDS


def test_a_dispensation_lets_a_councillor_sign_and_is_in_the_notice(town: Town) -> None:
    the_round = counted(town)
    declares(town, the_round, town.councillor, InterestKind.PECUNIARY, "MO/2026/14")
    town.signs(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    assert json.loads(notice.document)["interests"][0]["dispensation"] == "MO/2026/14"


def test_a_dispensation_without_a_pecuniary_interest_is_refused(town: Town) -> None:
    the_round = counted(town)
    with pytest.raises(Refused) as error:
        declares(town, the_round, town.councillor, InterestKind.OTHER, "MO/2026/14")
    assert error.value.reason is BallotRefusal.DISPENSATION_NEEDLESS


def test_a_conflicted_councillor_is_not_waited_for(town: Town) -> None:
    the_round = counted(town, approvals=2)
    declares(town, the_round, town.councillor, InterestKind.PECUNIARY)
    town.approves(the_round, town.second_councillor)
    assert sign_off_of(town.session, the_round).agreed


def test_when_all_are_conflicted_the_monitoring_officer_names_somebody(town: Town) -> None:
    the_round = counted(town)
    officer = town.person("Mona Monitor", Office.MONITORING_OFFICER)
    for councillor in (town.councillor, town.second_councillor):
        declares(town, the_round, councillor, InterestKind.PECUNIARY)
    sign_off = sign_off_of(town.session, the_round)
    assert sign_off.standing.standing is Standing.ALL_CONFLICTED
    assert sign_off.stuck
    name_substitute(town.session, the_round, officer, town.other_councillor, "Both are conflicted.")
    town.approves(the_round, town.other_councillor)
    assert conclude_sign_off(town.session, town.keys, the_round) is not None
    assert "Both are conflicted." in published(town, the_round).document


def test_a_conflicted_member_cannot_be_named_in_place_of_others(town: Town) -> None:
    the_round = counted(town)
    for councillor in (town.councillor, town.second_councillor):
        declares(town, the_round, councillor, InterestKind.PECUNIARY)
    with pytest.raises(Refused) as error:
        name_substitute(town.session, the_round, town.officer, town.councillor, "Nobody else.")
    assert error.value.reason is BallotRefusal.INTEREST_FORBIDS


def test_whoever_ran_the_vote_in_the_hall_cannot_sign_it(town: Town) -> None:
    the_round = counted(town)
    assembly = town.assembly(the_round)
    act = AssemblyAct(
        assembly_id=assembly.id,
        kind=ActKind.OPEN_VOTE,
        by_id=town.councillor.id,
        acted_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    town.session.add(act)
    town.session.flush()
    town.declares_none(the_round, town.councillor)
    assert refused(town, the_round, town.councillor) == BallotRefusal.RAN_VOTE


def test_whoever_closed_the_vote_cannot_sign_it(town: Town) -> None:
    the_round = counted_by(town, RouteName.OFFICER, Agreement.ANY_ONE)
    town.approves(the_round, town.councillor)
    closer = the_round.moves[-2].moved_by
    assert closer is not None
    appoint(town.session, closer, Office.DELEGATED_OFFICER, None, date(2020, 1, 1))
    town.declares_none(the_round, closer)
    assert refused(town, the_round, closer) == BallotRefusal.CLOSED_VOTE


# --- members agree, or do not ---------------------------------------------------------------------


def test_another_wards_councillor_has_no_seat(town: Town) -> None:
    the_round = counted(town)
    town.declares_none(the_round, town.other_councillor)
    assert refused(town, the_round, town.other_councillor) == BallotRefusal.NOT_YOUR_STAGE


def test_the_same_councillor_cannot_sign_twice(town: Town) -> None:
    the_round = counted(town, approvals=2)
    town.approves(the_round, town.councillor)
    assert refused(town, the_round, town.councillor) == BallotRefusal.ALREADY_DECIDED


def test_one_signature_of_two_leaves_the_round_waiting(town: Town) -> None:
    the_round = counted(town, approvals=2)
    town.approves(the_round, town.councillor)
    assert conclude_sign_off(town.session, town.keys, the_round) is None
    assert the_round.phase == Phase.SIGN_OFF
    assert awaiting(town.session, town.councillor) == []
    assert awaiting(town.session, town.second_councillor) == [the_round]


@pytest.mark.parametrize(
    ("agreement", "standing"),
    [
        (Agreement.ANY_ONE, Standing.DONE),
        (Agreement.MAJORITY, Standing.SPLIT),
        (Agreement.UNANIMOUS, Standing.SPLIT),
        (Agreement.SHARES, Standing.DONE),
    ],
)
def test_two_members_who_disagree(town: Town, agreement: Agreement, standing: Standing) -> None:
    the_round = counted_by(town, RouteName.WARD_MEMBERS, agreement)
    town.approves(the_round, town.councillor)
    town.declares_none(the_round, town.second_councillor)
    declined = VerdictGiven(Verdict.DECLINE, ground=Ground.SAFETY, reasons=LONG)
    if agreement is not Agreement.ANY_ONE:
        sheet = everything(town, the_round, declined)
        town.signs(the_round, town.second_councillor, sheet)
    sign_off = sign_off_of(town.session, the_round)
    assert sign_off.standing.standing is standing
    assert sign_off.stuck is (standing is Standing.SPLIT)


# Who acts after members who only advise; the last of them decides.
AFTER = {
    RouteName.CABINET_MEMBER: (Office.FINANCE_OFFICER, Office.LEGAL_OFFICER, Office.CABINET_MEMBER),
    RouteName.AREA_COMMITTEE: (Office.COMMITTEE_CLERK,),
    RouteName.OFFICER: (Office.DELEGATED_OFFICER,),
    RouteName.ADVISORY: (Office.DELEGATED_OFFICER,),
}
MINUTE = {
    "held_on": "2026-11-20",
    "moved_by": "Cora Councillor",
    "seconded_by": "Otto Other",
    "for": 5,
    "against": 1,
    "abstained": 0,
}


def disagree(town: Town, the_round: Round) -> None:
    """Let one ward member endorse everything, and the other decline it."""
    town.approves(the_round, town.councillor)
    town.declares_none(the_round, town.second_councillor)
    declined = VerdictGiven(Verdict.DECLINE, ground=Ground.SAFETY, reasons=LONG)
    town.signs(the_round, town.second_councillor, everything(town, the_round, declined))


@pytest.mark.parametrize("name", AFTER)
def test_two_members_who_only_advise_and_disagree_leave_it_to_whoever_decides(
    town: Town, name: RouteName
) -> None:
    the_round = counted_by(town, name, Agreement.UNANIMOUS)
    disagree(town, the_round)
    sign_off = sign_off_of(town.session, the_round)
    assert [run.standing for run in sign_off.runs] == [Standing.SPLIT, None]
    assert not sign_off.agreed
    for number, office in enumerate(AFTER[name]):
        person = town.person(f"Officer {number}", office)
        town.declares_none(the_round, person)
        endorsed = everything(town, the_round, VerdictGiven(Verdict.ENDORSE))
        minute = MINUTE if office is Office.COMMITTEE_CLERK else None
        town.signs(the_round, person, SheetGiven(endorsed.verdicts, minute=minute))
    assert conclude_sign_off(town.session, town.keys, the_round) is not None
    assert set(decided(town, the_round).values()) == {"carried"}
    # Both views are on record.
    assert LONG in published(town, the_round).document


@pytest.mark.parametrize("agreement", [Agreement.MAJORITY, Agreement.UNANIMOUS])
def test_two_ward_members_who_disagree_are_settled_by_whoever_is_named(
    town: Town, agreement: Agreement
) -> None:
    the_round = counted_by(town, RouteName.WARD_MEMBERS, agreement)
    disagree(town, the_round)
    officer = town.person("Mona Monitor", Office.MONITORING_OFFICER)
    with pytest.raises(Refused) as error:
        name_substitute(town.session, the_round, officer, town.councillor, "She knows it best.")
    assert error.value.reason is BallotRefusal.ALREADY_DECIDED
    name_substitute(town.session, the_round, officer, town.other_councillor, "They are at odds.")
    assert conclude_sign_off(town.session, town.keys, the_round) is None
    town.approves(the_round, town.other_councillor)
    assert conclude_sign_off(town.session, town.keys, the_round) is not None
    assert set(decided(town, the_round).values()) == {"carried"}


def test_nobody_is_named_who_had_a_hand_in_the_vote(town: Town) -> None:
    the_round = counted(town)
    officer = town.person("Mona Monitor", Office.MONITORING_OFFICER)
    for councillor in (town.councillor, town.second_councillor):
        declares(town, the_round, councillor, InterestKind.PECUNIARY)
    # The officer closed it; they have no seat at the stage, and may not be given one.
    with pytest.raises(Refused) as error:
        name_substitute(town.session, the_round, officer, town.officer, "Nobody else.")
    assert error.value.reason is BallotRefusal.CLOSED_VOTE


def test_westminsters_way_from_ward_members_to_the_cabinet_member(town: Town) -> None:
    the_round = counted_by(town, RouteName.CABINET_MEMBER, Agreement.MAJORITY)
    people = [
        town.councillor,
        town.second_councillor,
        town.person("Fay Finance", Office.FINANCE_OFFICER),
        town.person("Les Legal", Office.LEGAL_OFFICER),
        town.person("Cab Member", Office.CABINET_MEMBER),
    ]
    for person in people:
        assert conclude_sign_off(town.session, town.keys, the_round) is None
        town.approves(the_round, person)
    assert conclude_sign_off(town.session, town.keys, the_round) is not None
    assert set(decided(town, the_round).values()) == {"carried"}


def test_an_area_committees_decision_needs_its_minute(town: Town) -> None:
    the_round = counted_by(town, RouteName.AREA_COMMITTEE, Agreement.ANY_ONE)
    clerk = town.person("Clem Clerk", Office.COMMITTEE_CLERK)
    town.approves(the_round, town.councillor)
    town.declares_none(the_round, clerk)
    assert refused(town, the_round, clerk) == BallotRefusal.MINUTE_MISSING
    endorsed = everything(town, the_round, VerdictGiven(Verdict.ENDORSE))
    town.signs(the_round, clerk, SheetGiven(endorsed.verdicts, minute=MINUTE))
    assert conclude_sign_off(town.session, town.keys, the_round) is not None


def test_a_member_who_resigned_before_signing_is_not_waited_for(town: Town) -> None:
    the_round = counted(town, approvals=2)
    town.approves(the_round, town.councillor)
    term = town.second_councillor.appointments[0]
    term.ends_on = date(2026, 11, 1)
    town.session.flush()
    advance(town.session, the_round)
    assert sign_off_of(town.session, the_round).agreed


def test_a_member_who_signed_and_then_resigned_still_counts(town: Town) -> None:
    the_round = counted(town, approvals=2)
    town.approves(the_round, town.councillor)
    town.councillor.appointments[0].ends_on = date(2026, 11, 1)
    town.session.flush()
    assert not sign_off_of(town.session, the_round).agreed
    town.approves(the_round, town.second_councillor)
    assert sign_off_of(town.session, the_round).agreed


# --- what a sheet must say ------------------------------------------------------------------------


def test_declining_needs_a_ground_and_fifty_characters_of_reasons(town: Town) -> None:
    the_round = counted(town)
    town.declares_none(the_round, town.councillor)
    for given in (
        VerdictGiven(Verdict.DECLINE, reasons=LONG),
        VerdictGiven(Verdict.DECLINE, ground=Ground.SAFETY, reasons="x" * 49),
    ):
        sheet = everything(town, the_round, given)
        assert refused(town, the_round, town.councillor, sheet) == BallotRefusal.REASONS_TOO_SHORT
    given = VerdictGiven(Verdict.DECLINE, ground=Ground.SAFETY, reasons="x" * 50)
    town.signs(the_round, town.councillor, everything(town, the_round, given))


def test_declining_leaves_the_money_and_says_so_beside_what_residents_chose(town: Town) -> None:
    the_round = counted(town)
    town.declares_none(the_round, town.councillor)
    given = VerdictGiven(Verdict.DECLINE, ground=Ground.SAFETY, reasons=LONG)
    town.signs(the_round, town.councillor, everything(town, the_round, given))
    conclude_sign_off(town.session, town.keys, the_round)
    assert set(decided(town, the_round).values()) == {"declined"}
    assert deliveries_in(town.session, the_round) == []
    assert position_of(town.session, the_round.fund).committed_pence == 0
    contents = json.loads(published(town, the_round).document)
    assert contents["residents"]["result"]["winners"] == contents["decision"]["declined"]
    assert LONG in published(town, the_round).document


def test_a_sheet_says_something_of_every_project(town: Town) -> None:
    the_round = counted(town)
    town.declares_none(the_round, town.councillor)
    refusal = refused(town, the_round, town.councillor, SheetGiven())
    assert refusal == BallotRefusal.VERDICT_MISSING


def test_a_condition_is_written_down(town: Town) -> None:
    the_round = counted(town)
    town.declares_none(the_round, town.councillor)
    sheet = everything(town, the_round, VerdictGiven(Verdict.CONDITIONS, condition=" "))
    assert refused(town, the_round, town.councillor, sheet) == BallotRefusal.CONDITION_MISSING


# --- the bundle -----------------------------------------------------------------------------------


def test_an_old_bundle_cannot_be_signed(town: Town) -> None:
    the_round = counted(town)
    town.declares_none(the_round, town.councillor)
    old = bundle_hash(town.session, the_round)
    town.session.add(
        OfficerNote(
            round_id=the_round.id,
            kind=NoteKind.LEGAL,
            words="The bench needs a licence.",
            written_by=town.officer,
            written_at=datetime(2026, 11, 24, tzinfo=UTC),
        )
    )
    town.session.flush()
    sheet = everything(town, the_round, VerdictGiven(Verdict.ENDORSE))
    with pytest.raises(Refused) as error:
        sign(
            town.session,
            the_round,
            town.councillor,
            sheet,
            bundle_sha256=old,
            proof=Proof.PASSKEY,
        )
    assert error.value.reason is BallotRefusal.BUNDLE_CHANGED


def test_a_project_withdrawn_meanwhile_voids_the_signatures_and_is_not_paid(town: Town) -> None:
    the_round = counted(town, approvals=2)
    town.approves(the_round, town.councillor)
    (code,) = costs_to_sign(town.session, the_round)
    project = next(one for one in projects_in(town.session, the_round.id) if one.code == code)
    withdraw_project(town.session, the_round, project, town.officer, "The owner sold the site.")
    assert town.councillor.id in sign_off_of(town.session, the_round).standing.waits_for
    for councillor in (town.councillor, town.second_councillor):
        town.approves(the_round, councillor)
    assert conclude_sign_off(town.session, town.keys, the_round) is not None
    assert decided(town, the_round) == {code: "withdrawn"}
    assert deliveries_in(town.session, the_round) == []


# --- referred back --------------------------------------------------------------------------------


def asked(town: Town) -> SheetGiven:
    return SheetGiven(
        reasons="It is not clear who pays.",
        refer_to=ReferTo.OFFICERS,
        question="Who insures the ramp?",
        answer_by=date(2026, 12, 1),
    )


def test_referring_back_needs_reasons_and_stops_the_others(town: Town) -> None:
    the_round = counted(town)
    for councillor in (town.councillor, town.second_councillor):
        town.declares_none(the_round, councillor)
    sheet = SheetGiven(refer_to=ReferTo.OFFICERS, question="Who insures the ramp?")
    assert refused(town, the_round, town.councillor, sheet) == BallotRefusal.REASONS_MISSING
    town.signs(the_round, town.councillor, asked(town))
    assert refused(town, the_round, town.second_councillor) == BallotRefusal.REFERRED_BACK


def test_an_answered_referral_opens_a_second_sitting(town: Town) -> None:
    the_round = counted(town)
    town.declares_none(the_round, town.councillor)
    town.signs(the_round, town.councillor, asked(town))
    answer_referral(town.session, the_round, town.officer, "The canal trust does.")
    assert sign_off_of(town.session, the_round).sitting == 2
    town.signs(the_round, town.councillor)
    assert conclude_sign_off(town.session, town.keys, the_round) is not None
    document = published(town, the_round).document
    assert "Who insures the ramp?" in document
    assert "The canal trust does." in document


# --- days, silence, quiet periods -----------------------------------------------------------------


def test_reminders_go_out_at_half_and_four_fifths_of_the_days_then_it_escalates(
    town: Town, clock: Clock
) -> None:
    the_round = counted(town, approvals=2)
    town.approves(the_round, town.councillor)
    sent = []
    for _ in range(30):
        clock.moves(days=1)
        due = take_due(town.session, the_round)
        sent.append((len(due.remind), due.escalate) if due else None)
    days = {day: what for day, what in enumerate(sent, start=1) if what}
    assert days == {14: (1, False), 23: (1, False), 28: (0, True)}


def test_a_late_signature_counts_until_somebody_else_is_named(town: Town, clock: Clock) -> None:
    the_round = counted(town)
    town.declares_none(the_round, town.councillor)
    clock.moves(days=40)
    assert sign_off_of(town.session, the_round).standing.standing is Standing.SILENT
    town.signs(the_round, town.councillor)
    assert sign_off_of(town.session, the_round).agreed


def test_more_days_are_given_with_a_reason_and_only_where_it_is_stuck(
    town: Town, clock: Clock
) -> None:
    the_round = counted(town)
    with pytest.raises(Refused) as error:
        give_more_days(town.session, the_round, town.officer, 7, "Illness.")
    assert error.value.reason is BallotRefusal.NOT_STUCK
    clock.moves(days=40)
    run = give_more_days(town.session, the_round, town.officer, 7, "Illness.")
    assert run.deadline_at == clock() + timedelta(days=7)
    assert sign_off_of(town.session, the_round).standing.standing is Standing.WAITING


def test_nothing_is_signed_in_a_pre_election_period_unless_it_is_excepted(
    town: Town, clock: Clock
) -> None:
    the_round = counted(town)
    town.declares_none(the_round, town.councillor)
    today = clock().date()
    town.session.add(QuietPeriod(starts_on=today, ends_on=today, words="Local elections"))
    town.session.flush()
    assert refused(town, the_round, town.councillor) == BallotRefusal.PRE_ELECTION
    except_from_quiet(town.session, the_round, town.officer, "The grant ends this week.")
    town.signs(the_round, town.councillor)


# --- the notice, and the money --------------------------------------------------------------------


def test_agreement_freezes_the_record_and_its_notice_and_begins_delivery(town: Town) -> None:
    the_round = counted(town)
    town.approves(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    assert the_round.phase == Phase.DELIVERY
    (delivery,) = deliveries_in(town.session, the_round)
    assert delivery.committed_pence == 200_000
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    told = json.loads(notice.document)
    for name in ("date", "decision", "reasons", "alternatives", "interests"):
        assert name in told
    assert told["decided_by"] == ["Cora Councillor"]
    assert [one["title"] for one in told["alternatives"]] == ["Bench 2", "Bench 3", "Bench 4"]


def test_money_waits_until_nobody_may_call_the_decision_in(town: Town, clock: Clock) -> None:
    the_round = counted_by(town, RouteName.WARD_MEMBERS, Agreement.ANY_ONE, call_in_days=5)
    town.approves(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    assert deliveries_in(town.session, the_round) == []
    clock.moves(days=4)
    assert not move_money(town.session, the_round)
    clock.moves(days=1)
    assert move_money(town.session, the_round)
    assert len(deliveries_in(town.session, the_round)) == 1
    assert not move_money(town.session, the_round)


def test_money_that_waits_for_the_call_in_is_promised_to_no_other_round(
    town: Town, clock: Clock
) -> None:
    the_round = counted_by(town, RouteName.WARD_MEMBERS, Agreement.ANY_ONE, call_in_days=5)
    town.approves(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    for _ in range(2):
        # £10,000 in the fund, £2,000 decided: the same before and after the money has moved.
        assert left_for_rounds(town.session, the_round.fund) == 800_000
        with pytest.raises(Refused) as error:
            create_round(town.session, the_round.fund, "Next", "For it.", "Soon.", 800_001)
        assert error.value.reason is Refusal.FUND_EXCEEDED
        clock.moves(days=5)
        move_money(town.session, the_round)


def test_a_decision_that_was_called_in_keeps_its_money_until_that_is_over(
    town: Town, clock: Clock
) -> None:
    the_round = counted_by(town, RouteName.WARD_MEMBERS, Agreement.ANY_ONE, call_in_days=5)
    town.approves(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    call_in(town.session, notice, "Scrutiny wants to hear the residents.")
    clock.moves(days=30)
    assert not move_money(town.session, the_round)
    end_call_in(town.session, notice)
    assert move_money(town.session, the_round)
    with pytest.raises(Refused) as error:
        call_in(town.session, notice, "Once more.")
    assert error.value.reason is BallotRefusal.CALLED_IN_ALREADY


def test_a_ward_members_record_is_to_be_lodged_within_a_month(town: Town, clock: Clock) -> None:
    clock.moment = datetime(2027, 1, 31, 12, 0, tzinfo=UTC)
    the_round = counted(town)
    town.approves(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    assert notice.lodge_by == date(2027, 2, 28)
    with pytest.raises(Refused) as error:
        lodge(town.session, notice, clock().date(), " ")
    assert error.value.reason is BallotRefusal.RECEIPT_MISSING
    lodge(town.session, notice, clock().date(), "DS/4711")
    assert notice.lodged_receipt == "DS/4711"


def test_a_slip_of_the_pen_is_put_right_beside_the_notice(town: Town) -> None:
    the_round = counted(town)
    town.approves(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    before = (notice.document, notice.digest, notice.signature)
    correct_notice(town.session, town.keys, notice, town.officer, "It says “beech”, read “bench”.")
    assert (notice.document, notice.digest, notice.signature) == before
    assert [one.words for one in notice.corrections] == ["It says “beech”, read “bench”."]


def test_notices_are_numbered_through_the_year(town: Town) -> None:
    numbers = []
    for _ in range(2):
        the_round = counted(town)
        town.approves(the_round, town.councillor)
        conclude_sign_off(town.session, town.keys, the_round)
        notice = notice_of(town.session, the_round.id)
        numbers.append(notice.number if notice else None)
    assert numbers == ["2026/1", "2026/2"]


def test_the_record_names_no_voter(town: Town) -> None:
    the_round = counted(town)
    town.approves(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    document = published(town, the_round).document
    for private in ("Voter 1", "voter1@example.org", "Rita", "@example.org"):
        assert private not in document
