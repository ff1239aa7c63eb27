"""Screening: what waits, and publishing a finding on one proposal."""

from collections.abc import Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput
from wtforms import Field, HiddenField, RadioField
from wtforms.validators import InputRequired

from app.access import Who, open_to, signed_in
from app.duty_form import DutyForm
from app.fields import LineField, PoundsField, WholeField, WordsField
from app.house import db
from app.officers import officers
from app.officers.forms import YES, choices_of, refuse_at, show_form, yes_or_no
from app.officers.news import tell_proposer
from app.wording import say
from ballots.voting_rules import rules_of
from neighbourhoods.duties import (
    check_free_for_duty,
    declare_for_duty,
    declared_for_duty,
)
from neighbourhoods.interests import InterestKind
from neighbourhoods.phases import Action, Role, check_allowed, why_not
from neighbourhoods.projects import MOST_CRITERION_POINTS, project_for, projects_in
from neighbourhoods.proposals import Proposal, ProposalState, backing_counts, proposals_in
from neighbourhoods.refusals import Refusal, Refused
from neighbourhoods.rounds import Round
from neighbourhoods.screening import (
    Finding,
    ProjectFacts,
    ScreeningResult,
    screen_proposal,
    screenings_of,
)

LONGEST_AREA = 120
MOST_BENEFICIARIES = 10_000_000
_CRITERION = "criterion_"


class ScreeningForm(FlaskForm):
    """What an officer found."""

    version = HiddenField()
    lawful = RadioField(
        _l("Is it lawful?"),
        [InputRequired(_l("Say whether it is lawful"))],
        widget=GovRadioInput(),
        description=_l("The council has the power to do it, and no duty stands against it."),
    )
    feasible = RadioField(
        _l("Is it feasible?"),
        [InputRequired(_l("Say whether it is feasible"))],
        widget=GovRadioInput(),
        description=_l("It can be done in this place, in the time there is."),
    )
    low = PoundsField(_l("Lowest cost"), [InputRequired(_l("Enter the lowest cost"))])
    likely = PoundsField(
        _l("Likely cost"),
        [InputRequired(_l("Enter the likely cost"))],
        description=_l("If it passes, it stands on the ballot paper at this cost."),
    )
    high = PoundsField(_l("Highest cost"), [InputRequired(_l("Enter the highest cost"))])
    yearly = PoundsField(
        _l("Running cost a year"),
        [InputRequired(_l("Enter the running cost a year, or 0 if there is none"))],
        least_pence=0,
        description=_l("What it costs to keep, after it is built. 0 if nothing."),
    )
    result = RadioField(
        _l("Result"), [InputRequired(_l("Choose the result"))], widget=GovRadioInput()
    )
    reasons = WordsField(
        _l("Reasons"),
        needed=_l("Give your reasons. They will be public."),
        description=_l("They are public, and sent to the proposer. Say what would change it."),
    )
    area = LineField(
        _l("Which neighbourhood or street does it serve?"),
        most=LONGEST_AREA,
        description=_l(
            "Write it the same way for every project: money can be kept for an area, or capped."
        ),
    )
    minimum_cost = PoundsField(
        _l("The least it can be done for"),
        unreadable=_l("Enter in pounds the least it can be done for, such as 1,200 or 49.50"),
        description=_l(
            "If the rules allow it, it may be funded in part, but never with less than this. Leave "
            "it empty if it is all or nothing."
        ),
    )
    beneficiaries = WholeField(
        _l("How many people benefit?"),
        least=1,
        most=MOST_BENEFICIARIES,
        description=_l("About how many. The outcome says what it costs for each of them."),
    )

    @property
    def facts(self) -> list[Field]:
        """What may be left empty."""
        return [self.area, self.minimum_cost, self.beneficiaries, *self.of_criteria.values()]

    @property
    def of_criteria(self) -> dict[str, Field]:
        """The field for the points of each criterion, by its name."""
        return {str(field.label.text): field for field in self if field.name.startswith(_CRITERION)}

    @property
    def facts_are_open(self) -> bool:
        """Whether something stands in a field that may be left empty, or has to be asked for."""
        known = any(field.data not in (None, "") or field.errors for field in self.facts)
        return known or bool(self.of_criteria)


# Where on the form each refusal is put right.
_ABOUT = {
    Refusal.COSTS_OUT_OF_ORDER: "likely",
    Refusal.UNLAWFUL_CANNOT_PASS: "result",
    Refusal.REASON_MISSING: "reasons",
    Refusal.MINIMUM_ABOVE_COST: "minimum_cost",
}


def _form_class(criteria: Sequence[str]) -> type[ScreeningForm]:
    """The form with a field for the points of each of these criteria."""
    points = {
        f"{_CRITERION}{number}": WholeField(
            name,
            least=0,
            most=MOST_CRITERION_POINTS,
            description=_("From 0 to %(most)s points.", most=MOST_CRITERION_POINTS),
        )
        for number, name in enumerate(criteria, start=1)
    }
    return type("ScreeningForm", (ScreeningForm,), points)


