"""The ledger of a fund's money: balanced, never overdrawn, never changed."""

from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.public.fund_money import COLUMNS, lines_to_take_away
from app.public.money_words import INSIDE, numbers_of, read_money
from ballots.affording import shortfall_pence
from ballots.counting import Rule
from ballots.moves import Blocker, conclude_sign_off, obstacles_before
from ballots.sheets import SheetGiven
from ballots.signing import ReferTo
from ballots.signoff import signatures_on
from neighbourhoods.delivery import (
    Delivery,
    DeliveryStatus,
    DeliveryStep,
    commit_money,
    deliveries_in,
    report_delivery,
)
from neighbourhoods.funds import Fund, SourceKind, add_source, allocated_pence, position_of
from neighbourhoods.money import (
    Account,
    MoneyAct,
    MoneyBalance,
    MoneyEntry,
    MoneyLine,
    Movement,
    balance_of,
    corrections_in,
    entries_about,
    entries_of,
    move_money,
    spent_by,
    standing_spendings,
    unmet_conditions,
)
from neighbourhoods.phases import Phase
from neighbourhoods.projects import Project, projects_in
from neighbourhoods.purse import (
    correct_source,
    correct_spending,
    hold_back,
    release_held,
    return_underspend,
)
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round, RoundKind, create_round, left_for_rounds
from tests.builders import Town
from tests.services.test_signoff import counted

GIVEN = date(2026, 5, 2)


def promised(town: Town, pence: int = 200_000) -> Delivery:
    """A project with money promised from a fund of £10,000."""
    the_round = town.round(Phase.SIGN_OFF)
    the_round.phase = Phase.DELIVERY
    return commit_money(town.session, projects_in(town.session, the_round.id)[0], pence)


def fund_of(delivery: Delivery) -> Fund:
    return delivery.project.the_round.fund


def report(
    town: Town, delivery: Delivery, spent: int, status: DeliveryStatus = DeliveryStatus.STARTED
) -> None:
    report_delivery(
        town.session, delivery, town.officer, DeliveryStep(status, "News.", spent, None)
    )


def standing(town: Town, fund: Fund) -> tuple[int, ...]:
    """Came in, available, committed, held, spent, returned."""
    found = position_of(town.session, fund)
    return (
        found.allocated_pence,
        found.available_pence,
        found.committed_pence,
        found.held_pence,
        found.spent_pence,
        found.returned_pence,
    )


def refusal(act: Callable[[], object]) -> object:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.reason


def test_money_goes_from_its_source_to_a_project_and_is_spent(town: Town) -> None:
    delivery = promised(town)
    fund = fund_of(delivery)
    assert standing(town, fund) == (1_000_000, 800_000, 200_000, 0, 0, 0)
    report(town, delivery, 50_025)
    assert standing(town, fund) == (1_000_000, 800_000, 149_975, 0, 50_025, 0)
    acts = [(entry.act, entry.why) for entry in entries_of(town.session, fund.id)]
    assert acts == [
        (MoneyAct.SOURCE, "Council"),
        (MoneyAct.COMMITMENT, "outcome-signed"),
        (MoneyAct.SPENDING, "News."),
    ]


def test_a_mistyped_source_is_reversed_once_and_with_a_reason(town: Town) -> None:
    fund = town.fund(pence=1_000)
    wrong = add_source(town.session, fund, SourceKind.GRANT, "Lottery", 99_900, GIVEN)
    assert refusal(lambda: correct_source(town.session, wrong, town.officer, "  ")) == (
        Refusal.REASON_MISSING
    )
    correct_source(town.session, wrong, town.officer, "Two noughts too many.")
    assert allocated_pence(town.session, fund) == 1_000
    assert corrections_in(town.session, fund.id)[wrong.id].why == "Two noughts too many."
    assert refusal(lambda: correct_source(town.session, wrong, town.officer, "Again.")) == (
        Refusal.SOURCE_TAKEN_OUT
    )


def test_a_source_that_a_project_was_promised_stays(town: Town) -> None:
    delivery = promised(town, 1_000_000)
    (source,) = fund_of(delivery).sources
    assert refusal(lambda: correct_source(town.session, source, town.officer, "Wrong.")) == (
        Refusal.SOURCE_COMMITTED
    )


