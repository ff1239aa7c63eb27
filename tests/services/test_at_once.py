"""Two people, or two taps, at the same moment: what was true a moment ago is asked again."""

from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from sqlalchemy.orm import Session

from ballots.bars import Declared, declare_interests
from ballots.bundle import bundle_hash, costs_to_sign
from ballots.moves import conclude_sign_off, take_forward
from ballots.refusals import BallotRefusal
from ballots.routes import Verdict
from ballots.sheets import SheetGiven, VerdictGiven, sign
from ballots.signing import Proof
from ballots.signoff import sign_off_of
from neighbourhoods.database import Database
from neighbourhoods.delivery import (
    Delivery,
    DeliveryStatus,
    DeliveryStep,
    commit_money,
    deliveries_in,
    report_delivery,
)
from neighbourhoods.eligibility import RollRow, replace_roll
from neighbourhoods.interests import InterestKind
from neighbourhoods.money import MoneyEntry, entries_about, standing_spendings
from neighbourhoods.people import Person, ask_for_code
from neighbourhoods.phases import Phase
from neighbourhoods.projects import Project, projects_in
from neighbourhoods.proposals import back, backing_counts, proposals_in
from neighbourhoods.purse import correct_spending
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round, create_round
from tests.builders import CODE_KEY, Town
from tests.services.test_signoff import counted


@pytest.fixture
def other(database: Database, town: Town) -> Iterator[Session]:
    """Somebody else’s session; SQLite lets only one write at a time, so these need PostgreSQL."""
    if database.is_sqlite:
        pytest.skip("SQLite has one writer: nothing is written at once")
    with database.reading() as session:
        yield session


def at_once(session: Session, act: Callable[[], object]) -> None:
    """Start an act that must wait for this session, which then commits, and see it end."""
    waiting = Thread(target=act)
    waiting.start()
    waiting.join(0.3)
    session.commit()
    waiting.join(10)
    assert not waiting.is_alive()


def test_a_roll_looked_at_before_the_vote_opened_is_not_replaced_after(
    town: Town, other: Session
) -> None:
    the_round = town.round(Phase.DEBATE)
    town.session.commit()
    seen = other.get_one(Round, the_round.id)
    assert seen.phase == Phase.DEBATE
    take_forward(town.session, town.keys, the_round, Phase.VOTE, town.officer, "now")
    town.session.commit()
    with pytest.raises(Refused) as refused:
        replace_roll(other, CODE_KEY, seen, [RollRow("X", "Mallory", None, None)])
    assert refused.value.reason is Refusal.WRONG_PHASE


def test_an_interest_declared_meanwhile_is_seen_by_whoever_decides(
    town: Town, other: Session
) -> None:
    the_round = counted(town)
    town.declares_none(the_round, town.councillor)
    town.session.commit()
    seen = other.get_one(Round, the_round.id)
    me = other.get_one(Person, town.councillor.id)
    assert sign_off_of(other, seen).waits_for(me)
    codes = costs_to_sign(town.session, the_round)
    house = Declared(InterestKind.PECUNIARY, "My house")
    declare_interests(town.session, the_round, town.councillor, dict.fromkeys(codes, house))
    town.session.commit()
    endorsed = SheetGiven(dict.fromkeys(codes, VerdictGiven(Verdict.ENDORSE)))
    with pytest.raises(Refused) as refused:
        sign(other, seen, me, endorsed, bundle_sha256=bundle_hash(other, seen), proof=Proof.CODE)
    assert refused.value.reason is BallotRefusal.INTEREST_FORBIDS


def test_two_backings_at_once_are_one(town: Town, other: Session) -> None:
    the_round = town.round(Phase.IDEAS)
    town.session.commit()
    proposal = proposals_in(town.session, the_round)[0]
    mine = proposals_in(other, other.get_one(Round, the_round.id))[0]
    back(town.session, proposal, town.neighbour)

    def again() -> None:
        back(other, mine, town.neighbour)
        other.commit()

    at_once(town.session, again)
    assert backing_counts(town.session, the_round) == {proposal.id: 1}


def test_two_codes_asked_for_at_once_leave_the_later_one(town: Town, other: Session) -> None:
    ask_for_code(town.session, b"key", "ann@example.org")
    failed: list[Exception] = []

    def again() -> None:
        try:
            ask_for_code(other, b"key", "ann@example.org")
            other.commit()
        except Exception as error:  # noqa: BLE001 - shown below
            failed.append(error)

    at_once(town.session, again)
    assert failed == []


def test_two_rounds_at_once_do_not_share_out_the_same_pound(town: Town, other: Session) -> None:
    fund = town.fund(pence=1_000)
    town.session.commit()
    theirs = other.get_one(type(fund), fund.id)
    create_round(town.session, fund, "One", "p", "p", 1_000)
    refused: list[object] = []

    def again() -> None:
        try:
            create_round(other, theirs, "Two", "p", "p", 1_000)
        except Refused as error:
            refused.append(error.reason)
        other.rollback()

    at_once(town.session, again)
    assert refused == [Refusal.FUND_EXCEEDED]


def test_two_reports_at_once_are_both_added_up(town: Town, other: Session) -> None:
    the_round = counted(town)
    town.approves(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    town.session.commit()
    delivery = deliveries_in(town.session, the_round)[0]
    theirs = deliveries_in(other, other.get_one(Round, the_round.id))[0]
    me = other.get_one(Person, town.officer.id)
    step = DeliveryStep(DeliveryStatus.STARTED, "Begun", 100, None)
    report_delivery(town.session, delivery, town.officer, step)

    def again() -> None:
        report_delivery(other, theirs, me, step)
        other.commit()

    at_once(town.session, again)
    town.session.refresh(delivery)
    assert delivery.spent_pence == 200


def test_two_officers_at_once_put_a_spend_right_once(town: Town, other: Session) -> None:
    the_round = counted(town)
    town.approves(the_round, town.councillor)
    conclude_sign_off(town.session, town.keys, the_round)
    (delivery,) = deliveries_in(town.session, the_round)
    step = DeliveryStep(DeliveryStatus.STARTED, "Begun", 100, None)
    report_delivery(town.session, delivery, town.officer, step)
    town.session.commit()
    (mine,) = standing_spendings(entries_about(town.session, [delivery.project_id]))
    theirs = other.get_one(MoneyEntry, mine.id)
    their_delivery = other.get_one(Delivery, delivery.project_id)
    me = other.get_one(Person, town.officer.id)
    correct_spending(town.session, delivery, mine, town.officer, 10, "A nought too many.")
    refused: list[object] = []

    def again() -> None:
        try:
            correct_spending(other, their_delivery, theirs, me, 1, "Two noughts too many.")
        except Refused as error:
            refused.append(error.reason)
        other.rollback()

    at_once(town.session, again)
    assert refused == [Refusal.SPENDING_REVERSED]
    town.session.refresh(delivery)
    assert delivery.spent_pence == 10


def test_two_signatures_at_once_do_not_promise_the_same_pound(town: Town, other: Session) -> None:
    the_round = town.round(Phase.SIGN_OFF)
    first, second = projects_in(town.session, the_round.id)[:2]
    town.session.commit()
    theirs = other.get_one(Project, second.id)
    commit_money(town.session, first, 600_000)
    refused: list[object] = []

    def again() -> None:
        try:
            commit_money(other, theirs, 600_000)
        except Refused as error:
            refused.append(error.reason)
        other.rollback()

    at_once(town.session, again)
    assert refused == [Refusal.FUND_SHORT]
