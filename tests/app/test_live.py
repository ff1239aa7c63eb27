"""News through sockets: who may follow a round, what they get, and what garbage does."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.extensions import socketio
from app.live import room_of
from app.packets import UNREADABLE, CarefulPacket
from app.serve import Nowhere, for_sockets
from app.ticker import Ticker
from ballots.casting import cast_ballot
from ballots.disclosure import DisclosureProfile
from ballots.voting_rules import VotingRules
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round
from tests.builders import Clock, Town


@pytest.fixture
def vote(town: Town, session: Session) -> Round:
    the_round = town.round(Phase.VOTE)
    session.commit()
    return the_round


@pytest.fixture
def phone(app: Flask) -> Iterator[Any]:
    client = socketio.test_client(app)
    yield client
    client.disconnect()


def cast(town: Town, the_round: Round, number: int) -> None:
    code = projects_in(town.session, the_round.id)[0].code
    entry = town.voter(the_round, number)
    cast_ballot(town.session, town.keys, the_round, entry, [code], request_id=f"r{number}")
    town.session.commit()


def news(phone: Any) -> list[dict[str, Any]]:
    return [heard["args"][0] for heard in phone.get_received() if heard["name"] == "tally"]


def test_joining_answers_with_the_figures_and_the_time(
    phone: Any, vote: Round, clock: Clock
) -> None:
    answer = phone.emit("join", {"round": vote.id}, callback=True)
    assert (answer["round"], answer["turnout"], answer["figures"]) == (vote.id, 0, None)
    assert answer["now"] == clock().isoformat(timespec="milliseconds")


def test_a_ballot_rings_those_who_follow_the_round_and_nobody_else(
    app: Flask, phone: Any, vote: Round, town: Town
) -> None:
    stranger = socketio.test_client(app)
    phone.emit("join", {"round": vote.id}, callback=True)
    ticker = Ticker(app, delay=float)
    ticker.tick()
    news(phone)
    cast(town, vote, 1)
    ticker.tick()
    assert [heard["turnout"] for heard in news(phone)] == [1]
    assert news(stranger) == []
    stranger.disconnect()


def test_nothing_new_rings_nobody(app: Flask, phone: Any, vote: Round) -> None:
    phone.emit("join", {"round": vote.id}, callback=True)
    ticker = Ticker(app, delay=float)
    ticker.tick()
    news(phone)
    ticker.tick()
    assert news(phone) == []


def test_figures_come_in_steps_through_the_socket_too(
    app: Flask, phone: Any, vote: Round, town: Town
) -> None:
    phone.emit("join", {"round": vote.id}, callback=True)
    ticker = Ticker(app, delay=float)
    covered = []
    for number in range(1, 6):
        cast(town, vote, number)
        ticker.tick()
        covered += [heard["covered"] for heard in news(phone)]
    assert covered == [0, 0, 0, 2, 2]


def test_a_sealed_vote_sends_no_figures_of_projects(
    app: Flask, phone: Any, town: Town, session: Session
) -> None:
    the_round = town.round(Phase.VOTE, profile=DisclosureProfile.SEALED)
    session.commit()
    phone.emit("join", {"round": the_round.id}, callback=True)
    for number in range(1, 7):
        cast(town, the_round, number)
    Ticker(app, delay=float).tick()
    assert [heard["figures"] for heard in news(phone)] == [None]


@pytest.mark.parametrize(
    "words",
    [
        (),
        (None,),
        ("1",),
        ([],),
        ({},),
        ({"round": None},),
        ({"round": "1"},),
        ({"round": True},),
        ({"round": 1.0},),
        ({"round": -1},),
        ({"round": 10**30},),
        ({"round": 999},),
        ({"round": {"round": 1}},),
        (1, 2, 3),
    ],
)
def test_joining_what_is_no_round_is_refused(words: tuple[Any, ...], phone: Any) -> None:
    assert phone.emit("join", *words, callback=True) == {"refused": "no-such-round"}


def test_a_round_without_rules_cannot_be_followed(phone: Any, town: Town, session: Session) -> None:
    the_round = town.round(Phase.SET_UP)
    session.execute(delete(VotingRules).where(VotingRules.round_id == the_round.id))
    session.commit()
    refused = phone.emit("join", {"round": the_round.id}, callback=True)
    assert refused == {"refused": "no-such-round"}


def test_each_round_has_a_room_of_its_own() -> None:
    assert room_of(1) != room_of(11)


# --- garbage -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "2",
        "9999",
        "x",
        "2[",
        "2[]",
        "2[[]]",
        '2{"a":1}',
        "2null",
        '51-["join",{"_placeholder":true,"num":0}]',
        '31["an answer to nothing"]',
        "2" + "1" * 200 + '["join"]',
        "2" + "[" * 5_000,
        b"\xff\xfe",
        b"2[]",
    ],
)
def test_a_packet_that_is_no_event_is_read_as_one_nobody_hears(sent: str | bytes) -> None:
    packet = CarefulPacket(encoded_packet=sent)
    assert (packet.data, packet.id, packet.attachment_count) == ([UNREADABLE], None, 0)


def test_a_good_packet_is_read_as_it_stands() -> None:
    packet = CarefulPacket(encoded_packet='27["join",{"round":3}]')
    assert packet.data == ["join", {"round": 3}]
    assert packet.id == 7


def test_what_we_send_is_not_touched() -> None:
    assert CarefulPacket(data=["tally", {"round": 3}]).encode() == '2["tally",{"round":3}]'


def test_sockets_are_served_without_compression_and_go_away_quietly() -> None:
    seen: dict[str, Any] = {}

    def inner(environ: dict[str, Any], _start: Any) -> list[bytes]:
        seen.update(environ)
        return []

    offered = {"HTTP_UPGRADE": "websocket", "HTTP_SEC_WEBSOCKET_EXTENSIONS": "permessage-deflate"}
    for_sockets(inner)(offered, None)
    assert "HTTP_SEC_WEBSOCKET_EXTENSIONS" not in seen
    assert isinstance(seen["wsgi.errors"], Nowhere)
