"""The speakers’ list: asked once a phone, fair, moved by hand, and logged."""

import pytest
from sqlalchemy import select

from neighbourhoods.assemblies import ActKind, Assembly, AssemblyAct, AssemblyState, ItemKind
from neighbourhoods.attendance import Attendee, Phone
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.speakers import (
    Side,
    TurnKind,
    ask_to_speak,
    call_next,
    call_speaker,
    end_turn,
    move_turn,
    place_of,
    speakers_list,
    waiting_turns,
    withdraw,
)
from neighbourhoods.speaking_order import Spoken
from tests.builders import Clock, Town


@pytest.fixture
def meeting(town: Town, clock: Clock) -> Assembly:
    assembly = town.assembly(town.round(Phase.VOTE), ItemKind.DISCUSSION, ItemKind.BREAK)
    assembly.state, assembly.began_at = AssemblyState.UNDER_WAY, clock()
    assembly.stage.item = assembly.items[0]
    town.session.flush()
    return assembly


def phone(town: Town, meeting: Assembly) -> Phone:
    number = 1 + len(town.session.scalars(select(Phone)).all())
    joined = Phone(assembly_id=meeting.id, number=number, joined_at=meeting.starts_at, name="")
    town.session.add(joined)
    town.session.flush()
    return joined


def asks(town: Town, meeting: Assembly, clock: Clock, *names: str) -> list[Phone]:
    """These ask to speak, a minute after one another."""
    asked = []
    for name in names:
        asked.append(phone(town, meeting))
        ask_to_speak(town.session, meeting, asked[-1], name=name)
        clock.moves(minutes=1)
    return asked


def names(town: Town, meeting: Assembly) -> list[str]:
    return [turn.name for turn in waiting_turns(town.session, meeting)]


def logged(town: Town, kind: ActKind) -> list[str]:
    town.session.flush()
    return [
        act.words
        for act in town.session.query(AssemblyAct).order_by(AssemblyAct.id)
        if act.kind == kind
    ]


def test_a_phone_waits_once_however_often_it_asks(town: Town, meeting: Assembly) -> None:
    asking = phone(town, meeting)
    first = ask_to_speak(town.session, meeting, asking, name="Ada")
    assert ask_to_speak(town.session, meeting, asking, name="Somebody else") is first
    assert names(town, meeting) == ["Ada"]


def test_a_name_is_asked_for_once_and_kept(town: Town, meeting: Assembly) -> None:
    asking = phone(town, meeting)
    with pytest.raises(Refused) as refused:
        ask_to_speak(town.session, meeting, asking, name="  ")
    assert refused.value.reason == Refusal.SPEAKER_NAME_MISSING
    withdraw(town.session, ask_to_speak(town.session, meeting, asking, name="Ada"))
    assert ask_to_speak(town.session, meeting, asking).name == "Ada"


def test_a_point_of_order_comes_before_those_who_wait_and_keeps_their_places(
    town: Town, meeting: Assembly, clock: Clock
) -> None:
    ada, _ben = asks(town, meeting, clock, "Ada", "Ben")
    ask_to_speak(town.session, meeting, phone(town, meeting), TurnKind.POINT_OF_ORDER, name="P")
    assert names(town, meeting) == ["P", "Ada", "Ben"]
    place = place_of(town.session, ada)
    assert place is not None
    assert (place.place, place.waiting) == (2, 3)


def test_who_is_called_ends_the_one_who_speaks_and_then_waits_behind_first_timers(
    town: Town, meeting: Assembly, clock: Clock
) -> None:
    ada, _ben = asks(town, meeting, clock, "Ada", "Ben")
    call_next(town.session, meeting, town.facilitator)
    clock.moves(seconds=40)
    call_next(town.session, meeting, town.facilitator)
    now_listed = speakers_list(town.session, meeting)
    assert now_listed.speaking is not None
    assert now_listed.speaking.name == "Ben"
    assert now_listed.spoken["phone", ada.id] == Spoken(1, 40)
    ask_to_speak(town.session, meeting, ada)
    clock.moves(minutes=1)
    asks(town, meeting, clock, "Cyd")
    assert names(town, meeting) == ["Cyd", "Ada"]
    assert logged(town, ActKind.CALL_SPEAKER) == ["Ada", "Ben"]


def test_two_phones_of_one_person_are_one_speaker(
    town: Town, meeting: Assembly, clock: Clock
) -> None:
    who = Attendee(assembly_id=meeting.id, reference="R1", name="Ada", checked_in_at=clock())
    town.session.add(who)
    first, second = phone(town, meeting), phone(town, meeting)
    ask_to_speak(town.session, meeting, first, name="Ada")
    call_next(town.session, meeting, town.facilitator)
    ask_to_speak(town.session, meeting, second, name="A.")
    clock.moves(minutes=1)
    asks(town, meeting, clock, "Ben")
    assert names(town, meeting) == ["A.", "Ben"]
    first.attendee = second.attendee = who
    town.session.flush()
    assert names(town, meeting) == ["Ben", "A."]


