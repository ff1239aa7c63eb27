"""Whom a vote turned away: counted without a write, kept over an outage, told at sign-off."""

from pathlib import Path

import pytest
from flask import Flask, abort
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.access import Who, open_to
from app.turned_away import MOST_PLACES, Door, Place, door_of, place_in, store_calmly
from ballots.moves import conclude_sign_off
from ballots.turned_away import Tries, TurnedAway, When, add_tries, hour_of
from neighbourhoods.assemblies import ItemKind
from neighbourhoods.database import Database
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.app.public.builders import counted_round
from tests.builders import Clock, Town
from tests.council import Site


@pytest.fixture
def failing(app: Flask) -> Flask:
    """An app in which two pages of a round always fail."""
    for end, status in (("fails", 500), ("waits", 429), ("full", 503)):

        @open_to(Who.ANYONE)
        def fail(status: int = status, **_ids: object) -> str:
            abort(status)

        app.add_url_rule(f"/rounds/<int:round_id>/{end}", end, fail)
        app.add_url_rule(f"/a/<join_code>/{end}", f"hall-{end}", fail)
    return app


def stored(session: Session) -> dict[tuple[int, TurnedAway], int]:
    session.rollback()  # a snapshot that is held open would not see what the app writes
    return {(row.round_id, row.reason): row.count for row in session.scalars(select(Tries))}


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/rounds/12/ballot", Place(round_id=12)),
        ("/rounds/12", Place(round_id=12)),
        ("/vote/12", Place(round_id=12)),
        ("/a/FROGSX/hand", Place(join_code="FROGSX")),
        ("/a/FROGSX", Place(join_code="FROGSX")),
        # What phones and screens ask for by themselves.
        ("/rounds/12/tally.json", None),
        ("/a/FROGSX/state.json", None),
        ("/a/FROGSX/now", None),
        ("/rounds/12/screen", None),
        ("/", None),
        ("/rounds/", None),
        ("/office/rounds/12", None),
        ("/rounds/99999999999999/ballot", None),
    ],
)
def test_a_try_is_counted_for_the_round_or_meeting_that_its_path_leads_to(
    path: str, place: Place | None
) -> None:
    assert place_in(path) == place


def test_tries_are_kept_by_round_hour_and_reason(
    failing: Flask, site: Site, town: Town, session: Session, clock: Clock
) -> None:
    the_round = town.round(Phase.VOTE)
    meeting = town.assembly(the_round, ItemKind.WELCOME)
    session.commit()
    client, at = site.as_(None), f"/rounds/{the_round.id}"
    for address in (f"{at}/fails", f"{at}/waits", f"{at}/waits", f"/a/{meeting.code}/full"):
        assert client.get(address).status_code >= 429
    assert client.get(f"{at}/nowhere").status_code == 404
    assert door_of(failing).waiting == 4
    assert stored(session) == {}  # not a write so far
    assert door_of(failing).store() == 4
    clock.moves(hours=1)
    client.get(f"{at}/waits")
    door_of(failing).store()
    session.rollback()
    rows = session.scalars(select(Tries).order_by(Tries.hour, Tries.reason)).all()
    assert [(row.hour.hour, row.reason, row.count) for row in rows] == [
        (12, TurnedAway.FAULT, 1),
        (12, TurnedAway.NO_ROOM, 1),
        (12, TurnedAway.TOO_MANY_TRIES, 2),
        (13, TurnedAway.TOO_MANY_TRIES, 1),
    ]
    assert {row.hour.minute for row in rows} == {0}
    assert {row.round_id for row in rows} == {the_round.id}


def test_whoever_is_held_up_while_signing_in_to_vote_counts_for_that_vote(
    app: Flask, town: Town, session: Session
) -> None:
    the_round = town.round(Phase.VOTE)
    session.commit()
    app.config["WTF_CSRF_ENABLED"] = False
    client, asked = app.test_client(), {"email": "a@example.org"}
    address = f"/sign-in?next=/rounds/{the_round.id}/ballot"
    answers = [client.post(address, data=asked).status_code for _ in range(7)]
    assert answers.count(429) == 2
    door_of(app).store()
    assert stored(session) == {(the_round.id, TurnedAway.TOO_MANY_TRIES): 2}


