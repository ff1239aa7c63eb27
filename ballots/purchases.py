"""Money in a hall: what it has bought so far, what is left, and which projects still fit.

Votes in a hall spend out of what the meeting's round has taken from its fund. A rehearsal spends
its own play money: it sees the purchases of its own meeting, and nobody else sees those.
"""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy.orm import Session

from ballots.hall_votes import HallVote, hall_vote_in, votes_in
from ballots.outcome import funded_projects, outcome_of, paid_pence
from neighbourhoods.assemblies import Assembly, ItemKind
from neighbourhoods.phases import Phase
from neighbourhoods.projects import Project, projects_in
from neighbourhoods.rounds import Round, RoundKind, votes_within


class Bought(NamedTuple):
    """One project that a hall decided to fund, for how much, and in which vote."""

    code: str
    title: str
    pence: int
    the_round: Round


def bought_in(session: Session, assembly: Assembly) -> list[Bought]:
    """What halls have bought of the meeting's round so far, in order; counted votes alone tell."""
    return bought_by(session, _spending(session, assembly))


def _spending(session: Session, assembly: Assembly) -> list[Round]:
    """The votes that spend the same money as this meeting's."""
    if assembly.is_practice:
        return [vote.the_round for vote in votes_in(session, assembly) if _spends(vote)]
    return [assembly.the_round, *spent_within(session, assembly.the_round)]


def spent_within(session: Session, the_round: Round) -> list[Round]:
    """The votes of halls that spend a round's money, oldest first."""
    found = [(vote, hall_vote_in(session, vote.id)) for vote in votes_within(session, the_round)]
    return [vote for vote, opened in found if opened is not None and _spends(opened)]


def _spends(vote: HallVote) -> bool:
    """Scores put projects in order; they spend nothing before councillors have signed them."""
    signed = vote.the_round.phase in (Phase.DELIVERY, Phase.REVIEW)
    return vote.is_own and (vote.item.kind != ItemKind.SCORES or signed)


def bought_by(session: Session, votes: list[Round]) -> list[Bought]:
    """What these votes decided to fund, those that are counted."""
    found = []
    for vote in votes:
        outcome = outcome_of(session, vote.id)
        if outcome is None:
            continue
        paid = paid_pence(outcome)
        found += [
            Bought(project.code, project.title, paid[project.code], vote)
            for project in funded_projects(session, outcome)
        ]
    return found


def balance_of(session: Session, assembly: Assembly) -> int:
    """Pence of the meeting's round that no vote in a hall has spent; never below 0."""
    spent = sum(bought.pence for bought in bought_in(session, assembly))
    return max(0, assembly.the_round.budget_pence - spent)


def projects_left(session: Session, assembly: Assembly, wanted: list[str] | None) -> list[Project]:
    """The projects of the meeting's round, or those wanted of them, that were not bought yet."""
    bought = {each.code for each in bought_in(session, assembly)}
    return [
        project
        for project in projects_in(session, assembly.round_id)
        if project.code not in bought and (wanted is None or project.code in wanted)
    ]


def left_under_caps(
    session: Session, assembly: Assembly, caps: Mapping[str, int]
) -> dict[str, int]:
    """What is left of each category's cap after all that was bought."""
    category = {
        project.code: project.category for project in projects_in(session, assembly.round_id)
    }
    left = dict(caps)
    for each in bought_in(session, assembly):
        name = category.get(each.code, "")
        if name in left:
            left[name] = max(0, left[name] - each.pence)
    return left


def affordable(
    projects: list[Project], balance_pence: int, caps_left: Mapping[str, int]
) -> list[Project]:
    """Those of some projects that fit the balance and what is left of their category's cap."""
    return [
        project
        for project in projects
        if project.cost_pence <= min(balance_pence, caps_left.get(project.category, balance_pence))
    ]


def waiting_votes(session: Session, assembly: Assembly) -> list[Round]:
    """The votes of halls of which nobody knows yet what they spend, oldest first."""
    return [
        vote
        for vote in _spending(session, assembly)
        if vote.kind != RoundKind.FULL and outcome_of(session, vote.id) is None
    ]


def purchased_within(session: Session, the_round: Round) -> list[Bought]:
    """What halls have bought of a round in purchases, each decided in one vote of its own."""
    found = []
    for vote in votes_within(session, the_round):
        opened = hall_vote_in(session, vote.id)
        if opened is not None and opened.item.kind == ItemKind.PURCHASE:
            found += bought_by(session, [vote])
    return found


def family_of(session: Session, the_round: Round) -> list[Round]:
    """The meeting's round and every vote of halls within it: they share one sum of money."""
    main = the_round.within or the_round
    return [main, *votes_within(session, main)]


def committed_before(session: Session, the_round: Round) -> dict[str, int]:
    """Pence that others who share a round's money have had signed, by project; each code once."""
    signed = [
        other
        for other in family_of(session, the_round)
        if other.id != the_round.id and other.phase in (Phase.DELIVERY, Phase.REVIEW)
    ]
    return {each.code: each.pence for each in bought_by(session, signed)}
