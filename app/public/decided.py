"""Published decisions in short: what residents chose, what became of it, and who decided."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import ngettext

from app.display import date_words, moment_words
from app.public.notice_words import who_decided
from app.public.notices import address_of
from ballots.notices import DecisionNotice
from neighbourhoods.rounds import Round


@dataclass(frozen=True)
class Decided:
    """One decision as a card tells it."""

    the_round: Round
    link: str
    published_at: datetime
    day: str
    outcome: str
    decided_by: str
    # What keeps the money from moving; empty once nothing does.
    money: str


def read_decided(notices: Sequence[DecisionNotice], moment: datetime) -> list[Decided]:
    """Decisions in words, in the order in which they come."""
    return [_read(notice, moment) for notice in notices]


def _read(notice: DecisionNotice, moment: datetime) -> Decided:
    said = notice.contents
    names = who_decided(said)
    return Decided(
        the_round=notice.the_round,
        link=address_of(notice),
        published_at=notice.published_at,
        day=date_words(notice.published_at),
        outcome=_outcome(said["decision"]),
        decided_by=_("Decided by %(names)s", names=names) if names else "",
        money=_money(notice, moment),
    )


def _outcome(decision: Sequence[dict[str, object]]) -> str:
    """How many projects residents chose, and what the council decided on them."""
    if not decision:
        return _("Residents’ votes funded no project.")
    chosen = sum(bool(one["residents_chose"]) for one in decision)
    decided = Counter(str(one["decided"]) for one in decision)
    tied = sum(one["decided"] == "carried" and bool(one["conditions"]) for one in decision)
    told = [
        ngettext("%(num)d endorsed", "%(num)d endorsed", decided["carried"]),
        ngettext("%(num)d of them with conditions", "%(num)d of them with conditions", tied),
        ngettext("%(num)d declined", "%(num)d declined", decided["declined"]),
        ngettext("%(num)d withdrawn", "%(num)d withdrawn", decided["withdrawn"]),
    ]
    counts = (decided["carried"], tied, decided["declined"], decided["withdrawn"])
    return _(
        "%(chosen)s %(decided)s.",
        chosen=ngettext(
            "Residents chose %(num)d project:", "Residents chose %(num)d projects:", chosen
        ),
        decided=", ".join(words for words, count in zip(told, counts, strict=True) if count),
    )


def _money(notice: DecisionNotice, moment: datetime) -> str:
    if notice.money_moved_at is not None:
        return ""
    if notice.sent_back is not None:
        return _("Sent back: this decision is taken again")
    if notice.is_called_in:
        return _("Called in: no money moves until that is over")
    if moment < notice.call_in_until and notice.called_in_ended_at is not None:
        when = moment_words(notice.call_in_until)
        return _("Called in and confirmed: no money moves before %(when)s", when=when)
    if moment < notice.call_in_until:
        return _("May be called in until %(when)s", when=moment_words(notice.call_in_until))
    return ""
