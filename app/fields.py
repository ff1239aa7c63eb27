"""Form fields of our own: words, whole numbers, pounds, days and moments in British time."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from govuk_frontend_wtf.gov_form_base import GovFormBase
from govuk_frontend_wtf.wtforms_widgets import GovTextArea, GovTextInput
from markupsafe import Markup
from wtforms import Field, StringField, TextAreaField
from wtforms.form import BaseForm
from wtforms.validators import DataRequired, ValidationError

from app.display import LONDON, pounds, read_pounds

EARLIEST_YEAR, LATEST_YEAR = 2000, 2100


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
    with `InputRequired(_l("Enter the cost"))`, not DataRequired, which refuses £0.
    """

    widget = PoundsInput()

    def __init__(
        self,
        label: str | None = None,
        validators: list[Any] | None = None,
        *,
        least_pence: int = 1,
        most_pence: int = 100_000_000_000,
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.least_pence, self.most_pence = least_pence, most_pence

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else pounds(self.data).removeprefix("£")

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read what was typed; a ValueError says how to write it."""
        written = str(valuelist[0]).strip() if valuelist else ""
        self.data = read_pounds(written) if written else None
        if written and self.data is None:
            raise ValueError(_("Enter a sum of money in pounds, such as 1,200 or 49.50"))

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


# --- days and moments ----------------------------------------------------------------------------


class PartsInput(GovFormBase):
    """Day, month, year and perhaps time: small inputs under one legend, all with one name."""

    template = "govuk_frontend_wtf/date.html"

    def __call__(self, field: "DayField", **kwargs: Any) -> Markup:
        """Render the group; the error summary leads to its first input."""
        params: dict[str, Any] = {
            "id": f"{field.id}-parts",
            "fieldset": {"legend": {"text": field.label.text}},
            "hint": {"text": field.description} if field.description else None,
            "items": self._items(field),
        }
        if field.errors:
            params["errorMessage"] = {"text": field.errors[0]}
        rendered: Markup = self.render(self.merge_params(params, kwargs.get("params", {})))
        return rendered

    @staticmethod
    def _items(field: "DayField") -> list[dict[str, Any]]:
        wrong = "govuk-input--error" if field.errors else ""
        return [
            {
                "id": field.id if place == 0 else f"{field.id}-{place + 1}",
                "name": field.name,
                "label": str(name),
                "value": value,
                "classes": f"govuk-input--width-{width} {wrong}".strip(),
                "inputmode": "text" if place == 3 else "numeric",
            }
            for place, ((name, width), value) in enumerate(
                zip(field.parts, field.written(), strict=True)
            )
        ]


class DayField(Field):
    """A day as day, month and year; `data` is a date, or None when all three are blank.

    Blank is allowed unless InputRequired says otherwise. Do not add Optional: it would let
    “month and year, but no day” pass as blank.
    """

    widget = PartsInput()
    parts: tuple[tuple[Any, int], ...] = ((_l("Day"), 2), (_l("Month"), 2), (_l("Year"), 4))

    def written(self) -> list[str]:
        """What stands in each input."""
        if self.raw_data:
            return self._typed(self.raw_data)
        return [""] * len(self.parts) if self.data is None else self._shown(self.data)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the inputs; a ValueError says which one to put right."""
        self.data = None
        typed = self._typed(valuelist)
        if any(typed):
            self.data = self._read(typed)

    def _typed(self, valuelist: Sequence[Any]) -> list[str]:
        # A forged form may send more or fewer parts than ours has.
        blank = [""] * len(self.parts)
        return [str(value).strip() for value in (*valuelist, *blank)][: len(self.parts)]

    def _shown(self, data: Any) -> list[str]:
        return [str(data.day), str(data.month), str(data.year)]

    def _read(self, typed: list[str]) -> Any:
        return _read_day(typed)


class MomentField(DayField):
    """A day and a British time such as “5pm” or “17:00”; `data` is aware UTC, or None."""

    parts = (*DayField.parts, (_l("Time"), 5))

    def _shown(self, data: Any) -> list[str]:
        local = data.astimezone(LONDON)
        return [*super()._shown(local), f"{local.hour}:{local.minute:02d}"]

    def _read(self, typed: list[str]) -> datetime:
        day = _read_day(typed[:3])
        if not typed[3]:
            raise ValueError(_("Enter a time, such as 5pm or 17:00"))
        at = read_time(typed[3])
        if at is None:
            raise ValueError(_("Enter the time like 5pm, 9:30am or 17:00"))
        moment = datetime.combine(day, at, LONDON).astimezone(UTC)
        if moment.astimezone(LONDON).time() != at:
            raise ValueError(_("The clocks go forward over that time. Enter a later one"))
        return moment


def _read_day(typed: list[str]) -> date:
    missing = [
        name
        for name, part in zip((_("day"), _("month"), _("year")), typed, strict=True)
        if not part
    ]
    if missing:
        raise ValueError(_("The date must include a %(part)s", part=missing[0]))
    try:
        day, month, year = (int(part) if part.isdecimal() else 0 for part in typed)
        read = date(year, month, day)
    except (ValueError, OverflowError):
        raise ValueError(_("Enter a real date, such as 4 12 2026")) from None
    if not EARLIEST_YEAR <= read.year <= LATEST_YEAR:
        raise ValueError(
            _(
                "The year must be between %(first)s and %(last)s",
                first=EARLIEST_YEAR,
                last=LATEST_YEAR,
            )
        )
    return read


def read_time(written: str) -> time | None:
    """A time of day from what somebody typed: 5pm, 9.30am, 17:00, midday; None if it is none."""
    plain = re.sub(r"\s", "", written).lower()
    if plain in ("midday", "noon"):
        return time(12)
    if plain == "midnight":
        return time(0)
    found = re.fullmatch(r"(\d{1,2})(?:[:.](\d{2}))?(am|pm)?", plain, re.ASCII)
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half is None:
        fits = found[2] is not None and hour < 24  # a bare “5” could be morning or evening
    else:
        fits = 1 <= hour <= 12
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, minute) if fits and minute < 60 else None
