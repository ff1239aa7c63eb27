"""Rounds: what is open now, and one round as anybody sees it."""

from dataclasses import dataclass
from typing import Any

from flask import abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.access import MOST_IDS, Who, keeps_ids, open_to
from app.display import pounds
from app.house import db
from app.public import public
from app.public.finding import find_rounds, first_projects, first_proposals, round_with_log
from app.public.hall_votes import hall_votes_of, meetings_about, went_without_vote
from app.public.promises import Promise, rules_in_words, terms_of
from app.public.route_words import StageTold, route_told
from app.public.standing import (
    DONE_PHASES,
    OPEN_PHASES,
    Doing,
    by_urgency,
    ends_at,
    main_action,
    standing,
    state_words,
    timetable,
)
from ballots.routes import Agreement, RouteName, route_of
from ballots.sealing import turnout
from ballots.stages import route_promised
from ballots.voting_rules import VotingRules, rules_of
from neighbourhoods.database import now
from neighbourhoods.eligibility import roll_size
from neighbourhoods.phases import Phase, is_past
from neighbourhoods.projects import titles_in
from neighbourhoods.rounds import Round

FEW = 4


@public.get("/rounds")
@open_to(Who.ANYONE)
def rounds() -> ResponseReturnValue:
    """Every round: open now, coming, and decided."""
    moment = now(db())
    found = by_urgency(find_rounds(db()))
    coming = [r for r in found if r.phase == Phase.SET_UP and ends_at(r) is not None]
    groups = [
        (_("Open now"), [r for r in found if r.phase in OPEN_PHASES]),
        (_("Coming"), coming),
        (_("Decided"), [r for r in found if r.phase in DONE_PHASES]),
    ]
    return render_template(
        "public/rounds.html",
        groups=[(name, [standing(r, moment) for r in group]) for name, group in groups if group],
    )


@public.get("/rounds/<int:round_id>")
@open_to(Who.ANYONE)
@keeps_ids  # fetched here with all that the page shows of it: on a last evening everybody opens it
def show_round(round_id: int) -> ResponseReturnValue:
    """One round: the money, where it stands, what one can do, and the rules."""
    the_round = round_with_log(db(), round_id) if round_id < MOST_IDS else None
    if the_round is None:
        abort(404)
    rules, moment = rules_of(db(), the_round.id), now(db())
    promised = route_promised(db(), the_round) if rules else {}
    return render_template(
        "public/show_round.html",
        the_round=the_round,
        state=state_words(the_round, moment),
        action=main_action(the_round),
        rules=rules,
        promises=_promises(the_round, rules, promised),
        way=_way(promised),
        steps=timetable(the_round),
        figures=_figures(db(), the_round, rules),
        shown=_what_is_proposed(db(), the_round),
        further=_further(the_round),
        hall_votes=hall_votes_of(db(), the_round, moment),
        meetings=meetings_about(db(), the_round),
    )


def _promises(
    the_round: Round, rules: VotingRules | None, promised: dict[str, Any]
) -> list[Promise]:
    if rules is None:
        return []
    named = rules.rule.already_chosen or rules.rule.exclusive
    titles = titles_in(db(), the_round.id) if named else {}
    return rules_in_words(terms_of(rules, the_round, promised, titles))


def _way(promised: dict[str, Any]) -> list[StageTold]:
    """The stages from the count to a decision; none until it is known how votes are counted."""
    if not promised:
        return []
    return route_told(route_of(RouteName(promised["name"]), Agreement(promised["agreement"])))


@dataclass(frozen=True)
class Card:
    """One proposal or project as the round’s page shows it."""

    title: str
    summary: str
    cost_pence: int
    place: str
    note: str | None
    link: str | None


@dataclass(frozen=True)
class Shown:
    """The first few of a round’s proposals or projects, and how many there are in all."""

    heading: str
    cards: list[Card]
    total: int


def _what_is_proposed(session: Session, the_round: Round) -> Shown:
    """Projects once officers have put some on the ballot paper, proposals before that."""
    if is_past(Phase.SCREENING, the_round.phase):
        projects, total = first_projects(session, the_round, FEW)
        cards = [
            Card(
                project.title,
                project.summary,
                project.cost_pence,
                project.place,
                _took_part(backers, contributions),
                _proposal_link(the_round, project.proposal_id),
            )
            for project, backers, contributions in projects
        ]
        return Shown(_("Projects on the ballot paper"), cards, total)
    proposals, total = first_proposals(session, the_round, FEW)
    cards = [
        Card(
            proposal.title,
            proposal.what,
            proposal.cost_pence,
            proposal.place,
            _took_part(backers, contributions),
            _proposal_link(the_round, proposal.id),
        )
        for proposal, backers, contributions in proposals
    ]
    return Shown(_("Newest proposals"), cards, total)


def _proposal_link(the_round: Round, proposal_id: int | None) -> str | None:
    if proposal_id is None:
        return None
    return url_for("public.proposal", round_id=the_round.id, proposal_id=proposal_id)


def _took_part(backers: int, contributions: int) -> str | None:
    """Who backed a proposal, and how much was said in its debate; nothing where nobody did."""
    said = []
    if backers:
        said.append(ngettext("Backed by %(num)d person", "Backed by %(num)d people", backers))
    if contributions:
        said.append(
            ngettext(
                "%(num)d contribution to its debate",
                "%(num)d contributions to its debate",
                contributions,
            )
        )
    return " · ".join(said) or None


def _further(the_round: Round) -> list[Doing]:
    """Where else one can go from a round, as far as it has come."""
    without = went_without_vote(the_round)
    reached = [
        (Phase.IDEAS, "public.proposals", _("All proposals, with what officers found")),
        (Phase.VOTE, "public.tally", _("The tally: turnout and figures")),
        (
            Phase.VOTE,
            "public.ledger",
            _("The ledger: every step of the vote, for anybody to check"),
        ),
        (Phase.SIGN_OFF, "public.outcome", _("The outcome: what residents chose, and why")),
        (Phase.DELIVERY, "public.record", _("The public record: what was decided and signed")),
        (Phase.DELIVERY, "public.delivery", _("Delivery: what becomes of the projects")),
    ]
    return [
        Doing(text, url_for(endpoint, round_id=the_round.id))
        for phase, endpoint, text in reached
        if not is_past(the_round.phase, phase)
        and (not without or endpoint in ("public.proposals", "public.delivery"))
    ]


def _figures(session: Session, the_round: Round, rules: VotingRules | None) -> list[dict[str, str]]:
    """The money, and once voting opened how many took part; turnout is always public."""
    found = [{"value": pounds(the_round.budget_pence), "label": _("to decide on")}]
    if not is_past(the_round.phase, Phase.VOTE) and not went_without_vote(the_round):
        # Written down when the vote opened: a city's roll is not counted for every visitor.
        frozen = rules.frozen_roll_size if rules else None
        may_vote = roll_size(session, the_round.id) if frozen is None else frozen
        voted = turnout(session, the_round.id)
        if the_round.phase == Phase.VOTE:
            label = _("of %(number)s who can vote have voted", number=f"{may_vote:,}")
        else:
            label = _("of %(number)s who could vote did", number=f"{may_vote:,}")
        found.append({"value": f"{voted:,}", "label": label})
    return found
