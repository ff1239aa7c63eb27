"""What the officers' forms share: showing them, and the choices of a list of words."""

from collections.abc import Iterable
from enum import StrEnum

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.fields import SelectChoice  # type: ignore[attr-defined] # newer than its stubs

from app.labels import label
from app.wording import say
from neighbourhoods.refusals import Refused

YES, NO = "yes", "no"


class BareForm(FlaskForm):
    """A form of nothing but a button."""


def show_form(template: str, form: FlaskForm, **context: object) -> ResponseReturnValue:
    """A page with its form: 422 and an error summary when what was sent is wrong."""
    sent = request.method == "POST"
    page = render_template(template, form=form, errors=sent, **context)
    return page, 422 if sent else 200


def refuse_at(field: Field, refused: Refused) -> None:
    """Say a refusal beside the field that it is about."""
    field.errors = [*field.errors, say(refused)]


def choices_of(words: Iterable[StrEnum]) -> list[SelectChoice]:
    """The words of a list as choices, under their names."""
    return [SelectChoice(word.value, label(word)) for word in words]


def yes_or_no() -> list[SelectChoice]:
    """The two choices of a plain question."""
    return [SelectChoice(YES, _l("Yes")), SelectChoice(NO, _l("No"))]
