"""How the monitoring officer let a sign-off go on that could not by itself, in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from app.display import date_words


def stepped_in_words(one: Mapping[str, Any]) -> str:
    """Who stepped in, what they did and why: a sentence or two."""
    match one["did"]:
        case "named":
            said = _("%(by)s named %(person)s to act instead.", by=one["by"], person=one["person"])
        case "more-days" if "days" in one:
            said = ngettext(
                "%(by)s gave %(num)d more day on %(day)s.",
                "%(by)s gave %(num)d more days on %(day)s.",
                one["days"],
                by=one["by"],
                day=date_words(datetime.fromisoformat(one["at"])),
            )
        case "more-days":
            # From before days and moment were kept.
            said = _("%(by)s gave more days.", by=one["by"])
        case _:
            said = _("%(by)s let it be signed in the pre-election period.", by=one["by"])
    return _("%(said)s The reason: %(why)s", said=said, why=one["why"])
