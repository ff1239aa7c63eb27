"""How money and moments are written for people: pounds, and British time in words."""

import hashlib
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from flask import Flask, has_request_context, request, url_for
from flask_babel import format_date, gettext, ngettext

from neighbourhoods import database

LONDON = database.LONDON
DAY = timedelta(days=1)


def pounds(pence: int) -> str:
    """Pence as people read them: £3,400 or £3,400.50."""
    whole, rest = divmod(abs(pence), 100)
    sign = "−" if pence < 0 else ""
    return f"{sign}£{whole:,}" + (f".{rest:02d}" if rest else "")


def read_pounds(written: str) -> int | None:
    """Whole pence from what somebody typed, or None if it is no sum of money."""
    plain = re.sub(r"[£,\s]", "", written)
    if not re.fullmatch(r"\d{1,10}(\.\d{1,2})?", plain):
        return None
    return int(Decimal(plain) * 100)


def date_words(moment: datetime | date) -> str:
    """A day in words: Friday 4 December 2026."""
    day = moment.astimezone(LONDON).date() if isinstance(moment, datetime) else moment
    return str(format_date(day, "EEEE d MMMM y"))


def time_words(moment: datetime) -> str:
    """A time of day in words: 5pm, 9:30am, midday, midnight."""
    local = moment.astimezone(LONDON)
    if (local.hour, local.minute) == (0, 0):
        return str(gettext("midnight"))
    if (local.hour, local.minute) == (12, 0):
        return str(gettext("midday"))
    minutes = f":{local.minute:02d}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"


def clock_words(then: datetime, now: datetime) -> str:
    """When figures that move were read: 14:03:12, or 18 November at 10:02 once a day has passed.

    The year is said where it is another one than now.
    """
    local = then.astimezone(LONDON)
    if now - then < DAY:
        return f"{local:%H:%M:%S}"
    this_year = local.year == now.astimezone(LONDON).year
    day = format_date(local.date(), "d MMMM" if this_year else "d MMMM y")
    return str(gettext("%(date)s at %(time)s", date=day, time=f"{local:%H:%M}"))


def age_words(then: datetime, now: datetime) -> str:
    """How long ago something was: 20 seconds ago, 3 minutes ago, 1 hour ago, 5 days ago."""
    seconds = max(0, int((now - then).total_seconds()))
    if seconds < 60:
        return str(ngettext("%(num)s second ago", "%(num)s seconds ago", seconds))
    if seconds < 60 * 60:
        return str(ngettext("%(num)s minute ago", "%(num)s minutes ago", seconds // 60))
    if now - then < DAY:
        return str(ngettext("%(num)s hour ago", "%(num)s hours ago", seconds // (60 * 60)))
    return str(ngettext("%(num)s day ago", "%(num)s days ago", (now - then).days))


def moment_words(moment: datetime) -> str:
    """A day and time in words: 5pm on Friday 4 December 2026."""
    return str(gettext("%(time)s on %(date)s", time=time_words(moment), date=date_words(moment)))


def show_as_people_read(app: Flask) -> None:
    """Give the templates these filters, and addresses for static files that can be kept."""
    app.add_template_filter(pounds)
    app.add_template_filter(date_words)
    app.add_template_filter(time_words)
    app.add_template_filter(moment_words)
    folder = Path(app.static_folder or "static")

    @cache
    def address_of(name: str, _mounted_at: str) -> str:
        version = hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]
        return url_for("static", filename=name, v=version)

    def static_url(name: str) -> str:
        return address_of(name, request.script_root if has_request_context() else "")

    app.add_template_global(static_url)
