"""What officers who screen and facilitators who run are asked first: have they an interest?"""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput
from wtforms import RadioField
from wtforms.fields import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import InputRequired, ValidationError

from app.fields import WordsField
from neighbourhoods.interests import InterestKind


class DutyForm(FlaskForm):
    """Whether somebody has an interest in what they are about to do."""

    kind = RadioField(
        _l("Do you have an interest in it?"),
        [InputRequired(_l("Say whether you have an interest"))],
        widget=GovRadioInput(),
        choices=[
            SelectChoice(InterestKind.NONE.value, _l("No")),
            SelectChoice(InterestKind.OTHER.value, _l("Yes, but not a pecuniary one")),
            SelectChoice(InterestKind.PECUNIARY.value, _l("Yes, a pecuniary interest")),
        ],
    )
    details = WordsField(
        _l("If you have one, what is it?"),
        most=1_000,
        description=_l("You, your partner or your employer may gain or lose by it."),
    )

    def validate_details(self, details: WordsField) -> None:
        """An interest is never declared without saying what it is."""
        if self.kind.data in (InterestKind.OTHER, InterestKind.PECUNIARY) and not details.data:
            raise ValidationError(_("Say what your interest is"))
