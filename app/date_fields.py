"""Fields for days and moments, asked as British people write them and kept as UTC."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from govuk_frontend_wtf.gov_form_base import GovFormBase
from markupsafe import Markup
from wtforms import Field

from app.display import LONDON

EARLIEST_YEAR, LATEST_YEAR = 2000, 2100


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
