"""What officers do with a fund's money: put right, hold back, release, return."""

from sqlalchemy.orm import Session

from neighbourhoods.delivery import (
    Delivery,
    DeliveryStatus,
    check_spendable,
    entry_about,
    read_anew,
    spend,
)
from neighbourhoods.funds import FundSource
from neighbourhoods.money import (
    Account,
    MoneyAct,
    MoneyEntry,
    Movement,
    balance_of,
    corrections_in,
    entries_about,
    held_by,
    hold_fund,
    move_money,
    spent_by,
    standing_spendings,
    unmet_conditions,
)
from neighbourhoods.people import Person
from neighbourhoods.phases import Action, Role, check_allowed
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import left_for_rounds

CONCLUDED = (DeliveryStatus.FINISHED, DeliveryStatus.STOPPED)


def correct_source(session: Session, source: FundSource, by: Person, why: str) -> MoneyEntry:
    """Take a mistyped source out again, by a reversal with a reason, while nobody counts on it."""
    hold_fund(session, source.fund_id)
    if source.id in corrections_in(session, source.fund_id):
        raise Refused(Refusal.SOURCE_TAKEN_OUT)
    _check_reason(why)
    pence = source.amount_pence
    if pence > balance_of(session, source.fund_id, Account.AVAILABLE):
        raise Refused(Refusal.SOURCE_COMMITTED)
    if pence > left_for_rounds(session, source.fund):
        raise Refused(Refusal.SOURCE_IN_ROUNDS)
    entry = MoneyEntry(
        fund_id=source.fund_id, act=MoneyAct.CORRECTION, by=by, why=why.strip(), source=source
    )
    back = Movement(Account.SOURCE, pence)
    return move_money(session, entry, [Movement(Account.AVAILABLE, -pence), back])


def hold_back(
    session: Session, delivery: Delivery, by: Person, pence: int, condition: str
) -> MoneyEntry:
    """Keep committed pence of a project from being spent until a condition is met."""
    _check_may_deliver(session, delivery)
    _check_reason(condition)
    if pence <= 0:
        raise Refused(Refusal.AMOUNT_NOT_POSITIVE)
    project = delivery.project
    left = balance_of(session, project.the_round.fund_id, Account.COMMITTED, project.id)
    if pence > left:
        raise Refused(Refusal.HOLD_EXCEEDS_COMMITMENT, left_pence=left)
    entry = entry_about(project, MoneyAct.HOLD, condition.strip(), by)
    into = Movement(Account.HELD, pence, project.id)
    return move_money(session, entry, [Movement(Account.COMMITTED, -pence, project.id), into])


def release_held(
    session: Session, delivery: Delivery, by: Person, condition: MoneyEntry, how_met: str
) -> MoneyEntry:
    """Let go what a condition held back, saying how it was met."""
    _check_may_deliver(session, delivery)
    _check_reason(how_met)
    project = delivery.project
    waiting = unmet_conditions(entries_about(session, [project.id]))
    if condition.id not in {one.id for one in waiting}:
        raise Refused(Refusal.CONDITION_MET)
    entry = entry_about(project, MoneyAct.RELEASE, how_met.strip(), by)
    entry.answers_id = condition.id
    pence = held_by(condition)
    into = Movement(Account.COMMITTED, pence, project.id)
    return move_money(session, entry, [Movement(Account.HELD, -pence, project.id), into])


def correct_spending(
    session: Session,
    delivery: Delivery,
    spending: MoneyEntry,
    by: Person,
    right_pence: int,
    why: str,
) -> MoneyEntry:
    """Put a mistyped spend right: an entry takes it back, the next spends what is right.

    Nothing is edited; both entries name the report and the reason.
    """
    _check_may_deliver(session, delivery)
    _check_reason(why)
    if right_pence < 0:
        raise Refused(Refusal.AMOUNT_NOT_POSITIVE)
    project = delivery.project
    standing = standing_spendings(entries_about(session, [project.id]))
    if spending.update is None or spending.id not in {one.id for one in standing}:
        raise Refused(Refusal.SPENDING_REVERSED)
    wrong_pence = spent_by(spending)
    if right_pence == wrong_pence:
        raise Refused(Refusal.SPENDING_UNCHANGED)
    check_spendable(session, delivery, right_pence, coming_back=wrong_pence)
    entry = entry_about(project, MoneyAct.REVERSAL, why.strip(), by)
    entry.answers_id, entry.update_id = spending.id, spending.update_id
    back = Movement(Account.COMMITTED, wrong_pence, project.id)
    move_money(session, entry, [Movement(Account.SPENT, -wrong_pence, project.id), back])
    if right_pence:
        spend(session, spending.update, right_pence, why.strip(), by)
    read_anew(session, spending.update)
    return entry


def return_underspend(
    session: Session, delivery: Delivery, by: Person, why: str, to: str | None = None
) -> MoneyEntry:
    """Return all that a finished or stopped project leaves: to the fund, or to a named place.

    What a condition still held back goes with it.
    """
    _check_may_deliver(session, delivery)
    if delivery.status not in CONCLUDED:
        raise Refused(Refusal.NOT_CONCLUDED)
    _check_reason(why)
    if to is not None and not to.strip():
        raise Refused(Refusal.PLACE_MISSING)
    project = delivery.project
    fund_id = project.the_round.fund_id
    out = [
        Movement(account, -pence, project.id)
        for account in (Account.COMMITTED, Account.HELD)
        if (pence := balance_of(session, fund_id, account, project.id))
    ]
    if not out:
        raise Refused(Refusal.NOTHING_LEFT)
    entry = entry_about(project, MoneyAct.RETURN, why.strip(), by)
    entry.returned_to = "" if to is None else to.strip()
    where = Account.AVAILABLE if to is None else Account.RETURNED
    return move_money(session, entry, [*out, Movement(where, -sum(each.pence for each in out))])


def _check_may_deliver(session: Session, delivery: Delivery) -> None:
    """Hold the fund, read the delivery anew, and refuse what its round's phase forbids."""
    the_round = delivery.project.the_round
    check_allowed(Role.OFFICER, Action.DELIVER, the_round.phase)
    hold_fund(session, the_round.fund_id)
    session.refresh(delivery)


def _check_reason(why: str) -> None:
    if not why.strip():
        raise Refused(Refusal.REASON_MISSING)
