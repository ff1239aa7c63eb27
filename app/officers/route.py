"""The route of a fund: in what lawful way its outcomes are decided, chosen before votes open."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput
from wtforms import RadioField
from wtforms.validators import InputRequired

from app.access import Who, open_to
from app.fields import WholeField
from app.house import db
from app.officers import officers
from app.officers.forms import choices_of, refuse_at, show_form
from app.public.route_words import route_told
from ballots.decision_routes import MOST_CALL_IN_DAYS, choose_route, promised_route
from ballots.routes import Agreement, RouteName, route_of
from neighbourhoods.funds import Fund
from neighbourhoods.refusals import Refused


class RouteForm(FlaskForm):
    """In what way a fund’s outcomes are decided."""

    route = RadioField(
        _l("Who decides?"), [InputRequired(_l("Choose who decides"))], widget=GovRadioInput()
    )
    agreement = RadioField(
        _l("How many ward councillors must agree where they act together?"),
        [InputRequired(_l("Choose how many must agree"))],
        widget=GovRadioInput(),
    )
    call_in_days = WholeField(
        _l("Days in which a decision can be called in before money moves"),
        [InputRequired(_l("Enter the days, or 0 if money moves at once"))],
        least=0,
        most=MOST_CALL_IN_DAYS,
    )


@officers.route("/office/funds/<int:fund_id>/route", methods=["GET", "POST"])
@open_to(Who.OFFICER)
def route(fund: Fund) -> ResponseReturnValue:
    """Choose the route of a fund; rounds whose vote has opened keep the one that was promised."""
    promised = promised_route(db(), fund.id)
    form = RouteForm(
        data={
            "route": promised["name"],
            "agreement": promised["agreement"],
            "call_in_days": promised["call_in_days"],
        }
    )
    form.route.choices = choices_of(RouteName)
    form.agreement.choices = choices_of(Agreement)
    if form.validate_on_submit() and _choose(fund, form):
        flash(_("Rounds of this fund are decided in this way from now on."), "success")
        return redirect(url_for("officers.route", fund_id=fund.id), 303)
    name, agreement = RouteName(str(promised["name"])), Agreement(str(promised["agreement"]))
    return show_form(
        "officers/route.html",
        form,
        fund=fund,
        name=name,
        stages=route_told(route_of(name, agreement)),
    )


def _choose(fund: Fund, form: RouteForm) -> bool:
    try:
        choose_route(
            db(),
            fund,
            RouteName(form.route.data),
            Agreement(form.agreement.data),
            form.call_in_days.data,
        )
    except Refused as refused:
        refuse_at(form.agreement, refused)
        return False
    db().commit()
    return True
