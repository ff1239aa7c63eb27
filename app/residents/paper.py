"""The ballot paper of a round, and the order in which one voter sees its projects."""

import hashlib
import hmac
import secrets

from flask import current_app, session

from app.house import db, settings
from ballots.paper_order import shuffled
from ballots.papers import BallotPaper
from ballots.voting_rules import paper_for, rules_of
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.projects import Project, projects_in
from neighbourhoods.rounds import Round

SEEDS = "paper_order"


def paper_of(the_round: Round) -> BallotPaper | None:
    """The round's ballot paper, or None while there is none that could be filled in.

    From the opening of the vote on it never changes, so it is put together once a process.
    """
    kept = kept_paper(the_round.id)
    if kept is not None:
        return kept
    paper = _paper_now(the_round)
    if paper is not None and not is_past(the_round.phase, Phase.VOTE):
        _kept()[the_round.id] = paper
    return paper


def kept_paper(round_id: int) -> BallotPaper | None:
    """The paper of a round whose vote has opened, if this process has put it together before."""
    return _kept().get(round_id)


def _kept() -> dict[int, BallotPaper]:
    papers: dict[int, BallotPaper] = current_app.extensions.setdefault("wardmote-papers", {})
    return papers


def _paper_now(the_round: Round) -> BallotPaper | None:
    rules = rules_of(db(), the_round.id)
    try:
        return paper_for(db(), the_round, rules) if rules else None
    except ValueError:
        return None


def projects_in_order(the_round: Round, entry: RollEntry | None) -> list[Project]:
    """The projects in an order of this voter's own, the same at every load of the page."""
    by_code = {project.code: project for project in _projects_on(the_round)}
    return [by_code[code] for code in shuffled(by_code, _seed(the_round, entry))]


def _projects_on(the_round: Round) -> list[Project]:
    """The projects of the paper, read once a process as soon as the paper stands."""
    session, memory = db(), current_app.extensions.setdefault("wardmote-projects", {})
    if kept_paper(the_round.id) is None:
        return projects_in(session, the_round.id)
    kept: list[Project] | None = memory.get(the_round.id)
    if kept is None:
        kept = memory[the_round.id] = projects_in(session, the_round.id)
        for project in kept:
            session.expunge(project)
    return kept


def _seed(the_round: Round, entry: RollEntry | None) -> str:
    """Drawn by lot for this browser, so that nothing jumps when its voter says who they are."""
    name = str(the_round.id)
    drawn = session.get(SEEDS)
    seeds = drawn if isinstance(drawn, dict) else {}
    if isinstance(seeds.get(name), str):
        return str(seeds[name])
    if entry is not None:
        # The seed must not tell whose it is, should it ever be seen.
        words = f"{the_round.id}|{entry.id}".encode()
        return hmac.new(settings().key_for("paper-order"), words, hashlib.sha256).hexdigest()
    session[SEEDS] = {**seeds, name: secrets.token_urlsafe(12)}
    return str(session[SEEDS][name])
