"""The ballot paper as somebody at a phone sees it: its rules and running total in words, its
order, and the choices kept while they say who they are."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence

from flask import Response, request, session
from flask_babel import gettext as _
from flask_babel import ngettext

from app.display import pounds
from app.house import db, settings
from app.wording import WORDS, fault_in_words
from ballots.papers import BallotFormat, BallotPaper, PaperFault, faults_in, shuffled
from ballots.voting_rules import paper_for, rules_of
from neighbourhoods.eligibility import RollEntry
from neighbourhoods.projects import Project, projects_in
from neighbourhoods.rounds import Round

SEEDS = "paper_order"
DRAFT = "wardmote_draft"
DRAFT_SECONDS = 30 * 60
# What can be wrong with a paper while it is still being filled in.
BREACHES = frozenset({PaperFault.TOO_MANY, PaperFault.OVER_BUDGET})


def paper_of(the_round: Round) -> BallotPaper | None:
    """The round's ballot paper, or None while there is none that could be filled in."""
    rules = rules_of(db(), the_round.id)
    try:
        return paper_for(db(), the_round, rules) if rules else None
    except ValueError:
        return None


# --- in words ------------------------------------------------------------------------------------


def rules_in_words(paper: BallotPaper) -> str:
    """How to fill in the paper, in one sentence."""
    budget, most = pounds(paper.budget_pence), paper.most_choices
    if paper.ballot_format is BallotFormat.CHOOSE_ONE:
        return _("Choose one project.")
    if paper.ballot_format is BallotFormat.KNAPSACK:
        if most < len(paper.projects):
            return _(
                "Choose up to %(most)s projects that cost %(budget)s or less together.",
                most=most,
                budget=budget,
            )
        return _("Choose projects that cost %(budget)s or less together.", budget=budget)
    if paper.min_choices > 1:
        return _("Choose %(least)s to %(most)s projects.", least=paper.min_choices, most=most)
    if most == len(paper.projects):
        return _("Choose as many projects as you like.")
    return ngettext("Choose one project.", "Choose up to %(num)s projects.", most)


def total_in_words(paper: BallotPaper, choices: Iterable[str]) -> str:
    """What is chosen so far and what it leaves: “2 of 5 chosen · £3,400 left”."""
    costs = [paper.costs[choice] for choice in choices]
    left = paper.budget_pence - sum(costs)
    sentence = total_sentences(paper)["over" if left < 0 else "left"]
    return sentence % {
        "chosen": len(costs),
        "most": paper.most_choices,
        "money": pounds(abs(left)),
    }


def breaks_limit(paper: BallotPaper, choices: Sequence[str]) -> bool:
    """Whether these are more choices, or dearer ones, than the paper allows."""
    return any(fault.fault in BREACHES for fault in faults_in(paper, choices))


def limit_in_words(paper: BallotPaper, choices: Sequence[str]) -> str:
    """What keeps these choices from being cast, or that no more can be added; else nothing."""
    faults = [fault for fault in faults_in(paper, choices) if fault.fault in BREACHES]
    if faults:
        return fault_in_words(faults[0])
    full = len(choices) == paper.most_choices < len(paper.projects)
    return total_sentences(paper)["full"] if full else ""


def total_sentences(paper: BallotPaper) -> dict[str, str]:
    """The running total’s sentences, their figures still open; the booth’s script fills them too.

    Only on a knapsack paper is the budget a limit of the ballot itself.
    """
    limited = paper.most_choices < len(paper.projects)
    knapsack = paper.ballot_format is BallotFormat.KNAPSACK
    over = _("%(chosen)s chosen · %(money)s over the budget")
    if limited:
        over = _("%(chosen)s of %(most)s chosen · %(money)s over the budget")
    if knapsack:
        over = _("%(chosen)s chosen · %(money)s too much")
    return {
        "left": _("%(chosen)s of %(most)s chosen · %(money)s left")
        if limited
        else _("%(chosen)s chosen · %(money)s left"),
        "over": over,
        "full": _("That is all you can choose. To choose another, take one away first."),
        "too_many": str(WORDS[PaperFault][PaperFault.TOO_MANY]),
        "too_dear": str(WORDS[PaperFault][PaperFault.OVER_BUDGET]) if knapsack else "",
    }


# --- the order of the projects -------------------------------------------------------------------


def projects_in_order(the_round: Round, entry: RollEntry | None) -> list[Project]:
    """The projects in an order of this voter's own, the same at every load of the page."""
    by_code = {project.code: project for project in projects_in(db(), the_round.id)}
    return [by_code[code] for code in shuffled(by_code, _seed(the_round, entry))]


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


# --- choices kept while somebody says who they are -----------------------------------------------
# In a cookie of the booth's own, never in the session: that one may name a person.


def keep_draft(
    response: Response, the_round: Round, paper: BallotPaper, choices: Sequence[str]
) -> None:
    """Let the browser carry the choices to the booth and back, for half an hour."""
    places = [place for place, project in enumerate(paper.projects) if project.id in choices]
    response.set_cookie(
        DRAFT,
        ".".join(map(str, places)),
        max_age=DRAFT_SECONDS,
        path=_booth_path(the_round),
        secure=settings().in_production,
        httponly=True,
        samesite="Lax",
    )


def draft_of(paper: BallotPaper) -> list[str]:
    """The choices that the browser carried back."""
    on_paper = {str(place): project.id for place, project in enumerate(paper.projects)}
    places = request.cookies.get(DRAFT, "")[:4_000].split(".")
    return list(dict.fromkeys(on_paper[place] for place in places if place in on_paper))


def has_draft() -> bool:
    """Whether the browser carried choices back, if only an empty paper."""
    return DRAFT in request.cookies


def drop_draft(response: Response, the_round: Round) -> None:
    """Let the browser forget the choices it carried."""
    response.delete_cookie(DRAFT, path=_booth_path(the_round), httponly=True, samesite="Lax")


def _booth_path(the_round: Round) -> str:
    return f"/rounds/{the_round.id}/"
