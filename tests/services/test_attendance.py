"""Attendance: each person present once, each with one phone, and walk-ins only by an officer."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from neighbourhoods.assemblies import ActKind, Assembly, AssemblyAct, AssemblyState
from neighbourhoods.attendance import (
    Attendee,
    Channel,
    Phone,
    attendee_of,
    attendees_in,
    change_channel,
    check_in,
    check_out,
    come_back,
    is_quorate,
    join_by_phone,
    pair,
    phone_by_number,
    phone_in,
    phone_of,
    present_in,
)
from neighbourhoods.database import Database
from neighbourhoods.door import (
    WalkIn,
    answer_walk_in,
    approve_walk_in,
    ask_for_walk_in,
    card_code_in,
    find_on_roll,
    undo_check_in,
    walk_ins_waiting,
)
from neighbourhoods.eligibility import RollRow, replace_roll, voter_code
from neighbourhoods.funds import Fund
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round, RoundKind
from tests.builders import CODE_KEY, Clock, Town


@pytest.fixture
def the_round(town: Town) -> Round:
    return town.round(Phase.DEBATE)


@pytest.fixture
def assembly(town: Town, the_round: Round) -> Assembly:
    return town.assembly(the_round)


def come(town: Town, assembly: Assembly, number: int, channel: Channel = Channel.PHONE) -> Attendee:
    entry = town.voter(assembly.the_round, number)
    return check_in(town.session, assembly, entry, town.facilitator, channel)


def refusal_of(error: pytest.ExceptionInfo[Refused]) -> object:
    return error.value.reason


# --- checking in ---------------------------------------------------------------------------------


def test_whoever_is_checked_in_counts_as_present(town: Town, assembly: Assembly) -> None:
    come(town, assembly, 1)
    come(town, assembly, 2, Channel.PAPER)
    assert present_in(town.session, assembly.id) == 2
    assert [(one.name, one.channel) for one in attendees_in(town.session, assembly.id)] == [
        ("Voter 1", Channel.PHONE),
        ("Voter 2", Channel.PAPER),
    ]


def test_the_door_is_told_of_somebody_who_is_present_already(
    town: Town, assembly: Assembly
) -> None:
    come(town, assembly, 1)
    with pytest.raises(Refused) as error:
        come(town, assembly, 1)
    assert refusal_of(error) == Refusal.ALREADY_CHECKED_IN
    assert present_in(town.session, assembly.id) == 1


def test_a_voter_card_shown_after_the_door_leaves_somebody_as_the_door_had_them(
    town: Town, assembly: Assembly
) -> None:
    at_door = come(town, assembly, 1, Channel.PAPER)
    by_card = check_in(town.session, assembly, town.voter(assembly.the_round, 1), None)
    assert by_card.id == at_door.id
    assert by_card.channel == Channel.PAPER


def test_two_doors_check_in_the_same_person_once(
    town: Town, assembly: Assembly, database: Database
) -> None:
    entry = town.voter(assembly.the_round, 1)
    town.session.commit()
    for _ in range(2):
        with database.writing() as session:
            check_in(session, session.get_one(Assembly, assembly.id), entry, None)
            session.commit()
    assert present_in(town.session, assembly.id) == 1


def test_somebody_of_another_round_is_not_on_this_roll(town: Town, assembly: Assembly) -> None:
    stranger = town.round(Phase.DEBATE)
    entry = town.voter(stranger, 1)
    with pytest.raises(Refused) as error:
        check_in(town.session, assembly, entry, town.facilitator, Channel.PHONE)
    assert refusal_of(error) == Refusal.NOT_ON_THIS_ROLL


def test_nobody_is_checked_in_once_the_meeting_has_ended(
    town: Town, assembly: Assembly, clock: Clock
) -> None:
    assembly.state = AssemblyState.ENDED
    assembly.began_at, assembly.ended_at = clock(), clock() + timedelta(hours=2)
    with pytest.raises(Refused) as error:
        come(town, assembly, 1)
    assert refusal_of(error) == Refusal.MEETING_ENDED
    with pytest.raises(Refused):
        join_by_phone(town.session, assembly)


def test_whoever_leaves_is_not_present_and_may_come_back(town: Town, assembly: Assembly) -> None:
    attendee = come(town, assembly, 1)
    check_out(town.session, attendee, town.facilitator)
    assert present_in(town.session, assembly.id) == 0
    with pytest.raises(Refused) as error:
        check_out(town.session, attendee, town.facilitator)
    assert refusal_of(error) == Refusal.HAS_LEFT
    assert come(town, assembly, 1, Channel.PAPER).id == attendee.id
    assert present_in(town.session, assembly.id) == 1
    assert attendee.channel == Channel.PAPER


def test_a_walk_in_who_left_may_come_back(town: Town, assembly: Assembly) -> None:
    attendee = approve_walk_in(
        town.session, assembly, "Wanda", town.officer, town.officer, Channel.PAPER
    )
    check_out(town.session, attendee, town.facilitator)
    come_back(town.session, assembly, attendee, town.facilitator)
    assert present_in(town.session, assembly.id) == 1
    with pytest.raises(Refused) as error:
        come_back(town.session, assembly, attendee, town.facilitator)
    assert refusal_of(error) == Refusal.ALREADY_CHECKED_IN


def test_the_log_says_who_checked_whom_in(town: Town, assembly: Assembly) -> None:
    attendee = come(town, assembly, 1)
    change_channel(town.session, attendee, Channel.PAPER, town.officer)
    check_out(town.session, attendee, town.officer)
    query = select(AssemblyAct).where(AssemblyAct.kind != ActKind.CHANGE_AGENDA)
    acts = town.session.scalars(query.order_by(AssemblyAct.id)).all()
    assert [(act.kind, act.by_id, act.words) for act in acts] == [
        (ActKind.CHECK_IN, town.facilitator.id, "Voter 1"),
        (ActKind.CHECK_IN, town.officer.id, "Voter 1: paper"),
        (ActKind.CHECK_OUT, town.officer.id, "Voter 1"),
    ]


@pytest.mark.parametrize(
    ("quorum", "present", "enough"), [(None, 0, True), (3, 2, False), (3, 3, True)]
)
def test_a_quorum_is_met_by_as_many_as_it_says(
    assembly: Assembly, quorum: int | None, present: int, enough: bool
) -> None:
    assembly.quorum = quorum
    assert is_quorate(assembly, present) is enough


# --- taking back ---------------------------------------------------------------------------------


def test_a_mistaken_check_in_is_taken_back_as_if_it_had_not_been(
    town: Town, assembly: Assembly
) -> None:
    attendee = come(town, assembly, 1)
    phone = join_by_phone(town.session, assembly)
    pair(town.session, phone, attendee, town.facilitator)
    undo_check_in(town.session, attendee, town.facilitator)
    assert attendees_in(town.session, assembly.id) == []
    assert phone.attendee_id is None
    assert come(town, assembly, 1).name == "Voter 1"


def test_a_check_in_stays_once_a_vote_has_its_person_on_its_roll(
    town: Town, assembly: Assembly
) -> None:
    attendee = come(town, assembly, 1)
    vote = hall_round(town, assembly.the_round)
    replace_roll(town.session, CODE_KEY, vote, [RollRow("R1", "Voter 1", None, None)])
    with pytest.raises(Refused) as error:
        undo_check_in(town.session, attendee, town.facilitator)
    assert refusal_of(error) == Refusal.ON_A_VOTES_ROLL
    assert present_in(town.session, assembly.id) == 1


def hall_round(town: Town, the_round: Round) -> Round:
    fund = town.session.get_one(Fund, the_round.fund_id)
    vote = Round(
        fund=fund,
        title="A vote",
        purpose="",
        budget_pence=100,
        phase=Phase.SET_UP,
        kind=RoundKind.HALL,
        within=the_round,
    )
    town.session.add(vote)
    town.session.flush()
    return vote


# --- phones --------------------------------------------------------------------------------------


def test_every_phone_gets_four_digits_of_its_own(town: Town, assembly: Assembly) -> None:
    numbers = [join_by_phone(town.session, assembly).number for _ in range(60)]
    assert len(set(numbers)) == 60
    assert all(1000 <= number <= 9999 for number in numbers)


def test_a_number_that_is_taken_is_drawn_again(
    town: Town, assembly: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    draws = iter([5, 5, 7])
    monkeypatch.setattr("neighbourhoods.attendance.secrets.randbelow", lambda _most: next(draws))
    assert join_by_phone(town.session, assembly).number == 1005
    assert join_by_phone(town.session, assembly).number == 1007


def test_a_phone_is_found_by_its_digits_and_only_in_its_meeting(
    town: Town, assembly: Assembly
) -> None:
    phone = join_by_phone(town.session, assembly)
    other = town.assembly(assembly.the_round)
    digits = str(phone.number)
    for written in (digits, f" {digits[:2]} {digits[2:]} ", f"{digits[:2]}-{digits[2:]}"):
        assert phone_by_number(town.session, assembly, written) == phone
    assert phone_by_number(town.session, assembly, "12345") is None
    assert phone_by_number(town.session, assembly, "٤٥٦٧") is None
    assert phone_by_number(town.session, other, digits) is None
    assert phone_in(town.session, assembly, phone.id) == phone
    assert phone_in(town.session, other, phone.id) is None
    assert phone_in(town.session, assembly, "1") is None


def test_a_new_phone_of_somebody_replaces_their_earlier_one(town: Town, assembly: Assembly) -> None:
    attendee = come(town, assembly, 1)
    first, second = (join_by_phone(town.session, assembly) for _ in range(2))
    pair(town.session, first, attendee, town.facilitator)
    pair(town.session, second, attendee, town.facilitator)
    assert first.attendee_id is None
    assert phone_of(town.session, attendee) == second


def test_a_phone_of_somebody_present_is_not_taken_from_them(town: Town, assembly: Assembly) -> None:
    first, second = come(town, assembly, 1), come(town, assembly, 2)
    phone = join_by_phone(town.session, assembly)
    pair(town.session, phone, first, town.facilitator)
    with pytest.raises(Refused) as error:
        pair(town.session, phone, second, town.facilitator)
    assert refusal_of(error) == Refusal.PHONE_TAKEN
    check_out(town.session, first, town.facilitator)
    pair(town.session, phone, second, town.facilitator)
    assert phone.attendee_id == second.id


def test_a_phone_of_another_meeting_or_for_somebody_gone_is_refused(
    town: Town, assembly: Assembly
) -> None:
    attendee = come(town, assembly, 1)
    stranger: Phone = join_by_phone(town.session, town.assembly(assembly.the_round))
    with pytest.raises(Refused) as error:
        pair(town.session, stranger, attendee, None)
    assert refusal_of(error) == Refusal.NO_SUCH_PHONE
    check_out(town.session, attendee, town.facilitator)
    with pytest.raises(Refused) as error:
        pair(town.session, join_by_phone(town.session, assembly), attendee, None)
    assert refusal_of(error) == Refusal.HAS_LEFT


# --- walk-ins ------------------------------------------------------------------------------------


def test_a_facilitator_may_only_ask_for_a_walk_in(town: Town, assembly: Assembly) -> None:
    asking = ask_for_walk_in(
        town.session, assembly, "  Wanda   Walker ", town.facilitator, Channel.PHONE
    )
    assert present_in(town.session, assembly.id) == 0
    with pytest.raises(Refused) as error:
        answer_walk_in(town.session, assembly, asking, town.facilitator, approved=True)
    assert refusal_of(error) == Refusal.OFFICER_NEEDED
    with pytest.raises(Refused) as error:
        approve_walk_in(town.session, assembly, "Wanda", town.facilitator, town.facilitator)
    assert refusal_of(error) == Refusal.OFFICER_NEEDED
    assert present_in(town.session, assembly.id) == 0
    assert [one.name for one in walk_ins_waiting(town.session, assembly)] == ["Wanda Walker"]


def test_whom_an_officer_approves_is_checked_in_with_the_officers_name(
    town: Town, assembly: Assembly
) -> None:
    asking = ask_for_walk_in(town.session, assembly, "Wanda", town.facilitator, Channel.PAPER)
    attendee = answer_walk_in(town.session, assembly, asking, town.officer, approved=True)
    assert attendee is not None
    assert (attendee.is_walk_in, attendee.approved_by_id) == (True, town.officer.id)
    assert (attendee.checked_in_by_id, attendee.channel) == (town.facilitator.id, Channel.PAPER)
    assert attendee_of(town.session, assembly, attendee.reference) == attendee
    assert walk_ins_waiting(town.session, assembly) == []
    with pytest.raises(Refused) as error:
        answer_walk_in(town.session, assembly, asking, town.officer, approved=True)
    assert refusal_of(error) == Refusal.ALREADY_ANSWERED


def test_whom_an_officer_turns_away_is_not_present(town: Town, assembly: Assembly) -> None:
    asking = ask_for_walk_in(town.session, assembly, "Wanda", town.facilitator, Channel.PHONE)
    assert answer_walk_in(town.session, assembly, asking, town.officer, approved=False) is None
    assert present_in(town.session, assembly.id) == 0
    assert walk_ins_waiting(town.session, assembly) == []


def test_an_approved_walk_in_can_be_taken_back(town: Town, assembly: Assembly) -> None:
    asking = ask_for_walk_in(town.session, assembly, "Wanda", town.facilitator, Channel.PHONE)
    attendee = answer_walk_in(town.session, assembly, asking, town.officer, approved=True)
    assert attendee is not None
    undo_check_in(town.session, attendee, town.officer)
    assert present_in(town.session, assembly.id) == 0
    assert town.session.scalars(select(WalkIn)).one().is_turned_away


def test_a_walk_in_without_a_name_is_refused(town: Town, assembly: Assembly) -> None:
    with pytest.raises(Refused) as error:
        ask_for_walk_in(town.session, assembly, "  ", town.facilitator, Channel.PHONE)
    assert refusal_of(error) == Refusal.NAME_MISSING


# --- finding people ------------------------------------------------------------------------------


@pytest.fixture
def streets(town: Town, assembly: Assembly) -> Assembly:
    rows = [
        RollRow("A1", "Zoë Smith", "ZZ1 1AA", None),
        RollRow("A2", "Élise Smithson", "ZZ1 1AB", None),
        RollRow("A3", "Tom 100% Jones", "ZZ12 3CD", None),
    ]
    replace_roll(town.session, CODE_KEY, assembly.the_round, rows)
    return assembly


@pytest.mark.parametrize(
    ("words", "references"),
    [
        ("smith", ["A1", "A2"]),
        ("SMITH zo", ["A1"]),
        ("zoe", ["A1"]),
        ("Elise smith", ["A2"]),
        ("ZOË", ["A1"]),
        ("élise", ["A2"]),
        ("zz11aa", ["A1"]),
        ("smith zz1 1ab", ["A2"]),
        ("zz1", ["A3", "A1", "A2"]),
        ("A3", ["A3"]),
        ("%%", []),
        ("_o", []),
        ("s", []),
        ("", []),
        ("smith jones", []),
        ("sm\0ith", ["A1", "A2"]),
    ],
)
def test_people_are_found_by_name_postcode_or_reference(
    town: Town, streets: Assembly, words: str, references: list[str]
) -> None:
    found = [entry.reference for entry in find_on_roll(town.session, streets, words)]
    assert sorted(found) == sorted(references)


@pytest.mark.parametrize(
    "pasted",
    [
        "{code}",
        " {code} ",
        "https://vote.example.org/v/{code}",
        "vote.example.org/v/{code}/",
        "http://localhost/v/{code}?from=scanner",
    ],
)
def test_a_voter_code_is_read_out_of_a_whole_address(pasted: str) -> None:
    code = voter_code(CODE_KEY, 1, "R1")
    assert card_code_in(pasted.format(code=code)) == code
    in_fours = " ".join((code[:4], code[4:8], code[8:])).lower()
    assert card_code_in(in_fours) == code


@pytest.mark.parametrize(
    "words", ["", "smith", "https://vote.example.org/v/short", "/v/!!!!????!!!!"]
)
def test_other_words_are_no_voter_code(words: str) -> None:
    assert card_code_in(words) is None
