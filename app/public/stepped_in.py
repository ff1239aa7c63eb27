"""How the monitoring officer let a sign-off go on that could not by itself, in words."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _


def stepped_in_words(one: Mapping[str, Any]) -> str:
    """Who stepped in, what they did and why: a sentence or two."""
    match one["did"]:
        case "named":
            said = _("%(by)s named %(person)s to act instead.", by=one["by"], person=one["person"])
        case "more-days":
            said = _("%(by)s gave more days.", by=one["by"])
        case _:
            said = _("%(by)s let it be signed in the pre-election period.", by=one["by"])
    return _("%(said)s The reason: %(why)s", said=said, why=one["why"])
