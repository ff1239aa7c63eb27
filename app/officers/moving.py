"""Moving a round on by hand: what it needs, what it does, who said so and why."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovCheckboxInput
from wtforms import BooleanField
from wtforms.validators import DataRequired

from app.access import Who, open_to, signed_in
from app.counting_room import counted_away
from app.fields import WordsField
from app.house import db, keys, let_go
from app.labels import label
from app.obstacle_wording import obstacles_in_words
from app.officers import officers
from app.officers.forms import show_form
from app.officers.news import tell_councillors
from app.officers.tasks import next_moves
from ballots.counting import TieRefusedError, TooHardError
from ballots.moves import NotReady, conclude_sign_off, count_closed, take_forward
from ballots.refusals import BallotRefusal
from ballots.voting_rules import rules_of
from neighbourhoods.eligibility import roll_size
from neighbourhoods.phases import MOVES, Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round

# Nobody takes these back: the officer says once more that they mean it.
FOR_GOOD = (Phase.VOTE, Phase.COUNT)


class MoveForm(FlaskForm):
    """Why a round moves."""

    why = WordsField(
        _l("Why does the round move now?"),
        most=1_000,
        needed=_l("Give a reason. It will be public."),
        description=_l("One or two sentences. They will be public, with your name."),
    )


class MoveForGoodForm(MoveForm):
    """Why a round moves where there is no way back."""

    sure = BooleanField(
        _l("I have checked this, and I understand that it cannot be undone"),
        [DataRequired(_l("Tick the box to say that you have checked this"))],
        widget=GovCheckboxInput(),
    )


@officers.route("/office/rounds/<int:round_id>/move", methods=["GET", "POST"])
@open_to(Who.OFFICER)
def move(the_round: Round) -> ResponseReturnValue:
    """Take a round to the phase in `to`, with a public reason."""
    to_phase = _phase_asked_for()
    if to_phase is None or to_phase not in MOVES[the_round.phase]:
        if request.method == "POST":
            raise Refused(Refusal.NO_SUCH_MOVE)
        return redirect(url_for("officers.the_round", round_id=the_round.id, _anchor="move"), 303)
    form = MoveForGoodForm() if to_phase in FOR_GOOD else MoveForm()
    chosen = next(found for found in next_moves(db(), the_round) if found.phase == to_phase)
    to_do = list(chosen.to_do)
    if not to_do and form.validate_on_submit():
        try:
            _take(the_round, to_phase, form.why.data)
        except NotReady as not_ready:
            to_do = obstacles_in_words(not_ready)
        except TieRefusedError:
            # Closed it stays, and is counted by itself once the tie is drawn.
            return redirect(url_for("officers.draw", round_id=the_round.id), 303)
        else:
            phase = db().get_one(Round, the_round.id).phase
            flash(_("The round is now in its new phase: %(name)s.", name=label(phase)))
            return redirect(url_for("officers.the_round", round_id=the_round.id), 303)
    return show_form(
        "officers/move.html",
        form,
        the_round=the_round,
        to_phase=to_phase,
        backwards=chosen.backwards,
        to_do=to_do,
        rules=rules_of(db(), the_round.id),
        projects=projects_in(db(), the_round.id),
        people=roll_size(db(), the_round.id),
    )


def _phase_asked_for() -> Phase | None:
    try:
        return Phase(request.args.get("to", ""))
    except ValueError:
        return None


def _take(the_round: Round, to_phase: Phase, why: str) -> None:
    if the_round.phase == Phase.COUNT:
        _count(the_round)
        return
    if to_phase == Phase.DELIVERY:
        # Delivery begins with a frozen record and committed money, never without.
        if conclude_sign_off(db(), keys(), the_round) is None:
            take_forward(db(), keys(), the_round, to_phase, signed_in().person, why)
        db().commit()
        return
    take_forward(db(), keys(), the_round, to_phase, signed_in().person, why)
    db().commit()
    if to_phase == Phase.COUNT:
        # Closing is committed first: from here on no ballot comes in, whatever the count does.
        _count(the_round)


def _count(closed: Round) -> None:
    let_go()  # while votes are counted, others may still vote in other rounds
    try:
        counted = counted_away(closed.id)
    except TooHardError as undecided:
        # Closed it stays; the clerk notes in the log what the rule cannot decide.
        raise Refused(BallotRefusal.UNDECIDED) from undecided
    the_round = db().get_one(Round, closed.id)
    try:
        count_closed(db(), keys(), the_round, counted)
    except Refused:
        db().rollback()
        if the_round.phase == Phase.COUNT:
            raise
        return  # the clerk at the clock counted it meanwhile
    tell_councillors(the_round, "outcome_waits")
    db().commit()
