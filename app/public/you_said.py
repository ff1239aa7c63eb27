"""You said, we did: a place's year on one page, from what residents chose to what it changed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.access import Who, open_to
from app.house import db, settings, today
from app.public import public
from app.public.delivery_words import DueRead, MilestoneRead, due_of, read_milestones
from app.public.finding import find_community, find_records, years_with_records
from app.public.money_words import Returned, returns_in
from app.public.notice_words import decided_words, where_money_is, why_of
from ballots.notices import DecisionNotice, notice_of
from ballots.outcome import Outcome, outcome_of
from ballots.signing import Signature
from ballots.signoff import signatures_on
from neighbourhoods.database import now
from neighbourhoods.delivery import Delivery, DeliveryUpdate
from neighbourhoods.funds import Fund, FundPosition, position_of
from neighbourhoods.money import ProjectMoney, entries_about, money_of
from neighbourhoods.ratings import CoEvaluation, co_evaluations
from neighbourhoods.rounds import Round

YEAR = re.compile(r"\d{4}-\d{2}")


@dataclass(frozen=True)
class ProjectDone:
    """One funded project: what was done, for how much, and what people say of it."""

    delivery: Delivery
    due: DueRead
    milestones: list[MilestoneRead]
    news: DeliveryUpdate | None
    money: ProjectMoney
    returned: list[Returned]
    said: CoEvaluation


@dataclass(frozen=True)
class NotFunded:
    """A project that residents chose and that was declined or withdrawn."""

    title: str
    decided: str
    why: list[str]


@dataclass(frozen=True)
class RoundDone:
    """One signed round: what residents chose, what councillors decided, what was done."""

    the_round: Round
    outcome: Outcome
    decisions: list[Signature]
    projects: list[ProjectDone]
    # What residents chose and the council did not fund, with its reasons.
    not_funded: list[NotFunded]
    # What the money of the decision waits for; empty once it has moved.
    waiting: str


@public.get("/communities/<slug>/you-said-we-did/<financial_year>")
@open_to(Who.ANYONE)
def you_said(slug: str, financial_year: str) -> ResponseReturnValue:
    """A community's financial year: said, decided, done, paid, changed."""
    here = find_community(db(), slug) or abort(404)
    if not _is_year(financial_year):
        abort(404)
    signed = [found.the_round for found in find_records(db(), community=here, year=financial_year)]
    done = [_round_done(db(), the_round) for the_round in signed]
    funds = list({the_round.fund_id: the_round.fund for the_round in signed}.values())
    return render_template(
        "public/you_said.html",
        community=here,
        year=financial_year,
        rounds=[found for found in done if found is not None],
        funds=[(fund, position_of(db(), fund)) for fund in funds],
        total=_total(db(), funds),
        other_years=[one for one in years_with_records(db(), here) if one != financial_year],
        address=f"{settings().public_url}{request.path}",
        printed_at=now(db()),
    )


def _is_year(written: str) -> bool:
    """Whether somebody wrote a financial year: 2026-27."""
    if not YEAR.fullmatch(written):
        return False
    return int(written[5:]) == (int(written[:4]) + 1) % 100


def _total(session: Session, funds: Sequence[Fund]) -> FundPosition | None:
    """Where the money of several funds stands together; None for one, which says it itself."""
    if len(funds) < 2:
        return None
    each = [position_of(session, fund) for fund in funds]
    return FundPosition(
        allocated_pence=sum(one.allocated_pence for one in each),
        available_pence=sum(one.available_pence for one in each),
        committed_pence=sum(one.committed_pence for one in each),
        held_pence=sum(one.held_pence for one in each),
        spent_pence=sum(one.spent_pence for one in each),
        returned_pence=sum(one.returned_pence for one in each),
    )


def _round_done(session: Session, the_round: Round) -> RoundDone | None:
    outcome = outcome_of(session, the_round.id)
    if outcome is None:
        return None
    query = (
        select(Delivery)
        .where(Delivery.round_id == the_round.id)
        .options(
            joinedload(Delivery.project),
            selectinload(Delivery.milestones),
            selectinload(Delivery.updates).joinedload(DeliveryUpdate.photo),
        )
        .order_by(Delivery.project_id)
    )
    deliveries = list(session.scalars(query))
    notice = notice_of(session, the_round.id)
    return RoundDone(
        the_round,
        outcome,
        signatures_on(session, the_round.id),
        projects_done(session, deliveries),
        _not_funded(notice),
        what_money_waits_for(notice, now(session)),
    )


def what_money_waits_for(notice: DecisionNotice | None, moment: datetime) -> str:
    """What keeps a decision's money from moving; empty once it has, and without a notice."""
    if notice is None or notice.money_moved_at is not None:
        return ""
    return where_money_is(notice, moment)


def _not_funded(notice: DecisionNotice | None) -> list[NotFunded]:
    if notice is None:
        return []
    said = notice.contents
    return [
        NotFunded(one["title"], decided_words(one)[0], why_of(one, said["reasons"]))
        for one in said["decision"]
        if one["residents_chose"] and one["decided"] != "carried"
    ]


def projects_done(session: Session, deliveries: Sequence[Delivery]) -> list[ProjectDone]:
    """Everything there is to say of these projects."""
    numbers = [delivery.project_id for delivery in deliveries]
    money, said = money_of(session, numbers), co_evaluations(session, numbers)
    entries = entries_about(session, numbers)
    day = today()
    return [
        ProjectDone(
            delivery=delivery,
            due=due_of(delivery, day),
            milestones=read_milestones(delivery, day),
            news=delivery.updates[0] if delivery.updates else None,
            money=money[delivery.project_id],
            returned=returns_in([e for e in entries if e.project_id == delivery.project_id]),
            said=said[delivery.project_id],
        )
        for delivery in deliveries
    ]
