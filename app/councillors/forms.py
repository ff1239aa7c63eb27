"""What whoever signs is asked: an interest in each project, a verdict on each, then a proof."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSelect
from wtforms import Form, RadioField, SelectField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired, Optional, ValidationError

from app.fields import LineField, WordsField
from app.labels import label
from ballots.routes import Verdict
from ballots.signing import LEAST_REASONS
from neighbourhoods.interests import InterestKind

REFER = "refer-back"


class OneInterest(Form):
    """Whether somebody has an interest in one project."""

    kind = RadioField(
        _l("Do you have an interest in it?"),
        widget=GovRadioInput(),
        choices=[
            SelectChoice(InterestKind.NONE, _l("No")),
            SelectChoice(InterestKind.OTHER, _l("Yes, but not a pecuniary one")),
            SelectChoice(InterestKind.PECUNIARY, _l("Yes, a disclosable pecuniary interest")),
        ],
        validators=[InputRequired(_l("Say whether you have an interest"))],
    )
    details = WordsField(_l("If you have one, what is it?"), most=1_000)
    dispensation = LineField(_l("Reference of your dispensation, if you have one"), most=120)

    def validate_details(self, details: WordsField) -> None:
        """An interest is never declared without saying what it is."""
        if self.kind.data in (InterestKind.OTHER, InterestKind.PECUNIARY) and not details.data:
            raise ValidationError(_("Say what your interest is"))

    def validate_dispensation(self, dispensation: LineField) -> None:
        """Only a pecuniary interest needs one."""
        if dispensation.data and self.kind.data != InterestKind.PECUNIARY:
            raise ValidationError(_("A dispensation is only for a pecuniary interest"))


class OneVerdict(Form):
    """What somebody says of one project."""

    verdict = RadioField(
        _l("What do you say of it?"),
        widget=GovRadioInput(),
        choices=[SelectChoice(one.value, label(one)) for one in Verdict],
        validators=[InputRequired(_l("Say what you decide on this project"))],
    )
    condition = WordsField(_l("The condition that must be met before the money moves"), most=1_000)
    ground = SelectField(
        _l("The ground on which you decline it"),
        widget=GovSelect(),
        choices=[
            SelectChoice("", _l("Choose a ground")),
            *(SelectChoice(one.value, label(one)) for one in Ground),
        ],
        validators=[Optional()],
    )
    reasons = WordsField(_l("Your reasons for declining it"), most=3_000)

    def validate_condition(self, condition: WordsField) -> None:
        """A condition is written down."""
        if self.verdict.data == Verdict.CONDITIONS and not condition.data:
            raise ValidationError(_("Write the condition that must be met first"))

    def validate_ground(self, ground: SelectField) -> None:
        """Declining has a ground from the list."""
        if self.verdict.data == Verdict.DECLINE and not ground.data:
            raise ValidationError(_("Choose the ground on which you decline it"))

    def validate_reasons(self, reasons: WordsField) -> None:
        """Declining is allowed, never silent."""
        if self.verdict.data == Verdict.DECLINE and len(reasons.data) < LEAST_REASONS:
            raise ValidationError(
                _("Give reasons of %(least)s characters or more", least=LEAST_REASONS)
            )
