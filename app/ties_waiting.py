"""Which projects a closed vote waits to have drawn: found by counting once, then remembered."""

import threading
from dataclasses import dataclass, field

from flask import Flask, current_app

from app.counting_room import breathe, counting
from app.house import database, db
from ballots.counting import TieRefusedError, TooHardError
from ballots.draws import may_need_draw
from ballots.holding import is_held
from ballots.ledger import EntryKind, find_entry
from ballots.outcome import uncounted_ballots
from ballots.voting_rules import rules_of
from neighbourhoods.projects import projects_in
from neighbourhoods.rounds import Round

_PLACE = "wardmote-ties-waiting"


@dataclass(frozen=True)
class TieWaiting:
    """A tie that has to be drawn: the level projects, and where the rules take the chance from."""

    codes: tuple[str, ...]
    titles: tuple[str, ...]
    source: str


@dataclass
class _Found:
    """What was found under each close: its ballots are fixed, so it never has to be found again."""

    ties: dict[str, tuple[str, ...]] = field(default_factory=dict)
    # However many look at once, one count is enough.
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)


def remember_ties(app: Flask) -> None:
    """Give an app its memory of the ties that wait."""
    app.extensions[_PLACE] = _Found()


def tie_waiting(the_round: Round) -> TieWaiting | None:
    """The tie that has to be drawn before a closed vote can be counted, if there is one."""
    closed = find_entry(db(), the_round.id, EntryKind.CLOSED)
    rules = rules_of(db(), the_round.id)
    if closed is None or rules is None or not may_need_draw(db(), the_round):
        return None
    if is_held(db(), the_round.id):
        return None  # that a tie decides is a figure too
    found: _Found = current_app.extensions[_PLACE]
    with found.one_at_a_time:
        if closed.hash not in found.ties:
            found.ties[closed.hash] = _tied(the_round.id)
        codes = found.ties[closed.hash]
    if not codes:
        return None
    titles = {project.code: project.title for project in projects_in(db(), the_round.id)}
    return TieWaiting(codes, tuple(titles[code] for code in codes), rules.draw_source)


def _tied(round_id: int) -> tuple[str, ...]:
    with database().reading() as session:
        ballots = uncounted_ballots(session, session.get_one(Round, round_id), breathe)
    if ballots is None:
        return ()
    try:
        ballots.counted(counting())
    except TieRefusedError as tie:
        return tie.members
    except TooHardError:
        return ()  # no draw would help
    return ()