def test_while_the_database_is_away_no_try_is_lost(
    app: Flask, town: Town, session: Session, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    the_round = town.round(Phase.VOTE)
    session.commit()
    door = Door(database)
    door.turn_away(f"/rounds/{the_round.id}/ballot", TurnedAway.FAULT)
    with monkeypatch.context() as away:

        def refuse(*_about: object) -> int:
            raise OperationalError("", {}, Exception())

        away.setattr("app.turned_away.add_tries", refuse)
        store_calmly(door)
        door.turn_away(f"/rounds/{the_round.id}/ballot", TurnedAway.FAULT)
    assert (door.waiting, stored(session)) == (2, {})
    store_calmly(door)
    store_calmly(door)
    assert (door.waiting, stored(session)) == (0, {(the_round.id, TurnedAway.FAULT): 2})


def test_made_up_addresses_fill_no_memory_and_no_table(
    database: Database, session: Session, town: Town
) -> None:
    door = Door(database)
    for number in range(MOST_PLACES + 50):
        door.turn_away(f"/rounds/{number + 1}/ballot", TurnedAway.FAULT)
    assert door.waiting == MOST_PLACES
    assert door.store() == 0
    assert stored(session) == {}


def signed_with_tries(town: Town) -> Round:
    the_round = counted_round(town)
    opened = min(move.moved_at for move in the_round.moves if move.to_phase == Phase.VOTE)
    hour = hour_of(opened)
    add_tries(
        town.session,
        {
            When(the_round.id, hour, TurnedAway.FAULT): 4,
            When(the_round.id, hour, TurnedAway.TOO_MANY_TRIES): 1,
        },
    )
    town.session.commit()
    return the_round


def test_the_decision_page_tells_the_tries_beside_the_margin(site: Site, town: Town) -> None:
    the_round = signed_with_tries(town)
    page = site.as_(town.councillor).get(f"/decisions/{the_round.id}").text
    assert "4 tries met a fault on our side; 1 try was stopped" in page
    assert "one person who tries three times counts three times" in page
    assert "More tries were turned away than votes lie between winning and losing." in page


def test_the_record_page_tells_them_beside_the_turnout(site: Site, town: Town) -> None:
    the_round = signed_with_tries(town)
    town.approves(the_round, town.councillor)
    assert conclude_sign_off(town.session, town.keys, the_round)
    town.session.commit()
    page = site.as_(None).get(f"/rounds/{the_round.id}/record").text
    assert "4 tries met a fault on our side; 1 try was stopped" in page
    assert "not part of the text that was signed" in page


# --- what the front saw ---------------------------------------------------------------------------


def line(path: str, status: int = 502, at: str = "2026-11-23T13:20:00+01:00") -> str:
    return f"{at}\t{status}\tGET\t{path}\n"


@pytest.fixture
def voting(town: Town, session: Session) -> Round:
    the_round = town.round(Phase.VOTE)
    session.commit()
    return the_round


def read(app: Flask, file: Path) -> str:
    return app.test_cli_runner().invoke(args=["read-front-log", str(file)]).output


def test_each_line_of_the_front_counts_once_however_often_it_is_read(
    app: Flask, voting: Round, session: Session, tmp_path: Path
) -> None:
    log, ballot = tmp_path / "turned-away.log", f"/rounds/{voting.id}/ballot"
    log.write_text(line(ballot) + line(ballot, 504) + line("/") + line(ballot)[:-1])
    assert read(app, log) == "3 new lines, 2 of them about a round.\n"
    assert read(app, log) == "0 new lines, 0 of them about a round.\n"
    with log.open("a") as more:
        more.write("\n" + line(ballot, 429))
    assert read(app, log) == "2 new lines, 2 of them about a round.\n"
    assert stored(session) == {
        (voting.id, TurnedAway.FRONT_FAULT): 2,
        (voting.id, TurnedAway.FRONT_TOOK_TOO_LONG): 1,
        (voting.id, TurnedAway.FRONT_TOO_MANY_TRIES): 1,
    }
    assert {row.hour.hour for row in session.scalars(select(Tries))} == {12}  # 13:20 in Paris


def test_a_log_that_is_not_there_is_not_taken_for_nobody_turned_away(
    app: Flask, tmp_path: Path
) -> None:
    done = app.test_cli_runner().invoke(args=["read-front-log", str(tmp_path / "turned-away.log")])
    assert done.exit_code == 1
    assert "Whom the front turned away is not known" in done.output


def test_a_log_that_was_rotated_meanwhile_is_read_to_its_end(
    app: Flask, voting: Round, session: Session, tmp_path: Path
) -> None:
    log, ballot = tmp_path / "turned-away.log", f"/rounds/{voting.id}/ballot"
    log.write_text(line(ballot, at="2026-11-23T12:00:00+00:00"))
    read(app, log)
    with log.open("a") as more:
        more.write(line(ballot) * 2)
    log.rename(tmp_path / "turned-away.log.1")
    log.write_text(line(ballot, at="2026-11-23T12:59:59+00:00") * 3)
    assert read(app, log) == "5 new lines, 5 of them about a round.\n"
    assert stored(session) == {(voting.id, TurnedAway.FRONT_FAULT): 6}


def test_what_is_no_line_of_ours_counts_for_nobody(
    app: Flask, voting: Round, session: Session, tmp_path: Path
) -> None:
    log, ballot = tmp_path / "turned-away.log", f"/rounds/{voting.id}/ballot"
    wrong = [
        "\n",
        "\t\t\t\n",
        line(ballot, at="yesterday"),
        line(ballot, at="2026-11-23T12:00:00"),
        line(ballot, 404),
        line("/rounds/999999/ballot"),
        line("/a/NOBODY/hand"),
        line(ballot).replace("GET", "HEAD"),
    ]
    log.write_text("".join(wrong))
    assert read(app, log) == f"{len(wrong)} new lines, 0 of them about a round.\n"
    assert stored(session) == {}
