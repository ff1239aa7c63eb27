"""The meetings: those planned, under way and ended, and the screens of the rounds' own votes."""

from typing import NamedTuple

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.access import Who, open_to, signed_in
from app.facilitators import facilitators
from app.facilitators.hall_pictures import Shown, hall_pictures
from app.facilitators.plan_form import MEETS_IN, PlanForm, plan_of
from app.house import db
from app.officers.forms import BareForm, refuse_at, show_form
from app.ties_waiting import TieWaiting, tie_waiting
from ballots.outcome import outcome_of
from neighbourhoods.assemblies import Assembly, AssemblyState, assemblies_in, plan_assembly
from neighbourhoods.phases import Phase
from neighbourhoods.planning import call_off_meeting, change_plan
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round, rounds_in

COMING = (Phase.SCREENING, Phase.DEBATE)
FINISHED = (Phase.COUNT, Phase.SIGN_OFF, Phase.DELIVERY, Phase.REVIEW)
# Older rounds have their public record; a facilitator looks for last week’s.
MOST_FINISHED = 10
MOST_ENDED = 20


class RoundShown(NamedTuple):
    """A round in the list, with the pictures of its count and the tie it waits for."""

    the_round: Round
    pictures: tuple[Shown, ...] = ()
    tie: TieWaiting | None = None


@facilitators.get("/assemblies")
@open_to(Who.FACILITATOR, Who.OFFICER)
def assemblies() -> ResponseReturnValue:
    """The meetings, and the rounds whose own vote has a screen."""
    finished = rounds_in(db(), *FINISHED)[: -MOST_FINISHED - 1 : -1]
    return render_template(
        "facilitators/assemblies.html",
        under_way=assemblies_in(db(), AssemblyState.UNDER_WAY),
        planned=assemblies_in(db(), AssemblyState.PLANNED),
        ended=assemblies_in(db(), AssemblyState.ENDED)[: -MOST_ENDED - 1 : -1],
        voting=[RoundShown(one) for one in rounds_in(db(), Phase.VOTE)],
        coming=[RoundShown(one) for one in rounds_in(db(), *COMING)],
        finished=[RoundShown(one, _pictures_of(one), tie_waiting(one)) for one in finished],
    )


def _pictures_of(the_round: Round) -> tuple[Shown, ...]:
    stored = outcome_of(db(), the_round.id)
    return hall_pictures(stored.result, stored.explanation, {}).available if stored else ()


@facilitators.route("/assemblies/new", methods=["GET", "POST"])
@open_to(Who.FACILITATOR, Who.OFFICER)
def plan() -> ResponseReturnValue:
    """Plan a meeting about a round."""
    rounds = rounds_in(db(), *MEETS_IN)
    form = PlanForm(rounds, data={"round": request.args.get("round", "")})
    if form.validate_on_submit():
        the_round = next(one for one in rounds if str(one.id) == form.round.data)
        assembly = plan_assembly(db(), the_round, signed_in().person, **form.planned())
        db().commit()
        return redirect(url_for("facilitators.agenda", assembly_id=assembly.id), 303)
    return show_form("facilitators/plan.html", form, assembly=None)


@facilitators.route("/assemblies/<int:assembly_id>/edit", methods=["GET", "POST"])
@open_to(Who.FACILITATOR, Who.OFFICER)
def edit(assembly: Assembly) -> ResponseReturnValue:
    """Change what a meeting says of itself, until it ends."""
    form = PlanForm([assembly.the_round], data=plan_of(assembly))
    form.round.validators = ()
    form.round.validate_choice = False
    if form.validate_on_submit():
        try:
            change_plan(db(), assembly, signed_in().person, **form.planned())
        except Refused as refused:
            refuse_at(form.is_practice, refused)
        else:
            db().commit()
            return redirect(url_for("facilitators.console", assembly_id=assembly.id), 303)
    return show_form("facilitators/plan.html", form, assembly=assembly)


@facilitators.route("/assemblies/<int:assembly_id>/delete", methods=["GET", "POST"])
@open_to(Who.FACILITATOR, Who.OFFICER)
def delete(assembly: Assembly) -> ResponseReturnValue:
    """Delete a planned meeting, once more asked."""
    if request.method == "GET" and assembly.state != AssemblyState.PLANNED:
        abort(404)
    form = BareForm()
    if form.validate_on_submit():
        title = assembly.title
        call_off_meeting(db(), assembly)
        db().commit()
        flash(_("“%(title)s” is deleted.", title=title), "success")
        return redirect(url_for("facilitators.assemblies"), 303)
    return show_form("facilitators/delete.html", form, assembly=assembly)
