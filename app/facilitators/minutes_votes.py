"""What the minutes say of votes: turnout, outcome, where to check it; nothing of a held one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.display import LONDON, moment_words, pounds, time_words
from app.house import settings
from ballots.hall import HallVote, is_held, votes_of
from ballots.hall_votes import is_open
from ballots.outcome import Outcome, funded_projects, outcome_of, paid_pence
from ballots.paper_ballots import PapersGivenUp, count_papers
from ballots.papers import GRADED
from ballots.record import record_of
from ballots.tally import public_tally
from ballots.voting_rules import rules_of
from neighbourhoods.assemblies import AgendaItem, Assembly, ItemKind
from neighbourhoods.projects import titles_in


@dataclass(frozen=True)
class Piece:
    """One paragraph, heading, list, table or link of the minutes."""

    kind: str
    text: str = ""
    href: str = ""
    lines: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def text(words: str) -> Piece:
    """A paragraph."""
    return Piece("text", words)


def heading(words: str) -> Piece:
    """A heading within a section."""
    return Piece("heading", words)


def listed(lines: Iterable[str]) -> Piece:
    """A list of lines."""
    return Piece("list", lines=tuple(lines))


def told(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Piece:
    """A table of figures."""
    return Piece("table", head=tuple(head), rows=tuple(tuple(row) for row in rows))


def _link(words: str, endpoint: str, round_id: int) -> Piece:
    address = settings().public_url + url_for(endpoint, round_id=round_id)
    return Piece("link", words, address)


def votes_in(session: Session, item: AgendaItem) -> Iterator[Piece]:
    """What is said of every vote that an item opened."""
    votes = votes_of(session, item)
    for vote in votes:
        if len(votes) > 1:
            yield heading(_("Vote %(number)s", number=vote.number))
        yield from _of_vote(session, vote)


def public_outcome(session: Session, vote: HallVote) -> Outcome | None:
    """The outcome of a vote, once it is counted and no longer waits for its reveal."""
    return None if is_held(session, vote.round_id) else outcome_of(session, vote.round_id)


def _close_in_words(session: Session, vote: HallVote) -> str:
    """When a vote closed; a round's own vote may go on for days after the meeting."""
    closes_at = vote.the_round.vote_closes_at
    if closes_at is None:
        return ""
    if is_open(session, vote):
        return _("It is open until %(closes)s.", closes=moment_words(closes_at))
    same_day = closes_at.astimezone(LONDON).date() == vote.opened_at.astimezone(LONDON).date()
    closed = time_words(closes_at) if same_day else moment_words(closes_at)
    return _("Closed at %(closed)s.", closed=closed)


def _of_vote(session: Session, vote: HallVote) -> Iterator[Piece]:
    opened = _("Opened at %(opened)s.", opened=time_words(vote.opened_at))
    closed = _close_in_words(session, vote)
    present = ngettext("One person was present.", "%(num)s people were present.", vote.present)
    yield text(" ".join(filter(None, [opened, closed, present])))
    yield from _papers(session, vote)
    outcome = public_outcome(session, vote)
    if outcome is None:
        yield text(_("Its outcome is not released yet."))
    else:
        yield from _figures(session, vote, outcome)
    yield _link(_("Ledger"), "public.ledger", vote.round_id)


def _figures(session: Session, vote: HallVote, outcome: Outcome) -> Iterator[Piece]:
    tally = public_tally(session, vote.the_round)
    roll = tally.roll_size if tally else outcome.roll_size
    yield text(
        _("%(cast)s of %(roll)s people voted.", cast=f"{outcome.ballots_cast:,}", roll=f"{roll:,}")
    )
    rules = rules_of(session, vote.round_id)
    in_points = rules is not None and rules.ballot_format in GRADED
    titles = titles_in(session, vote.round_id)
    backing = "score" if in_points else "votes"
    yield told(
        [_("Project"), _("Points") if in_points else _("Votes"), _("Cost"), _("Chosen")],
        [
            (
                titles[str(verdict["project_id"])],
                f"{verdict[backing]:,}",
                pounds(_whole(verdict["cost_pence"])),
                _("Yes") if verdict["funded"] else _("No"),
            )
            for verdict in outcome.verdicts
        ],
    )
    yield _link(_("Outcome and reasons"), "public.outcome", vote.round_id)
    if record_of(session, vote.round_id) is not None:
        yield _link(_("Public record"), "public.record", vote.round_id)


def _whole(figure: object) -> int:
    return figure if isinstance(figure, int) else 0


def _papers(session: Session, vote: HallVote) -> Iterator[Piece]:
    papers = count_papers(session, vote.round_id)
    if not papers.in_stacks:
        return
    yield text(
        _(
            "Numbered papers in the hall: %(all)s. People who voted on paper: %(holders)s."
            " Spoilt papers: %(spoilt)s.",
            all=papers.in_stacks,
            holders=papers.holders,
            spoilt=papers.spoilt,
        )
    )
    given_up = session.get(PapersGivenUp, vote.round_id)
    if given_up is not None:
        yield text(
            ngettext(
                "One paper was given up: %(why)s",
                "%(num)s papers were given up: %(why)s",
                given_up.papers,
                why=given_up.why,
            )
        )


def decided_in(session: Session, assembly: Assembly) -> list[str]:
    """What the hall decided: every project it chose, with what it receives."""
    lines = []
    for item in assembly.items:
        for vote in votes_of(session, item):
            outcome = public_outcome(session, vote)
            if outcome is None:
                continue
            paid = paid_pence(outcome)
            for project in funded_projects(session, outcome):
                money = pounds(paid[project.code])
                lines.append(
                    _("Bought: %(title)s, %(money)s", title=project.title, money=money)
                    if item.kind == ItemKind.PURCHASE
                    else _(
                        "%(item)s: %(title)s, %(money)s",
                        item=item.title,
                        title=project.title,
                        money=money,
                    )
                )
    return lines