def test_a_point_of_order_is_no_speech_but_takes_time(
    town: Town, meeting: Assembly, clock: Clock
) -> None:
    turn = ask_to_speak(town.session, meeting, "Ada", TurnKind.POINT_OF_ORDER)
    call_speaker(town.session, turn, town.facilitator)
    clock.moves(seconds=15)
    end_turn(town.session, turn, town.facilitator)
    clock.moves(seconds=15)
    assert speakers_list(town.session, meeting).spoken_by(turn) == Spoken(0, 15)


def test_a_moved_turn_keeps_its_place_as_others_come_and_steps_forward_as_they_go(
    town: Town, meeting: Assembly, clock: Clock
) -> None:
    asks(town, meeting, clock, "Ada", "Ben", "Cyd", "Dan")
    dan = waiting_turns(town.session, meeting)[3]
    move_turn(town.session, dan, town.facilitator, 2)
    assert names(town, meeting) == ["Ada", "Dan", "Ben", "Cyd"]
    call_next(town.session, meeting, town.facilitator)
    assert names(town, meeting) == ["Dan", "Ben", "Cyd"]
    cyd = waiting_turns(town.session, meeting)[2]
    move_turn(town.session, cyd, town.facilitator, 1)
    assert names(town, meeting) == ["Cyd", "Dan", "Ben"]
    move_turn(town.session, cyd, town.facilitator, None)
    assert names(town, meeting) == ["Dan", "Ben", "Cyd"]
    assert logged(town, ActKind.MOVE_SPEAKER) == ["Dan", "Cyd", "Cyd"]


def test_a_place_is_counted_over_the_whole_list_and_no_speech_passes_a_point_of_order(
    town: Town, meeting: Assembly, clock: Clock
) -> None:
    asks(town, meeting, clock, "Ada", "Ben", "Cyd")
    ask_to_speak(town.session, meeting, "P", TurnKind.POINT_OF_ORDER)
    cyd = waiting_turns(town.session, meeting)[3]
    move_turn(town.session, cyd, town.facilitator, 3)
    assert names(town, meeting) == ["P", "Ada", "Cyd", "Ben"]
    move_turn(town.session, cyd, town.facilitator, 1)
    assert names(town, meeting) == ["P", "Cyd", "Ada", "Ben"]


def test_sides_alternate_where_the_item_says_so(
    town: Town, meeting: Assembly, clock: Clock
) -> None:
    for name, side in (("F1", Side.FOR), ("F2", Side.FOR), ("A1", Side.AGAINST)):
        ask_to_speak(town.session, meeting, name, side=side)
        clock.moves(minutes=1)
    assert names(town, meeting) == ["F1", "F2", "A1"]
    meeting.items[0].settings = {"alternate": True}
    assert names(town, meeting) == ["F1", "A1", "F2"]
    call_next(town.session, meeting, town.facilitator)
    clock.moves(minutes=1)
    ask_to_speak(town.session, meeting, "F3", side=Side.FOR)
    assert names(town, meeting) == ["A1", "F2", "F3"]


def test_hands_stay_up_when_the_meeting_goes_on_and_say_for_which_item(
    town: Town, meeting: Assembly, clock: Clock
) -> None:
    asks(town, meeting, clock, "Ada")
    meeting.stage.item = meeting.items[1]
    asks(town, meeting, clock, "Ben")
    turns = waiting_turns(town.session, meeting)
    assert [turn.item_id for turn in turns] == [item.id for item in meeting.items]


def test_withdrawing_twice_is_once_and_nobody_withdrawn_is_called(
    town: Town, meeting: Assembly, clock: Clock
) -> None:
    (ada,) = asks(town, meeting, clock, "Ada")
    turn = waiting_turns(town.session, meeting)[0]
    withdraw(town.session, turn)
    left_at = turn.withdrawn_at
    clock.moves(minutes=1)
    withdraw(town.session, turn)
    assert turn.withdrawn_at == left_at
    assert place_of(town.session, ada) is None
    with pytest.raises(Refused) as refused:
        call_speaker(town.session, turn, town.facilitator)
    assert refused.value.reason == Refusal.NOT_WAITING_TO_SPEAK


def test_nobody_asks_before_the_meeting_or_speaks_on_after_it(
    town: Town, meeting: Assembly, clock: Clock
) -> None:
    turn = ask_to_speak(town.session, meeting, "Ada")
    call_speaker(town.session, turn, town.facilitator)
    clock.moves(seconds=5)
    meeting.state, meeting.ended_at = AssemblyState.ENDED, clock()
    clock.moves(minutes=5)
    assert speakers_list(town.session, meeting).spoken_by(turn) == Spoken(1, 5)
    with pytest.raises(Refused) as refused:
        ask_to_speak(town.session, meeting, "Ben")
    assert refused.value.reason == Refusal.MEETING_ENDED
