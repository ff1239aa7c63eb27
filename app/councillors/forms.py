"""What a councillor is asked: an interest first, then the decision."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput
from wtforms import HiddenField, IntegerField, RadioField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired, Optional, ValidationError
from wtforms.widgets import HiddenInput

from app.fields import WordsField
from ballots.signoff import Act, InterestKind


class InterestForm(FlaskForm):
    """Whether a councillor has an interest in a round."""

    kind = RadioField(
        _l("Do you have an interest in any of these projects?"),
        widget=GovRadioInput(),
        choices=[
            SelectChoice(InterestKind.NONE, _l("No")),
            SelectChoice(InterestKind.OTHER, _l("Yes, but not a pecuniary one")),
            SelectChoice(InterestKind.PECUNIARY, _l("Yes, a disclosable pecuniary interest")),
        ],
        validators=[InputRequired(_l("Say whether you have an interest"))],
    )
    details = WordsField(
        _l("If you have one, what is it?"),
        description=_l("Name the project and your interest in it. This is public."),
    )

    def validate_details(self, details: WordsField) -> None:
        """An interest is never declared without saying what it is."""
        if self.kind.data in (InterestKind.OTHER, InterestKind.PECUNIARY) and not details.data:
            raise ValidationError(_l("Say what your interest is"))


class DecisionForm(FlaskForm):
    """Approve, or refer back with reasons."""

    # The sitting the councillor saw, so that a page left open cannot decide on a later one.
    sitting = IntegerField(widget=HiddenInput(), validators=[Optional()])
    act = RadioField(
        _l("What do you decide?"),
        widget=GovRadioInput(),
        choices=[
            SelectChoice(Act.APPROVE, _l("Approve the outcome as residents chose")),
            SelectChoice(Act.REFER_BACK, _l("Refer it back to council officers, with reasons")),
        ],
        validators=[InputRequired(_l("Choose whether you approve the outcome or refer it back"))],
    )
    reasons = WordsField(
        _l("Your reasons"),
        description=_l(
            "You must give reasons to refer it back, and may give some to approve it. "
            "They are public, with your name."
        ),
    )
    confirmed = HiddenField()

    def validate_reasons(self, reasons: WordsField) -> None:
        """Referring back is allowed, never silent."""
        if self.act.data == Act.REFER_BACK and not reasons.data:
            raise ValidationError(_l("Give your reasons for referring it back"))
