"""What an assembly shows, told to all who follow it: at once, once, and never garbled."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from app import assembly_news
from app.assembly_news import ring_assembly, ring_changed_assemblies, state_of
from app.extensions import socketio
from app.ticker import Ticker
from ballots.hall_votes import HallVote
from neighbourhoods.assemblies import Assembly, AssemblyState, ItemKind, Slide
from neighbourhoods.attendance import Attendee, Phone, join_by_phone
from neighbourhoods.phases import Phase
from neighbourhoods.polls import PollChoice
from neighbourhoods.questions import Question
from neighbourhoods.speakers import SpeakingTurn
from tests.builders import Clock, Town
from tests.council import Site


@pytest.fixture
def meeting(town: Town, session: Session) -> Assembly:
    """A meeting under way that shows the first item of its agenda, a poll."""
    the_round = town.round(Phase.VOTE, closes_in=timedelta(minutes=5))
    assembly = town.assembly(the_round, ItemKind.POLL, ItemKind.BALLOT, ItemKind.REVEAL)
    assembly.state, assembly.began_at = AssemblyState.UNDER_WAY, session.info["clock"]()
    assembly.stage.item, assembly.stage.slide = assembly.items[0], Slide.ITEM
    session.commit()
    return assembly


@pytest.fixture
def screen(app: Flask) -> Iterator[Any]:
    client = socketio.test_client(app)
    yield client
    client.disconnect()


def news(screen: Any) -> list[dict[str, Any]]:
    return [heard["args"][0] for heard in screen.get_received() if heard["name"] == "assembly"]


def darken(session: Session, meeting: Assembly) -> None:
    meeting.stage.is_dark, meeting.stage.version = True, meeting.stage.version + 1
    session.commit()


def phone(session: Session, meeting: Assembly, number: int = 1234) -> Phone:
    found = Phone(
        assembly_id=meeting.id, number=number, name="V", joined_at=session.info["clock"]()
    )
    session.add(found)
    session.flush()
    return found


def test_who_follows_is_told_what_stands_on_the_stage_and_the_time(
    screen: Any, meeting: Assembly, clock: Clock
) -> None:
    told = screen.emit("follow", {"assembly": meeting.id}, callback=True)
    assert (told["assembly"], told["item"], told["kind"]) == (
        meeting.id,
        meeting.items[0].id,
        "poll",
    )
    assert (told["state"], told["slide"], told["dark"]) == ("under-way", "item", False)
    assert told["now"][:19] == clock().isoformat()[:19]


def test_an_act_rings_at_once_and_only_those_who_follow_that_assembly(
    app: Flask, screen: Any, meeting: Assembly, session: Session
) -> None:
    stranger = socketio.test_client(app)
    screen.emit("follow", {"assembly": meeting.id}, callback=True)
    darken(session, meeting)
    with app.app_context():
        ring_assembly(meeting.id)
    assert [(told["dark"], told["version"]) for told in news(screen)] == [(True, 1)]
    assert news(stranger) == []
    # And who comes now does not get what was shown before.
    assert stranger.emit("follow", {"assembly": meeting.id}, callback=True)["dark"] is True
    stranger.disconnect()


def test_the_clerk_rings_for_what_another_process_did_and_only_once(
    app: Flask, screen: Any, meeting: Assembly, session: Session
) -> None:
    screen.emit("follow", {"assembly": meeting.id}, callback=True)
    Ticker(app).tick()
    news(screen)
    darken(session, meeting)
    Ticker(app).tick()
    Ticker(app).tick()
    assert [told["dark"] for told in news(screen)] == [True]


def test_what_rang_already_the_clerk_does_not_ring_again(
    app: Flask, screen: Any, meeting: Assembly, session: Session
) -> None:
    screen.emit("follow", {"assembly": meeting.id}, callback=True)
    darken(session, meeting)
    with app.app_context():
        ring_assembly(meeting.id)
        ring_changed_assemblies()
    assert len(news(screen)) == 1


def test_a_meeting_that_has_not_begun_rings_for_those_who_wait_for_it(
    app: Flask, screen: Any, town: Town, session: Session
) -> None:
    planned = town.assembly(town.round(Phase.VOTE), ItemKind.WELCOME)
    session.commit()
    screen.emit("follow", {"assembly": planned.id}, callback=True)
    with app.app_context():
        ring_changed_assemblies()
        news(screen)
        come_in(session, planned)
        ring_changed_assemblies()
    assert [told["present"] for told in news(screen)] == [1]


def test_the_clerk_rings_when_the_door_says_whose_phone_it_is(
    app: Flask, screen: Any, meeting: Assembly, session: Session
) -> None:
    come_in(session, meeting)
    phone = join_by_phone(session, meeting)
    session.commit()
    screen.emit("follow", {"assembly": meeting.id}, callback=True)
    with app.app_context():
        ring_changed_assemblies()
        news(screen)
        phone.attendee_id = session.scalars(select(Attendee.id)).one()
        session.commit()
        ring_changed_assemblies()
    assert len(news(screen)) == 1


def come_in(session: Session, meeting: Assembly) -> None:
    session.add(
        Attendee(
            assembly_id=meeting.id,
            reference="R1",
            name="Voter 1",
            checked_in_at=session.info["clock"](),
        )
    )
    session.commit()


def raise_hand(session: Session, meeting: Assembly) -> None:
    asked_at = session.info["clock"]()
    session.add(SpeakingTurn(assembly_id=meeting.id, name="V", asked_at=asked_at))
    session.commit()


def ask(session: Session, meeting: Assembly) -> None:
    asked_at, asking = session.info["clock"](), phone(session, meeting)
    session.add(Question(assembly_id=meeting.id, phone=asking, words="Why?", asked_at=asked_at))
    session.commit()


def choose(session: Session, meeting: Assembly) -> None:
    choosing = phone(session, meeting, 4321)
    session.add(PollChoice(item_id=meeting.items[0].id, phone_id=choosing.id, chosen=1))
    session.commit()


@pytest.mark.parametrize("change", [come_in, raise_hand, ask, choose])
def test_the_pulse_changes_with_what_changes_without_an_act(
    change: Any, meeting: Assembly, session: Session
) -> None:
    before = state_of(session, meeting)
    change(session, meeting)
    after = state_of(session, meeting)
    assert after["pulse"] != before["pulse"]
    assert after["version"] == before["version"]
    assert state_of(session, meeting)["pulse"] == after["pulse"]


def test_a_vote_is_told_without_a_figure_and_locks_by_the_database_s_clock(
    town: Town, meeting: Assembly, session: Session, clock: Clock
) -> None:
    item, moment = meeting.items[1], clock()
    session.add(
        HallVote(
            item_id=item.id,
            number=1,
            round_id=meeting.round_id,
            opened_at=moment,
            opened_by_id=town.facilitator.id,
            opened_here=True,
            present=6,
            held=True,
        )
    )
    meeting.stage.item = item
    session.commit()
    told = state_of(session, meeting)["vote"]
    assert told == {
        "round": meeting.round_id,
        "phase": "vote",
        "closes_at": (moment + timedelta(minutes=5)).isoformat(),
        "is_open": True,
        "last_call": False,
    }
    clock.moves(minutes=5)
    assert state_of(session, meeting)["vote"]["is_open"] is False


def test_a_state_costs_at_most_five_queries_and_less_than_a_kilobyte(
    meeting: Assembly, session: Session, site: Site
) -> None:
    asked: list[str] = []
    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", lambda *words: asked.append(words[2]))
    meeting_id = meeting.id
    asked.clear()
    state_of(session, meeting)
    # The fifth, the time by the database’s clock, is the test’s own clock here.
    queries = [statement for statement in asked if statement.startswith("SELECT")]
    assert 1 <= len(queries) <= 4, queries
    answer = site.as_(None).get(f"/a/{meeting.code}/state.json")
    assert answer.get_json()["assembly"] == meeting_id
    assert len(answer.data) < 1_000


def test_two_thousand_who_come_back_at_once_read_the_database_once(
    app: Flask, screen: Any, meeting: Assembly, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    read = assembly_news.state_of

    def counted(*words: Any) -> Any:
        looks.append(1)
        return read(*words)

    monkeypatch.setattr(assembly_news, "state_of", counted)
    monkeypatch.setattr(assembly_news, "KEPT_FOR", 60)
    for _ in range(200):
        screen.emit("follow", {"assembly": meeting.id}, callback=True)
    assert len(looks) == 1


def test_state_json_is_sent_again_only_when_something_changed(
    app: Flask, meeting: Assembly, session: Session, site: Site
) -> None:
    client, address = site.as_(None), f"/a/{meeting.code.lower()}/state.json"
    first = client.get(address)
    unchanged = {"If-None-Match": first.headers["ETag"]}
    assert client.get(address, headers=unchanged).status_code == 304
    darken(session, meeting)
    with app.app_context():
        ring_assembly(meeting.id)
    changed = client.get(address, headers=unchanged)
    assert (changed.status_code, changed.get_json()["dark"]) == (200, True)


@pytest.mark.parametrize(
    "words",
    [
        (),
        (None,),
        ("1",),
        ([],),
        ({},),
        ({"assembly": None},),
        ({"assembly": "1"},),
        ({"assembly": True},),
        ({"assembly": 1.0},),
        ({"assembly": -1},),
        ({"assembly": 10**30},),
        ({"assembly": 999},),
        ({"assembly": {"assembly": 1}},),
        (1, 2, 3),
    ],
)
def test_following_what_is_no_assembly_is_refused(words: tuple[Any, ...], screen: Any) -> None:
    assert screen.emit("follow", *words, callback=True) == {"refused": "no-such-assembly"}
