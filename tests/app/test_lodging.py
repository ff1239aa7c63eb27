"""The record of ward councillors: who is told to lodge it, by when, until its receipt is kept."""

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from app.ticker import Ticker
from ballots.notices import DecisionNotice, lodge, notice_of
from ballots.routes import Agreement, RouteName
from neighbourhoods.letters import Letter
from neighbourhoods.people import Office
from neighbourhoods.rounds import Round
from tests.app.councillors.test_desk import desk, under
from tests.app.public.builders import approve, counted_round, signed_round
from tests.builders import Clock, Town
from tests.council import Site
from tests.services.test_signoff import counted_by

ASKED = "Enter the receipt of a ward councillors’ decision"


def published(town: Town, the_round: Round) -> DecisionNotice:
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    return notice


def kept(town: Town, the_round: Round, on: date) -> None:
    lodge(town.session, published(town, the_round), on, "DS/4711")
    town.session.commit()


def test_the_record_stands_on_both_desks_with_its_days_until_its_receipt_is_kept(
    site: Site, town: Town, clock: Clock
) -> None:
    the_round = signed_round(town)
    officer, member = site.as_(town.officer), site.as_(town.councillor)
    told = "To be lodged by Wednesday 23 December 2026: 30 days left."
    assert told in under(desk(member), "To be lodged")
    assert ASKED in officer.get("/office").text
    assert told in officer.get("/office").text
    assert "To be lodged" not in desk(site.as_(town.other_councillor))
    clock.moves(days=32)
    assert "2 days late" in under(desk(member), "To be lodged")
    assert "<strong>To be lodged" in desk(member)
    assert "2 days late" in officer.get("/office").text
    kept(town, the_round, clock().date())
    assert "To be lodged" not in desk(member)
    assert ASKED not in officer.get("/office").text


def test_a_route_that_asks_for_no_lodging_puts_nothing_on_a_desk(site: Site, town: Town) -> None:
    the_round = counted_by(town, RouteName.OFFICER, Agreement.ANY_ONE)
    approve(town, the_round)
    delegated = town.person("Dele Delegated", Office.DELEGATED_OFFICER)
    approve(town, the_round, delegated)
    assert published(town, the_round).lodge_by is None
    assert "To be lodged" not in desk(site.as_(town.councillor))
    assert ASKED not in site.as_(town.officer).get("/office").text


def test_the_weeks_letter_names_the_record_until_it_is_lodged(
    app: Flask, town: Town, clock: Clock
) -> None:
    the_round = signed_round(town)
    letters = []
    clock.moment = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    for week in (1, 2, 3):
        clock.moves(days=7)
        if week == 3:
            kept(town, the_round, date(2026, 12, 10))
        Ticker(app, delay=float).tick()
        town.session.rollback()
        query = select(Letter.body).where(
            Letter.to_email == town.councillor.email, Letter.subject.startswith("Your week")
        )
        letters.append(len(town.session.scalars(query).all()))
    assert letters == [1, 2, 2]
    body = town.session.scalars(query).all()[-1]
    assert "1 record is to be lodged with the council:" in body
    assert "To be lodged by Wednesday 23 December 2026: 16 days left." in body
    assert "http://localhost/notices/2026/1" in body


@pytest.mark.parametrize(
    ("signed_at", "number", "lodge_by"),
    [
        # In summer London is an hour ahead: after eleven in the evening by UTC it is the next day.
        (datetime(2027, 6, 30, 22, 59, tzinfo=UTC), "2027/1", date(2027, 7, 30)),
        (datetime(2027, 6, 30, 23, 1, tzinfo=UTC), "2027/1", date(2027, 8, 1)),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), "2026/1", date(2027, 1, 31)),
        (datetime(2027, 1, 31, 12, 0, tzinfo=UTC), "2027/1", date(2027, 2, 28)),
    ],
)
def test_the_month_counts_from_the_day_on_which_people_in_london_signed(
    town: Town, clock: Clock, signed_at: datetime, number: str, lodge_by: date
) -> None:
    the_round = counted_round(town)
    clock.moment = signed_at
    approve(town, the_round)
    notice = published(town, the_round)
    assert (notice.number, notice.lodge_by) == (number, lodge_by)
