"""Form fields of our own: words, whole numbers and pounds."""

import re
import unicodedata
from typing import Any

from flask_babel import gettext as _
from govuk_frontend_wtf.wtforms_widgets import GovTextArea, GovTextInput
from wtforms import Field, StringField, TextAreaField
from wtforms.form import BaseForm
from wtforms.validators import DataRequired, ValidationError

from app.display import pounds, read_pounds

# --- words ---------------------------------------------------------------------------------------


def tidy_line(written: str | None) -> str:
    """A filter for one line of words: single spaces, nothing that cannot be printed."""
    return " ".join(_printable(written or "").split())


def tidy_words(written: str | None) -> str:
    """A filter for many lines of words: no outer spaces, nothing that cannot be printed."""
    return _printable((written or "").replace("\r\n", "\n")).strip()


def _printable(written: str) -> str:
    # PostgreSQL refuses a NUL in text; other control and bidi marks only serve to deceive.
    return "".join(
        letter
        for letter in written
        if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs")
    )


class LineField(StringField):
    """One line of words, at most `most` letters; `needed` is what to say when it is empty."""

    widget = GovTextInput()
    data: str  # the filter leaves no None

    def __init__(self, label: Any, *, most: int, needed: Any = None, **kwargs: Any) -> None:
        super().__init__(label, _word_rules(most, needed), [tidy_line], **kwargs)


class WordsField(TextAreaField):
    """Some paragraphs, at most `most` letters; `needed` is what to say when they are empty."""

    widget = GovTextArea()
    data: str  # the filter leaves no None

    def __init__(self, label: Any, *, most: int = 5_000, needed: Any = None, **kwargs: Any) -> None:
        super().__init__(label, _word_rules(most, needed), [tidy_words], **kwargs)


def _word_rules(most: int, needed: Any) -> list[Any]:
    def not_too_long(_form: object, field: Field) -> None:
        if field.data and len(field.data) > most:
            raise ValidationError(
                _(
                    "This is %(actual)s characters long. Write %(most)s or fewer",
                    actual=f"{len(field.data):,}",
                    most=f"{most:,}",
                )
            )

    return [*([DataRequired(needed)] if needed else []), not_too_long]


# --- whole numbers -------------------------------------------------------------------------------


class WholeInput(GovTextInput):
    """A text input for a whole number."""

    def map_gov_params(self, field: Field, **kwargs: Any) -> dict[str, Any]:
        """Add the width and the keypad of digits."""
        params: dict[str, Any] = super().map_gov_params(field, **kwargs)
        params.setdefault("classes", "govuk-input--width-4")
        return params | {"inputmode": "numeric", "spellcheck": False}


class WholeField(Field):
    """A whole number from `least` to `most`; `data` is None when nothing was typed."""

    widget = WholeInput()

    def __init__(
        self,
        label: Any,
        validators: list[Any] | None = None,
        *,
        least: int,
        most: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.least, self.most = least, most

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed; a ValueError says what to type."""
        written = re.sub(r"[\s,]", "", str(valuelist[0])) if valuelist else ""
        self.data = int(written) if re.fullmatch(r"\d{1,9}", written, re.ASCII) else None
        if written and self.data is None:
            raise ValueError(self._limits())

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002 - WTForms passes it
        """Refuse a number outside the limits, which a view may have set by now."""
        if self.data is not None and not self.least <= self.data <= self.most:
            self.data = None
            raise ValidationError(self._limits())

    def _limits(self) -> str:
        return str(
            _(
                "Enter a whole number from %(least)s to %(most)s",
                least=f"{self.least:,}",
                most=f"{self.most:,}",
            )
        )


# --- money ---------------------------------------------------------------------------------------


class PoundsInput(GovTextInput):
    """A text input with a £ before it."""

    def map_gov_params(self, field: Field, **kwargs: Any) -> dict[str, Any]:
        """Add the sign, the width and the keypad with a decimal point."""
        params: dict[str, Any] = super().map_gov_params(field, **kwargs)
        params.setdefault("classes", "govuk-input--width-10")
        return params | {"prefix": {"text": "£"}, "inputmode": "decimal", "spellcheck": False}


class PoundsField(Field):
    """A sum typed in pounds; `data` is whole pence, or None when nothing was typed.

    `least_pence` is 1 unless said otherwise: give 0 where nothing is a fair answer. Require it
    with `InputRequired(_l("Enter the cost"))`, not DataRequired, which refuses £0. `unreadable` is
    what to say of anything that is no sum, where a form asks for more sums than one.
    """

    widget = PoundsInput()

    def __init__(
        self,
        label: str | None = None,
        validators: list[Any] | None = None,
        *,
        least_pence: int = 1,
        most_pence: int = 100_000_000_000,
        unreadable: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.least_pence, self.most_pence = least_pence, most_pence
        self.unreadable = unreadable

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else pounds(self.data).removeprefix("£")

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed; a ValueError says how to write it."""
        written = str(valuelist[0]).strip() if valuelist else ""
        self.data = read_pounds(written) if written else None
        if written and self.data is None:
            raise ValueError(
                self.unreadable or _("Enter a sum of money in pounds, such as 1,200 or 49.50")
            )

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002 - WTForms passes it
        """Refuse a sum outside the limits."""
        if self.data is None:
            return
        if self.data < self.least_pence:
            raise ValidationError(
                _("Enter %(sum)s or more", sum=pounds(self.least_pence))
                if self.least_pence > 1
                else _("Enter a sum of more than £0")
            )
        if self.data > self.most_pence:
            raise ValidationError(_("Enter %(sum)s or less", sum=pounds(self.most_pence)))
