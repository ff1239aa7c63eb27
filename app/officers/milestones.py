"""The milestones of a project: promising them, and saying that they are reached."""

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms.validators import InputRequired

from app.access import Who, open_to
from app.date_fields import DayField
from app.fields import LineField, WordsField
from app.house import db
from app.officers import officers
from app.officers.forms import refuse_at, show_form
from app.officers.news import tell_of_milestone
from neighbourhoods.delivery import Delivery, Milestone
from neighbourhoods.milestones import Planned, change_milestone, plan_milestone
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round


class MilestoneForm(FlaskForm):
    """One step on a project's way."""

    title = LineField(
        _l("What will be done?"),
        most=160,
        needed=_l("Say what will be done"),
        description=_l("For example, The bench is built"),
    )
    due_on = DayField(
        _l("By when?"),
        [InputRequired(_l("Enter the day by which it will be done"))],
        description=_l("For example, 31 3 2027"),
    )
    owner = LineField(
        _l("Who sees to it?"),
        most=120,
        needed=_l("Say who sees to it"),
        description=_l("A team, a contractor or a group. It is public, so name no private person."),
    )
    done_on = DayField(_l("When was it done?"), description=_l("Leave it empty until it is done."))
    note = WordsField(
        _l("Note (optional)"),
        most=1_000,
        description=_l(
            "In plain words. It is public, and sent to everyone who wanted the project."
        ),
    )


@officers.route(
    "/office/rounds/<int:round_id>/deliveries/<int:delivery_id>/milestones/new",
    methods=["GET", "POST"],
)
@open_to(Who.OFFICER)
def new_milestone(the_round: Round, delivery: Delivery) -> ResponseReturnValue:
    """Promise a step of a project by a day."""
    return _ask(the_round, delivery, None)


@officers.route(
    "/office/rounds/<int:round_id>/deliveries/<int:delivery_id>/milestones/<int:milestone_id>",
    methods=["GET", "POST"],
)
@open_to(Who.OFFICER)
def milestone(the_round: Round, delivery: Delivery, milestone: Milestone) -> ResponseReturnValue:
    """Change a milestone, or say that it is done; once it is, everyone who wanted it is told."""
    if milestone.project_id != delivery.project_id:
        abort(404)
    return _ask(the_round, delivery, milestone)


def _ask(the_round: Round, delivery: Delivery, known: Milestone | None) -> ResponseReturnValue:
    form = MilestoneForm(obj=known)
    if form.validate_on_submit():
        try:
            _keep(delivery, known, form)
        except Refused as refused:
            if refused.reason != Refusal.NOT_DONE_YET:
                raise
            refuse_at(form.done_on, refused)
        else:
            return redirect(
                url_for(
                    "officers.report_delivery",
                    round_id=the_round.id,
                    delivery_id=delivery.project_id,
                ),
                303,
            )
    return show_form(
        "officers/milestone.html",
        form,
        the_round=the_round,
        delivery=delivery,
        milestone=known,
    )


def _keep(delivery: Delivery, known: Milestone | None, form: MilestoneForm) -> None:
    was_done = known is not None and known.done_on is not None
    planned = Planned(
        form.title.data, form.due_on.data, form.owner.data, form.done_on.data, form.note.data
    )
    if known is None:
        kept = plan_milestone(db(), delivery, planned)
    else:
        kept = change_milestone(db(), known, planned)
    if kept.done_on is not None and not was_done:
        tell_of_milestone(kept)
    db().commit()
    flash(_("The milestone is public."), "success")
