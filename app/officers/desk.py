"""The desk: what awaits an officer, every round by its phase, and the funds."""

from dataclasses import dataclass

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from app.access import Who, open_to
from app.house import db, today
from app.labels import label
from app.officers import officers
from app.officers.moderation import reported_points
from app.officers.tasks import held_back
from app.public.delivery_words import late_in_words
from app.public.notice_words import lodging_words
from app.ties_waiting import tie_waiting
from ballots.desks import to_lodge
from ballots.signoff import SIGNED, sign_off_of
from neighbourhoods.database import now
from neighbourhoods.delivery import UNDER_WAY, Delivery
from neighbourhoods.funds import Fund
from neighbourhoods.phases import ORDER, Phase
from neighbourhoods.rounds import Round, rounds_in
from neighbourhoods.screening import awaiting_screening


@dataclass(frozen=True)
class Awaiting:
    """One thing that waits for an officer: what, about what, and where it is done."""

    title: str
    about: str
    href: str
    notes: tuple[str, ...] = ()


@officers.get("/office")
@open_to(Who.OFFICER)
def desk() -> ResponseReturnValue:
    """What awaits an officer today, and the way to everything else."""
    session = db()
    by_phase = {phase: rounds_in(session, phase, kinds=SIGNED) for phase in ORDER}
    funds = session.scalar(select(func.count()).select_from(Fund)) or 0
    return render_template(
        "officers/desk.html",
        awaiting=[
            *_held_back(session, by_phase),
            *_to_draw(by_phase[Phase.COUNT]),
            *_referred_back(session, by_phase[Phase.SIGN_OFF]),
            *_to_screen(session, by_phase[Phase.SCREENING] + by_phase[Phase.DEBATE]),
            *_reported(session),
            *_to_lodge(session),
            *_overdue(session),
        ],
        by_phase={phase: rounds for phase, rounds in by_phase.items() if rounds},
        funds=funds,
    )


def _held_back(session: Session, by_phase: dict[Phase, list[Round]]) -> list[Awaiting]:
    found = []
    for the_round in (one for rounds in by_phase.values() for one in rounds):
        move = held_back(session, the_round)
        if move is not None:
            title = _("Due to move to %(phase)s, but held back", phase=label(move.phase))
            href = url_for("officers.the_round", round_id=the_round.id)
            found.append(Awaiting(title, the_round.title, href, move.to_do))
    return found


def _to_draw(rounds: list[Round]) -> list[Awaiting]:
    return [
        Awaiting(
            _("A tie has to be drawn"),
            the_round.title,
            url_for("officers.draw", round_id=the_round.id),
        )
        for the_round in rounds
        if tie_waiting(the_round)
    ]


def _referred_back(session: Session, rounds: list[Round]) -> list[Awaiting]:
    found = []
    for the_round in rounds:
        sign_off = sign_off_of(session, the_round)
        if sign_off.referral is not None:
            href = url_for("officers.referral", round_id=the_round.id)
            found.append(Awaiting(_("Answer what was referred back"), the_round.title, href))
        elif sign_off.stuck:
            href = url_for("officers.the_round", round_id=the_round.id)
            title = _("A sign-off cannot go on by itself: ask the monitoring officer")
            found.append(Awaiting(title, the_round.title, href))
    return found


def _to_screen(session: Session, rounds: list[Round]) -> list[Awaiting]:
    found = []
    for the_round in rounds:
        waiting = len(awaiting_screening(session, the_round))
        if waiting:
            title = ngettext("Screen %(num)d proposal", "Screen %(num)d proposals", waiting)
            href = url_for("officers.screening", round_id=the_round.id)
            found.append(Awaiting(title, the_round.title, href))
    return found


def _reported(session: Session) -> list[Awaiting]:
    reported = reported_points(session)
    if not reported:
        return []
    title = ngettext(
        "Look at %(num)d reported contribution",
        "Look at %(num)d reported contributions",
        len(reported),
    )
    titles = dict.fromkeys(one.point.proposal.the_round.title for one in reported)
    return [Awaiting(title, ", ".join(titles), url_for("officers.reports"))]


def _to_lodge(session: Session) -> list[Awaiting]:
    """Records of ward councillors whose receipt is missing, with the days left."""
    return [
        Awaiting(
            _("Enter the receipt of a ward councillors’ decision"),
            notice.the_round.title,
            url_for("officers.notice", round_id=notice.round_id),
            (lodging_words(notice, now(session)),),
        )
        for notice in to_lodge(session)
    ]


def _overdue(session: Session) -> list[Awaiting]:
    query = (
        select(Delivery)
        .where(Delivery.status.in_(UNDER_WAY))
        .options(selectinload(Delivery.milestones), joinedload(Delivery.project))
    )
    late = [(found, each) for found in session.scalars(query) for each in found.late_on(today())]
    return [
        Awaiting(
            late_in_words(each.title, each.due_on),
            found.project.title,
            url_for(
                "officers.report_delivery", round_id=found.round_id, delivery_id=found.project_id
            ),
        )
        for found, each in sorted(late, key=lambda one: (one[1].due_on, one[0].project_id))
    ]