def test_a_source_that_a_round_counts_on_stays_until_the_right_one_is_there(town: Town) -> None:
    fund = town.round(Phase.VOTE).fund
    (source,) = fund.sources
    assert refusal(lambda: correct_source(town.session, source, town.officer, "Wrong.")) == (
        Refusal.SOURCE_IN_ROUNDS
    )
    add_source(town.session, fund, SourceKind.GRANT, "The right one", 1_000_000, GIVEN)
    correct_source(town.session, source, town.officer, "Wrong.")
    assert standing(town, fund)[:2] == (1_000_000, 1_000_000)


def test_what_is_held_back_cannot_be_spent_until_its_condition_is_met(town: Town) -> None:
    delivery = promised(town)
    condition = hold_back(town.session, delivery, town.officer, 150_000, "The trust agrees.")
    with pytest.raises(Refused) as refused:
        report(town, delivery, 50_001)
    assert refused.value.reason is Refusal.SPEND_IS_HELD
    assert refused.value.figures == {"left_pence": 50_000, "held_pence": 150_000}
    assert standing(town, fund_of(delivery)) == (1_000_000, 800_000, 50_000, 150_000, 0, 0)
    release_held(town.session, delivery, town.officer, condition, "It agreed on 3 May.")
    report(town, delivery, 200_000)
    assert standing(town, fund_of(delivery)) == (1_000_000, 800_000, 0, 0, 200_000, 0)


def test_a_condition_is_met_once(town: Town) -> None:
    delivery = promised(town)
    condition = hold_back(town.session, delivery, town.officer, 100, "The trust agrees.")
    release_held(town.session, delivery, town.officer, condition, "It did.")
    again = lambda: release_held(  # noqa: E731 - asked for once, refused once
        town.session, delivery, town.officer, condition, "It did."
    )
    assert refusal(again) == Refusal.CONDITION_MET


def test_no_more_is_held_back_than_is_promised_and_free(town: Town) -> None:
    delivery = promised(town)
    hold_back(town.session, delivery, town.officer, 150_000, "One.")
    more = lambda: hold_back(town.session, delivery, town.officer, 50_001, "Two.")  # noqa: E731
    assert refusal(more) == Refusal.HOLD_EXCEEDS_COMMITMENT


def test_an_underspend_goes_back_to_the_fund_for_another_round(town: Town) -> None:
    delivery = promised(town)
    fund = fund_of(delivery)
    assert left_for_rounds(town.session, fund) == 800_000
    report(town, delivery, 120_000, DeliveryStatus.FINISHED)
    return_underspend(town.session, delivery, town.officer, "Cheaper wood.")
    assert standing(town, fund) == (1_000_000, 880_000, 0, 0, 120_000, 0)
    assert create_round(town.session, fund, "Next", "p", "p", 880_000).budget_pence == 880_000


def test_an_underspend_can_leave_the_fund_for_a_place_that_is_named(town: Town) -> None:
    delivery = promised(town)
    hold_back(town.session, delivery, town.officer, 30_000, "Never met.")
    report(town, delivery, 0, DeliveryStatus.STOPPED)
    nowhere = lambda: return_underspend(town.session, delivery, town.officer, "Why", " ")  # noqa: E731
    assert refusal(nowhere) == Refusal.PLACE_MISSING
    entry = return_underspend(town.session, delivery, town.officer, "The lock closed.", "NHS")
    assert (entry.returned_to, standing(town, fund_of(delivery))) == (
        "NHS",
        (1_000_000, 800_000, 0, 0, 0, 200_000),
    )
    assert unmet_conditions(entries_about(town.session, [delivery.project_id])) == []
    again = lambda: return_underspend(town.session, delivery, town.officer, "Why")  # noqa: E731
    assert refusal(again) == Refusal.NOTHING_LEFT


def test_nothing_is_returned_while_a_project_is_under_way(town: Town) -> None:
    delivery = promised(town)
    early = lambda: return_underspend(town.session, delivery, town.officer, "Why")  # noqa: E731
    assert refusal(early) == Refusal.NOT_CONCLUDED


def test_more_than_is_available_is_never_promised(town: Town) -> None:
    with pytest.raises(Refused) as refused:
        promised(town, 1_000_001)
    assert refused.value.reason is Refusal.FUND_SHORT
    assert refused.value.figures == {"short_pence": 1}


