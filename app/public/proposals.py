"""What is proposed, and its history: anybody may read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.access import Who, open_to
from app.display import pounds
from app.house import db
from app.public import public
from app.residents.proposal_forms import category_words
from app.residents.proposal_page import TONES, show_proposal
from neighbourhoods.phases import Phase
from neighbourhoods.projects import projects_in
from neighbourhoods.proposals import Proposal, ProposalVersion, backing_counts, proposals_in
from neighbourhoods.rounds import Round

A_PAGE = 30


class Order(StrEnum):
    """How a list of proposals is sorted."""

    NEWEST = "newest"
    MOST_BACKED = "most-backed"
    COST = "cost"


ORDER_WORDS = {
    Order.NEWEST: _l("Newest"),
    Order.MOST_BACKED: _l("Most backed"),
    Order.COST: _l("Lowest cost"),
}


@dataclass(frozen=True)
class Listed:
    """One line of the list: a proposal with its backing and its cost as far as known."""

    proposal: Proposal
    backers: int
    cost_pence: int


@public.get("/rounds/<int:round_id>/proposals")
@open_to(Who.ANYONE)
def proposals(the_round: Round) -> ResponseReturnValue:
    """Every proposal of a round: searched, filtered, sorted, thirty to a page."""
    order = next((order for order in Order if order == request.args.get("order")), Order.NEWEST)
    words = request.args.get("q", "")[:100].strip()
    category = request.args.get("category", "")
    everything = _listed(the_round)
    found = in_order([line for line in everything if fits(line.proposal, words, category)], order)
    pages = max(1, -(-len(found) // A_PAGE))
    page = min(max(request.args.get("page", 1, int), 1), pages)
    return render_template(
        "public/proposals.html",
        the_round=the_round,
        found=found[(page - 1) * A_PAGE : page * A_PAGE],
        how_many=len(found),
        how_many_in_all=len(everything),
        categories=_categories(everything),
        category=category,
        words=words,
        order=order,
        orders=ORDER_WORDS,
        page=page,
        pages=pages,
        tones=TONES,
        has_projects=not everything and bool(projects_in(db(), the_round.id)),
        takes_ideas=the_round.phase == Phase.IDEAS,
    )


def _listed(the_round: Round) -> list[Listed]:
    backers = backing_counts(db(), the_round)
    screened = {
        project.proposal_id: project.cost_pence for project in projects_in(db(), the_round.id)
    }
    return [
        Listed(one, backers.get(one.id, 0), screened.get(one.id, one.cost_pence))
        for one in proposals_in(db(), the_round)
    ]


def fits(proposal: Proposal, words: str, category: str) -> bool:
    """Whether a proposal has every one of the words, and the category if one is asked for."""
    said = f"{proposal.title} {proposal.what} {proposal.place}".lower()
    return all(word in said for word in words.lower().split()) and (
        not category or proposal.category == category
    )


def in_order(lines: Sequence[Listed], order: Order) -> list[Listed]:
    """The lines sorted; what is equal stays newest first."""
    newest = sorted(lines, key=lambda line: -line.proposal.id)
    if order == Order.MOST_BACKED:
        return sorted(newest, key=lambda line: -line.backers)
    if order == Order.COST:
        return sorted(newest, key=lambda line: line.cost_pence)
    return newest


def _categories(lines: Sequence[Listed]) -> list[tuple[str, str]]:
    names = {line.proposal.category for line in lines if line.proposal.category}
    return sorted(((name, category_words(name)) for name in names), key=lambda pair: pair[1])


@public.get("/rounds/<int:round_id>/proposals/<int:proposal_id>")
@open_to(Who.ANYONE)
def proposal(the_round: Round, proposal: Proposal) -> ResponseReturnValue:
    """One proposal with its screening, backing and debate."""
    return show_proposal(the_round, proposal)


@public.get("/rounds/<int:round_id>/proposals/<int:proposal_id>/history")
@open_to(Who.ANYONE)
def history(the_round: Round, proposal: Proposal) -> ResponseReturnValue:
    """Every version of a proposal: who wrote it, when, and what changed."""
    before: dict[str, object] = {}
    steps = []
    for version in proposal.versions:
        steps.append((version, what_changed(before, version)))
        before = version.words
    return render_template(
        "public/history.html", the_round=the_round, proposal=proposal, steps=steps[::-1]
    )


@dataclass(frozen=True)
class Change:
    """One field that a version changed: its name, and what it said before and after."""

    name: str
    old: str
    new: str


FIELD_WORDS = {
    "title": _l("Title"),
    "what": _l("What should be done"),
    "why": _l("Why it is needed"),
    "cost_pence": _l("Cost"),
    "category": _l("What it is about"),
    "place": _l("Where it is"),
    "pledge": _l("Given in return"),
}


def what_changed(before: dict[str, object], version: ProposalVersion) -> list[Change]:
    """What a version changed, field by field, in words; nothing for the first one."""
    if not before:
        return []
    now = version.words
    changes = [
        Change(str(name), _read(field, before.get(field)), _read(field, now.get(field)))
        for field, name in FIELD_WORDS.items()
        if before.get(field) != now.get(field)
    ]
    if _pin(before) != _pin(now):
        changes.append(Change(_("Pin on the plan"), _pin_words(before), _pin_words(now)))
    return changes


def _read(field: str, value: object) -> str:
    if field == "cost_pence" and isinstance(value, int):
        return pounds(value)
    if field == "category":
        return category_words(str(value or "")) or _("Nothing")
    return str(value or "") or _("Nothing")


def _pin(words: dict[str, object]) -> tuple[object, object]:
    return words.get("latitude"), words.get("longitude")


def _pin_words(words: dict[str, object]) -> str:
    latitude, longitude = _pin(words)
    if latitude is None:
        return _("No pin")
    return _("At %(latitude)s, %(longitude)s", latitude=latitude, longitude=longitude)
