"""What the assembly screen shows, in whatever phase the round stands."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import ngettext

from app.display import moment_words, pounds
from app.public.background import listed
from app.ties_waiting import TieWaiting
from ballots.disclosure import DisclosureProfile
from ballots.tally import ProjectFigure, PublicTally
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.rounds import Round

# What a hall can read at once: more bars would be smaller letters.
MOST_BARS = 7


@dataclass(frozen=True)
class Bar:
    """One project’s bar; its length is against the leading project’s, in points if it has any."""

    key: str
    title: str
    cost_pence: int
    votes: int
    score: int | None
    share_percent: float
    funded_if_closed_now: bool


@dataclass(frozen=True)
class Picture:
    """Everything on the screen that changes; a message stands where there are no bars."""

    clock_label: str
    clock_text: str
    clock_until: datetime | None
    message_title: str
    message_text: str
    bars: tuple[Bar, ...]
    more: int
    closing_label: str
    closing_text: str


def draw(
    the_round: Round,
    tally: PublicTally | None,
    now: datetime,
    projects: int,
    tie: TieWaiting | None = None,
) -> Picture:
    """The picture of this moment."""
    label, until = _clock(the_round, now)
    title, text = _message(the_round, tally, projects, tie)
    figures = tally.figures or () if tally and not title else ()
    return Picture(
        clock_label=label,
        clock_text=time_left(until - now) if until else "",
        clock_until=until,
        message_title=title,
        message_text=text,
        bars=bars_of(tally) if tally and figures else (),
        more=max(0, len(figures) - MOST_BARS),
        closing_label=closing_label(the_round),
        closing_text=closing_words(tally) if tally and figures else "",
    )


def bars_of(tally: PublicTally) -> tuple[Bar, ...]:
    """The leading projects’ bars, in the order of the published figures."""
    figures = tally.figures or ()
    most_votes = max((figure.votes for figure in figures), default=0) or 1
    return tuple(_bar(figure, most_votes, tally.most_points) for figure in figures[:MOST_BARS])


def _bar(f: ProjectFigure, most_votes: int, most_points: int) -> Bar:
    share = f.votes * 100 / most_votes
    if f.score is not None:
        share = max(0, f.score) * 100 / most_points
    return Bar(f.code, f.title, f.cost_pence, f.votes, f.score, share, f.funded)


def _clock(the_round: Round, now: datetime) -> tuple[str, datetime | None]:
    """What the clock counts down to, if there is anything."""
    opens_at, closes_at = the_round.starts_at(Phase.VOTE), the_round.vote_closes_at
    if is_past(the_round.phase, Phase.VOTE):
        return (_("The vote opens in"), opens_at) if opens_at and opens_at > now else ("", None)
    if the_round.phase == Phase.VOTE:
        if closes_at is None:
            return _("The vote is open"), None
        return _("The vote closes in"), max(closes_at, now)
    return _("The vote has closed"), None


def _message(
    the_round: Round, tally: PublicTally | None, projects: int, tie: TieWaiting | None
) -> tuple[str, str]:
    """What to say in large letters while there are no figures to show."""
    if tally is None or is_past(the_round.phase, Phase.VOTE):
        return _before(the_round, projects)
    # Between the close and the count nobody can say what is funded: those figures are older.
    if tie:
        return _("A tie has to be drawn"), _(
            "%(names)s stand level. It is drawn with: %(source)s",
            names=listed(tie.titles),
            source=tie.source,
        )
    if the_round.phase == Phase.COUNT:
        return _("The vote has closed"), _("The votes are being counted.")
    if tally.figures:
        return "", ""
    if the_round.phase != Phase.VOTE:
        return _("The vote has closed"), _("Nobody voted.")
    if tally.profile == DisclosureProfile.SEALED:
        return _("The vote is open"), _("The figures stay sealed until the vote closes.")
    if tally.profile == DisclosureProfile.OPEN:
        return _("The vote is open"), _("Figures appear with the first ballot.")
    needed = 2 * tally.step
    return _("The vote is open"), _(
        "Figures appear once %(needed)s people have voted, so that nobody’s vote can be "
        "worked out.",
        needed=needed,
    )


def _before(the_round: Round, projects: int) -> tuple[str, str]:
    opens_at = the_round.starts_at(Phase.VOTE)
    title = _("The vote is not open yet")
    if opens_at:
        title = _("The vote opens at %(when)s", when=moment_words(opens_at))
    if not projects:
        return title, _("%(budget)s to share out", budget=pounds(the_round.budget_pence))
    return title, ngettext(
        "%(num)s project, %(budget)s to share out",
        "%(num)s projects, %(budget)s to share out",
        projects,
        budget=pounds(the_round.budget_pence),
    )


def closing_label(the_round: Round) -> str:
    """What the last line of the screen is about."""
    if the_round.phase == Phase.SIGN_OFF:
        return _("Counted. Waiting for sign-off")
    if is_past(Phase.SIGN_OFF, the_round.phase):
        return _("Counted, and signed off")
    return _("If the vote closed now")


def closing_words(tally: PublicTally) -> str:
    """What would be, or is, funded, in one line."""
    funded = sum(figure.funded for figure in tally.figures or ())
    return ngettext("%(num)s project funded", "%(num)s projects funded", funded)


def time_left(left: timedelta) -> str:
    """A countdown: 12:40 within the hour, 3 h 05 min within two days, days beyond."""
    seconds = max(0, int(left.total_seconds()))
    minutes, hours = seconds // 60, seconds // 3600
    if hours >= 48:
        return _("%(days)s days", days=hours // 24)
    if hours:
        return _("%(hours)s h %(minutes)s min", hours=hours, minutes=f"{minutes % 60:02d}")
    return f"{minutes}:{seconds % 60:02d}"
