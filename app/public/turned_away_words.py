"""How many tries a vote turned away, in words, beside its turnout and at sign-off."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import ngettext

from ballots.turned_away import TurnedAway


def tries_in_words(tries: Mapping[TurnedAway, int]) -> list[str]:
    """What was turned away, a part of a sentence for each reason; nothing if nothing was."""
    return [_one_reason(reason, count) for reason, count in tries.items()]


def counted_how() -> str:
    """What these numbers are and are not, said wherever they stand."""
    return _(
        "These are tries, not people: one person who tries three times counts three times, and so "
        "does a phone that tries again by itself. No person and no address is kept with them."
    )


def _one_reason(reason: TurnedAway, count: int) -> str:
    match reason:
        case TurnedAway.TOO_MANY_TRIES:
            return ngettext(
                "%(num)s try was stopped because too many came in a short time",
                "%(num)s tries were stopped because too many came in a short time",
                count,
            )
        case TurnedAway.NO_ROOM:
            return ngettext(
                "%(num)s try found the service full, restarting or out of reach",
                "%(num)s tries found the service full, restarting or out of reach",
                count,
            )
        case TurnedAway.TOOK_TOO_LONG:
            return ngettext("%(num)s try took too long", "%(num)s tries took too long", count)
        case _:
            return ngettext(
                "%(num)s try met a fault on our side",
                "%(num)s tries met a fault on our side",
                count,
            )