def test_a_practice_vote_promises_nothing(town: Town) -> None:
    the_round = within(town, town.round(Phase.VOTE), RoundKind.PRACTICE)
    project = Project(round_id=the_round.id, code="p", title="Pretend", cost_pence=1)
    town.session.add(project)
    town.session.flush()
    assert refusal(lambda: commit_money(town.session, project, 1)) == (
        Refusal.PRACTICE_PAYS_NOTHING
    )


def within(town: Town, the_round: Round, kind: RoundKind, budget_pence: int = 300_000) -> Round:
    """A vote in a hall within a round."""
    vote = Round(
        fund=the_round.fund,
        title="In the hall",
        purpose="p",
        budget_pence=budget_pence,
        phase=Phase.DELIVERY,
        kind=kind,
        within=the_round,
    )
    town.session.add(vote)
    town.session.flush()
    return vote


def test_a_vote_in_a_hall_pays_from_the_budget_of_its_round(town: Town) -> None:
    the_round = town.round(Phase.DEBATE)
    fund = the_round.fund
    vote = within(town, the_round, RoundKind.HALL)
    project = Project(round_id=vote.id, code="h", title="Bench", cost_pence=250_000)
    town.session.add(project)
    town.session.flush()
    delivery = commit_money(town.session, project, 250_000)
    assert standing(town, fund) == (1_000_000, 750_000, 250_000, 0, 0, 0)
    # Neither the hall's money is counted twice nor is the rest of the budget given away.
    assert left_for_rounds(town.session, fund) == 0
    assert left_for_rounds(town.session, fund, besides=the_round) == 750_000
    assert left_for_rounds(town.session, fund, besides=vote) == 750_000
    report(town, delivery, 250_000, DeliveryStatus.FINISHED)
    assert deliveries_in(town.session, vote)[0].spent_pence == 250_000


# --- a mistyped spend ----------------------------------------------------------------------------


def spending_of(town: Town, delivery: Delivery) -> MoneyEntry:
    """The spend of a project that stands."""
    (found,) = standing_spendings(entries_about(town.session, [delivery.project_id]))
    return found


def put_right(town: Town, delivery: Delivery, pence: int, why: str = "A nought too many.") -> None:
    correct_spending(town.session, delivery, spending_of(town, delivery), town.officer, pence, why)


def test_a_mistyped_spend_is_taken_back_and_spent_anew_in_entries_of_their_own(
    town: Town,
) -> None:
    delivery = promised(town)
    report(town, delivery, 150_000)
    mistake = spending_of(town, delivery)
    put_right(town, delivery, 15_000)
    told = [
        (entry.act, entry.why, entry.answers_id, entry.update_id, spent_by(entry))
        for entry in entries_of(town.session, fund_of(delivery).id)[2:]
    ]
    update = delivery.updates[0].id
    assert told == [
        (MoneyAct.SPENDING, "News.", None, update, 150_000),
        (MoneyAct.REVERSAL, "A nought too many.", mistake.id, update, -150_000),
        (MoneyAct.SPENDING, "A nought too many.", None, update, 15_000),
    ]
    assert standing(town, fund_of(delivery)) == (1_000_000, 800_000, 185_000, 0, 15_000, 0)
    assert (delivery.spent_pence, delivery.updates[0].spent_pence) == (15_000, 15_000)


def test_a_spend_that_never_was_is_taken_back_alone(town: Town) -> None:
    delivery = promised(town)
    report(town, delivery, 150_000)
    put_right(town, delivery, 0)
    assert standing_spendings(entries_about(town.session, [delivery.project_id])) == []
    assert (delivery.spent_pence, delivery.updates[0].spent_pence) == (0, 0)


def test_a_spend_is_put_right_once_and_the_newer_line_after_it(town: Town) -> None:
    delivery = promised(town)
    report(town, delivery, 150_000)
    first = spending_of(town, delivery)
    put_right(town, delivery, 15_000)
    again = lambda: correct_spending(  # noqa: E731 - asked for once, refused once
        town.session, delivery, first, town.officer, 1, "Again."
    )
    assert refusal(again) == Refusal.SPENDING_REVERSED
    put_right(town, delivery, 16_000)
    assert delivery.spent_pence == 16_000


