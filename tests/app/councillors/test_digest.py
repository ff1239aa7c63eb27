"""The week’s digest: Mondays at eight in London, once a person, if there is something to say."""

from datetime import UTC, date, datetime
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.councillors.digest import write_digest
from app.house import db
from app.ticker import Ticker
from ballots.bars import Declared, declare_interests
from ballots.bundle import costs_to_sign
from ballots.notices import lodge, notice_of
from neighbourhoods.database import Database
from neighbourhoods.delivery import deliveries_in
from neighbourhoods.digests import WeeklyDigest, choose_digest, monday_due
from neighbourhoods.interests import InterestKind
from neighbourhoods.letters import Letter
from neighbourhoods.people import Office
from neighbourhoods.phases import Phase
from tests.app.public.builders import approve, counted_round, signed_round
from tests.builders import Clock, Town

# The clock of the tests begins on Monday 23 November 2026; this is the next Monday, at eight.
NEXT_MONDAY = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


def letters(database: Database) -> list[Letter]:
    """The digests in the outbox, in order."""
    with database.reading() as session:
        query = select(Letter).where(Letter.body.contains("You can stop this letter"))
        return list(session.scalars(query.order_by(Letter.to_email, Letter.id)))


def to_whom(database: Database) -> list[str]:
    return [letter.to_email.split("@")[0] for letter in letters(database)]


@pytest.mark.parametrize(
    ("moment", "monday"),
    [
        ("2026-11-30T07:59:59+00:00", None),
        ("2026-11-30T08:00:00+00:00", date(2026, 11, 30)),
        ("2026-12-01T07:59:59+00:00", date(2026, 11, 30)),
        ("2026-12-01T08:00:00+00:00", None),
        ("2026-12-06T12:00:00+00:00", None),
        # In summer eight in London is seven by UTC; the clocks went forward the day before.
        ("2026-03-30T06:59:59+00:00", None),
        ("2026-03-30T07:00:00+00:00", date(2026, 3, 30)),
        # They went back the day before.
        ("2026-10-26T07:59:59+00:00", None),
        ("2026-10-26T08:00:00+00:00", date(2026, 10, 26)),
    ],
)
def test_it_is_due_from_eight_on_monday_in_london_for_a_day(
    moment: str, monday: date | None
) -> None:
    assert monday_due(datetime.fromisoformat(moment)) == monday


def test_whoever_something_waits_for_gets_a_letter_with_the_days_left(
    app: Flask, town: Town, clock: Clock, database: Database
) -> None:
    the_round = counted_round(town)
    clock.moment = NEXT_MONDAY
    Ticker(app).tick()
    first, second = letters(database)
    assert first.to_email == "carl.councillor@example.org"
    assert second.to_email == "cora.councillor@example.org"
    assert first.subject == "Your week: 1 outcome waits for you"
    assert "1 outcome waits for you:" in first.body
    assert "21 days left. Until midday on Monday 21 December 2026." in first.body
    assert f"http://localhost/decisions/{the_round.id}" in first.body
    assert "http://localhost/desk" in first.body
    assert "http://localhost/me#digest" in first.body


def test_two_outcomes_are_told_in_the_plural(
    app: Flask, town: Town, clock: Clock, database: Database
) -> None:
    counted_round(town)
    counted_round(town)
    clock.moment = NEXT_MONDAY
    Ticker(app).tick()
    letter = letters(database)[0]
    assert letter.subject == "Your week: 2 outcomes wait for you"
    assert "2 outcomes wait for you:" in letter.body


def test_where_there_is_nothing_to_say_there_is_no_letter(
    app: Flask, town: Town, clock: Clock, database: Database
) -> None:
    town.round(Phase.VOTE)  # on its way, but nothing to do about it
    town.session.commit()
    clock.moment = NEXT_MONDAY
    Ticker(app).tick()
    assert to_whom(database) == []


def test_a_title_is_written_as_it_stands_without_signs_for_web_pages(
    app: Flask, town: Town, clock: Clock, database: Database
) -> None:
    counted_round(town).title = "Lock & “basin” <b>"
    town.session.commit()
    clock.moment = NEXT_MONDAY
    Ticker(app).tick()
    assert "* Lock & “basin” <b>\n" in letters(database)[0].body


def test_nothing_is_written_before_eight(
    app: Flask, town: Town, clock: Clock, database: Database
) -> None:
    counted_round(town)
    clock.moment = NEXT_MONDAY.replace(hour=7, minute=59)
    Ticker(app).tick()
    assert to_whom(database) == []


def test_a_restarted_server_writes_to_nobody_twice(
    app: Flask, town: Town, clock: Clock, database: Database
) -> None:
    counted_round(town)
    clock.moment = NEXT_MONDAY
    for _start in range(3):
        Ticker(app).tick()
        clock.moves(hours=1)
    assert to_whom(database) == ["carl.councillor", "cora.councillor"]


def test_what_comes_after_eight_is_told_the_next_week(
    app: Flask, town: Town, clock: Clock, database: Database
) -> None:
    clock.moment = NEXT_MONDAY
    Ticker(app).tick()
    counted_round(town)
    clock.moves(hours=2)
    Ticker(app).tick()
    assert to_whom(database) == []
    clock.moves(days=7)
    Ticker(app).tick()
    assert to_whom(database) == ["carl.councillor", "cora.councillor"]


