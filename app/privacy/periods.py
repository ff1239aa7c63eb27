"""How long things are kept, in days: sensible defaults, and what a council may change."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from ballots.disputes import DISPUTE_DAYS


class Period(StrEnum):
    """What a council can set a period for."""

    ROLL = "roll"
    MEETINGS = "meetings"
    LETTERS = "letters"
    CODES = "codes"
    DRAFTS = "drafts"
    REPORTS = "reports"
    RATINGS = "ratings"
    ACCOUNTS = "accounts"
    REGISTER = "register"


Days = Mapping[Period, int]

DEFAULT_DAYS: Days = MappingProxyType(
    {
        Period.ROLL: 183,
        Period.MEETINGS: 92,
        Period.LETTERS: 92,
        Period.CODES: 1,
        Period.DRAFTS: 92,
        Period.REPORTS: 365,
        Period.RATINGS: 730,
        Period.ACCOUNTS: 730,
        Period.REGISTER: 2_192,
    }
)
# While a result can be disputed the roll must stand as it was when the vote opened.
LEAST_DAYS: Days = MappingProxyType(dict.fromkeys(Period, 1) | {Period.ROLL: DISPUTE_DAYS})
MOST_DAYS = 3_653


def read_days(written: str) -> Days:
    """Periods from words such as `roll=365, letters=30`, the defaults for those not named.

    ValueError, with what is wrong, for a period that is not known, too short or too long.
    """
    days = dict(DEFAULT_DAYS)
    for part in filter(None, (part.strip() for part in written.split(","))):
        name, _, number = (word.strip() for word in part.partition("="))
        if name not in set(Period):
            raise ValueError(f"{name!r} is none of {', '.join(Period)}.")
        period = Period(name)
        least = LEAST_DAYS[period]
        if not (number.isascii() and number.isdecimal() and least <= int(number) <= MOST_DAYS):
            raise ValueError(f"{name} must be a number of days from {least} to {MOST_DAYS}.")
        days[period] = int(number)
    return MappingProxyType(days)