@pytest.mark.parametrize(
    ("pence", "why", "reason"),
    [
        (100_000, "Same.", Refusal.SPENDING_UNCHANGED),
        (-1, "Less than nothing.", Refusal.AMOUNT_NOT_POSITIVE),
        (5, "  ", Refusal.REASON_MISSING),
        (170_001, "More than is free.", Refusal.SPEND_IS_HELD),
    ],
)
def test_a_spend_is_not_put_right_by_what_cannot_be(
    town: Town, pence: int, why: str, reason: Refusal
) -> None:
    delivery = promised(town)
    report(town, delivery, 100_000)
    hold_back(town.session, delivery, town.officer, 30_000, "The trust agrees.")
    before = len(entries_of(town.session, fund_of(delivery).id))
    assert refusal(lambda: put_right(town, delivery, pence, why)) == reason
    assert len(entries_of(town.session, fund_of(delivery).id)) == before
    put_right(town, delivery, 170_000)


def test_what_a_spend_put_right_leaves_after_a_return_can_be_returned_too(town: Town) -> None:
    delivery = promised(town)
    report(town, delivery, 150_000, DeliveryStatus.FINISHED)
    return_underspend(town.session, delivery, town.officer, "Cheaper.")
    put_right(town, delivery, 100_000)
    return_underspend(town.session, delivery, town.officer, "It was mistyped.")
    assert standing(town, fund_of(delivery)) == (1_000_000, 900_000, 0, 0, 100_000, 0)


@pytest.mark.parametrize("answers", [True, False])
def test_the_database_refuses_a_reversal_that_is_a_second_one_or_of_nothing(
    town: Town, answers: bool
) -> None:
    delivery = promised(town)
    report(town, delivery, 150_000)
    mistake = spending_of(town, delivery)
    put_right(town, delivery, 15_000)
    past = MoneyEntry(
        fund_id=fund_of(delivery).id,
        act=MoneyAct.REVERSAL,
        why="Past the service.",
        project_id=delivery.project_id,
        round_id=delivery.round_id,
        update_id=mistake.update_id,
        answers_id=mistake.id if answers else None,
    )
    out = Movement(Account.SPENT, -1, delivery.project_id)
    with pytest.raises(IntegrityError, match="answers"):
        move_money(town.session, past, [out, Movement(Account.COMMITTED, 1, delivery.project_id)])


def test_the_same_news_sent_twice_is_spent_once(town: Town) -> None:
    delivery = promised(town)
    news = DeliveryStep(DeliveryStatus.STARTED, "News.", 70_000, None, seen=0)
    report_delivery(town.session, delivery, town.officer, news)
    twice = lambda: report_delivery(town.session, delivery, town.officer, news)  # noqa: E731
    assert refusal(twice) == Refusal.REPORTED_MEANWHILE
    assert delivery.spent_pence == 70_000


# --- before anything is signed -------------------------------------------------------------------


def test_an_outcome_that_the_fund_cannot_pay_is_not_signed(town: Town) -> None:
    the_round = counted(town)
    fund = the_round.fund
    town.declares_none(the_round, town.councillor)
    assert shortfall_pence(town.session, the_round) == 0
    # Another round promised what this one counted on.
    other = Round(fund=fund, title="Other", purpose="p", budget_pence=1, phase=Phase.DELIVERY)
    town.session.add(other)
    town.session.flush()
    dear = Project(round_id=other.id, code="d", title="Dear", cost_pence=999_999)
    town.session.add(dear)
    town.session.flush()
    commit_money(town.session, dear, 999_999)
    # One bench of £2,000 won, and a penny is left.
    asked = shortfall_pence(town.session, the_round)
    assert asked == 199_999
    blockers = {
        one.blocker: one.number for one in obstacles_before(town.session, the_round, Phase.DELIVERY)
    }
    assert blockers[Blocker.FUND_SHORT] == asked
    assert refusal(lambda: town.signs(the_round, town.councillor)) == Refusal.FUND_SHORT
    assert signatures_on(town.session, the_round.id) == []
    # Referring back needs no money.
    asks = SheetGiven(
        reasons="It is not there.", refer_to=ReferTo.OFFICERS, question="Where is the money?"
    )
    town.signs(the_round, town.councillor, asks)
    assert conclude_sign_off(town.session, town.keys, the_round) is None


