"""The clerk and decisions: money after the call-in, letters to all alike, reminders."""

from collections import Counter

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import notice_news
from app.ticker import Ticker
from ballots.bars import Declared, declare_interests
from ballots.bundle import costs_to_sign
from ballots.decision_routes import choose_route
from ballots.notices import notice_of
from ballots.routes import Agreement, RouteName
from ballots.signoff import sign_off_of
from ballots.stepping_in import Due, take_due
from neighbourhoods.delivery import deliveries_in
from neighbourhoods.interests import InterestKind
from neighbourhoods.letters import Letter
from neighbourhoods.people import Office
from neighbourhoods.phases import Phase
from neighbourhoods.rounds import Round
from tests.app.public.builders import counted_round, vote
from tests.app.public.test_notices import LONG, called_in_round, declined_round
from tests.builders import Clock, Town


def tick(app: Flask, town: Town) -> None:
    """Let a clerk look once at everything."""
    town.session.commit()
    Ticker(app, delay=float).tick()
    town.session.rollback()
    town.session.expire_all()


def letters(town: Town, subject: str = "") -> list[Letter]:
    found = town.session.scalars(select(Letter).order_by(Letter.id))
    return [letter for letter in found if subject in letter.subject]


def test_everybody_on_the_roll_is_written_to_alike_and_once(app: Flask, town: Town) -> None:
    declined_round(town)  # three of six on the roll voted
    for _ in range(3):
        tick(app, town)
    told = letters(town, "Decided: Canal Side decides")
    assert Counter(letter.to_email for letter in told) == {
        f"voter{number}@example.org": 1 for number in range(1, 7)
    }
    assert len({letter.body for letter in told}) == 1
    body = told[0].body
    assert LONG in body
    assert "Residents chose: to fund it." in body
    assert "The council decided: Not to fund it." in body
    assert "http://localhost/notices/2026/1" in body


def test_who_has_no_e_mail_address_or_followed_a_project_gets_no_second_letter(
    app: Flask, town: Town
) -> None:
    the_round = declined_round(town)
    first, second = town.voter(the_round, 1), town.voter(the_round, 2)
    first.email, second.email = None, town.resident.email
    tick(app, town)
    told = [letter.to_email for letter in letters(town, "Decided")]
    assert sorted(told) == [f"voter{number}@example.org" for number in range(3, 7)]


def test_a_large_roll_is_written_to_in_several_acts(
    app: Flask, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notice_news, "AT_ONCE", 4)
    the_round = declined_round(town)
    sent = []
    for _ in range(3):
        tick(app, town)
        sent.append(len(letters(town, "Decided")))
    assert sent == [4, 6, 6]
    notice = notice_of(town.session, the_round.id)
    assert notice is not None
    assert notice.told_at is not None


def test_money_moves_by_the_clock_once_nobody_may_call_in(
    app: Flask, town: Town, clock: Clock
) -> None:
    the_round = called_in_round(town)
    clock.moves(days=4)
    tick(app, town)
    assert deliveries_in(town.session, the_round) == []
    clock.moves(days=1)
    for _ in range(2):
        tick(app, town)
    assert len(deliveries_in(town.session, the_round)) == 1


def test_whoever_is_waited_for_is_reminded_and_then_the_monitoring_officer_is_told(
    app: Flask, town: Town, clock: Clock
) -> None:
    town.person("Mona Monitor", Office.MONITORING_OFFICER)
    the_round = counted_round(town, approvals=2)
    town.approves(the_round, town.councillor)
    days = {}
    for day in range(1, 31):
        clock.moves(days=1)
        before = len(letters(town))
        tick(app, town)
        sent = [one for one in letters(town)[before:] if not one.subject.startswith("Your week")]
        if new := [(one.to_email, one.subject[:6]) for one in sent]:
            days[day] = new
    carl, mona = "carl.councillor@example.org", "mona.monitor@example.org"
    assert days == {
        14: [(carl, "“Canal")],
        23: [(carl, "“Canal")],
        28: [(mona, "Please")],
    }
    assert the_round.phase == Phase.SIGN_OFF


def test_one_round_that_cannot_go_on_keeps_no_other_from_being_seen_to(
    app: Flask, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = counted_round(town), counted_round(town)
    for the_round in (first, second):
        for councillor in (town.councillor, town.second_councillor):
            codes = costs_to_sign(town.session, the_round)
            owned = Declared(InterestKind.PECUNIARY, "I own the yard.")
            declare_interests(town.session, the_round, councillor, dict.fromkeys(codes, owned))

    def breaks(session: Session, the_round: Round) -> Due | None:
        if the_round.id == first.id:
            raise ValueError
        return take_due(session, the_round)

    monkeypatch.setattr(notice_news, "take_due", breaks)
    tick(app, town)
    assert [one.to_email for one in letters(town, "Please step in")] == [
        "olive.officer@example.org"
    ]


def test_a_route_goes_on_without_members_who_only_advise_and_are_silent(
    app: Flask, town: Town, clock: Clock
) -> None:
    fay = town.person("Fay Finance", Office.FINANCE_OFFICER)
    the_round = town.round(Phase.DEBATE)
    choose_route(town.session, the_round.fund, RouteName.CABINET_MEMBER, Agreement.MAJORITY, 0)
    town.enter(the_round, Phase.VOTE)
    vote(town, the_round, [1])
    town.enter(the_round, Phase.COUNT)
    town.enter(the_round, Phase.SIGN_OFF)
    clock.moves(days=15)
    tick(app, town)
    assert sign_off_of(town.session, the_round).waits_for(fay)
    assert [one.to_email for one in letters(town, "” waits for you")] == [fay.email]


def test_when_the_last_one_waited_for_resigns_the_decision_is_published(
    app: Flask, town: Town, clock: Clock
) -> None:
    the_round = counted_round(town, approvals=2)
    town.approves(the_round, town.councillor)
    town.second_councillor.appointments[0].ends_on = clock().date().replace(day=1)
    tick(app, town)
    assert notice_of(town.session, the_round.id) is not None
    assert letters(town, "Signed: Canal Side decides")[0].to_email == town.resident.email
