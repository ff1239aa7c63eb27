"""The forms that residents fill in: their shape, not the rules of the round."""

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import (
    GovCharacterCount,
    GovRadioInput,
    GovSubmitInput,
    GovTextInput,
)
from wtforms import (
    EmailField,
    Field,
    RadioField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.fields import SelectChoice  # type: ignore[attr-defined] # newer than its stubs
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from app.fields import tidy_line, tidy_words
from neighbourhoods.debate import PointKind

BOLD = {"label": {"classes": "govuk-label--s"}}
MOST_NAME, MOST_POINT, MOST_REPLY = 80, 1_000, 2_000


def said(field: Field) -> str:
    """What stands in a field of words; empty if nothing was typed."""
    return str(field.data or "")


def words_line(label: str, description: str, missing: str, most: int, **params: Any) -> StringField:
    """One line of words that must be given."""
    return StringField(
        label,
        [DataRequired(missing), at_most(most)],
        description=description,
        widget=GovTextInput(),
        filters=[tidy_line],
        render_kw={"params": BOLD | params},
    )


def words_area(
    label: str, description: str, most: int, missing: str | None = None
) -> TextAreaField:
    """Lines of words with a count; `missing` is what to say when they must be given."""
    first = DataRequired(missing) if missing else Optional()
    return TextAreaField(
        label,
        [first, at_most(most)],
        description=description,
        widget=GovCharacterCount(),
        filters=[tidy_words],
        render_kw={"params": BOLD | {"maxlength": most, "rows": 5 if most < MOST_REPLY else 8}},
    )


def radios(legend: str) -> dict[str, Any]:
    """What makes a group of radio buttons small, with a bold legend."""
    legend_shown = {"text": legend, "classes": "govuk-fieldset__legend--s"}
    return {"fieldset": {"legend": legend_shown}, "hint": None, "classes": "govuk-radios--small"}


def at_most(most: int) -> Length:
    """No more letters than this."""
    return Length(max=most, message=_("Shorten this to %(max)d characters or fewer"))


def email_field(label: str, description: str) -> EmailField:
    """An e-mail address that letters can be sent to."""
    return EmailField(
        label,
        [
            DataRequired(_("Enter your e-mail address")),
            Length(max=254, message=_("Enter an e-mail address of 254 characters or fewer")),
            Regexp(
                # An encoded word (=?…?=) would be read as something else by whoever posts it.
                r"^(?!.*=\?)[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\.]+(\.[^@\s<>,;:\"()\[\]\\.]+)+$",
                message=_("Enter an e-mail address like name@example.org"),
            ),
        ],
        description=description,
        widget=GovTextInput(),
        filters=[tidy_line],
        render_kw={"params": {"type": "email", "autocomplete": "email", "spellcheck": False}},
    )


class EmailForm(FlaskForm):
    """Where to send a one-time code."""

    email = email_field(
        _("Your e-mail address"), _("We send a code of six digits to it. There is no password.")
    )
    submit = SubmitField(_("Send me a code"), widget=GovSubmitInput())


class NewAddressForm(FlaskForm):
    """The address with which somebody wants to sign in from now on."""

    email = email_field(
        _("Your new e-mail address"), _("We send a code of six digits to it, and one to the old.")
    )
    submit = SubmitField(_("Send both codes"), widget=GovSubmitInput())


def digits_only(written: str | None) -> str | None:
    """A filter for a code: what was typed, without the spaces and dashes that people add."""
    # People copy “123 456” or “123-456”; the spaces are not their mistake.
    return None if written is None else "".join(c for c in written if c not in " -\u00a0\u2013")


def code_field(label: str) -> StringField:
    """The six digits of a one-time code that came by e-mail."""
    return StringField(
        label,
        [
            DataRequired(_("Enter the code from our e-mail")),
            Regexp(r"^[0-9]{6}$", message=_("The code has six digits, such as 012345")),
        ],
        widget=GovTextInput(),
        filters=[tidy_line, digits_only],
        render_kw={
            "params": {
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "classes": "govuk-input--width-5 govuk-input--extra-letter-spacing",
                "spellcheck": False,
            }
        },
    )


class CodeForm(FlaskForm):
    """The one-time code that came by e-mail."""

    code = code_field(_("The six digits"))
    submit = SubmitField(_("Sign in"), widget=GovSubmitInput())


class TwoCodesForm(FlaskForm):
    """The codes that went to the old address and to the new one."""

    old_code = code_field(_("The code we sent to your old address"))
    new_code = code_field(_("The code we sent to your new address"))


class NameForm(FlaskForm):
    """What somebody wants to be called in public."""

    name = words_line(
        _("Your name"),
        _("It stands beside what you propose or say in a debate. It is never beside a vote."),
        _("Enter the name that others shall see"),
        MOST_NAME,
        autocomplete="name",
        spellcheck=False,
    )
    submit = SubmitField(_("Save my name"), widget=GovSubmitInput())


class _WithName(FlaskForm):
    """A form that also asks for a name, from somebody who has not given one yet."""

    name = NameForm.name

    def __init__(self, *args: Any, has_name: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_name:
            del self.name

    @property
    def new_name(self) -> str | None:
        """The name they gave just now."""
        return said(self["name"]) if "name" in self else None


class PointForm(_WithName):
    """A point for, a point against, or a question."""

    kind = RadioField(
        _("What do you want to add?"),
        [InputRequired(_("Choose whether it is a point for, a point against or a question"))],
        choices=[
            SelectChoice(PointKind.FOR.value, _("A point for it")),
            SelectChoice(PointKind.AGAINST.value, _("A point against it")),
            SelectChoice(PointKind.QUESTION.value, _("A question")),
        ],
        widget=GovRadioInput(),
        render_kw={"params": radios(_("What do you want to add?"))},
        validate_choice=True,
    )
    words = words_area(
        _("Your words"),
        _("They are public. Speak about the proposal, not about people."),
        MOST_POINT,
        _("Enter what you want to say"),
    )
    submit = SubmitField(_("Add it to the debate"), widget=GovSubmitInput())


class AnswerForm(_WithName):
    """An answer to a point or a question."""

    words = words_area(
        _("Your answer"),
        _("It is public, and we send it to the person you answer."),
        MOST_POINT,
        _("Enter your answer"),
    )
    submit = SubmitField(_("Publish my answer"), widget=GovSubmitInput())


class ReportForm(FlaskForm):
    """Why a moderator should look at something."""

    why = words_area(
        _("What is wrong with it?"),
        _("Only moderators read this. Your name is not shown to the person who wrote it."),
        MOST_POINT,
        _("Say what is wrong with it"),
    )
    submit = SubmitField(_("Send my report"), widget=GovSubmitInput())


class ReplyForm(FlaskForm):
    """The proposer’s answer to a screening."""

    words = words_area(
        _("Your reply"),
        _("It is published beside what officers found. You can reply once to each finding."),
        MOST_REPLY,
        _("Enter your reply"),
    )
    submit = SubmitField(_("Publish my reply"), widget=GovSubmitInput())


class ConfirmForm(FlaskForm):
    """Nothing but a button and its token."""