@pytest.mark.parametrize(("other_money", "blocked"), [(49_999, 1), (50_000, 0)])
def test_what_a_rule_may_overspend_has_to_be_in_the_fund_before_the_vote(
    town: Town, other_money: int, blocked: int
) -> None:
    the_round = town.round(Phase.DEBATE, rule=Rule(overspend_pence=50_000))
    add_source(town.session, the_round.fund, SourceKind.GRANT, "More", other_money, GIVEN)
    short = [
        one.number
        for one in obstacles_before(town.session, the_round, Phase.VOTE)
        if one.blocker == Blocker.FUND_SHORT
    ]
    assert short == [blocked] * bool(blocked)


# --- what the database itself refuses ------------------------------------------------------------


@pytest.mark.parametrize(
    "act",
    [
        "UPDATE money_entries SET why = 'x'",
        "DELETE FROM money_entries",
        "UPDATE money_lines SET pence = pence + 1",
        "DELETE FROM money_lines",
    ],
)
def test_the_database_refuses_to_change_the_ledger(town: Town, act: str) -> None:
    town.fund()
    with pytest.raises(DBAPIError, match="never changed"):
        town.session.execute(text(act))


def test_the_database_refuses_a_balance_that_its_lines_do_not_say(town: Town) -> None:
    town.fund()
    with pytest.raises(DBAPIError, match="follow their lines"):
        town.session.execute(text("UPDATE money_balances SET pence = pence - 1"))


def test_the_database_refuses_a_line_that_would_overdraw_an_account(town: Town) -> None:
    delivery = promised(town)
    fund = fund_of(delivery)
    entry = MoneyEntry(
        fund_id=fund.id,
        act=MoneyAct.RETURN,
        why="Past the service.",
        project_id=delivery.project_id,
        round_id=delivery.round_id,
    )
    out = Movement(Account.COMMITTED, -200_001, delivery.project_id)
    into = Movement(Account.AVAILABLE, 200_001)
    with pytest.raises(IntegrityError, match="money_balances_pence"):
        move_money(town.session, entry, [into, out])


@pytest.mark.parametrize("movements", [[], [("available", 1)], [("available", 2), ("source", -1)]])
def test_an_entry_that_does_not_add_up_to_nothing_is_no_entry(
    town: Town, movements: list[tuple[str, int]]
) -> None:
    entry = MoneyEntry(fund_id=town.fund().id, act=MoneyAct.SOURCE, why="x")
    with pytest.raises(ValueError, match="add up to nothing"):
        move_money(town.session, entry, [Movement(Account(name), n) for name, n in movements])


# --- whatever is done ----------------------------------------------------------------------------

PENCE = st.integers(-1, 400_000)
WHICH = st.integers(0, 3)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("source"), WHICH, PENCE),
        st.tuples(st.just("correct"), WHICH, PENCE),
        st.tuples(st.just("commit"), WHICH, PENCE),
        st.tuples(st.just("hold"), WHICH, PENCE),
        st.tuples(st.just("release"), WHICH, PENCE),
        st.tuples(st.just("spend"), WHICH, PENCE),
        st.tuples(st.just("put-right"), WHICH, PENCE),
        st.tuples(st.just("finish"), WHICH, PENCE),
        st.tuples(st.just("stop"), WHICH, PENCE),
        st.tuples(st.just("return"), WHICH, PENCE),
        st.tuples(st.just("give-away"), WHICH, PENCE),
    ),
    max_size=25,
)
STATUS = {
    "spend": DeliveryStatus.STARTED,
    "finish": DeliveryStatus.FINISHED,
    "stop": DeliveryStatus.STOPPED,
}


def do(town: Town, the_round: Round, name: str, which: int, pence: int) -> None:
    session, officer = town.session, town.officer
    project = projects_in(session, the_round.id)[which]
    delivery = session.get(Delivery, project.id)
    if name == "source":
        add_source(session, the_round.fund, SourceKind.GRANT, "G", pence, GIVEN, officer)
    elif name == "correct":
        sources = the_round.fund.sources
        correct_source(session, sources[which % len(sources)], officer, "Mistyped.")
    elif delivery is not None:
        deliver(town, delivery, name, pence)
    elif name == "commit" and pence > 0:
        commit_money(session, project, pence)


