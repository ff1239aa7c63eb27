"""Funds: opening one, naming its sources, starting rounds over it."""

from datetime import date

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovSelect
from sqlalchemy import select
from wtforms import SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired

from app.access import Who, open_to, signed_in
from app.date_fields import DayField
from app.fields import LineField, PoundsField, WordsField
from app.house import db
from app.labels import label
from app.officers import officers
from app.officers.forms import choices_of, refuse_at, show_form
from neighbourhoods.database import now
from neighbourhoods.funds import (
    Fund,
    FundSource,
    SourceKind,
    add_source,
    create_fund,
    position_of,
)
from neighbourhoods.money import corrections_in
from neighbourhoods.places import Community, all_communities
from neighbourhoods.purse import correct_source
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round, RoundKind, create_round, left_for_rounds


class FundForm(FlaskForm):
    """A new fund."""

    community = SelectField(
        _l("Whose money is it?"),
        [InputRequired(_l("Choose whose money it is"))],
        widget=GovSelect(),
    )
    name = LineField(
        _l("Name of the fund"),
        most=120,
        needed=_l("Enter a name for the fund"),
        description=_l("For example, Canal Side community fund"),
    )
    financial_year = SelectField(_l("Financial year"), widget=GovSelect())
    about = WordsField(
        _l("About this fund (optional)"),
        most=2_000,
        description=_l("Why there is this money, and what it can and cannot be spent on."),
    )


class SourceForm(FlaskForm):
    """A named, dated sum."""

    kind = SelectField(_l("Where does the money come from?"), widget=GovSelect())
    name = LineField(
        _l("Name of the source"),
        most=160,
        needed=_l("Enter the name of the source"),
        description=_l("For example, Parking charges in Millbrook, April to June"),
    )
    amount = PoundsField(_l("Sum"), [InputRequired(_l("Enter the sum"))])
    given_on = DayField(
        _l("Date it was given"),
        [InputRequired(_l("Enter the date it was given"))],
        description=_l("For example, 1 4 2026"),
    )


class TakeOutForm(FlaskForm):
    """Why a source is taken out again."""

    why = WordsField(
        _l("What was wrong with it?"),
        most=500,
        needed=_l("Say what was wrong with it. It will be public."),
        description=_l("For example, the sum has a nought too many."),
    )


class RoundForm(FlaskForm):
    """What a round says of itself."""

    title = LineField(
        _l("Title"),
        most=120,
        needed=_l("Enter a title"),
        description=_l("For example, Canal Side decides 2026"),
    )
    purpose = WordsField(
        _l("What is this round for?"),
        most=3_000,
        needed=_l("Say what this round is for"),
        description=_l("In plain words. Say up front what cannot be decided here."),
    )
    promise = WordsField(
        _l("What will be done with the answer?"),
        most=3_000,
        needed=_l("Say what will be done with the answer"),
        description=_l("The council’s promise to residents: who decides, and by when it is done."),
    )
    budget = PoundsField(_l("Budget"), [InputRequired(_l("Enter the budget"))])


@officers.get("/office/funds")
@open_to(Who.OFFICER)
def funds() -> ResponseReturnValue:
    """Every fund, newest year first, with what it still holds for rounds."""
    known = db().scalars(select(Fund).order_by(Fund.financial_year.desc(), Fund.name))
    return render_template(
        "officers/funds.html",
        funds=[(fund, position_of(db(), fund), left_for_rounds(db(), fund)) for fund in known],
    )


@officers.route("/office/funds/new", methods=["GET", "POST"])
@open_to(Who.OFFICER)
def new_fund() -> ResponseReturnValue:
    """Open a fund for any ward, neighbourhood or community of interest."""
    form = FundForm()
    communities = {str(community.id): community for community in all_communities(db())}
    nobody_yet = SelectChoice("", _("Choose a ward, neighbourhood or community of interest"))
    form.community.choices = [nobody_yet, *(_named(one) for one in communities.values())]
    form.financial_year.choices = [SelectChoice(year) for year in _financial_years()]
    if form.validate_on_submit():
        fund = create_fund(
            db(),
            communities[form.community.data],
            form.name.data,
            form.financial_year.data,
            form.about.data,
        )
        db().commit()
        return redirect(url_for("officers.fund", fund_id=fund.id), 303)
    return show_form("officers/new_fund.html", form)


def _named(community: Community) -> SelectChoice:
    kind = label(community.kind)
    if community.ward is not None:
        kind = f"{kind}, {community.ward.name}"
    return SelectChoice(str(community.id), f"{community.name} ({kind})")


def _financial_years() -> list[str]:
    """This year, which begins in April, the one before and the two after, this one first."""
    today = now(db()).date()
    this = today.year if today >= date(today.year, 4, 1) else today.year - 1
    return [f"{year}-{(year + 1) % 100:02d}" for year in (this, this + 1, this + 2, this - 1)]


@officers.route("/office/funds/<int:fund_id>", methods=["GET", "POST"])
@open_to(Who.OFFICER)
def fund(fund: Fund) -> ResponseReturnValue:
    """A fund's sources, where its money stands, and adding a source."""
    form = SourceForm()
    form.kind.choices = choices_of(SourceKind)
    if form.validate_on_submit():
        add_source(
            db(),
            fund,
            SourceKind(form.kind.data),
            form.name.data,
            form.amount.data,
            form.given_on.data,
            signed_in().person,
        )
        db().commit()
        return redirect(url_for("officers.fund", fund_id=fund.id), 303)
    # Votes in a hall share out what their round has taken.
    taken = (Round.fund_id == fund.id, Round.kind == RoundKind.FULL)
    rounds = db().scalars(select(Round).where(*taken).order_by(Round.id))
    return show_form(
        "officers/fund.html",
        form,
        fund=fund,
        position=position_of(db(), fund),
        corrections=corrections_in(db(), fund.id),
        left_pence=left_for_rounds(db(), fund),
        rounds=list(rounds),
    )


@officers.route(
    "/office/funds/<int:fund_id>/sources/<int:source_id>/take-out", methods=["GET", "POST"]
)
@open_to(Who.OFFICER)
def take_out(fund: Fund, source: FundSource) -> ResponseReturnValue:
    """Ask why a source was a mistake, then take it out of the fund in public."""
    form = TakeOutForm()
    if form.validate_on_submit():
        try:
            correct_source(db(), source, signed_in().person, form.why.data)
        except Refused as refused:
            refuse_at(form.why, refused)
        else:
            db().commit()
            flash(_("The source is taken out. Your reason stands beside it."), "success")
            return redirect(url_for("officers.fund", fund_id=fund.id), 303)
    return show_form("officers/take_out.html", form, fund=fund, source=source)


@officers.route("/office/funds/<int:fund_id>/rounds/new", methods=["GET", "POST"])
@open_to(Who.OFFICER)
def new_round(fund: Fund) -> ResponseReturnValue:
    """Start a round over a fund, for no more than the fund still holds."""
    form = RoundForm()
    if form.validate_on_submit():
        try:
            the_round = create_round(
                db(),
                fund,
                form.title.data,
                form.purpose.data,
                form.promise.data,
                form.budget.data,
            )
        except Refused as refused:
            refuse_at(form.budget, refused)
        else:
            db().commit()
            return redirect(url_for("officers.the_round", round_id=the_round.id), 303)
    return show_form(
        "officers/new_round.html", form, fund=fund, left_pence=left_for_rounds(db(), fund)
    )
