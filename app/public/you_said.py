"""You said, we did: a place's year on one page, from what residents chose to what it changed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.access import Who, open_to
from app.house import db, today
from app.public import public
from app.public.delivery_words import DueRead, MilestoneRead, due_of, read_milestones
from app.public.finding import find_community, find_records
from app.public.money_words import Returned, returns_in
from ballots.outcome import Outcome, outcome_of
from ballots.signing import Signature
from ballots.signoff import signatures_on
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
class RoundDone:
    """One signed round: what residents chose, what councillors decided, what was done."""

    the_round: Round
    outcome: Outcome
    decisions: list[Signature]
    projects: list[ProjectDone]


@public.get("/communities/<slug>/you-said-we-did/<financial_year>")
@open_to(Who.ANYONE)
def you_said(slug: str, financial_year: str) -> ResponseReturnValue:
    """A community's financial year: said, decided, done, paid, changed."""
    here = find_community(db(), slug) or abort(404)
    if not YEAR.fullmatch(financial_year):
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
    )


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
    return RoundDone(
        the_round,
        outcome,
        signatures_on(session, the_round.id),
        projects_done(session, deliveries),
    )


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
