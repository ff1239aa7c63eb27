"""Moderation: reported contributions, hiding one with a public reason, and undoing it."""

from dataclasses import dataclass

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.access import Who, open_to, signed_in
from app.fields import WordsField
from app.house import db
from app.officers import officers
from app.officers.forms import show_form
from neighbourhoods.debate import (
    Point,
    Report,
    hide_point,
    open_reports,
    settle_reports,
    show_point_again,
)
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round

MOST_HIDDEN = 30


class HideForm(FlaskForm):
    """Why a contribution is hidden."""

    why = WordsField(
        _l("Why is it hidden?"),
        most=1_000,
        needed=_l("Give a reason. It will be public."),
        description=_l("The reason stands in public where the contribution stood."),
    )


@dataclass
class Reported:
    """One contribution and everything reported of it."""

    point: Point
    reports: list[Report]


@officers.get("/office/reports")
@open_to(Who.OFFICER)
def reports() -> ResponseReturnValue:
    """What people have reported and nobody has looked at yet, and what is hidden now."""
    return render_template(
        "officers/reports.html", reported=reported_points(db()), hidden=_hidden_points(db())
    )


def reported_points(session: Session) -> list[Reported]:
    """The contributions with open reports, the longest waiting first."""
    found: dict[int, Reported] = {}
    for report in open_reports(session):
        found.setdefault(report.point_id, Reported(report.point, [])).reports.append(report)
    return list(found.values())


def _hidden_points(session: Session) -> list[Point]:
    query = (
        select(Point)
        .where(Point.hidden_at.is_not(None))
        .order_by(Point.hidden_at.desc())
        .limit(MOST_HIDDEN)
    )
    return list(session.scalars(query))


@officers.route("/office/rounds/<int:round_id>/points/<int:point_id>/hide", methods=["GET", "POST"])
@open_to(Who.OFFICER)
def hide(the_round: Round, point: Point) -> ResponseReturnValue:
    """Hide a contribution, with a public reason."""
    form = HideForm()
    if point.hidden_at is not None and form.is_submitted():
        raise Refused(Refusal.ALREADY_HIDDEN)
    if form.validate_on_submit():
        hide_point(db(), point, signed_in().person, form.why.data)
        db().commit()
        flash(_("It is hidden. Your reason stands in its place."), "success")
        return redirect(url_for("officers.reports"), 303)
    return show_form(
        "officers/hide.html",
        form,
        the_round=the_round,
        point=point,
        reports=open_reports(db(), point),
    )


@officers.post("/office/rounds/<int:round_id>/points/<int:point_id>/leave")
@open_to(Who.OFFICER)
def leave_standing(the_round: Round, point: Point) -> ResponseReturnValue:  # noqa: ARG001 - parent
    """Settle the reports on a contribution, and leave it where it stands."""
    settle_reports(db(), point)
    db().commit()
    flash(_("It stays where it stands. Its reports are settled."), "success")
    return redirect(url_for("officers.reports"), 303)


@officers.post("/office/rounds/<int:round_id>/points/<int:point_id>/show")
@open_to(Who.OFFICER)
def show_again(the_round: Round, point: Point) -> ResponseReturnValue:  # noqa: ARG001 - parent
    """Undo a hiding."""
    show_point_again(db(), point)
    db().commit()
    flash(_("It can be read again."), "success")
    return redirect(url_for("officers.reports"), 303)