def test_two_servers_at_once_write_one_letter(
    app: Flask, town: Town, clock: Clock, database: Database
) -> None:
    counted_round(town)
    clock.moment = NEXT_MONDAY
    together = Barrier(2)

    def serve() -> None:
        clerk = Ticker(app)
        together.wait()
        clerk._write_digests()

    servers = [Thread(target=serve) for _server in range(2)]
    for server in servers:
        server.start()
    for server in servers:
        server.join()
    assert to_whom(database) == ["carl.councillor", "cora.councillor"]


def test_whoever_comes_second_finds_the_week_taken(
    app: Flask, town: Town, clock: Clock, database: Database, session: Session
) -> None:
    counted_round(town)
    clock.moment = NEXT_MONDAY
    taken = WeeklyDigest(
        person_id=town.councillor.id, monday=NEXT_MONDAY.date(), taken_at=NEXT_MONDAY
    )
    session.add(taken)
    session.commit()
    with app.test_request_context(method="POST"):
        write_digest(db(), town.councillor.id)
        db().commit()
    assert to_whom(database) == []


def test_whoever_wants_none_gets_none(
    app: Flask, town: Town, clock: Clock, database: Database
) -> None:
    counted_round(town)
    choose_digest(town.session, town.councillor, wanted=False)
    town.session.commit()
    clock.moment = NEXT_MONDAY
    Ticker(app).tick()
    assert to_whom(database) == ["carl.councillor"]


def test_late_deliveries_alone_are_something_to_say(
    app: Flask, town: Town, clock: Clock, database: Database
) -> None:
    clock.moves(days=-14)
    the_round = signed_round(town)
    late = deliveries_in(town.session, the_round)[0]
    late.due_on = date(2026, 11, 29)
    town.session.commit()
    clock.moment = NEXT_MONDAY
    Ticker(app).tick()
    letter = letters(database)[0]
    assert letter.subject == "Your week: nothing waits for you to decide"
    assert "1 project is late:" in letter.body
    assert "1 day late. It was due by Sunday 29 November 2026." in letter.body
    assert "decision" not in letter.body


def test_last_weeks_decisions_are_told_and_older_ones_are_not(
    app: Flask, town: Town, clock: Clock, database: Database
) -> None:
    older = signed_round(town)
    older.title = "The older one"
    notice = notice_of(town.session, older.id)
    assert notice is not None
    lodge(town.session, notice, clock().date(), "DS/4711")  # else it is still to be lodged
    clock.moves(days=5)
    signed_round(town).title = "The newer one"
    town.session.commit()
    clock.moment = NEXT_MONDAY.replace(hour=13)
    Ticker(app).tick()
    letter = letters(database)[0]
    assert "1 decision was published in the last seven days:" in letter.body
    assert "The newer one" in letter.body
    assert "http://localhost/notices/2026/2" in letter.body
    assert "The older one" not in letter.body


def test_the_monitoring_officer_is_told_what_is_stuck(
    app: Flask, town: Town, clock: Clock, database: Database
) -> None:
    town.person("Mona Monitor", Office.MONITORING_OFFICER)
    the_round = counted_round(town)
    interest = Declared(InterestKind.PECUNIARY, "I own the boatyard.")
    codes = costs_to_sign(town.session, the_round)
    for councillor in (town.councillor, town.second_councillor):
        declare_interests(town.session, the_round, councillor, dict.fromkeys(codes, interest))
    town.session.commit()
    clock.moment = NEXT_MONDAY
    Ticker(app).tick()
    (letter,) = letters(database)
    assert letter.to_email == "mona.monitor@example.org"
    assert letter.subject == "Your week: 1 outcome waits for you"
    assert "1 outcome cannot go on by itself:" in letter.body
    assert f"http://localhost/decisions/{the_round.id}/step-in" in letter.body


def test_residents_and_those_out_of_office_get_no_digest(
    app: Flask, town: Town, clock: Clock, database: Database
) -> None:
    the_round = counted_round(town, approvals=2)
    approve(town, the_round, town.second_councillor)
    for office in town.second_councillor.appointments:
        office.ends_on = NEXT_MONDAY.date()
    town.session.commit()
    clock.moment = NEXT_MONDAY
    Ticker(app).tick()
    assert to_whom(database) == ["cora.councillor"]


def test_one_letter_that_cannot_be_written_keeps_no_other_waiting(
    app: Flask, town: Town, clock: Clock, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted_round(town)
    clock.moment = NEXT_MONDAY

    def fail_for_carl(session: Session, person_id: int) -> None:
        if person_id == town.second_councillor.id:
            raise RuntimeError("a bug")
        write_digest(session, person_id)

    monkeypatch.setattr("app.ticker.write_digest", fail_for_carl)
    clerk = Ticker(app)
    clerk.tick()
    assert to_whom(database) == ["cora.councillor"]
    monkeypatch.undo()
    Ticker(app).tick()
    assert to_whom(database) == ["carl.councillor", "cora.councillor"]