@officers.get("/office/rounds/<int:round_id>/screening")
@open_to(Who.OFFICER)
def screening(the_round: Round) -> ResponseReturnValue:
    """The proposals of a round: those that wait for a finding, then those that have one."""
    proposals = proposals_in(db(), the_round)
    waiting = [one for one in proposals if one.state == ProposalState.SUBMITTED]
    return render_template(
        "officers/screening.html",
        the_round=the_round,
        waiting=waiting,
        done=[one for one in proposals if one.state != ProposalState.SUBMITTED],
        backers=backing_counts(db(), the_round),
        why_not=_why_not_now(the_round),
    )


def _why_not_now(the_round: Round) -> str | None:
    refusal = why_not(Role.OFFICER, Action.SCREEN, the_round.phase)
    return say(refusal) if refusal else None


@officers.route(
    "/office/rounds/<int:round_id>/proposals/<int:proposal_id>/screen", methods=["GET", "POST"]
)
@open_to(Who.OFFICER)
def screen(the_round: Round, proposal: Proposal) -> ResponseReturnValue:
    """Publish a finding on a proposal, and write to its proposer; an interest is asked first."""
    person = signed_in().person
    asks_first = declared_for_duty(db(), the_round, person, proposal=proposal) is None
    if asks_first and _why_not_now(the_round) is None and request.method == "GET":
        return redirect(_duty_page(the_round, proposal), 303)
    form = _form_for(proposal)
    if form.is_submitted():
        check_allowed(Role.OFFICER, Action.SCREEN, the_round.phase)
        check_free_for_duty(db(), the_round, person, proposal=proposal)
        if form.validate() and _publish(proposal, form):
            flash(_("Your finding is public, and the proposer has been told."), "success")
            return redirect(url_for("officers.screening", round_id=the_round.id), 303)
    return show_form(
        "officers/screen.html",
        form,
        the_round=the_round,
        proposal=proposal,
        findings=screenings_of(db(), proposal),
        why_not=_why_not_now(the_round),
        areas=sorted({one.area for one in projects_in(db(), the_round.id) if one.area}),
    )


@officers.route(
    "/office/rounds/<int:round_id>/proposals/<int:proposal_id>/interest", methods=["GET", "POST"]
)
@open_to(Who.OFFICER)
def screening_interest(the_round: Round, proposal: Proposal) -> ResponseReturnValue:
    """Declare an interest, or none, before screening a proposal."""
    form = DutyForm()
    if form.validate_on_submit():
        kind = InterestKind(form.kind.data)
        person = signed_in().person
        declare_for_duty(db(), the_round, person, kind, form.details.data, proposal=proposal)
        db().commit()
        if kind is InterestKind.PECUNIARY:
            flash(_("Your interest is kept. Somebody else must screen this proposal."))
            return redirect(url_for("officers.screening", round_id=the_round.id), 303)
        page = url_for("officers.screen", round_id=the_round.id, proposal_id=proposal.id)
        return redirect(page, 303)
    return show_form(
        "officers/duty.html",
        form,
        the_round=the_round,
        about=proposal.title,
        back_to=url_for("officers.screening", round_id=the_round.id),
        back_text=_("Screening"),
    )


def _duty_page(the_round: Round, proposal: Proposal) -> str:
    return url_for("officers.screening_interest", round_id=the_round.id, proposal_id=proposal.id)


def _form_for(proposal: Proposal) -> ScreeningForm:
    priced: dict[str, object] = {"version": str(proposal.version)}
    rules, project = rules_of(db(), proposal.round_id), project_for(db(), proposal)
    criteria = [name for name, _weight in rules.rule.criteria] if rules else []
    if project is not None:  # a second look begins with what the first one found
        priced |= {
            "area": project.area,
            "minimum_cost": project.minimum_cost_pence,
            "beneficiaries": project.beneficiaries,
        }
        for number, name in enumerate(criteria, start=1):
            priced[f"{_CRITERION}{number}"] = project.criteria.get(name)
    item = proposal.menu_item
    if item is not None:  # officers have priced it already
        priced |= dict.fromkeys(("low", "likely", "high"), item.cost_pence)
        priced["yearly"] = item.yearly_pence
    form = _form_class(criteria)(data=priced)
    form.lawful.choices = form.feasible.choices = yes_or_no()
    form.result.choices = choices_of(ScreeningResult)
    return form


def _publish(proposal: Proposal, form: ScreeningForm) -> bool:
    """Store the finding and post the letter, or say at a field why not."""
    if form.version.data != str(proposal.version):
        refuse_at(form.reasons, Refused(Refusal.CHANGED_MEANWHILE))
        return False
    finding = Finding(
        lawful=form.lawful.data == YES,
        feasible=form.feasible.data == YES,
        low_pence=form.low.data,
        likely_pence=form.likely.data,
        high_pence=form.high.data,
        yearly_pence=form.yearly.data,
        result=ScreeningResult(form.result.data),
        reasons=form.reasons.data,
        facts=ProjectFacts(
            area=form.area.data,
            minimum_cost_pence=form.minimum_cost.data,
            beneficiaries=form.beneficiaries.data,
            criteria={
                name: field.data
                for name, field in form.of_criteria.items()
                if field.data is not None
            },
        ),
    )
    try:
        published = screen_proposal(db(), proposal, signed_in().person, finding)
    except Refused as refused:
        if refused.reason not in _ABOUT:
            raise
        refuse_at(form[_ABOUT[refused.reason]], refused)  # type: ignore[index]
        return False
    tell_proposer(published)
    db().commit()
    return True