def deliver(town: Town, delivery: Delivery, name: str, pence: int) -> None:
    session, officer = town.session, town.officer
    entries = entries_about(session, [delivery.project_id])
    if name in STATUS:
        report(town, delivery, pence, STATUS[name])
    elif name == "put-right":
        for spent in standing_spendings(entries)[:1]:
            correct_spending(session, delivery, spent, officer, pence, "Mistyped.")
    elif name == "hold":
        hold_back(session, delivery, officer, pence, "Until then.")
    elif name == "release":
        for waiting in unmet_conditions(entries)[-1:]:
            release_held(session, delivery, officer, waiting, "Then.")
    elif name in ("return", "give-away"):
        to = "Elsewhere" if name == "give-away" else None
        return_underspend(session, delivery, officer, "Left.", to)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(acts=ACTS)
def test_whatever_is_done_the_ledger_balances_and_the_page_adds_up(
    town: Town, app: Flask, acts: list[tuple[str, int, int]]
) -> None:
    session = town.session
    known = set(session)
    outer = session.begin_nested()
    the_round = town.round(Phase.SCREENING)
    the_round.phase = Phase.DELIVERY
    for act in acts:
        step = session.begin_nested()
        try:
            do(town, the_round, *act)
        except Refused:
            step.rollback()
        else:
            step.commit()
        session.expire_all()
    check_books(town, the_round.fund, app)
    outer.rollback()
    # What was read back since is no news to the rollback, and would stand in the next one's way.
    for one in set(session) - known:
        session.expunge(one)


def check_books(town: Town, fund: Fund, app: Flask) -> None:
    session = town.session
    entries = entries_of(session, fund.id)
    assert all(len(one.lines) >= 2 and sum(x.pence for x in one.lines) == 0 for one in entries)
    kept = select(MoneyBalance).where(MoneyBalance.fund_id == fund.id)
    for balance in session.scalars(kept):
        assert balance.pence <= 0 if balance.account == Account.SOURCE else balance.pence >= 0
        lines = select(func.sum(MoneyLine.pence)).join(MoneyEntry)
        same = lines.where(
            MoneyEntry.fund_id == fund.id,
            MoneyLine.account == balance.account,
            func.coalesce(MoneyLine.project_id, 0) == balance.project_id,
        )
        assert session.execute(same).scalar_one() == balance.pence
    came_in, *places = standing(town, fund)
    assert came_in == sum(places)
    taken_out = corrections_in(session, fund.id)
    assert came_in == sum(one.amount_pence for one in fund.sources if one.id not in taken_out)
    for delivery in session.scalars(select(Delivery)):
        spent = balance_of(session, fund.id, Account.SPENT, delivery.project_id)
        assert delivery.spent_pence == spent == sum(one.spent_pence for one in delivery.updates)
        promises = (one for one in entries_about(session, [delivery.project_id]))
        first = next(one for one in promises if one.act == MoneyAct.COMMITMENT)
        assert delivery.committed_pence == max(line.pence for line in first.lines)
    with app.test_request_context():
        page = read_money(entries)
        numbers = numbers_of(entries)
        table = [row for one in entries for row in lines_to_take_away(one, numbers)]
    available, committed, held, spent, returned = places
    assert page.balance_pence == available + committed + held == page.in_pence - page.out_pence
    back_in = -sum(spent_by(one) for one in entries if one.act == MoneyAct.REVERSAL)
    assert page.out_pence == spent + back_in + returned + sum(
        one.amount_pence for one in fund.sources if one.id in taken_out
    )
    # What is taken away is the page line by line: the same numbers, the same pence.
    number, account, pence = (COLUMNS.index(name) for name in ("entry", "account", "pence"))
    assert [row.number for row in page.rows] == list(dict.fromkeys(row[number] for row in table))
    for line in page.rows:
        mine = [row for row in table if row[number] == line.number]
        inside = sum(int(str(row[pence])) for row in mine if row[account] in INSIDE)
        assert inside == line.in_pence - line.out_pence
    for name, held_there in zip(Account, (-came_in, *places), strict=True):
        assert sum(int(str(row[pence])) for row in table if row[account] == name) == held_there
    assert all(row.balance_pence >= 0 for row in page.rows)
