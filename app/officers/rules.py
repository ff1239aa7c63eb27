"""The ballot paper and the rules of a vote, in plain words, until the vote opens."""

from flask import redirect, url_for
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
from app.officers.forms import choices_of, show_form
from app.officers.rounds import fixed_since_the_vote
from ballots.counting import Misfit, Rule
from ballots.disclosure import DisclosureProfile
from ballots.papers import BallotFormat
from ballots.voting_rules import DEFAULT_STEP, RulesChosen, VotingRules, rules_of, set_rules
from neighbourhoods.people import councillors_for
from neighbourhoods.rounds import Round

LEAST_STEP, MOST_STEP = 5, 1_000


class RulesForm(FlaskForm):
    """How people vote, how it is counted, what is shown when, and who signs."""

    ballot_format = RadioField(
        _l("How do people fill in the ballot paper?"),
        [InputRequired(_l("Choose how people fill in the ballot paper"))],
        widget=GovRadioInput(),
    )
    max_choices = WholeField(_l("At most how many projects?"), least=1, most=500)
    misfit = RadioField(
        _l("What happens when the next project no longer fits the money left?"),
        [InputRequired(_l("Choose what happens when a project no longer fits"))],
        widget=GovRadioInput(),
        default=Misfit.SKIP.value,
    )
    minimum_votes = WholeField(
        _l("Least votes a project needs"),
        [InputRequired(_l("Enter the least number of votes, or 0 for none"))],
        least=0,
        most=1_000_000,
        default=0,
        description=_l("0 means that any project with a vote can be funded."),
    )
    disclosure_profile = RadioField(
        _l("What may be seen while the vote is open?"),
        [InputRequired(_l("Choose what may be seen while the vote is open"))],
        widget=GovRadioInput(),
    )
    disclosure_step = WholeField(
        _l("How many new voters in each step?"),
        least=LEAST_STEP,
        most=MOST_STEP,
        default=DEFAULT_STEP,
        description=_l(
            "Only for live. The smaller the step, the easier it is to guess how somebody voted. "
            "20 hides single votes well."
        ),
    )
    approvals_needed = WholeField(
        _l("How many councillors must approve the outcome?"),
        [InputRequired(_l("Enter how many councillors must approve"))],
        least=1,
        most=1,
        default=1,
    )

    def validate(self, extra_validators: object = None) -> bool:
        """Besides each field: a number is needed, and judged, only where its choice is taken."""
        super().validate(extra_validators)
        self._judge(
            self.max_choices,
            self.ballot_format.data == BallotFormat.APPROVAL,
            _("Enter the most projects that one person may choose"),
        )
        self._judge(
            self.disclosure_step,
            self.disclosure_profile.data == DisclosureProfile.LIVE,
            _("Enter how many new voters each step covers"),
        )
        return not self.errors

    @staticmethod
    def _judge(field: WholeField, asked: bool, missing: str) -> None:
        if not asked:
            field.errors = []
        elif field.data is None and not field.errors:
            field.errors = [missing]


@officers.route("/office/rounds/<int:round_id>/rules", methods=["GET", "POST"])
@open_to(Who.OFFICER)
def rules(the_round: Round) -> ResponseReturnValue:
    """Choose how a round votes; once its vote has opened, only read it."""
    fixed = fixed_since_the_vote(the_round)
    councillors = councillors_for(db(), the_round.community)
    known = rules_of(db(), the_round.id)
    form = RulesForm(data=_as_chosen(known) if known else None)
    form.ballot_format.choices = choices_of(BallotFormat)
    form.misfit.choices = choices_of(Misfit)
    form.disclosure_profile.choices = choices_of(DisclosureProfile)
    form.approvals_needed.most = max(1, len(councillors))
    if form.validate_on_submit():
        set_rules(db(), the_round, _chosen(form, known))
        db().commit()
        return redirect(url_for("officers.the_round", round_id=the_round.id), 303)
    return show_form(
        "officers/rules.html",
        form,
        the_round=the_round,
        fixed=fixed,
        rules=known,
        councillors=councillors,
    )


def _as_chosen(known: VotingRules) -> dict[str, object]:
    return {
        "ballot_format": known.ballot_format.value,
        "max_choices": known.max_choices,
        "misfit": known.rule.misfit.value,
        "minimum_votes": known.rule.minimum_votes,
        "disclosure_profile": known.disclosure_profile.value,
        "disclosure_step": known.disclosure_step,
        "approvals_needed": known.approvals_needed,
    }


def _chosen(form: RulesForm, known: VotingRules | None) -> RulesChosen:
    approval = form.ballot_format.data == BallotFormat.APPROVAL
    live = form.disclosure_profile.data == DisclosureProfile.LIVE
    return RulesChosen(
        ballot_format=BallotFormat(form.ballot_format.data),
        max_choices=form.max_choices.data if approval else None,
        rule=Rule(misfit=Misfit(form.misfit.data), minimum_votes=form.minimum_votes.data),
        disclosure_profile=DisclosureProfile(form.disclosure_profile.data),
        approvals_needed=form.approvals_needed.data,
        disclosure_step=form.disclosure_step.data if live else DEFAULT_STEP,
        # An imported election may allow an empty paper; that is not asked here and stays.
        min_choices=known.min_choices if known else 1,
    )
