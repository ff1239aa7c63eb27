"""What was decided and delivered: outcome, public record, delivery."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.access import Who, open_to
from app.house import db, settings
from app.public import public
from app.public.checking import checking_of
from app.public.counted import Counted, read_count
from app.public.finding import find_records, years_with_records
from app.public.money_words import mistakes_in
from app.public.notices import address_of
from app.public.record_words import read_record
from app.public.signed import read_signed
from app.public.sitting import read_sign_off
from app.public.turned_away_words import counted_how, tries_in_words
from app.public.you_said import projects_done, what_money_waits_for
from app.ties_waiting import tie_waiting
from ballots.draws import draw_held
from ballots.notices import notice_of
from ballots.outcome import Outcome, outcome_of
from ballots.record import record_of
from ballots.referrals import sent_back_in
from ballots.turned_away import tries_turned_away
from neighbourhoods.database import now
from neighbourhoods.delivery import Delivery, DeliveryUpdate
from neighbourhoods.money import MoneyEntry, entries_about, held_by, unmet_conditions
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.places import CommunityKind, all_communities
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round


@public.get("/rounds/<int:round_id>/outcome")
@open_to(Who.ANYONE)
def outcome(the_round: Round) -> ResponseReturnValue:
    """What residents decided, the reason for every project, and who must still sign."""
    stored = outcome_of(db(), the_round.id)
    if stored is None:
        tie = tie_waiting(the_round)
        return render_template("public/not_counted.html", the_round=the_round, tie=tie), 404
    return render_template(
        "public/outcome.html",
        the_round=the_round,
        counted=count_in_words(db(), the_round, stored),
        counted_at=stored.counted_at,
        sign_off=read_sign_off(db(), the_round),
        sheets=read_signed(db(), the_round),
        signed=is_past(Phase.SIGN_OFF, the_round.phase),
        checking=checking_of(db(), the_round),
    )


def count_in_words(session: Session, the_round: Round, stored: Outcome) -> Counted:
    """A stored outcome with its projects’ titles, each linked to its proposal if it has one."""
    projects = projects_in(session, the_round.id)
    links = {
        project.code: url_for(
            "public.proposal", round_id=the_round.id, proposal_id=project.proposal_id
        )
        for project in projects
        if project.proposal_id is not None
    }
    titles = {project.code: project.title for project in projects}
    return read_count(
        stored.result,
        titles,
        roll_size=stored.roll_size,
        links=links,
        explanation=stored.explanation,
        draw=draw_held(session, the_round.id),
    )


@public.get("/rounds/<int:round_id>/record")
@open_to(Who.ANYONE)
def record(the_round: Round) -> ResponseReturnValue:
    """The frozen public record, rendered from its document; beside it, how to check it."""
    found = record_of(db(), the_round.id)
    if found is None:
        return render_template("public/no_record.html", the_round=the_round), 404
    published = notice_of(db(), the_round.id)
    return render_template(
        "public/record.html",
        notice=address_of(published) if published else "",
        round_id=the_round.id,
        sent_back=bool(sent_back_in(db(), the_round.id)),
        record=read_record(found.contents),
        digest=found.digest,
        turned_away=tries_in_words(tries_turned_away(db(), the_round)),
        counted_how=counted_how(),
        checking=checking_of(db(), the_round),
    )


@public.get("/records")
@open_to(Who.ANYONE)
def records() -> ResponseReturnValue:
    """Every public record, by ward or community of interest and by year."""
    answering = [
        found for found in all_communities(db()) if found.kind != CommunityKind.NEIGHBOURHOOD
    ]
    slug, year = request.args.get("area", ""), request.args.get("year", "")
    area = next((found for found in answering if found.slug == slug), None)
    years = years_with_records(db())
    return render_template(
        "public/records.html",
        records=find_records(db(), community=area, year=year if year in years else ""),
        communities=answering,
        years=years,
        area=area,
        year=year,
    )


@public.get("/rounds/<int:round_id>/delivery")
@open_to(Who.ANYONE)
def delivery(the_round: Round) -> ResponseReturnValue:
    """What became of every funded project, and every pound spent on it."""
    deliveries = _deliveries(db(), the_round)
    by_project: dict[int, list[MoneyEntry]] = {each.project_id: [] for each in deliveries}
    for entry in entries_about(db(), by_project):
        by_project[entry.project_id or 0].append(entry)
    return render_template(
        "public/delivery.html",
        the_round=the_round,
        projects=projects_done(db(), deliveries),
        committed_pence=sum(found.committed_pence for found in deliveries),
        spent_pence=sum(found.spent_pence for found in deliveries),
        mistakes={
            number: found
            for entries in by_project.values()
            for number, found in mistakes_in(entries).items()
        },
        conditions={
            project_id: [(each, held_by(each)) for each in unmet_conditions(entries)]
            for project_id, entries in by_project.items()
        },
        signed=is_past(Phase.SIGN_OFF, the_round.phase),
        waiting=what_money_waits_for(notice_of(db(), the_round.id), now(db())),
        address=f"{settings().public_url}{request.path}",
        printed_at=now(db()),
    )


def _deliveries(session: Session, the_round: Round) -> list[Delivery]:
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
    return list(session.scalars(query))
