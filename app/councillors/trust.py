"""Whether a count can be trusted: by which ways people voted, whom it turned away, the verifier."""

from dataclasses import dataclass
from functools import lru_cache

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.house import db
from app.public.counted import Counted
from app.public.turned_away_words import counted_how, tries_in_words
from ballots.ledger import entries_of, hash_of
from ballots.outcome import Outcome, outcome_of
from ballots.paper_ballots import PaperBallot, PaperState
from ballots.published import may_open, record_in_pieces
from ballots.turned_away import tries_turned_away
from ballots.verify import Report, WrongError, parse_json, verify
from neighbourhoods.assemblies import Assembly
from neighbourhoods.door import WalkIn
from neighbourhoods.rounds import Round

# Larger counts are verified here without opening each ballot; the command line opens them all.
MOST_OPENED = 2_000


@dataclass(frozen=True)
class Verified:
    """What the verifier said of a published record."""

    wrong: str
    checked: tuple[str, ...]
    not_checked: tuple[str, ...]


@dataclass(frozen=True)
class Trust:
    """What somebody reads before they rely on a count."""

    ways: list[str]
    turned_away: str
    # What these numbers are; nothing where none were turned away by a computer.
    counted_how: str
    margin: str
    # What a person should look at; nothing where nothing is odd.
    anomalies: list[str]
    verified: Verified


def trust_in(session: Session, the_round: Round, stored: Outcome, counted: Counted) -> Trust:
    """How people voted, who was turned away beside the margin, what is odd, and the verifier."""
    papers = _papers(session, the_round)
    away, tries = _turned_away(session, the_round), tries_turned_away(session, the_round)
    margin = _margin(counted)
    newest = entries_of(session, the_round.id)[-1].hash
    verified = _verified(the_round.id, hash_of(stored.result), newest)
    return Trust(
        ways=[
            ngettext(
                "%(num)s ballot by phone, computer or voter card",
                "%(num)s ballots by phone, computer or voter card",
                max(counted.ballots_cast - papers, 0),
            ),
            ngettext(
                "%(num)s ballot on paper in a hall", "%(num)s ballots on paper in a hall", papers
            ),
        ],
        turned_away="; ".join([*_at_doors(away), *tries_in_words(tries)]) or _("none recorded"),
        counted_how=counted_how() if tries else "",
        margin=_("no project stands on each side of the line")
        if margin is None
        else ngettext("%(num)s vote", "%(num)s votes", margin),
        anomalies=_anomalies(counted, away, sum(tries.values()), margin, verified),
        verified=verified,
    )


def _papers(session: Session, the_round: Round) -> int:
    query = select(func.count()).where(
        PaperBallot.round_id == the_round.id, PaperBallot.state == PaperState.IN_BOX
    )
    return int(session.execute(query).scalar_one())


def _turned_away(session: Session, the_round: Round) -> int:
    rounds = [one for one in (the_round.id, the_round.within_id) if one is not None]
    query = (
        select(func.count())
        .select_from(WalkIn)
        .join(Assembly, Assembly.id == WalkIn.assembly_id)
        .where(Assembly.round_id.in_(rounds), WalkIn.is_turned_away.is_(True))
    )
    return int(session.execute(query).scalar_one())


def _margin(counted: Counted) -> int | None:
    """How many votes lie between the last that was funded and the first that was not."""
    if not counted.funded or not counted.not_funded:
        return None
    fewest = min(project.votes for project in counted.funded)
    return abs(fewest - max(project.votes for project in counted.not_funded))


def _at_doors(away: int) -> list[str]:
    if not away:
        return []
    return [
        ngettext(
            "%(num)s person was turned away at a door", "%(num)s people were turned away", away
        )
    ]


def _anomalies(
    counted: Counted, away: int, tries: int, margin: int | None, verified: Verified
) -> list[str]:
    found = []
    if verified.wrong:
        found.append(_("The verifier found a fault in the published record."))
    if margin is not None and away > margin:
        found.append(_("More people were turned away than votes lie between winning and losing."))
    if margin is not None and tries > margin:
        found.append(_("More tries were turned away than votes lie between winning and losing."))
    if counted.ballots_cast > counted.roll_size:
        found.append(_("More ballots were counted than people could vote."))
    if counted.roll_size and not counted.ballots_cast:
        found.append(_("Nobody voted."))
    return found


@lru_cache(maxsize=64)
def _verified(round_id: int, result_sha256: str, newest: str) -> Verified:  # noqa: ARG001 - the key
    """What the verifier says; kept while result and ledger stay as they are."""
    session, report, wrong = db(), Report(), ""
    the_round = session.get_one(Round, round_id)
    opened = may_open(session, round_id) and _is_small(session, the_round)
    try:
        pieces = record_in_pieces(session, the_round, opened=opened)
        verify(parse_json("".join(pieces)), report)
    except WrongError as error:
        wrong = str(error)
    return Verified(wrong, tuple(report.checked), tuple(report.not_checked))


def _is_small(session: Session, the_round: Round) -> bool:
    stored = outcome_of(session, the_round.id)
    return stored is not None and stored.ballots_cast <= MOST_OPENED
