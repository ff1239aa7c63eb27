"""A round's task list, what it says of itself, and its dates."""

from itertools import pairwise

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from app.access import Who, open_to
from app.date_fields import MomentField
from app.house import db
from app.officers import officers
from app.officers.forms import refuse_at, show_form
from app.officers.funds import RoundForm
from app.officers.tasks import next_moves, tasks_of
from app.public.sitting import read_sign_off
from app.ties_waiting import tie_waiting
from ballots.disputes import disputes_end_at, is_key_due
from ballots.ledger import EntryKind, find_entry
from neighbourhoods.people import councillors_for
from neighbourhoods.phases import Action, Phase, Role, why_not
from neighbourhoods.refusals import Refused
from neighbourhoods.rounds import Round, describe_round, left_for_rounds, set_timetable


class TimetableForm(FlaskForm):
    """When each phase starts."""

    ideas = MomentField(_l("Ideas start"), description=_l("When residents can propose."))
    screening = MomentField(_l("Screening starts"), description=_l("Proposing ends then."))
    debate = MomentField(_l("Debate starts"))
    vote = MomentField(_l("The vote opens"))
    count = MomentField(_l("The vote closes"))
    sign_off = MomentField(
        _l("Councillors sign off"),
        description=_l("When it is expected. It starts once the votes are counted."),
    )
    delivery = MomentField(
        _l("Delivery starts"),
        description=_l("When it is expected. It starts once enough councillors have approved."),
    )
    review = MomentField(_l("Review starts"))

    def validate(self, extra_validators: object = None) -> bool:
        """Besides each date: the vote has both of its own, and every date follows the last."""
        super().validate(extra_validators)
        for field in (self.vote, self.count):
            if field.data is None and not field.errors:
                field.errors = [
                    _("Enter when the vote opens")
                    if field is self.vote
                    else _("Enter when the vote closes")
                ]
        dated = [field for field in self.dates().values() if field.data is not None]
        for earlier, later in pairwise(dated):
            if later.data <= earlier.data and not later.errors:
                later.errors = [
                    _("This must be later than “%(earlier)s”", earlier=earlier.label.text)
                ]
        return not self.errors

    def dates(self) -> dict[Phase, MomentField]:
        """The field of each phase, in order."""
        return {phase: self[phase.replace("-", "_")] for phase in Phase if phase != Phase.SET_UP}


def fixed_since_the_vote(the_round: Round, action: Action = Action.SET_RULES) -> bool:
    """Whether a round's set-up can no longer change; sending a change anyway is refused."""
    refusal = why_not(Role.OFFICER, action, the_round.phase)
    if refusal is not None and request.method == "POST":
        raise Refused(refusal)
    return refusal is not None


@officers.get("/office/rounds/<int:round_id>")
@open_to(Who.OFFICER)
def the_round(the_round: Round) -> ResponseReturnValue:
    """The tasks of a round and how they stand, moving it on, and the log of its moves."""
    return render_template(
        "officers/the_round.html",
        the_round=the_round,
        tasks=tasks_of(db(), the_round),
        councillors=councillors_for(db(), the_round.community),
        sign_off=read_sign_off(db(), the_round) if the_round.phase == Phase.SIGN_OFF else None,
        next_moves=next_moves(db(), the_round),
        tie=tie_waiting(the_round),
        destroy_key=f"flask --app wsgi destroy-key {the_round.id} --by NAME",
        key_until=disputes_end_at(db(), the_round),
        is_key_due=is_key_due(db(), the_round),
        key_destroyed=find_entry(db(), the_round.id, EntryKind.KEY_DESTROYED),
    )


@officers.route("/office/rounds/<int:round_id>/describe", methods=["GET", "POST"])
@open_to(Who.OFFICER)
def describe(the_round: Round) -> ResponseReturnValue:
    """What a round says of itself, until its vote opens."""
    fixed = fixed_since_the_vote(the_round)
    form = RoundForm(
        data={
            "title": the_round.title,
            "purpose": the_round.purpose,
            "promise": the_round.promise,
            "budget": the_round.budget_pence,
        }
    )
    if form.validate_on_submit():
        try:
            describe_round(
                db(),
                the_round,
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
    left_pence = left_for_rounds(db(), the_round.fund, besides=the_round)
    return show_form(
        "officers/describe.html", form, the_round=the_round, fixed=fixed, left_pence=left_pence
    )


@officers.route("/office/rounds/<int:round_id>/timetable", methods=["GET", "POST"])
@open_to(Who.OFFICER)
def timetable(the_round: Round) -> ResponseReturnValue:
    """When each phase starts, until the vote opens."""
    fixed = fixed_since_the_vote(the_round)
    form = TimetableForm(
        data={start.phase.replace("-", "_"): start.starts_at for start in the_round.starts}
    )
    if form.validate_on_submit():
        starts = {phase: field.data for phase, field in form.dates().items() if field.data}
        set_timetable(db(), the_round, starts)
        db().commit()
        return redirect(url_for("officers.the_round", round_id=the_round.id), 303)
    return show_form("officers/timetable.html", form, the_round=the_round, fixed=fixed)
