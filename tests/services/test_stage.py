"""The stage: acts, undo, the clock's countdown, and two facilitators who press at once."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread

import pytest

from neighbourhoods import stage as on_stage
from neighbourhoods.assemblies import (
    ActKind,
    AgendaItem,
    Assembly,
    AssemblyState,
    ItemKind,
    Slide,
    Stage,
)
from neighbourhoods.database import Database
from neighbourhoods.people import Person
from neighbourhoods.phases import Phase
from neighbourhoods.refusals import Refusal, Refused
from tests.builders import Clock, Town


@pytest.fixture
def meeting(town: Town) -> Assembly:
    """A meeting under way, on its first item of four."""
    kinds = (ItemKind.WELCOME, ItemKind.PITCH, ItemKind.DISCUSSION, ItemKind.REVEAL)
    assembly = town.assembly(town.round(Phase.VOTE), *kinds)
    assembly.items[1].seconds = 180
    on_stage.begin(town.session, assembly, town.facilitator)
    town.session.commit()
    return assembly


def refusal(act: Callable[[], object]) -> Refusal:
    with pytest.raises(Refused) as refused:
        act()
    assert isinstance(refused.value.reason, Refusal)
    return refused.value.reason


def looks(stage: Stage) -> tuple[object, ...]:
    return (
        stage.item_id,
        stage.slide,
        stage.step,
        stage.is_dark,
        stage.message,
        stage.timer_ends_at,
        stage.timer_left,
    )


def test_beginning_puts_the_first_item_on_the_screens(meeting: Assembly, clock: Clock) -> None:
    assert meeting.state == AssemblyState.UNDER_WAY
    assert meeting.began_at == clock.moment
    assert meeting.stage.item_id == meeting.items[0].id
    assert meeting.stage.slide == Slide.ITEM
    assert meeting.items[0].began_at == clock.moment


def test_every_act_moves_the_version_on_by_one_and_says_who(town: Town, meeting: Assembly) -> None:
    session, version = town.session, meeting.stage.version
    acts: list[tuple[ActKind, Callable[[], object]]] = [
        (ActKind.GO_TO, lambda: on_stage.next_item(session, meeting, town.officer)),
        (ActKind.TIMER, lambda: on_stage.start_timer(session, meeting, town.officer)),
        (ActKind.TIMER, lambda: on_stage.rest_timer(session, meeting, town.officer)),
        (ActKind.TIMER, lambda: on_stage.add_time(session, meeting, town.officer)),
        (ActKind.SHOW, lambda: on_stage.show(session, meeting, Slide.JOIN, town.officer)),
        (ActKind.SAY, lambda: on_stage.say(session, meeting, "Tea!", town.officer)),
        (ActKind.DARKEN, lambda: on_stage.darken(session, meeting, town.officer)),
        (ActKind.LIGHTEN, lambda: on_stage.lighten(session, meeting, town.officer)),
        (ActKind.STEP, lambda: on_stage.step(session, meeting, town.officer)),
        (ActKind.UNDO, lambda: on_stage.undo(session, meeting, town.officer)),
        (ActKind.END, lambda: on_stage.end(session, meeting, town.officer)),
    ]
    for number, (kind, act) in enumerate(acts, start=1):
        act()
        session.expire(meeting, ["acts"])
        assert meeting.stage.version == version + number
        assert meeting.acts[-1].kind == kind
        assert meeting.acts[-1].by_id == town.officer.id


def test_undo_restores_exactly_what_stood_before_each_act(
    town: Town, meeting: Assembly, clock: Clock
) -> None:
    session, me = town.session, town.facilitator
    on_stage.next_item(session, meeting, me)
    on_stage.start_timer(session, meeting, me)
    clock.moves(seconds=30)
    acts: list[Callable[[], object]] = [
        lambda: on_stage.next_item(session, meeting, me),
        lambda: on_stage.next_item(session, meeting, me, back=True),
        lambda: on_stage.rest_timer(session, meeting, me),
        lambda: on_stage.add_time(session, meeting, me, 60),
        lambda: on_stage.say(session, meeting, "Tea!", me),
        lambda: on_stage.darken(session, meeting, me),
        lambda: on_stage.step(session, meeting, me),
        lambda: on_stage.show(session, meeting, Slide.SPEAKERS, me),
        lambda: on_stage.end(session, meeting, me),
    ]
    for act in acts:
        before, version = looks(meeting.stage), meeting.stage.version
        times = [(item.began_at, item.ended_at) for item in meeting.items]
        act()
        clock.moves(seconds=9)
        on_stage.undo(session, meeting, me)
        session.commit()
        session.expire_all()
        assert looks(meeting.stage) == before
        assert [(item.began_at, item.ended_at) for item in meeting.items] == times
        assert meeting.state == AssemblyState.UNDER_WAY
        assert meeting.stage.version == version + 2
        clock.moves(seconds=11)


def test_undo_works_for_ten_seconds_by_the_database_s_clock(
    town: Town, meeting: Assembly, clock: Clock
) -> None:
    on_stage.next_item(town.session, meeting, town.facilitator)
    clock.moves(seconds=10)
    assert on_stage.undoable(town.session, meeting) is None
    reason = refusal(lambda: on_stage.undo(town.session, meeting, town.facilitator))
    assert reason is Refusal.TOO_LATE_TO_UNDO


def test_two_acts_are_undone_one_after_the_other_and_no_third(
    town: Town, meeting: Assembly, clock: Clock
) -> None:
    clock.moves(seconds=20)
    first = looks(meeting.stage)
    for _ in range(2):
        on_stage.next_item(town.session, meeting, town.facilitator)
    for _ in range(2):
        on_stage.undo(town.session, meeting, town.facilitator)
    assert looks(meeting.stage) == first
    assert on_stage.undoable(town.session, meeting) is None


def test_an_act_that_cannot_be_undone_keeps_older_ones_from_being_undone(
    town: Town, meeting: Assembly
) -> None:
    on_stage.next_item(town.session, meeting, town.facilitator)
    on_stage.log_act(town.session, meeting, ActKind.OPEN_VOTE, town.facilitator)
    assert on_stage.undoable(town.session, meeting) is None


def test_a_check_in_neither_makes_a_console_stale_nor_stops_an_undo(
    town: Town, meeting: Assembly
) -> None:
    act = on_stage.next_item(town.session, meeting, town.facilitator)
    version = meeting.stage.version
    on_stage.log_act(town.session, meeting, ActKind.CHECK_IN, town.facilitator, "Voter 1")
    assert meeting.stage.version == version
    found = on_stage.undoable(town.session, meeting)
    assert found is not None
    assert found.words == act.title


def test_the_countdown_runs_and_rests_by_the_database_s_clock(
    town: Town, meeting: Assembly, clock: Clock
) -> None:
    session, me = town.session, town.facilitator
    on_stage.next_item(session, meeting, me)
    assert meeting.stage.timer_left == 180
    on_stage.start_timer(session, meeting, me)
    assert meeting.stage.timer_ends_at == clock.moment + timedelta(seconds=180)
    clock.moves(seconds=50)
    on_stage.rest_timer(session, meeting, me)
    clock.moves(seconds=3600)
    assert on_stage.seconds_left(meeting.stage, clock.moment) == 130
    on_stage.start_timer(session, meeting, me)
    clock.moves(seconds=140)
    assert on_stage.seconds_left(meeting.stage, clock.moment) == 0
    on_stage.add_time(session, meeting, me, 60)
    assert on_stage.seconds_left(meeting.stage, clock.moment) == 60


def test_a_blackout_stays_when_the_meeting_goes_on(town: Town, meeting: Assembly) -> None:
    on_stage.darken(town.session, meeting, town.facilitator)
    on_stage.next_item(town.session, meeting, town.facilitator)
    assert meeting.stage.is_dark


def test_the_ends_of_the_agenda_are_refused(town: Town, meeting: Assembly) -> None:
    session, me = town.session, town.facilitator
    back = refusal(lambda: on_stage.next_item(session, meeting, me, back=True))
    assert back is Refusal.NO_ITEM_BEFORE
    on_stage.go_to(session, meeting, meeting.items[-1], me)
    assert refusal(lambda: on_stage.next_item(session, meeting, me)) is Refusal.NO_ITEM_AFTER
    assert refusal(lambda: on_stage.step(session, meeting, me, back=True)) is Refusal.NO_STEP_BEFORE
    on_stage.step(session, meeting, me, most=1)
    assert refusal(lambda: on_stage.step(session, meeting, me, most=1)) is Refusal.NO_STEP_AFTER


def test_before_it_begins_only_the_screens_are_set_and_after_it_ends_nothing(
    town: Town, clock: Clock
) -> None:
    session, me = town.session, town.facilitator
    assembly = town.assembly(town.round(), ItemKind.WELCOME)
    on_stage.show(session, assembly, Slide.AGENDA, me)
    screen = on_stage.add_screen(session, assembly, "Foyer", me)
    on_stage.set_screen(session, screen, Slide.JOIN, me)
    assert [(s.number, s.shows) for s in assembly.screens] == [(1, None), (2, Slide.JOIN)]
    next_one = refusal(lambda: on_stage.next_item(session, assembly, me))
    assert next_one is Refusal.MEETING_NOT_BEGUN
    on_stage.begin(session, assembly, me)
    on_stage.end(session, assembly, me)
    clock.moves(seconds=11)
    assert refusal(lambda: on_stage.darken(session, assembly, me)) is Refusal.MEETING_ENDED
    assert refusal(lambda: on_stage.begin(session, assembly, me)) is Refusal.MEETING_BEGUN


def test_two_facilitators_who_press_next_at_once_go_on_by_one_item(
    town: Town, meeting: Assembly, database: Database
) -> None:
    version, ready, refused = meeting.stage.version, Barrier(2), []
    town.session.commit()

    def press(who: int) -> None:
        ready.wait()
        with database.writing() as session:
            mine = session.get_one(Assembly, meeting.id)
            try:
                on_stage.hold_stage(session, mine, version)
                on_stage.next_item(session, mine, session.get_one(Person, who))
            except Refused as no:
                refused.append(no.reason)
            session.commit()

    pressing = [Thread(target=press, args=(who,)) for who in (town.facilitator.id, town.officer.id)]
    for one in pressing:
        one.start()
    for one in pressing:
        one.join(30)
    with database.reading() as session:
        stage = session.get_one(Stage, meeting.id)
        item = session.get_one(AgendaItem, stage.item_id)
    assert item.position == 2
    assert refused == [Refusal.STAGE_MOVED_ON]
    assert stage.version == version + 1
