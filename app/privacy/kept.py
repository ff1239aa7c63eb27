"""One row of the retention table: a kind of information, and what becomes of it."""

from dataclasses import dataclass
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.privacy.periods import Days, Period


class Topic(StrEnum):
    """What a row of the table is about, in the order in which people ask."""

    ACCOUNT = "account"
    WORDS = "words"
    VOTE = "vote"
    MEETINGS = "meetings"
    DECISIONS = "decisions"
    MONEY = "money"
    NOBODY = "nobody"


class Basis(StrEnum):
    """Why we may keep it: the lawful basis in the UK GDPR."""

    TASK = "public-task"
    DUTY = "legal-obligation"
    NONE = "no-personal-data"


class Then(StrEnum):
    """What happens when its time is over."""

    DELETED = "deleted"
    BLANKED = "blanked"
    KEPT = "kept"


@dataclass(frozen=True)
class Kept:
    """One kind of information: where it lies, why, until when, and what happens then."""

    topic: Topic
    # What it is, in plain words.
    about: str
    tables: tuple[str, ...]
    # The columns that say something about somebody; `table.column`.
    personal: tuple[str, ...] = ()
    basis: Basis = Basis.TASK
    # From when the days are counted; `%(time)s` is how many. Without a period, how long it stays.
    until: str = _l("For good: nobody stands in it.")
    period: Period | None = None
    then: Then = Then.KEPT
    # What becomes of it when a person asks for erasure.
    erased: str = _l("Nothing in it is yours alone.")
    # Whether a name or an address may still be found there after its owner was erased.
    names_stay: bool = False

    def until_in_words(self, days: Days) -> str:
        """How long it is kept, with the days of this council."""
        if self.period is None:
            return str(self.until)
        return str(self.until) % {"time": days_in_words(days[self.period])}


def days_in_words(days: int) -> str:
    """A period as people say it: 28 days, 6 months, 2 years."""
    years, months = round(days / 365.25), round(days / 30.44)
    if years and abs(days - years * 365.25) < 2:
        return str(ngettext("%(num)s year", "%(num)s years", years))
    if months > 1 and abs(days - months * 30.44) < 2:
        return str(ngettext("%(num)s month", "%(num)s months", months))
    return str(ngettext("%(num)s day", "%(num)s days", days))
